//! Why a certificate cannot be used.

use super::summary::CertificateSummary;

/// Why a certificate cannot be used. Each message names the file or variable, and subject, thumbprint and dates as
/// far as they are known; none holds anything of the key or the password.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateError {
    /// Its time is over.
    #[error("{origin} has expired: {certificate}.")]
    Expired {
        /// File or variable.
        origin: String,
        /// What is known about it.
        certificate: Box<CertificateSummary>,
    },
    /// Its time has not come, or this machine's clock is behind.
    #[error("{origin} is not valid yet: {certificate}.")]
    NotYetValid {
        /// File or variable.
        origin: String,
        /// What is known about it.
        certificate: Box<CertificateSummary>,
    },
    /// The key is EC, `EdDSA`, DSA or a short RSA key, none of which Entra takes.
    #[error("{origin} has {kind}, which Entra does not accept{}.", shown(.certificate.as_deref()))]
    KeyUnsupported {
        /// File or variable.
        origin: String,
        /// "an EC key".
        kind: String,
        /// What is known about it.
        certificate: Option<Box<CertificateSummary>>,
    },
    /// There are certificates but no key.
    #[error("{origin} has no private key{}.", shown(.certificate.as_deref()))]
    PrivateKeyMissing {
        /// File or variable.
        origin: String,
        /// What is known about it.
        certificate: Option<Box<CertificateSummary>>,
    },
    /// There is a key but no certificate.
    #[error("{origin} has a private key but no certificate.")]
    CertificateMissing {
        /// File or variable.
        origin: String,
    },
    /// The password does not open it.
    #[error("{origin} is encrypted, and WORKIQ_CLIENT_CERTIFICATE_PASSWORD does not open it.")]
    PasswordWrong {
        /// File or variable.
        origin: String,
    },
    /// It is encrypted and no password was given.
    #[error("{origin} is encrypted, and WORKIQ_CLIENT_CERTIFICATE_PASSWORD is not set.")]
    PasswordMissing {
        /// File or variable.
        origin: String,
    },
    /// No key in it belongs to a certificate in it.
    #[error("{origin} has a private key that belongs to another certificate{}.", shown(.certificate.as_deref()))]
    KeyMismatch {
        /// File or variable.
        origin: String,
        /// What is known about it.
        certificate: Option<Box<CertificateSummary>>,
    },
    /// It is of a known format but damaged.
    #[error("{origin} cannot be read: {what}.")]
    Malformed {
        /// File or variable.
        origin: String,
        /// What is damaged.
        what: String,
    },
    /// It is of no known format.
    #[error("{origin} is not a certificate with its key: {what}.")]
    FormatUnknown {
        /// File or variable.
        origin: String,
        /// What it seems to be.
        what: String,
    },
}

impl CertificateError {
    /// A stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Expired { .. } => "certificate_expired",
            Self::NotYetValid { .. } => "certificate_not_yet_valid",
            Self::KeyUnsupported { .. } => "certificate_key_unsupported",
            Self::PrivateKeyMissing { .. } => "certificate_private_key_missing",
            Self::CertificateMissing { .. } => "certificate_missing",
            Self::PasswordWrong { .. } => "certificate_password_wrong",
            Self::PasswordMissing { .. } => "certificate_password_missing",
            Self::KeyMismatch { .. } => "certificate_key_mismatch",
            Self::Malformed { .. } => "certificate_malformed",
            Self::FormatUnknown { .. } => "certificate_format_unknown",
        }
    }

    /// What to do next.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Expired { .. } => {
                "Make a new certificate, upload its public part to the application, and put the new file in place.".into()
            }
            Self::NotYetValid { .. } => "Check this machine's clock, or wait until the certificate's time begins.".into(),
            Self::KeyUnsupported { .. } => "Make a certificate with an RSA key of 2048 bits or more, for example: openssl \
                req -x509 -newkey rsa:2048 -sha256 -days 365 -nodes -subj /CN=workiq-ci -keyout client.pem -out client.crt \
                && cat client.crt >> client.pem. (Entra answers an EC key with AADSTS5002738.)"
                .into(),
            Self::PrivateKeyMissing { .. } => {
                "Put the private key into the same file (cat client.key client.crt > client.pem), or use the PFX.".into()
            }
            Self::CertificateMissing { .. } => {
                "Put the certificate into the same file: cat client.key client.crt > client.pem.".into()
            }
            Self::PasswordWrong { .. } => {
                "Check WORKIQ_CLIENT_CERTIFICATE_PASSWORD: a line break or quotes at its end count. If it is right, the file is damaged: copy it again.".into()
            }
            Self::PasswordMissing { .. } => "Set WORKIQ_CLIENT_CERTIFICATE_PASSWORD.".into(),
            Self::KeyMismatch { .. } => "Put the key and the certificate that were made together into one file.".into(),
            Self::Malformed { .. } => "Copy the file again, as binary where it is a PFX; compare its size with the original.".into(),
            Self::FormatUnknown { .. } => "Use PEM with key and certificate in it, or a PFX (PKCS#12) file.".into(),
        }
    }
}

fn shown(certificate: Option<&CertificateSummary>) -> String {
    certificate.map(|certificate| format!(": {certificate}")).unwrap_or_default()
}
