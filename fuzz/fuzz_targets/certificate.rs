//! Whatever bytes are given for a certificate are a pair that signs, or an error that tells no secret.

#![no_main]

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hasher as _};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use libfuzzer_sys::fuzz_target;
use workiq_auth::credential::certificate::{CertificateError, CertificateOrigin, ClientCertificate};

/// The password of the seeds that are encrypted.
const PASSWORD: &str = "xq-Fuzzing-7319";

/// A shorter piece of a line could stand in a message by chance.
const SECRET: usize = 24;

fuzz_target!(|data: &[u8]| {
    let origin = CertificateOrigin::Inline { variable: "WORKIQ_CLIENT_CERTIFICATE".to_owned() };
    // Within the validity of the seeds, whenever they are used.
    let now = UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    let mut read: Vec<ClientCertificate> = Vec::new();
    for password in [Some(PASSWORD), None] {
        match ClientCertificate::parse(data, password, &origin, now) {
            Ok(certificate) => read.push(certificate),
            Err(error) => fit_to_show(&error, data),
        }
    }
    for certificate in &read {
        whole(certificate, now);
        assert_eq!(certificate.leaf_der(), read[0].leaf_der(), "a password does not choose a certificate");
    }
});

fn whole(certificate: &ClientCertificate, now: SystemTime) {
    assert!(certificate.private_key().rsa().is_ok_and(|rsa| rsa.size() >= 256), "Entra takes no other");
    assert!(certificate.not_before() <= now + Duration::from_secs(300));
    assert!(certificate.not_after() + Duration::from_secs(1) > now);
    assert!(certificate.chain_der().all(|der| der.first() == Some(&0x30)));
    let shown = format!("{} {certificate:?}", certificate.summary());
    one_line(&shown, 2000);
}

fn fit_to_show(error: &CertificateError, data: &[u8]) {
    one_line(&error.to_string(), 1200);
    error.hint().split('\n').for_each(|line| one_line(line, 1200));
    let told = format!("{error}\n{error:?}\n{}", error.hint());
    // What stands in the input outside of the keys as well, such as a subject, may be shown.
    assert!(!told.contains(PASSWORD) || contains(data, PASSWORD.as_bytes()), "the password is in {told}");
    let pieces: HashSet<u64> = told.as_bytes().windows(SECRET).map(hash).collect();
    let (secret, open) = keys_apart(data);
    for piece in secret.iter().flat_map(|line| line.chunks_exact(SECRET)).filter(|piece| is_varied(piece)) {
        let shown = pieces.contains(&hash(piece)) && !contains(&open, piece);
        assert!(!shown, "{} of a key is in {told}", String::from_utf8_lossy(piece));
    }
}

/// Compared in place of the text, because libFuzzer puts what it sees compared into its next inputs: our own messages
/// would soon stand in the keys.
fn hash(piece: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(piece);
    hasher.finish()
}

fn one_line(text: &str, limit: usize) {
    assert!(!text.is_empty() && text.chars().count() <= limit, "{text:?}");
    assert!(!text.contains(char::is_control), "{text:?}");
}

/// The lines inside of blocks of private keys, and all else.
fn keys_apart(data: &[u8]) -> (Vec<&[u8]>, Vec<u8>) {
    let (mut secret, mut open, mut inside) = (Vec::new(), Vec::new(), false);
    for line in data.split(|b| matches!(b, b'\n' | b'\r')) {
        if contains(line, b"-----") {
            inside = contains(line, b"BEGIN ") && contains(line, b"PRIVATE KEY-----");
            open.extend_from_slice(line);
        } else if inside {
            secret.push(line.trim_ascii());
        } else {
            open.extend_from_slice(line);
        }
    }
    (secret, open)
}

/// Base64, and unlike a row of one letter, which a mutation makes as easily inside as outside.
fn is_varied(piece: &[u8]) -> bool {
    let mut seen = [false; 256];
    piece.iter().for_each(|b| seen[usize::from(*b)] = true);
    piece.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'='))
        && seen.iter().filter(|seen| **seen).count() >= 12
}

fn contains(text: &[u8], piece: &[u8]) -> bool {
    text.windows(piece.len()).any(|window| window == piece)
}
