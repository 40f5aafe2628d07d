//! What stands in the place of words that not every reader may see: what can be said of a code without knowing whose it is.

use std::fmt::Write as _;

use super::check::{Check, Privacy, Status, Step, steps, without_page};
use super::page;
use crate::error::{ErrorKind, ErrorParts};
use crate::hints::{self, Facts};

/// A sentence and steps in which nothing of the settings, the token or an answer is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct General {
    pub(super) summary: String,
    pub(super) todo: Vec<Step>,
}

/// Where the words are that are left out.
const ELSEWHERE: &str =
    "The words that say more are left out here: run workiq-auth doctor on a machine of your own to see them.";

/// What may be said of `check` to everybody. Only its codes, its status and the names of settings are in it.
pub(super) fn of(check: &Check) -> General {
    let summary = check.open.clone();
    let Some(code) = &check.code else {
        return General {
            summary: summary.unwrap_or_else(|| check.status.word().to_owned()),
            todo: Vec::new(),
        };
    };
    let number = |name: &str| {
        check
            .facts
            .iter()
            .find(|fact| fact.name == name)
            .and_then(|fact| u32::try_from(fact.value.as_u64()?).ok())
    };
    let aadsts = number("aadsts");
    let row = aadsts.and_then(|number| page::row(&format!("AADSTS{number}"))).or_else(|| page::row(code));
    let settings = matches!(code.as_str(), "invalid_settings" | "mode_delegated" | "mode_unavailable");
    let of_settings = settings.then(|| without_values(&check.summary)).flatten();
    let summary = summary.or(of_settings).unwrap_or_else(|| {
        let name = match (aadsts, number("httpStatus")) {
            (Some(number), _) => format!("AADSTS{number} ({code})"),
            (None, Some(status)) => format!("{code} (HTTP {status})"),
            (None, None) => code.clone(),
        };
        row.as_ref().map_or_else(|| name.clone(), |row| format!("{name}: {}", row.meaning))
    });
    let is_wrong = matches!(check.status, Status::Failed | Status::Warning);
    let todo = match row {
        _ if !is_wrong => Vec::new(),
        _ if settings => of_settings_todo(check),
        row => by_code(code, aadsts).unwrap_or_else(|| of_row(&row.unwrap_or_default())),
    };
    General { summary, todo }
}

/// The hint for a code of Entra, as it is where nothing else is known.
fn by_code(code: &str, aadsts: Option<u32>) -> Option<Vec<Step>> {
    let parts =
        ErrorParts { kind: ErrorKind::Server, code: code.to_owned().into(), aadsts, ..ErrorParts::default() };
    let hinted = hints::explain(parts.into(), &Facts::default());
    // The message of Entra is not beside it.
    let (hint, _) = without_page(hinted.hint()?);
    let lines: Vec<_> = hint.lines().filter(|line| !line.contains(" the message")).collect();
    Some(steps(&lines.join("\n"), Privacy::Open))
}

fn of_row(row: &page::Row) -> Vec<Step> {
    let words = |text: &str| Step::Words(text.to_owned(), Privacy::Open);
    // Rows that lead to a message lead nowhere without it.
    let leads = row.meaning.contains("the message") || row.todo.to_lowercase().contains("the message");
    let todo = row
        .todo
        .strip_prefix("What the message says")
        .map_or(row.todo.as_str(), |rest| rest.trim_start_matches([';', '.', ' ']));
    let mut todo: Vec<_> = Some(todo)
        .filter(|text| !text.is_empty())
        .map(capital)
        .map(|text| words(&text))
        .into_iter()
        .collect();
    if leads || todo.is_empty() || row.todo.contains("The hint") {
        todo.push(words(ELSEWHERE));
    }
    todo
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

/// The words about settings that hold no value.
fn of_settings_todo(check: &Check) -> Vec<Step> {
    let words = |step: &Step| match step {
        Step::Words(text, privacy) if *privacy > Privacy::Open => {
            without_values(text).map(|text| Step::Words(text, Privacy::Open))
        }
        _ => None,
    };
    check.todo.iter().filter_map(words).collect()
}

/// Which settings are wrong and what is expected of each, out of words that name them with their values
/// (`settings::problem`); of other lines those that are known to hold none. Nothing where none is left.
fn without_values(words: &str) -> Option<String> {
    /// How lines begin that name no more than settings and pages.
    const OPEN: [&str; 5] = [
        "A setting is missing or wrong:",
        "Set WORKIQ_AUTH_MODE=",
        "Set what is missing.",
        "Step by step: https://github.com/workiq-auth/",
        "The auth mode ",
    ];
    let mut out = String::new();
    for line in words.lines() {
        let is_count = line
            .strip_suffix(" settings are missing or wrong:")
            .is_some_and(|count| count.bytes().all(|byte| byte.is_ascii_digit()));
        let shown = if is_count || OPEN.iter().any(|open| line.starts_with(open)) {
            Some(line.to_owned())
        } else {
            line.strip_prefix("  - ").and_then(problem_of)
        };
        if let Some(line) = shown {
            let gap = if out.is_empty() { "" } else { "\n" };
            let _ = write!(out, "{gap}{line}");
        }
    }
    Some(out).filter(|out| !out.is_empty())
}

/// A line about a setting without its value.
fn problem_of(line: &str) -> Option<String> {
    /// What may be wrong in words that hold no value.
    const SAID: [&str; 2] = ["is missing", "each name a credential, and one must be chosen"];
    let (name, rest) = line.split_once(": ")?;
    // What is expected is said last and without a value, whatever stands before it.
    let (wrong, expected) = rest.rsplit_once("; expected ")?;
    let is_name = |c: char| c.is_ascii_alphanumeric() || "_-/, ".contains(c);
    if !name.chars().all(is_name) {
        return None;
    }
    let wrong = SAID.iter().find(|said| **said == wrong).unwrap_or(&"is wrong");
    let expected = if is_example(expected) { format!("; expected {expected}") } else { String::new() };
    Some(format!("  - {name}: {wrong}{expected}"))
}

/// Whether addresses in what is expected are examples: that of an authority of one's own may stand there too.
fn is_example(expected: &str) -> bool {
    const EXAMPLES: [&str; 4] = ["host:port", "example.com", "login.example.com", "contoso-exchange"];
    let mut addresses = expected.split("://").skip(1);
    addresses.all(|rest| {
        let end = rest.find(|c: char| c.is_whitespace() || c == ',').unwrap_or(rest.len());
        EXAMPLES.contains(&&rest[..end])
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::AuthError;
    use crate::settings::Settings;
    use crate::settings::options::Options;
    use crate::settings::problem::{Problem, into_error};

    fn of_error(parts: ErrorParts) -> General {
        of(&Check::of_error("token", "Sign-in", &AuthError::from(parts)))
    }

    fn words(general: &General) -> String {
        general
            .todo
            .iter()
            .map(|step| match step {
                Step::Words(text, privacy) => {
                    assert_eq!(*privacy, Privacy::Open);
                    text.as_str()
                }
                Step::Command(text) | Step::Url(text) => text,
            })
            .collect::<Vec<_>>()
            .join("\n")
    }

    #[test]
    fn settings_are_named_without_their_values() {
        let error = into_error(&[
            Problem::missing("WORKIQ_TENANT_ID / AZURE_TENANT_ID", "the tenant's GUID"),
            Problem::wrong("WORKIQ_CLIENT_ID", "ada: x; expected y", "is not a GUID", "a GUID, such as a"),
            Problem::missing("WORKIQ_FEDERATED_AUDIENCE", "the audience that https://login.private takes"),
            Problem::hidden(
                "HTTPS_PROXY",
                "names a hush proxy",
                "http://host:port or https://host:port, with x",
            ),
        ]);
        let general = of(&Check::of_error("settings", "Settings", &error));
        assert_eq!(
            general.summary,
            "4 settings are missing or wrong:\n  - WORKIQ_TENANT_ID / AZURE_TENANT_ID: is missing; expected the tenant's \
             GUID\n  - WORKIQ_CLIENT_ID: is wrong; expected a GUID, such as a\n  - WORKIQ_FEDERATED_AUDIENCE: is \
             missing\n  - HTTPS_PROXY: is wrong; expected http://host:port or https://host:port, with x"
        );
    }

    #[test]
    fn a_mode_is_told_with_all_that_it_takes_and_no_value() {
        let variables = [("WORKIQ_TENANT_ID", "fabrikam"), ("WORKIQ_CLIENT_SECRET", "abc8Q~def.ghi")];
        let environment = variables.into_iter().collect();
        let error = Settings::resolve(&Options::default(), &environment).unwrap_err();
        let general = of(&Check::of_error("mode", "Mode", &error));
        let words = words(&general);
        assert!(general.summary.starts_with("The auth mode is delegated"), "{general:?}");
        assert!(words.starts_with("Set WORKIQ_AUTH_MODE=app-only"), "{words}");
        assert!(words.contains("  - WORKIQ_TENANT_ID: is wrong; expected the tenant's GUID"), "{words}");
        assert!(words.contains("docs/getting-started.md") && !words.contains("fabrikam"), "{words}");
    }

    #[test]
    fn a_code_of_entra_has_its_number_and_a_hint_that_knows_nobody() {
        let general = of_error(ErrorParts {
            kind: ErrorKind::Server,
            code: "invalid_client".into(),
            message: "AADSTS7000215: of app 'ada'".into(),
            hint: Some("Ask ada.".into()),
            aadsts: Some(7_000_215),
            status: Some(401),
            ..ErrorParts::default()
        });
        assert_eq!(
            general.summary,
            "AADSTS7000215 (invalid_client): No live secret of the application is this one."
        );
        let words = words(&general);
        assert!(words.contains("value and not its id") && !words.contains("ada"), "{words}");
    }

    #[test]
    fn no_code_of_entra_leads_to_what_is_left_out() {
        let page = include_str!("../../docs/errors.md");
        for number in page.split("<a id=\"aadsts").skip(1).map(|rest| rest.split('"').next().unwrap()) {
            let general = of_error(ErrorParts {
                kind: ErrorKind::Server,
                code: "invalid_client".into(),
                aadsts: number.parse().ok(),
                ..ErrorParts::default()
            });
            let words = words(&general);
            assert!(general.summary.starts_with(&format!("AADSTS{number} (invalid_client): ")));
            assert!(!words.is_empty() && !words.contains("the message"), "{number}: {words}");
        }
    }

    #[test]
    fn every_code_of_ours_has_something_to_do_that_does_not_lead_to_what_is_left_out() {
        for code in [
            "certificate_expired",
            "network_error",
            "graph_error",
            "meeting_policy",
            "aborted",
            "tool_error",
            "certificate_format_unknown",
            "unheard_of",
        ] {
            let general = of_error(ErrorParts {
                kind: ErrorKind::Response,
                code: code.into(),
                message: "ada".into(),
                ..ErrorParts::default()
            });
            let words = words(&general);
            assert!(general.summary.starts_with(code) && !general.summary.contains("ada"));
            assert!(!words.is_empty() && !words.contains("What the message says"), "{code}: {words}");
            if words.contains("message") || words.contains("hint") {
                assert!(words.contains("a machine of your own"), "{code}: {words}");
            }
        }
    }
}
