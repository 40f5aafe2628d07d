//! The report for a person at a terminal: first what is wrong and what to do, then all checks, a line or two each.

use std::fmt::Write as _;

use serde_json::Value;

use super::check::{Check, Fact, Grant, Held, Status, Step};
use super::report::Report;
use crate::error::printable;

/// The widest that lines are, commands apart, which are pasted.
pub const WIDTH: usize = 100;

/// The narrowest: names, and some words beside them.
const NARROWEST: usize = 60;

/// Where texts begin.
const INDENT: usize = 9;

/// How wide the names of checks and facts are.
const NAME: usize = 26;

/// How much of that a name of a check takes, where its time stands behind it.
const TITLE: usize = 17;

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

/// The report in lines of `width` characters, within bounds. What is in it may come from outside, so nothing of it steers
/// a terminal or a runner.
#[must_use]
pub fn render(report: &Report, style: Style, width: usize) -> String {
    let mut out = Page { text: String::new(), width: width.clamp(NARROWEST, WIDTH) };
    out.wrapped("", 2, &heading(report, style));
    let mut wrong: Vec<_> = report
        .checks
        .iter()
        .filter(|check| matches!(check.status, Status::Failed | Status::Warning))
        .collect();
    wrong.sort_by_key(|check| std::cmp::Reverse(check.status));
    for check in &wrong {
        out.text.push('\n');
        problem(&mut out, check, style);
    }
    if !wrong.is_empty() {
        let _ = write!(out.text, "\n{}\n", style.bold("All checks"));
    }
    out.text.push('\n');
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
                out.wrapped(&status, INDENT, &format!("{}: {why}", titles.join(", ")));
            }
        }
    }
    if let Some(what) = report.left_out {
        out.text.push('\n');
        out.wrapped("", 0, &format!("Left out: {what}."));
    }
    out.text
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
    format!("{} {} ({})", style.bold("workiq-auth doctor:"), report.verdict(), counts.join(", "))
}

/// What is wrong, and what to do.
fn problem(out: &mut Page, check: &Check, style: Style) {
    let target = check.target.as_ref().map(|target| format!(" of {}", safe(target, 120))).unwrap_or_default();
    let status = style.paint(check.status, &format!("{:<INDENT$}", check.status.word()));
    let _ = writeln!(out.text, "{status}{}", style.bold(&format!("{}{target}", check.title)));
    for part in check.summary.lines() {
        out.wrapped(&pad(INDENT), INDENT + hang(part), &safe_line(part, 1200));
    }
    if !check.todo.is_empty() {
        let _ = writeln!(out.text, "{}{}", pad(INDENT), style.bold("What to do"));
    }
    for step in &check.todo {
        match step {
            Step::Words(text, _) => {
                for part in text.lines() {
                    out.wrapped(&pad(INDENT), INDENT + hang(part), &safe_line(part, 1200));
                }
            }
            Step::Command(command) | Step::Url(command) => {
                for part in command.lines() {
                    let _ =
                        writeln!(out.text, "{}  {}", pad(INDENT), style.with("36", &safe_line(part, 2000)));
                }
            }
        }
    }
    if let Some(link) = &check.link {
        let _ = writeln!(out.text, "{}{}", pad(INDENT), style.dim(link));
    }
}

/// One check: status, title, sentence, time; below it its facts.
fn line(out: &mut Page, check: &Check, style: Style) {
    let status = style.paint(check.status, &format!("{:<INDENT$}", check.status.word()));
    let time = style.dim(&format!("{:>8} ", time(check)));
    let title = format!("{:<TITLE$}{time}", check.title);
    let is_told = matches!(check.status, Status::Failed | Status::Warning);
    let mut said = if is_told { "see above".to_owned() } else { safe(&check.summary, 400) };
    if let Some(target) = &check.target {
        said = format!("{said}: {}", safe(target, TARGET));
    }
    out.wrapped(&format!("{status}{title}"), INDENT + NAME, &said);
    for fact in check.facts.iter().filter(|fact| is_shown(check, fact)) {
        let head = format!("{}{}", pad(INDENT), style.dim(&format!("{:<NAME$}", spaced(fact.name))));
        let source = fact.source.unwrap_or_default();
        let text = value_text(&fact.value);
        if is_pasted(fact) {
            let _ = writeln!(out.text, "{head}{text}");
        } else {
            out.wrapped_before(&head, INDENT + NAME, &text, source, style);
        }
    }
    grants(out, &check.grants, style);
}

/// How long it took; nothing for what was not done.
fn time(check: &Check) -> String {
    match (check.took.as_millis(), check.took.is_zero()) {
        (_, true) => String::new(),
        (0, false) => "<1 ms".into(),
        (took, false) => format!("{took} ms"),
    }
}

fn grants(out: &mut Page, grants: &[Grant], style: Style) {
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
        let head = format!("{}{word}{:<PERMISSION$}", pad(INDENT), grant.name);
        let text = format!("{}{}", grant.unlocks, safe(&how, 120));
        // The longest list of tools is as wide.
        let is_narrow = out.width < INDENT + 9 + PERMISSION + 44;
        let indent = if is_narrow { INDENT + 11 } else { INDENT + 9 + PERMISSION };
        out.wrapped_before(&head, indent, &text, &grant.tools.join(", "), style);
    }
    for (word, is_held) in [("helper", true), ("optional", false)] {
        let names: Vec<_> =
            grants
                .iter()
                .filter(|grant| !grant.work_iq && (grant.held != Held::Not) == is_held)
                .map(|grant| {
                    if is_held {
                        grant.name.to_owned()
                    } else {
                        format!("{} ({})", grant.name, grant.unlocks)
                    }
                })
                .collect();
        if !names.is_empty() {
            let word = style.dim(&format!("{word:<9}"));
            out.wrapped(&format!("{}{word}", pad(INDENT)), INDENT + 9, &names.join(", "));
        }
    }
}

/// A command among the facts, or JSON.
fn is_pasted(fact: &Fact) -> bool {
    matches!(fact.name, "forNames" | MATCHING)
}

/// The federated credential that a token would match, as the body of a request that adds it.
const MATCHING: &str = "matchingFederatedCredential";

/// What the sentence or the table says already is not shown again.
fn is_shown(check: &Check, fact: &Fact) -> bool {
    let technical = ["kind", "from", "readable", "path", "httpStatus", "aadsts"];
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
    if name == MATCHING {
        return "credential to match it".into();
    }
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

fn value_text(value: &Value) -> String {
    match value {
        Value::String(text) => safe(text, 300),
        Value::Bool(yes) => if *yes { "yes" } else { "no" }.to_owned(),
        Value::Array(list) => {
            let texts: Vec<_> =
                list.iter().map(|one| one.as_str().map_or_else(|| one.to_string(), str::to_owned)).collect();
            safe(&texts.join(", "), 300)
        }
        other => safe(&other.to_string(), 1200),
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

/// Lines, and how wide they are.
struct Page {
    text: String,
    width: usize,
}

impl Page {
    /// `text` after `head`, wrapped, each further line indented.
    fn wrapped(&mut self, head: &str, indent: usize, text: &str) {
        self.wrapped_before(head, indent, text, "", Style::Plain);
    }

    /// The same with `tail` after it, dim and in one piece.
    fn wrapped_before(&mut self, head: &str, indent: usize, text: &str, tail: &str, style: Style) {
        let lead = text.len() - text.trim_start().len();
        let out = &mut self.text;
        out.push_str(head);
        out.push_str(&pad(lead));
        let mut column = shown_width(head) + lead;
        let mut first = true;
        let words = text.split_whitespace().map(|word| (word, false));
        for (word, is_tail) in words.chain((!tail.is_empty()).then_some((tail, true))) {
            let gap = if is_tail { 2 } else { 1 };
            let width = shown_width(word);
            if !first && column + gap + width > self.width {
                let _ = write!(out, "\n{}", pad(indent));
                column = indent;
                first = true;
            }
            if !first {
                out.push_str(&pad(gap));
                column += gap;
            }
            if is_tail {
                out.push_str(&style.dim(word));
            } else {
                out.push_str(word);
            }
            column += width;
            first = false;
        }
        out.push('\n');
    }
}

/// How many characters of a word are seen: colours, which are ours, are not.
fn shown_width(word: &str) -> usize {
    let colours = word.split('\u{1b}').skip(1).map(|rest| rest.find('m').map_or(0, |end| end + 2));
    word.chars().count() - colours.sum::<usize>()
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
            WIDTH,
        );
        let expected = "workiq-auth doctor: something is wrong (1 failed, 1 ok, 2 skipped)\n\n\
                        failed   Sign-in\n         The secret is wrong\n         What to do\n         Make a new one:\n           \
                        az ad app credential reset\n\nAll checks\n\n\
                        ok       Mode                      app-only\n\
                        failed   Sign-in                   see above\n\
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
            WIDTH,
        );
        assert!(!shown.contains('\u{1b}') && !shown.contains('\u{7}'), "{shown:?}");
        assert!(!shown.contains("::") && !shown.contains("##["), "{shown}");
    }

    #[test]
    fn colour_is_only_where_it_is_wanted() {
        let report = report(vec![Check::new("mode", "Mode", Status::Ok, "app-only")]);
        assert!(!render(&report, Style::Plain, WIDTH).contains('\u{1b}'));
        assert!(render(&report, Style::Colour, WIDTH).contains("\u{1b}[32mok"));
        assert_eq!(["word", "\u{1b}[1;31mword\u{1b}[0m"].map(shown_width), [4, 4]);
    }

    #[test]
    fn every_check_that_was_made_says_how_long_it_took() {
        let mut check = Check::new("mode", "Mode", Status::Ok, "app-only");
        for (took, shown) in
            [(0, "Mode                      app-only"), (400, "<1 ms app-only"), (12_300, " 12 ms app-only")]
        {
            check.took = std::time::Duration::from_micros(took);
            let plain = render(&report(vec![check.clone()]), Style::Plain, WIDTH);
            assert!(plain.trim_end().ends_with(shown), "{plain}");
        }
        let colour = render(&report(vec![check]), Style::Colour, WIDTH);
        assert!(colour.contains("\u{1b}[2m   12 ms \u{1b}[0mapp-only"), "{colour:?}");
    }

    #[test]
    fn a_federated_credential_is_shown_to_be_pasted() {
        let value = serde_json::json!({"issuer": "https://issuer", "subject": "s", "audiences": ["a"]});
        let check =
            Check::new("credential", "Credential", Status::Ok, "x").fact(MATCHING, value, Privacy::Ids);
        let shown = render(&report(vec![check]), Style::Plain, WIDTH);
        let json = r#"credential to match it    {"issuer":"https://issuer","subject":"s","audiences":["a"]}"#;
        assert!(shown.contains(json), "{shown}");
    }

    #[test]
    fn lines_are_as_wide_as_the_terminal_within_bounds() {
        let words = || report(vec![Check::new("x", "X", Status::Failed, "word ".repeat(60))]);
        for (width, most) in [(0, NARROWEST), (72, 72), (100, WIDTH), (300, WIDTH)] {
            let shown = render(&words(), Style::Plain, width);
            let widest = shown.lines().map(|line| line.chars().count()).max().unwrap();
            assert!(widest <= most && widest > most - 6, "{width}: {shown}");
        }
    }

    #[test]
    fn long_texts_are_wrapped_and_commands_are_not() {
        let command = "x".repeat(150);
        let shown = render(
            &report(vec![
                Check::new("x", "X", Status::Failed, "word ".repeat(60)).step(Step::Command(command.clone())),
            ]),
            Style::Plain,
            WIDTH,
        );
        assert!(shown.contains(&command));
        assert!(
            shown.lines().filter(|line| !line.contains(&command)).all(|line| line.len() <= WIDTH),
            "{shown}"
        );
    }
}
