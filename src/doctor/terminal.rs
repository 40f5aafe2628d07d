//! The report for a person at a terminal: first what is wrong and what to do, then all checks, a line or two each.

use std::fmt::Write as _;

use serde_json::Value;

use super::check::{Check, Fact, Grant, Held, Status, Step};
use super::report::Report;
use crate::error::printable;

/// How wide lines are, commands apart, which are pasted.
const WIDTH: usize = 100;

/// Where texts begin.
const INDENT: usize = 9;

/// How wide the names of checks and facts are.
const NAME: usize = 24;

/// How much of a target is shown beside a sentence.
const TARGET: usize = 40;

/// Whether there is colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Text, and nothing that steers a terminal.
    Plain,
    /// In colour.
    Colour,
}

impl Style {
    fn paint(self, status: Status, text: &str) -> String {
        let code = match status {
            Status::Ok => "32",
            Status::Skipped => "2",
            Status::Warning => "33",
            Status::Failed => "1;31",
        };
        self.with(code, text)
    }

    fn with(self, code: &str, text: &str) -> String {
        match self {
            Self::Plain => text.to_owned(),
            Self::Colour => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
        }
    }

    fn bold(self, text: &str) -> String {
        self.with("1", text)
    }

    fn dim(self, text: &str) -> String {
        self.with("2", text)
    }
}

/// The report in lines. What is in it may come from outside, so nothing of it steers a terminal or a runner.
#[must_use]
pub fn render(report: &Report, style: Style) -> String {
    let mut out = format!("{}\n", heading(report, style));
    let mut wrong: Vec<_> = report
        .checks
        .iter()
        .filter(|check| matches!(check.status, Status::Failed | Status::Warning))
        .collect();
    wrong.sort_by_key(|check| std::cmp::Reverse(check.status));
    for check in &wrong {
        out.push('\n');
        problem(&mut out, check, style);
    }
    if !wrong.is_empty() {
        let _ = write!(out, "\n{}\n", style.bold("All checks"));
    }
    out.push('\n');
    let is_bare =
        |check: &Check| check.status == Status::Skipped && check.facts.is_empty() && check.target.is_none();
    // Many that were skipped for one reason are one line.
    for same in report.checks.chunk_by(|a, b| is_bare(a) && is_bare(b) && a.summary == b.summary) {
        match same {
            [check] => line(&mut out, check, style),
            checks => {
                let titles: Vec<_> = checks.iter().map(|check| check.title).collect();
                let why = checks.first().map(|check| safe(&check.summary, 300)).unwrap_or_default();
                let status = style.paint(Status::Skipped, &format!("{:<INDENT$}", "skipped"));
                wrapped(&mut out, &status, INDENT, &format!("{}: {why}", titles.join(", ")));
            }
        }
    }
    if let Some(what) = report.left_out {
        let _ = writeln!(out, "\nLeft out: {what}.");
    }
    out
}

fn heading(report: &Report, style: Style) -> String {
    let counts: Vec<_> = [Status::Failed, Status::Warning, Status::Ok, Status::Skipped]
        .into_iter()
        .filter(|status| report.count(*status) > 0)
        .map(|status| {
            let count = report.count(status);
            let plural = if status == Status::Warning && count > 1 { "s" } else { "" };
            style.paint(status, &format!("{count} {}{plural}", status.word()))
        })
        .collect();
    let verdict = match report.status() {
        Status::Failed => "something is wrong",
        Status::Warning => "it works, with warnings",
        Status::Ok | Status::Skipped => "all is well",
    };
    format!("{} {verdict} ({})", style.bold("workiq-auth doctor:"), counts.join(", "))
}

/// What is wrong, and what to do.
fn problem(out: &mut String, check: &Check, style: Style) {
    let target = check.target.as_ref().map(|target| format!(" of {}", safe(target, 120))).unwrap_or_default();
    let status = style.paint(check.status, &format!("{:<INDENT$}", check.status.word()));
    let _ = writeln!(out, "{status}{}", style.bold(&format!("{}{target}", check.title)));
    for part in check.summary.lines() {
        wrapped(out, &pad(INDENT), INDENT + hang(part), &safe_line(part, 1200));
    }
    if !check.todo.is_empty() {
        let _ = writeln!(out, "{}{}", pad(INDENT), style.bold("What to do"));
    }
    for step in &check.todo {
        match step {
            Step::Words(text, _) => {
                for part in text.lines() {
                    wrapped(out, &pad(INDENT), INDENT + hang(part), &safe_line(part, 1200));
                }
            }
            Step::Command(command) => {
                for part in command.lines() {
                    let _ = writeln!(out, "{}  {}", pad(INDENT), style.with("36", &safe_line(part, 2000)));
                }
            }
        }
    }
    if let Some(link) = &check.link {
        let _ = writeln!(out, "{}{}", pad(INDENT), style.dim(link));
    }
}

/// One check: status, title, sentence, time; below it its facts.
fn line(out: &mut String, check: &Check, style: Style) {
    let status = style.paint(check.status, &format!("{:<INDENT$}", check.status.word()));
    let title = format!("{:<NAME$}", check.title);
    let is_told = matches!(check.status, Status::Failed | Status::Warning);
    let mut said = if is_told { "see above".to_owned() } else { safe(&check.summary, 400) };
    if let Some(target) = &check.target {
        said = format!("{said}: {}", safe(target, TARGET));
    }
    let took = check.took.as_millis();
    if took >= 100 {
        let _ = write!(said, " ({took} ms)");
    }
    wrapped(out, &format!("{status}{title}"), INDENT + NAME, &said);
    for fact in check.facts.iter().filter(|fact| is_shown(check, fact)) {
        let name = style.dim(&format!("{:<NAME$}", spaced(fact.name)));
        // Its own name is dim, and the text after it is wrapped without it.
        let source = fact.source.map(|source| format!("  {source}")).unwrap_or_default();
        for (at, text) in value_lines(&fact.value).into_iter().enumerate() {
            let name = if at == 0 { name.clone() } else { pad(NAME) };
            let head = format!("{}{name}", pad(INDENT));
            if is_pasted(fact) || text.chars().count() + source.len() + INDENT + NAME <= WIDTH {
                let _ = writeln!(out, "{head}{text}{}", style.dim(&source));
            } else {
                wrapped(out, &head, INDENT + NAME, &format!("{text}{source}"));
            }
        }
    }
    grants(out, &check.grants, style);
}

fn grants(out: &mut String, grants: &[Grant], style: Style) {
    const PERMISSION: usize = 34;
    for grant in grants.iter().filter(|grant| grant.work_iq) {
        let (status, how) = match &grant.held {
            Held::By(role) if role.eq_ignore_ascii_case(grant.name) => (Status::Ok, String::new()),
            Held::By(role) => (Status::Ok, format!(" (by {role})")),
            Held::Partly(role) => (Status::Ok, format!(" (single ones, by {role})")),
            Held::InExchange => (Status::Ok, " (by Exchange RBAC for Applications)".into()),
            Held::Not => (Status::Warning, String::new()),
        };
        let word = if status == Status::Ok { "granted" } else { "missing" };
        let word = style.paint(status, &format!("{word:<9}"));
        let how = safe(&how, 120);
        let gap = if how.is_empty() { "" } else { " " };
        let _ = writeln!(out, "{}{word}{:<PERMISSION$}{}{gap}{how}", pad(INDENT), grant.name, grant.unlocks);
    }
    for (word, is_held) in [("helper", true), ("optional", false)] {
        let names: Vec<_> = grants
            .iter()
            .filter(|grant| !grant.work_iq && (grant.held != Held::Not) == is_held)
            .map(|grant| format!("{} ({})", grant.name, grant.unlocks))
            .collect();
        if !names.is_empty() {
            let word = style.dim(&format!("{word:<9}"));
            let names = if is_held {
                names
                    .iter()
                    .map(|name| name.split(' ').next().unwrap_or_default())
                    .collect::<Vec<_>>()
                    .join(", ")
            } else {
                names.join(", ")
            };
            wrapped(out, &format!("{}{word}", pad(INDENT)), INDENT + 9, &names);
        }
    }
}

/// A command among the facts.
fn is_pasted(fact: &Fact) -> bool {
    fact.name == "forNames"
}

/// What the sentence or the table says already is not shown again.
fn is_shown(check: &Check, fact: &Fact) -> bool {
    let technical =
        ["matchingFederatedCredential", "kind", "from", "readable", "path", "httpStatus", "aadsts"];
    let hidden = match check.id {
        "clock" => true,
        "token" => fact.name == "roles",
        _ if check.status == Status::Skipped => fact.name == "requestId",
        id if id.starts_with("network.") => fact.name == "host",
        _ => false,
    };
    let is_told = matches!(check.status, Status::Failed | Status::Warning) && fact.source.is_none();
    let is_probe = check.id.starts_with("probe.");
    !(hidden || technical.contains(&fact.name) || is_told && is_probe)
}

/// `daysLeft` as `days left`.
fn spaced(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() {
            out.push(' ');
            out.push(c.to_ascii_lowercase());
        } else {
            out.push(c);
        }
    }
    out
}

fn value_lines(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![safe(text, 300)],
        Value::Bool(yes) => vec![if *yes { "yes" } else { "no" }.to_owned()],
        Value::Array(list) => {
            let texts: Vec<_> =
                list.iter().map(|one| one.as_str().map_or_else(|| one.to_string(), str::to_owned)).collect();
            vec![safe(&texts.join(", "), 300)]
        }
        other => vec![safe(&other.to_string(), 300)],
    }
}

fn pad(width: usize) -> String {
    " ".repeat(width)
}

/// By how much more the lines after the first of a list's item are indented.
fn hang(text: &str) -> usize {
    let lead = text.len() - text.trim_start().len();
    if text.trim_start().starts_with("- ") { lead + 2 } else { lead }
}

/// `text` after `head`, wrapped, each further line indented.
fn wrapped(out: &mut String, head: &str, indent: usize, text: &str) {
    let lead = text.len() - text.trim_start().len();
    out.push_str(head);
    out.push_str(&pad(lead));
    let mut column = indent.saturating_sub(hang(text)).max(INDENT) + lead;
    let mut first = true;
    for word in text.split_whitespace() {
        let width = word.chars().count();
        if !first && column + 1 + width > WIDTH {
            let _ = write!(out, "\n{}", pad(indent));
            column = indent;
            first = true;
        }
        if !first {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += width;
        first = false;
    }
    out.push('\n');
}

/// A text on one line, without anything that steers a terminal, or a runner that reads its commands in a log
/// (docs.github.com/actions/reference/workflows-and-actions/workflow-commands).
fn safe(text: &str, limit: usize) -> String {
    printable(text, limit).replace("::", ": :").replace("##[", "## [")
}

/// The same, with the white space at its beginning kept.
fn safe_line(text: &str, limit: usize) -> String {
    let lead = text.len() - text.trim_start_matches(' ').len();
    format!("{}{}", pad(lead.min(8)), safe(text, limit))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::check::Privacy;
    use crate::doctor::mask::Mask;

    fn report(checks: Vec<Check>) -> Report {
        Report { checks, left_out: None, mask: Mask::default() }
    }

    #[test]
    fn what_is_wrong_comes_first_and_what_to_do_with_it() {
        let shown = render(
            &report(vec![
                Check::new("mode", "Mode", Status::Ok, "app-only"),
                Check::new("token", "Sign-in", Status::Failed, "The secret is wrong")
                    .step(Step::Words("Make a new one:".into(), Privacy::Open))
                    .step(Step::Command("az ad app credential reset".into())),
                Check::new("a", "A", Status::Skipped, "There is no token"),
                Check::new("b", "B", Status::Skipped, "There is no token"),
            ]),
            Style::Plain,
        );
        let expected = "workiq-auth doctor: something is wrong (1 failed, 1 ok, 2 skipped)\n\n\
                        failed   Sign-in\n         The secret is wrong\n         What to do\n         Make a new one:\n           \
                        az ad app credential reset\n\nAll checks\n\n\
                        ok       Mode                    app-only\n\
                        failed   Sign-in                 see above\n\
                        skipped  A, B: There is no token\n";
        assert_eq!(shown, expected);
    }

    #[test]
    fn nothing_from_outside_steers_a_terminal_or_a_runner() {
        let shown = render(
            &report(vec![
                Check::new("x", "X", Status::Failed, "a\u{1b}[2J\n::set-env name=A::b\n##[error]c")
                    .step(Step::Command("::add-mask::x\u{7}".into())),
            ]),
            Style::Plain,
        );
        assert!(!shown.contains('\u{1b}') && !shown.contains('\u{7}'), "{shown:?}");
        assert!(!shown.contains("::") && !shown.contains("##["), "{shown}");
    }

    #[test]
    fn colour_is_only_where_it_is_wanted() {
        let report = report(vec![Check::new("mode", "Mode", Status::Ok, "app-only")]);
        assert!(!render(&report, Style::Plain).contains('\u{1b}'));
        assert!(render(&report, Style::Colour).contains("\u{1b}[32mok"));
    }

    #[test]
    fn long_texts_are_wrapped_and_commands_are_not() {
        let command = "x".repeat(150);
        let shown = render(
            &report(vec![
                Check::new("x", "X", Status::Failed, "word ".repeat(60)).step(Step::Command(command.clone())),
            ]),
            Style::Plain,
        );
        assert!(shown.contains(&command));
        assert!(
            shown.lines().filter(|line| !line.contains(&command)).all(|line| line.len() <= WIDTH),
            "{shown}"
        );
    }
}
