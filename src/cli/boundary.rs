//! `boundary check` and `boundary explain`: an administrator's questions, answered without sign-in where that can be.

use super::arguments::BoundaryQuestion;
use super::{connect, write_line};
use crate::broker::Client;
use crate::error::{AuthError, ErrorKind, printable};
use crate::graph::GraphFailure;
use crate::graph::boundary::{Boundary, Standing, Stop, Verdict, example};
use crate::graph::path::GraphPath;
use crate::settings::boundary::Deed;
use crate::settings::broker::Brokered;
use crate::settings::environment::Environment;
use crate::settings::options::Options;
use crate::settings::{Bounds, resolve_bounds};

/// Answers `question`. An error of the kind [`ErrorKind::Server`] says that a path is outside.
pub(super) async fn answer(
    question: BoundaryQuestion,
    options: &Options,
    environment: &Environment,
) -> Result<(), AuthError> {
    let Bounds { boundary, user } = resolve_bounds(options, environment)?;
    let boundary = boundary.map(Boundary::new);
    match (question, boundary) {
        (BoundaryQuestion::Explain, None) => write_line(
            "There is no boundary: all is inside that the application's permissions allow. Set WORKIQ_BOUNDARY.",
        ),
        (BoundaryQuestion::Explain, Some(boundary)) => write_line(boundary.explain().trim_end()),
        (BoundaryQuestion::Check { path, method }, boundary) => {
            let path = GraphPath::parse(&path).and_then(|path| path.for_user(user.as_ref()));
            let path = path.map_err(|error| wrong(error.to_string()))?;
            let deed = Deed::ALL.into_iter().find(|deed| deed.word() == method).ok_or_else(|| {
                let shown = printable(&method, 40);
                wrong(format!("--method: \"{shown}\" is none of read, create, update, delete, action."))
            })?;
            let Some(boundary) = boundary else { return write_line("inside: there is no boundary") };
            match standing(&boundary, deed, path, options, environment).await? {
                Standing { allowed: false, methods, .. } => {
                    Err(outside(&format!("the only methods allowed there are: {methods}")))
                }
                Standing { window: None, .. } => write_line("inside"),
                Standing { window: Some(window), .. } => {
                    write_line(&format!("inside, and of it only what is {window}"))
                }
            }
        }
    }
}

async fn standing(
    boundary: &Boundary,
    deed: Deed,
    path: GraphPath,
    options: &Options,
    environment: &Environment,
) -> Result<Standing, AuthError> {
    let request = example(deed, path);
    match boundary.judge(request.method(), request.path(), request.body(), &|_| None) {
        Ok(verdict) => return Ok(verdict.standing(deed)),
        Err(Stop::Outside(why)) => return Err(outside(&why)),
        // Another name of something that is listed, or not: Graph knows.
        Err(Stop::Ask(_)) => {}
    }
    if let Some(settings) = Brokered::resolve(options, environment)? {
        return Client::new(settings).standing(request.path().as_str(), deed).await;
    }
    let (_, _, graph) = connect(options, environment)?;
    let verdict = boundary.verdict(&graph, &request, &graph.call()).await;
    verdict.map(|verdict: Verdict| verdict.standing(deed)).map_err(GraphFailure::into_error)
}

fn wrong(text: String) -> AuthError {
    AuthError::new(ErrorKind::Settings, "invalid_argument", text)
}

fn outside(why: &str) -> AuthError {
    AuthError::new(ErrorKind::Server, "outside_boundary", format!("outside: {why}."))
}
