//! PKCS#12 (RFC 7292), with encryption new and old.

use std::sync::OnceLock;

use openssl::error::ErrorStack;
use openssl::pkcs12::{ParsedPkcs12_2, Pkcs12};
use openssl::provider::Provider;

use super::{CertificateError, CertificateOrigin, Contents};

/// What is in `bytes`; `None` if it is no PKCS#12 file.
pub(super) fn read(
    bytes: &[u8],
    password: Option<&str>,
    origin: &CertificateOrigin,
) -> Result<Option<Contents>, CertificateError> {
    if !looks_like_pfx(bytes) {
        return Ok(None);
    }
    let Ok(file) = Pkcs12::from_der(bytes) else {
        return Err(CertificateError::Malformed {
            origin: origin.to_string(),
            what: "the PFX is damaged or cut off".into(),
        });
    };
    let open = |password| {
        let open = || file.parse2(password);
        open().or_else(|_| with_legacy(open))
    };
    // A password that is not needed does no harm, as with PEM.
    let parsed = open(password.unwrap_or_default()).or_else(|error| open("").map_err(|_| error));
    let parsed = parsed.map_err(|_| match password {
        Some(_) => CertificateError::PasswordWrong { origin: origin.to_string() },
        None => CertificateError::PasswordMissing { origin: origin.to_string() },
    })?;
    Ok(Some(contents(parsed)))
}

fn contents(parsed: ParsedPkcs12_2) -> Contents {
    Contents {
        keys: parsed.pkey.into_iter().collect(),
        certificates: parsed.cert.into_iter().chain(parsed.ca.into_iter().flatten()).collect(),
    }
}

/// `PFX` is a sequence that begins with version 3 and another sequence (RFC 7292, section 4).
fn looks_like_pfx(bytes: &[u8]) -> bool {
    let [0x30, length, rest @ ..] = bytes else {
        return false;
    };
    let skip = if *length > 0x80 { usize::from(length & 0x7f) } else { 0 };
    rest.get(skip..).is_some_and(|inner| inner.starts_with(&[2, 1, 3, 0x30]))
}

/// Tries again with the old algorithms (RC2, DES), which OpenSSL 3 keeps in a provider of its own.
///
/// The provider is loaded the first time that something cannot be opened without it, and stays. It adds algorithms to
/// this library's own copy of OpenSSL and changes none: TLS and signatures choose theirs by name.
pub(super) fn with_legacy<T>(open: impl Fn() -> Result<T, ErrorStack>) -> Result<T, ErrorStack> {
    static LEGACY: OnceLock<Option<Provider>> = OnceLock::new();
    match LEGACY.get_or_init(|| Provider::try_load(None, "legacy", true).ok()) {
        Some(_) => open(),
        None => Err(ErrorStack::get()),
    }
}
