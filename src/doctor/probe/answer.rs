//! What an answer of Graph's that is no success, or none at all, means for a check.

use super::by_script;
use crate::doctor::check::{Check, Privacy, Status, Step, steps};
use crate::doctor::remedy::Application;
use crate::error::printable;
use crate::graph::refusal::grant::GRANTER;
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
                format!("{GRANTER} grants it; other ways are told with the permissions:"),
                Privacy::Open,
            ),
            script,
        ];
    }
    check
}

/// `check` got no answer.
pub(in crate::doctor) fn of_failure(check: Check, failure: GraphFailure) -> Check {
    let is_path = matches!(failure, GraphFailure::Path(_));
    let mut of_error = Check::of_error(check.id, check.title, &failure.into_error());
    if is_path {
        // It is no setting, but what was named to be read.
        of_error.todo = vec![Step::Words(
            "Check the id or name behind --user, --team, --site or --meeting-organizer, or in the boundary."
                .into(),
            Privacy::Open,
        )];
    }
    let mut facts = check.facts;
    facts.append(&mut of_error.facts);
    Check { target: check.target, facts, ..of_error }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::report::Report;
    use crate::error::{AuthError, ErrorKind};
    use crate::graph::delegated::check;
    use crate::settings::writes::WriteClass;

    #[test]
    fn who_was_refused_gets_3_and_a_technical_failure_1() {
        let error = |kind| AuthError::new(kind, "x", "y");
        for (failure, exit_code) in [
            (GraphFailure::Auth(error(ErrorKind::Server)), 3),
            (GraphFailure::Auth(error(ErrorKind::Certificate)), 3),
            (GraphFailure::Auth(error(ErrorKind::Credential)), 3),
            (GraphFailure::Auth(error(ErrorKind::Timeout)), 1),
            (GraphFailure::OutsideBoundary("It is outside.".into()), 3),
            (GraphFailure::NotAllowed(WriteClass::Action), 3),
            (GraphFailure::DelegatedOnly(check(&http::Method::GET, "/chats", None).unwrap_err()), 3),
            (GraphFailure::Path("It is no path.".into()), 1),
            (GraphFailure::Transport(error(ErrorKind::Unreachable)), 1),
            (GraphFailure::Transport(error(ErrorKind::Response)), 1),
            (GraphFailure::Audit(error(ErrorKind::Settings)), 1),
            (GraphFailure::OutcomeUnknown(error(ErrorKind::Timeout)), 1),
        ] {
            let what = format!("{failure:?}");
            let check = Check::new("probe.site", "Site", Status::Failed, "").about("s").fact(
                "path",
                "/s",
                Privacy::Ids,
            );
            let check = of_failure(check, failure);
            assert_eq!((check.status, check.target.as_deref()), (Status::Failed, Some("s")), "{what}");
            assert_eq!(check.to_json()["facts"]["path"], "/s", "{what}");
            assert!(check.code.is_some() && !check.summary.is_empty(), "{what}");
            let report =
                Report { checks: vec![check], left_out: None, mask: crate::doctor::mask::Mask::default() };
            assert_eq!(report.exit_code(), exit_code, "{what}");
        }
    }

    #[test]
    fn a_path_that_is_none_is_no_matter_of_settings() {
        let check = Check::new("probe.mail", "Mail", Status::Failed, "");
        let check = of_failure(check, GraphFailure::Path("It is no path.".into()));
        assert_eq!(
            (check.code.as_deref(), check.summary.as_str()),
            (Some("invalid_argument"), "It is no path.")
        );
        assert!(matches!(check.todo.as_slice(), [Step::Words(words, _)] if words.contains("--user")));
    }
}
