//! The token endpoint of Entra ID: where and how to ask.

pub mod assertion;
pub mod authority;
pub mod claims;
pub mod request;
pub mod response;
pub mod scope;
pub mod token;

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use http::{Request, header};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use tokio::time::Instant;
use zeroize::Zeroizing;

use crate::error::AuthError;
use crate::http::{HttpClient, HttpError, Limits, Response, retry};
use crate::secret::{Secret, hide};
use authority::TokenEndpoint;
use request::TokenRequest;
use token::AccessToken;

/// Real answers have a few kilobytes, and come within a second or two: after ten of silence it is better to ask again.
const LIMITS: Limits = Limits { bytes: 1 << 20, silence: Duration::from_secs(10), wipe: true };

/// What came of one request.
#[derive(Debug)]
pub struct Answer {
    /// The token, or what Entra said, or why it could not be asked.
    pub outcome: Result<AccessToken, AuthError>,
    /// Seconds by which the server's clock is ahead of ours (negative: behind), where it told its time.
    pub skew: Option<i64>,
}

/// Asks `endpoint` for a token, once.
pub async fn acquire(
    http: &HttpClient,
    endpoint: &TokenEndpoint,
    request: &TokenRequest,
    deadline: Instant,
) -> Answer {
    let correlation = uuid::Uuid::new_v4().to_string();
    let url = endpoint.to_string();
    tracing::debug!(%url, scope = %request.scope, correlation_id = %correlation, "asking for a token");
    let message = Request::post(&url)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded;charset=utf-8")
        .header(header::ACCEPT, "application/json")
        .header("client-request-id", &correlation)
        .header("return-client-request-id", "true")
        .header("x-client-sku", "workiq-auth")
        .header("x-client-ver", env!("CARGO_PKG_VERSION"))
        // True only because a wish to be left alone is remembered: see `cache`.
        .header("x-ms-lib-capability", "retry-after, h429")
        .body(request.form());
    let answer = match message {
        Ok(message) => http.send(message, LIMITS, deadline).await,
        Err(error) => Err(HttpError::Request(error.to_string())),
    };
    match answer {
        Ok(mut answer) => {
            hide_echo(&mut answer, request.authentication.secret());
            let skew = retry::server_time(&answer.headers).and_then(skew);
            Answer { outcome: response::parse(&answer, &url, &correlation), skew }
        }
        Err(error) => Answer { outcome: Err(error.into()), skew: None },
    }
}

/// Takes what was sent out of an answer: a gateway may repeat the request in its page, and pages are quoted in errors.
fn hide_echo(answer: &mut Response, secret: &Secret) {
    let raw = secret.expose().as_bytes();
    let form = Zeroizing::new(url::form_urlencoded::byte_serialize(raw).collect::<String>());
    let percent = Zeroizing::new(utf8_percent_encode(secret.expose(), NON_ALPHANUMERIC).to_string());
    let hidden = match hide(&answer.body, &[raw, form.as_bytes(), percent.as_bytes()]) {
        Cow::Borrowed(_) => return,
        Cow::Owned(hidden) => hidden,
    };
    answer.body = hidden.into();
}

/// How far `server` is ahead of our clock, in seconds.
fn skew(server: SystemTime) -> Option<i64> {
    let now = SystemTime::now();
    let seconds = |duration: Duration| i64::try_from(duration.as_secs()).ok();
    match server.duration_since(now) {
        Ok(ahead) => seconds(ahead),
        Err(behind) => seconds(behind.duration()).map(|seconds| -seconds),
    }
}
