//! JSON Schema, draft 2020-12. Edm types as section 7 of the "JSON Format" of `OData` 4.01 writes their values.

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_json::{Map, Value as Json, json};

use super::shape::{Body, Document, Field, Item, Object, Root, Value};
use crate::graph::metadata::model::Primitive;

/// What may not stand in a URI as it is.
const ODD: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>').add(b'`').add(b'{').add(b'}').add(b'|').add(b'^');

pub(super) fn write(document: &Document<'_>) -> String {
    let path = utf8_percent_encode(document.template, ODD);
    let mut schema = Map::new();
    schema.insert("$schema".into(), "https://json-schema.org/draft/2020-12/schema".into());
    schema.insert("$id".into(), format!("urn:workiq:{}:{path}", document.operation).into());
    match &document.root {
        Root::Value(of) => schema.extend(value(document, of)),
        Root::Object(of) => schema.extend(object(document, of)),
    }
    if !document.definitions.is_empty() {
        let definitions =
            document.definitions.iter().map(|of| (of.name.clone(), Json::Object(body(document, &of.body))));
        schema.insert("$defs".into(), Json::Object(definitions.collect()));
    }
    Json::Object(schema).to_string()
}

fn body(document: &Document<'_>, body: &Body<'_>) -> Map<String, Json> {
    match body {
        Body::Object(of) => object(document, of),
        Body::Words { words, flags: false } => map(json!({ "enum": words })),
        Body::Words { words, flags: true } => {
            let one = words.join("|");
            map(json!({ "type": "string", "pattern": format!("^({one})(, ?({one}))*$") }))
        }
        Body::OneOf(ids) => {
            let all: Vec<Json> = ids.iter().map(|id| reference(document, *id)).collect();
            map(json!({ "anyOf": all }))
        }
        Body::Primitive(of) => primitive(*of),
    }
}

fn object(document: &Document<'_>, of: &Object<'_>) -> Map<String, Json> {
    let mut schema = map(json!({ "type": "object" }));
    if !of.notes.is_empty() {
        schema.insert("description".into(), of.notes.join(" ").into());
    }
    let property = |field: &Field<'_>| {
        let mut schema = value(document, &field.value);
        if let Some(text) = field.text {
            schema.insert("description".into(), text.into());
        }
        (field.name.to_owned(), Json::Object(schema))
    };
    if !of.fields.is_empty() {
        schema.insert("properties".into(), Json::Object(of.fields.iter().map(property).collect()));
    }
    let required: Vec<&str> =
        of.fields.iter().filter(|field| field.required).map(|field| field.name).collect();
    if !required.is_empty() {
        schema.insert("required".into(), required.into());
    }
    schema
}

fn value(document: &Document<'_>, of: &Value) -> Map<String, Json> {
    let mut schema = match &of.item {
        Item::Primitive(of) => primitive(*of),
        Item::Definition(id) => map(reference(document, *id)),
        Item::Constant(text) => map(json!({ "const": text })),
        Item::Link => map(json!({ "type": "string", "format": "uri" })),
    };
    if of.nullable && !schema.is_empty() {
        // Where there is a type, null is another one.
        if let Some(kind) = schema.get_mut("type") {
            *kind = json!([kind.take(), "null"]);
        } else {
            schema = map(json!({ "anyOf": [schema, { "type": "null" }] }));
        }
    }
    if of.collection { map(json!({ "type": "array", "items": schema })) } else { schema }
}

fn reference(document: &Document<'_>, id: usize) -> Json {
    json!({ "$ref": format!("#/$defs/{}", document.definitions[id].name) })
}

fn primitive(of: Primitive) -> Map<String, Json> {
    map(match of {
        Primitive::Binary => json!({ "type": "string", "contentEncoding": "base64" }),
        Primitive::Boolean => json!({ "type": "boolean" }),
        Primitive::Byte => json!({ "type": "integer", "minimum": 0, "maximum": 255 }),
        Primitive::Date => json!({ "type": "string", "format": "date" }),
        Primitive::DateTimeOffset => json!({ "type": "string", "format": "date-time" }),
        Primitive::Decimal => json!({ "type": "number", "format": "decimal" }),
        Primitive::Double => json!({ "type": "number", "format": "double" }),
        Primitive::Duration => json!({ "type": "string", "format": "duration" }),
        Primitive::Geo => json!({ "type": "object" }),
        Primitive::Guid => json!({ "type": "string", "format": "uuid" }),
        Primitive::Int16 => json!({ "type": "integer", "minimum": -32_768, "maximum": 32_767 }),
        Primitive::Int32 => json!({ "type": "integer", "format": "int32" }),
        Primitive::Int64 => json!({ "type": "integer", "format": "int64" }),
        Primitive::SByte => json!({ "type": "integer", "minimum": -128, "maximum": 127 }),
        Primitive::Single => json!({ "type": "number", "format": "float" }),
        Primitive::Stream => json!({ "type": "string", "contentMediaType": "application/octet-stream" }),
        Primitive::String => json!({ "type": "string" }),
        Primitive::TimeOfDay => {
            json!({ "type": "string", "pattern": r"^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,12})?)?$" })
        }
        Primitive::Untyped => json!({}),
    })
}

/// The members of a literal object.
fn map(value: Json) -> Map<String, Json> {
    match value {
        Json::Object(map) => map,
        _ => Map::new(),
    }
}
