//! What may be said about a certificate: nouns for messages, never key material.

use std::{
    fmt::{self, Write as _},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use crate::time::rfc3339;
use openssl::{
    asn1::{Asn1Time, Asn1TimeRef},
    nid::Nid,
    sha::{sha1, sha256},
    x509::{X509NameRef, X509Ref},
};

const SECONDS_PER_DAY: i64 = 86_400;

/// A subject longer than this is cut: it goes into one line of a log.
const SUBJECT_LIMIT: usize = 256;

/// The public facts about one certificate, for messages and diagnostics.
///
/// Its `Display` is one line: subject, SHA-1 thumbprint (what the Entra admin center shows) and
/// validity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateSummary {
    subject: String,
    thumbprint_sha1: [u8; 20],
    thumbprint_sha256: [u8; 32],
    not_before: SystemTime,
    not_after: SystemTime,
}

impl CertificateSummary {
    /// `der` is the encoding of `certificate`; both thumbprints are hashes of it.
    ///
    /// None if the validity cannot be read as dates.
    pub(super) fn new(certificate: &X509Ref, der: &[u8]) -> Option<Self> {
        Some(Self {
            subject: one_line(certificate.subject_name()),
            thumbprint_sha1: sha1(der),
            thumbprint_sha256: sha256(der),
            not_before: system_time(certificate.not_before())?,
            not_after: system_time(certificate.not_after())?,
        })
    }

    /// As [`new`](Self::new), for a message: what cannot be read is left out of it.
    pub(super) fn for_message(certificate: &X509Ref) -> Option<Box<Self>> {
        let der = certificate.to_der().ok()?;
        Self::new(certificate, &der).map(Box::new)
    }

    /// The subject, most specific part first, with control characters escaped.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// SHA-1 of the DER encoding.
    #[must_use]
    pub fn thumbprint_sha1(&self) -> &[u8; 20] {
        &self.thumbprint_sha1
    }

    /// SHA-256 of the DER encoding.
    #[must_use]
    pub fn thumbprint_sha256(&self) -> &[u8; 32] {
        &self.thumbprint_sha256
    }

    /// The first moment of its validity.
    #[must_use]
    pub fn not_before(&self) -> SystemTime {
        self.not_before
    }

    /// The last moment of its validity.
    #[must_use]
    pub fn not_after(&self) -> SystemTime {
        self.not_after
    }
}

impl fmt::Display for CertificateSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} (SHA-1 thumbprint {}, valid from {} to {})",
            self.subject,
            hex(&self.thumbprint_sha1),
            rfc3339(self.not_before),
            rfc3339(self.not_after)
        )
    }
}

/// Bytes as upper-case hexadecimal, as the Entra admin center shows thumbprints.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02X}");
        text
    })
}

/// `text` with everything escaped that could break a line or change how it is read.
pub(super) fn printable(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut clean, c| {
        let disguises = matches!(c,
            '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}');
        if c.is_control() || disguises {
            clean.extend(c.escape_default());
        } else {
            clean.push(c);
        }
        clean
    })
}

fn system_time(time: &Asn1TimeRef) -> Option<SystemTime> {
    let since = Asn1Time::from_unix(0).and_then(|epoch| epoch.diff(time)).ok()?;
    let seconds = i64::from(since.days) * SECONDS_PER_DAY + i64::from(since.secs);
    let distance = Duration::from_secs(seconds.unsigned_abs());
    if seconds < 0 { UNIX_EPOCH.checked_sub(distance) } else { UNIX_EPOCH.checked_add(distance) }
}

/// The name in the order of RFC 4514 (most specific first) and with its escapes.
fn one_line(name: &X509NameRef) -> String {
    let mut parts: Vec<String> = name
        .entries()
        .map(|entry| {
            let value = match entry.data().to_string() {
                Ok(value) => escape_separators(&printable(&value)),
                Err(_) => "?".to_owned(),
            };
            format!("{}={value}", attribute_name(entry.object()))
        })
        .collect();
    parts.reverse();
    let line = parts.join(", ");
    if line.is_empty() {
        return "(no subject)".to_owned();
    }
    match line.char_indices().nth(SUBJECT_LIMIT) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

fn attribute_name(object: &openssl::asn1::Asn1ObjectRef) -> String {
    match object.nid() {
        // Not one that OpenSSL knows: dotted decimal.
        Nid::UNDEF => object.to_string(),
        nid => nid.short_name().map_or_else(|_| object.to_string(), str::to_owned),
    }
}

fn escape_separators(value: &str) -> String {
    value.chars().fold(String::with_capacity(value.len()), |mut text, c| {
        // A backslash comes from `printable` as often as from the name: it stays.
        if matches!(c, ',' | '+' | '"' | ';' | '<' | '>') {
            text.push('\\');
        }
        text.push(c);
        text
    })
}

#[cfg(test)]
mod tests {
    use super::super::test_support::{self as make, Certificate};
    use super::*;

    fn subject(name: &[(&str, &str)]) -> String {
        let certificate = Certificate { name, ..Certificate::new(make::key()) }.make();
        CertificateSummary::for_message(&certificate).unwrap().subject().to_owned()
    }

    #[test]
    fn subjects_are_one_printable_line() {
        assert_eq!(subject(&[("C", "CH"), ("O", "Ä & <B>"), ("CN", "ci")]), r"CN=ci, O=Ä & \<B\>, C=CH");
        assert_eq!(subject(&[("CN", "a\nb\x1b[31m\u{202E}c")]), r"CN=a\nb\u{1b}[31m\u{202e}c");
        assert_eq!(subject(&[]), "(no subject)");
        let long = "x".repeat(60);
        let many = [("CN", "a"), ("OU", &long), ("OU", &long), ("OU", &long), ("OU", &long), ("OU", &long)];
        assert!(subject(&many).chars().count() == SUBJECT_LIMIT + 1);
    }

    #[test]
    fn display_is_what_a_message_needs() {
        let text = CertificateSummary::for_message(make::leaf()).unwrap().to_string();
        let start =
            format!("{} (SHA-1 thumbprint {}, valid from 2", make::SUBJECT, make::thumbprint(make::leaf()));
        assert!(text.starts_with(&start), "{text}");
    }
}
