//! The identity of the Azure host that we run on, by way of `azure_identity` and our own HTTP client.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use azure_core::credentials::{AccessToken as AzureToken, TokenCredential};
use azure_core::error::Error;
use azure_core::http::{ClientOptions, RetryOptions, Transport};
use azure_identity::{ManagedIdentityCredential, ManagedIdentityCredentialOptions, UserAssignedId};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::Value;
use tokio::time::Instant;

use super::azure_http::{AzureHttp, Failure};
use super::source::TokenSource;
use crate::entra::scope::Scope;
use crate::entra::token::AccessToken;
use crate::error::{AuthError, ErrorKind, ErrorParts, printable};
use crate::http::{HttpClient, HttpError};
use crate::secret::Secret;
use crate::settings::credential::ManagedIdentitySetting;
use crate::settings::network::Network;

const CODE: &str = "managed_identity_unavailable";

/// The variable of hosts that have an endpoint of their own.
const ENDPOINT: &str = "IDENTITY_ENDPOINT";

/// How much of an answer is shown.
const EXCERPT: usize = 200;

pub(super) struct ManagedIdentitySource {
    setting: ManagedIdentitySetting,
    network: Network,
    name: &'static str,
}

impl ManagedIdentitySource {
    pub(super) fn new(setting: ManagedIdentitySetting, network: &Network, name: &'static str) -> Self {
        // The endpoints are on this machine or beside it: what is asked there goes through no proxy.
        Self { setting, network: Network { proxy: None, no_proxy: None, ..network.clone() }, name }
    }

    async fn ask(&self, scope: &Scope, deadline: Instant) -> Result<AccessToken, AuthError> {
        self.check_process(std::env::var(ENDPOINT).ok().as_deref())?;
        // A client for each request: one is sent in hours, and a credential of the SDK that lived on would answer a
        // renewal from a cache of its own.
        let http = AzureHttp::new(HttpClient::new(&self.network)?, deadline);
        self.ask_over(Transport::new(Arc::new(http)), scope).await
    }

    async fn ask_over(&self, transport: Transport, scope: &Scope) -> Result<AccessToken, AuthError> {
        let options = ManagedIdentityCredentialOptions {
            user_assigned_id: self.setting.client.map(|id| UserAssignedId::ClientId(id.to_string())),
            client_options: ClientOptions {
                retry: RetryOptions::none(),
                transport: Some(transport),
                ..ClientOptions::default()
            },
        };
        let credential =
            ManagedIdentityCredential::new(Some(options)).map_err(|error| self.explain(&error))?;
        let token =
            credential.get_token(&[scope.as_str()], None).await.map_err(|error| self.explain(&error))?;
        let token = from_azure(&token, SystemTime::now());
        token.map_err(|why| self.unavailable(ErrorKind::Response, format!("{} {why}.", self.asked()), None))
    }

    /// The SDK reads the process's environment, which need not be the one that our settings came from. Where they
    /// differ, it would ask somewhere else than was checked.
    fn check_process(&self, endpoint: Option<&str>) -> Result<(), AuthError> {
        if self.setting.endpoint.as_deref() == endpoint.filter(|text| !text.is_empty()) {
            return Ok(());
        }
        Err(self.unavailable(
            ErrorKind::Credential,
            format!("{ENDPOINT} in the environment of this process is not the one in the settings."),
            Some("Leave the variables of the managed identity as the host set them."),
        ))
    }

    fn asked(&self) -> String {
        match &self.setting.endpoint {
            Some(endpoint) => format!("The managed identity endpoint {}", printable(endpoint, 120)),
            None => "The metadata service of Azure's virtual machines (169.254.169.254)".to_owned(),
        }
    }

    fn explain(&self, error: &Error) -> AuthError {
        match Failure::behind(error) {
            Some(Failure::Http(http)) => self.unreachable(http),
            Some(Failure::Status { status, body, retry_after }) => self.refused(*status, body, *retry_after),
            // Its words could repeat what the answer held.
            None => self.unavailable(
                ErrorKind::Response,
                format!("{} answered with something that is no token.", self.asked()),
                None,
            ),
        }
    }

    fn unreachable(&self, error: &HttpError) -> AuthError {
        let mut parts = AuthError::from(error.clone()).parts().clone();
        parts.code = CODE.into();
        parts.message = format!("{} could not be asked: {error}.", self.asked());
        if self.setting.endpoint.is_none() {
            // Where nobody listens at that address, nobody will in a second.
            parts.retryable &= matches!(error, HttpError::Broken { .. });
            parts.hint = Some(format!(
                "Only a virtual machine in Azure has this service. Elsewhere set another source than managed-identity \
                 in {}.",
                self.name
            ));
        }
        parts.into()
    }

    fn refused(&self, status: u16, body: &str, retry_after: Option<Duration>) -> AuthError {
        // How Azure documents its metadata service: 404 and 410 while it is being updated.
        let passing = matches!(status, 404 | 408 | 410 | 429 | 500..);
        let identity = match &self.setting.client {
            Some(client) => format!(
                "Check that the user-assigned identity {client} (the client id in use, WORKIQ_CLIENT_ID) is assigned \
                 to this host; without a client id the host's own is taken."
            ),
            None => "Turn on the system-assigned identity of this host, or assign one to it and set WORKIQ_CLIENT_ID \
                     to that one's client id."
                .to_owned(),
        };
        let said = said(body);
        let saying = if said.is_empty() { said } else { format!(": {said}") };
        ErrorParts {
            kind: if passing { ErrorKind::Response } else { ErrorKind::Credential },
            code: CODE.into(),
            message: format!("{} gave no token (HTTP {status}){saying}", self.asked()),
            hint: Some(if passing { "A passing fault of the host. Try again.".to_owned() } else { identity }),
            status: Some(status),
            retryable: passing,
            retry_after,
            ..ErrorParts::default()
        }
        .into()
    }

    fn unavailable(&self, kind: ErrorKind, message: String, hint: Option<&str>) -> AuthError {
        let other =
            format!("Check the managed identity of this host, or set another source ({}).", self.name);
        AuthError::new(kind, CODE, message).with_hint(hint.map_or(other, str::to_owned))
    }
}

impl TokenSource for ManagedIdentitySource {
    fn token<'a>(
        &'a self,
        scope: &'a Scope,
        _challenge: Option<&'a str>,
        deadline: Instant,
    ) -> BoxFuture<'a, Result<AccessToken, AuthError>> {
        self.ask(scope, deadline).boxed()
    }

    fn label(&self) -> String {
        match &self.setting.client {
            Some(client) => format!("managed identity {client} of this host, from {}", self.name),
            None => format!("managed identity of this host, from {}", self.name),
        }
    }
}

/// What a refusal says: its `error_description` or `message`, where it is JSON.
fn said(body: &str) -> String {
    let json: Option<Value> = serde_json::from_str(body).ok();
    let member = |name| json.as_ref().and_then(|json| json.get(name)).and_then(Value::as_str);
    printable(member("error_description").or_else(|| member("message")).unwrap_or(body), EXCERPT)
}

/// A token of the SDK as one of ours; or what is wrong with it, to stand behind who gave it.
pub(super) fn from_azure(token: &AzureToken, now: SystemTime) -> Result<AccessToken, &'static str> {
    let text = token.token.secret();
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_graphic()) {
        return Err("gave a token that cannot be sent in a header");
    }
    let now = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let expires = u64::try_from(token.expires_on.unix_timestamp()).unwrap_or_default();
    let lifetime = Duration::from_secs(expires.saturating_sub(now));
    if lifetime.is_zero() {
        return Err("gave a token that has expired; check this machine's clock");
    }
    Ok(AccessToken::new(Secret::new(text), lifetime, None))
}

#[cfg(test)]
mod tests {
    use super::super::azure_http::receive;
    use super::super::ci::test_support::answer;
    use super::*;
    use crate::settings::identity::ClientId;
    use async_trait::async_trait;
    use azure_core::error::ErrorKind as AzureKind;
    use azure_core::http::{AsyncRawResponse, HttpClient as AzureHttpClient, Request};
    use azure_core::time::OffsetDateTime;
    use std::sync::Mutex;

    fn source(client: bool, endpoint: Option<&str>) -> ManagedIdentitySource {
        let client = client.then(|| ClientId::parse("11111111-2222-4333-8444-555555555555").unwrap());
        let setting = ManagedIdentitySetting { client, endpoint: endpoint.map(str::to_owned) };
        ManagedIdentitySource::new(setting, &Network::default(), "WORKIQ_CREDENTIAL")
    }

    fn explain(source: &ManagedIdentitySource, failure: Failure) -> AuthError {
        source.explain(&Error::new(AzureKind::Other, failure).with_context("the SDK's own"))
    }

    fn status(status: u16, body: &str) -> Failure {
        Failure::Status { status, body: body.into(), retry_after: Some(Duration::from_secs(5)) }
    }

    #[test]
    fn a_refusal_says_which_identity_is_missing() {
        let body = r#"{"error":"invalid_request","error_description":"Identity not found"}"#;
        let error = explain(&source(true, None), status(400, body));
        assert_eq!((error.code(), error.kind()), ("managed_identity_unavailable", ErrorKind::Credential));
        assert!(error.message().ends_with("gave no token (HTTP 400): Identity not found"), "{error}");
        assert!(error.hint().unwrap().contains("11111111-2222"));
        let error = explain(&source(false, Some("http://127.0.0.1:1/x")), status(400, "<html>"));
        assert!(error.hint().unwrap().contains("WORKIQ_CLIENT_ID"));
        for passing in [404, 410, 429, 500, 503] {
            let error = explain(&source(false, None), status(passing, ""));
            assert!(error.parts().retryable && error.parts().retry_after.is_some());
        }
    }

    #[test]
    fn elsewhere_than_in_azure_nobody_is_asked_twice() {
        let refused = || HttpError::Connect { host: "169.254.169.254".into(), reason: "no route".into() };
        let error = explain(&source(false, None), refused().into());
        assert!(
            !error.parts().retryable && error.hint().unwrap().contains("Only a virtual machine in Azure")
        );
        let error = explain(&source(false, Some("http://127.0.0.1:1/x")), refused().into());
        assert!(error.parts().retryable && error.message().contains("http://127.0.0.1:1/x"), "{error}");
        let error = source(false, None).explain(&Error::with_message(AzureKind::DataConversion, "hush"));
        assert!(!format!("{error:?}").contains("hush"));
    }

    #[test]
    fn another_environment_than_the_process_has_is_told() {
        assert!(source(false, None).check_process(None).is_ok());
        assert!(source(false, None).check_process(Some("")).is_ok());
        assert!(source(false, Some("http://a")).check_process(Some("http://a")).is_ok());
        for (setting, process) in
            [(Some("http://a"), None), (Some("http://a"), Some("http://b")), (None, Some("x"))]
        {
            let error = source(false, setting).check_process(process).unwrap_err();
            assert!(error.message().contains("IDENTITY_ENDPOINT"));
        }
    }

    /// A metadata service, and what it was asked.
    #[derive(Debug)]
    struct Service {
        status: u16,
        body: String,
        asked: Mutex<Vec<String>>,
    }

    #[async_trait]
    impl AzureHttpClient for Service {
        async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
            self.asked.lock().unwrap().push(request.url().to_string());
            receive(answer(self.status, &[], &self.body))
        }
    }

    async fn ask(status: u16, body: &str) -> (Result<AccessToken, AuthError>, Vec<String>) {
        let service = Arc::new(Service { status, body: body.into(), asked: Mutex::default() });
        let scope = Scope::parse("https://graph.microsoft.com/.default").unwrap();
        let outcome = source(true, None).ask_over(Transport::new(service.clone()), &scope).await;
        let asked = service.asked.lock().unwrap().clone();
        (outcome, asked)
    }

    #[tokio::test]
    async fn the_sdk_asks_once_over_our_client_and_its_answers_are_ours() {
        let day = SystemTime::now() + Duration::from_secs(86_400);
        let expires = day.duration_since(UNIX_EPOCH).unwrap().as_secs();
        let body = format!(
            r#"{{"access_token":"t","expires_on":"{expires}","token_type":"Bearer","resource":"https://graph.microsoft.com"}}"#
        );
        let (token, asked) = ask(200, &body).await;
        assert_eq!(token.unwrap().secret().expose(), "t");
        assert_eq!(asked.len(), 1);
        for part in
            ["resource=https%3A%2F%2Fgraph.microsoft.com", "client_id=11111111-2222-4333-8444-555555555555"]
        {
            assert!(asked[0].contains(part), "{asked:?}");
        }
        // The SDK would retry the first for more than a minute.
        for (status, body) in
            [(503, "busy"), (400, "no"), (200, "<html>hush"), (200, r#"{"access_token":"hush"}"#)]
        {
            let (outcome, asked) = ask(status, body).await;
            let error = outcome.unwrap_err();
            assert_eq!((error.code(), asked.len()), ("managed_identity_unavailable", 1));
            assert!(error.parts().retryable == (status == 503) && !format!("{error:?}").contains("hush"));
        }
    }

    #[test]
    fn a_token_lives_as_long_as_azure_says_and_must_be_one() {
        let now = UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        let token = |text: &'static str, seconds: i64| {
            let expires = OffsetDateTime::from_unix_timestamp(1_800_000_000 + seconds).unwrap();
            from_azure(&AzureToken::new(text, expires), now)
        };
        let hour = token("t", 3600).unwrap().expires_on.duration_since(SystemTime::now()).unwrap();
        assert!(hour > Duration::from_secs(3500) && hour <= Duration::from_secs(3600));
        assert!(token("t", 0).is_err() && token("t", -5).is_err());
        assert!(token("", 3600).is_err() && token("a\nb", 3600).is_err());
    }
}
