//! `permissions --from-audit`: the least that would have sufficed.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufRead, BufReader, IsTerminal, Read};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::write_line;
use crate::audit::Entry;
use crate::error::{AuthError, ErrorKind, printable};
use crate::graph::least::Least;

/// The longest line that is read, in bytes: the longest path has 16 KB, each byte of it at most six in JSON, twice.
const LONGEST: u64 = 256 << 10;

/// How many damaged lines are named.
const NAMED: usize = 20;

/// Prints what the audits in `files` show the need of: JSON on a pipe, or where it is wanted, lines on a terminal.
pub(super) fn print(files: &[PathBuf], as_json: bool) -> Result<(), AuthError> {
    let mut least = Least::default();
    let mut damaged = Vec::new();
    for file in files {
        read(file, &mut least, &mut damaged)?;
    }
    let mut report = least.report();
    report["damaged"] = json!({"lines": damaged.len(), "at": damaged.iter().take(NAMED).collect::<Vec<_>>()});
    if as_json || !std::io::stdout().is_terminal() {
        return write_line(&serde_json::to_string_pretty(&report).unwrap_or_default());
    }
    write_line(readable(&report).trim_end())
}

fn read(path: &Path, least: &mut Least, damaged: &mut Vec<String>) -> Result<(), AuthError> {
    let shown = printable(&path.to_string_lossy(), 200);
    let unreadable = |error: std::io::Error| {
        let message = format!("--from-audit: {shown} cannot be read: {error}.");
        AuthError::new(ErrorKind::Settings, "invalid_argument", message)
    };
    let mut file = BufReader::new(File::open(path).map_err(unreadable)?);
    let mut line = Vec::new();
    let mut whole = true;
    let mut number = 0_usize;
    loop {
        line.clear();
        if (&mut file).take(LONGEST).read_until(b'\n', &mut line).map_err(unreadable)? == 0 {
            return Ok(());
        }
        let (began, ended) = (whole, line.ends_with(b"\n"));
        whole = ended;
        number += usize::from(began);
        if line.trim_ascii().is_empty() {
            continue;
        }
        // Of a line without an end nobody knows whether it is whole.
        match serde_json::from_slice::<Entry>(&line) {
            Ok(entry) if began && ended && !entry.time.is_empty() => least.add(&entry),
            _ if began => damaged.push(format!("{shown}:{number}")),
            _ => {}
        }
    }
}

/// The report for a person. What is in it comes from paths, so nothing of it may steer a terminal.
fn readable(report: &Value) -> String {
    let text = |value: &Value| printable(value.as_str().unwrap_or("-"), 300);
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let mut out = String::new();
    let requests = &report["requests"];
    let _ = writeln!(out, "{} requests succeeded, {} did not.", requests["succeeded"], requests["failed"]);
    let _ = writeln!(out, "\nApplication permissions that suffice:");
    for one in list(&report["permissions"]) {
        let _ = writeln!(out, "  {}  (app role {})", text(&one["name"]), text(&one["appRoleId"]));
        for request in list(&one["requests"]) {
            let _ = writeln!(out, "    {}", text(&request));
        }
    }
    let _ = writeln!(out, "\nBoundary that suffices:");
    for line in serde_json::to_string_pretty(&report["boundary"]).unwrap_or_default().lines() {
        let indent = line.len() - line.trim_start().len();
        let _ = writeln!(out, "  {:indent$}{}", "", printable(line, 600));
    }
    let unmapped = list(&report["unmapped"]);
    if !unmapped.is_empty() {
        let _ = writeln!(out, "\nNot known from here:");
    }
    for one in unmapped {
        let (request, what, reason) = (text(&one["request"]), text(&one["what"]), text(&one["reason"]));
        let _ = writeln!(out, "  {request} ({what}): {reason}");
    }
    if report["damaged"]["lines"] != json!(0) {
        let at: Vec<_> = list(&report["damaged"]["at"]).iter().map(text).collect();
        let _ = writeln!(out, "\n{} damaged lines: {}", report["damaged"]["lines"], at.join(", "));
    }
    out
}
