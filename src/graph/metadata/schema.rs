//! What a body looks like: Work IQ's `get_schema`.

mod cddl;
mod json;
mod near;
mod shape;
mod typescript;

use super::Metadata;
use super::place::{Operation, Operations};
use shape::Document;

/// The language of a schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// JSON Schema 2020-12 (json-schema.org).
    JsonSchema,
    /// TypeScript interfaces.
    TypeScript,
    /// CDDL (RFC 8610).
    Cddl,
}

impl Format {
    /// The format of its name in Work IQ's tools: `jsonschema`, `typescript`, `cddl`.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let is = |known: &str| name.eq_ignore_ascii_case(known);
        match () {
            () if is("jsonschema") => Some(Self::JsonSchema),
            () if is("typescript") => Some(Self::TypeScript),
            () if is("cddl") => Some(Self::Cddl),
            () => None,
        }
    }
}

/// Why there is no schema.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SchemaError {
    /// The metadata does not know the path.
    #[error("Graph v1.0 has no path {path}.{}", suggestion(near))]
    UnknownPath {
        /// As it was asked for, made printable.
        path: String,
        /// Templates that are like it.
        near: Vec<String>,
    },
    /// There is no such operation on the path, or it has no body.
    #[error("{path} has no {operation} with a body; it has {}.", words(*has))]
    Lacks {
        /// The template of the path.
        path: String,
        /// What was asked for.
        operation: Operation,
        /// What the path has.
        has: Operations,
    },
}

fn suggestion(near: &[String]) -> String {
    if near.is_empty() {
        return " search_paths lists what there is.".to_owned();
    }
    format!(" Near it: {}.", near.join(", "))
}

fn words(operations: Operations) -> String {
    let words: Vec<&str> = operations.iter().map(Operation::word).collect();
    if words.is_empty() { "none".to_owned() } else { words.join(", ") }
}

impl Metadata {
    /// The schema of what `operation` on a path, or a template of one, gives or takes: the answer of
    /// [`Operation::Fetch`], the body of [`Operation::Create`], [`Operation::Update`] and [`Operation::Action`], the
    /// parameters of [`Operation::Function`].
    ///
    /// It is complete, and the same for the same metadata. Navigation properties are named and not described, since
    /// each of them leads on to the whole of Graph. What the metadata says is set by the service alone is left out of
    /// bodies.
    ///
    /// # Errors
    /// The path is not known, or has no such operation.
    pub fn schema(&self, path: &str, operation: Operation, format: Format) -> Result<String, SchemaError> {
        let path = path.split('?').next().unwrap_or_default();
        let Some(resource) = self.resolve(path) else {
            let near = near::near(&self.model, path);
            return Err(SchemaError::UnknownPath { path: crate::error::printable(path, 200), near });
        };
        if operation == Operation::Delete || !resource.operations.contains(operation) {
            let (path, has) = (resource.template, resource.operations);
            return Err(SchemaError::Lacks { path, operation, has });
        }
        let document = Document::new(&self.model, &resource, operation);
        Ok(match format {
            Format::JsonSchema => json::write(&document),
            Format::TypeScript => typescript::write(&document),
            Format::Cddl => cddl::write(&document),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use serde_json::{Value, json};

    use super::*;
    use crate::graph::metadata::fixture::{real, small};

    fn schema(path: &str, operation: Operation) -> Value {
        let text = small().schema(path, operation, Format::JsonSchema).unwrap();
        serde_json::from_str(&text).unwrap()
    }

    fn names(schema: &Value, definition: &str) -> Vec<String> {
        schema["$defs"][definition]["properties"].as_object().unwrap().keys().cloned().collect()
    }

    #[test]
    fn a_fetch_has_all_that_comes_and_a_collection_comes_in_pages() {
        let one = schema("/users/x/messages/y", Operation::Fetch);
        assert_eq!(one["$schema"], "https://json-schema.org/draft/2020-12/schema");
        assert_eq!(one["$id"], "urn:workiq:fetch:/users/%7Buser-id%7D/messages/%7Bmessage-id%7D");
        assert_eq!(one["$ref"], "#/$defs/message");
        assert_eq!(
            names(&one, "message"),
            ["id", "subject", "body", "importance", "remind", "categories", "size", "send"]
        );
        assert_eq!(one["$defs"]["message"]["required"], Value::Null, "$select leaves out what it likes");
        assert_eq!(one["$defs"]["message"]["description"], "With $expand: attachments.");
        let properties = &one["$defs"]["message"]["properties"];
        assert_eq!(
            properties["subject"],
            json!({ "type": ["string", "null"], "description": "What it is about." })
        );
        assert_eq!(properties["size"], json!({ "type": "integer", "format": "int64" }));
        assert_eq!(properties["categories"], json!({ "type": "array", "items": { "type": "string" } }));
        assert_eq!(
            properties["body"],
            json!({ "anyOf": [{ "$ref": "#/$defs/itemBody" }, { "type": "null" }] })
        );
        assert_eq!(one["$defs"]["importance"]["enum"], json!(["low", "high", "unknownFutureValue"]));
        assert_eq!(one["$defs"]["days"]["pattern"], "^(monday|friday)(, ?(monday|friday))*$");
        // A type that has itself in it is there once.
        assert_eq!(one["$defs"]["itemBody"]["properties"]["inner"]["anyOf"][0]["$ref"], "#/$defs/itemBody");

        let page = schema("/users/x/messages", Operation::Fetch);
        assert_eq!(
            page["properties"]["value"],
            json!({ "type": "array", "items": { "$ref": "#/$defs/message" } })
        );
        assert_eq!(page["properties"]["@odata.nextLink"]["type"], "string");
        assert_eq!(page["required"], json!(["value"]));
        let delta = schema("/users/delta", Operation::Fetch);
        assert_eq!(delta["properties"]["@odata.deltaLink"]["type"], "string");
    }

    #[test]
    fn a_body_leaves_out_what_only_the_service_sets() {
        let all = ["displayName", "userPrincipalName", "hired", "mailboxSettings"];
        assert_eq!(names(&schema("/users", Operation::Create), "user"), all);
        assert_eq!(names(&schema("/users/x", Operation::Update), "user"), [all[0], all[1], all[3]]);
        let group = schema("/groups", Operation::Create);
        assert_eq!(group["$defs"]["group"]["required"], json!(["displayName"]));
        let message = schema("/users/x/messages", Operation::Create);
        assert_eq!(
            message["$defs"]["message"]["description"],
            "Entities that may come with it: attachments."
        );
        assert_eq!(message["$defs"]["importance"]["enum"], json!(["low", "high"]));
        assert_eq!(message["$defs"]["itemBody"]["required"], json!(["content"]));
        let update = schema("/groups/g", Operation::Update).to_string();
        assert!(!update.contains("required"), "{update}");
    }

    #[test]
    fn an_abstract_type_is_one_of_those_that_can_be_made() {
        let made = schema("/users/x/messages/y/attachments", Operation::Create);
        let any = json!([{ "$ref": "#/$defs/fileAttachment" }, { "$ref": "#/$defs/itemAttachment" }]);
        assert_eq!(made["$defs"]["attachment"]["anyOf"], any);
        let file = &made["$defs"]["fileAttachment"];
        assert_eq!(file["properties"]["@odata.type"], json!({ "const": "#microsoft.graph.fileAttachment" }));
        assert_eq!(file["required"], json!(["@odata.type"]));
        assert_eq!(
            file["properties"]["contentBytes"],
            json!({ "type": ["string", "null"], "contentEncoding": "base64" })
        );
        let read = schema("/users/x/messages/y/attachments/z", Operation::Fetch);
        assert_eq!(read["$defs"]["attachment"]["description"], "Also as: fileAttachment, itemAttachment.");
    }

    #[test]
    fn operations_give_their_parameters_and_their_results() {
        let send = schema("/users/x/sendMail", Operation::Action);
        assert_eq!(send["properties"]["Message"], json!({ "$ref": "#/$defs/message" }));
        assert_eq!(send["properties"]["SaveToSentItems"], json!({ "type": ["boolean", "null"] }));
        assert_eq!(send["required"], json!(["Message"]));
        let view = schema("/users/x/view", Operation::Function);
        assert_eq!(view["required"], json!(["start"]));
        assert_eq!(view["properties"]["start"], json!({ "type": ["string", "null"], "format": "date-time" }));
        assert_eq!(schema("/users/x/view", Operation::Fetch)["properties"]["value"]["type"], "array");
        assert_eq!(schema("/users/x/messages/y/send", Operation::Action)["description"], "Takes nothing.");
        let reference = schema("/groups/g/members/$ref", Operation::Action);
        assert_eq!(reference["required"], json!(["@odata.id"]));
        assert_eq!(reference["description"], "The URL of an entity in directoryObjects.");
        assert_eq!(schema("/users/$count", Operation::Fetch)["type"], "integer");
        assert_eq!(
            schema("/users/x/displayName", Operation::Fetch)["properties"]["value"]["type"][0],
            "string"
        );
        assert_eq!(
            schema("/users/x/mailboxSettings", Operation::Fetch)["anyOf"][0]["$ref"],
            "#/$defs/mailboxSettings"
        );
        // Two types of one name, of different namespaces.
        let calls = schema("/records/getCalls(from=2026-01-01)", Operation::Fetch);
        assert_eq!(calls["anyOf"][0]["$ref"], "#/$defs/callRecords.itemBody");
    }

    #[test]
    fn typescript_and_cddl_say_the_same() {
        let text =
            small().schema("/users/x/messages/y/attachments", Operation::Create, Format::TypeScript).unwrap();
        assert_eq!(
            text,
            "// create /users/{user-id}/messages/{message-id}/attachments\n\
             export type Body = Attachment;\n\
             export type Attachment = FileAttachment | ItemAttachment;\n\
             export interface FileAttachment {\n  \"@odata.type\": \"#microsoft.graph.fileAttachment\";\n  \
             name?: string | null;\n  contentBytes?: string | null; // base64\n}\n\
             export interface ItemAttachment {\n  \"@odata.type\": \"#microsoft.graph.itemAttachment\";\n  \
             name?: string | null;\n}\n"
        );
        let text = small().schema("/users/x/view", Operation::Function, Format::Cddl).unwrap();
        let date = r#"tstr .regexp "-?[0-9]{4,}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?(Z|[+-][0-9]{2}:[0-9]{2})""#;
        assert_eq!(
            text,
            format!(
                "; function /users/{{user-id}}/view()\nparameters = {{\n  start: Edm.DateTimeOffset / null,\n  \
                 ? days: Edm.Int32 / null,\n  * tstr => any\n}}\nEdm.DateTimeOffset = {date}\n\
                 Edm.Int32 = -2147483648..2147483647\n"
            )
        );
    }

    #[test]
    fn what_is_not_there_is_said_with_what_is() {
        let metadata = small();
        let error =
            |path: &str, operation| metadata.schema(path, operation, Format::Cddl).unwrap_err().to_string();
        assert_eq!(
            error("/users/x/sendMail", Operation::Create),
            "/users/{user-id}/sendMail has no create with a body; it has action."
        );
        assert_eq!(
            error("/users/x", Operation::Delete),
            "/users/{user-id} has no delete with a body; it has fetch, update, delete."
        );
        assert_eq!(
            error("/users/x/mesages?$top=1", Operation::Fetch),
            "Graph v1.0 has no path /users/x/mesages. Near it: /users/{user-id}/messages."
        );
        assert!(error("/user", Operation::Fetch).contains("Near it: /users."));
        assert!(error("/zzz\u{1b}[2J", Operation::Fetch).ends_with("search_paths lists what there is."));
        assert!(!error("/zzz\u{1b}[2J", Operation::Fetch).contains('\u{1b}'));
    }

    #[test]
    fn words_of_the_tools_are_known() {
        assert_eq!(Format::parse("JsonSchema"), Some(Format::JsonSchema));
        assert_eq!(Format::parse("xml"), None);
        assert_eq!(Operation::parse("Update"), Some(Operation::Update));
        assert_eq!(Operation::parse("patch"), None);
    }

    /// Every `$ref` in a schema, and every definition.
    fn references<'v>(value: &'v Value, found: &mut HashSet<&'v str>) {
        match value {
            Value::Object(map) => {
                found.extend(map.get("$ref").and_then(Value::as_str));
                map.values().for_each(|value| references(value, found));
            }
            Value::Array(values) => values.iter().for_each(|value| references(value, found)),
            _ => {}
        }
    }

    #[test]
    #[cfg_attr(not(graph_data), ignore = "needs ../shared/graph")]
    fn schemas_of_microsofts_own_document_are_whole_and_small() {
        let metadata = real();
        let listed = metadata.search("/", usize::MAX).unwrap().found;
        for found in listed.iter().step_by(61) {
            for operation in found.operations.iter().filter(|operation| *operation != Operation::Delete) {
                let text = metadata.schema(&found.path, operation, Format::JsonSchema).unwrap();
                let again = metadata.schema(&found.path, operation, Format::JsonSchema).unwrap();
                assert_eq!(text, again);
                assert!(text.len() < 40_000, "{} {operation}: {} bytes", found.path, text.len());
                let schema: Value = serde_json::from_str(&text).unwrap();
                let mut used = HashSet::new();
                references(&schema, &mut used);
                let defined = schema["$defs"].as_object().map(|map| map.keys().collect::<Vec<_>>());
                let defined: HashSet<String> =
                    defined.unwrap_or_default().into_iter().map(|name| format!("#/$defs/{name}")).collect();
                assert_eq!(used, defined.iter().map(String::as_str).collect(), "{} {operation}", found.path);
                for format in [Format::TypeScript, Format::Cddl] {
                    assert!(metadata.schema(&found.path, operation, format).is_ok());
                }
            }
        }
        let message = metadata.schema("/users/x/messages/y", Operation::Fetch, Format::JsonSchema).unwrap();
        assert!(message.len() < 4_000, "{}", message.len());
    }
}
