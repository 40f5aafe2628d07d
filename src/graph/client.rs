//! Asking Graph, with a token that goes to Graph's origin and nowhere else.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Request, StatusCode, header};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::path::GraphPath;
use crate::cache::Want;
use crate::credential::Credential;
use crate::entra::scope::Scope;
use crate::entra::token::AccessToken;
use crate::error::{AuthError, printable};
use crate::http::{HttpClient, HttpError, Limits, Response};
use crate::settings::Settings;
use crate::settings::identity::UserRef;
use crate::settings::origin::Origin;

/// The largest answer that is read into memory, and the longest silence.
const LIMITS: Limits = Limits { bytes: 32 << 20, silence: Duration::from_secs(30) };

/// How long one call may take in all: below the 60 s at which common MCP clients give up.
const TIMEOUT: Duration = Duration::from_secs(45);

/// Microsoft Graph, asked as one application. Cheap to clone.
#[derive(Clone)]
pub struct GraphClient {
    inner: Arc<Inner>,
}

struct Inner {
    http: HttpClient,
    credential: Credential,
    origin: Origin,
    scope: Scope,
    user: Option<UserRef>,
}

/// What Graph answered to one path: a success, or an error in Graph's own words.
#[derive(Debug)]
pub struct GraphResponse {
    /// HTTP status.
    pub status: u16,
    /// The body: JSON as it is, text as a string, nothing as null.
    pub body: Value,
}

/// Why there is no answer of Graph's.
#[derive(Debug)]
pub enum GraphFailure {
    /// The path was refused here; nothing was sent.
    Path(String),
    /// Sign-in failed.
    Auth(AuthError),
    /// Graph could not be reached, or answered something that is not for a tool.
    Transport(AuthError),
}

impl GraphClient {
    /// Graph at the endpoint of `settings`, signed in by `credential`.
    #[must_use]
    pub fn new(settings: &Settings, http: HttpClient, credential: Credential) -> Self {
        let inner = Inner {
            http,
            credential,
            scope: Scope::of(&settings.graph),
            origin: settings.graph.clone(),
            user: settings.user.clone(),
        };
        Self { inner: Arc::new(inner) }
    }

    /// `GET path`. `/me` becomes the user of the settings.
    ///
    /// # Errors
    /// Why there is no answer of Graph's. An error of Graph's is an answer.
    pub async fn get(&self, path: &str) -> Result<GraphResponse, GraphFailure> {
        let checked = GraphPath::parse(path).and_then(|path| path.for_user(self.inner.user.as_ref()));
        let path = checked.map_err(|error| GraphFailure::Path(error.to_string()))?;
        let deadline = Instant::now() + TIMEOUT;
        let token = self.token(Want::Any).await?;
        let answer = self.send(&path, &token, deadline).await?;
        let answer = match claims_challenge(&answer) {
            Some(claims) => {
                // One new token and one retry; a second challenge is the answer.
                let token = self.token(Want::Renewed { claims: &claims, refused: Some(&token) }).await?;
                self.send(&path, &token, deadline).await?
            }
            None => answer,
        };
        Ok(self.read(&answer))
    }

    /// Signs in, or finds that we are.
    ///
    /// # Errors
    /// Why sign-in failed.
    pub async fn sign_in(&self) -> Result<(), AuthError> {
        self.inner.credential.token(&self.inner.scope, Want::Any).await.map(drop)
    }

    async fn token(&self, want: Want<'_>) -> Result<AccessToken, GraphFailure> {
        self.inner.credential.token(&self.inner.scope, want).await.map_err(GraphFailure::Auth)
    }

    async fn send(
        &self,
        path: &GraphPath,
        token: &AccessToken,
        deadline: Instant,
    ) -> Result<Response, GraphFailure> {
        let transport = |error: HttpError| GraphFailure::Transport(error.into());
        let bearer = zeroize::Zeroizing::new(format!("Bearer {}", token.secret().expose()));
        let mut authorization = HeaderValue::from_str(&bearer)
            .map_err(|_| transport(HttpError::Request("the token cannot be sent in a header".into())))?;
        authorization.set_sensitive(true);
        let request_id = uuid::Uuid::new_v4().to_string();
        tracing::debug!(%path, client_request_id = %request_id, "asking Graph");
        let request = Request::get(self.inner.origin.join(&format!("/v1.0{path}")))
            .header(header::AUTHORIZATION, authorization)
            .header(header::ACCEPT, "application/json, text/vtt;q=0.9, */*;q=0.5")
            .header(header::ACCEPT_LANGUAGE, "en-US")
            .header(header::USER_AGENT, concat!("NONISV|workiq-auth|workiq-auth/", env!("CARGO_PKG_VERSION")))
            .header("client-request-id", request_id)
            .body(Bytes::new())
            .map_err(|error| transport(HttpError::Request(error.to_string())))?;
        self.inner.http.send(request, LIMITS, deadline).await.map_err(transport)
    }

    fn read(&self, answer: &Response) -> GraphResponse {
        let status = answer.status.as_u16();
        let kind = answer.header("content-type").unwrap_or_default().to_ascii_lowercase();
        if answer.status.is_redirection() {
            let to = answer.header("location").map_or_else(|| "nowhere".to_owned(), |to| self.shown(to));
            let message = format!("Graph redirects to {to}, where a token of Graph does not go.");
            return GraphResponse { status, body: own_error("redirect", &message, answer) };
        }
        let body = if answer.body.is_empty() {
            Value::Null
        } else if let Ok(json) = serde_json::from_slice(&answer.body) {
            json
        } else if answer.status.is_success() && (kind.starts_with("text/") || kind.contains("xml")) {
            match std::str::from_utf8(&answer.body) {
                Ok(text) => Value::String(text.to_owned()),
                Err(_) => return not_text(answer, &kind),
            }
        } else if answer.status.is_success() {
            return not_text(answer, &kind);
        } else {
            let said = printable(&String::from_utf8_lossy(&answer.body), 200);
            own_error("unexpectedResponse", &format!("HTTP {status}, not in Graph's form: {said}"), answer)
        };
        let failed = !answer.status.is_success();
        let body = if failed && body.is_null() {
            own_error("emptyResponse", &format!("HTTP {status}"), answer)
        } else {
            body
        };
        GraphResponse { status, body }
    }

    /// An address without its query, which may be a signature.
    fn shown(&self, location: &str) -> String {
        url::Url::parse(&self.inner.origin.to_string())
            .and_then(|base| base.join(location))
            .map_or_else(|_| "somewhere unreadable".into(), |url| url.origin().ascii_serialization())
    }
}

fn not_text(answer: &Response, kind: &str) -> GraphResponse {
    let message =
        format!("The answer is {} bytes of {}, not JSON or text.", answer.body.len(), printable(kind, 80));
    GraphResponse {
        status: StatusCode::UNSUPPORTED_MEDIA_TYPE.as_u16(),
        body: own_error("notText", &message, answer),
    }
}

/// An error of ours in the form of Graph's.
fn own_error(code: &str, message: &str, answer: &Response) -> Value {
    json!({"error": {"code": code, "message": message, "innerError": {"request-id": answer.header("request-id")}}})
}

/// The claims of a continuous-access-evaluation challenge: a 401 whose `WWW-Authenticate` says
/// `error="insufficient_claims"` (learn.microsoft.com/entra/identity-platform/claims-challenge).
fn claims_challenge(answer: &Response) -> Option<String> {
    use base64::Engine as _;
    use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
    if answer.status != StatusCode::UNAUTHORIZED {
        return None;
    }
    let challenge =
        answer.header("www-authenticate").filter(|value| value.contains("insufficient_claims"))?;
    let encoded = challenge.split_once("claims=\"")?.1.split('"').next()?;
    let decoded = [&STANDARD, &STANDARD_NO_PAD, &URL_SAFE, &URL_SAFE_NO_PAD]
        .iter()
        .find_map(|e| e.decode(encoded).ok())?;
    let claims = String::from_utf8(decoded).ok()?;
    // Only JSON goes back to Entra: the header is a stranger's.
    serde_json::from_str::<serde_json::Map<String, Value>>(&claims).ok().map(|_| claims)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_challenge_gives_its_claims_and_nothing_else_does() {
        let answer = |status, value: &str| {
            let mut headers = http::HeaderMap::new();
            headers.insert("www-authenticate", value.parse().unwrap());
            Response { status, headers, body: Bytes::new() }
        };
        let real = r#"Bearer realm="", error="insufficient_claims", claims="eyJhIjoxfQ==""#;
        assert_eq!(claims_challenge(&answer(StatusCode::UNAUTHORIZED, real)).as_deref(), Some(r#"{"a":1}"#));
        assert_eq!(claims_challenge(&answer(StatusCode::FORBIDDEN, real)), None);
        for other in [
            r#"Bearer error="invalid_token""#,
            r#"Bearer error="insufficient_claims", claims="%%%""#,
            r#"Bearer error="insufficient_claims", claims="aGk=""#,
        ] {
            assert_eq!(claims_challenge(&answer(StatusCode::UNAUTHORIZED, other)), None, "{other}");
        }
    }
}
