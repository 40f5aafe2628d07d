//! What Graph answered, in the shape of Work IQ's results.

use serde_json::{Map, Value, json};

use super::Outcome;
use crate::error::{AuthError, ErrorKind};
use crate::graph::{GraphFailure, GraphResponse};

/// One result: `{statusCode, data}`, or `{statusCode, error}` with Graph's error whole.
pub(super) fn result(answer: GraphResponse) -> Map<String, Value> {
    let mut result = Map::new();
    result.insert("statusCode".into(), json!(answer.status));
    if answer.is_success() {
        if !answer.body.is_null() {
            result.insert("data".into(), answer.body);
        }
    } else {
        result.insert("error".into(), error_of(answer.body));
        if let Some(wait) = answer.retry_after {
            result.insert("retryAfterSeconds".into(), json!(wait.as_secs()));
        }
    }
    if let Some(refusal) = answer.refusal {
        result.insert("refusal".into(), refusal.to_json());
    }
    if let Some(note) = answer.note {
        result.insert("note".into(), json!(note));
    }
    result
}

/// Graph's error without the envelope that repeats its name.
fn error_of(body: Value) -> Value {
    match body {
        Value::Object(mut body) if body.get("error").is_some_and(Value::is_object) => {
            body.remove("error").unwrap_or_default()
        }
        other => json!({"code": "unknownError", "message": "", "body": other}),
    }
}

/// The result of a request that got no answer of Graph's. `Err` where nothing can be said of any request: sign-in
/// failed.
pub(super) fn failure(failure: GraphFailure) -> Result<Map<String, Value>, AuthError> {
    Ok(match failure {
        GraphFailure::Auth(error) => return Err(error),
        GraphFailure::Path(message) => failed(400, "invalidPath", &message),
        GraphFailure::DelegatedOnly(why) => {
            let mut result = failed(403, "delegatedOnly", &why.to_string());
            let refusal = json!({"kind": "delegated_only", "cause": why.reason(), "fix": why.instead(), "link": why.link()});
            result.insert("refusal".into(), refusal);
            result
        }
        GraphFailure::NotAllowed(class) => failed(
            403,
            "writesNotAllowed",
            &format!(
                "This server does not allow to {} here. That is its administrator's decision, so do not try another \
                 way. To allow it, set WORKIQ_ALLOW_WRITES={class} (or true) where the server is started.",
                class.deed()
            ),
        ),
        GraphFailure::Audit(error) => failed(503, error.code(), &error.report()),
        GraphFailure::OutsideBoundary(message) => failed(403, "outsideBoundary", &message),
        GraphFailure::OutcomeUnknown(error) => failed(504, "outcomeUnknown", &error.report()),
        GraphFailure::Transport(error) => {
            let status = match (error.kind(), error.code()) {
                (ErrorKind::Timeout, _) => 504,
                (_, "content_too_large") => 413,
                _ => 503,
            };
            failed(status, error.code(), &error.report())
        }
    })
}

/// A result that is an error of ours.
pub(super) fn failed(status: u16, code: &str, message: &str) -> Map<String, Value> {
    let error = json!({"code": code, "message": message});
    Map::from_iter([("statusCode".to_owned(), json!(status)), ("error".to_owned(), error)])
}

/// The outcome of a tool that has nothing to answer with but Graph's metadata, in words: its result has another shape.
pub(super) fn without_metadata(no_answer: GraphFailure) -> Outcome {
    match no_answer {
        GraphFailure::Auth(error) | GraphFailure::Transport(error) => Outcome::error(&error),
        other => single(Err(other)),
    }
}

/// The outcome of a tool that sends one request.
pub(super) fn single(answer: Result<GraphResponse, GraphFailure>) -> Outcome {
    let result = match answer {
        Ok(answer) => Ok(result(answer)),
        Err(no_answer) => failure(no_answer),
    };
    match result {
        Ok(result) => {
            let failed = result.contains_key("error");
            Outcome::structured(Value::Object(result), failed)
        }
        Err(error) => Outcome::error(&error),
    }
}
