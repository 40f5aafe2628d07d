//! CDDL (RFC 8610). Strings of a certain form have rules of their own, whose names begin with `Edm.`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::shape::{Body, Document, Field, Item, Object, Root, Value};
use crate::graph::metadata::model::Primitive;
use crate::graph::metadata::place::Operation;

/// Names of the standard prelude (RFC 8610, appendix D), which a rule may not take.
const PRELUDE: [&str; 46] = [
    "any",
    "uint",
    "nint",
    "int",
    "bstr",
    "bytes",
    "tstr",
    "text",
    "tdate",
    "time",
    "number",
    "biguint",
    "bignint",
    "bigint",
    "integer",
    "unsigned",
    "decfrac",
    "bigfloat",
    "eb64url",
    "eb64legacy",
    "eb16",
    "encoded-cbor",
    "uri",
    "b64url",
    "b64legacy",
    "regexp",
    "mime-message",
    "cbor-any",
    "float16",
    "float32",
    "float64",
    "float16-32",
    "float32-64",
    "float",
    "false",
    "true",
    "bool",
    "nil",
    "null",
    "undefined",
    "result",
    "body",
    "parameters",
    "Edm",
    "and",
    "within",
];

pub(super) fn write(document: &Document<'_>) -> String {
    let root = match document.operation {
        Operation::Fetch => "result",
        Operation::Function => "parameters",
        _ => "body",
    };
    let names = document.definitions.iter().map(|of| rule_name(&of.name)).collect();
    let mut writer = Writer { names, used: BTreeMap::new() };
    let mut out = format!("; {} {}\n", document.operation, line(document.template));
    match &document.root {
        Root::Value(of) => {
            let _ = writeln!(out, "{root} = {}", writer.value(of));
        }
        Root::Object(of) => writer.object(&mut out, root, of),
    }
    for (at, definition) in document.definitions.iter().enumerate() {
        let name = writer.names[at].clone();
        match &definition.body {
            Body::Object(of) => writer.object(&mut out, &name, of),
            Body::Words { words, flags: true } => {
                let one = words.join("|");
                let _ = writeln!(out, "{name} = tstr .regexp \"({one})(, ?({one}))*\"");
            }
            Body::Words { words, .. } => {
                let words: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
                let _ = writeln!(out, "{name} = {}", or_text(&words));
            }
            Body::OneOf(ids) => {
                let all: Vec<String> = ids.iter().map(|id| writer.names[*id].clone()).collect();
                let _ = writeln!(out, "{name} = {}", or_text(&all));
            }
            Body::Primitive(of) => {
                let of = writer.primitive(*of);
                let _ = writeln!(out, "{name} = {of}");
            }
        }
    }
    for (name, rule) in writer.used {
        let _ = writeln!(out, "{name} = {rule}");
    }
    out
}

struct Writer {
    names: Vec<String>,
    /// Rules for primitive types that are needed.
    used: BTreeMap<&'static str, &'static str>,
}

impl Writer {
    fn object(&mut self, out: &mut String, name: &str, of: &Object<'_>) {
        for note in &of.notes {
            let _ = writeln!(out, "; {}", line(note));
        }
        let _ = writeln!(out, "{name} = {{");
        for Field { name, value, required, text } in &of.fields {
            if let Some(text) = text {
                let _ = writeln!(out, "  ; {}", line(text));
            }
            let (mark, value) = (if *required { "" } else { "? " }, self.value(value));
            let _ = writeln!(out, "  {mark}{}: {value},", key(name));
        }
        out.push_str("  * tstr => any\n}\n");
    }

    fn value(&mut self, of: &Value) -> String {
        let item = match &of.item {
            Item::Primitive(of) => self.primitive(*of).to_owned(),
            Item::Definition(id) => self.names[*id].clone(),
            Item::Constant(text) => format!("\"{text}\""),
            Item::Link => "tstr".to_owned(),
        };
        match (of.collection, of.nullable) {
            (true, _) => format!("[* {item}]"),
            (false, true) if item != "any" => format!("{item} / null"),
            (false, _) => item,
        }
    }

    fn primitive(&mut self, of: Primitive) -> &'static str {
        let rule = match of {
            Primitive::Boolean => return "bool",
            Primitive::Decimal | Primitive::Double | Primitive::Single => return "number",
            Primitive::Geo => return "{ * tstr => any }",
            Primitive::Stream => return "bstr",
            Primitive::String => return "tstr",
            Primitive::Untyped => return "any",
            Primitive::Byte => "0..255",
            Primitive::SByte => "-128..127",
            Primitive::Int16 => "-32768..32767",
            Primitive::Int32 => "-2147483648..2147483647",
            Primitive::Int64 => "-9223372036854775808..9223372036854775807",
            Primitive::Binary => r#"tstr .regexp "[-A-Za-z0-9+/_]*={0,2}""#,
            Primitive::Date => r#"tstr .regexp "-?[0-9]{4,}-[0-9]{2}-[0-9]{2}""#,
            Primitive::DateTimeOffset => {
                r#"tstr .regexp "-?[0-9]{4,}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?(Z|[+-][0-9]{2}:[0-9]{2})""#
            }
            Primitive::Duration => {
                r#"tstr .regexp "-?P([0-9]+D)?(T([0-9]+H)?([0-9]+M)?([0-9]+([.][0-9]+)?S)?)?""#
            }
            Primitive::Guid => r#"tstr .regexp "[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}""#,
            Primitive::TimeOfDay => r#"tstr .regexp "[0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?""#,
        };
        self.used.insert(of.name(), rule);
        of.name()
    }
}

fn or_text(names: &[String]) -> String {
    if names.is_empty() { "tstr".to_owned() } else { names.join(" / ") }
}

/// A rule's name may have dots and hyphens in it, and may not be one of the prelude's or the root's.
fn rule_name(name: &str) -> String {
    if PRELUDE.contains(&name) { format!("{name}-type") } else { name.to_owned() }
}

fn key(name: &str) -> String {
    let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if plain && !name.starts_with(|c: char| c.is_ascii_digit()) {
        name.to_owned()
    } else {
        format!("\"{name}\"")
    }
}

fn line(text: &str) -> String {
    text.replace(char::is_control, " ")
}
