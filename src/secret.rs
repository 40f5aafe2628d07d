//! What must never be printed.

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
}
