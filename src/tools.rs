//! Work IQ's tools: what each means, whoever calls it.

pub mod budget;
mod fetch;
pub mod measure;
pub mod present;
pub mod redact;
pub mod render;
pub mod untrusted;

use serde_json::{Map, Value};

use crate::error::AuthError;
use crate::graph::GraphClient;

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
    /// Whether it only reads.
    pub read_only: bool,
}

/// What a call gave.
#[derive(Debug)]
pub struct Outcome {
    /// The structured result; an error that is only words has none.
    pub structured: Option<Value>,
    /// The same in text.
    pub text: String,
    /// Whether the call failed as a whole.
    pub failed: bool,
}

impl Outcome {
    /// A structured result, with itself as text.
    fn structured(value: Value, failed: bool) -> Self {
        Self { text: value.to_string(), structured: Some(value), failed }
    }

    /// A failure in words.
    fn failure(text: impl Into<String>) -> Self {
        Self { structured: None, text: text.into(), failed: true }
    }
}

/// The tools over Graph, or the reason why there is none: a server whose settings are wrong says so in each call
/// rather than not starting.
pub struct Tools {
    graph: Result<GraphClient, AuthError>,
}

impl Tools {
    /// Tools over `graph`.
    #[must_use]
    pub fn new(graph: Result<GraphClient, AuthError>) -> Self {
        Self { graph }
    }

    /// The tools that are offered.
    #[must_use]
    pub fn list(&self) -> &'static [Definition] {
        &[fetch::DEFINITION]
    }

    /// Calls `name`; `None` if there is no such tool.
    pub async fn call(&self, name: &str, arguments: Map<String, Value>) -> Option<Outcome> {
        // Names that Work IQ dropped in June 2026; some skills still call them.
        let name = name.strip_suffix("_work_iq").unwrap_or(name);
        match name {
            "fetch" => Some(fetch::call(self.graph.as_ref(), arguments).await),
            _ => None,
        }
    }
}
