//! `fetch`: reads paths of Graph, several at once, each with a result of its own.

use futures_util::{StreamExt, stream};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Definition, Outcome};
use crate::error::{AuthError, ErrorKind};
use crate::graph::{GraphClient, GraphFailure, GraphResponse};

/// How many paths one call may name.
const MOST: usize = 100;

/// How many are under way at once.
const IN_FLIGHT: usize = 8;

pub(super) const DEFINITION: Definition = Definition {
    name: "fetch",
    title: "Read Microsoft 365",
    description: "Reads entities or collections of Microsoft Graph: mail, calendars, chats, channels, meetings and \
                  their transcripts, files, sites, people. Give one path or several; each has its own result, in order. \
                  There is no signed-in user: write /users/{id or user principal name}, not /me.",
    input,
    output,
    read_only: true,
};

fn input() -> Value {
    json!({
        "type": "object",
        "properties": {
            "entityUrls": {
                "type": "array",
                "items": {"type": "string"},
                "minItems": 1,
                "maxItems": MOST,
                "description": "Paths relative to the API root, without host or version, such as /users/ada@contoso.com/messages?$top=5&$select=subject,from"
            },
            "agentId": {"type": "string", "description": "Accepted and not used."}
        },
        "required": ["entityUrls"]
    })
}

fn output() -> Value {
    json!({
        "type": "object",
        "properties": {
            "results": {
                "type": "array",
                "description": "One for each path, in order.",
                "items": {
                    "type": "object",
                    "properties": {
                        "statusCode": {"type": "integer"},
                        "data": {"description": "The entity or collection, or text as a string."},
                        "error": {"type": "object", "description": "Graph's error, in place of data."}
                    },
                    "required": ["statusCode"]
                }
            }
        },
        "required": ["results"]
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Arguments {
    entity_urls: Vec<String>,
}

pub(super) async fn call(graph: Result<&GraphClient, &AuthError>, arguments: Map<String, Value>) -> Outcome {
    let urls = match serde_json::from_value::<Arguments>(Value::Object(arguments)) {
        Ok(arguments) => arguments.entity_urls,
        Err(error) => {
            return Outcome::failure(format!("fetch: {error}. It takes entityUrls, an array of paths."));
        }
    };
    if urls.is_empty() || urls.len() > MOST {
        return Outcome::failure(format!(
            "fetch: entityUrls has {} paths; it takes 1 to {MOST}.",
            urls.len()
        ));
    }
    let graph = match graph {
        Ok(graph) => graph,
        Err(error) => return Outcome::failure(error.report()),
    };
    let asked = urls.into_iter().map(|url| {
        let graph = graph.clone();
        async move { graph.get(&url).await }
    });
    let answers: Vec<_> = stream::iter(asked).buffered(IN_FLIGHT).collect().await;
    let mut results = Vec::with_capacity(answers.len());
    for answer in answers {
        match answer {
            Ok(answer) => results.push(of_answer(answer)),
            Err(GraphFailure::Path(message)) => results.push(of_error(400, "invalidPath", &message)),
            // Without sign-in there is nothing to say of any path.
            Err(GraphFailure::Auth(error)) => return Outcome::failure(error.report()),
            Err(GraphFailure::Transport(error)) => {
                let status = if error.kind() == ErrorKind::Timeout { 504 } else { 503 };
                results.push(of_error(status, error.code(), &error.report()));
            }
        }
    }
    let failed = results.iter().all(|result| result.get("error").is_some());
    Outcome::structured(json!({"results": results}), failed)
}

fn of_answer(answer: GraphResponse) -> Value {
    if (200..300).contains(&answer.status) {
        return json!({"statusCode": answer.status, "data": answer.body});
    }
    // Graph's error whole, without the envelope that repeats its name.
    let error = match answer.body {
        Value::Object(mut body) if body.get("error").is_some_and(Value::is_object) => body.remove("error"),
        other => Some(json!({"code": "unknownError", "message": "", "body": other})),
    };
    json!({"statusCode": answer.status, "error": error})
}

fn of_error(status: u16, code: &str, message: &str) -> Value {
    json!({"statusCode": status, "error": {"code": code, "message": message}})
}
