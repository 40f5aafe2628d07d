//! The one error type of this crate: what went wrong, and what to do next.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The kind of a failure: who refused, or where the way ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A setting is missing or wrong. Nothing was sent.
    #[default]
    Settings,
    /// The auth mode exists but cannot do what was asked.
    Mode,
    /// The certificate or its key cannot be used. Nothing was sent to Entra.
    Certificate,
    /// Another credential cannot be used, or cannot be had from whoever has it. Nothing was sent to Entra.
    Credential,
    /// Entra answered, with an OAuth error (RFC 6749, section 5.2).
    Server,
    /// Something answered, but not as a token endpoint does: HTML, plain text, no token.
    Response,
    /// No connection: name not found, refused, reset, or a proxy that would not let us through.
    Unreachable,
    /// The connection stands but TLS does not: an unknown CA, another host's certificate.
    Tls,
    /// A deadline passed.
    Timeout,
    /// The caller gave up.
    Canceled,
}

/// The parts of an [`AuthError`]; fill in what is known and convert.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ErrorParts {
    /// Who refused, or where the way ended.
    pub kind: ErrorKind,
    /// The OAuth `error`, or one of our own codes in the same style.
    pub code: Cow<'static, str>,
    /// What happened, in words. Never holds a secret.
    pub message: String,
    /// What to do next.
    pub hint: Option<String>,
    /// The number in an `AADSTS…` code.
    pub aadsts: Option<u32>,
    /// HTTP status of the answer.
    pub status: Option<u16>,
    /// Entra's `suberror`.
    pub suberror: Option<String>,
    /// Claims that a new request must carry (a Conditional Access challenge).
    pub claims: Option<String>,
    /// Entra's `correlation_id`, which its support asks for.
    pub correlation_id: Option<String>,
    /// Entra's `trace_id`.
    pub trace_id: Option<String>,
    /// Whether the same request may succeed later with nothing changed.
    pub retryable: bool,
    /// How long the server asked us to wait.
    pub retry_after: Option<Duration>,
}

/// Why sign-in failed, and what to do next. Cheap to clone: one failure is shared by all who waited for it.
#[derive(Clone, Serialize, Deserialize)]
#[serde(from = "ErrorParts", into = "ErrorParts")]
pub struct AuthError(Arc<ErrorParts>);

impl AuthError {
    /// An error of ours with a code and a message, and nothing else known.
    #[must_use]
    pub fn new(kind: ErrorKind, code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        ErrorParts { kind, code: code.into(), message: message.into(), ..ErrorParts::default() }.into()
    }

    /// The same error with `hint` as what to do next.
    #[must_use]
    pub fn with_hint(self, hint: impl Into<String>) -> Self {
        let mut parts = (*self.0).clone();
        parts.hint = Some(hint.into());
        parts.into()
    }

    /// Everything that is known.
    #[must_use]
    pub fn parts(&self) -> &ErrorParts {
        &self.0
    }

    /// Who refused, or where the way ended.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The OAuth `error`, or one of our own codes.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.0.code
    }

    /// What happened, in words.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// What to do next.
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }

    /// Whether the same request would be refused again until a person mends something: a wrong credential, an unknown
    /// application or tenant.
    #[must_use]
    pub fn is_lasting(&self) -> bool {
        /// The tenant is not there, or not one: AADSTS codes that come as `invalid_request`.
        const TENANT: [u32; 3] = [90_002, 900_023, 700_011];
        self.0.kind == ErrorKind::Server
            && !self.0.retryable
            && (matches!(self.code(), "invalid_client" | "unauthorized_client")
                || self.0.aadsts.is_some_and(|code| TENANT.contains(&code)))
    }

    /// The error as it is shown to a person: message, hint, ids for support. At most a dozen lines, except where
    /// more settings than that are wrong.
    #[must_use]
    pub fn report(&self) -> String {
        let parts = self.parts();
        let mut lines = vec![parts.message.clone()];
        if let Some(hint) = &parts.hint {
            lines.push(format!("What to do: {hint}"));
        }
        let mut facts = vec![format!("code {}", parts.code)];
        facts.extend(parts.suberror.as_ref().map(|s| format!("suberror {s}")));
        facts.extend(parts.status.map(|s| format!("HTTP {s}")));
        facts.extend(parts.correlation_id.as_ref().map(|id| format!("correlation id {id}")));
        facts.extend(parts.trace_id.as_ref().map(|id| format!("trace id {id}")));
        if facts.len() > 1 {
            lines.push(format!("({})", facts.join(", ")));
        }
        lines.join("\n")
    }
}

impl From<ErrorParts> for AuthError {
    fn from(parts: ErrorParts) -> Self {
        Self(Arc::new(parts))
    }
}

impl From<AuthError> for ErrorParts {
    fn from(error: AuthError) -> Self {
        Arc::unwrap_or_clone(error.0)
    }
}

impl fmt::Display for AuthError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl fmt::Debug for AuthError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for AuthError {}

/// Makes text from outside fit to print: every run of white space and control characters becomes one space, and
/// what is longer than `limit` characters is cut there, visibly, by one more character.
#[must_use]
pub fn printable(text: &str, limit: usize) -> String {
    let mut out = String::with_capacity(text.len().min(limit));
    let mut count = 0;
    let mut gap = false;
    for c in text.chars() {
        if c.is_whitespace() || c.is_control() || is_invisible(c) {
            gap = !out.is_empty();
            continue;
        }
        let needed = 1 + usize::from(gap);
        if count + needed > limit {
            out.push('…');
            break;
        }
        if gap {
            out.push(' ');
            gap = false;
        }
        out.push(c);
        count += needed;
    }
    out
}

/// Characters that show nothing and can hide or reorder what is shown: zero-width, bidirectional controls, tags.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_report_says_what_to_do_and_gives_the_ids() {
        let error = AuthError::from(ErrorParts {
            kind: ErrorKind::Server,
            code: "invalid_client".into(),
            message: "AADSTS7000215: Invalid client secret provided.".into(),
            hint: Some("Store the secret's value, not its id.".into()),
            status: Some(401),
            correlation_id: Some("c".into()),
            ..ErrorParts::default()
        });
        assert_eq!(
            error.report(),
            "AADSTS7000215: Invalid client secret provided.\nWhat to do: Store the secret's value, not its id.\n\
             (code invalid_client, HTTP 401, correlation id c)"
        );
    }

    #[test]
    fn printable_text_has_no_controls_and_an_end() {
        assert_eq!(printable("  a\r\n\tb\u{1b}[31mc\u{202e} ", 100), "a b [31mc");
        assert_eq!(printable("abcdef", 3), "abc…");
        assert_eq!(printable("abc def", 4), "abc…");
        assert_eq!(printable("abc \n", 3), "abc");
        assert_eq!(printable("a\u{61c}b", 9), "a b");
    }

    proptest! {
        #[test]
        fn whatever_comes_in_one_short_line_comes_out(
            text in prop_oneof!["[ -~]{0,60}", ".{0,60}", "(?s)[\\s\\PC\\pC]{0,60}", "([a-c]|\\pZ|\\pC){0,60}"],
            limit in 0_usize..40,
        ) {
            let line = printable(&text, limit);
            prop_assert!(line.chars().all(|c| c == ' ' || !(c.is_control() || c.is_whitespace() || is_invisible(c))));
            prop_assert_eq!(line.trim(), &line);
            prop_assert!(!line.contains("  ") && line.chars().count() <= limit + 1, "{line:?}");
            prop_assert_eq!(printable(&line, limit), line.as_str(), "twice is once");
            // Nothing that shows is lost or added, but by the cut.
            let shown = |text: &str| text.split(|c: char| c.is_whitespace() || c.is_control() || is_invisible(c)).collect::<String>();
            if shown(&line) != shown(&text) {
                let kept = shown(line.strip_suffix('…').unwrap());
                prop_assert!(shown(&text).starts_with(&kept), "{line:?}");
            }
        }
    }
}
