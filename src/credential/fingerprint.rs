//! A credential's digest, by which its tokens are told from another credential's. In memory only.

use openssl::sha::Sha256;

use crate::settings::Settings;
use crate::settings::credential::{CertificateSource, CredentialSetting};

/// The digest of kind and content of the credential in `settings`. A certificate in a file goes by its path: one that
/// replaces it is the same application's, and its tokens are as good as before.
pub(super) fn of(settings: &Settings) -> [u8; 32] {
    let mut hash = Sha256::new();
    let mut part = |bytes: &[u8]| {
        // With its length, so that no two lists of parts look alike.
        hash.update(&bytes.len().to_be_bytes());
        hash.update(bytes);
    };
    match &settings.credential.setting {
        CredentialSetting::Secret(secret) => {
            part(b"secret");
            part(secret.expose().as_bytes());
        }
        CredentialSetting::Certificate(certificate) => {
            part(b"certificate");
            match &certificate.source {
                CertificateSource::File(path) => part(path.as_os_str().as_encoded_bytes()),
                CertificateSource::Inline(text) => part(text.expose().as_bytes()),
            }
            part(certificate.password.as_ref().map_or(b"", |password| password.expose().as_bytes()));
            part(&[u8::from(certificate.send_chain)]);
            part(certificate.algorithm.as_str().as_bytes());
        }
    }
    hash.finish()
}
