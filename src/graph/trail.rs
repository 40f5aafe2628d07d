//! What the audit is told of each request: see [`crate::audit`].

use std::sync::Arc;
use std::time::Instant;

use http::{HeaderMap, Method};

use super::boundary::Guard;
use super::call::Call;
use super::client::GraphClient;
use super::request::GraphRequest;
use super::response::{GraphFailure, GraphResponse};
use super::shape::{Shape, shape};
use crate::audit::{Audit, Entry, Event, RefusedBy};
use crate::error::{AuthError, printable};
use crate::http::Response;

/// A request that is on its way. A line of it is written however it ends: also where nobody waits for it any longer.
pub(super) struct Trail(Option<Open>);

struct Open {
    audit: Arc<Audit>,
    begun: Instant,
    entry: Entry,
}

impl GraphClient {
    /// Begins the trail of a request.
    ///
    /// # Errors
    /// [`GraphFailure::Audit`]: nothing may be sent, since a line could not be written.
    pub(super) fn trail(
        &self,
        event: Event,
        request: &GraphRequest,
        call: &Call,
    ) -> Result<Trail, GraphFailure> {
        let Some(audit) = self.audit() else { return Ok(Trail(None)) };
        audit.ready().map_err(GraphFailure::Audit)?;
        let entry = entry(event, Some(&request.method), request.path.as_str(), call);
        Ok(Trail(Some(Open { audit: Arc::clone(audit), begun: Instant::now(), entry })))
    }

    /// As [`Self::admit`], which is where every request passes; a refusal is told to the audit.
    pub(super) async fn gate(
        &self,
        request: &GraphRequest,
        call: &Call,
    ) -> Result<Option<Guard>, GraphFailure> {
        let outcome = self.admit(request, call).await;
        outcome.map_err(|failure| self.refused(Some(&request.method), request.path.as_str(), failure, call))
    }

    /// Tells the audit of a refusal, and hands it back: or the audit's own failure, so that none goes unseen.
    pub(crate) fn refused(
        &self,
        method: Option<&Method>,
        path: &str,
        failure: GraphFailure,
        call: &Call,
    ) -> GraphFailure {
        let Some(audit) = self.audit() else { return failure };
        let Some(refused_by) = refused_by(&failure) else { return failure };
        // First, so that refusals do not pile up while nothing can be written.
        let told = audit.ready().and_then(|()| {
            let entry = entry(Event::Refusal, method, path, call);
            audit.record([Entry { refused_by: Some(refused_by), ..entry }])
        });
        told.map_or_else(GraphFailure::Audit, |()| failure)
    }
}

impl GraphClient {
    /// Tells the audit that a token was handed out, or was refused.
    ///
    /// # Errors
    /// The line could not be written, so nothing may be handed out.
    pub fn token_asked_for(&self, client: Option<u32>, handed_out: bool) -> Result<(), AuthError> {
        let Some(audit) = self.audit() else { return Ok(()) };
        audit.ready()?;
        let event = if handed_out { Event::Token } else { Event::Refusal };
        let refused_by = (!handed_out).then_some(RefusedBy::Broker);
        audit.record([Entry { event, tool: Some("token".into()), client, refused_by, ..Entry::default() }])
    }
}

fn entry(event: Event, method: Option<&Method>, path: &str, call: &Call) -> Entry {
    let Shape { template, resources, options } = shape(path);
    let (tool, method) = (call.tool().map(str::to_owned), method.map(ToString::to_string));
    Entry { event, tool, client: call.client(), method, template, resources, options, ..Entry::default() }
}

/// Who refused, where nothing was sent because of it.
fn refused_by(failure: &GraphFailure) -> Option<RefusedBy> {
    match failure {
        GraphFailure::Path(_) => Some(RefusedBy::Path),
        GraphFailure::NotAllowed(_) => Some(RefusedBy::Writes),
        GraphFailure::OutsideBoundary(_) => Some(RefusedBy::Boundary),
        GraphFailure::DelegatedOnly(_) => Some(RefusedBy::Delegated),
        GraphFailure::Auth(_) => Some(RefusedBy::SignIn),
        GraphFailure::Transport(_) | GraphFailure::OutcomeUnknown(_) | GraphFailure::Audit(_) => None,
    }
}

impl Trail {
    /// An attempt, and its `client-request-id`.
    pub(super) fn attempt(&mut self) -> String {
        let id = uuid::Uuid::new_v4().to_string();
        if let Some(open) = &mut self.0 {
            *open.entry.attempts.get_or_insert(0) += 1;
            open.entry.client_request_id = Some(id.clone());
        }
        id
    }

    /// The request has ended: with an answer, or without one.
    ///
    /// # Errors
    /// [`GraphFailure::Audit`]: its line could not be written, so its answer goes to nobody.
    pub(super) fn end(mut self, outcome: &Result<Response, GraphFailure>) -> Result<(), GraphFailure> {
        match outcome {
            Ok(answer) => self.answered(answer.status.as_u16(), &answer.headers, answer.body.len() as u64),
            Err(failure) => self.failed(failure),
        }
        write([self])
    }

    /// As [`Self::end`], for content that was followed to where it lies.
    pub(super) fn end_storage(
        mut self,
        outcome: &Result<Result<Response, GraphResponse>, GraphFailure>,
    ) -> Result<(), GraphFailure> {
        match outcome {
            Ok(Ok(answer)) => {
                self.answered(answer.status.as_u16(), &answer.headers, answer.body.len() as u64);
            }
            Ok(Err(refusal)) => self.answered(refusal.status, &HeaderMap::new(), 0),
            Err(failure) => self.failed(failure),
        }
        if let Some(open) = &mut self.0 {
            // Not Graph's refusal.
            open.entry.refused_by = None;
        }
        write([self])
    }

    /// What was answered.
    pub(super) fn answered(&mut self, status: u16, headers: &HeaderMap, bytes: u64) {
        let Some(open) = &mut self.0 else { return };
        open.entry.status = Some(status);
        open.entry.bytes = Some(bytes);
        let id = headers.get("request-id").and_then(|value| value.to_str().ok());
        open.entry.request_id = id.map(|id| printable(id, 100));
        open.entry.refused_by = matches!(status, 401..=403).then_some(RefusedBy::Graph);
    }

    /// Why there is no answer.
    pub(super) fn failed(&mut self, failure: &GraphFailure) {
        let Some(open) = &mut self.0 else { return };
        open.entry.refused_by = refused_by(failure);
        open.entry.error = Some(match failure {
            GraphFailure::Auth(error)
            | GraphFailure::Transport(error)
            | GraphFailure::OutcomeUnknown(error)
            | GraphFailure::Audit(error) => printable(error.code(), 100),
            _ => "no_answer".to_owned(),
        });
    }

    /// Whether there is an audit at all.
    pub(super) fn is_open(&self) -> bool {
        self.0.is_some()
    }
}

/// Writes the lines of `trails`, at once.
///
/// # Errors
/// [`GraphFailure::Audit`].
pub(super) fn write(trails: impl IntoIterator<Item = Trail>) -> Result<(), GraphFailure> {
    let mut audit = None;
    let mut entries = Vec::new();
    for mut trail in trails {
        let Some(Open { audit: own, begun, entry }) = trail.0.take() else { continue };
        entries.push(Entry { ms: u64::try_from(begun.elapsed().as_millis()).ok(), ..entry });
        audit = Some(own);
    }
    let Some(audit) = audit else { return Ok(()) };
    audit.record(entries).map_err(|error| GraphFailure::Audit(sent(&error)))
}

/// What is true of a request whose line could not be written.
fn sent(error: &AuthError) -> AuthError {
    let mut parts = error.parts().clone();
    parts.message.push_str(" The request was sent and answered; its answer is held back.");
    parts.into()
}

impl Drop for Trail {
    fn drop(&mut self) {
        let Some(open) = &mut self.0 else { return };
        // Nobody waits for it any longer. It may have been carried out.
        open.entry.error.get_or_insert_with(|| "no_answer".to_owned());
        if let Err(GraphFailure::Audit(error)) = write([Self(self.0.take())]) {
            tracing::error!("{error}");
        }
    }
}
