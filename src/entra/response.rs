//! What a token endpoint answers, and what stands in its place when something else answers.

use std::time::{Duration, SystemTime};

use serde::Deserialize;
use serde_json::{Map, Value};

use super::token::AccessToken;
use crate::error::{AuthError, ErrorKind, ErrorParts, printable};
use crate::http::{Response, retry};
use crate::secret::Secret;

/// How much of a strange answer is shown.
const EXCERPT: usize = 200;

#[derive(Deserialize)]
struct Success {
    access_token: String,
    expires_in: Value,
    refresh_in: Option<Value>,
    token_type: Option<String>,
}

/// An OAuth error (RFC 6749, section 5.2) with Entra's additions. Of these none may be so odd that it hides the error.
struct Failure {
    error: String,
    members: Map<String, Value>,
}

impl Failure {
    fn parse(body: &[u8]) -> Option<Self> {
        let mut members: Map<String, Value> = serde_json::from_slice(body).ok()?;
        match members.remove("error")? {
            Value::String(error) if !printable(&error, 80).is_empty() => Some(Self { error, members }),
            _ => None,
        }
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.members.get(name)?.as_str().filter(|text| !text.is_empty())
    }

    /// A text that is short by rights.
    fn word(&self, name: &str) -> Option<String> {
        self.text(name).map(|text| printable(text, 80)).filter(|word| !word.is_empty())
    }

    /// The number of the AADSTS code: the first of `error_codes`, else what stands in the description.
    fn aadsts(&self) -> Option<u32> {
        let first = self.members.get("error_codes").and_then(|codes| codes.get(0));
        let code = match first {
            Some(Value::Number(code)) => code.as_u64().and_then(|code| u32::try_from(code).ok()),
            Some(Value::String(code)) => code.parse().ok(),
            _ => None,
        };
        code.or_else(|| aadsts_in(self.text("error_description").unwrap_or_default()))
    }
}

/// Reads `answer` of the endpoint `url`; `correlation` is the id that we sent.
///
/// # Errors
/// Entra's own error, whole; or an [`ErrorKind::Response`] where what answered was no token endpoint.
pub fn parse(answer: &Response, url: &str, correlation: &str) -> Result<AccessToken, AuthError> {
    let status = answer.status.as_u16();
    let failure = Failure::parse(&answer.body);
    // An error with a status of success is seen from gateways; with a token beside it, the token counts.
    if answer.status.is_success()
        && failure.as_ref().is_none_or(|failure| failure.members.contains_key("access_token"))
    {
        return success(answer, url);
    }
    let retry_after = retry::retry_after(&answer.headers, SystemTime::now());
    let transient = matches!(status, 408 | 429) || answer.status.is_server_error();
    let Some(failure) = failure else {
        return Err(not_oauth(answer, url, correlation, transient, retry_after));
    };
    let description = printable(failure.text("error_description").unwrap_or_default(), 2000);
    let message = if description.is_empty() {
        format!("The token endpoint answered {} (HTTP {status}).", printable(&failure.error, EXCERPT))
    } else {
        without_ids(&description).to_owned()
    };
    Err(ErrorParts {
        kind: ErrorKind::Server,
        retryable: transient || failure.error == "temporarily_unavailable",
        code: printable(&failure.error, 80).into(),
        message,
        hint: None,
        aadsts: failure.aadsts(),
        status: Some(status),
        suberror: failure.word("suberror"),
        claims: failure.text("claims").map(str::to_owned),
        correlation_id: Some(failure.word("correlation_id").unwrap_or_else(|| correlation.to_owned())),
        trace_id: failure.word("trace_id"),
        retry_after,
    }
    .into())
}

fn success(answer: &Response, url: &str) -> Result<AccessToken, AuthError> {
    let odd = |what: &str| {
        AuthError::from(ErrorParts {
            kind: ErrorKind::Response,
            code: "unexpected_response".into(),
            message: format!("{url} answered with HTTP {}, but {what}.", answer.status.as_u16()),
            hint: Some("Check WORKIQ_AUTHORITY_HOST and any proxy in between.".into()),
            status: Some(answer.status.as_u16()),
            ..ErrorParts::default()
        })
    };
    // The body may hold a token, so it is never shown.
    let success: Success = serde_json::from_slice(&answer.body).map_err(|_| odd("not with a token"))?;
    if success.token_type.is_some_and(|kind| !kind.eq_ignore_ascii_case("bearer")) {
        return Err(odd("with a token that is not a bearer token"));
    }
    if success.access_token.is_empty() || !success.access_token.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(odd("with a token that cannot be sent in a header"));
    }
    let lifetime = seconds(&success.expires_in).ok_or_else(|| odd("expires_in is not a number"))?;
    let refresh = success.refresh_in.as_ref().and_then(seconds);
    Ok(AccessToken::new(Secret::new(success.access_token), lifetime, refresh))
}

/// Seconds as a number or as a numeric string; both are seen. Never more than a week, so that times cannot overflow.
fn seconds(value: &Value) -> Option<Duration> {
    const WEEK: u64 = 7 * 24 * 3600;
    let seconds = match value {
        // A fraction of a second is nothing; what is negative or endless is no life.
        Value::Number(number) => number.as_u64().or_else(|| {
            number
                .as_f64()
                .filter(|n| *n >= 0.0)
                .map(|n| Duration::try_from_secs_f64(n).unwrap_or(Duration::MAX).as_secs())
        })?,
        Value::String(text) => text.trim().parse().ok()?,
        _ => return None,
    };
    Some(Duration::from_secs(seconds.min(WEEK)))
}

fn not_oauth(
    answer: &Response,
    url: &str,
    correlation: &str,
    transient: bool,
    retry_after: Option<Duration>,
) -> AuthError {
    let body = String::from_utf8_lossy(&answer.body);
    let text = if may_hold_a_secret(&body) {
        "its text is not shown, because it may hold a secret".to_owned()
    } else {
        printable(&body, EXCERPT)
    };
    let kind =
        answer.header("content-type").map_or_else(|| "no content type".to_owned(), |t| printable(t, 80));
    let status = answer.status.as_u16();
    let saying = if text.is_empty() { String::new() } else { format!(": {text}") };
    ErrorParts {
        kind: ErrorKind::Response,
        code: if status == 429 { "throttled" } else { "unexpected_response" }.into(),
        message: format!("{url} answered with HTTP {status} and no OAuth error ({kind}){saying}"),
        hint: Some(match retry_after {
            Some(wait) => format!(
                "It asks to be left alone for {} s, and until then calls fail here and send nothing.",
                wait.as_secs()
            ),
            None if transient => "Try again later; if it stays, check any proxy in between.".into(),
            None => {
                "Something other than Entra answered: check WORKIQ_AUTHORITY_HOST and any proxy in between."
                    .into()
            }
        }),
        status: Some(status),
        correlation_id: Some(correlation.to_owned()),
        retryable: transient,
        retry_after,
        ..ErrorParts::default()
    }
    .into()
}

/// Whether a stranger's answer holds a token of ours, or tells us again what we sent it, as proxies do that are set to
/// help with debugging. All tokens and assertions of Entra are JSON Web Tokens, which begin with an encoded `{"`.
fn may_hold_a_secret(body: &str) -> bool {
    ["access_token", "client_secret", "client_assertion", "eyJ"].iter().any(|sign| body.contains(sign))
}

/// The first number behind `AADSTS` in a description, most often at its front.
fn aadsts_in(description: &str) -> Option<u32> {
    description.split("AADSTS").skip(1).find_map(|digits| {
        let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
        digits[..end].parse().ok()
    })
}

/// A description without its tail of ids and time, which have fields of their own. The separator has been `\r\n` and
/// is now a space; [`printable`] has made both a space.
fn without_ids(description: &str) -> &str {
    description.find(" Trace ID: ").map_or(description, |at| &description[..at])
}

#[cfg(test)]
mod properties;

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use http::{HeaderMap, StatusCode};

    fn answer(status: u16, body: &str) -> Response {
        Response {
            status: StatusCode::from_u16(status).unwrap(),
            headers: HeaderMap::new(),
            body: Bytes::copy_from_slice(body.as_bytes()),
        }
    }

    fn failure(status: u16, body: &str) -> AuthError {
        parse(&answer(status, body), "https://login", "sent-id").unwrap_err()
    }

    #[test]
    fn entras_error_comes_through_whole() {
        for separator in ["\\r\\n", " "] {
            let body = format!(
                r#"{{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret provided for \"app\".{separator}Trace ID: t1{separator}Correlation ID: c1{separator}Timestamp: 2026-11-01 10:00:00Z","error_codes":[7000215],"trace_id":"t1","correlation_id":"c1","suberror":"message_only"}}"#
            );
            let error = failure(401, &body);
            let parts = error.parts();
            assert_eq!(error.message(), "AADSTS7000215: Invalid client secret provided for \"app\".");
            assert_eq!(
                (error.code(), parts.aadsts, parts.status),
                ("invalid_client", Some(7_000_215), Some(401))
            );
            assert_eq!(
                (parts.trace_id.as_deref(), parts.correlation_id.as_deref()),
                (Some("t1"), Some("c1"))
            );
            assert_eq!(parts.suberror.as_deref(), Some("message_only"));
            assert!(!parts.retryable);
        }
    }

    #[test]
    fn html_and_plain_text_survive() {
        let error = failure(502, "<html>\r\n<h1>Bad gateway</h1>\u{1b}[2J</html>");
        assert!(
            error.message().contains("<h1>Bad gateway</h1>") && !error.message().contains('\u{1b}'),
            "{error}"
        );
        assert!(error.parts().retryable && error.kind() == ErrorKind::Response);
        let error = failure(429, "Too Many Requests");
        assert_eq!((error.code(), error.parts().correlation_id.as_deref()), ("throttled", Some("sent-id")));
    }

    #[test]
    fn expiry_is_a_number_or_a_numeric_string() {
        for body in [
            r#"{"access_token":"t","expires_in":3599}"#,
            r#"{"access_token":"t","expires_in":"3599","token_type":"Bearer"}"#,
        ] {
            assert!(parse(&answer(200, body), "u", "c").unwrap().fresh_for() > Duration::ZERO);
        }
    }

    #[test]
    fn a_success_without_a_token_is_no_success_and_is_not_shown() {
        for body in [
            "",
            "<html>",
            r#"{"access_token":"hush"}"#,
            r#"{"access_token":"hush\nx","expires_in":1}"#,
            r#"{"access_token":"hush","expires_in":[]}"#,
        ] {
            let error = failure(200, body);
            assert_eq!(error.kind(), ErrorKind::Response);
            assert!(!format!("{error:?}").contains("hush"), "{error:?}");
        }
    }

    #[test]
    fn a_field_of_another_type_does_not_hide_the_refusal() {
        let error = failure(
            400,
            r#"{"error":"invalid_client","error_description":"AADSTS: see AADSTS7000222: expired","error_codes":null,"suberror":7,"trace_id":[]}"#,
        );
        assert_eq!((error.code(), error.parts().aadsts), ("invalid_client", Some(7_000_222)));
        assert_eq!((error.parts().suberror.as_deref(), error.parts().trace_id.as_deref()), (None, None));
    }

    #[test]
    fn a_stranger_who_repeats_secrets_is_not_quoted() {
        for body in [
            r#"{"access_token":"hush","expires_in":3599}"#,
            "<pre>POST /token client_id=1&client_secret=hush&scope=x</pre>",
            "upstream said Bearer eyJhush",
        ] {
            let error = failure(502, body);
            assert!(!format!("{error:?}").contains("hush"), "{error:?}");
            assert!(error.message().contains("not shown"), "{error}");
        }
    }
}
