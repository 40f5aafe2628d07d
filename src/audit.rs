//! The audit: what was read and asked for, without its content, as JSON lines in a file.
//!
//! A line is written for each request, and before the next one is sent. Where a line cannot be written, nothing more is
//! sent until it can: what must be audited does not run unaudited.

mod file;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use crate::error::{AuthError, ErrorKind};
use crate::settings::audit::AuditSetting;
use crate::time;
use file::AuditFile;

/// What a line is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Event {
    /// A process writes its first line into a file.
    Start,
    /// A request to Graph.
    #[default]
    Request,
    /// A request to Graph inside a batch, which has a line of its own.
    Item,
    /// A question of our own: whether a name is another one of what the boundary lists.
    Lookup,
    /// Content read where Graph sent us.
    Storage,
    /// A request that was refused before anything was sent.
    Refusal,
    /// A token that a broker handed out.
    Token,
}

/// Who refused a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RefusedBy {
    /// It lies outside the boundary.
    Boundary,
    /// It is a write that is not allowed.
    Writes,
    /// It takes a signed-in user.
    Delegated,
    /// The path is not one that is taken.
    Path,
    /// Graph, with 401, 402 or 403.
    Graph,
    /// Signing in failed.
    SignIn,
    /// The broker, which hands out no token.
    Broker,
}

/// One line. No content and no values of a query are in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Entry {
    /// When it ended: RFC 3339, UTC, to the millisecond.
    pub time: String,
    /// What it is about.
    pub event: Event,
    /// The run of a CI system.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    /// The process.
    pub pid: u32,
    /// The tool that caused it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool: Option<String>,
    /// The process that asked for it through a broker, where the system tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<u32>,
    /// The HTTP method; none where a path was refused before one was chosen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// The path with place-holders: `/users/{id}/messages`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub template: String,
    /// The ids in the path, decoded, by the collection that each stands in.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub resources: BTreeMap<String, Vec<String>>,
    /// The names of the query's options.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<String>,
    /// HTTP status of the last answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Graph's `request-id`, for its support.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// Our `client-request-id` of the last attempt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_request_id: Option<String>,
    /// Bytes of the answer's body, unpacked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// Milliseconds that it took in all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ms: Option<u64>,
    /// How often it was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempts: Option<u32>,
    /// Who refused it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused_by: Option<RefusedBy>,
    /// A code for why there is no answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The application's client id, in the line that begins a process.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app: Option<String>,
    /// The tenant, in the line that begins a process.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
}

impl Entry {
    /// The line, with its end. What could end or hide a line is escaped: JSON does that for line breaks, and the rest of
    /// what shows nothing never gets here, see `printable`.
    fn line(&self) -> String {
        // A structure of texts and numbers always becomes JSON.
        let mut line = serde_json::to_string(self).unwrap_or_default();
        line.push('\n');
        line
    }
}

/// An audit file that is open.
#[derive(Debug)]
pub struct Audit {
    path: PathBuf,
    file: Mutex<AuditFile>,
    run: Option<String>,
}

impl Audit {
    /// Opens the file of `setting`, makes it the owner's alone, and finds that it can be locked. `app` and `tenant` are
    /// told once for each process.
    ///
    /// # Errors
    /// [`ErrorKind::Settings`]: the file, or the lock beside it, cannot be written to.
    pub fn open(
        setting: &AuditSetting,
        app: Option<String>,
        tenant: Option<String>,
    ) -> Result<Self, AuthError> {
        Self::with_limit(setting, app, tenant, file::LIMIT)
    }

    fn with_limit(
        setting: &AuditSetting,
        app: Option<String>,
        tenant: Option<String>,
        limit: u64,
    ) -> Result<Self, AuthError> {
        let start = Entry { event: Event::Start, app, tenant, ..Entry::default() };
        let start = dated(start, setting.run.as_ref());
        let file = AuditFile::open(&setting.file, start.line(), limit).map_err(|error| {
            let message = format!("WORKIQ_AUDIT_FILE: {} cannot be used: {error}.", shown(&setting.file));
            AuthError::new(ErrorKind::Settings, "invalid_settings", message).with_hint(
                "Name a file in a folder that exists and that this process may write to. Without its audit nothing is \
                 asked of Microsoft Graph.",
            )
        })?;
        Ok(Self { path: setting.file.clone(), file: Mutex::new(file), run: setting.run.clone() })
    }

    /// Whether a request may be sent: whether all lines so far were written. Tries again those that were not.
    ///
    /// # Errors
    /// The code is `audit_failed`.
    pub fn ready(&self) -> Result<(), AuthError> {
        self.lock().flush().map_err(|error| self.failed(&error))
    }

    /// Writes a line for each of `entries`, at once.
    ///
    /// # Errors
    /// The code is `audit_failed`. The lines are kept, and written before anything else is.
    pub fn record(&self, entries: impl IntoIterator<Item = Entry>) -> Result<(), AuthError> {
        let lines: String = entries.into_iter().map(|entry| dated(entry, self.run.as_ref()).line()).collect();
        self.lock().append(lines.as_bytes()).map_err(|error| self.failed(&error))
    }

    fn lock(&self) -> MutexGuard<'_, AuditFile> {
        self.file.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn failed(&self, error: &std::io::Error) -> AuthError {
        let message = format!("The audit file {} cannot be written to: {error}.", shown(&self.path));
        AuthError::new(ErrorKind::Response, "audit_failed", message)
            .with_hint("Nothing is asked of Microsoft Graph until it can be: make room, or mend its folder.")
    }
}

fn dated(entry: Entry, run: Option<&String>) -> Entry {
    Entry { time: time::rfc3339_ms(SystemTime::now()), pid: std::process::id(), run: run.cloned(), ..entry }
}

fn shown(path: &Path) -> String {
    crate::error::printable(&path.to_string_lossy(), 200)
}

#[cfg(test)]
mod tests;
