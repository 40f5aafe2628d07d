//! A certificate: its key signs a fresh assertion for each request.

use std::future::ready;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use openssl::error::ErrorStack;

use super::certificate::{ClientCertificate, hex};
use super::certificate_file::CertificateHolder;
use super::source::{Occasion, Proof, ProofSource};
use crate::entra::assertion::{self, AssertionKey};
use crate::entra::request::ClientAuthentication;
use crate::error::{AuthError, ErrorKind};
use crate::hints::Evidence;
use crate::settings::credential::CertificateSetting;
use crate::settings::identity::ClientId;

pub(super) struct CertificateSource {
    holder: CertificateHolder,
    client: ClientId,
    name: &'static str,
}

impl CertificateSource {
    pub(super) fn new(setting: CertificateSetting, client: ClientId, name: &'static str) -> Self {
        Self { holder: CertificateHolder::new(setting, name, client), client, name }
    }

    fn sign(&self, occasion: Occasion<'_>) -> Result<Proof, AuthError> {
        let certificate = self.holder.current()?;
        let setting = self.holder.setting();
        let key = AssertionKey {
            key: certificate.private_key(),
            sha256: certificate.thumbprint_sha256(),
            sha1: certificate.thumbprint_sha1(),
            chain: setting.send_chain.then(|| certificate.chain_der().collect()),
            algorithm: setting.algorithm,
        };
        let audience = occasion.endpoint.to_string();
        let assertion = assertion::sign(&key, &self.client.to_string(), &audience, occasion.now)
            .map_err(|error| cannot_sign(&certificate, &error))?;
        let evidence = Evidence::Certificate {
            shown: describe(&certificate),
            algorithm: setting.algorithm.as_str(),
            chain: setting.send_chain,
        };
        Ok(Proof { authentication: ClientAuthentication::Assertion(assertion), evidence })
    }
}

impl ProofSource for CertificateSource {
    fn prove<'a>(&'a self, occasion: Occasion<'a>) -> BoxFuture<'a, Result<Proof, AuthError>> {
        ready(self.sign(occasion)).boxed()
    }

    fn label(&self) -> String {
        let algorithm = self.holder.setting().algorithm.as_str();
        match self.holder.current() {
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
