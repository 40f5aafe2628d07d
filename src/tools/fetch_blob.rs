//! `fetch_blob`: the content of a file, as base64.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::arguments::Arguments;
use super::{Definition, Kind, Outcome, answer};
use crate::graph::{Call, GraphClient, GraphFailure, GraphRequest, GraphResponse};

pub(super) const DEFINITION: Definition = Definition {
    name: "fetch_blob",
    title: "Read a file's content",
    description: "Read content as base64: a file (…/content), an attachment or photo (…/$value). For text prefer fetch.",
    input: || {
        json!({
            "type": "object",
            "properties": {
                "path": {"type": "string", "description": "/drives/{id}/items/{id}/content"},
                "format": {"type": "string", "description": "Convert a file, such as pdf"},
                "agentId": {"type": "string"}
            },
            "required": ["path"]
        })
    },
    output: || {
        json!({
            "type": "object",
            "properties": {
                "statusCode": {"type": "integer"},
                "contentType": {"type": "string"},
                "blobName": {"type": "string"},
                "sizeBytes": {"type": "integer"},
                "base64Content": {"type": "string"}
            },
            "required": ["statusCode"]
        })
    },
    kind: Kind::Read,
};

/// The member that holds the payload, which is given once and never in text.
pub(super) const PAYLOAD: &str = "base64Content";

pub(super) async fn call(graph: &GraphClient, arguments: Map<String, Value>, call: &Call) -> Outcome {
    let request = match request(graph, arguments, call) {
        Ok(request) => request,
        Err(outcome) => return outcome,
    };
    if !request.is_content() {
        return answer::single(Ok(GraphResponse::not_content()));
    }
    let blob = match graph.blob(&request, call).await {
        Ok(Ok(blob)) => blob,
        Ok(Err(refusal)) => return answer::single(Ok(refusal)),
        Err(failure) => return answer::single(Err(failure)),
    };
    let mut result =
        json!({"statusCode": 200, "contentType": blob.content_type, "sizeBytes": blob.bytes.len()});
    // Not by `json!`, which would copy it.
    result[PAYLOAD] = Value::String(STANDARD.encode(&blob.bytes));
    if let Some(name) = blob.name {
        result["blobName"] = json!(name);
    }
    Outcome::structured(result, false)
}

fn request(graph: &GraphClient, arguments: Map<String, Value>, call: &Call) -> Result<GraphRequest, Outcome> {
    let mut arguments = Arguments::new("fetch_blob", arguments);
    let path = arguments.text(&["path", "blobUrl"]).map_err(Outcome::failure)?;
    let format = arguments.optional_text(&["format"]).map_err(Outcome::failure)?;
    let refused = |failure: GraphFailure| answer::single(Err(failure));
    let Some(format) = format else {
        return graph.path(&path, call).map(GraphRequest::get).map_err(refused);
    };
    let is_format = format.len() <= 10 && format.bytes().all(|b| b.is_ascii_alphanumeric());
    let (own, query) = path.split_once('?').unwrap_or((&path, ""));
    if !is_format || !own.ends_with("/content") || query.contains("format=") {
        return Err(Outcome::failure(
            "fetch_blob: format converts the content of a file in a drive, such as pdf for /drives/{id}/items/{id}/content.",
        ));
    }
    let more = if query.is_empty() { String::new() } else { format!("{query}&") };
    graph.path(&format!("{own}?{more}format={format}"), call).map(GraphRequest::get).map_err(refused)
}
