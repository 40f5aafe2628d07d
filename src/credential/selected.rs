//! From the settings to the source that they select.

use super::access_token::AccessTokenSource;
use super::azure_cli::AzureCliSource;
use super::brokered::BrokeredSource;
use super::callback::CallbackSupply;
use super::certificate_source::CertificateSource;
use super::federated_source::{FederatedSource, Gate, TokenSupply};
use super::github::GitHubSupply;
use super::managed_identity::ManagedIdentitySource;
use super::pipelines::PipelinesSupply;
use super::secret_source::SecretSource;
use super::source::{ProofSource, TokenSource};
use super::token_file::FileSupply;
use crate::http::HttpClient;
use crate::settings::Settings;
use crate::settings::credential::{ProofSetting, SignIn, TokenSetting};
use crate::settings::federation::{FederatedSetting, FederatedSource as Supplier};
use crate::settings::identity::{ClientId, TenantId};

/// The source that was selected, with what it works on.
pub(super) enum Selected<'a> {
    /// It proves who we are at the tenant's token endpoint.
    Proof { tenant: &'a TenantId, client: ClientId, source: Box<dyn ProofSource> },
    /// It brings tokens.
    Token(Box<dyn TokenSource>),
}

/// The source that `settings` select. Those that ask somebody over the network do so over `http`.
pub(super) fn source<'a>(settings: &'a Settings, http: &HttpClient) -> Selected<'a> {
    let name = settings.credential_name;
    match &settings.sign_in {
        SignIn::Application { tenant, client, proof } => {
            let source: Box<dyn ProofSource> = match proof {
                ProofSetting::Secret(secret) => Box::new(SecretSource::new(secret.clone(), name)),
                ProofSetting::Certificate(setting) => {
                    Box::new(CertificateSource::new(setting.clone(), *client, name))
                }
                ProofSetting::Federated(setting) => federated(settings, setting, http),
            };
            Selected::Proof { tenant, client: *client, source }
        }
        SignIn::Token(setting) => Selected::Token(match setting {
            TokenSetting::ManagedIdentity(setting) => {
                Box::new(ManagedIdentitySource::new(setting.clone(), &settings.network, name))
            }
            TokenSetting::AzureCli { tenant } => Box::new(AzureCliSource::new(tenant.clone(), name)),
            TokenSetting::AccessToken(token) => {
                Box::new(AccessTokenSource::new(token.clone(), settings.graph.clone(), name))
            }
            TokenSetting::Broker(address) => Box::new(BrokeredSource::new(address.clone())),
        }),
    }
}

fn federated(settings: &Settings, setting: &FederatedSetting, http: &HttpClient) -> Box<dyn ProofSource> {
    let (name, audience) = (settings.credential_name, &setting.audience);
    match &setting.source {
        Supplier::GitHub(github) => {
            gated(settings, setting, GitHubSupply::new(http.clone(), github.clone(), audience.clone(), name))
        }
        Supplier::Pipelines(pipelines) => gated(
            settings,
            setting,
            PipelinesSupply::new(http.clone(), pipelines.clone(), audience.clone(), name),
        ),
        Supplier::File(path) => gated(settings, setting, FileSupply::new(path.clone(), name)),
        Supplier::Callback(callback) => gated(settings, setting, CallbackSupply::new(callback.clone(), name)),
    }
}

/// Whoever brings a federated token, it goes through the gate.
fn gated(
    settings: &Settings,
    setting: &FederatedSetting,
    supply: impl TokenSupply + 'static,
) -> Box<dyn ProofSource> {
    let gate = Gate::new(settings.authority.clone(), settings.cloud, setting.audience.clone());
    Box::new(FederatedSource::new(supply, gate))
}
