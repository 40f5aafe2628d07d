//! The options of a query: known ones only, and `$expand` only of what stays under the same object.

use percent_encoding::percent_decode_str;

/// Options that change how much of the same thing is shown, by name without the dollar, in lower case.
const HARMLESS: [&str; 19] = [
    "select",
    "filter",
    "top",
    "skip",
    "orderby",
    "count",
    "search",
    "format",
    "skiptoken",
    "deltatoken",
    "token",
    "startdatetime",
    "enddatetime",
    "changetype",
    "includehiddenfolders",
    "includehiddenmessages",
    "width",
    "height",
    "model",
];

/// The names that `query` expands.
///
/// # Errors
/// An option that is not known to stay where the path is.
pub(super) fn expanded(query: &str) -> Result<Vec<String>, String> {
    let mut names = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let decoded =
            |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
        let name = decoded(name).to_ascii_lowercase();
        match name.strip_prefix('$').unwrap_or(&name) {
            "expand" => names.extend(expansions(&decoded(value))?),
            known if HARMLESS.contains(&known) => {}
            _ => {
                return Err(format!(
                    "the query option \"{}\" is not known to stay in it",
                    crate::error::printable(&name, 60)
                ));
            }
        }
    }
    Ok(names)
}

/// `a,b($select=c)` as a and b. What expands further, or goes along a path, is refused.
fn expansions(value: &str) -> Result<Vec<String>, String> {
    let refused = || {
        Err(format!(
            "$expand={} is more than plain names with $select, $top, $filter or $orderby",
            crate::error::printable(value, 80)
        ))
    };
    let mut names = Vec::new();
    let mut rest = value;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
        let (name, mut behind) = rest.split_at(end);
        if name.is_empty() {
            return refused();
        }
        if let Some(inside) = behind.strip_prefix('(') {
            let Some((options, after)) = closed(inside) else { return refused() };
            let plain = options.split(';').all(|option| {
                let name = option.split('=').next().unwrap_or_default().trim().to_ascii_lowercase();
                ["select", "top", "filter", "orderby"].contains(&name.strip_prefix('$').unwrap_or(&name))
            });
            // A word in a text counts too: nobody needs it.
            if !plain || options.to_ascii_lowercase().contains("expand") {
                return refused();
            }
            behind = after;
        }
        names.push(name.to_ascii_lowercase());
        rest = match behind.strip_prefix(',') {
            Some(more) if !more.is_empty() => more,
            None if behind.is_empty() => "",
            _ => return refused(),
        };
    }
    if names.is_empty() { refused() } else { Ok(names) }
}

/// What is in front of the bracket that closes, and behind it.
fn closed(text: &str) -> Option<(&str, &str)> {
    let (mut depth, mut in_text) = (0_usize, false);
    for (at, c) in text.char_indices() {
        match c {
            '\'' => in_text = !in_text,
            '(' if !in_text => depth += 1,
            ')' if !in_text && depth == 0 => return Some((&text[..at], &text[at + 1..])),
            ')' if !in_text => depth -= 1,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_expansions_are_named_and_all_else_is_refused() {
        for (query, names) in [
            ("", &[][..]),
            ("$top=5&%24select=id&search=%22a%22", &[]),
            ("$expand=Attachments", &["attachments"]),
            ("%24EXPAND=fields($select=a,b),children", &["fields", "children"]),
            (
                "expand=singleValueExtendedProperties($filter=id eq 'String 0x37 (a)')",
                &["singlevalueextendedproperties"],
            ),
        ] {
            assert_eq!(expanded(query).unwrap(), names, "{query}");
        }
        for query in [
            "$expand=",
            "$expand=*",
            "$expand=a/b",
            "$expand=a/$ref",
            "$expand=a($expand=b)",
            "$expand=a($select=x;expand=b)",
            "$expand=a($levels=max)",
            "$expand=a(",
            "$expand=a,",
            "$expand=a b",
            "$expand=a%28$expand=b%29",
            "$apply=groupby((a))",
            "$id=x",
            "@p='x'",
            "meetingOrganizerUserId='x'",
            "$compute=a",
            "%2524expand=a",
            "$$top=1",
        ] {
            assert!(expanded(query).is_err(), "{query}");
        }
    }
}
