//! What a verb prints: JSON for pipes, something readable on a terminal, content as bytes where a file is named.

use std::io::{IsTerminal, Write};
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::verb::Print;
use super::write_line;
use crate::broker::ViewLimits;
use crate::error::{AuthError, ErrorKind, printable};
use crate::tools::PAYLOAD;
use crate::tools::present::{Presentation, Rendering};
use crate::tools::render::for_people;
use crate::tools::shown::{Shown, View};

/// No budget at all, in a form that can still be added to.
const UNBOUNDED: usize = usize::MAX / 16;

/// How what a tool gives is to be shown: whole in pipes. A terminal would carry out what a stranger wrote.
pub(super) fn view(limits: ViewLimits) -> View {
    let exact = limits.exact_text && !std::io::stdout().is_terminal();
    let presentation = Presentation { exact, budget: limits.response_bytes.unwrap_or(UNBOUNDED) };
    View { presentation, rendering: Rendering::Short }
}

/// Prints what a tool gave. A failure is an error as well, so that the exit code says so.
pub(super) fn outcome(shown: Shown, print: &Print) -> Result<(), AuthError> {
    let error = |text: &str| AuthError::new(ErrorKind::Response, "tool_error", text.to_owned());
    let Shown { structured, text, plain, failed, .. } = shown;
    let Some(mut value) = structured.filter(|_| !plain) else {
        return if failed { Err(error(&text)) } else { write_line(text.trim_end()) };
    };
    let terminal = std::io::stdout().is_terminal();
    if let Some(file) = print.file.as_deref().filter(|_| !failed) {
        write_content(&mut value, file)?;
        if file == "-" {
            return Ok(());
        }
    }
    if terminal && !print.json {
        write_line(readable(&value).trim_end())?;
    } else {
        write_line(&serde_json::to_string_pretty(&value).unwrap_or_default())?;
    }
    if !failed {
        Ok(())
    } else if refused(&value) {
        Err(AuthError::new(ErrorKind::Server, "not_permitted", "This was not permitted."))
    } else {
        Err(error("Nothing could be done."))
    }
}

/// A result for a person: texts as they are, collections in lines, entities member by member.
fn readable(value: &Value) -> String {
    match value["results"].as_array() {
        Some(results) if results.len() == 1 => one(&results[0]),
        Some(results) => {
            let numbered =
                results.iter().enumerate().map(|(at, result)| format!("{}. {}", at + 1, one(result)));
            numbered.collect::<Vec<_>>().join("\n")
        }
        None => one(value),
    }
}

fn one(result: &Value) -> String {
    let data = &result["data"];
    match data {
        Value::String(text) => text.clone(),
        Value::Object(members) if !members.contains_key("value") => {
            serde_json::to_string_pretty(data).unwrap_or_default()
        }
        _ if result.get(PAYLOAD).is_some() => {
            let of = |name: &str| match &result[name] {
                Value::String(text) => printable(text, 120),
                other => other.to_string(),
            };
            format!("{} bytes of {}. Write them to a file with -o FILE.", of("sizeBytes"), of("contentType"))
        }
        _ => {
            let lines = for_people(result);
            match data["@odata.nextLink"].as_str() {
                Some(next) => format!("{lines}   next page: {next}\n"),
                None => lines,
            }
        }
    }
}

/// Puts content where the user wants it, and its size where it was.
fn write_content(value: &mut Value, file: &str) -> Result<(), AuthError> {
    let cannot = |what: String| AuthError::new(ErrorKind::Response, "output_error", what);
    let content = value.as_object_mut().and_then(|members| members.shift_remove(PAYLOAD));
    let bytes = content.as_ref().and_then(Value::as_str).and_then(|text| STANDARD.decode(text).ok());
    let bytes = bytes.ok_or_else(|| cannot("There is no content to write.".to_owned()))?;
    if file == "-" {
        let mut out = std::io::stdout().lock();
        let written = out.write_all(&bytes).and_then(|()| out.flush());
        return written
            .or_else(|error| if error.kind() == std::io::ErrorKind::BrokenPipe { Ok(()) } else { Err(error) })
            .map_err(|error| cannot(format!("stdout cannot be written to: {error}.")));
    }
    std::fs::write(Path::new(file), &bytes)
        .map_err(|error| cannot(format!("{file} cannot be written: {error}.")))?;
    value["file"] = json!(file);
    Ok(())
}

/// Whether all that was asked for is a refusal.
fn refused(value: &Value) -> bool {
    let refused = |result: &Value| matches!(result["statusCode"].as_u64(), Some(401..=403));
    match value["results"].as_array() {
        Some(results) => results.iter().all(refused),
        None => refused(value),
    }
}
