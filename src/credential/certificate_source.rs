//! A certificate: its key signs a fresh assertion for each request.

use std::future::ready;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use openssl::error::ErrorStack;

use super::certificate::{CertificateOrigin, ClientCertificate, hex};
use super::source::{Occasion, Proof, ProofSource};
use crate::entra::assertion::{self, AssertionKey};
use crate::entra::request::ClientAuthentication;
use crate::error::{AuthError, ErrorKind};
use crate::hints::Evidence;
use crate::settings::credential::{CertificateSetting, CertificateSource as Place};
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

    fn sign(&self, occasion: Occasion<'_>) -> Result<Proof, AuthError> {
        let certificate = self.load()?;
        let key = AssertionKey {
            key: certificate.private_key(),
            sha256: certificate.thumbprint_sha256(),
            sha1: certificate.thumbprint_sha1(),
            chain: self.setting.send_chain.then(|| certificate.chain_der().collect()),
            algorithm: self.setting.algorithm,
        };
        let audience = occasion.endpoint.to_string();
        let assertion = assertion::sign(&key, &self.client.to_string(), &audience, occasion.now)
            .map_err(|error| cannot_sign(&certificate, &error))?;
        let evidence = Evidence::Certificate {
            shown: describe(&certificate),
            algorithm: self.setting.algorithm.as_str(),
            chain: self.setting.send_chain,
        };
        Ok(Proof { authentication: ClientAuthentication::Assertion(assertion), evidence })
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

impl ProofSource for CertificateSource {
    fn prove<'a>(&'a self, occasion: Occasion<'a>) -> BoxFuture<'a, Result<Proof, AuthError>> {
        ready(self.sign(occasion)).boxed()
    }

    fn label(&self) -> String {
        let algorithm = self.setting.algorithm.as_str();
        match self.load() {
            Ok(certificate) => format!("{}, {algorithm}, from {}", describe(&certificate), self.name),
            Err(_) => format!("certificate from {}", self.name),
        }
    }
}

fn cannot_sign(certificate: &ClientCertificate, error: &ErrorStack) -> AuthError {
    let subject = certificate.summary().subject();
    AuthError::new(
        ErrorKind::Certificate,
        "certificate_cannot_sign",
        format!("The key of the certificate {subject} could not sign: {error}."),
    )
}

/// Subject, thumbprints and dates in one line.
fn describe(certificate: &ClientCertificate) -> String {
    format!("certificate {}, SHA-256 {}", certificate.summary(), hex(certificate.thumbprint_sha256()))
}
