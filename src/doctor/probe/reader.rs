//! How a probe asks: with a credential of this process's own, or through the broker, as a tool does.

use serde_json::{Map, Value, json};

use crate::broker::Toolbox;
use crate::error::{AuthError, ErrorKind, printable};
use crate::graph::refusal::Refusal;
use crate::graph::{Call, GraphClient, GraphFailure, GraphRequest, GraphResponse};
use crate::tools::present::{Presentation, Rendering};
use crate::tools::shown::{Shown, View};

/// A transcript of a day has less.
const BUDGET: usize = 8 << 20;

/// Who reads for the probes.
#[derive(Clone, Copy)]
pub(in crate::doctor) enum Reader<'a> {
    /// This process.
    Own(&'a GraphClient),
    /// A broker, whose boundary and audit bind it.
    Brokered(&'a Toolbox),
}

impl Reader<'_> {
    /// A call that begins now.
    pub(super) fn begin(self) -> Call {
        match self {
            Self::Own(graph) => graph.call().by("doctor"),
            Self::Brokered(toolbox) => toolbox.begin(),
        }
    }

    /// Reads `path`.
    pub(super) async fn get(self, path: &str, call: &Call) -> Result<GraphResponse, GraphFailure> {
        let toolbox = match self {
            Self::Own(graph) => {
                return graph.send(GraphRequest::get(graph.path(path, call)?), call).await;
            }
            Self::Brokered(toolbox) => toolbox,
        };
        let presentation = Presentation { exact: true, budget: BUDGET };
        let view = View { presentation, rendering: Rendering::Short };
        let arguments = Map::from_iter([("entityUrls".to_owned(), json!([path]))]);
        match toolbox.call("fetch", arguments, &view, call).await {
            Some(Shown { error: Some(error), .. }) => Err(GraphFailure::Auth(error)),
            Some(Shown { structured: Some(mut value), .. }) => answer(value["results"][0].take()),
            other => {
                let said = other.map(|shown| printable(&shown.text, 200)).unwrap_or_default();
                Err(GraphFailure::Transport(AuthError::new(
                    ErrorKind::Response,
                    "unexpected_response",
                    format!("The broker gave no result. {said}"),
                )))
            }
        }
    }
}

/// What a result of `fetch` was before it was one.
fn answer(mut result: Value) -> Result<GraphResponse, GraphFailure> {
    let message = || result["error"]["message"].as_str().unwrap_or_default().to_owned();
    match result["error"]["code"].as_str() {
        Some("outsideBoundary") => return Err(GraphFailure::OutsideBoundary(message())),
        Some("invalidPath") => return Err(GraphFailure::Path(message())),
        _ => {}
    }
    let status =
        result["statusCode"].as_u64().and_then(|status| u16::try_from(status).ok()).unwrap_or_default();
    let refusal = Refusal::of_json(&result["refusal"]);
    let note = result["note"].as_str().map(str::to_owned);
    let body = if result["error"].is_object() {
        json!({"error": result["error"].take()})
    } else {
        result["data"].take()
    };
    Ok(GraphResponse::told(status, body, note, refusal))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::refusal::RefusalKind;

    #[test]
    fn a_result_is_read_back_as_what_it_was() {
        let good = answer(json!({"statusCode": 200, "data": {"value": []}, "note": "n"})).unwrap();
        assert!(good.is_success() && good.body["value"].is_array() && good.note.is_some());
        let refused = answer(json!({
            "statusCode": 403,
            "error": {"code": "Forbidden", "message": "m", "innerError": {"request-id": "r"}},
            "refusal": {"kind": "role_missing", "cause": "c", "fix": "f", "permission": {"name": "Mail.Read"}},
        }))
        .unwrap();
        assert_eq!((refused.status, &refused.body["error"]["innerError"]["request-id"]), (403, &"r".into()));
        let refusal = refused.refusal.unwrap();
        assert_eq!((refusal.kind, refusal.cause.as_str()), (RefusalKind::RoleMissing, "c"));
        assert_eq!(refusal.permission.unwrap().name, "Mail.Read");
        let outside =
            answer(json!({"statusCode": 403, "error": {"code": "outsideBoundary", "message": "o"}}));
        assert!(matches!(outside, Err(GraphFailure::OutsideBoundary(message)) if message == "o"));
        let nothing = answer(Value::Null).unwrap();
        assert!(!nothing.is_success() && nothing.refusal.is_none());
    }
}
