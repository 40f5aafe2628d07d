//! `search_paths`: which paths Graph has, what they can be asked for, and which of that the application's roles reach.

use http::Method;
use serde_json::{Map, Value, json};

use super::arguments::Arguments;
use super::{Definition, Kind, Outcome, answer};
use crate::graph::metadata::{Found, Operation};
use crate::graph::{Call, GraphClient, delegated, permissions};

/// How many paths one answer has. More say less.
const MOST: usize = 40;

pub(super) const DEFINITION: Definition = Definition {
    name: "search_paths",
    title: "Find paths of Microsoft Graph",
    description: "Find Graph paths by words (\"calendar events\"), by prefix (/users/{id}/on) or by regular expression. \
                  Gives each path's operations; permitted are those that the application's roles allow, needs names \
                  the permission that others lack.",
    input: || {
        json!({
            "type": "object",
            "properties": {
                "filter": {"type": "string"},
                "backend": {"type": "string"},
                "agentId": {"type": "string"}
            },
            "required": ["filter"]
        })
    },
    output: || {
        json!({
            "type": "object",
            "properties": {
                "paths": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "properties": {
                            "path": {"type": "string"},
                            "operations": {"type": "array", "items": {"type": "string"}},
                            "permitted": {"type": "array", "items": {"type": "string"}},
                            "needs": {"type": "object"}
                        },
                        "required": ["path", "operations"]
                    }
                },
                "leftOut": {"type": "integer", "description": "How many more match"}
            },
            "required": ["paths"]
        })
    },
    kind: Kind::Read,
};

pub(super) async fn call(graph: &GraphClient, arguments: Map<String, Value>, call: &Call) -> Outcome {
    let filter = match Arguments::new("search_paths", arguments).text(&["filter"]) {
        Ok(filter) => filter,
        Err(wrong) => return Outcome::failure(wrong),
    };
    let metadata = match graph.metadata(call).await {
        Ok(metadata) => metadata,
        Err(failure) => return answer::without_metadata(failure),
    };
    let search = match metadata.search(&filter, MOST) {
        Ok(search) => search,
        Err(error) => return Outcome::failure(format!("search_paths: {error}")),
    };
    // Without sign-in the paths are there all the same, unmarked.
    let granted = graph.granted(call).await;
    let paths: Vec<_> = search
        .found
        .iter()
        .map(|found| describe(found, granted.as_ref().map(|granted| granted.roles.as_slice())))
        .collect();
    let mut result = json!({"paths": paths});
    if search.left_out > 0 {
        result["leftOut"] = json!(search.left_out);
    }
    Outcome::structured(result, false)
}

fn describe(found: &Found, roles: Option<&[String]>) -> Value {
    let operations: Vec<_> = found.operations.iter().collect();
    let words: Vec<_> = operations.iter().map(|operation| operation.word()).collect();
    let mut item = json!({"path": found.path, "operations": words});
    let Some(roles) = roles else { return item };
    let mut permitted = Vec::new();
    let mut needs = Map::new();
    for operation in operations {
        let method = method(operation);
        if delegated::check(&method, &found.path, None).is_err() {
            needs.insert(operation.word().to_owned(), json!("a signed-in user"));
            continue;
        }
        let Some(needed) = permissions::needed(&method, &found.path) else { continue };
        if needed.met_by(roles) {
            permitted.push(operation.word());
        } else {
            needs.insert(operation.word().to_owned(), json!(needed.best().name));
        }
    }
    item["permitted"] = json!(permitted);
    if !needs.is_empty() {
        item["needs"] = Value::Object(needs);
    }
    item
}

fn method(operation: Operation) -> Method {
    match operation {
        Operation::Fetch | Operation::Function => Method::GET,
        Operation::Create | Operation::Action => Method::POST,
        Operation::Update => Method::PATCH,
        Operation::Delete => Method::DELETE,
    }
}
