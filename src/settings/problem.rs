//! What is wrong with a setting, said so that it can be mended at once.

use std::fmt;

use crate::error::{AuthError, ErrorKind, printable};
use crate::page::page;
use crate::secret::resembles_secret;

/// One setting that is missing or wrong: which, what is wrong with it, and what it should look like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    name: String,
    wrong: String,
    expected: String,
    is_missing: bool,
}

/// The page that says where each setting comes from.
pub(crate) const GETTING_STARTED: &str = page!("docs/getting-started.md");

impl Problem {
    /// A setting that is needed and not there. `name` names every place where it could be.
    #[must_use]
    pub fn missing(name: impl Into<String>, expected: impl Into<String>) -> Self {
        Self { is_missing: true, ..Self::hidden(name, "is missing", expected) }
    }

    /// A setting whose `value` is wrong. The value is shown, unless it looks like a secret that strayed there.
    #[must_use]
    pub fn wrong(name: impl Into<String>, value: &str, wrong: &str, expected: impl Into<String>) -> Self {
        if resembles_secret(value) {
            let wrong = format!("holds something that looks like a secret and is not shown; it {wrong}");
            return Self::hidden(name, wrong, expected);
        }
        Self {
            name: name.into(),
            wrong: format!(
                "\"{}\" {wrong}",
                value.escape_debug().collect::<String>().chars().take(120).collect::<String>()
            ),
            expected: expected.into(),
            is_missing: false,
        }
    }

    /// A setting that is wrong, its value not shown.
    #[must_use]
    pub fn hidden(name: impl Into<String>, wrong: impl Into<String>, expected: impl Into<String>) -> Self {
        Self { name: name.into(), wrong: wrong.into(), expected: expected.into(), is_missing: false }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; expected {}", self.name, printable(&self.wrong, 400), self.expected)
    }
}

impl From<Problem> for AuthError {
    fn from(problem: Problem) -> Self {
        into_error(&[problem])
    }
}

/// All problems in one error, so that they are mended in one go. Where something is missing, the hint leads to the page
/// that says where each setting comes from.
#[must_use]
pub fn into_error(problems: &[Problem]) -> AuthError {
    let message = match problems {
        [one] => format!("A setting is missing or wrong:\n  - {one}"),
        many => {
            let lines: Vec<_> = many.iter().map(|p| format!("\n  - {p}")).collect();
            format!("{} settings are missing or wrong:{}", many.len(), lines.concat())
        }
    };
    let error = AuthError::new(ErrorKind::Settings, "invalid_settings", message);
    if problems.iter().any(|problem| problem.is_missing) {
        error.with_hint(format!("Set what is missing. Step by step: {GETTING_STARTED}"))
    } else {
        error
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_problems_are_told_at_once() {
        let error = into_error(&[
            Problem::missing("A", "x"),
            Problem::wrong("B", "q", "is odd", "y"),
            Problem::hidden("C", "ends with a line break", "z"),
        ]);
        assert_eq!(
            error.message(),
            "3 settings are missing or wrong:\n  - A: is missing; expected x\n  - B: \"q\" is odd; expected y\n  \
             - C: ends with a line break; expected z"
        );
        assert!(error.hint().unwrap().ends_with("/docs/getting-started.md"), "{error:?}");
        assert_eq!(into_error(&[Problem::hidden("C", "is odd", "z")]).hint(), None);
    }
}
