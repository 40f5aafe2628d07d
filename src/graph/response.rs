//! What Graph answered, as tools need it.

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use super::delegated::DelegatedOnly;
use super::paging;
use super::refusal::Refusal;
use crate::error::{AuthError, ErrorKind, printable};
use crate::http::{Response, retry};
use crate::settings::origin::Origin;
use crate::settings::writes::WriteClass;

/// What Graph answered to one request: a success, or an error in Graph's own words.
#[derive(Clone, Debug)]
pub struct GraphResponse {
    /// HTTP status.
    pub status: u16,
    /// The body: JSON as it is, text as a string, nothing as null.
    pub body: Value,
    /// How long Graph asks to be left alone.
    pub retry_after: Option<Duration>,
    /// What a reader should know about how this answer came about.
    pub note: Option<Cow<'static, str>>,
    /// What a refusal means, where it is one.
    pub refusal: Option<Box<Refusal>>,
    /// `WWW-Authenticate`, which may say why.
    pub(super) challenge: Option<String>,
}

/// Why there is no answer of Graph's.
#[derive(Debug)]
#[non_exhaustive]
pub enum GraphFailure {
    /// The path or a header was refused here; nothing was sent.
    Path(String),
    /// A write that is not allowed; nothing was sent.
    NotAllowed(WriteClass),
    /// It is outside the administrator's boundary, and was not sent.
    OutsideBoundary(String),
    /// It takes a signed-in user; nothing was sent.
    DelegatedOnly(DelegatedOnly),
    /// Sign-in failed.
    Auth(AuthError),
    /// Graph could not be reached, or answered something that is not for a tool.
    Transport(AuthError),
    /// A line of the audit could not be written. Nothing was sent, unless the message says so.
    Audit(AuthError),
    /// A write was sent and no answer came: it may have been carried out or not.
    OutcomeUnknown(AuthError),
}

impl GraphFailure {
    /// The same as an error: of the kind `Server` where somebody said no, or would have.
    #[must_use]
    pub fn into_error(self) -> AuthError {
        match self {
            Self::Auth(error) | Self::Transport(error) | Self::OutcomeUnknown(error) | Self::Audit(error) => {
                error
            }
            Self::OutsideBoundary(message) => AuthError::new(ErrorKind::Server, "outside_boundary", message),
            Self::Path(message) => AuthError::new(ErrorKind::Settings, "invalid_argument", message),
            Self::NotAllowed(class) => AuthError::new(
                ErrorKind::Server,
                "not_permitted",
                format!("It is not allowed to {}.", class.deed()),
            ),
            Self::DelegatedOnly(why) => AuthError::new(ErrorKind::Server, "delegated_only", why.to_string()),
        }
    }
}

impl GraphResponse {
    /// Whether the request was carried out.
    #[must_use]
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// An answer that another process read, and told.
    pub(crate) fn told(status: u16, body: Value, note: Option<String>, refusal: Option<Refusal>) -> Self {
        Self {
            status,
            body,
            retry_after: None,
            note: note.map(Cow::Owned),
            refusal: refusal.map(Box::new),
            challenge: None,
        }
    }

    /// An error of ours in an answer's place.
    pub(super) fn own(status: StatusCode, body: Value) -> Self {
        Self { status: status.as_u16(), body, retry_after: None, note: None, refusal: None, challenge: None }
    }

    /// The refusal to give an entity out as content: as base64 it would carry its signed links past the eyes of who
    /// guards the result.
    #[must_use]
    pub fn not_content() -> Self {
        let message = "This path is an entity, not content. Add /content for a file, /$value for an attachment or a \
                       photo; read the entity itself with fetch.";
        Self::own(StatusCode::BAD_REQUEST, json!({"error": {"code": "notContent", "message": message}}))
    }

    /// Reads an answer of Graph's.
    pub(super) fn read(answer: &Response, graph: &Origin) -> Self {
        let body = body_of(answer, graph);
        Self::finish(answer.status.as_u16(), body, &answer.headers, graph)
    }

    /// An answer whose body is read already.
    pub(super) fn finish(status: u16, mut body: Value, headers: &HeaderMap, graph: &Origin) -> Self {
        let mut note = None;
        if (200..300).contains(&status) {
            if paging::relative_links(&mut body, graph) {
                note = Some(
                    "A link to more led to another origin, or was no path that is taken here, and is left out."
                        .into(),
                );
            }
        } else {
            if body.is_null() {
                body = own_error("emptyResponse", &format!("HTTP {status}"), headers);
            }
            add_request_id(&mut body, headers);
        }
        Self {
            status,
            body,
            retry_after: retry::retry_after(headers, SystemTime::now()),
            note,
            refusal: None,
            challenge: headers
                .get("www-authenticate")
                .and_then(|value| Some(value.to_str().ok()?.to_owned())),
        }
    }
}

fn body_of(answer: &Response, graph: &Origin) -> Value {
    let status = answer.status.as_u16();
    let kind = kind_of(answer);
    if answer.status == StatusCode::NOT_MODIFIED {
        return own_error("notModified", "It is still the version of If-None-Match.", &answer.headers);
    }
    if answer.status.is_redirection() {
        let to = answer.header("location").map_or_else(|| "nowhere".to_owned(), |to| shown(to, graph));
        let message = format!(
            "Graph redirects to {to}, where a token of Graph does not go. For the content of a file use fetch_blob."
        );
        return own_error("redirect", &message, &answer.headers);
    }
    if answer.body.is_empty() {
        return Value::Null;
    }
    if let Some(json) = json_of(&answer.body, &kind) {
        return json;
    }
    if !answer.status.is_success() {
        let said = printable(&String::from_utf8_lossy(&answer.body), 200);
        let message = format!("HTTP {status}, not in Graph's form: {said}");
        return own_error("unexpectedResponse", &message, &answer.headers);
    }
    text(&answer.body, &kind).map_or(Value::Null, |text| Value::String(text.to_owned()))
}

fn kind_of(answer: &Response) -> String {
    answer.header("content-type").unwrap_or_default().to_ascii_lowercase()
}

fn without_mark(body: &[u8]) -> &[u8] {
    body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body)
}

/// The JSON of a body. A text of one word or number is none, but for a count, which Graph gives as text.
fn json_of(body: &[u8], kind: &str) -> Option<Value> {
    let value: Value = serde_json::from_slice(without_mark(body)).ok()?;
    let is_text = kind.starts_with("text/") && !value.is_object() && !value.is_array() && !value.is_u64();
    (!is_text).then_some(value)
}

/// The text of a body, if it is text by its kind and in fact.
fn text<'a>(body: &'a [u8], kind: &str) -> Option<&'a str> {
    let readable = kind.starts_with("text/")
        || kind.contains("xml")
        || kind.contains("json")
        || kind.contains("transcript+text")
        || kind.contains("csv");
    if !readable {
        return None;
    }
    std::str::from_utf8(without_mark(body)).ok()
}

/// Whether an answer is neither JSON nor text, but bytes.
pub(super) fn is_binary(answer: &Response) -> bool {
    let kind = kind_of(answer);
    answer.status.is_success()
        && !answer.body.is_empty()
        && text(&answer.body, &kind).is_none()
        && json_of(&answer.body, &kind).is_none()
}

/// Whether an answer says that it is JSON and is not: cut off, or nested beyond reason.
pub(super) fn is_broken(answer: &Response) -> bool {
    let kind = kind_of(answer);
    answer.status.is_success()
        && !answer.body.is_empty()
        && kind.contains("json")
        && json_of(&answer.body, &kind).is_none()
}

/// In place of JSON that cannot be read. As text it would be shown with what is taken out of JSON by its name.
pub(super) fn broken(answer: &Response) -> GraphResponse {
    let message =
        "Graph's answer says that it is JSON and cannot be read as such. Try again, or ask for less.";
    GraphResponse::own(StatusCode::BAD_GATEWAY, own_error("unexpectedResponse", message, &answer.headers))
}

/// In place of bytes that are no text.
pub(super) fn not_text(answer: &Response) -> GraphResponse {
    let message = format!(
        "The content is {} bytes of {}, not JSON or text. Read it with fetch_blob.",
        answer.body.len(),
        printable(answer.header("content-type").unwrap_or("an unknown kind"), 80)
    );
    GraphResponse::own(StatusCode::UNSUPPORTED_MEDIA_TYPE, own_error("notText", &message, &answer.headers))
}

/// An address without its query, which may be a signature.
fn shown(location: &str, graph: &Origin) -> String {
    url::Url::parse(&graph.to_string())
        .and_then(|base| base.join(location))
        .map_or_else(|_| "somewhere unreadable".into(), |url| url.origin().ascii_serialization())
}

/// An error of ours in the form of Graph's.
pub(super) fn own_error(code: &str, message: &str, headers: &HeaderMap) -> Value {
    let id = headers.get("request-id").and_then(|id| id.to_str().ok());
    json!({"error": {"code": code, "message": message, "innerError": {"request-id": id}}})
}

/// Microsoft's support asks for the request's id; some workloads leave it out of the body.
fn add_request_id(body: &mut Value, headers: &HeaderMap) {
    let Some(id) = headers.get("request-id").and_then(|id| id.to_str().ok()) else { return };
    let Some(error) = body.get_mut("error").and_then(Value::as_object_mut) else {
        if let Some(body) = body.as_object_mut() {
            body.entry("request-id").or_insert_with(|| id.into());
        }
        return;
    };
    let known = ["innerError", "innererror"].into_iter().find(|name| error.contains_key(*name));
    let inner = error.entry(known.unwrap_or("innerError")).or_insert_with(|| json!({}));
    if let Some(inner) = inner.as_object_mut() {
        inner.entry("request-id").or_insert_with(|| id.into());
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn answer(status: u16, headers: &[(&'static str, &str)], body: &str) -> Response {
        let headers =
            headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        Response {
            status: StatusCode::from_u16(status).unwrap(),
            headers,
            body: Bytes::copy_from_slice(body.as_bytes()),
        }
    }

    fn read(answer: &Response) -> GraphResponse {
        GraphResponse::read(answer, &Origin::parse("https://graph.microsoft.com").unwrap())
    }

    #[test]
    fn an_error_has_the_id_that_support_asks_for() {
        let id = [("request-id", "r-1")];
        for body in [
            r#"{"error":{"code":"x","message":"y"}}"#,
            r#"{"error":{"code":"x","innererror":{}}}"#,
            r#"{"error":"invalid_request","error_description":"y"}"#,
            r#"{"message":"y"}"#,
            "",
            "<html>Bad gateway</html>",
        ] {
            let read = read(&answer(502, &id, body));
            assert!(read.body.to_string().contains(r#""request-id":"r-1""#), "{}", read.body);
        }
        let kept = r#"{"error":{"code":"x","innerError":{"request-id":"own"}}}"#;
        assert_eq!(read(&answer(500, &id, kept)).body["error"]["innerError"]["request-id"], "own");
    }

    #[test]
    fn a_redirect_is_named_without_its_signature() {
        let to = [("location", "https://contoso.sharepoint.com/x?tempauth=hush")];
        let read = read(&answer(302, &to, ""));
        let said = read.body.to_string();
        assert!(said.contains("https://contoso.sharepoint.com,") && !said.contains("hush"), "{said}");
    }

    #[test]
    fn text_is_text_and_bytes_are_not() {
        let vtt = answer(200, &[("content-type", "text/vtt")], "\u{feff}WEBVTT\n");
        assert_eq!(read(&vtt).body, "WEBVTT\n");
        let png = answer(200, &[("content-type", "image/png")], "\u{89}PNG");
        assert!(is_binary(&png) && !is_binary(&vtt));
        assert!(not_text(&png).body.to_string().contains("fetch_blob"));
    }

    #[test]
    fn json_is_what_says_so_and_a_text_keeps_its_letters() {
        let body = |kind: &str, body: &str| read(&answer(200, &[("content-type", kind)], body)).body;
        assert_eq!(body("application/json", "\u{feff}{\"id\":\"1\"}"), json!({"id": "1"}));
        assert_eq!(body("text/plain", "17"), 17, "a count");
        for text in ["12345678901234567890123", "1.50", "true", "\"quoted\""] {
            assert_eq!(body("text/plain", text), text);
        }
        let json = [("content-type", "application/json")];
        let deep = format!("{}{}", "[".repeat(500), "]".repeat(500));
        for text in ["{\"id\":", "{\"n\":1e999}", &deep] {
            assert!(is_broken(&answer(200, &json, text)), "{text}");
        }
        assert!(!is_broken(&answer(200, &json, "{}")) && !is_broken(&answer(204, &json, "")));
    }

    #[test]
    fn not_modified_is_no_redirect() {
        assert_eq!(read(&answer(304, &[], "")).body["error"]["code"], "notModified");
    }
}
