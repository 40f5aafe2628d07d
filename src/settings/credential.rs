//! Who signs in, and with what: each case holds what it needs, and nothing that could be wrong.

use std::path::PathBuf;

use super::broker::BrokerAddress;
use super::federation::{FederatedSetting, FederatedSource};
use super::identity::{ClientId, TenantId};
use crate::secret::Secret;

/// Who signs in.
#[derive(Clone, Debug)]
pub enum SignIn {
    /// An application of a tenant, which proves to Entra who it is.
    Application {
        /// The tenant that we sign in to.
        tenant: TenantId,
        /// The application that signs in.
        client: ClientId,
        /// What proves that we are that application.
        proof: ProofSetting,
    },
    /// Somebody else has the identity and hands out its tokens.
    Token(TokenSetting),
}

/// What proves that we are the application.
#[derive(Clone, Debug)]
pub enum ProofSetting {
    /// A client secret.
    Secret(Secret),
    /// A certificate with its private key.
    Certificate(CertificateSetting),
    /// A token of another identity provider.
    Federated(FederatedSetting),
}

/// Who hands out access tokens.
#[derive(Clone, Debug)]
pub enum TokenSetting {
    /// The Azure host that we run on.
    ManagedIdentity(ManagedIdentitySetting),
    /// The Azure CLI, with the application that is signed in to it.
    AzureCli {
        /// The tenant to name to it; without one it takes its own default.
        tenant: Option<TenantId>,
    },
    /// The setting itself: one access token.
    AccessToken(Secret),
    /// The process that holds the credential, if it hands tokens out at all.
    Broker(BrokerAddress),
}

impl SignIn {
    /// Whether a process of ours that is to sign in in the same way would have to be given something secret: a secret
    /// itself, or the right to ask the host for a token.
    #[must_use]
    pub fn needs_a_secret(&self) -> bool {
        match self {
            Self::Application { proof, .. } => match proof {
                ProofSetting::Secret(_) => true,
                ProofSetting::Certificate(setting) => {
                    setting.password.is_some() || matches!(setting.source, CertificateSource::Inline(_))
                }
                ProofSetting::Federated(setting) => !matches!(setting.source, FederatedSource::File(_)),
            },
            Self::Token(setting) => match setting {
                TokenSetting::ManagedIdentity(identity) => identity.endpoint.is_some(),
                TokenSetting::AccessToken(_) => true,
                TokenSetting::AzureCli { .. } | TokenSetting::Broker(_) => false,
            },
        }
    }
}

/// The identity of an Azure host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManagedIdentitySetting {
    /// The client id of a user-assigned identity; without one it is the host's own.
    pub client: Option<ClientId>,
    /// Where the host hands out tokens, as `IDENTITY_ENDPOINT` says on App Service and its kin; without one it is the
    /// metadata service of a virtual machine.
    pub endpoint: Option<String>,
}

/// A certificate, not read yet.
#[derive(Clone, Debug)]
pub struct CertificateSetting {
    /// Where it is.
    pub source: CertificateSource,
    /// The password of an encrypted key or PFX.
    pub password: Option<Secret>,
    /// Whether the chain goes into the assertion (`x5c`).
    pub send_chain: bool,
    /// The algorithm that signs the assertion.
    pub algorithm: AssertionAlg,
}

/// Where a certificate is.
#[derive(Clone, Debug)]
pub enum CertificateSource {
    /// In a file, PEM or PFX.
    File(PathBuf),
    /// In the setting itself: PEM text, or base64 of PEM or PFX.
    Inline(Secret),
}

/// The algorithm that signs a certificate's assertion.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AssertionAlg {
    /// RSASSA-PSS with SHA-256, as Microsoft recommends; names the certificate by `x5t#S256`.
    #[default]
    Ps256,
    /// RSASSA-PKCS1-v1_5 with SHA-256, for tenants that refuse PS256; names the certificate by `x5t`.
    Rs256,
}

impl AssertionAlg {
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        match text {
            "PS256" => Ok(Self::Ps256),
            "RS256" => Ok(Self::Rs256),
            _ => Err("is not an algorithm that Entra takes here"),
        }
    }

    /// Its name in a JWT's header.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ps256 => "PS256",
            Self::Rs256 => "RS256",
        }
    }
}
