//! Graph as one application may ask it: which requests are sent at all, and what is made of their answers.

pub(super) mod exchange;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::{HeaderValue, Method, StatusCode, header};
use tokio::time::Instant;

use super::boundary::{self, Boundary, Guard, Standing};
use super::call::Call;
use super::granted::Granted;
use super::lanes::Lanes;
use super::metadata::Operation;
use super::metadata::store::MetadataStore;
use super::path::GraphPath;
use super::refusal::{self, Refused};
use super::request::GraphRequest;
use super::response::{self, GraphFailure, GraphResponse};
use super::writes::{self, Effect};
use super::{delegated, document, paging, search};
use crate::audit::Audit;
use crate::cache::Want;
use crate::credential::Credential;
use crate::entra::scope::Scope;
use crate::error::AuthError;
use crate::http::{HttpClient, Response};
use crate::settings::Settings;
use crate::settings::boundary::{Deed, Methods};
use crate::settings::broker::Wishes;
use crate::settings::identity::UserRef;
use crate::settings::origin::Origin;
use crate::settings::serving::Serving;
use crate::settings::writes::WriteClass;
use exchange::LIMITS;

/// Asks for a transcript without the names of its speakers
/// (learn.microsoft.com/graph/api/calltranscript-get).
const WITHOUT_SPEAKERS: &str = "application/vnd.microsoft.graph.transcript+text";

/// Microsoft Graph, asked as one application. Cheap to clone; clones share connections, tokens and what was learnt.
#[derive(Clone)]
pub struct GraphClient {
    inner: Arc<Inner>,
    own: Arc<Own>,
}

/// What one user of a client may have otherwise than another.
#[derive(Clone)]
struct Own {
    user: Option<UserRef>,
    serving: Serving,
}

struct Inner {
    http: HttpClient,
    credential: Credential,
    origin: Origin,
    scope: Scope,
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
    /// [`ErrorKind::Settings`](crate::error::ErrorKind::Settings): there is to be an audit, and its file cannot be used.
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
            boundary: settings.boundary.clone().map(Boundary::new),
            lanes: Lanes::new(),
            audit: audit.transpose()?.map(Arc::new),
            region: Mutex::default(),
        };
        let own = Own { user: settings.user.clone(), serving: settings.serving.clone() };
        Ok(Self { inner: Arc::new(inner), own: Arc::new(own) })
    }

    /// The credential of `settings`, and Graph asked with it. Sends nothing yet.
    ///
    /// # Errors
    /// [`ErrorKind::Settings`](crate::error::ErrorKind::Settings): trust anchors or the audit's file cannot be used.
    pub fn signed_in(settings: &Settings) -> Result<(Credential, Self), AuthError> {
        let http = HttpClient::new(&settings.network)?;
        let credential = Credential::new(settings, http.clone());
        let graph = Self::new(settings, http, credential.clone())?;
        Ok((credential, graph))
    }

    /// The same client for somebody who wishes to have some things narrower, or `/me` to be somebody else.
    #[must_use]
    pub fn with_wishes(&self, wishes: &Wishes) -> Self {
        if *wishes == Wishes::default() {
            return self.clone();
        }
        let mut own = (*self.own).clone();
        let Wishes { writes, user, blob_bytes, call_timeout } = wishes;
        own.serving.writes = writes.map_or(own.serving.writes, |writes| writes.and(own.serving.writes));
        own.serving.blob_bytes = blob_bytes.unwrap_or(usize::MAX).min(own.serving.blob_bytes);
        own.serving.call_timeout = call_timeout.unwrap_or(Duration::MAX).min(own.serving.call_timeout);
        own.user = user.clone().or(own.user);
        Self { inner: Arc::clone(&self.inner), own: Arc::new(own) }
    }

    /// How a path stands to the boundary. Without one, all is inside.
    ///
    /// # Errors
    /// [`GraphFailure::OutsideBoundary`], or why Graph could not be asked.
    pub async fn standing(&self, deed: Deed, path: GraphPath, call: &Call) -> Result<Standing, GraphFailure> {
        match &self.inner.boundary {
            Some(boundary) => {
                let request = boundary::example(deed, path);
                Ok(boundary.verdict(self, &request, call).await?.standing(deed))
            }
            None => Ok(Standing { allowed: true, methods: Methods::ALL.words(), window: None }),
        }
    }

    /// A checked path. `/me` becomes the user of the settings.
    ///
    /// # Errors
    /// [`GraphFailure::Path`]: what is wrong with it.
    pub fn path(&self, text: &str, call: &Call) -> Result<GraphPath, GraphFailure> {
        let checked = GraphPath::parse(text).and_then(|path| path.for_user(self.own.user.as_ref()));
        checked.map_err(|error| self.refused(None, text, GraphFailure::Path(error.to_string()), call))
    }

    /// A call that begins now.
    #[must_use]
    pub fn call(&self) -> Call {
        Call::new(self.own.serving.call_timeout)
    }

    /// The limits that it was made with.
    #[must_use]
    pub fn serving(&self) -> &Serving {
        &self.own.serving
    }

    /// Sends `request` and waits for its answer: within the page size that is usual, in the region that is right, again
    /// where Graph asks for it.
    ///
    /// # Errors
    /// Why there is no answer of Graph's. An error of Graph's is an answer.
    pub async fn send(&self, request: GraphRequest, call: &Call) -> Result<GraphResponse, GraphFailure> {
        if let Some(guard) = self.gate(&request, call).await? {
            let answer = self.admitted(guard.narrowed(request), call).await?;
            return self.let_out(&guard, answer, call);
        }
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

    /// What `guard` leaves of `answer`.
    pub(super) fn let_out(
        &self,
        guard: &Guard,
        answer: GraphResponse,
        call: &Call,
    ) -> Result<GraphResponse, GraphFailure> {
        let outcome = guard.filtered(answer);
        outcome.map_err(|failure| self.refused(Some(&Method::GET), guard.path().as_str(), failure, call))
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

    /// Whether `request` may be sent at all. Every request passes here, alone or in a batch. Its answer has to pass the
    /// guard, where there is one.
    pub(super) async fn admit(
        &self,
        request: &GraphRequest,
        call: &Call,
    ) -> Result<Option<Guard>, GraphFailure> {
        // First what needs no question to Graph.
        if let Some(boundary) = &self.inner.boundary {
            boundary.glance(request)?;
        }
        delegated::check(&request.method, request.path.as_str(), request.body.as_ref())
            .map_err(GraphFailure::DelegatedOnly)?;
        self.admit_write(request, call).await?;
        match &self.inner.boundary {
            Some(boundary) => boundary.admit(self, request, call).await,
            None => Ok(None),
        }
    }

    /// Whether `request` only reads, or is a write that is allowed.
    async fn admit_write(&self, request: &GraphRequest, call: &Call) -> Result<(), GraphFailure> {
        let allowed = |class| self.own.serving.writes.allow(class);
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
        match metadata.resolve(path.own()).map(|resource| resource.post()) {
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
        Ok(GraphResponse { note: Some(note.into()), ..answer })
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
        self.own.serving.blob_bytes
    }
}
