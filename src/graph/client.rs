//! Asking Graph, with a token that goes to Graph's origin and nowhere else.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use http::{HeaderValue, Request, StatusCode, header};
use serde_json::Value;
use tokio::time::{Instant, timeout_at};

use super::blob::transport;
use super::boundary::Boundary;
use super::call::Call;
use super::granted::Granted;
use super::lanes::Lanes;
use super::metadata::Operation;
use super::metadata::store::MetadataStore;
use super::path::GraphPath;
use super::refusal::{self, Refused};
use super::request::GraphRequest;
use super::response::{self, GraphFailure, GraphResponse};
use super::trail::Trail;
use super::writes::{self, Effect};
use super::{delegated, document, paging, search};
use crate::audit::{Audit, Event};
use crate::cache::Want;
use crate::credential::Credential;
use crate::entra::scope::Scope;
use crate::entra::token::AccessToken;
use crate::error::{AuthError, ErrorKind};
use crate::http::retry::{Next, Retries, retry_after};
use crate::http::{HttpClient, HttpError, Limits, Response};
use crate::settings::Settings;
use crate::settings::identity::UserRef;
use crate::settings::origin::Origin;
use crate::settings::serving::Serving;
use crate::settings::writes::WriteClass;

/// Decorated as `SharePoint` asks, which treats those better that say who they are
/// (learn.microsoft.com/sharepoint/dev/general-development/how-to-avoid-getting-throttled-or-blocked-in-sharepoint-online).
pub(super) const USER_AGENT: &str = concat!("NONISV|workiq-auth|workiq-auth/", env!("CARGO_PKG_VERSION"));

/// The largest answer that is read into memory, and the longest silence.
pub(super) const LIMITS: Limits = Limits { bytes: 32 << 20, silence: Duration::from_secs(30), wipe: false };

/// Asks for a transcript without the names of its speakers
/// (learn.microsoft.com/graph/api/calltranscript-get).
const WITHOUT_SPEAKERS: &str = "application/vnd.microsoft.graph.transcript+text";

/// Microsoft Graph, asked as one application. Cheap to clone; clones share connections, tokens and what was learnt.
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
    serving: Serving,
    boundary: Option<Boundary>,
    lanes: Lanes,
    metadata: MetadataStore,
    audit: Option<Arc<Audit>>,
    /// The region of searches, once known.
    region: Mutex<Option<String>>,
}

impl GraphClient {
    /// Graph at the endpoint of `settings`, signed in by `credential`.
    ///
    /// # Errors
    /// [`ErrorKind::Settings`]: there is to be an audit, and its file cannot be used.
    pub fn new(settings: &Settings, http: HttpClient, credential: Credential) -> Result<Self, AuthError> {
        let audit = settings.serving.audit.as_ref().map(|setting| {
            let of = |id: Option<String>| id.map(|id| crate::error::printable(&id, 200));
            let app = of(settings.client().map(|id| id.to_string()));
            Audit::open(setting, app, of(settings.tenant().map(ToString::to_string)))
        });
        let inner = Inner {
            metadata: document::store(settings, &http),
            http,
            credential,
            scope: Scope::of(&settings.graph),
            origin: settings.graph.clone(),
            user: settings.user.clone(),
            serving: settings.serving.clone(),
            boundary: settings.boundary.clone().map(Boundary::new),
            lanes: Lanes::new(),
            audit: audit.transpose()?.map(Arc::new),
            region: Mutex::default(),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// A checked path. `/me` becomes the user of the settings.
    ///
    /// # Errors
    /// [`GraphFailure::Path`]: what is wrong with it.
    pub fn path(&self, text: &str, call: &Call) -> Result<GraphPath, GraphFailure> {
        let checked = GraphPath::parse(text).and_then(|path| path.for_user(self.inner.user.as_ref()));
        checked.map_err(|error| self.refused(None, text, GraphFailure::Path(error.to_string()), call))
    }

    /// A call that begins now.
    #[must_use]
    pub fn call(&self) -> Call {
        Call::new(self.inner.serving.call_timeout)
    }

    /// The limits that it was made with.
    #[must_use]
    pub fn serving(&self) -> &Serving {
        &self.inner.serving
    }

    /// Signs in, or finds that we are.
    ///
    /// # Errors
    /// Why sign-in failed.
    pub async fn sign_in(&self) -> Result<(), AuthError> {
        self.inner.credential.token(&self.inner.scope, Want::Any).await.map(drop)
    }

    /// Sends `request` and waits for its answer: within the page size that is usual, in the region that is right, again
    /// where Graph asks for it.
    ///
    /// # Errors
    /// Why there is no answer of Graph's. An error of Graph's is an answer.
    pub async fn send(&self, request: GraphRequest, call: &Call) -> Result<GraphResponse, GraphFailure> {
        self.gate(&request, call).await?;
        if let Some(boundary) = &self.inner.boundary
            && let Some(narrowed) = boundary.narrowed(&request).map_err(|failure| {
                self.refused(Some(&request.method), request.path.as_str(), failure, call)
            })?
        {
            let mut answer = self.admitted(narrowed, call).await?;
            if answer.is_success() {
                boundary.filter(&mut answer.body);
            }
            return Ok(answer);
        }
        self.admitted(request, call).await
    }

    /// As [`Self::send`], where `request` was admitted.
    pub(super) async fn admitted(
        &self,
        request: GraphRequest,
        call: &Call,
    ) -> Result<GraphResponse, GraphFailure> {
        let answer = self.best_answer(&request, call).await?;
        Ok(self.explained(&request, answer, call).await)
    }

    async fn best_answer(&self, request: &GraphRequest, call: &Call) -> Result<GraphResponse, GraphFailure> {
        if let Some(path) = request.is_read().then(|| paging::sized(&request.path)).flatten() {
            let answer = self.answer(&GraphRequest { path, ..request.clone() }, call).await?;
            if !paging::is_about_top(answer.status, &answer.body) {
                return Ok(answer);
            }
            tracing::debug!(path = %request.path, "this collection refuses the page size; asking as the caller did");
        }
        if search::wants_region(request) {
            return self.search(request, call).await;
        }
        let answer = self.answer(request, call).await?;
        if answer.status == StatusCode::FORBIDDEN.as_u16()
            && request.is_read()
            && answer.body.to_string().contains("SpeakerAttributionNotAllowed")
        {
            return self.without_speakers(request.clone(), answer, call).await;
        }
        Ok(answer)
    }

    /// Whether `request` may be sent at all. Every request passes here, alone or in a batch.
    pub(super) async fn admit(&self, request: &GraphRequest, call: &Call) -> Result<(), GraphFailure> {
        // First what needs no question to Graph.
        if let Some(boundary) = &self.inner.boundary {
            boundary.glance(request)?;
        }
        delegated::check(&request.method, request.path.as_str(), request.body.as_ref())
            .map_err(GraphFailure::DelegatedOnly)?;
        self.admit_write(request, call).await?;
        match &self.inner.boundary {
            Some(boundary) => boundary.admit(self, request, call).await,
            None => Ok(()),
        }
    }

    /// Whether `request` only reads, or is a write that is allowed.
    async fn admit_write(&self, request: &GraphRequest, call: &Call) -> Result<(), GraphFailure> {
        let allowed = |class| self.inner.serving.writes.allow(class);
        let class = match writes::effect(&request.method, &request.path) {
            Effect::Read => return Ok(()),
            Effect::Write(class) => class,
            // Where both are allowed it need not be known which one it is.
            Effect::Post if [WriteClass::Create, WriteClass::Action].into_iter().all(allowed) => {
                return Ok(());
            }
            Effect::Post => self.class_of_post(&request.path, call).await,
        };
        if allowed(class) { Ok(()) } else { Err(GraphFailure::NotAllowed(class)) }
    }

    /// What the metadata says a `POST` to `path` is. What it does not know is an action, and so is all where it cannot be
    /// had.
    pub(super) async fn class_of_post(&self, path: &GraphPath, call: &Call) -> WriteClass {
        if writes::grants(path) {
            return WriteClass::Action;
        }
        // Half of the time is left for the request itself.
        let patience = call.deadline().saturating_duration_since(Instant::now()) / 2;
        let metadata = match self.metadata(&call.within(patience)).await {
            Ok(metadata) => metadata,
            Err(failure) => {
                tracing::warn!(?failure, "without Graph's metadata every POST counts as an action");
                return WriteClass::Action;
            }
        };
        let own = path.as_str().split('?').next().unwrap_or_default();
        match metadata.resolve(own).map(|resource| resource.post()) {
            Some(Operation::Create) => WriteClass::Create,
            _ => WriteClass::Action,
        }
    }

    /// Adds to a refusal what it means, by what the token holds.
    pub(super) async fn explained(
        &self,
        request: &GraphRequest,
        answer: GraphResponse,
        call: &Call,
    ) -> GraphResponse {
        if answer.is_success() || !(400..500).contains(&answer.status) {
            return answer;
        }
        let granted = self.granted(call).await;
        let refused = Refused {
            method: &request.method,
            path: request.path.as_str(),
            status: answer.status,
            body: &answer.body,
            challenge: answer.challenge.as_deref(),
            granted: granted.as_ref(),
        };
        let refusal = refusal::classify(&refused).map(Box::new);
        GraphResponse { refusal, ..answer }
    }

    /// What the application holds, as far as its token tells; none without a token in time.
    pub async fn granted(&self, call: &Call) -> Option<Granted> {
        let token = self.token(Want::Any, call).await.ok()?;
        Granted::of(token.secret().expose())
    }

    async fn search(&self, request: &GraphRequest, call: &Call) -> Result<GraphResponse, GraphFailure> {
        let known = || self.inner.region.lock().unwrap_or_else(PoisonError::into_inner);
        let region = known().clone().unwrap_or_else(|| search::GUESS.to_owned());
        let answer = self.answer(&search::in_region(request, &region), call).await?;
        let right = (answer.status == 400).then(|| search::named_by(&answer.body)).flatten();
        let Some(right) = right.filter(|right| *right != region) else {
            if answer.is_success() {
                *known() = Some(region);
            }
            return Ok(answer);
        };
        tracing::info!(region = %right, "Graph names the region of searches");
        *known() = Some(right.clone());
        self.answer(&search::in_region(request, &right), call).await
    }

    /// The tenant does not give away who spoke; what was said, it may.
    async fn without_speakers(
        &self,
        request: GraphRequest,
        refusal: GraphResponse,
        call: &Call,
    ) -> Result<GraphResponse, GraphFailure> {
        let mut request = request;
        request.headers.insert(header::ACCEPT, HeaderValue::from_static(WITHOUT_SPEAKERS));
        let answer = self.answer(&request, call).await?;
        if !answer.is_success() {
            return Ok(refusal);
        }
        let note = "The tenant's policy leaves out who spoke (SpeakerAttributionNotAllowed).";
        Ok(GraphResponse { note: Some(note), ..answer })
    }

    /// One answer, read. Content that Graph has elsewhere is fetched if it is text.
    async fn answer(&self, request: &GraphRequest, call: &Call) -> Result<GraphResponse, GraphFailure> {
        let mut answer = self.exchange(request, LIMITS, call).await?;
        let elsewhere = answer.status.is_redirection() && answer.status != StatusCode::NOT_MODIFIED;
        if request.is_read() && request.is_content() && elsewhere {
            answer = match self.storage(request, &answer, self.blob_limits(), call).await? {
                Ok(answer) => answer,
                Err(refusal) => return Ok(refusal),
            };
        }
        if response::is_binary(&answer) {
            return Ok(response::not_text(&answer));
        }
        let read = self.read(&answer);
        // Looked at anew only where something is odd.
        if read.body.is_string() && request.is_read() && !request.is_content() && response::is_broken(&answer)
        {
            return Ok(response::broken(&answer));
        }
        Ok(read)
    }

    /// The raw answer to `request`, tried again where that is safe and may help, all within the call's deadline.
    pub(super) async fn exchange(
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
    pub(super) async fn repeat(
        &self,
        request: &GraphRequest,
        limits: Limits,
        call: &Call,
    ) -> Result<Response, GraphFailure> {
        let mut trail = self.trail(Event::Request, request, call)?;
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

    async fn token(&self, want: Want<'_>, call: &Call) -> Result<AccessToken, GraphFailure> {
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
        sent.headers_mut().extend(request.all_headers(self.inner.serving.exact_text));
        self.inner.http.send(sent, limits, deadline).await
    }

    pub(super) fn read(&self, answer: &Response) -> GraphResponse {
        GraphResponse::read(answer, &self.inner.origin)
    }

    pub(super) fn origin(&self) -> &Origin {
        &self.inner.origin
    }

    pub(super) fn http(&self) -> &HttpClient {
        &self.inner.http
    }

    pub(super) fn metadata_store(&self) -> &MetadataStore {
        &self.inner.metadata
    }

    pub(super) fn audit(&self) -> Option<&Arc<Audit>> {
        self.inner.audit.as_ref()
    }

    pub(super) fn lanes(&self) -> &Lanes {
        &self.inner.lanes
    }

    pub(super) fn blob_bytes(&self) -> usize {
        self.inner.serving.blob_bytes
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

/// Whether asking again may bring another answer, and can do no harm.
fn may_pass(request: &GraphRequest, status: StatusCode) -> bool {
    match status.as_u16() {
        // Graph did nothing.
        429 => true,
        502..=504 => writes::only_reads(request),
        _ => false,
    }
}

pub(super) async fn wait(pause: Duration, wish: Option<Duration>, call: &Call) {
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
