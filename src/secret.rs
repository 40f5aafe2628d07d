//! What must never be printed.

use std::borrow::Cow;
use std::fmt;

use zeroize::Zeroizing;

/// Text that is never printed and is wiped from memory when dropped.
///
/// `Debug` shows `****`; there is no `Display`. [`Secret::expose`] is the only way to the text, so a search for
/// that word finds every place where a secret leaves its wrapping.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Wraps `text`.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The text itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether the text has the shape of a GUID. An Entra client secret never has, but the *id* of one does, and
    /// the portal shows both side by side.
    #[must_use]
    pub fn looks_like_guid(&self) -> bool {
        self.0.len() == 36 && uuid::Uuid::try_parse(&self.0).is_ok()
    }
}

/// Whether `text` looks like something secret that was put into a setting that is shown: a key or certificate in PEM or
/// base64, a JWT, a client secret of Entra's, a URL with a password. A wrong guess hides a value that its owner can look
/// up; a missed one shows a secret.
#[must_use]
pub fn resembles_secret(text: &str) -> bool {
    /// No setting that is shown is that long a word; a key's base64 is longer.
    const LONG: usize = 200;
    let entra = text.find("Q~").is_some_and(|at| (1..=8).contains(&at)) && text.len() >= 30;
    let word = text.split(char::is_whitespace).any(|word| {
        word.len() > LONG && word.bytes().all(|b| b.is_ascii_alphanumeric() || b"+/=-_\\".contains(&b))
    });
    let password = text
        .split_once("://")
        .and_then(|(_, rest)| rest.split('/').next())
        .is_some_and(|authority| authority.contains('@'));
    text.contains("-----BEGIN")
        || text.contains("PRIVATE KEY")
        || text.starts_with("eyJ")
        || entra
        || word
        || password
}

/// `bytes` with each of `secrets` in it replaced, for what a stranger repeats of what was sent to it.
#[must_use]
pub fn hide<'a>(bytes: &'a [u8], secrets: &[&[u8]]) -> Cow<'a, [u8]> {
    let mut shown = Cow::Borrowed(bytes);
    for secret in secrets.iter().filter(|secret| secret.len() > 3) {
        while let Some(at) = shown.windows(secret.len()).position(|part| part == *secret) {
            shown.to_mut().splice(at..at + secret.len(), *b"***");
        }
    }
    shown
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("****")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_nothing_of_the_text() {
        assert_eq!(format!("{:?}", Secret::new("hunter2")), "****");
    }

    #[test]
    fn a_guid_is_recognised_and_a_real_secret_is_not() {
        assert!(Secret::new("8d1f3c52-0f6e-4f3f-9c1a-2f6f1f0a4c11").looks_like_guid());
        assert!(!Secret::new("abc8Q~0123456789abcdefghijklmnopqrstuvw1").looks_like_guid());
    }

    #[test]
    fn what_looks_secret_is_told_from_what_people_put_there() {
        let key = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC".repeat(10);
        let escaped = format!("-----BEGIN PRIVATE KEY-----\\n{key}");
        for secret in [
            "abc8Q~0123456789abcdefghijklmnopqrstuvw1",
            &key,
            &escaped,
            "eyJhbGciOi",
            "https://a:b@host",
            "http://t@h/x",
        ] {
            assert!(resembles_secret(secret), "{secret}");
        }
        for usual in [
            "contoso.onmicrosoft.com",
            "11111111-2222-4333-8444-555555555555",
            "ada@contoso.com",
            "/etc/ssl/private/a very long folder/client.pem",
            "https://login.example.com/a@b",
            "apponly",
        ] {
            assert!(!resembles_secret(usual), "{usual}");
        }
    }

    #[test]
    fn what_is_repeated_is_replaced_everywhere() {
        let secrets: [&[u8]; 3] = [b"hush", b"hu%73h", b""];
        assert_eq!(*hide(b"hush a=hush&b=hu%73h", &secrets), *b"*** a=***&b=***");
        assert!(matches!(hide(b"nothing", &secrets), Cow::Borrowed(_)));
    }
}
