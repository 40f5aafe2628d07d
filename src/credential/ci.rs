//! Asking a CI system for an id token over HTTP: what its sources have in common.

use bytes::Bytes;
use http::header::{AUTHORIZATION, HeaderValue};
use http::request::Builder;
use http::{Request, StatusCode};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use std::time::Duration;
use tokio::time::Instant;

use crate::error::{AuthError, ErrorKind, ErrorParts, printable};
use crate::http::{HttpClient, HttpError, Limits, Response};
use crate::secret::Secret;

/// Real answers have a few kilobytes, and come at once.
const LIMITS: Limits = Limits { bytes: 64 << 10, silence: Duration::from_secs(10), wipe: true };

/// How much of a refusal is shown.
const EXCERPT: usize = 200;

/// What stands in a query as it is (RFC 3986, section 2.3).
const QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A CI system that hands out id tokens.
pub(super) struct Issuer {
    /// Its name, to stand at the front of a sentence.
    pub(super) name: &'static str,
    /// The code of its refusals.
    pub(super) code: &'static str,
    /// The member of its answer that holds the token.
    pub(super) member: &'static str,
}

impl Issuer {
    /// Sends `request`, once.
    pub(super) async fn ask(
        &self,
        http: &HttpClient,
        request: Request<Bytes>,
        deadline: Instant,
    ) -> Result<Response, AuthError> {
        http.send(request, LIMITS, deadline).await.map_err(|error| {
            let mut parts = AuthError::from(error).parts().clone();
            parts.message = format!("{} could not be asked for an id token: {}.", self.name, parts.message);
            parts.into()
        })
    }

    /// The token in an answer of success, of which nothing else is ever shown.
    pub(super) fn token(&self, answer: &Response) -> Result<Secret, AuthError> {
        let token = match serde_json::from_slice::<Value>(&answer.body) {
            Ok(Value::Object(mut members)) => members.remove(self.member),
            _ => None,
        };
        match token {
            Some(Value::String(token)) if !token.is_empty() => Ok(Secret::new(token)),
            _ => Err(AuthError::from(ErrorParts {
                kind: ErrorKind::Response,
                code: self.code.into(),
                message: format!(
                    "{} was asked for an id token and answered with HTTP {}, but without one.",
                    self.name,
                    answer.status.as_u16()
                ),
                hint: Some("Something else may have answered: check any proxy in between.".into()),
                status: Some(answer.status.as_u16()),
                ..ErrorParts::default()
            })),
        }
    }

    /// A refusal, with what its answer says; `hint` is what to do. It may pass by itself where the server says so.
    pub(super) fn refusal(&self, answer: &Response, hint: &str) -> AuthError {
        let status = answer.status.as_u16();
        let retryable = answer.status == StatusCode::TOO_MANY_REQUESTS || answer.status.is_server_error();
        let saying = printable(&words(&answer.body), EXCERPT);
        let saying = if saying.is_empty() { saying } else { format!(": {saying}") };
        let passing = "A passing fault of the CI system. Try again.";
        ErrorParts {
            kind: if retryable { ErrorKind::Response } else { ErrorKind::Credential },
            code: self.code.into(),
            message: format!("{} gave no id token (HTTP {status}){saying}", self.name),
            hint: Some(if retryable { passing } else { hint }.to_owned()),
            status: Some(status),
            retryable,
            retry_after: answer
                .header("retry-after")
                .and_then(|value| value.trim().parse().ok())
                .map(Duration::from_secs),
            ..ErrorParts::default()
        }
        .into()
    }
}

/// What a body says: its `message`, where it is JSON.
fn words(body: &[u8]) -> String {
    let message = serde_json::from_slice::<Value>(body)
        .ok()
        .and_then(|value| value.get("message").and_then(Value::as_str).map(str::to_owned));
    message.unwrap_or_else(|| String::from_utf8_lossy(body).into_owned())
}

/// `url` with one more parameter in its query.
pub(super) fn with_parameter(url: &str, name: &str, value: &str) -> String {
    let joint = if url.contains('?') { '&' } else { '?' };
    format!("{url}{joint}{name}={}", utf8_percent_encode(value, QUERY))
}

/// The header that carries the job's own token, marked so that nothing logs it.
pub(super) fn authorize(request: Builder, scheme: &str, token: &Secret) -> Builder {
    let text = zeroize::Zeroizing::new(format!("{scheme} {}", token.expose()));
    // A token that is no header value makes the request an error, as it is built.
    match HeaderValue::from_str(&text) {
        Ok(mut value) => {
            value.set_sensitive(true);
            request.header(AUTHORIZATION, value)
        }
        Err(_) => request.header(AUTHORIZATION, "\n"),
    }
}

/// The request that `builder` makes of `body`.
pub(super) fn build(builder: Builder) -> Result<Request<Bytes>, AuthError> {
    builder.body(Bytes::new()).map_err(|error| HttpError::Request(error.to_string()).into())
}

#[cfg(test)]
pub(super) mod test_support {
    use super::{Bytes, Response, StatusCode};
    use http::{HeaderMap, HeaderName};

    pub(in crate::credential) fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Response {
        let pair =
            |(name, value): &(&str, &str)| (name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
        Response {
            status: StatusCode::from_u16(status).unwrap(),
            headers: headers.iter().map(pair).collect::<HeaderMap>(),
            body: Bytes::copy_from_slice(body.as_bytes()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::test_support::answer;
    use super::*;

    const ISSUER: Issuer = Issuer { name: "The CI", code: "ci_failed", member: "value" };

    #[test]
    fn a_parameter_is_encoded_and_joined_to_what_is_there() {
        assert_eq!(with_parameter("https://x/y", "a", "api://b c&d"), "https://x/y?a=api%3A%2F%2Fb%20c%26d");
        assert_eq!(with_parameter("https://x/y?z=1", "a", "-._~"), "https://x/y?z=1&a=-._~");
    }

    #[test]
    fn a_token_that_is_no_header_is_an_error_and_not_shown() {
        let error =
            build(authorize(Request::get("https://x"), "bearer", &Secret::new("hush\n"))).unwrap_err();
        assert!(!format!("{error:?}").contains("hush"));
        let request = build(authorize(Request::get("https://x"), "bearer", &Secret::new("hush"))).unwrap();
        assert_eq!(request.headers()[AUTHORIZATION], "bearer hush");
        assert!(!format!("{request:?}").contains("hush"));
    }

    #[test]
    fn the_token_is_taken_out_of_an_answer_and_nothing_else_shown() {
        assert_eq!(ISSUER.token(&answer(200, &[], r#"{"value":"t","count":1}"#)).unwrap().expose(), "t");
        for body in
            ["", "<html>hush", "[]", r#"{"other":"hush"}"#, r#"{"value":""}"#, r#"{"value":["hush"]}"#]
        {
            let error = ISSUER.token(&answer(200, &[], body)).unwrap_err();
            assert_eq!((error.code(), error.kind()), ("ci_failed", ErrorKind::Response));
            assert!(!format!("{error:?}").contains("hush"));
        }
    }

    #[test]
    fn a_refusal_says_what_the_answer_says_and_whether_it_may_pass() {
        let error = ISSUER.refusal(&answer(403, &[], r#"{"message":"Not \u001b[2J allowed"}"#), "do this");
        assert_eq!(error.message(), "The CI gave no id token (HTTP 403): Not [2J allowed");
        assert!(!error.parts().retryable && error.hint() == Some("do this"));
        for status in [429, 500, 503] {
            let error = ISSUER.refusal(&answer(status, &[("retry-after", "7")], ""), "do this");
            assert_eq!(error.parts().retry_after, Some(Duration::from_secs(7)));
            assert!(error.parts().retryable && error.hint() != Some("do this"));
        }
    }
}
