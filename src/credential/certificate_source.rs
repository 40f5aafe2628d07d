//! A certificate: its key signs a fresh assertion for each request.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use super::Source;
use super::certificate::{CertificateOrigin, ClientCertificate, hex};
use crate::entra::assertion::{self, AssertionKey};
use crate::entra::request::ClientAuthentication;
use crate::error::{AuthError, ErrorKind};
use crate::hints::Facts;
use crate::settings::credential::{AssertionAlg, CertificateSetting, CertificateSource as Place};
use crate::settings::identity::ClientId;

pub(super) struct CertificateSource {
    setting: CertificateSetting,
    client: ClientId,
    name: &'static str,
    loaded: Mutex<Option<Arc<ClientCertificate>>>,
}

impl CertificateSource {
    pub(super) fn new(setting: CertificateSetting, client: ClientId, name: &'static str) -> Self {
        Self { setting, client, name, loaded: Mutex::default() }
    }

    fn loaded(&self) -> Option<Arc<ClientCertificate>> {
        self.loaded.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The certificate, read when it is first needed.
    fn load(&self) -> Result<Arc<ClientCertificate>, AuthError> {
        if let Some(certificate) = self.loaded() {
            return Ok(certificate);
        }
        let certificate = Arc::new(self.read()?);
        *self.loaded.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&certificate));
        Ok(certificate)
    }

    fn read(&self) -> Result<ClientCertificate, AuthError> {
        let password = self.setting.password.as_ref().map(crate::secret::Secret::expose);
        let now = SystemTime::now();
        let outcome = match &self.setting.source {
            Place::File(path) => {
                let bytes = zeroize::Zeroizing::new(
                    std::fs::read(path).map_err(|error| self.unreadable(path, &error))?,
                );
                ClientCertificate::parse(&bytes, password, &CertificateOrigin::File(path.clone()), now)
            }
            Place::Inline(text) => {
                let origin = CertificateOrigin::Inline { variable: self.name.to_owned() };
                ClientCertificate::parse(text.expose().as_bytes(), password, &origin, now)
            }
        };
        outcome.map_err(|error| {
            AuthError::new(ErrorKind::Certificate, error.code(), error.to_string()).with_hint(error.hint())
        })
    }

    /// A path out of a variable that may hold a secret is not shown: it could be one that only looks like a path.
    fn unreadable(&self, path: &Path, error: &std::io::Error) -> AuthError {
        let what = if self.name.to_ascii_uppercase().ends_with("SECRET") {
            format!("The certificate file that {} names cannot be read: {error}.", self.name)
        } else {
            format!("The certificate file {} ({}) cannot be read: {error}.", path.display(), self.name)
        };
        AuthError::new(ErrorKind::Certificate, "certificate_unreadable", what)
            .with_hint("Check the path, and that this process may read the file.")
    }
}

impl Source for CertificateSource {
    fn authenticate(&self, audience: &str) -> Result<ClientAuthentication, AuthError> {
        let certificate = self.load()?;
        let key = AssertionKey {
            key: certificate.private_key(),
            sha256: certificate.thumbprint_sha256(),
            sha1: certificate.thumbprint_sha1(),
            chain: self.setting.send_chain.then(|| certificate.chain_der().collect()),
            algorithm: self.setting.algorithm,
        };
        let assertion = assertion::sign(&key, &self.client.to_string(), audience, SystemTime::now())
            .map_err(|error| {
                AuthError::new(
                    ErrorKind::Certificate,
                    "certificate_cannot_sign",
                    format!(
                        "The key of the certificate {} could not sign: {error}.",
                        certificate.summary().subject()
                    ),
                )
            })?;
        Ok(ClientAuthentication::Assertion(assertion))
    }

    fn describe(&self, facts: &mut Facts) {
        facts.certificate = self.loaded().map(|certificate| describe(&certificate));
    }

    fn label(&self) -> String {
        let algorithm = match self.setting.algorithm {
            AssertionAlg::Ps256 => "PS256",
            AssertionAlg::Rs256 => "RS256",
        };
        match self.load() {
            Ok(certificate) => format!("{}, {algorithm}, from {}", describe(&certificate), self.name),
            Err(_) => format!("certificate from {}", self.name),
        }
    }
}

/// Subject, thumbprints and dates in one line.
fn describe(certificate: &ClientCertificate) -> String {
    format!("certificate {}, SHA-256 {}", certificate.summary(), hex(certificate.thumbprint_sha256()))
}
