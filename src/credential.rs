//! Who we are: one source a file, and the credential that hands out tokens.

mod access_token;
mod apart;
mod azure_cli;
mod azure_http;
mod callback;
pub mod certificate;
mod certificate_source;
mod ci;
mod federated_source;
mod github;
mod jwt;
mod managed_identity;
mod pipelines;
mod secret_source;
mod selected;
mod source;
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
use crate::settings::identity::ClientId;
use source::{Occasion, Proof, ProofSource, TokenSource};

/// Where tokens come from: the token endpoint, against a proof; or a source that has them already.
enum Source {
    Proof(Box<dyn ProofSource>),
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
        let source = selected::source(settings, &http);
        let facts = Facts {
            tenant: settings.tenant().map(ToString::to_string).unwrap_or_default(),
            client: settings.client().map(|id| id.to_string()).unwrap_or_default(),
            authority: settings.authority.to_string(),
            credential_name: settings.credential_name.to_owned(),
            ..Facts::default()
        };
        let inner = Inner {
            http,
            // Neither is used by a source that brings tokens.
            endpoint: settings
                .tenant()
                .map_or_else(TokenEndpoint::none, |tenant| TokenEndpoint::new(&settings.authority, tenant)),
            client: settings.client().unwrap_or(ClientId::NONE),
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
