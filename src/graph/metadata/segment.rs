//! One segment of a path: a name, or a key, or a name with arguments in brackets.

use std::borrow::Cow;

/// A segment, decoded.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Segment<'a> {
    /// As it stands there: what it is where it is a key.
    pub(super) whole: &'a str,
    /// What stands before the brackets, or all of it.
    pub(super) name: &'a str,
    /// What stands between the brackets, where there are any.
    pub(super) arguments: Option<Vec<Argument<'a>>>,
}

/// `name=value`, or a value alone.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Argument<'a> {
    pub(super) name: Option<&'a str>,
    /// Without quotes, and with doubled quotes as one.
    pub(super) value: Cow<'a, str>,
}

impl<'a> Segment<'a> {
    /// Brackets count where a name stands before them and what is in them can be read; else they belong to a key.
    pub(super) fn read(whole: &'a str) -> Self {
        let plain = Self { whole, name: whole, arguments: None };
        let Some((name, rest)) = whole.split_once('(') else { return plain };
        let Some(inner) = rest.strip_suffix(')') else { return plain };
        if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.$".contains(&b)) {
            return plain;
        }
        match arguments(inner) {
            Some(arguments) => Self { whole, name, arguments: Some(arguments) },
            None => plain,
        }
    }
}

/// `a='x',b=2`, in the way `OData` writes it (part 2, section 4.3.1). None where it is anything else.
fn arguments(mut text: &str) -> Option<Vec<Argument<'_>>> {
    let mut found = Vec::new();
    if text.trim().is_empty() {
        return Some(found);
    }
    loop {
        text = text.trim_start();
        let end = text.find(['=', '\'', ',']).unwrap_or(text.len());
        let name = match text[end..].strip_prefix('=') {
            Some(rest) => {
                let name = text[..end].trim();
                if name.is_empty() {
                    return None;
                }
                text = rest.trim_start();
                Some(name)
            }
            None => None,
        };
        let (value, rest) = if let Some(quoted) = text.strip_prefix('\'') {
            unquote(quoted)?
        } else {
            let end = text.find(',').unwrap_or(text.len());
            let value = text[..end].trim();
            if value.is_empty() || value.contains(['\'', '(', ')']) {
                return None;
            }
            (Cow::Borrowed(value), &text[end..])
        };
        found.push(Argument { name, value });
        text = rest.trim_start();
        if text.is_empty() {
            return Some(found);
        }
        text = text.strip_prefix(',')?;
    }
}

/// The text up to its closing quote, and what comes after that.
fn unquote(text: &str) -> Option<(Cow<'_, str>, &str)> {
    let mut at = 0;
    loop {
        let quote = at + text[at..].find('\'')?;
        let after = &text[quote + 1..];
        if !after.starts_with('\'') {
            let inner = &text[..quote];
            let inner = if inner.contains('\'') { inner.replace("''", "'").into() } else { inner.into() };
            return Some((inner, after));
        }
        at = quote + 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_calls_are_told_apart_from_names() {
        let read = |text: &'static str| {
            let segment = Segment::read(text);
            let shown = |a: Argument<'_>| format!("{}={}", a.name.unwrap_or_default(), a.value);
            (
                segment.name,
                segment.arguments.map(|all| all.into_iter().map(shown).collect::<Vec<_>>().join("|")),
            )
        };
        let with = |text: &str| Some(text.to_owned());
        assert_eq!(read("messages"), ("messages", None));
        assert_eq!(read("delta()"), ("delta", with("")));
        assert_eq!(read("users('o''neil@x')"), ("users", with("=o'neil@x")));
        assert_eq!(read("users(id='a,b=c')"), ("users", with("id=a,b=c")));
        assert_eq!(read("f(a='x', b=2020-01-01T00:00:00Z)"), ("f", with("a=x|b=2020-01-01T00:00:00Z")));
        assert_eq!(read("f(a={value},b=@p)"), ("f", with("a={value}|b=@p")));
        for key in [
            "a (1).txt",
            "(x)",
            "x(",
            "x)",
            "f('a)",
            "f(a='x'b)",
            "f(a=)",
            "f(=1)",
            "f(a,)",
            "é(1)",
            "f((1))",
        ] {
            assert_eq!(read(key), (key, None), "{key}");
        }
    }
}
