//! Whatever a token endpoint answers is a token that can be sent, or an error that can be shown.
//!
//! The first line of an input is the status and the `Retry-After`, the rest is the body.

#![no_main]

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use tokio::time::Instant;
use workiq_auth::entra::response;
use workiq_auth::error::{AuthError, ErrorKind, printable};
use workiq_auth::http::Response;
use workiq_auth::http::retry::{Next, Retries};

const URL: &str = "https://login.microsoftonline.com/contoso.com/oauth2/v2.0/token";
const SENT: &str = "11111111-2222-4333-8444-555555555555";

/// A shorter token could stand in a message by chance.
const SECRET: usize = 12;

fuzz_target!(|data: &[u8]| {
    let answer = answer(data);
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let given = body.get("access_token").and_then(Value::as_str);
    match response::parse(&answer, URL, SENT) {
        Ok(token) => {
            assert!(answer.status.is_success());
            // What is not read, such as bytes that are no text in another field, does not make a token wrong.
            assert!(given.is_none_or(|given| given == token.secret().expose()));
            assert!(token.secret().expose().bytes().all(|b| b.is_ascii_graphic()));
            let week = SystemTime::now() + Duration::from_secs(7 * 24 * 3600 + 5);
            assert!(token.expires_on <= week);
            assert!(
                !format!("{token:?}").contains(token.secret().expose())
                    || token.secret().expose().len() < SECRET
            );
        }
        Err(error) => {
            fit_to_show(&error, &answer);
            // Where the same text stands elsewhere in the body too, or its name is spelled in escapes, it is no secret.
            let named = answer.body.windows(14).any(|w| w == b"\"access_token\"");
            if let Some(token) =
                given.filter(|token| named && token.len() >= SECRET && !elsewhere(&body, token))
            {
                let told = format!("{error:?}\n{}", error.report());
                assert!(!told.contains(token), "the token is in {told}");
            }
        }
    }
});

fn answer(data: &[u8]) -> Response {
    let (line, body) = data.split_at(data.iter().position(|b| *b == b'\n').map_or(0, |at| at + 1));
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    let status = line.get(..3).and_then(|digits| StatusCode::from_bytes(digits).ok());
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if let Some(wish) = line.get(4..).and_then(|wish| HeaderValue::from_bytes(wish).ok()) {
        headers.insert(header::RETRY_AFTER, wish);
    }
    Response { status: status.unwrap_or(StatusCode::OK), headers, body: Bytes::copy_from_slice(body) }
}

fn fit_to_show(error: &AuthError, answer: &Response) {
    let parts = error.parts();
    assert!(matches!(error.kind(), ErrorKind::Server | ErrorKind::Response));
    assert_eq!(parts.status, Some(answer.status.as_u16()));
    one_line(error.message(), 2001);
    one_line(error.code(), 81);
    for id in [&parts.correlation_id, &parts.trace_id, &parts.suberror].into_iter().flatten() {
        one_line(id, 81);
    }
    if !answer.status.is_success() {
        assert!(parts.correlation_id.is_some());
    }
    assert!(error.report().lines().count() <= 3, "{}", error.report());
    let left = Duration::from_secs(30);
    if let Next::Pause(pause) = Retries::new(Instant::now() + left).next(parts.retry_after) {
        assert!(pause < left);
    }
}

fn one_line(text: &str, limit: usize) {
    assert!(!text.is_empty() && text.chars().count() <= limit, "{text:?}");
    assert!(
        !text.chars().any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202e}')),
        "{text:?}"
    );
}

/// Whether `token` is in a name or text of `value` that is not itself, as it would be shown.
fn elsewhere(value: &Value, token: &str) -> bool {
    let has = |text: &str| text.contains(token) || printable(text, usize::MAX).contains(token);
    match value {
        Value::Object(members) => members.iter().any(|(name, value)| {
            has(name) || (value.as_str() != Some(token) || name != "access_token") && elsewhere(value, token)
        }),
        Value::Array(items) => items.iter().any(|item| elsewhere(item, token)),
        Value::String(text) => has(text),
        other => has(&other.to_string()),
    }
}
