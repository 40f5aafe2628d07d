//! What an answer of Graph's that is no success, or none at all, means for a check.

use super::by_script;
use crate::doctor::check::{Check, Privacy, Status, Step, steps};
use crate::doctor::remedy::Application;
use crate::error::{AuthError, printable};
use crate::graph::refusal::{Refusal, RefusalKind};
use crate::graph::{GraphFailure, GraphResponse};

/// As much of Graph's words as is shown.
const LIMIT: usize = 300;

/// `check` failed with this answer.
pub(in crate::doctor) fn of_answer(
    mut check: Check,
    answer: &GraphResponse,
    application: Option<&Application>,
) -> Check {
    check.status = Status::Failed;
    check = check.fact("httpStatus", answer.status, Privacy::Open);
    let error = &answer.body["error"];
    let id = ["innerError", "innererror"].iter().find_map(|name| error[name]["request-id"].as_str());
    if let Some(id) = id {
        check = check.fact("requestId", printable(id, 60), Privacy::Ids);
    }
    if let Some(refusal) = &answer.refusal {
        return of_refusal(check, refusal, application);
    }
    let text = |name: &str| printable(error[name].as_str().unwrap_or_default(), LIMIT);
    check.code = Some("graph_error".into());
    check.summary =
        format!("Microsoft Graph: {} ({}, HTTP {})", text("message"), text("code"), answer.status);
    check.privacy = Privacy::Names;
    if answer.status == 404 {
        check.todo.push(Step::Words(
            "It is not there, or not of this tenant: check the id or name, and WORKIQ_TENANT_ID.".into(),
            Privacy::Open,
        ));
    }
    check
}

fn of_refusal(mut check: Check, refusal: &Refusal, application: Option<&Application>) -> Check {
    check.code = Some(refusal.kind.code().to_owned());
    check.refused = true;
    check.summary.clone_from(&refusal.cause);
    check.link = Some(refusal.link.into());
    // Graph's own words are in these, and may name something.
    let quotes = match refusal.kind {
        RefusalKind::Forbidden | RefusalKind::TokenRefused => true,
        RefusalKind::RoleMissing => refusal.permission.is_none(),
        _ => false,
    };
    let privacy = if quotes { Privacy::Names } else { Privacy::Ids };
    check.privacy = privacy;
    check.todo = steps(&refusal.fix, privacy);
    let missing = refusal.permission.as_ref().filter(|_| refusal.kind == RefusalKind::RoleMissing);
    let script = missing
        .zip(application)
        .and_then(|(wanted, application)| Some((wanted, by_script(application, &wanted.name)?)));
    // Mail may be scoped by Exchange instead, which the refusal says.
    if let Some((wanted, script)) = script.filter(|(wanted, _)| wanted.name != "Mail.Read") {
        check.summary = format!("The application permission {} is missing", wanted.name);
        check.privacy = Privacy::Open;
        check.todo = vec![
            Step::Words(
                "An administrator grants it; other ways are told with the permissions:".into(),
                Privacy::Open,
            ),
            script,
        ];
    }
    check
}

/// `check` got no answer.
pub(in crate::doctor) fn of_failure(check: Check, failure: GraphFailure) -> Check {
    let error = match failure {
        GraphFailure::Auth(error)
        | GraphFailure::Transport(error)
        | GraphFailure::Audit(error)
        | GraphFailure::OutcomeUnknown(error) => error,
        GraphFailure::Path(what) => own("invalid_argument", what),
        GraphFailure::OutsideBoundary(what) => own("outside_boundary", what),
        GraphFailure::DelegatedOnly(known) => own("delegated_only", known.reason().to_owned()),
        GraphFailure::NotAllowed(_) => own("not_permitted", "Writes are not allowed here.".to_owned()),
    };
    let of_error = Check::of_error(check.id, check.title, &error);
    let mut facts = check.facts;
    facts.extend(of_error.facts.iter().cloned());
    Check { target: check.target, facts, ..of_error }
}

fn own(code: &'static str, what: String) -> AuthError {
    AuthError::new(crate::error::ErrorKind::Response, code, what)
}
