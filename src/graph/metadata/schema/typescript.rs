//! TypeScript, as a module that exports one type for the whole and one for each that it needs.

use std::collections::HashSet;
use std::fmt::Write as _;

use super::shape::{Body, Document, Field, Item, Object, Root, Value};
use crate::graph::metadata::model::Primitive;
use crate::graph::metadata::place::Operation;

pub(super) fn write(document: &Document<'_>) -> String {
    let root = match document.operation {
        Operation::Fetch => "Result",
        Operation::Function => "Parameters",
        _ => "Body",
    };
    // `Parameters` and `Result` would otherwise hide a type of Graph's.
    let mut taken: HashSet<String> = HashSet::from([root.to_owned()]);
    let mut names = Vec::with_capacity(document.definitions.len());
    for definition in &document.definitions {
        let mut name = type_name(&definition.name);
        while !taken.insert(name.clone()) {
            name.push('_');
        }
        names.push(name);
    }
    let writer = Writer { names: &names };
    let mut out = format!("// {} {}\n", document.operation, document.template.replace(char::is_control, " "));
    match &document.root {
        Root::Value(of) => {
            let _ = writeln!(out, "export type {root} = {};", writer.value(of));
        }
        Root::Object(of) => writer.object(&mut out, root, of),
    }
    for (definition, name) in document.definitions.iter().zip(&names) {
        match &definition.body {
            Body::Object(of) => writer.object(&mut out, name, of),
            Body::Words { flags: true, words } => {
                let _ = writeln!(out, "/** One or more, with commas: {}. */", words.join(", "));
                let _ = writeln!(out, "export type {name} = string;");
            }
            Body::Words { words, .. } => {
                let words: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
                let _ = writeln!(out, "export type {name} = {};", or_never(&words));
            }
            Body::OneOf(ids) => {
                let all: Vec<String> = ids.iter().map(|id| names[*id].clone()).collect();
                let _ = writeln!(out, "export type {name} = {};", or_never(&all));
            }
            Body::Primitive(of) => {
                let _ = writeln!(out, "export type {name} = {};", primitive(*of));
            }
        }
    }
    out
}

struct Writer<'a> {
    names: &'a [String],
}

impl Writer<'_> {
    fn object(&self, out: &mut String, name: &str, of: &Object<'_>) {
        if !of.notes.is_empty() {
            let _ = writeln!(out, "/** {} */", comment(&of.notes.join(" ")));
        }
        let _ = writeln!(out, "export interface {name} {{");
        for Field { name, value, required, text } in &of.fields {
            if let Some(text) = text {
                let _ = writeln!(out, "  /** {} */", comment(text));
            }
            let (name, mark) = (property_name(name), if *required { "" } else { "?" });
            let _ = writeln!(out, "  {name}{mark}: {};{}", self.value(value), hint(value));
        }
        out.push_str("}\n");
    }

    fn value(&self, of: &Value) -> String {
        let item = match &of.item {
            Item::Primitive(of) => primitive(*of).to_owned(),
            Item::Definition(id) => self.names[*id].clone(),
            Item::Constant(text) => format!("\"{text}\""),
            Item::Link => "string".to_owned(),
        };
        match (of.collection, of.nullable) {
            (true, _) => format!("{item}[]"),
            (false, true) => format!("{item} | null"),
            (false, false) => item,
        }
    }
}

fn or_never(names: &[String]) -> String {
    if names.is_empty() { "never".to_owned() } else { names.join(" | ") }
}

/// What a type of TypeScript's does not tell.
fn hint(of: &Value) -> &'static str {
    match of.item {
        Item::Primitive(Primitive::Binary) => " // base64",
        Item::Primitive(Primitive::Date) => " // date",
        Item::Primitive(Primitive::DateTimeOffset) => " // date-time",
        Item::Primitive(Primitive::Duration) => " // ISO 8601 duration",
        Item::Primitive(Primitive::Guid) => " // uuid",
        Item::Primitive(Primitive::Int64) => " // int64",
        Item::Primitive(Primitive::TimeOfDay) => " // time",
        Item::Link => " // URL",
        _ => "",
    }
}

fn primitive(of: Primitive) -> &'static str {
    match of {
        Primitive::Boolean => "boolean",
        Primitive::Byte
        | Primitive::Decimal
        | Primitive::Double
        | Primitive::Int16
        | Primitive::Int32
        | Primitive::Int64
        | Primitive::SByte
        | Primitive::Single => "number",
        Primitive::Geo => "object",
        Primitive::Untyped => "unknown",
        Primitive::Binary
        | Primitive::Date
        | Primitive::DateTimeOffset
        | Primitive::Duration
        | Primitive::Guid
        | Primitive::Stream
        | Primitive::String
        | Primitive::TimeOfDay => "string",
    }
}

/// `security.alert` as `SecurityAlert`.
fn type_name(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut up = true;
    for c in name.chars() {
        if !(c.is_ascii_alphanumeric() || c == '_') {
            up = true;
        } else if std::mem::take(&mut up) {
            out.push(c.to_ascii_uppercase());
        } else {
            out.push(c);
        }
    }
    if out.starts_with(|c: char| c.is_ascii_digit()) || out.is_empty() { format!("T{out}") } else { out }
}

fn property_name(name: &str) -> String {
    let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'$');
    if plain && !name.starts_with(|c: char| c.is_ascii_digit()) {
        name.to_owned()
    } else {
        format!("{name:?}")
    }
}

fn comment(text: &str) -> String {
    text.replace("*/", "* /")
}
