//! Whatever is accepted as a path stays below the API root of Graph's origin, whoever reads it.

#![no_main]

use libfuzzer_sys::fuzz_target;
use url::Url;
use workiq_auth::graph::path::GraphPath;
use workiq_auth::settings::identity::UserRef;
use workiq_auth::settings::origin::Origin;

fuzz_target!(|text: &str| {
    match GraphPath::parse(text) {
        Ok(path) => {
            check(&path);
            let user = UserRef::parse("o'neil_^x#EXT#@contoso.onmicrosoft.com").expect("a guest's name");
            let path = path.for_user(Some(&user)).expect("there is a user");
            assert!(!path.as_str().eq_ignore_ascii_case("/me"));
            check(&path);
        }
        Err(error) => {
            let said = error.to_string();
            assert!(said.chars().count() < 400 && !said.contains(char::is_control), "{said:?}");
        }
    }
});

fn check(path: &GraphPath) {
    let text = path.as_str();
    assert!(text.starts_with('/') && !text.starts_with("//"));
    assert!(text.bytes().all(|b| b.is_ascii_graphic() && b != b'\\' && b != b'#'));
    let own = text.split('?').next().unwrap_or_default();
    for segment in own[1..].split('/') {
        let once = decoded(segment.as_bytes());
        let twice = decoded(&once);
        for segment in [segment.as_bytes(), &once, &twice] {
            let name = segment.split(|b| *b == b';').next().unwrap_or_default();
            assert!(name != b"." && name != b"..", "{text}");
        }
        for segment in [&once, &twice] {
            let leaves = |b: &u8| matches!(b, b'/' | b'\\') || b.is_ascii_control();
            assert!(!segment.iter().any(leaves), "{text}");
        }
    }
    assert_eq!(GraphPath::parse(text).as_ref(), Ok(path), "read again, it is the same");

    let origin = Origin::parse("https://graph.microsoft.com").expect("an origin");
    let joined = origin.join(&format!("/v1.0{text}"));
    let url = Url::parse(&joined).expect("a URL");
    assert!(origin.contains(&url) && url.username().is_empty() && url.password().is_none());
    assert_eq!(url.path(), format!("/v1.0{own}"));
    assert_eq!(url.query().is_some(), text.contains('?'));
    assert_eq!(url.fragment(), None);
    let uri: http::Uri = joined.parse().expect("a URL to the HTTP client too");
    assert_eq!(uri.authority().map(http::uri::Authority::as_str), Some("graph.microsoft.com"));
    assert_eq!(uri.path(), url.path());
}

/// Percent-decoding of our own, so that the check does not share a mistake with what it checks.
fn decoded(text: &[u8]) -> Vec<u8> {
    let digit = |at: usize| text.get(at).and_then(|b| char::from(*b).to_digit(16));
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        match (byte, digit(at + 1), digit(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                out.extend(u8::try_from(high * 16 + low));
                at += 3;
            }
            _ => {
                out.push(*byte);
                at += 1;
            }
        }
    }
    out
}
