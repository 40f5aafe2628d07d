//! The report in a GitHub Actions job: a table in its summary and annotations, with no more in them than their readers may
//! see (docs.github.com/actions/reference/workflows-and-actions/workflow-commands).

use std::fmt::Write as _;
use std::fs::{File, OpenOptions};
use std::io::{Read, Write as _};
use std::time::Duration;

use serde_json::Value;

use super::check::{Check, Held, Privacy, Status, Step};
use super::report::Report;
use crate::error::{AuthError, ErrorKind, printable};
use crate::settings::environment::Environment;

/// The largest event that is read. GitHub's own limit for a webhook is 25 MB
/// (docs.github.com/webhooks/webhook-events-and-payloads).
const LARGEST: u64 = 25 << 20;

/// Whether this is a job of GitHub Actions.
#[must_use]
pub fn is_job(environment: &Environment) -> bool {
    environment.get("GITHUB_ACTIONS") == Some("true")
}

/// Who reads what a job prints: everybody, where the repository is public or that is not known. `names` lets names and
/// content in, in a repository that is not public.
#[must_use]
pub fn readers(environment: &Environment, names: bool) -> Privacy {
    match (is_private(environment), names) {
        (false, _) => Privacy::Open,
        (true, false) => Privacy::Ids,
        (true, true) => Privacy::Names,
    }
}

/// By the event that started the job. `internal` is open to a whole enterprise, and to nobody else.
fn is_private(environment: &Environment) -> bool {
    let event = || {
        let file = File::open(environment.get("GITHUB_EVENT_PATH")?).ok()?;
        let mut text = Vec::new();
        file.take(LARGEST).read_to_end(&mut text).ok()?;
        serde_json::from_slice::<Value>(&text).ok()
    };
    let Some(event) = event() else { return false };
    let repository = &event["repository"];
    let by_flag = repository["private"].as_bool();
    let by_word = repository["visibility"].as_str().map(|word| matches!(word, "private" | "internal"));
    // Where they disagree it is not known.
    by_flag.unwrap_or(false) && by_word.unwrap_or(true)
}

/// Appends the report to the job's summary, if there is one.
///
/// # Errors
/// The file cannot be written to.
pub fn append_summary(report: &Report, environment: &Environment) -> Result<(), AuthError> {
    let Some(path) = environment.get("GITHUB_STEP_SUMMARY") else { return Ok(()) };
    let written = OpenOptions::new()
        .append(true)
        .create(true)
        .open(path)
        .and_then(|mut file| file.write_all(summary(report).as_bytes()));
    written.map_err(|error| {
        let message = format!("The job's summary (GITHUB_STEP_SUMMARY) cannot be written to: {error}.");
        AuthError::new(ErrorKind::Response, "output_error", message)
    })
}

/// The report as Markdown.
#[must_use]
pub fn summary(report: &Report) -> String {
    let mark_of_all = mark(report.status().max(Status::Ok));
    let verdict = report.verdict();
    let mut out = format!(
        "### workiq-auth doctor: {mark_of_all} {verdict}\n\n| | Check | Result | Time |\n| --- | --- | --- | ---: |\n"
    );
    for check in &report.checks {
        let target = check.target.as_ref().map(|one| format!(" of {}", cell(one, 120))).unwrap_or_default();
        // Nothing for what was not done.
        let took = match check.took {
            Duration::ZERO => String::new(),
            took => format!("{} ms", took.as_millis()),
        };
        let _ = writeln!(
            out,
            "| {} | {}{target} | {} | {took} |",
            mark(check.status),
            cell(check.title, 60),
            list(&check.summary),
        );
    }
    for check in report.checks.iter().filter(|check| !check.grants.is_empty()) {
        out.push_str("\n| | Permission | Unlocks | Tools |\n| --- | --- | --- | --- |\n");
        for grant in check.grants.iter().filter(|grant| grant.work_iq || grant.held != Held::Not) {
            let held = if grant.held == Held::Not { Status::Warning } else { Status::Ok };
            let tools: Vec<_> = grant.tools.iter().map(|tool| format!("`{tool}`")).collect();
            let _ = writeln!(
                out,
                "| {} | `{}` | {} | {} |",
                mark(held),
                grant.name,
                cell(grant.unlocks, 100),
                tools.join(", ")
            );
        }
    }
    for check in report.checks.iter().filter(|check| is_wrong(check)) {
        what_to_do(&mut out, check);
    }
    if let Some(what) = report.left_out {
        let _ = write!(out, "\n_Left out: {what}._\n");
    }
    out.push('\n');
    out
}

fn what_to_do(out: &mut String, check: &Check) {
    if check.todo.is_empty() && check.link.is_none() {
        return;
    }
    let _ = write!(out, "\n#### {}: what to do\n\n", check.title);
    for step in &check.todo {
        match step {
            Step::Words(text, _) => {
                for line in text.lines() {
                    let _ = writeln!(out, "{}  ", escaped(line, 1200));
                }
            }
            Step::Url(url) if is_address(url) => {
                let _ = write!(out, "\n<{url}>\n\n");
            }
            Step::Command(command) | Step::Url(command) => {
                // A fence that nothing in the command can end.
                let fence = "`".repeat(3 + command.matches("```").count());
                let clean: Vec<_> = command.lines().map(|line| printable(line, 2000)).collect();
                let _ = write!(out, "\n{fence}\n{}\n{fence}\n\n", clean.join("\n"));
            }
        }
    }
    if let Some(link) = check.link.as_deref().filter(|link| is_address(link)) {
        let _ = write!(out, "\nRead on: <{link}>\n");
    }
}

/// Whether it is one whole address, with nothing masked in it, which Markdown takes between angle brackets.
fn is_address(url: &str) -> bool {
    url.starts_with("https://") && url.bytes().all(|b| b.is_ascii_graphic() && !b"<>`\\|".contains(&b))
}

/// What to do in a sentence or two; where they lead to a command, that too.
fn next_step(check: &Check) -> Option<String> {
    /// A sentence that is shorter may have another one after it: the first of a hint often says what is wrong.
    const SHORT: usize = 160;
    let at = check.todo.iter().position(|step| matches!(step, Step::Words(..)))?;
    let Some(Step::Words(text, _)) = check.todo.get(at) else { return None };
    // Lines are wrapped anywhere but after a colon, where a list may begin.
    let mut text = text.lines().map(str::trim);
    let mut said = String::new();
    for line in text.by_ref() {
        if !said.is_empty() {
            said.push(' ');
        }
        said.push_str(line);
        if line.ends_with(':') || line.ends_with('.') && said.len() > SHORT {
            break;
        }
    }
    let mut end = 0;
    while end < SHORT.min(said.len()) {
        end = said[end..].find(". ").map_or(said.len(), |at| end + at + 2);
    }
    let sentences = said[..end].trim_end();
    match (sentences.strip_suffix(':'), check.todo.get(at + 1)) {
        (Some(_), Some(Step::Command(next) | Step::Url(next))) if text.next().is_none() => {
            Some(format!("{sentences} {next}"))
        }
        (Some(bare), _) => Some(format!("{bare}.")),
        (None, _) => Some(sentences.to_owned()),
    }
}

/// An annotation for each check that failed or warns, a line each.
#[must_use]
pub fn annotations(report: &Report) -> String {
    report.checks.iter().filter(|check| is_wrong(check)).fold(String::new(), |mut out, check| {
        let command = if check.status == Status::Failed { "error" } else { "warning" };
        let target = check.target.as_ref().map(|target| format!(" of {target}")).unwrap_or_default();
        let title = property(&format!("workiq-auth doctor: {}{target}", check.title));
        let mut text = printable(&check.summary, 600);
        if let Some(next) = next_step(check) {
            let stop = if text.ends_with(['.', ':', '!', '?', '…']) { "" } else { "." };
            text = format!("{text}{stop} What to do: {}", printable(&next, 600));
        }
        let _ = writeln!(out, "::{command} title={title}::{}", data(&text));
        out
    })
}

fn is_wrong(check: &Check) -> bool {
    matches!(check.status, Status::Failed | Status::Warning)
}

fn mark(status: Status) -> &'static str {
    match status {
        Status::Ok => "✅",
        Status::Skipped => "➖",
        Status::Warning => "⚠️",
        Status::Failed => "❌",
    }
}

/// A value in a table.
fn cell(text: &str, limit: usize) -> String {
    escaped(text, limit)
}

/// A sentence in a table, with the items of a list below it.
fn list(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        if line.trim_start().starts_with("- ") {
            out.push_str("<br>");
        } else if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(&cell(line, 400));
    }
    out
}

/// Text in which Markdown and HTML mean nothing.
fn escaped(text: &str, limit: usize) -> String {
    let mut out = String::new();
    for c in printable(text, limit).chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '|' | '`' | '*' | '_' | '[' | ']' | '\\' | '!' | '#' | '~' => {
                out.push('\\');
                out.push(c);
            }
            // Nobody is to be notified.
            '@' => out.push_str("&#64;"),
            _ => out.push(c),
        }
    }
    out
}

/// The message of a workflow command.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property of a workflow command.
fn property(text: &str) -> String {
    data(&printable(text, 200)).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::mask::Mask;

    fn report(check: Check) -> Report {
        Report { checks: vec![check], left_out: None, mask: Mask::default() }
    }

    #[test]
    fn what_is_not_known_to_be_private_is_public() {
        let folder = std::env::temp_dir().join(format!("workiq-doctor-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let event = folder.join("event.json");
        let readers_of = |text: &str, names| {
            std::fs::write(&event, text).unwrap();
            let environment: Environment =
                [("GITHUB_EVENT_PATH", event.to_string_lossy().into_owned())].into_iter().collect();
            readers(&environment, names)
        };
        for (text, names, expected) in [
            (r#"{"repository": {"private": true, "visibility": "private"}}"#, false, Privacy::Ids),
            (r#"{"repository": {"private": true, "visibility": "internal"}}"#, true, Privacy::Names),
            (r#"{"repository": {"private": true}}"#, false, Privacy::Ids),
            (r#"{"repository": {"private": true, "visibility": "public"}}"#, true, Privacy::Open),
            (r#"{"repository": {"private": false}}"#, true, Privacy::Open),
            (r#"{"repository": {"visibility": "private"}}"#, true, Privacy::Open),
            ("{}", true, Privacy::Open),
            ("not JSON", true, Privacy::Open),
        ] {
            assert_eq!(readers_of(text, names), expected, "{text}");
        }
        assert_eq!(readers(&Environment::default(), true), Privacy::Open);
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn an_annotation_is_one_command_whatever_is_in_it() {
        let check = Check::new("x", "X", Status::Failed, "100% wrong\n::set-env name=A::b");
        assert_eq!(
            annotations(&report(check)),
            "::error title=workiq-auth doctor%3A X::100%25 wrong ::set-env name=A::b\n"
        );
        let fine = Check::new("x", "X", Status::Ok, "fine");
        assert_eq!(annotations(&report(fine)), "");
    }

    #[test]
    fn an_annotation_says_what_to_do_first() {
        let words = |text: &str| Step::Words(text.into(), Privacy::Open);
        for (steps, expected) in [
            (
                vec![words("Short. And\nwrapped. More:"), Step::Command("az x".into())],
                "Short. And wrapped. More: az x",
            ),
            (vec![words("It has none:\n  - a list\nGo.")], "It has none."),
            (vec![words(&format!("{}. Not this.", "x".repeat(200)))], &format!("{}.", "x".repeat(200))),
        ] {
            let check = Check { todo: steps, ..Check::new("x", "X", Status::Warning, "Wrong") };
            let shown = annotations(&report(check));
            assert!(shown.ends_with(&format!("::Wrong. What to do: {expected}\n")), "{shown}");
        }
    }

    #[test]
    fn a_page_and_an_address_are_links_and_one_with_something_masked_is_not() {
        let mut check = Check::new("x", "X", Status::Failed, "a")
            .step(Step::Url("https://login.example/t/adminconsent?client_id=c".into()))
            .step(Step::Url("https://login.example/<tenant>/adminconsent".into()));
        check.link = Some("https://example.com/#a".into());
        let shown = summary(&report(check));
        for part in [
            "\n<https://login.example/t/adminconsent?client_id=c>\n",
            "\n```\nhttps://login.example/<tenant>/adminconsent\n```\n",
            "\nRead on: <https://example.com/#a>\n",
        ] {
            assert!(shown.contains(part), "{shown}");
        }
    }

    #[test]
    fn a_summary_is_a_table_that_nothing_breaks() {
        let check = Check::new("x", "X", Status::Failed, "a | <img src=x> [b](c)\nd @ada")
            .step(Step::Command("x\n```\n<b>".into()));
        let shown = summary(&report(check));
        assert!(shown.contains("| ❌ | X | a \\| &lt;img src=x&gt; \\[b\\](c) d &#64;ada |  |"), "{shown}");
        assert!(shown.contains("\n````\nx\n```\n<b>\n````\n"), "{shown}");
    }
}
