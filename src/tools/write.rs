//! The tools that change something: `create_entity`, `update_entity`, `delete_entity`, and `do_action`, which in part only
//! reads. Whether a request is allowed is decided in `graph`, by what it does.

use serde_json::{Map, Value, json};

use super::arguments::{Arguments, Wrong};
use super::{Definition, Kind, Outcome, answer, result_schema};
use crate::graph::{Call, GraphClient, GraphFailure, GraphRequest};

pub(super) const CREATE: Definition = Definition {
    name: "create_entity",
    title: "Create in Microsoft 365",
    description: "Create an entity in a collection (POST), such as a draft in /users/{id}/messages. get_schema tells the body.",
    input: || {
        json!({
            "type": "object",
            "properties": {
                "parentUrl": {"type": "string", "description": "The collection"},
                "jsonBody": {"anyOf": [{"type": "object"}, {"type": "string"}]},
                "agentId": {"type": "string"}
            },
            "required": ["parentUrl", "jsonBody"]
        })
    },
    output: result_schema,
    kind: Kind::Write { destructive: false, idempotent: false },
};

pub(super) const UPDATE: Definition = Definition {
    name: "update_entity",
    title: "Change in Microsoft 365",
    description: "Change an entity (PATCH): only the members given. headers may hold If-Match.",
    input: || {
        json!({
            "type": "object",
            "properties": {
                "entityUrl": {"type": "string"},
                "jsonBody": {"anyOf": [{"type": "object"}, {"type": "string"}]},
                "headers": {"type": "object"},
                "agentId": {"type": "string"}
            },
            "required": ["entityUrl", "jsonBody"]
        })
    },
    output: result_schema,
    kind: Kind::Write { destructive: true, idempotent: true },
};

pub(super) const DELETE: Definition = Definition {
    name: "delete_entity",
    title: "Delete in Microsoft 365",
    description: "Delete an entity. headers may hold If-Match.",
    input: || {
        json!({
            "type": "object",
            "properties": {
                "entityUrl": {"type": "string"},
                "headers": {"type": "object"},
                "agentId": {"type": "string"}
            },
            "required": ["entityUrl"]
        })
    },
    output: result_schema,
    kind: Kind::Write { destructive: true, idempotent: true },
};

fn action_input() -> Value {
    json!({
        "type": "object",
        "properties": {
            "actionUrl": {"type": "string", "description": "/search/query"},
            "jsonBody": {"anyOf": [{"type": "object"}, {"type": "string"}]},
            "agentId": {"type": "string"}
        },
        "required": ["actionUrl"]
    })
}

/// Where nothing may be written.
pub(super) const READING_ACTION: Definition = Definition {
    name: "do_action",
    title: "Search and other reading actions",
    description: "Run an action that only reads: /search/query (files, sites, lists; body {requests:[{entityTypes:[\"driveItem\"],\
                  query:{queryString}}]}), /users/{id}/calendar/getSchedule, /users/{id}/getMailTips. Others are not allowed.",
    input: action_input,
    output: result_schema,
    kind: Kind::Read,
};

/// Where entities may be written, and no other action is allowed: a `POST` to a collection creates by it too.
pub(super) const CREATING_ACTION: Definition =
    Definition { kind: Kind::Write { destructive: false, idempotent: false }, ..READING_ACTION };

/// Where all actions are allowed.
pub(super) const ACTION: Definition = Definition {
    name: "do_action",
    title: "Run an action",
    description: "Run an action (POST): /search/query (files, sites, lists; body {requests:[{entityTypes:[\"driveItem\"],\
                  query:{queryString}}]}), /users/{id}/calendar/getSchedule, /users/{id}/sendMail and others.",
    input: action_input,
    output: result_schema,
    kind: Kind::Write { destructive: true, idempotent: false },
};

/// Calls the tool of `definition` with one request.
pub(super) async fn call(
    definition: &Definition,
    graph: &GraphClient,
    arguments: Map<String, Value>,
    call: &Call,
) -> Outcome {
    match request(definition.name, graph, Arguments::new(definition.name, arguments), call) {
        Ok(request) => answer::single(graph.send(request, call).await),
        Err(outcome) => *outcome,
    }
}

fn request(
    name: &str,
    graph: &GraphClient,
    mut arguments: Arguments,
    call: &Call,
) -> Result<GraphRequest, Box<Outcome>> {
    let wrong = |wrong: Wrong| Box::new(Outcome::failure(wrong));
    let names: &[&'static str] = match name {
        "create_entity" => &["parentUrl", "entityUrl"],
        "do_action" => &["actionUrl", "parentUrl"],
        "call_function" => &["functionUrl", "parentUrl"],
        _ => &["entityUrl"],
    };
    let path = arguments.text(names).map_err(wrong)?;
    let path = graph.path(&path, call).map_err(|failure| Box::new(answer::single(Err(failure))))?;
    let request = match name {
        "create_entity" => GraphRequest::post(path, Some(arguments.needed_body().map_err(wrong)?)),
        "update_entity" => GraphRequest::patch(path, arguments.needed_body().map_err(wrong)?),
        "delete_entity" => GraphRequest::delete(path),
        "do_action" => GraphRequest::post(path, arguments.body().map_err(wrong)?),
        _ => GraphRequest::get(path),
    };
    let headers = arguments.headers().map_err(wrong)?;
    let (method, path) = (request.method().clone(), request.path().clone());
    request.with_headers(&headers).map_err(|error| {
        let failure = GraphFailure::Path(error.to_string());
        Box::new(match graph.refused(Some(&method), path.as_str(), failure, call) {
            unwritten @ GraphFailure::Audit(_) => answer::single(Err(unwritten)),
            _ => Outcome::failure(format!("{name}: {error}")),
        })
    })
}

/// A function is asked for as a path is, and has one result.
pub(super) const FUNCTION: Definition = Definition {
    name: "call_function",
    title: "Call a function",
    description: "Call a Graph function (GET): …/messages/delta, /users/{id}/reminderView(startDateTime='…',endDateTime='…').",
    input: || {
        json!({
            "type": "object",
            "properties": {"functionUrl": {"type": "string"}, "agentId": {"type": "string"}},
            "required": ["functionUrl"]
        })
    },
    output: result_schema,
    kind: Kind::Read,
};
