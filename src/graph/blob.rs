//! Content of files: bytes, which Graph hands out by itself or by sending us to a storage host with a signed address.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, StatusCode, header};
use url::Url;

use super::call::Call;
use super::client::GraphClient;
use super::client::exchange::{USER_AGENT, read_openly, transport};
use super::request::GraphRequest;
use super::response::{GraphFailure, GraphResponse, own_error};
use crate::audit::Event;
use crate::http::retry::{Retries, retry_after};
use crate::http::{Limits, Response};

/// How often a storage host may send us on.
const REDIRECTS: usize = 3;

/// Content, as it is.
#[derive(Clone, Debug)]
pub struct Blob {
    /// Its kind, as the host says.
    pub content_type: String,
    /// The file's name, where the host tells it. A stranger chose it.
    pub name: Option<String>,
    /// The bytes.
    pub bytes: Bytes,
}

impl GraphClient {
    /// The content at a path, of the allowed size at most. `Err` within `Ok` is Graph's refusal.
    ///
    /// # Errors
    /// Why there is no answer. [`GraphFailure::Transport`] with the code `content_too_large` names the limit.
    pub async fn blob(
        &self,
        request: &GraphRequest,
        call: &Call,
    ) -> Result<Result<Blob, GraphResponse>, GraphFailure> {
        if let Some(guard) = self.gate(request, call).await? {
            return Err(self.refused(
                Some(&request.method),
                request.path.as_str(),
                guard.not_content(),
                call,
            ));
        }
        let limits = self.blob_limits();
        let mut answer = self.exchange(request, limits, call).await?;
        if answer.status.is_redirection() {
            answer = match self.storage(request, &answer, limits, call).await? {
                Ok(answer) => answer,
                Err(refusal) => return Ok(Err(refusal)),
            };
        }
        if !answer.status.is_success() {
            return Ok(Err(self.explained(request, self.read(&answer), call).await));
        }
        if is_entity(&answer) {
            return Ok(Err(GraphResponse::not_content()));
        }
        let content_type = answer.header("content-type").unwrap_or("application/octet-stream").to_owned();
        let name = answer.header("content-disposition").and_then(file_name);
        Ok(Ok(Blob { content_type, name, bytes: answer.body }))
    }

    /// Follows a redirect of Graph's to where the content lies. No token, and nothing else of ours, goes there.
    pub(super) async fn storage(
        &self,
        request: &GraphRequest,
        redirect: &Response,
        limits: Limits,
        call: &Call,
    ) -> Result<Result<Response, GraphResponse>, GraphFailure> {
        let trail = self.trail(Event::Storage, request, call)?;
        let outcome = self.follow(redirect, limits, call).await;
        trail.end_storage(&outcome)?;
        outcome
    }

    async fn follow(
        &self,
        redirect: &Response,
        limits: Limits,
        call: &Call,
    ) -> Result<Result<Response, GraphResponse>, GraphFailure> {
        let mut base = Url::parse(&self.origin().to_string()).ok();
        let mut location = redirect.header("location").map(str::to_owned);
        let mut retries = Retries::new(call.deadline());
        for _ in 0..=REDIRECTS {
            let target = base.as_ref().and_then(|base| base.join(location.as_deref()?).ok());
            let Some(url) = target.filter(|url| {
                url.scheme() == "https" && url.username().is_empty() && url.password().is_none()
            }) else {
                let body = own_error(
                    "redirect",
                    "Graph redirects to an address that is not https, which is not followed.",
                    &redirect.headers,
                );
                return Ok(Err(GraphResponse::own(redirect.status, body)));
            };
            call.doing(|| "reading content from storage".to_owned());
            let request = || {
                Request::get(url.as_str())
                    .header(header::USER_AGENT, USER_AGENT)
                    .header(header::ACCEPT, "*/*")
                    .body(Bytes::new())
            };
            let answer = read_openly(self.http(), request, limits, call.deadline(), &mut retries).await;
            let answer = answer.map_err(|error| transport(error, limits))?;
            if !answer.status.is_redirection() {
                return Ok(if answer.status.is_success() {
                    Ok(answer)
                } else {
                    Err(storage_refused(&answer))
                });
            }
            location = answer.header("location").map(str::to_owned);
            base = Some(url);
        }
        let body = own_error("redirect", "The storage host redirects too often.", &redirect.headers);
        Ok(Err(GraphResponse::own(StatusCode::LOOP_DETECTED, body)))
    }

    pub(super) fn blob_limits(&self) -> Limits {
        Limits { bytes: self.blob_bytes(), silence: Duration::from_secs(30), wipe: false }
    }
}

/// Whether an answer is an entity rather than content, as for a folder that somebody named `content`: Graph says so in
/// the kind (`OData` JSON, section 3.1), which no stored file has.
fn is_entity(answer: &Response) -> bool {
    answer.header("content-type").is_some_and(|kind| kind.to_ascii_lowercase().contains("odata.metadata="))
}

/// The storage host's words are not shown: they may repeat the address, which is a key to the content.
fn storage_refused(answer: &Response) -> GraphResponse {
    let message = format!("The storage host that Graph sends to answered HTTP {}.", answer.status.as_u16());
    GraphResponse {
        retry_after: retry_after(&answer.headers, std::time::SystemTime::now()),
        ..GraphResponse::own(answer.status, own_error("storageRefused", &message, &answer.headers))
    }
}

/// The name in `Content-Disposition` (RFC 6266): the extended form before the plain one, never with a folder.
fn file_name(disposition: &str) -> Option<String> {
    let parameter = |wanted: &str| {
        disposition.split(';').skip(1).find_map(|part| {
            let (name, value) = part.split_once('=')?;
            name.trim().eq_ignore_ascii_case(wanted).then(|| value.trim().trim_matches('"').to_owned())
        })
    };
    let extended = parameter("filename*").and_then(|value| {
        let encoded =
            value.to_ascii_lowercase().starts_with("utf-8'").then(|| value.splitn(3, '\'').nth(2))??;
        percent_encoding::percent_decode_str(encoded).decode_utf8().ok().map(std::borrow::Cow::into_owned)
    });
    let name = extended.or_else(|| parameter("filename"))?;
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let name: String = name.chars().filter(|c| !c.is_control()).take(255).collect();
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_in_either_form_and_has_no_folder() {
        for (disposition, name) in [
            (r#"attachment; filename="Plan.docx""#, Some("Plan.docx")),
            ("attachment; filename=Plan.docx", Some("Plan.docx")),
            (r#"attachment; filename="x"; filename*=UTF-8''Z%C3%BCrich.txt"#, Some("Zürich.txt")),
            (r#"attachment; filename="../../etc/passwd""#, Some("passwd")),
            (r#"attachment; filename="..\\evil.exe""#, Some("evil.exe")),
            ("attachment", None),
            ("inline; filename=", None),
        ] {
            assert_eq!(file_name(disposition).as_deref(), name, "{disposition}");
        }
    }
}
