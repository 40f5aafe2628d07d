//! `get_schema`: what a path gives or takes, as a schema, which is the text of the result.

use serde_json::{Map, Value, json};

use super::arguments::{Arguments, Wrong};
use super::{Definition, Kind, Outcome, answer};
use crate::error::printable;
use crate::graph::metadata::{Format, Operation};
use crate::graph::{Call, GraphClient};

/// How many schemas one call may ask for.
const MOST: usize = 10;

pub(super) const DEFINITION: Definition = Definition {
    name: "get_schema",
    title: "Schema of a path",
    description: "The schema of what a path gives (fetch) or of the body it takes (create, update, action), as text. \
                  typescript is the shortest format.",
    input: || {
        json!({
            "type": "object",
            "properties": {
                "path": {"type": "string", "description": "/users/{id}/messages"},
                "operationIds": {
                    "type": "array",
                    "items": {"type": "string"},
                    "description": "In place of path: operation and path, create /users/{id}/messages"
                },
                "operationType": {"type": "string", "enum": ["fetch", "create", "update", "action"], "default": "fetch"},
                "format": {"type": "string", "enum": ["jsonschema", "typescript", "cddl"], "default": "jsonschema"},
                "backend": {"type": "string"},
                "agentId": {"type": "string"}
            }
        })
    },
    output: || {
        json!({
            "type": "object",
            "properties": {
                "format": {"type": "string"},
                "schemas": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "properties": {
                            "path": {"type": "string"},
                            "operationType": {"type": "string"},
                            "characters": {"type": "integer"}
                        }
                    }
                }
            }
        })
    },
    kind: Kind::Read,
};

pub(super) async fn call(graph: &GraphClient, arguments: Map<String, Value>, call: &Call) -> Outcome {
    let (asked, name) = match read(Arguments::new("get_schema", arguments)) {
        Ok(read) => read,
        Err(wrong) => return Outcome::failure(wrong),
    };
    let Some(format) = Format::parse(&name) else {
        let name = printable(&name, 40);
        return Outcome::failure(format!(
            "get_schema: there is no format {name}; there are jsonschema, typescript, cddl."
        ));
    };
    let metadata = match graph.metadata(call).await {
        Ok(metadata) => metadata,
        Err(failure) => return answer::without_metadata(failure),
    };
    let mut texts = Vec::with_capacity(asked.len());
    let mut schemas = Vec::with_capacity(asked.len());
    for (operation, path) in asked {
        match metadata.schema(&path, operation, format) {
            Ok(text) => {
                schemas.push(json!({
                    "path": printable(&path, 200),
                    "operationType": operation.word(),
                    "characters": text.chars().count(),
                }));
                texts.push(text);
            }
            Err(error) => return Outcome::failure(format!("get_schema: {error}")),
        }
    }
    let result = json!({"format": name.to_ascii_lowercase(), "schemas": schemas});
    Outcome { text: texts.join("\n"), ..Outcome::structured(result, false) }
}

/// The operations and their paths, and the name of the format.
fn read(mut arguments: Arguments) -> Result<(Vec<(Operation, String)>, String), Wrong> {
    let format = arguments.optional_text(&["format"])?.unwrap_or_else(|| "jsonschema".to_owned());
    let word = arguments.optional_text(&["operationType"])?.unwrap_or_else(|| "fetch".to_owned());
    let usual = operation(&word)?;
    if let Some(path) = arguments.optional_text(&["path"])? {
        return Ok((vec![(usual, path)], format));
    }
    let ids = arguments.texts(&["operationIds"], MOST).map_err(|_| {
        format!(
            "get_schema: give path, or operationIds: 1 to {MOST} texts such as create /users/{{id}}/messages."
        )
    })?;
    let asked = ids.iter().map(|id| match id.trim().split_once(char::is_whitespace) {
        Some((word, path)) => Ok((operation(word)?, path.trim().to_owned())),
        None => Ok((usual, id.trim().to_owned())),
    });
    Ok((asked.collect::<Result<_, Wrong>>()?, format))
}

/// An operation by its word, or by the HTTP method that it is.
fn operation(word: &str) -> Result<Operation, Wrong> {
    let by_method = match word.to_ascii_uppercase().as_str() {
        "GET" => Some(Operation::Fetch),
        "POST" => Some(Operation::Create),
        "PATCH" => Some(Operation::Update),
        _ => None,
    };
    by_method.or_else(|| Operation::parse(word)).ok_or_else(|| {
        format!(
            "get_schema: there is no operation {}; there are fetch, create, update, action.",
            printable(word, 40)
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(arguments: Value) -> Result<Vec<(Operation, String)>, Wrong> {
        let Value::Object(arguments) = arguments else { panic!("not an object") };
        read(Arguments::new("get_schema", arguments)).map(|(asked, _)| asked)
    }

    #[test]
    fn a_path_with_its_operation_or_several_of_both() {
        let one = asked(json!({"path": "/users", "operationType": "create"}));
        assert_eq!(one, Ok(vec![(Operation::Create, "/users".to_owned())]));
        let ids = json!({"operationIds": ["create /users", "PATCH /users/{id}", "/sites"]});
        let several = asked(ids).unwrap();
        let words: Vec<_> = several.iter().map(|(operation, path)| format!("{operation} {path}")).collect();
        assert_eq!(words, ["create /users", "update /users/{id}", "fetch /sites"]);
        for bad in [
            json!({}),
            json!({"path": "/users", "operationType": "send"}),
            json!({"operationIds": []}),
            json!({"operationIds": ["remove /users"]}),
        ] {
            assert!(asked(bad.clone()).is_err(), "{bad}");
        }
    }
}
