//! `boundary check` and `boundary explain`: an administrator's questions, answered without sign-in where that can be.

use serde_json::{Value, json};

use super::arguments::BoundaryQuestion;
use super::{connect, write_line};
use crate::error::{AuthError, ErrorKind, printable};
use crate::graph::boundary::{Boundary, Stop, Verdict};
use crate::graph::path::GraphPath;
use crate::graph::{GraphFailure, GraphRequest};
use crate::settings::boundary::Deed;
use crate::settings::environment::Environment;
use crate::settings::options::Options;
use crate::settings::writes::WriteClass;
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
            let verdict = verdict(&boundary, deed, path, options, environment).await?;
            let methods = verdict.terms.methods;
            if !methods.allow(deed) {
                return Err(outside(&format!("the only methods allowed there are: {}", methods.words())));
            }
            match verdict.filter() {
                None => write_line("inside"),
                Some(window) => write_line(&format!("inside, and of it only what is {window}")),
            }
        }
    }
}

async fn verdict(
    boundary: &Boundary,
    deed: Deed,
    path: GraphPath,
    options: &Options,
    environment: &Environment,
) -> Result<Verdict, AuthError> {
    let request = request(deed, path);
    match boundary.judge(request.method(), request.path(), request.body(), &|_| None) {
        Ok(verdict) => return Ok(verdict),
        Err(Stop::Outside(why)) => return Err(outside(&why)),
        // Another name of something that is listed, or not: Graph knows.
        Err(Stop::Ask(_)) => {}
    }
    let (_, _, graph) = connect(options, environment)?;
    boundary.verdict(&graph, &request, &graph.call()).await.map_err(|failure| match failure {
        GraphFailure::Auth(error) | GraphFailure::Transport(error) | GraphFailure::OutcomeUnknown(error) => {
            error
        }
        GraphFailure::OutsideBoundary(message) => {
            AuthError::new(ErrorKind::Server, "outside_boundary", message)
        }
        GraphFailure::Path(message) => wrong(message),
        other => AuthError::new(ErrorKind::Response, "tool_error", format!("{other:?}")),
    })
}

/// A request that does `deed` at `path`. A search reads by `POST`, and is asked about with words that any search may have.
fn request(deed: Deed, path: GraphPath) -> GraphRequest {
    if deed == Deed::Read && path.segments() == ["search", "query"] {
        let one = json!({"entityTypes": ["driveItem"], "query": {"queryString": "words"}});
        return GraphRequest::post(path, Some(json!({"requests": [one]})));
    }
    match deed {
        Deed::Read => GraphRequest::get(path),
        Deed::Write(WriteClass::Create | WriteClass::Action) => GraphRequest::post(path, None),
        Deed::Write(WriteClass::Update) => GraphRequest::patch(path, Value::Object(serde_json::Map::new())),
        Deed::Write(WriteClass::Delete) => GraphRequest::delete(path),
    }
}

fn wrong(text: String) -> AuthError {
    AuthError::new(ErrorKind::Settings, "invalid_argument", text)
}

fn outside(why: &str) -> AuthError {
    AuthError::new(ErrorKind::Server, "outside_boundary", format!("outside: {why}."))
}
