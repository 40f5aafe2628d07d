//! Work IQ's tools: what each means, whoever calls it.

mod answer;
mod arguments;
pub mod budget;
mod copilot;
mod fetch;
mod fetch_blob;
mod get_schema;
pub mod measure;
pub mod present;
pub mod redact;
pub mod render;
mod search_paths;
pub mod shown;
pub mod untrusted;
mod write;

use serde_json::{Map, Value, json};

use crate::error::AuthError;
use crate::graph::{Call, GraphClient};
use crate::settings::broker::Wishes;
use crate::settings::serving::Serving;
use crate::settings::writes::{WriteClass, Writes};

/// A tool as it is listed.
#[derive(Clone, Copy, Debug)]
pub struct Definition {
    /// Its name, which is Work IQ's.
    pub name: &'static str,
    /// A name for people.
    pub title: &'static str,
    /// What it does, for a model.
    pub description: &'static str,
    /// JSON Schema of its arguments.
    pub input: fn() -> Value,
    /// JSON Schema of its structured result.
    pub output: fn() -> Value,
    /// Whether it only reads, and what it may do else.
    pub kind: Kind,
}

/// What a tool does to what is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Nothing.
    Read,
    /// It writes.
    Write {
        /// Something may be lost by it.
        destructive: bool,
        /// Twice is the same as once.
        idempotent: bool,
    },
}

/// What a call gave.
#[derive(Debug)]
pub struct Outcome {
    /// The structured result; an error that is only words has none.
    pub structured: Option<Value>,
    /// The words of a failure, or text that is the result itself, as a schema is; else it is empty.
    pub text: String,
    /// Whether the call failed as a whole.
    pub failed: bool,
    /// Why nothing could be asked at all: wrong settings, or no sign-in.
    pub error: Option<AuthError>,
}

/// The member of a result that holds a file's content, which has a limit of its own and is never in text.
pub const PAYLOAD: &str = fetch_blob::PAYLOAD;

impl Outcome {
    fn structured(value: Value, failed: bool) -> Self {
        Self { structured: Some(value), text: String::new(), failed, error: None }
    }

    /// A failure in words: the call itself was wrong.
    fn failure(text: impl Into<String>) -> Self {
        Self { structured: None, text: text.into(), failed: true, error: None }
    }

    /// There is no way to Graph.
    fn error(error: &AuthError) -> Self {
        Self { error: Some(error.clone()), ..Self::failure(error.report()) }
    }
}

/// The tools over Graph, or the reason why there is none: a server whose settings are wrong says so in each call
/// rather than not starting.
pub struct Tools {
    graph: Result<GraphClient, AuthError>,
    serving: Serving,
}

impl Tools {
    /// Tools over `graph`.
    #[must_use]
    pub fn new(graph: Result<GraphClient, AuthError>) -> Self {
        let serving = graph.as_ref().map(|graph| graph.serving().clone()).unwrap_or_default();
        Self { graph, serving }
    }

    /// The same tools for somebody with these wishes.
    #[must_use]
    pub fn with_wishes(&self, wishes: &Wishes) -> Self {
        Self::new(self.graph.as_ref().map(|graph| graph.with_wishes(wishes)).map_err(Clone::clone))
    }

    /// The way to Graph, or the reason why there is none.
    pub fn graph(&self) -> Result<&GraphClient, &AuthError> {
        self.graph.as_ref()
    }

    /// The limits that the tools keep to.
    #[must_use]
    pub fn serving(&self) -> &Serving {
        &self.serving
    }

    /// The tools that are offered: those that read, and those that write as far as it is allowed.
    #[must_use]
    pub fn list(&self) -> Vec<&'static Definition> {
        list(self.serving.writes)
    }

    /// A call that begins now.
    #[must_use]
    pub fn begin(&self) -> Call {
        Call::new(self.serving.call_timeout)
    }

    /// Calls `name`; `None` if there is no such tool.
    pub async fn call(&self, name: &str, arguments: Map<String, Value>, call: &Call) -> Option<Outcome> {
        // Names that Work IQ dropped in June 2026; some skills still call them.
        let name = name.strip_suffix("_work_iq").unwrap_or(name);
        let one_request = match name {
            "create_entity" => Some(&write::CREATE),
            "update_entity" => Some(&write::UPDATE),
            "delete_entity" => Some(&write::DELETE),
            "do_action" => Some(action(self.serving.writes)),
            "call_function" => Some(&write::FUNCTION),
            "ask" | "list_agents" => return Some(copilot::call(name)),
            "fetch" | "fetch_blob" | "search_paths" | "get_schema" => None,
            _ => return None,
        };
        let tool = match (one_request, name) {
            (Some(definition), _) => definition,
            (None, "fetch") => &fetch::DEFINITION,
            (None, "fetch_blob") => &fetch_blob::DEFINITION,
            (None, "search_paths") => &search_paths::DEFINITION,
            (None, _) => &get_schema::DEFINITION,
        };
        let call = &call.by(tool.name);
        let graph = match &self.graph {
            Ok(graph) => graph,
            Err(error) => return Some(Outcome::error(error)),
        };
        Some(match (one_request, name) {
            (Some(definition), _) => write::call(definition, graph, arguments, call).await,
            (None, "fetch") => fetch::call(graph, arguments, call).await,
            (None, "fetch_blob") => fetch_blob::call(graph, arguments, call).await,
            (None, "search_paths") => search_paths::call(graph, arguments, call).await,
            (None, _) => get_schema::call(graph, arguments, call).await,
        })
    }
}

/// The tools that are offered where `writes` are allowed: those that read, and those that write as far as it is.
#[must_use]
pub fn list(writes: Writes) -> Vec<&'static Definition> {
    let mut tools = vec![
        &fetch::DEFINITION,
        &fetch_blob::DEFINITION,
        action(writes),
        &write::FUNCTION,
        &search_paths::DEFINITION,
        &get_schema::DEFINITION,
    ];
    let writing = [
        (WriteClass::Create, &write::CREATE),
        (WriteClass::Update, &write::UPDATE),
        (WriteClass::Delete, &write::DELETE),
    ];
    tools.extend(writing.into_iter().filter(|(class, _)| writes.allow(*class)).map(|(_, tool)| tool));
    tools
}

fn action(writes: Writes) -> &'static Definition {
    if writes.allow(WriteClass::Action) {
        &write::ACTION
    } else if writes.allow(WriteClass::Create) {
        &write::CREATING_ACTION
    } else {
        &write::READING_ACTION
    }
}

/// JSON Schema of one result of Graph's.
fn result_schema() -> Value {
    json!({
        "type": "object",
        "properties": {
            "statusCode": {"type": "integer"},
            "data": {
                "anyOf": [
                    {"type": "object"},
                    {"type": "array"},
                    {"type": "string"},
                    {"type": "number"},
                    {"type": "boolean"}
                ]
            },
            "error": {"type": "object"}
        },
        "required": ["statusCode"]
    })
}
