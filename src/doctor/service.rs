//! `GET /v1.0/`: whether Graph takes the token at all. It needs no permission.

use std::time::Instant;

use super::check::{Check, Privacy, Status};
use super::{SERVICE, probe, skipped, timed};
use crate::graph::{GraphClient, GraphFailure, GraphRequest};

/// Asks for the service document.
pub(super) async fn look(graph: &GraphClient) -> Check {
    let started = Instant::now();
    let (id, title) = SERVICE;
    let call = graph.call().by("doctor");
    let asked = match graph.path("/", &call) {
        Ok(path) => graph.send(GraphRequest::get(path), &call).await,
        Err(failure) => Err(failure),
    };
    let check = match asked {
        Ok(answer) if answer.is_success() => {
            Check::new(id, title, Status::Ok, "Microsoft Graph takes the token")
        }
        Ok(answer) => probe::of_answer(Check::new(id, title, Status::Failed, ""), &answer, None),
        Err(GraphFailure::OutsideBoundary(_)) => {
            skipped(SERVICE, "It is outside the boundary, as all is that no one object holds")
        }
        Err(failure) => probe::of_failure(Check::new(id, title, Status::Failed, ""), failure),
    };
    timed(started, check.fact("path", "/v1.0/", Privacy::Open))
}
