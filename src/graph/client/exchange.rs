//! Asking Graph, with a token that goes to Graph's origin and nowhere else; and what needs no token, without one.

use std::time::{Duration, SystemTime};

use ::http::{HeaderValue, Request, StatusCode, header};
use bytes::Bytes;
use serde_json::Value;
use tokio::time::{Instant, timeout_at};

use super::GraphClient;
use crate::audit::Event;
use crate::cache::Want;
use crate::entra::token::AccessToken;
use crate::error::{AuthError, ErrorKind};
use crate::graph::call::Call;
use crate::graph::request::GraphRequest;
use crate::graph::response::GraphFailure;
use crate::graph::trail::Trail;
use crate::graph::writes;
use crate::http::retry::{Next, Retries, retry_after};
use crate::http::{HttpClient, HttpError, Limits, Response};

/// Decorated as `SharePoint` asks, which treats those better that say who they are
/// (learn.microsoft.com/sharepoint/dev/general-development/how-to-avoid-getting-throttled-or-blocked-in-sharepoint-online).
pub(in crate::graph) const USER_AGENT: &str =
    concat!("NONISV|workiq-auth|workiq-auth/", env!("CARGO_PKG_VERSION"));

/// The largest answer that is read into memory, and the longest silence.
pub(in crate::graph) const LIMITS: Limits =
    Limits { bytes: 32 << 20, silence: Duration::from_secs(30), wipe: false };

impl GraphClient {
    /// The raw answer to `request`, tried again where that is safe and may help, all within the call's deadline.
    pub(in crate::graph) async fn exchange(
        &self,
        request: &GraphRequest,
        limits: Limits,
        call: &Call,
    ) -> Result<Response, GraphFailure> {
        let deadline = call.deadline();
        let pass = timeout_at(deadline, self.inner.lanes.enter([&request.path])).await;
        let _pass = pass.map_err(|_| self.too_late(request))?;
        self.repeat(request, limits, call).await
    }

    /// As [`Self::exchange`], for who has the right to send already.
    pub(in crate::graph) async fn repeat(
        &self,
        request: &GraphRequest,
        limits: Limits,
        call: &Call,
    ) -> Result<Response, GraphFailure> {
        let mut trail =
            self.trail(if call.is_lookup() { Event::Lookup } else { Event::Request }, request, call)?;
        let outcome = self.tried(request, limits, call, &mut trail).await;
        trail.end(&outcome)?;
        outcome
    }

    async fn tried(
        &self,
        request: &GraphRequest,
        limits: Limits,
        call: &Call,
        trail: &mut Trail,
    ) -> Result<Response, GraphFailure> {
        let mut retries = Retries::new(call.deadline());
        let mut challenged = false;
        let mut token = self.token(Want::Any, call).await?;
        loop {
            call.doing(|| "asking Microsoft Graph".to_owned());
            let limits = Limits { bytes: limits.bytes.min(call.room()), ..limits };
            let outcome = self.once(request, &token, limits, call.deadline(), trail.attempt()).await;
            let wish = match &outcome {
                Ok(answer) => {
                    call.took(answer.body.len());
                    // One new token for a claims challenge; a second challenge is the answer.
                    if let Some(claims) = claims_challenge(answer).filter(|_| !challenged) {
                        challenged = true;
                        let want = Want::Renewed { claims: &claims, refused: Some(&token) };
                        token = self.token(want, call).await?;
                        continue;
                    }
                    if !may_pass(request, answer.status) {
                        return outcome.map_err(|error| transport(error, limits));
                    }
                    retry_after(&answer.headers, SystemTime::now())
                }
                Err(error) if error.may_pass() && (writes::only_reads(request) || error.before_sending()) => {
                    None
                }
                Err(_) => return outcome.map_err(|error| failure(request, error, limits)),
            };
            match retries.next(wish) {
                Next::Pause(pause) => wait(pause, wish, call).await,
                Next::Stop => return outcome.map_err(|error| failure(request, error, limits)),
            }
        }
    }

    pub(super) async fn token(&self, want: Want<'_>, call: &Call) -> Result<AccessToken, GraphFailure> {
        let token = self.inner.credential.token(&self.inner.scope, want);
        let late =
            || AuthError::new(ErrorKind::Timeout, "timeout", "Signing in took too long for this call.");
        let token = timeout_at(call.deadline(), token).await.map_err(|_| GraphFailure::Auth(late()))?;
        token.map_err(GraphFailure::Auth)
    }

    async fn once(
        &self,
        request: &GraphRequest,
        token: &AccessToken,
        limits: Limits,
        deadline: Instant,
        request_id: String,
    ) -> Result<Response, HttpError> {
        let bearer = zeroize::Zeroizing::new(format!("Bearer {}", token.secret().expose()));
        let mut authorization = HeaderValue::from_str(&bearer)
            .map_err(|_| HttpError::Request("the token cannot be sent in a header".into()))?;
        authorization.set_sensitive(true);
        tracing::debug!(method = %request.method, path = %request.path, client_request_id = %request_id, "asking Graph");
        let mut sent = Request::builder()
            .method(request.method.clone())
            .uri(self.inner.origin.join(&format!("/v1.0{}", request.path)))
            .header(header::AUTHORIZATION, authorization)
            .header(header::USER_AGENT, USER_AGENT)
            .header("client-request-id", request_id)
            .body(request.bytes())
            .map_err(|error| HttpError::Request(error.to_string()))?;
        sent.headers_mut().extend(request.all_headers(self.own.serving.exact_text));
        self.inner.http.send(sent, limits, deadline).await
    }

    fn too_late(&self, request: &GraphRequest) -> GraphFailure {
        let message = format!(
            "Other requests to {} took all the time of this call; nothing was sent for {}.",
            self.inner.origin.host(),
            crate::error::printable(request.path.as_str(), 120)
        );
        let error = AuthError::new(ErrorKind::Timeout, "timeout", message);
        GraphFailure::Transport(error.with_hint("Ask for fewer paths at once."))
    }
}

/// The answer to a `GET` that carries no token, tried again where that may help. `request` makes one for each attempt.
pub(in crate::graph) async fn read_openly(
    http: &HttpClient,
    request: impl Fn() -> ::http::Result<Request<Bytes>>,
    limits: Limits,
    deadline: Instant,
    retries: &mut Retries,
) -> Result<Response, HttpError> {
    loop {
        let request = request().map_err(|error| HttpError::Request(error.to_string()))?;
        let outcome = http.send(request, limits, deadline).await;
        let wish = match &outcome {
            Ok(answer) if matches!(answer.status.as_u16(), 429 | 502..=504) => {
                retry_after(&answer.headers, SystemTime::now())
            }
            Err(error) if error.may_pass() => None,
            _ => return outcome,
        };
        match retries.next(wish) {
            Next::Pause(pause) => tokio::time::sleep(pause).await,
            Next::Stop => return outcome,
        }
    }
}

/// Whether asking again may bring another answer, and can do no harm.
fn may_pass(request: &GraphRequest, status: StatusCode) -> bool {
    match status.as_u16() {
        // Graph did nothing.
        429 => true,
        502..=504 => writes::only_reads(request),
        _ => false,
    }
}

pub(in crate::graph) async fn wait(pause: Duration, wish: Option<Duration>, call: &Call) {
    call.doing(|| {
        let seconds = pause.as_secs_f32().ceil();
        if wish.is_some() {
            format!("waiting {seconds} s, as Microsoft Graph asks")
        } else {
            format!("waiting {seconds} s before asking Microsoft Graph again")
        }
    });
    tokio::time::sleep(pause).await;
}

/// A write that got no answer may have been carried out.
fn failure(request: &GraphRequest, error: HttpError, limits: Limits) -> GraphFailure {
    if writes::only_reads(request) || error.before_sending() {
        return transport(error, limits);
    }
    let message = format!("The write was sent and no answer came, so its outcome is unknown: {error}.");
    let unknown = AuthError::new(ErrorKind::Response, "outcome_unknown", message);
    GraphFailure::OutcomeUnknown(unknown.with_hint("Read it back before writing again."))
}

/// The claims of a continuous-access-evaluation challenge: a 401 whose `WWW-Authenticate` says
/// `error="insufficient_claims"` (learn.microsoft.com/entra/identity-platform/claims-challenge).
fn claims_challenge(answer: &Response) -> Option<String> {
    use base64::Engine as _;
    use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
    if answer.status != StatusCode::UNAUTHORIZED {
        return None;
    }
    // There may be one for each scheme.
    let challenges =
        answer.headers.get_all("www-authenticate").iter().filter_map(|value| value.to_str().ok());
    let challenge = challenges.into_iter().find(|value| value.contains("insufficient_claims"))?;
    let encoded = challenge.split_once("claims=\"")?.1.split('"').next()?;
    let decoded = [&STANDARD, &STANDARD_NO_PAD, &URL_SAFE, &URL_SAFE_NO_PAD]
        .iter()
        .find_map(|e| e.decode(encoded).ok())?;
    let claims = String::from_utf8(decoded).ok()?;
    // Only JSON goes back to Entra: the header is a stranger's.
    serde_json::from_str::<serde_json::Map<String, Value>>(&claims).ok().map(|_| claims)
}

/// A failure to get an answer; one that is too large names the limit and who may raise it.
pub(in crate::graph) fn transport(error: HttpError, limits: Limits) -> GraphFailure {
    GraphFailure::Transport(match error {
        HttpError::TooLarge { .. } => AuthError::new(
            ErrorKind::Response,
            "content_too_large",
            format!("The content is larger than the limit of {} bytes.", limits.bytes),
        )
        .with_hint(if limits.bytes == LIMITS.bytes {
            "Ask for less: $top, and $select without bodies."
        } else {
            "Ask for less, or let the administrator raise WORKIQ_BLOB_BYTES."
        }),
        other => other.into(),
    })
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

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
