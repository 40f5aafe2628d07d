//! The verbs of Work IQ's command line: which tool each calls, with which arguments.

use std::io::Read;

use serde_json::{Map, Value, json};

use super::arguments::{Command, OutputFlags};
use crate::error::{AuthError, ErrorKind, printable};

/// A tool to call, and how to print what it gives.
pub(super) struct Verb {
    pub(super) tool: &'static str,
    pub(super) arguments: Map<String, Value>,
    pub(super) print: Print,
}

/// How a result is printed.
#[derive(Clone, Debug, Default)]
pub(super) struct Print {
    /// JSON on a terminal too.
    pub(super) json: bool,
    /// Where content goes, rather than into JSON.
    pub(super) file: Option<String>,
}

impl Verb {
    /// The verb of `command`; an error where its arguments cannot be read.
    pub(super) fn of(command: Command) -> Result<Self, AuthError> {
        let verb = |tool, arguments: Value, OutputFlags { json }| Self {
            tool,
            arguments: match arguments {
                Value::Object(mut members) => {
                    members.retain(|_, value| !value.is_null());
                    members
                }
                _ => Map::new(),
            },
            print: Print { json, file: None },
        };
        let if_match = |etag: Option<String>| etag.map(|etag| json!({"If-Match": etag}));
        Ok(match command {
            Command::Fetch { urls, output } => verb("fetch", json!({"entityUrls": urls}), output),
            Command::FetchBlob { path, format, output: file, shape } => {
                let verb = verb("fetch_blob", json!({"path": path, "format": format}), shape);
                Self { print: Print { file, ..verb.print }, ..verb }
            }
            Command::Create { url, body, output } => {
                verb("create_entity", json!({"parentUrl": url, "jsonBody": read_body(&body)?}), output)
            }
            Command::Update { url, body, if_match: etag, output } => verb(
                "update_entity",
                json!({"entityUrl": url, "jsonBody": read_body(&body)?, "headers": if_match(etag)}),
                output,
            ),
            Command::Delete { url, if_match: etag, output } => {
                verb("delete_entity", json!({"entityUrl": url, "headers": if_match(etag)}), output)
            }
            Command::DoAction { url, body, output } => {
                let body = body.as_deref().map(read_body).transpose()?;
                verb("do_action", json!({"actionUrl": url, "jsonBody": body}), output)
            }
            Command::CallFunction { url, output } => {
                verb("call_function", json!({"functionUrl": url}), output)
            }
            Command::SearchPaths { filter, output } => {
                verb("search_paths", json!({"filter": filter}), output)
            }
            Command::GetSchema { path, method, format, api_version: _ } => verb(
                "get_schema",
                json!({"path": path, "operationType": operation(&method), "format": format}),
                OutputFlags { json: false },
            ),
            Command::Agents { .. } => verb("list_agents", json!({}), OutputFlags { json: false }),
            // All that is left is served before it comes here.
            _ => verb("ask", json!({}), OutputFlags { json: false }),
        })
    }
}

/// Work IQ's own option is an HTTP method; the tool's argument is an operation.
fn operation(method: &str) -> String {
    match method.to_ascii_uppercase().as_str() {
        "GET" => "fetch".to_owned(),
        "POST" => "create".to_owned(),
        "PATCH" | "PUT" => "update".to_owned(),
        _ => method.to_ascii_lowercase(),
    }
}

/// A body as it was given, from a file (`@body.json`), or from stdin (`-`).
fn read_body(given: &str) -> Result<String, AuthError> {
    let unreadable = |place: &str, error: std::io::Error| {
        let message = format!("--body: {} cannot be read: {error}.", printable(place, 120));
        AuthError::new(ErrorKind::Settings, "invalid_argument", message)
    };
    if given == "-" {
        let mut text = String::new();
        std::io::stdin().lock().read_to_string(&mut text).map_err(|error| unreadable("stdin", error))?;
        return Ok(text);
    }
    match given.strip_prefix('@') {
        Some(file) => std::fs::read_to_string(file).map_err(|error| unreadable(file, error)),
        None => Ok(given.to_owned()),
    }
}
