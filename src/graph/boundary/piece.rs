//! The segments of a path as Graph reads them: a name, with what stands in brackets behind it. What could be read in two
//! ways is not read at all.

use percent_encoding::percent_decode_str;

/// One segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    /// As written, decoded once.
    pub(super) text: String,
    /// The name in front of brackets, in lower case and without its namespace.
    pub(super) name: String,
    /// What stands in brackets.
    pub(super) brackets: Brackets,
}

/// What stands in brackets behind a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Brackets {
    /// There are none.
    None,
    /// A key: `('x')`.
    Key(String),
    /// Arguments by name, in lower case; none of them for `()`.
    Named(Vec<(String, String)>),
}

impl Piece {
    /// A part of a file's path in a drive, in which only a colon means something.
    pub(super) fn is_file_path_end(&self) -> bool {
        self.text.ends_with(':')
    }

    /// The segment as a key by itself: `/users/ada`.
    pub(super) fn as_key(&self) -> Option<&str> {
        (self.brackets == Brackets::None).then_some(self.text.as_str())
    }

    /// The key in its brackets: `('x')`, `(id='x')`, or by another of `keys`.
    pub(super) fn key_in_brackets(&self, keys: &[&str]) -> Option<&str> {
        match &self.brackets {
            Brackets::Key(key) => Some(key),
            Brackets::Named(named) => match &named[..] {
                [(name, key)] if keys.contains(&name.as_str()) => Some(key),
                _ => None,
            },
            Brackets::None => None,
        }
    }

    /// Its last character taken away, where that is the colon in front of a file's path.
    pub(super) fn without_colon(&self) -> Option<Self> {
        let text = self.text.strip_suffix(':')?;
        read(text).ok()
    }
}

/// The segments of `own`, a path without its query.
///
/// # Errors
/// What cannot be read in one way only.
pub(super) fn pieces(own: &str) -> Result<Vec<Piece>, String> {
    let mut pieces = Vec::new();
    let mut in_file_path = false;
    for segment in own.split('/').filter(|segment| !segment.is_empty()) {
        let text = percent_decode_str(segment).decode_utf8_lossy().into_owned();
        let ends = text.ends_with(':');
        if in_file_path {
            if text.trim_end_matches(':').contains(':') || text.ends_with("::") {
                return Err("a file's path has a colon in it".into());
            }
            pieces.push(Piece { text, name: String::new(), brackets: Brackets::None });
            in_file_path = !ends;
            continue;
        }
        if ends {
            in_file_path = true;
            pieces.push(Piece { text, name: String::new(), brackets: Brackets::None });
            continue;
        }
        pieces.push(read(&text)?);
    }
    Ok(pieces)
}

fn read(text: &str) -> Result<Piece, String> {
    let refused = |what: &str| Err(format!("the segment \"{}\" {what}", crate::error::printable(text, 80)));
    if text.contains('%') {
        return refused("is encoded twice");
    }
    if text.contains(';') || text.trim() != text || text.ends_with('.') {
        return refused("has a parameter, or a space or full stop at its end");
    }
    let Some(open) = text.find('(') else {
        return Ok(Piece { text: text.to_owned(), name: bare(text), brackets: Brackets::None });
    };
    let (name, inside) = (&text[..open], text[open + 1..].strip_suffix(')'));
    let is_name =
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.' || b == b'_');
    let brackets = inside.filter(|_| is_name).and_then(arguments);
    match brackets {
        Some(brackets) => Ok(Piece { text: text.to_owned(), name: bare(name), brackets }),
        None => refused("has brackets that are neither a key nor arguments by name"),
    }
}

/// In lower case, without the namespace that Graph's names may have.
fn bare(name: &str) -> String {
    let lower = name.to_ascii_lowercase();
    let bare = ["microsoft.graph.", "graph."].into_iter().find_map(|namespace| lower.strip_prefix(namespace));
    bare.map(str::to_owned).unwrap_or(lower)
}

fn arguments(inside: &str) -> Option<Brackets> {
    if inside.is_empty() {
        return Some(Brackets::Named(Vec::new()));
    }
    if inside.starts_with('\'') {
        let (key, rest) = quoted(inside)?;
        return rest.is_empty().then_some(Brackets::Key(key));
    }
    let mut named: Vec<(String, String)> = Vec::new();
    let mut rest = inside;
    loop {
        let (name, behind) = rest.split_once('=')?;
        let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        let name = name.to_ascii_lowercase();
        if !is_name || named.iter().any(|(other, _)| *other == name) {
            return None;
        }
        let (value, behind) = if behind.starts_with('\'') {
            quoted(behind)?
        } else {
            let (value, behind) = behind.find(',').map_or((behind, ""), |at| behind.split_at(at));
            // What begins with @ stands for a value in the query.
            let plain = !value.is_empty()
                && value.bytes().all(|b| b.is_ascii_alphanumeric() || b"-:.+_".contains(&b));
            (plain.then(|| value.to_owned())?, behind)
        };
        named.push((name, value));
        match behind.strip_prefix(',') {
            Some(more) => rest = more,
            None => return behind.is_empty().then_some(Brackets::Named(named)),
        }
    }
}

/// A text in single quotes, in which a doubled one is part of it, and what follows.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut rest = text.strip_prefix('\'')?;
    loop {
        let (part, behind) = rest.split_once('\'')?;
        value.push_str(part);
        match behind.strip_prefix('\'') {
            Some(more) => {
                value.push('\'');
                rest = more;
            }
            None => return Some((value, behind)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_arguments_are_read() {
        let one = |text: &str| pieces(text).unwrap().pop().unwrap();
        assert_eq!(one("/Users('o''neil@x.y')").key_in_brackets(&["id"]), Some("o'neil@x.y"));
        assert_eq!(one("/users%28ID='a'%29").key_in_brackets(&["id"]), Some("a"));
        assert_eq!(one("/users(mail='a')").key_in_brackets(&["id"]), None);
        assert_eq!(one("/users(id='a',id2='b')").key_in_brackets(&["id"]), None);
        let call = one("/microsoft.graph.getAll(a='x,y',b=2026-01-01T00:00:00Z)");
        assert_eq!(call.name, "getall");
        let expected = [("a", "x,y"), ("b", "2026-01-01T00:00:00Z")];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(call.brackets, Brackets::Named(expected.to_vec()));
        assert_eq!(one("/search()").brackets, Brackets::Named(vec![]));
    }

    #[test]
    fn a_files_path_is_kept_apart() {
        let found = pieces("/drives/d/root:/a (1)/100%25;b.:/content").unwrap();
        let texts: Vec<_> = found.iter().map(|piece| piece.text.as_str()).collect();
        assert_eq!(texts, ["drives", "d", "root:", "a (1)", "100%;b.:", "content"]);
        assert!(pieces("/drives/d/root:/a:b/c").is_err());
    }

    #[test]
    fn what_can_be_read_in_two_ways_is_refused() {
        for path in [
            "/users/a%2541",
            "/users/a;b",
            "/users/a%20",
            "/users/a.",
            "/users('a')('b')",
            "/users('a'b",
            "/users(a)",
            "/users(@p)",
            "/users(id=@p)",
            "/users(id='a',id='b')",
            "/users('a'",
            "/('a')",
            "/users('a')x",
            "/users( 'a' )",
        ] {
            assert!(pieces(path).is_err(), "{path}");
        }
    }
}
