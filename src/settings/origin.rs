//! Origins: the only form in which this crate knows where a token may go.

use std::fmt;

use url::{Position, Url};

/// An https origin: host and, where it is not 443, port. Nothing else: no path, query, user or fragment.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Origin(Url);

impl Origin {
    /// Parses an origin as it is written in a setting; one slash at the end is allowed.
    ///
    /// # Errors
    /// What is wrong with it, to stand behind the value: "is not https".
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let url = https(text)?;
        if url.host_str().is_none_or(str::is_empty) {
            return Err("has no host");
        }
        if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
            return Err("has a path, query or fragment");
        }
        Ok(Self(url))
    }

    /// An origin that is known when this crate is built.
    pub(crate) fn known(host: &str) -> Self {
        // A host of the table in `cloud`, each of which a test parses.
        #[expect(
            clippy::expect_used,
            reason = "the argument is a constant, and a test goes through all of them"
        )]
        Self::parse(&format!("https://{host}")).expect("a host of the cloud table")
    }

    /// The host, without port.
    #[must_use]
    pub fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }

    /// Whether `url` lies under this origin: scheme, host and port are equal.
    #[must_use]
    pub fn contains(&self, url: &Url) -> bool {
        url.origin() == self.0.origin()
    }

    /// The URL of `path`, which begins with a slash, under this origin.
    #[must_use]
    pub fn join(&self, path: &str) -> String {
        format!("{self}{path}")
    }
}

/// An https URL that carries no user, for every setting that names one.
pub(super) fn https(text: &str) -> Result<Url, &'static str> {
    let url = Url::parse(text).map_err(|_| "is not a URL")?;
    if url.scheme() != "https" {
        return Err("is not https");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("carries a user name or password");
    }
    Ok(url)
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0[..Position::AfterPort])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_prints_without_slash_and_default_port() {
        assert_eq!(
            Origin::parse("https://graph.microsoft.com/").unwrap().to_string(),
            "https://graph.microsoft.com"
        );
        assert_eq!(Origin::parse("https://LOCALHOST:8443").unwrap().to_string(), "https://localhost:8443");
        assert_eq!(Origin::parse("https://a:443").unwrap().to_string(), "https://a");
    }

    #[test]
    fn whatever_is_not_a_bare_https_origin_is_refused() {
        for (text, why) in [
            ("http://localhost", "is not https"),
            ("login.microsoftonline.com", "is not a URL"),
            ("https://u:p@host", "carries a user name or password"),
            ("https://host/tenant", "has a path, query or fragment"),
            ("https://host?x", "has a path, query or fragment"),
            ("file:///etc/passwd", "is not https"),
        ] {
            assert_eq!(Origin::parse(text).unwrap_err(), why, "{text}");
        }
    }

    #[test]
    fn containment_is_of_scheme_host_and_port() {
        let origin = Origin::parse("https://graph.microsoft.com").unwrap();
        let contains = |u: &str| origin.contains(&Url::parse(u).unwrap());
        assert!(contains("https://graph.microsoft.com/v1.0/users"));
        for other in [
            "http://graph.microsoft.com/",
            "https://graph.microsoft.com:444/",
            "https://graph.microsoft.com.evil.example/",
        ] {
            assert!(!contains(other), "{other}");
        }
    }
}
