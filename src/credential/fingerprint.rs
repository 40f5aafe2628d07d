//! A credential's digest, by which its tokens are told from another credential's. In memory only.

use openssl::sha::Sha256;

use crate::settings::Settings;
use crate::settings::credential::{
    CertificateSetting, CertificateSource, ProofSetting, SignIn, TokenSetting,
};
use crate::settings::federation::{FederatedSetting, FederatedSource};

/// The digest of kind and content of the credential in `settings`. What is in a file goes by its path: what replaces it
/// is the same application's, and the tokens are as good as before.
pub(super) fn of(settings: &Settings) -> [u8; 32] {
    let mut digest = Digest(Sha256::new());
    match &settings.sign_in {
        SignIn::Application { proof, .. } => match proof {
            ProofSetting::Secret(secret) => digest.parts(&[b"secret", secret.expose().as_bytes()]),
            ProofSetting::Certificate(setting) => digest.certificate(setting),
            ProofSetting::Federated(setting) => digest.federated(setting),
        },
        SignIn::Token(setting) => match setting {
            TokenSetting::ManagedIdentity(setting) => digest.parts(&[
                b"managed-identity",
                setting.client.map(|id| id.to_string()).unwrap_or_default().as_bytes(),
                setting.endpoint.as_deref().unwrap_or_default().as_bytes(),
            ]),
            TokenSetting::AzureCli { tenant } => digest.parts(&[
                b"azure-cli",
                tenant.as_ref().map(ToString::to_string).unwrap_or_default().as_bytes(),
            ]),
            TokenSetting::Broker(address) => {
                digest.parts(&[b"broker", address.path().as_os_str().as_encoded_bytes()]);
            }
            TokenSetting::AccessToken(token) => digest.parts(&[b"access-token", token.expose().as_bytes()]),
        },
    }
    digest.0.finish()
}

struct Digest(Sha256);

impl Digest {
    /// Each part with its length, so that no two lists of parts look alike.
    fn parts(&mut self, parts: &[&[u8]]) {
        for part in parts {
            self.0.update(&part.len().to_be_bytes());
            self.0.update(part);
        }
    }

    fn certificate(&mut self, setting: &CertificateSetting) {
        let place = match &setting.source {
            CertificateSource::File(path) => path.as_os_str().as_encoded_bytes(),
            CertificateSource::Inline(text) => text.expose().as_bytes(),
        };
        let password = setting.password.as_ref().map_or(b"".as_slice(), |text| text.expose().as_bytes());
        self.parts(&[
            b"certificate",
            place,
            password,
            &[u8::from(setting.send_chain)],
            setting.algorithm.as_str().as_bytes(),
        ]);
    }

    fn federated(&mut self, setting: &FederatedSetting) {
        self.parts(&[b"federated", setting.audience.as_str().as_bytes()]);
        match &setting.source {
            FederatedSource::GitHub(github) => self.parts(&[
                b"github",
                github.endpoint.as_str().as_bytes(),
                github.token.expose().as_bytes(),
            ]),
            FederatedSource::Pipelines(pipelines) => self.parts(&[
                b"pipelines",
                pipelines.endpoint.as_str().as_bytes(),
                pipelines.connection.as_bytes(),
            ]),
            FederatedSource::File(path) => self.parts(&[b"file", path.as_os_str().as_encoded_bytes()]),
            // A function has no content to look at; the one object that is held is its identity.
            FederatedSource::Callback(callback) => {
                let address = std::sync::Arc::as_ptr(callback).cast::<()>() as usize;
                self.parts(&[b"callback", &address.to_be_bytes()]);
            }
        }
    }
}
