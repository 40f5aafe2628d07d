//! What can be wrong with a certificate that a user brought.

use std::{fmt, time::SystemTime};

use thiserror::Error;

use crate::time::rfc3339;

use super::{
    CertificateOrigin, lookalike::CertificateLookalike, summary::CertificateSummary, unlock::Failure,
};

/// Why bytes are no usable certificate with its private key.
///
/// `Display` says what is wrong and of which certificate; [`hint`](Self::hint) what to do. Neither
/// they nor `Debug` show anything of the key or the password.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CertificateError {
    /// The bytes are neither PEM nor PKCS#12, nor base64 of one.
    #[error("{origin} is neither PEM nor PKCS#12: it is {lookalike}")]
    FormatUnknown {
        /// Where it came from.
        origin: CertificateOrigin,
        /// What it is instead.
        lookalike: CertificateLookalike,
    },
    /// The format is known, and the content does not follow it: cut off, edited or damaged.
    #[error("{origin} is damaged: {part} cannot be read ({reason})")]
    Malformed {
        /// Where it came from.
        origin: CertificateOrigin,
        /// The part that cannot be read, "the RSA PRIVATE KEY block".
        part: String,
        /// What is wrong with it; OpenSSL's reasons or ours.
        reason: String,
    },
    /// The private key or the PKCS#12 file is encrypted, and no password, or an empty one, is set.
    #[error("{} in {origin} is encrypted, and no password is set{}", part(*.format), of(.certificate.as_deref()))]
    PasswordMissing {
        /// Where it came from.
        origin: CertificateOrigin,
        /// Which format is encrypted.
        format: CertificateFormat,
        /// The certificate beside the key, where it is not encrypted itself.
        certificate: Option<Box<CertificateSummary>>,
    },
    /// The password does not decrypt the private key, or does not fit the MAC of the PKCS#12 file.
    /// Damage to just the encrypted bytes looks the same.
    #[error("the password does not fit {} in {origin}{}", part(*.format), of(.certificate.as_deref()))]
    PasswordWrong {
        /// Where it came from.
        origin: CertificateOrigin,
        /// Which format is encrypted.
        format: CertificateFormat,
        /// What about the password itself is suspicious.
        flaw: Option<PasswordFlaw>,
        /// The certificate beside the key, where it is not encrypted itself.
        certificate: Option<Box<CertificateSummary>>,
    },
    /// The encryption is one that even OpenSSL's legacy provider does not know.
    #[error("{} in {origin} is encrypted in a way that is not supported ({reason}){}", part(*.format), of(.certificate.as_deref()))]
    EncryptionUnsupported {
        /// Where it came from.
        origin: CertificateOrigin,
        /// Which format is encrypted.
        format: CertificateFormat,
        /// OpenSSL's reasons.
        reason: String,
        /// The certificate beside the key, where it is not encrypted itself.
        certificate: Option<Box<CertificateSummary>>,
    },
    /// There are certificates and no private key.
    #[error("{origin} has no private key{}{}", if *.openssh_key { " except one in OpenSSH's own format" } else { "" }, of(.certificate.as_deref()))]
    PrivateKeyMissing {
        /// Where it came from.
        origin: CertificateOrigin,
        /// The first certificate.
        certificate: Option<Box<CertificateSummary>>,
        /// A key is there, in a format that only OpenSSH reads.
        openssh_key: bool,
    },
    /// There is a private key and no certificate.
    #[error("{origin} has a private key and no certificate{}", if *.request { ", just a signing request" } else { "" })]
    CertificateMissing {
        /// Where it came from.
        origin: CertificateOrigin,
        /// A certificate signing request is there, taken for the certificate.
        request: bool,
    },
    /// No private key belongs to any certificate.
    #[error("the private key in {origin} belongs to another certificate than the one there{}", of(.certificate.as_deref()))]
    KeyMismatch {
        /// Where it came from.
        origin: CertificateOrigin,
        /// The first certificate.
        certificate: Option<Box<CertificateSummary>>,
    },
    /// Several private keys each have a certificate, so that none is the one to use.
    #[error("{origin} has {pairs} private keys that each have a certificate{}", of(.certificate.as_deref()))]
    KeyAmbiguous {
        /// Where it came from.
        origin: CertificateOrigin,
        /// How many.
        pairs: usize,
        /// The first of these certificates.
        certificate: Option<Box<CertificateSummary>>,
    },
    /// Entra takes RSA signatures only (ES256 is refused with AADSTS5002738), by keys of 2048 bits
    /// or more.
    #[error("{origin} has {key}, which Entra does not accept{}", of(.certificate.as_deref()))]
    KeyUnsupported {
        /// Where it came from.
        origin: CertificateOrigin,
        /// What kind of key it is.
        key: UnsupportedKey,
        /// The certificate beside it.
        certificate: Option<Box<CertificateSummary>>,
    },
    /// The last moment of its validity has passed.
    #[error("{origin} has expired: {certificate}; it is now {}", rfc3339(*.now))]
    Expired {
        /// Where it came from.
        origin: CertificateOrigin,
        /// The certificate.
        certificate: Box<CertificateSummary>,
        /// The time here.
        now: SystemTime,
    },
    /// The first moment of its validity is more than the allowed clock skew ahead.
    #[error("{origin} is not valid yet: {certificate}; it is now {}", rfc3339(*.now))]
    NotYetValid {
        /// Where it came from.
        origin: CertificateOrigin,
        /// The certificate.
        certificate: Box<CertificateSummary>,
        /// The time here.
        now: SystemTime,
    },
}

/// The format that a certificate came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CertificateFormat {
    /// RFC 7468 text.
    Pem,
    /// RFC 7292 archive.
    Pkcs12,
}

/// A key that Entra does not accept. Its `Display` has the article.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UnsupportedKey {
    /// An RSA key of fewer than 2048 bits.
    RsaTooShort {
        /// How many.
        bits: u32,
    },
    /// RSA restricted to PSS by the key itself.
    RsaPss,
    /// Elliptic curve, any.
    Ec,
    /// DSA.
    Dsa,
    /// Ed25519 or Ed448.
    EdDsa,
    /// Any other kind.
    Other,
}

/// What a password has that was probably not meant to be in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PasswordFlaw {
    /// White space at an end.
    WhiteSpace,
    /// Quotation marks around it.
    Quotes,
    /// A zero character.
    Zero,
}

impl CertificateError {
    /// A stable name for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::FormatUnknown { .. } => "certificate_format_unknown",
            Self::Malformed { .. } => "certificate_malformed",
            Self::PasswordMissing { .. } => "certificate_password_missing",
            Self::PasswordWrong { .. } => "certificate_password_wrong",
            Self::EncryptionUnsupported { .. } => "certificate_encryption_unsupported",
            Self::PrivateKeyMissing { .. } => "certificate_private_key_missing",
            Self::CertificateMissing { .. } => "certificate_missing",
            Self::KeyMismatch { .. } => "certificate_key_mismatch",
            Self::KeyAmbiguous { .. } => "certificate_key_ambiguous",
            Self::KeyUnsupported { .. } => "certificate_key_unsupported",
            Self::Expired { .. } => "certificate_expired",
            Self::NotYetValid { .. } => "certificate_not_yet_valid",
        }
    }

    /// Where the certificate came from.
    #[must_use]
    pub fn origin(&self) -> &CertificateOrigin {
        match self {
            Self::FormatUnknown { origin, .. }
            | Self::Malformed { origin, .. }
            | Self::PasswordMissing { origin, .. }
            | Self::PasswordWrong { origin, .. }
            | Self::EncryptionUnsupported { origin, .. }
            | Self::PrivateKeyMissing { origin, .. }
            | Self::CertificateMissing { origin, .. }
            | Self::KeyMismatch { origin, .. }
            | Self::KeyAmbiguous { origin, .. }
            | Self::KeyUnsupported { origin, .. }
            | Self::Expired { origin, .. }
            | Self::NotYetValid { origin, .. } => origin,
        }
    }

    /// The error that `failure` is, in `part` of what `origin` names.
    pub(super) fn new(
        failure: Failure,
        format: CertificateFormat,
        part: String,
        password: Option<&str>,
        certificate: Option<Box<CertificateSummary>>,
        origin: &CertificateOrigin,
    ) -> Self {
        let origin = origin.clone();
        match failure {
            Failure::Malformed(reason) => Self::Malformed { origin, part, reason },
            Failure::PasswordMissing => Self::PasswordMissing { origin, format, certificate },
            Failure::PasswordWrong => {
                let flaw = password.and_then(PasswordFlaw::of);
                Self::PasswordWrong { origin, format, flaw, certificate }
            }
            Failure::EncryptionUnsupported(reason) => {
                Self::EncryptionUnsupported { origin, format, reason, certificate }
            }
        }
    }
}

impl PasswordFlaw {
    fn of(password: &str) -> Option<Self> {
        let quoted = |quote| password.len() > 1 && password.starts_with(quote) && password.ends_with(quote);
        if password.contains('\0') {
            Some(Self::Zero)
        } else if password.trim() != password {
            Some(Self::WhiteSpace)
        } else {
            (quoted('"') || quoted('\'')).then_some(Self::Quotes)
        }
    }
}

impl fmt::Display for UnsupportedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::RsaTooShort { bits } => return write!(f, "an RSA key of {bits} bits"),
            Self::RsaPss => "an RSA key restricted to PSS",
            Self::Ec => "an elliptic-curve (EC) key",
            Self::Dsa => "a DSA key",
            Self::EdDsa => "an Edwards-curve (Ed25519 or Ed448) key",
            Self::Other => "a key that is not RSA",
        })
    }
}

fn part(format: CertificateFormat) -> &'static str {
    match format {
        CertificateFormat::Pem => "the private key",
        CertificateFormat::Pkcs12 => "the PKCS#12 content",
    }
}

fn of(certificate: Option<&CertificateSummary>) -> String {
    certificate.map_or_else(String::new, |certificate| format!("; certificate: {certificate}"))
}
