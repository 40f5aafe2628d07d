//! Client certificates: from bytes that a user brought to a key and certificate that are checked.
//!
//! The steps, a file each: `text` undoes what happened to the bytes on their way, `read` finds out
//! what they are, `pem` and `pkcs12` read the two formats (`key` the private keys, `unlock` what is
//! encrypted), `check` finds the pair that signs and `chain` its issuers. `error` and `hint` say
//! what is wrong and what to do, `lookalike` what it is instead, `summary` which certificate it is
//! about.

mod chain;
mod check;
mod der;
mod error;
mod hint;
mod key;
mod lookalike;
mod pem;
mod pkcs12;
mod read;
mod summary;
mod text;
mod unlock;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod robustness;
#[cfg(test)]
pub(super) mod test_support;

use std::{fmt, iter, path::PathBuf, time::SystemTime};

use openssl::{
    error::ErrorStack,
    pkey::{PKey, PKeyRef, Private},
    x509::X509,
};

pub use self::{
    error::{CertificateError, CertificateFormat, PasswordFlaw, UnsupportedKey},
    lookalike::CertificateLookalike,
    summary::{CertificateSummary, hex},
};
use self::{read::Source, summary::printable};
use crate::time::rfc3339;

/// Where a certificate came from, for messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CertificateOrigin {
    /// A file.
    File(PathBuf),
    /// The value of a variable or an option.
    Inline {
        /// Its name.
        variable: String,
    },
}

impl fmt::Display for CertificateOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => {
                write!(f, "certificate file {}", printable(&path.display().to_string()))
            }
            Self::Inline { variable } => write!(f, "the certificate in {}", printable(variable)),
        }
    }
}

/// A private key and its certificate: they belong together, are valid, and of a kind that Entra
/// accepts (Microsoft identity platform, "Application authentication with certificate
/// credentials").
#[derive(Clone)]
pub struct ClientCertificate {
    key: PKey<Private>,
    summary: CertificateSummary,
    leaf: Vec<u8>,
    issuers: Vec<Vec<u8>>,
}

impl ClientCertificate {
    /// Reads PEM, PKCS#12, or base64 of either, and checks what is in it against `now`.
    ///
    /// PEM may hold the key and any number of certificates in any order. The password is for an
    /// encrypted key or PKCS#12; where nothing is encrypted it is ignored. An empty password is
    /// none.
    ///
    /// # Errors
    ///
    /// See the variants of [`CertificateError`].
    pub fn parse(
        bytes: &[u8],
        password: Option<&str>,
        origin: &CertificateOrigin,
        now: SystemTime,
    ) -> Result<Self, CertificateError> {
        // OpenSSL keeps errors per thread. What others left there must not be read as ours, nor
        // ours, of attempts that were allowed to fail, as theirs.
        drop(ErrorStack::get());
        let parsed = Source { bytes, password, origin, now }.parse();
        drop(ErrorStack::get());
        parsed
    }

    /// The key that signs.
    #[must_use]
    pub fn private_key(&self) -> &PKeyRef<Private> {
        &self.key
    }

    /// The certificate of the key, in DER.
    #[must_use]
    pub fn leaf_der(&self) -> &[u8] {
        &self.leaf
    }

    /// The certificate of the key and its issuers as far as they were there, in DER, each followed
    /// by its issuer: the order of `x5c` (RFC 7515, section 4.1.6).
    pub fn chain_der(&self) -> impl Iterator<Item = &[u8]> {
        iter::once(self.leaf_der()).chain(self.issuers.iter().map(Vec::as_slice))
    }

    /// SHA-1 of the certificate: what the Entra admin center calls thumbprint, and `x5t`.
    #[must_use]
    pub fn thumbprint_sha1(&self) -> &[u8; 20] {
        self.summary.thumbprint_sha1()
    }

    /// SHA-256 of the certificate: `x5t#S256`.
    #[must_use]
    pub fn thumbprint_sha256(&self) -> &[u8; 32] {
        self.summary.thumbprint_sha256()
    }

    /// The subject in one line, most specific part first, with control characters escaped.
    #[must_use]
    pub fn subject(&self) -> &str {
        self.summary.subject()
    }

    /// The first moment of its validity.
    #[must_use]
    pub fn not_before(&self) -> SystemTime {
        self.summary.not_before()
    }

    /// The last moment of its validity.
    #[must_use]
    pub fn not_after(&self) -> SystemTime {
        self.summary.not_after()
    }

    /// The public facts, for messages.
    #[must_use]
    pub fn summary(&self) -> &CertificateSummary {
        &self.summary
    }
}

impl fmt::Debug for ClientCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientCertificate")
            .field("subject", &self.subject())
            .field("thumbprint_sha1", &hex(self.thumbprint_sha1()))
            .field("thumbprint_sha256", &hex(self.thumbprint_sha256()))
            .field("not_before", &rfc3339(self.not_before()))
            .field("not_after", &rfc3339(self.not_after()))
            .finish_non_exhaustive()
    }
}

/// All private keys and certificates that were found.
#[derive(Default)]
struct Material {
    keys: Vec<PKey<Private>>,
    certificates: Vec<X509>,
}

#[cfg(test)]
mod tests {
    use super::{test_support as make, *};

    #[test]
    fn what_is_read_is_described() {
        let certificate = make::accepted(&make::with_leaf(&make::key_pem()), None);
        let der = make::leaf().to_der().unwrap();
        assert_eq!(certificate.leaf_der(), der);
        assert_eq!(certificate.chain_der().collect::<Vec<_>>(), [&der[..]]);
        assert_eq!(hex(certificate.thumbprint_sha1()), make::thumbprint(make::leaf()));
        assert_eq!(*certificate.thumbprint_sha256(), openssl::sha::sha256(&der));
        assert_eq!(certificate.subject(), make::SUBJECT);
        assert!(certificate.not_before() < SystemTime::now());
        assert!(certificate.not_after() > SystemTime::now());
        assert_eq!(*certificate.summary(), CertificateSummary::new(make::leaf(), &der).unwrap());
    }

    #[test]
    fn debug_shows_the_certificate_and_nothing_of_the_key() {
        let certificate = make::accepted(&make::with_leaf(&make::key_pem()), None);
        let debug = format!("{certificate:?}");
        assert!(debug.contains("contoso-ci") && debug.contains(&make::thumbprint(make::leaf())));
        assert!(!debug.contains("PKey") && debug.len() < 400, "{debug}");
    }

    #[test]
    fn a_variable_is_named_in_place_of_a_file() {
        let origin = CertificateOrigin::Inline { variable: "WORKIQ_CLIENT_CERTIFICATE".to_owned() };
        let error = ClientCertificate::parse(b"", None, &origin, SystemTime::now()).unwrap_err();
        let expected = "the certificate in WORKIQ_CLIENT_CERTIFICATE is neither PEM nor PKCS#12: it is empty";
        assert_eq!(error.to_string(), expected);
    }

    #[test]
    fn errors_that_others_left_behind_are_neither_used_nor_kept() {
        let stale = openssl::x509::X509::from_der(b"no").unwrap_err();
        stale.put();
        make::accepted(&make::with_leaf(&make::key_pem()), None);
        stale.put();
        make::refused(&make::leaf_pem(), None, "certificate_private_key_missing");
    }

    #[test]
    fn it_can_be_shared_between_threads() {
        fn check<T: Send + Sync>() {}
        check::<ClientCertificate>();
        check::<CertificateError>();
    }
}
