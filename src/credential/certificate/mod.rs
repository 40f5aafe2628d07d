//! Client certificates: from the bytes that a user brought to a checked pair of key and certificate.

mod error;
mod pem;
mod pkcs12;
mod summary;
mod text;

use std::fmt;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use openssl::pkey::{Id, PKey, PKeyRef, Private};
use openssl::x509::{X509, X509Ref};

pub use error::CertificateError;
pub use summary::{CertificateSummary, hex};

/// No certificate is larger; whatever is, is something else.
const LARGEST: usize = 1 << 20;

/// How far ahead of its time a certificate may be: clocks differ, and a certificate made a minute ago is good.
const SKEW: Duration = Duration::from_secs(300);

/// The shortest RSA key that signs for us.
const SHORTEST_KEY: u32 = 2048;

/// Where a certificate came from, for messages.
#[derive(Clone, Debug)]
pub enum CertificateOrigin {
    /// A file.
    File(PathBuf),
    /// The setting itself.
    Inline {
        /// The option or variable.
        variable: String,
    },
}

impl fmt::Display for CertificateOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "the certificate file {}", path.display()),
            Self::Inline { variable } => write!(f, "the certificate in {variable}"),
        }
    }
}

/// What was found in the bytes: keys and certificates, not matched yet.
#[derive(Default)]
struct Contents {
    keys: Vec<PKey<Private>>,
    certificates: Vec<X509>,
}

/// An RSA key and the certificate that belongs to it, good at this time.
pub struct ClientCertificate {
    key: PKey<Private>,
    chain: Vec<Vec<u8>>,
    summary: CertificateSummary,
}

impl ClientCertificate {
    /// Reads PEM or PKCS#12, or base64 of either, and checks it against `now`.
    ///
    /// # Errors
    /// What is wrong with it, with all that is known about it.
    pub fn parse(
        bytes: &[u8],
        password: Option<&str>,
        origin: &CertificateOrigin,
        now: SystemTime,
    ) -> Result<Self, CertificateError> {
        let contents = read(bytes, password, origin)?;
        let (key, leaf) = pair(&contents, origin)?;
        let summary = summary(leaf, origin)?;
        check_key(&key, &summary, origin)?;
        let fact = || (origin.to_string(), Box::new(summary.clone()));
        if summary.not_after() < now {
            let (origin, certificate) = fact();
            return Err(CertificateError::Expired { origin, certificate });
        }
        if summary.not_before() > now + SKEW {
            let (origin, certificate) = fact();
            return Err(CertificateError::NotYetValid { origin, certificate });
        }
        Ok(Self { key, chain: chain(leaf, &contents.certificates), summary })
    }

    /// The key.
    #[must_use]
    pub fn private_key(&self) -> &PKeyRef<Private> {
        &self.key
    }

    /// The chain in DER: the certificate, then its issuers in order, as far as they were brought along.
    pub fn chain_der(&self) -> impl Iterator<Item = &[u8]> {
        self.chain.iter().map(Vec::as_slice)
    }

    /// SHA-1 of the certificate, as Entra's portal shows it.
    #[must_use]
    pub fn thumbprint_sha1(&self) -> &[u8; 20] {
        self.summary.thumbprint_sha1()
    }

    /// SHA-256 of the certificate.
    #[must_use]
    pub fn thumbprint_sha256(&self) -> &[u8; 32] {
        self.summary.thumbprint_sha256()
    }

    /// What may be said about it: subject, thumbprints, dates.
    #[must_use]
    pub fn summary(&self) -> &CertificateSummary {
        &self.summary
    }
}

impl fmt::Debug for ClientCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientCertificate").field("summary", &self.summary).finish_non_exhaustive()
    }
}

/// PEM, PKCS#12, or base64 of either.
fn read(
    bytes: &[u8],
    password: Option<&str>,
    origin: &CertificateOrigin,
) -> Result<Contents, CertificateError> {
    let unknown =
        |what: &str| CertificateError::FormatUnknown { origin: origin.to_string(), what: what.to_owned() };
    if bytes.len() > LARGEST {
        return Err(unknown("it is larger than 1 MiB"));
    }
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(unknown("it is empty"));
    }
    if let Some(contents) = pkcs12::read(bytes, password, origin)? {
        return Ok(contents);
    }
    let plain = text::normalise(bytes);
    if text::find(&plain, b"-----BEGIN").is_some() {
        return pem::read(&plain, password, origin);
    }
    if let Some(decoded) = text::from_base64(&plain) {
        if let Some(contents) = pkcs12::read(&decoded, password, origin)? {
            return Ok(contents);
        }
        if text::find(&decoded, b"-----BEGIN").is_some() {
            return pem::read(&text::normalise(&decoded), password, origin);
        }
        if X509::from_der(&decoded).is_ok() {
            return Err(unknown("it is a certificate alone, without its private key"));
        }
    }
    Err(unknown(if X509::from_der(bytes).is_ok() {
        "it is a certificate alone, without its private key"
    } else if plain.trim_ascii_start().starts_with(b"<") {
        "it is a web page"
    } else if bytes.starts_with(&[0xfe, 0xed, 0xfe, 0xed]) {
        "it is a Java key store"
    } else {
        "it is neither PEM nor PKCS#12"
    }))
}

/// The one key that matches a certificate, and that certificate.
fn pair<'a>(
    contents: &'a Contents,
    origin: &CertificateOrigin,
) -> Result<(PKey<Private>, &'a X509Ref), CertificateError> {
    let origin = || origin.to_string();
    let first = contents.certificates.first();
    let Some(key) = contents.keys.first() else {
        return match first {
            Some(certificate) => Err(CertificateError::PrivateKeyMissing {
                origin: origin(),
                certificate: CertificateSummary::for_message(certificate),
            }),
            None => Err(CertificateError::FormatUnknown {
                origin: origin(),
                what: "no private key and no certificate is in it".into(),
            }),
        };
    };
    let Some(first) = first else {
        return Err(CertificateError::CertificateMissing { origin: origin() });
    };
    let belongs = |key: &PKey<Private>, certificate: &X509| {
        certificate.public_key().is_ok_and(|public| public.public_eq(key))
    };
    let mut pairs = contents.keys.iter().flat_map(|key| {
        contents
            .certificates
            .iter()
            .filter(move |certificate| belongs(key, certificate))
            .map(move |c| (key, c))
    });
    if let Some((key, certificate)) = pairs.next() {
        return match pairs.find(|(other, _)| !other.public_eq(key)) {
            Some(_) => Err(CertificateError::Malformed {
                origin: origin(),
                what: "more than one private key in it has a certificate".into(),
            }),
            None => Ok((key.clone(), certificate)),
        };
    }
    // An EC key says more than a mismatch does.
    if key.id() != Id::RSA {
        return Err(CertificateError::KeyUnsupported {
            origin: origin(),
            kind: kind_of(key),
            certificate: CertificateSummary::for_message(first),
        });
    }
    Err(CertificateError::KeyMismatch {
        origin: origin(),
        certificate: CertificateSummary::for_message(first),
    })
}

fn summary(leaf: &X509Ref, origin: &CertificateOrigin) -> Result<CertificateSummary, CertificateError> {
    let der = leaf.to_der().unwrap_or_default();
    CertificateSummary::new(leaf, &der).ok_or_else(|| CertificateError::Malformed {
        origin: origin.to_string(),
        what: "the dates of the certificate cannot be read".into(),
    })
}

/// Entra takes RSA alone: "'ES256' is not a supported signature algorithm" (AADSTS5002738).
fn check_key(
    key: &PKey<Private>,
    summary: &CertificateSummary,
    origin: &CertificateOrigin,
) -> Result<(), CertificateError> {
    if key.id() == Id::RSA && key.bits() >= SHORTEST_KEY {
        return Ok(());
    }
    Err(CertificateError::KeyUnsupported {
        origin: origin.to_string(),
        kind: kind_of(key),
        certificate: Some(Box::new(summary.clone())),
    })
}

fn kind_of(key: &PKey<Private>) -> String {
    match key.id() {
        Id::RSA => format!("an RSA key of {} bits", key.bits()),
        Id::EC => "an EC key".into(),
        Id::DSA => "a DSA key".into(),
        Id::ED25519 | Id::ED448 => "an EdDSA key".into(),
        _ => "a key of another kind than RSA".into(),
    }
}

/// The leaf, then issuer after issuer as far as they are there; certificates that do not belong to it are left out.
fn chain(leaf: &X509Ref, all: &[X509]) -> Vec<Vec<u8>> {
    let mut chain = vec![leaf.to_der().unwrap_or_default()];
    let mut last = leaf;
    while chain.len() <= all.len() {
        let issued = |issuer: &&X509| {
            let linked =
                issuer.subject_name().try_cmp(last.issuer_name()).is_ok_and(std::cmp::Ordering::is_eq);
            linked && issuer.public_key().is_ok_and(|key| last.verify(&key).unwrap_or(false))
        };
        let Some(issuer) = all.iter().find(issued) else {
            break;
        };
        let der = issuer.to_der().unwrap_or_default();
        if chain.contains(&der) {
            break;
        }
        chain.push(der);
        last = issuer;
    }
    chain
}

#[cfg(test)]
mod tests;
