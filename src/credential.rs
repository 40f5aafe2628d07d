//! Who we are: one source a file, and the credential that hands out tokens.

mod access_token;
mod apart;
mod azure_cli;
mod azure_http;
pub(crate) mod brokered;
mod callback;
pub mod certificate;
mod certificate_file;
mod certificate_source;
mod ci;
pub mod examine;
mod federated_source;
mod fingerprint;
mod github;
pub(crate) mod jwt;
mod managed_identity;
mod pipelines;
mod secret_source;
mod selected;
mod sign_in;
mod source;
mod token_file;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Either, ready};
use tokio::runtime::Handle;
use tokio::time::Instant;

use crate::cache::{CacheKey, Identity, Lookup, Outcome, TokenCache, Want};
use crate::entra::authority::TokenEndpoint;
use crate::entra::claims;
use crate::entra::scope::Scope;
use crate::entra::token::AccessToken;
use crate::hints::Facts;
use crate::http::HttpClient;
use crate::settings::Settings;
use selected::Selected;
use sign_in::{Correction, SignIn};
use source::TokenSource;

/// Where tokens come from: the token endpoint, against a proof; or a source that has them already.
enum Source {
    Proof(Box<SignIn>),
    Token(Box<dyn TokenSource>),
}

/// A confidential client: hands out tokens of one application in one tenant.
///
/// Cheap to clone; clones share the cache.
#[derive(Clone)]
pub struct Credential {
    inner: Arc<Inner>,
}

struct Inner {
    source: Source,
    cache: Arc<TokenCache>,
    identity: Arc<Identity>,
    /// Graph's scope, the one resource for which continuous access evaluation is declared.
    graph: Scope,
    timeout: Duration,
    /// Where background renewals run: the runtime that the first request ran on.
    runtime: OnceLock<Handle>,
}

impl Credential {
    /// A credential for `settings`, over `http`. Nothing is read or sent yet: what is wrong with a certificate shows
    /// when a token is asked for.
    #[must_use]
    pub fn new(settings: &Settings, http: HttpClient) -> Self {
        let (source, endpoint, client) = match selected::source(settings, &http) {
            Selected::Proof { tenant, client, source } => {
                let endpoint = TokenEndpoint::new(&settings.authority, tenant);
                let facts = Facts {
                    tenant: tenant.to_string(),
                    client: client.to_string(),
                    authority: settings.authority.to_string(),
                    credential_name: settings.credential_name.to_owned(),
                    proxy: http.proxy_to(&settings.authority.to_string()),
                    ..Facts::default()
                };
                let sign_in = SignIn {
                    http,
                    endpoint: endpoint.clone(),
                    client,
                    source,
                    facts,
                    known_authority: settings.authority == settings.cloud.authority(),
                    clock: Correction::default(),
                };
                (Source::Proof(Box::new(sign_in)), Some(endpoint), Some(client))
            }
            Selected::Token(source) => (Source::Token(source), None, settings.client()),
        };
        let identity = Identity { endpoint, client, credential: fingerprint::of(settings) };
        let inner = Inner {
            source,
            cache: Arc::default(),
            identity: Arc::new(identity),
            graph: Scope::of(&settings.graph),
            timeout: settings.timeout,
            runtime: OnceLock::new(),
        };
        Self { inner: Arc::new(inner) }
    }

    /// The token for `scope` if it is in memory. Waits for nothing; where the token is due for renewal, that begins in
    /// the background.
    #[must_use]
    pub fn cached(&self, scope: &Scope) -> Option<AccessToken> {
        let key = self.key(scope);
        match self.inner.cache.lookup(&key) {
            Lookup::Fresh(token) => Some(token),
            Lookup::Due(token) => {
                if let Some(runtime) = self.inner.runtime.get() {
                    self.inner.cache.refresh(&key, runtime, || self.request(&key, None));
                }
                Some(token)
            }
            Lookup::Miss => None,
        }
    }

    /// A token for `scope`: from memory if one is there and is wanted, else by a request that all who ask at the same
    /// time share. Calls are heard in the order in which they are made: after one that says that a token was refused, no
    /// later one is given that token, whenever its future is polled.
    ///
    /// # Errors
    /// The future gives why there is none, and what to do.
    pub fn token(&self, scope: &Scope, want: Want<'_>) -> impl Future<Output = Outcome> + Send + use<> {
        let known = if matches!(want, Want::Any) { self.cached(scope) } else { None };
        let outcome = if let Some(token) = known {
            Either::Left(ready(Ok(token)))
        } else {
            let claims = match want {
                Want::Any => None,
                Want::Renewed { claims, .. } => Some(claims),
            };
            let key = self.key(scope);
            Either::Right(self.inner.cache.get_or_request(&key, want, || self.request(&key, claims)))
        };
        let inner = Arc::clone(&self.inner);
        async move {
            inner.runtime.get_or_init(Handle::current);
            outcome.await
        }
    }

    /// Kind and name of the credential, for a person.
    #[must_use]
    pub fn label(&self) -> String {
        match &self.inner.source {
            Source::Proof(sign_in) => sign_in.source.label(),
            Source::Token(source) => source.label(),
        }
    }

    fn key(&self, scope: &Scope) -> CacheKey {
        // Managed identities take no part in it, as Entra demands; a token from outside is what it is.
        let graph = *scope == self.inner.graph || scope.is_graph_by_id();
        let cae = matches!(self.inner.source, Source::Proof(_)) && graph;
        CacheKey { identity: Arc::clone(&self.inner.identity), scope: scope.clone(), cae }
    }

    fn request(&self, key: &CacheKey, challenge: Option<&str>) -> BoxFuture<'static, Outcome> {
        let (inner, key, challenge) = (Arc::clone(&self.inner), key.clone(), challenge.map(str::to_owned));
        async move { inner.request(&key, challenge.as_deref()).await }.boxed()
    }
}

impl Inner {
    async fn request(&self, key: &CacheKey, challenge: Option<&str>) -> Outcome {
        let deadline = Instant::now() + self.timeout;
        match &self.source {
            Source::Proof(sign_in) => {
                let claims = claims::parameter(key.cae, challenge)?;
                sign_in.run(&key.scope, claims.as_deref(), deadline).await
            }
            Source::Token(source) => source.token(&key.scope, challenge, deadline).await,
        }
    }
}
