//! What is asked of Graph: a method, a checked path, a body, and the few headers that a caller may choose.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use serde_json::{Map, Value};

use super::lanes;
use super::path::GraphPath;

/// Headers that a caller may set; all others are ours.
const CALLERS: [&str; 6] =
    ["if-match", "if-none-match", "prefer", "consistencylevel", "accept", "odata.isolation"];

/// One request, ready to be sent.
#[derive(Clone, Debug)]
pub struct GraphRequest {
    pub(super) method: Method,
    pub(super) path: GraphPath,
    pub(super) body: Option<Value>,
    pub(super) headers: HeaderMap,
}

/// Why a header was refused. Nothing was sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct HeaderError(String);

impl GraphRequest {
    /// `GET path`.
    #[must_use]
    pub fn get(path: GraphPath) -> Self {
        Self::new(Method::GET, path, None)
    }

    /// `POST path`, with `body` as JSON.
    #[must_use]
    pub fn post(path: GraphPath, body: Option<Value>) -> Self {
        Self::new(Method::POST, path, body)
    }

    /// `PATCH path`, with `body` as JSON.
    #[must_use]
    pub fn patch(path: GraphPath, body: Value) -> Self {
        Self::new(Method::PATCH, path, Some(body))
    }

    /// `DELETE path`.
    #[must_use]
    pub fn delete(path: GraphPath) -> Self {
        Self::new(Method::DELETE, path, None)
    }

    fn new(method: Method, path: GraphPath, body: Option<Value>) -> Self {
        Self { method, path, body, headers: HeaderMap::new() }
    }

    /// The method.
    #[must_use]
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// The path, below the version.
    #[must_use]
    pub fn path(&self) -> &GraphPath {
        &self.path
    }

    /// The body.
    #[must_use]
    pub fn body(&self) -> Option<&Value> {
        self.body.as_ref()
    }

    /// The same with the caller's own headers, such as `If-Match`.
    ///
    /// # Errors
    /// A header is not one that a caller may set, or cannot be sent.
    pub fn with_headers(mut self, headers: &Map<String, Value>) -> Result<Self, HeaderError> {
        for (name, value) in headers {
            let shown = crate::error::printable(name, 60);
            let known = CALLERS.iter().find(|known| known.eq_ignore_ascii_case(name)).ok_or_else(|| {
                HeaderError(format!(
                    "The header \"{shown}\" cannot be set here. These can: {}.",
                    CALLERS.join(", ")
                ))
            })?;
            // With it a GET grants access for good (learn.microsoft.com/graph/api/shares-get).
            if value.as_str().is_some_and(|text| text.to_ascii_lowercase().contains("redeemsharinglink")) {
                return Err(HeaderError(
                    "\"redeemSharingLink\" grants access, so it cannot be asked for here.".into(),
                ));
            }
            let value = value.as_str().and_then(|text| HeaderValue::from_str(text).ok());
            let value = value
                .ok_or_else(|| HeaderError(format!("The header \"{shown}\" needs a text on one line.")))?;
            self.headers.insert(HeaderName::from_static(known), value);
        }
        Ok(self)
    }

    /// Whether its answer is content rather than JSON: the bytes of a file, a photo, a transcript, a report. A batch would
    /// carry it as base64, or as the address of a storage host.
    #[must_use]
    pub fn is_content(&self) -> bool {
        const CONTENT: [&str; 6] =
            ["content", "$value", "$count", "metadatacontent", "recordingcontent", "contentstream"];
        let segments = self.path.segments();
        let last = segments.last().map(String::as_str).unwrap_or_default();
        CONTENT.contains(&last)
            || last.starts_with("content(")
            || segments.first().is_some_and(|root| root == "reports")
    }

    /// Whether it asks for what is at a path; an action that only reads does not.
    pub(super) fn is_read(&self) -> bool {
        self.method == Method::GET
    }

    /// Its own headers and those that make Graph answer as we need it. `exact`: mail as it was formatted.
    pub(super) fn all_headers(&self, exact: bool) -> HeaderMap {
        let mut headers = self.headers.clone();
        let set = |headers: &mut HeaderMap, name: &'static str, value: &'static str| {
            headers.entry(name).or_insert(HeaderValue::from_static(value));
        };
        set(&mut headers, "accept", "application/json, text/vtt;q=0.9, */*;q=0.5");
        set(&mut headers, "accept-language", "en-US");
        if self.is_advanced_query() {
            set(&mut headers, "consistencylevel", "eventual");
        }
        if lanes::is_outlook(&self.path) {
            // An id that survives a move to another folder, and text, in which nothing can hide.
            let ours = if exact || !self.is_read() {
                r#"IdType="ImmutableId""#
            } else {
                r#"IdType="ImmutableId", outlook.body-content-type="text""#
            };
            let prefer = match headers.get("prefer").and_then(|value| value.to_str().ok()) {
                Some(callers) => HeaderValue::from_str(&format!("{callers}, {ours}")),
                None => HeaderValue::from_str(ours),
            };
            if let Ok(prefer) = prefer {
                headers.insert(HeaderName::from_static("prefer"), prefer);
            }
        }
        if self.body.is_some() {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        headers
    }

    pub(super) fn bytes(&self) -> Bytes {
        self.body.as_ref().map_or_else(Bytes::new, |body| Bytes::from(body.to_string()))
    }

    /// Whether it is a query of directory objects that Graph answers only with `ConsistencyLevel: eventual`
    /// (learn.microsoft.com/graph/aad-advanced-queries).
    fn is_advanced_query(&self) -> bool {
        const DIRECTORY: [&str; 9] = [
            "users",
            "groups",
            "applications",
            "serviceprincipals",
            "devices",
            "contacts",
            "directoryobjects",
            "administrativeunits",
            "directoryroles",
        ];
        let (own, query) = self.path.as_str().split_once('?').unwrap_or((self.path.as_str(), ""));
        let own = own.to_ascii_lowercase();
        let query = query.replace("%24", "$").to_ascii_lowercase();
        let root = own[1..].split(['/', '(']).next().unwrap_or_default();
        DIRECTORY.contains(&root)
            && !lanes::is_outlook(&self.path)
            && (own.ends_with("/$count") || query.contains("$search=") || query.contains("$count=true"))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn get(path: &str) -> GraphRequest {
        GraphRequest::get(GraphPath::parse(path).unwrap())
    }

    #[test]
    fn outlook_gives_ids_that_last_and_bodies_as_text() {
        let prefer = |request: &GraphRequest, exact| {
            request.all_headers(exact).get("prefer").map(|value| value.to_str().unwrap().to_owned())
        };
        let mail = get("/users/ada/messages");
        assert_eq!(
            prefer(&mail, false).unwrap(),
            r#"IdType="ImmutableId", outlook.body-content-type="text""#
        );
        assert_eq!(prefer(&mail, true).unwrap(), r#"IdType="ImmutableId""#);
        let own = json!({"Prefer": "outlook.timezone=\"UTC\""});
        let own = mail.with_headers(own.as_object().unwrap()).unwrap();
        assert!(prefer(&own, true).unwrap().starts_with("outlook.timezone=\"UTC\", IdType"));
        assert_eq!(prefer(&get("/users/ada"), false), None);
    }

    #[test]
    fn directory_queries_that_need_it_ask_for_eventual_consistency() {
        for (path, wanted) in [
            ("/users?$count=true&$top=1", true),
            ("/users?%24search=%22displayName:ada%22", true),
            ("/groups/g/members/$count", true),
            ("/users?$top=1", false),
            ("/users/ada/messages?$search=%22x%22", false),
            ("/sites?search=x", false),
        ] {
            assert_eq!(get(path).all_headers(false).contains_key("consistencylevel"), wanted, "{path}");
        }
    }

    #[test]
    fn content_is_told_by_its_path() {
        for path in [
            "/drives/d/items/i/content",
            "/users/ada/photo/$value",
            "/users/$count",
            "/users/ada/onlineMeetings/m/transcripts/t/content?$format=text/vtt",
            "/reports/getOffice365ActiveUserDetail(period='D7')",
        ] {
            assert!(get(path).is_content(), "{path}");
        }
        for path in ["/users/ada/messages?$top=1", "/drives/d/items/i", "/users/content/messages", "/chats/c"]
        {
            assert!(!get(path).is_content(), "{path}");
        }
    }

    #[test]
    fn a_caller_sets_few_headers_and_none_of_ours() {
        for (name, value) in [
            ("Authorization", json!("Bearer x")),
            ("Host", json!("evil.example")),
            ("X-HTTP-Method-Override", json!("DELETE")),
            ("Cookie", json!("a=b")),
            ("If-Match", json!("a\r\nAuthorization: b")),
            ("If-Match", json!(7)),
            ("Prefer", json!("respond-async, RedeemSharingLink")),
            ("Prefer", json!("redeemSharingLinkIfNecessary")),
        ] {
            let headers = Map::from_iter([(name.to_owned(), value)]);
            assert!(get("/users").with_headers(&headers).is_err(), "{name}");
        }
        let headers = json!({"IF-MATCH": "W/\"1\""});
        let request = get("/users").with_headers(headers.as_object().unwrap()).unwrap();
        assert_eq!(request.all_headers(false)["if-match"], "W/\"1\"");
    }
}
