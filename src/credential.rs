//! Who we are: one source a file, and the credential that hands out tokens.

pub mod certificate;
mod certificate_source;
mod secret_source;

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::time::Instant;

use crate::cache::TokenCache;
use crate::entra::authority::TokenEndpoint;
use crate::entra::request::{ClientAuthentication, TokenRequest};
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

/// A way to prove that we are the client. Asked only when a request is really sent.
trait Source: Send + Sync {
    /// The proof for one request to `audience`, the token endpoint.
    fn authenticate(&self, audience: &str) -> Result<ClientAuthentication, AuthError>;

    /// What is known here and helps when Entra refuses.
    fn describe(&self, facts: &mut Facts);

    /// Kind and name, for a person: "certificate CN=…, SHA-1 …".
    fn label(&self) -> String;
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
    source: Box<dyn Source>,
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
        let source: Box<dyn Source> = match &settings.credential.setting {
            CredentialSetting::Secret(secret) => Box::new(SecretSource::new(secret.clone(), name)),
            CredentialSetting::Certificate(setting) => {
                Box::new(CertificateSource::new(setting.clone(), settings.client, name))
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
        let authentication = self.source.authenticate(&self.endpoint.to_string())?;
        tracing::info!(client_id = %self.client, credential = %self.source.label(), from = %self.facts.credential_name, "signing in");
        let request = TokenRequest { client: self.client, scope, authentication, claims };
        entra::acquire(&self.http, &self.endpoint, &request, deadline).await.map_err(|error| {
            let mut facts = self.facts.clone();
            self.source.describe(&mut facts);
            hints::explain(error, &facts)
        })
    }
}
