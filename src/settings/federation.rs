//! Federation: tokens of another identity provider in place of a secret.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use url::Url;
use uuid::Uuid;

use crate::secret::Secret;

/// A federated token: who hands it out, and for which audience.
#[derive(Clone, Debug)]
pub struct FederatedSetting {
    /// Who hands it out.
    pub source: FederatedSource,
    /// The audience that the authority takes.
    pub audience: Audience,
}

/// Who hands out federated tokens.
#[derive(Clone, Debug)]
pub enum FederatedSource {
    /// The runner of a GitHub Actions job.
    GitHub(GitHubSetting),
    /// A service connection of Azure Pipelines.
    Pipelines(PipelinesSetting),
    /// A file, which someone else renews.
    File(PathBuf),
    /// The caller.
    Callback(Arc<dyn AssertionCallback>),
}

/// Where a GitHub Actions job gets its id tokens.
#[derive(Clone, Debug)]
pub struct GitHubSetting {
    /// `ACTIONS_ID_TOKEN_REQUEST_URL`.
    pub endpoint: OidcEndpoint,
    /// `ACTIONS_ID_TOKEN_REQUEST_TOKEN`.
    pub token: Secret,
}

/// Where a job of Azure Pipelines gets its id tokens.
#[derive(Clone, Debug)]
pub struct PipelinesSetting {
    /// `SYSTEM_OIDCREQUESTURI`.
    pub endpoint: OidcEndpoint,
    /// `SYSTEM_ACCESSTOKEN`.
    pub token: Secret,
    /// `AZURESUBSCRIPTION_SERVICE_CONNECTION_ID`.
    pub connection: Uuid,
}

/// Where a CI system hands out id tokens: https, and perhaps a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OidcEndpoint(Url);

impl OidcEndpoint {
    /// What it looks like, for messages.
    pub const EXPECTED: &str = "the https URL that the CI system sets";

    /// Parses the URL in a CI system's variable.
    ///
    /// # Errors
    /// What is wrong with it. Over anything but https the job's own token would be read on the way.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let url = super::origin::https(text)?;
        if url.fragment().is_some() {
            return Err("has a fragment");
        }
        Ok(Self(url))
    }

    /// The URL.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Its host, for messages.
    #[must_use]
    pub fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }
}

/// The audience of a federated token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audience {
    text: String,
    explicit: bool,
}

impl Audience {
    /// What one looks like, for messages.
    pub const EXPECTED: &str = "the audience of the federated credential, such as api://contoso-exchange";

    /// The audience as a setting names it.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        if text.len() > 600 || !text.bytes().all(|b| b.is_ascii_graphic()) {
            return Err("is not an audience");
        }
        Ok(Self { text: text.to_owned(), explicit: true })
    }

    /// The audience that a cloud's authority takes, where no setting names another.
    #[must_use]
    pub fn of(cloud: super::cloud::Cloud) -> Self {
        Self { text: cloud.exchange_audience().to_owned(), explicit: false }
    }

    /// The audience itself.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether a setting named it.
    #[must_use]
    pub fn is_explicit(&self) -> bool {
        self.explicit
    }
}

/// A function of the caller's that brings a federated token.
pub trait AssertionCallback: Send + Sync {
    /// A fresh token, or in words why there is none. Asked only when a request is really sent, and anew for each.
    fn assertion(&self) -> BoxFuture<'static, Result<Secret, String>>;
}

impl fmt::Debug for dyn AssertionCallback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AssertionCallback")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_https_with_perhaps_a_query() {
        for good in ["https://pipelines.actions.example/x?api-version=2.0", "https://vstoken.dev.azure.com/x"]
        {
            assert_eq!(OidcEndpoint::parse(good).unwrap().as_str(), good);
        }
        for (bad, why) in [
            ("http://localhost:1/x", "is not https"),
            ("file:///etc/passwd", "is not https"),
            ("vstoken", "is not a URL"),
            ("https://u:p@host/", "carries a user name or password"),
            ("https://host/#x", "has a fragment"),
        ] {
            assert_eq!(OidcEndpoint::parse(bad).unwrap_err(), why, "{bad}");
        }
    }

    #[test]
    fn an_audience_is_a_word() {
        assert!(Audience::parse("api://contoso").unwrap().is_explicit());
        assert!(!Audience::of(super::super::cloud::Cloud::China).is_explicit());
        for bad in ["a b", "a\nb", "ä"] {
            assert!(Audience::parse(bad).is_err(), "{bad}");
        }
    }
}
