//! Who we are: one source a file, and the credential that hands out tokens.

#[allow(dead_code, reason = "selected with the next changes")]
mod access_token;
#[allow(dead_code, reason = "selected with the next changes")]
mod apart;
#[allow(dead_code, reason = "selected with the next changes")]
mod azure_cli;
#[allow(dead_code, reason = "selected with the next changes")]
mod azure_http;
#[allow(dead_code, reason = "selected with the next changes")]
mod callback;
pub mod certificate;
mod certificate_source;
#[allow(dead_code, reason = "selected with the next changes")]
mod ci;
#[allow(dead_code, reason = "selected with the next changes")]
mod federated_source;
#[allow(dead_code, reason = "selected with the next changes")]
mod github;
#[allow(dead_code, reason = "the sources that read tokens come with the next changes")]
mod jwt;
#[allow(dead_code, reason = "selected with the next changes")]
mod managed_identity;
#[allow(dead_code, reason = "selected with the next changes")]
mod pipelines;
mod secret_source;
mod source;
#[allow(dead_code, reason = "selected with the next changes")]
mod token_file;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use futures_util::FutureExt;
use tokio::time::Instant;

use crate::cache::TokenCache;
use crate::entra::authority::TokenEndpoint;
use crate::entra::request::TokenRequest;
use crate::entra::scope::Scope;
use crate::entra::token::AccessToken;
use crate::entra::{self};
use crate::error::AuthError;
use crate::hints::{self, Facts};
use crate::http::HttpClient;
use crate::settings::Settings;
use crate::settings::credential::CredentialSetting;
use crate::settings::identity::ClientId;
use certificate_source::CertificateSource;
use secret_source::SecretSource;
use source::{Occasion, Proof, ProofSource, TokenSource};

/// Where tokens come from: the token endpoint, against a proof; or a source that has them already.
enum Source {
    Proof(Box<dyn ProofSource>),
    #[expect(dead_code, reason = "the sources that bring tokens come with the next change")]
    Token(Box<dyn TokenSource>),
}

impl Source {
    fn label(&self) -> String {
        match self {
            Self::Proof(source) => source.label(),
            Self::Token(source) => source.label(),
        }
    }
}

/// A confidential client: hands out tokens of one application in one tenant.
///
/// Cheap to clone; clones share the cache.
#[derive(Clone)]
pub struct Credential {
    inner: Arc<Inner>,
}

struct Inner {
    http: HttpClient,
    endpoint: TokenEndpoint,
    client: ClientId,
    source: Source,
    facts: Facts,
    cache: TokenCache<Scope>,
    timeout: Duration,
}

impl Credential {
    /// A credential for `settings`, over `http`. Nothing is read or sent yet: what is wrong with a certificate shows
    /// when a token is asked for.
    #[must_use]
    pub fn new(settings: &Settings, http: HttpClient) -> Self {
        let name = settings.credential.name;
        let source = match &settings.credential.setting {
            CredentialSetting::Secret(secret) => {
                Source::Proof(Box::new(SecretSource::new(secret.clone(), name)))
            }
            CredentialSetting::Certificate(setting) => {
                Source::Proof(Box::new(CertificateSource::new(setting.clone(), settings.client, name)))
            }
        };
        let facts = Facts {
            tenant: settings.tenant.to_string(),
            client: settings.client.to_string(),
            authority: settings.authority.to_string(),
            credential_name: name.to_owned(),
            ..Facts::default()
        };
        let inner = Inner {
            http,
            endpoint: TokenEndpoint::new(&settings.authority, &settings.tenant),
            client: settings.client,
            source,
            facts,
            cache: TokenCache::default(),
            timeout: settings.timeout,
        };
        Self { inner: Arc::new(inner) }
    }

    /// The token for `scope` if it is in memory. Takes no part in any request.
    #[must_use]
    pub fn cached(&self, scope: &Scope) -> Option<AccessToken> {
        self.inner.cache.get(scope)
    }

    /// A token for `scope`. With `claims` (JSON, out of a challenge) a new one is asked for whatever is in memory.
    ///
    /// # Errors
    /// Why there is none, and what to do.
    pub async fn token(&self, scope: &Scope, claims: Option<&str>) -> Result<AccessToken, AuthError> {
        let request = || {
            let (inner, scope, claims) = (Arc::clone(&self.inner), scope.clone(), claims.map(str::to_owned));
            async move { inner.request(scope, claims).await }.boxed()
        };
        self.inner.cache.get_or_request(scope, claims.is_some(), request).await
    }

    /// Kind and name of the credential, for a person.
    #[must_use]
    pub fn label(&self) -> String {
        self.inner.source.label()
    }
}

impl Inner {
    async fn request(&self, scope: Scope, claims: Option<String>) -> Result<AccessToken, AuthError> {
        let deadline = Instant::now() + self.timeout;
        let source = match &self.source {
            Source::Proof(source) => source,
            Source::Token(source) => return source.token(&scope, deadline).await,
        };
        let occasion = Occasion { endpoint: &self.endpoint, now: SystemTime::now(), deadline };
        let Proof { authentication, evidence } = source.prove(occasion).await?;
        tracing::info!(client_id = %self.client, credential = %source.label(), from = %self.facts.credential_name, "signing in");
        let request = TokenRequest { client: self.client, scope, authentication, claims };
        entra::acquire(&self.http, &self.endpoint, &request, deadline)
            .await
            .map_err(|error| hints::explain(error, &Facts { evidence, ..self.facts.clone() }))
    }
}
