//! The credential behind `createCredential`.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::needless_pass_by_value,
    reason = "napi's macro exports and calls it"
)]

use std::collections::HashMap;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, ready};
use napi::bindgen_prelude::PromiseRaw;
use napi_derive::napi;
use workiq_auth::cache::Want;
use workiq_auth::credential::Credential;
use workiq_auth::entra::scope::Scope;
use workiq_auth::entra::token::AccessToken;
use workiq_auth::error::{AuthError, ErrorKind};
use workiq_auth::http::HttpClient;
use workiq_auth::secret::Secret;
use workiq_auth::settings::Settings;
use workiq_auth::settings::environment::Environment;
use workiq_auth::settings::federation::AssertionCallback;
use workiq_auth::settings::options::Options;
use workiq_auth::{log, time};

use crate::assertion::{AssertionFunction, Callback};
use crate::call::Cancellation;
use crate::error::ErrorData;

#[napi(object)]
pub struct TokenData {
    pub token: String,
    pub expires_on_timestamp: f64,
    pub refresh_after_timestamp: Option<f64>,
    /// Milliseconds for which the token may be handed out without asking here again; 0 where its renewal has begun.
    pub fresh_for: f64,
}

#[napi(object)]
pub struct TokenResult {
    pub token: Option<TokenData>,
    pub error: Option<ErrorData>,
}

impl From<Result<AccessToken, AuthError>> for TokenResult {
    fn from(outcome: Result<AccessToken, AuthError>) -> Self {
        // Milliseconds since 1970 are far below 2^53, so a double holds them exactly.
        #[allow(clippy::cast_precision_loss)]
        let ms = |at| time::epoch_ms(at) as f64;
        match outcome {
            Ok(token) => Self {
                token: Some(TokenData {
                    token: token.secret().expose().to_owned(),
                    expires_on_timestamp: ms(token.expires_on),
                    refresh_after_timestamp: token.refresh_on.map(ms),
                    fresh_for: token.fresh_for().as_secs_f64() * 1000.0,
                }),
                error: None,
            },
            Err(error) => Self { token: None, error: Some((&error).into()) },
        }
    }
}

#[napi]
pub struct NativeCredential {
    credential: Credential,
    warnings: Vec<String>,
    tenant: String,
}

#[napi(object, object_from_js = false)]
pub struct CredentialResult {
    pub credential: Option<NativeCredential>,
    pub error: Option<ErrorData>,
}

/// A credential for `options` (as JSON) and `env`.
#[napi]
#[must_use]
pub fn create_native_credential(
    options: String,
    env: HashMap<String, String>,
    fallback_ca: Option<String>,
    client_assertion: Option<AssertionFunction<'_>>,
) -> CredentialResult {
    match create(&Secret::new(options), env, fallback_ca, client_assertion.as_ref()) {
        Ok(credential) => CredentialResult { credential: Some(credential), error: None },
        Err(error) => CredentialResult { credential: None, error: Some((&error).into()) },
    }
}

fn create(
    options: &Secret,
    env: HashMap<String, String>,
    fallback_ca: Option<String>,
    client_assertion: Option<&AssertionFunction<'_>>,
) -> Result<NativeCredential, AuthError> {
    let (options, environment) = given(options, env, fallback_ca, client_assertion)?;
    let settings = Settings::resolve(&options, &environment)?;
    let http = HttpClient::new(&settings.network)?;
    Ok(NativeCredential {
        credential: Credential::new(&settings, http),
        tenant: settings.tenant().map(ToString::to_string).unwrap_or_default(),
        warnings: settings.warnings,
    })
}

/// What JavaScript gave, as the core takes it.
pub(crate) fn given(
    options: &Secret,
    env: HashMap<String, String>,
    fallback_ca: Option<String>,
    client_assertion: Option<&AssertionFunction<'_>>,
) -> Result<(Options, Environment), AuthError> {
    let client_assertion = client_assertion.map(callback).transpose()?;
    let given: Options = serde_json::from_str(options.expose()).map_err(|error| {
        AuthError::new(
            ErrorKind::Settings,
            "invalid_settings",
            format!("The options are not right: {error}."),
        )
    })?;
    let options = Options { fallback_ca, client_assertion, ..given };
    let environment: Environment = env.into_iter().collect();
    if let Some(level) = environment.get(log::VARIABLE).and_then(|text| log::parse_level(text).ok()) {
        log::init(level);
    }
    Ok((options, environment))
}

fn callback(function: &AssertionFunction<'_>) -> Result<Arc<dyn AssertionCallback>, AuthError> {
    let failed = |error: napi::Error| {
        AuthError::new(
            ErrorKind::Settings,
            "invalid_settings",
            format!("clientAssertion cannot be called: {error}."),
        )
    };
    Ok(Arc::new(Callback::new(function).map_err(failed)?))
}

#[napi]
impl NativeCredential {
    /// The tenant, as it was configured, in lower case.
    #[napi(getter)]
    #[must_use]
    pub fn tenant_id(&self) -> String {
        self.tenant.clone()
    }

    /// What a person should hear although it is no error.
    #[napi(getter)]
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        self.warnings.clone()
    }

    /// The token for `scope` from memory, if it is there. Begins its renewal where that is due.
    #[napi]
    #[must_use]
    pub fn cached(&self, scope: String) -> Option<TokenData> {
        let scope = Scope::parse(&scope).ok()?;
        TokenResult::from(Ok(self.credential.cached(&scope)?)).token
    }

    /// Makes a request for a token, or joins one that is under way: what is decided is decided here, in the order of
    /// the calls.
    #[napi]
    #[must_use]
    pub fn acquire(&self, scope: String, claims: Option<String>) -> TokenCall {
        let outcome = match Scope::parse(&scope) {
            Ok(scope) => {
                let want =
                    claims.as_deref().map_or(Want::Any, |claims| Want::Renewed { claims, refused: None });
                self.credential.token(&scope, want).boxed()
            }
            Err(wrong) => {
                ready(Err(AuthError::new(ErrorKind::Settings, "invalid_scope", format!("{wrong}.")))).boxed()
            }
        };
        TokenCall { outcome: Some(outcome), cancellation: Cancellation::default() }
    }
}

/// A request for a token.
#[napi]
pub struct TokenCall {
    outcome: Option<BoxFuture<'static, Result<AccessToken, AuthError>>>,
    cancellation: Cancellation,
}

#[napi]
impl TokenCall {
    /// Waits for it; may be awaited once.
    ///
    /// # Errors
    /// It was awaited before. What fails comes back as data.
    ///
    /// # Safety
    /// napi asks for it: nothing else may use this object while the future is made, and JavaScript has one thread.
    #[napi]
    pub fn result<'env>(&mut self, env: &'env napi::Env) -> napi::Result<PromiseRaw<'env, TokenResult>> {
        let outcome =
            self.outcome.take().ok_or_else(|| napi::Error::from_reason("result() was called before"))?;
        let token = self.cancellation.token();
        env.spawn_future(async move {
            let outcome = tokio::select! {
                outcome = outcome => outcome,
                () = token.cancelled() => Err(AuthError::new(ErrorKind::Canceled, "aborted", "The caller gave up.")),
            };
            Ok(outcome.into())
        })
    }

    /// Gives up waiting; others who wait for the same token are left alone.
    #[napi]
    pub fn cancel(&self) {
        self.cancellation.cancel();
    }
}
