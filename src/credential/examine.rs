//! What may be said of a credential before anything is sent to Entra: for who looks for what is wrong.

use std::time::SystemTime;

use tokio::time::Instant;

use super::certificate::CertificateSummary;
use super::certificate_file::CertificateHolder;
use super::selected::{self, Selected};
use super::source::Occasion;
use crate::entra::authority::TokenEndpoint;
use crate::error::AuthError;
use crate::hints::Evidence;
use crate::http::HttpClient;
use crate::settings::Settings;
use crate::settings::credential::{ProofSetting, SignIn};

/// A credential, without what is secret of it.
#[derive(Clone, Debug)]
pub struct Examined {
    /// Kind and setting, for a person.
    pub label: String,
    /// What is known of it.
    pub kind: Kind,
}

/// What is known of a credential.
#[derive(Clone, Debug)]
pub enum Kind {
    /// A client secret, of which only Entra knows whether it is right.
    Secret {
        /// It has the shape of a GUID, as the *id* of a secret has.
        looks_like_id: bool,
    },
    /// A certificate with its key, which belong together and are valid now.
    Certificate(Box<CertificateSummary>),
    /// A token of another identity provider.
    Federated {
        /// `iss`.
        issuer: String,
        /// `sub`.
        subject: String,
        /// `aud`, all of them joined with a comma.
        audience: String,
        /// Seconds until `exp`; negative where it has passed.
        expires_in: Option<i64>,
    },
    /// Somebody else has the identity and hands out its tokens.
    Elsewhere,
}

/// Reads the credential of `settings`; a federated token is fetched from whoever has it, before `deadline`.
///
/// # Errors
/// It cannot be used, or cannot be had.
pub async fn examine(
    settings: &Settings,
    http: &HttpClient,
    deadline: Instant,
) -> Result<Examined, AuthError> {
    if let SignIn::Application { client, proof: ProofSetting::Certificate(setting), .. } = &settings.sign_in {
        let holder = CertificateHolder::new(setting.clone(), settings.credential_name, *client);
        let certificate = holder.current()?;
        let label = format!("certificate from {}, {}", settings.credential_name, setting.algorithm.as_str());
        return Ok(Examined { label, kind: Kind::Certificate(Box::new(certificate.summary().clone())) });
    }
    match selected::source(settings, http) {
        Selected::Token(source) => Ok(Examined { label: source.label(), kind: Kind::Elsewhere }),
        Selected::Proof { tenant, source, .. } => {
            let endpoint = TokenEndpoint::new(&settings.authority, tenant);
            let occasion = Occasion { endpoint: &endpoint, now: SystemTime::now(), deadline };
            let kind = match source.prove(occasion).await?.evidence {
                Evidence::Secret { looks_like_id } => Kind::Secret { looks_like_id },
                Evidence::Federated { issuer, subject, audience, expires_in } => {
                    Kind::Federated { issuer, subject, audience, expires_in }
                }
                Evidence::Certificate { .. } | Evidence::None => Kind::Elsewhere,
            };
            Ok(Examined { label: source.label(), kind })
        }
    }
}
