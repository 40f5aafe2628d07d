//! Answers of every kind, made up: a token comes out, or an error that is fit to be shown.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::*;

const URL: &str = "https://login.microsoftonline.com/contoso.com/oauth2/v2.0/token";
const SENT: &str = "11111111-2222-4333-8444-555555555555";

/// Not the beginning of a JSON Web Token, so that only its place tells that it is secret.
const TOKEN: &str = "0.AXkAhush-hush_hush~hush";

fn answer(status: u16, body: impl Into<Vec<u8>>) -> Response {
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Response { status: StatusCode::from_u16(status).unwrap(), headers, body: Bytes::from(body.into()) }
}

fn read(answer: &Response) -> Result<AccessToken, AuthError> {
    parse(answer, URL, SENT)
}

/// What is true of every error, whatever was answered.
fn fit_to_show(error: &AuthError, answer: &Response) -> Result<(), TestCaseError> {
    let parts = error.parts();
    prop_assert_eq!(parts.status, Some(answer.status.as_u16()));
    prop_assert!(matches!(error.kind(), ErrorKind::Server | ErrorKind::Response));
    let one_line = |text: &str, limit| {
        let count = text.chars().count();
        prop_assert!(count > 0 && count <= limit, "{count} characters: {text}");
        prop_assert!(
            !text.chars().any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202e}')),
            "{text:?}"
        );
        Ok(())
    };
    one_line(error.message(), 2001)?;
    one_line(error.code(), 81)?;
    for id in [&parts.correlation_id, &parts.trace_id, &parts.suberror].into_iter().flatten() {
        one_line(id, 81)?;
    }
    // Message, hint and facts are a line each, and nothing that was answered makes another.
    prop_assert!(error.report().lines().count() <= 3, "{}", error.report());
    Ok(())
}

fn failing_status() -> impl Strategy<Value = u16> {
    prop_oneof![Just(400), Just(401), Just(429), Just(500), Just(503), 300_u16..1000]
}

/// JSON of every shape, in which the names of the protocol are as likely as others.
fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 8, |inner| {
        let names = vec![
            "error",
            "error_description",
            "error_codes",
            "suberror",
            "claims",
            "correlation_id",
            "trace_id",
            "access_token",
            "expires_in",
            "refresh_in",
            "token_type",
        ];
        let name = prop_oneof![9 => proptest::sample::select(names).prop_map(str::to_owned), 1 => text()];
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::vec((name, inner), 0..8)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// Text with everything that could break a line, and sometimes a great deal of it.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z_]{0,12}",
        "([a-z \"\\\\]|\r\n|\n|\u{1b}\\[2J|\u{202e}|\u{2028}|\u{200b}|é){0,20}",
        any::<String>(),
        (".", 0_usize..5000).prop_map(|(piece, times)| piece.repeat(times)),
    ]
}

/// A refusal as Entra words it, with what is in it.
fn refusal() -> impl Strategy<Value = (Map<String, Value>, u32, String)> {
    let number = prop_oneof![Just(7_000_215), Just(700_027), Just(90_002), 10_000_u32..10_000_000];
    let said = prop_oneof!["[A-Z][a-z '\"{}().:/-]{0,60}", text()];
    let ids = ("[0-9a-f]{8}-[0-9a-f]{4}", "[0-9a-f]{8}-[0-9a-f]{4}");
    (number, said, ids, prop_oneof![Just("\r\n"), Just(" "), Just("\n")], any::<bool>()).prop_map(
        |(number, said, (trace, correlation), gap, listed)| {
            let description = format!(
                "AADSTS{number}: {said}{gap}Trace ID: {trace}{gap}Correlation ID: {correlation}{gap}Timestamp: 2026-11-01 10:00:00Z"
            );
            let mut body = Map::new();
            body.insert("error".into(), "invalid_client".into());
            body.insert("error_description".into(), description.into());
            if listed {
                body.insert("error_codes".into(), json!([number]));
            }
            body.insert("timestamp".into(), "2026-11-01 10:00:00Z".into());
            body.insert("trace_id".into(), trace.into());
            body.insert("correlation_id".into(), correlation.clone().into());
            (body, number, correlation)
        },
    )
}

/// A number of seconds as it may be written, and what it means: none where it is no time.
fn written_seconds() -> impl Strategy<Value = (Value, Option<f64>)> {
    let meaning = |number: f64| (number >= 0.0 && number.is_finite()).then_some(number);
    #[expect(clippy::cast_precision_loss, reason = "a week is all that counts, and that is exact")]
    let number = prop_oneof![
        (0_u64..100_000).prop_map(|n| (Value::from(n), Some(n as f64))),
        any::<u64>().prop_map(|n| (Value::from(n), Some(n as f64))),
        (i64::MIN..0).prop_map(|n| (Value::from(n), None)),
        (0.0..1e9).prop_map(|n: f64| (Value::from(n), Some(n))),
        any::<f64>().prop_map(move |n| (Value::from(n), meaning(n))),
    ];
    let string = number.clone().prop_map(|(value, meaning)| match value {
        // In a string, seconds are whole.
        Value::Number(number) => (Value::from(number.to_string()), meaning.filter(|_| number.is_u64())),
        other => (other, None),
    });
    let none = proptest::sample::select(vec![
        Value::Null,
        json!(true),
        json!([3599]),
        json!({}),
        json!(""),
        json!("soon"),
        json!("NaN"),
        json!("inf"),
        json!("-1"),
        json!("0x10"),
        json!("3599 s"),
    ])
    .prop_map(|value| (value, None));
    prop_oneof![number, string, none]
}

proptest! {
    #[test]
    fn any_bytes_are_answered_with_an_error_that_can_be_shown(
        status in 100_u16..1000,
        body in prop_oneof![proptest::collection::vec(any::<u8>(), 0..600), text().prop_map(String::into_bytes)],
    ) {
        let answer = answer(status, body);
        if let Err(error) = read(&answer) {
            fit_to_show(&error, &answer)?;
            prop_assert!(error.message().chars().count() < 500);
        }
    }

    #[test]
    fn any_json_is_answered_with_a_token_or_an_error_that_can_be_shown(
        status in prop_oneof![Just(200), failing_status()],
        body in json_value(),
    ) {
        let answer = answer(status, body.to_string());
        if let Err(error) = read(&answer) {
            fit_to_show(&error, &answer)?;
            let said = body.get("error").and_then(Value::as_str).map(|error| printable(error, 80));
            let token = body.get("access_token").is_some();
            if let Some(code) = said.filter(|code| !code.is_empty() && (status >= 300 || !token)) {
                // Whatever shape the rest has.
                prop_assert_eq!((error.code(), error.kind()), (&*code, ErrorKind::Server));
            }
        } else {
            prop_assert!(status == 200 && body["access_token"].is_string());
        }
    }

    #[test]
    fn a_refusal_keeps_its_number_and_its_ids(
        (body, number, correlation) in refusal(),
        status in failing_status(),
        odd in proptest::option::of(("error_codes|suberror|claims|trace_id", json_value())),
    ) {
        let mut body = body;
        // One field of another type than agreed takes nothing from the others.
        if let Some((name, value)) = odd.filter(|(name, value)| name != "error_codes" || !value.is_array()) {
            body.insert(name, value);
        }
        let answer = answer(status, Value::Object(body).to_string());
        let error = read(&answer).unwrap_err();
        fit_to_show(&error, &answer)?;
        prop_assert_eq!((error.code(), error.parts().aadsts), ("invalid_client", Some(number)));
        prop_assert_eq!(error.parts().correlation_id.as_ref(), Some(&correlation));
        prop_assert!(error.message().starts_with(&format!("AADSTS{number}:")), "{}", error);
        prop_assert!(!error.message().contains("Timestamp: "), "{}", error);
    }

    #[test]
    fn without_an_id_of_its_own_a_refusal_has_the_one_that_was_sent(
        (mut body, ..) in refusal(),
        id in prop_oneof![Just(None), Just(Some(json!(""))), Just(Some(json!(" \n"))), Just(Some(json!(5)))],
    ) {
        body.remove("correlation_id");
        body.extend(id.map(|id| ("correlation_id".to_owned(), id)));
        let error = read(&answer(400, Value::Object(body).to_string())).unwrap_err();
        prop_assert_eq!(error.parts().correlation_id.as_deref(), Some(SENT));
    }

    #[test]
    fn times_are_read_however_they_are_written((expires, means) in written_seconds(), (refresh, renew) in written_seconds()) {
        let body = json!({"access_token": TOKEN, "expires_in": expires, "refresh_in": refresh, "token_type": "Bearer"});
        let answer = answer(200, body.to_string());
        let week = 7.0 * 24.0 * 3600.0;
        match (read(&answer), means) {
            (Ok(token), Some(means)) => {
                prop_assert_eq!(token.secret().expose(), TOKEN);
                let left = token.expires_on.duration_since(SystemTime::now()).unwrap_or_default().as_secs_f64();
                prop_assert!((left - means.min(week)).abs() < 5.0, "{left} of {means}");
                if let (Some(renew), Some(at)) = (renew, token.refresh_on) {
                    let after = at.duration_since(SystemTime::now()).unwrap_or_default().as_secs_f64();
                    // Put off by chance, by a tenth or five minutes at most.
                    prop_assert!(after > renew.min(week) - 5.0 && after < renew.min(week) * 1.1 + 5.0);
                }
            }
            (Err(error), None) => fit_to_show(&error, &answer)?,
            (outcome, means) => prop_assert!(false, "{outcome:?} for {means:?}"),
        }
    }

    #[test]
    fn a_token_is_one_that_fits_a_header_and_is_never_told(
        token in prop_oneof!["[!-~]{1,60}", "[!-~]{0,20}[^!-~][!-~]{0,20}", any::<String>()],
        kind in proptest::option::of("(?i)bearer|pop|ssh-cert|"),
    ) {
        let secret = format!("{TOKEN}{token}");
        let mut body = json!({"access_token": secret, "expires_in": 3599});
        if let Some(kind) = &kind {
            body["token_type"] = kind.as_str().into();
        }
        let answer = answer(200, body.to_string());
        let good = token.bytes().all(|b| b.is_ascii_graphic()) && kind.is_none_or(|kind| kind.eq_ignore_ascii_case("bearer"));
        match read(&answer) {
            Ok(read) => prop_assert!(good && read.secret().expose() == secret),
            Err(error) => {
                prop_assert!(!good);
                fit_to_show(&error, &answer)?;
            }
        }
    }

    #[test]
    fn a_token_is_never_told_however_its_answer_is_damaged(
        status in prop_oneof![Just(200), failing_status()],
        cut in 0.0..1.0,
        place in 0.0..1.0,
        noise in proptest::collection::vec(any::<u8>(), 0..4),
        front in any::<bool>(),
    ) {
        let body = if front {
            format!(r#"{{"access_token":"{TOKEN}","token_type":"Bearer","expires_in":3599}}"#)
        } else {
            format!(r#"{{"token_type":"Bearer","expires_in":3599,"access_token":"{TOKEN}"}}"#)
        };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "a share of a length")]
        let at = |share: f64, of: usize| (share * of as f64) as usize;
        let mut bytes = body.into_bytes();
        let name = 1 + bytes.windows(12).position(|w| w == b"access_token").unwrap();
        let place = at(place, bytes.len());
        bytes.truncate(bytes.len() - at(cut * 0.4, bytes.len()));
        // Where its name is damaged too, nothing says that it is secret.
        if !(name.saturating_sub(4)..name + 12).contains(&place) {
            bytes.splice(place.min(bytes.len())..place.min(bytes.len()), noise);
        }
        let answer = answer(status, bytes);
        if let Err(error) = read(&answer) {
            fit_to_show(&error, &answer)?;
            let told = format!("{error:?}\n{}", error.report());
            prop_assert!(!told.contains("hush"), "{told}");
        }
    }
}
