//! What the pages for readers say of a code. It is the same for everybody, so everybody may read it.

use std::fmt::Write as _;

use crate::page::page;

/// `docs/errors.md`.
const ERRORS: &str = include_str!("../../docs/errors.md");

/// `docs/refusals.md`.
const REFUSALS: &str = include_str!("../../docs/refusals.md");

/// Where readers find them; the package has no pages in it.
const PAGES: &str = page!("docs");

/// Where readers find the former.
const ERRORS_AT: &str = page!("docs/errors.md");

/// A row about a code.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Row {
    /// What it means.
    pub(super) meaning: String,
    /// What to do; may be empty.
    pub(super) todo: String,
}

/// What the pages say of `code`: a kind of refusal, an error of ours or of OAuth, or `AADSTS…`.
pub(super) fn row(code: &str) -> Option<Row> {
    // The columns of the meaning and of what to do.
    let (page, meaning, todo) =
        if rows(REFUSALS).any(|cells| is_of(&cells, code)) { (REFUSALS, 2, 3) } else { (ERRORS, 1, 2) };
    let mut found = Row::default();
    for cells in rows(page) {
        // A row may say that it is like the one above.
        let take = |known: &mut String, at: usize| {
            let text = cells.get(at).map(|cell| plain(cell)).unwrap_or_default();
            if text != "The same." {
                *known = text;
            }
        };
        take(&mut found.meaning, meaning);
        take(&mut found.todo, todo);
        if is_of(&cells, code) {
            return Some(found);
        }
    }
    None
}

/// Where to read on about an error: by the number of its `AADSTS` code, or else by its own code.
pub(super) fn link(code: &str, aadsts: Option<u32>) -> Option<String> {
    if let Some(number) = aadsts {
        let anchor = format!("aadsts{number}");
        return Some(if ERRORS.contains(&format!("<a id=\"{anchor}\">")) {
            format!("{ERRORS_AT}#{anchor}")
        } else {
            format!("https://login.microsoftonline.com/error?code={number}")
        });
    }
    let mut section = "";
    for line in ERRORS.lines() {
        if let Some(heading) = line.strip_prefix("## ") {
            section = heading;
        } else if cells_of(line).is_some_and(|cells| is_of(&cells, code)) {
            let anchor = section.to_lowercase().replace(' ', "-");
            return Some(format!("{ERRORS_AT}#{anchor}"));
        }
    }
    None
}

fn rows(page: &str) -> impl Iterator<Item = Vec<&str>> {
    page.lines().filter_map(cells_of)
}

fn cells_of(line: &str) -> Option<Vec<&str>> {
    Some(line.strip_prefix("| ")?.trim_end_matches('|').trim_end().split(" | ").collect())
}

/// Whether a row is about `code`, perhaps among others.
fn is_of(cells: &[&str], code: &str) -> bool {
    cells.first().is_some_and(|cell| plain(cell).split(", ").any(|one| one == code))
}

/// Markdown as text: no anchors, no code spans, of a link its words.
fn plain(cell: &str) -> String {
    let mut out = String::new();
    let mut rest = cell;
    while let Some(start) = rest.find("<a id=") {
        out.push_str(&rest[..start]);
        rest = rest[start..].split_once("</a>").map_or("", |(_, after)| after);
    }
    out.push_str(rest);
    let text = out.replace('`', "");
    let mut out = String::new();
    let mut rest = text.as_str();
    while let Some((before, words, target, after)) = rest.split_once('[').and_then(|(before, link)| {
        let (words, after) = link.split_once("](")?;
        let (target, after) = after.split_once(')')?;
        Some((before, words, target, after))
    }) {
        out.push_str(before);
        // Another page is not beside this text; a section of this one goes by its name.
        if target.contains(".md") && !target.contains("://") {
            let _ = write!(out, "{PAGES}/{target}");
        } else {
            out.push_str(words);
        }
        rest = after;
    }
    out.push_str(rest);
    out.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_both_pages_is_found_and_is_plain_text() {
        let mut count = 0;
        for page in [ERRORS, REFUSALS] {
            for cells in rows(page).filter(|cells| cells.len() > 1) {
                let codes = plain(cells[0]);
                let is_code = |text: &str| text.contains('_') || text.starts_with("AADSTS");
                for code in codes.split(", ").filter(|one| is_code(one) && !one.starts_with("WORKIQ_")) {
                    let row = row(code).unwrap();
                    assert!(!row.meaning.is_empty() && row.meaning != "The same.", "{code}: {row:?}");
                    for text in [&row.meaning, &row.todo] {
                        assert!(
                            !text.contains('`') && !text.contains("](") && !text.contains("<a "),
                            "{text}"
                        );
                    }
                    count += 1;
                }
            }
        }
        assert!(count > 120, "{count}");
        assert!(ERRORS_AT.starts_with(PAGES));
        assert!(row("meeting_policy").unwrap().todo.contains(&format!("{PAGES}/permissions.md")));
        assert_eq!(row("no_such_code"), None);
        assert_eq!(row("certificate_missing").unwrap().todo, "cat key.pem cert.pem > client.pem");
    }

    #[test]
    fn a_code_leads_to_its_place_on_the_page() {
        let at = |code, aadsts| link(code, aadsts).unwrap();
        assert_eq!(at("invalid_client", Some(7_000_215)), format!("{ERRORS_AT}#aadsts7000215"));
        assert_eq!(at("x", Some(1_234_567)), "https://login.microsoftonline.com/error?code=1234567");
        assert_eq!(at("network_error", None), format!("{ERRORS_AT}#errors-of-workiq-auth"));
        assert_eq!(at("invalid_grant", None), format!("{ERRORS_AT}#oauth-errors"));
        assert_eq!(link("no_such_code", None), None);
    }
}
