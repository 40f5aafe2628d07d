//! From the settings to the source that they select.

use super::Source;
use super::access_token::AccessTokenSource;
use super::azure_cli::AzureCliSource;
use super::callback::CallbackSupply;
use super::certificate_source::CertificateSource;
use super::federated_source::{FederatedSource, Gate, TokenSupply};
use super::github::GitHubSupply;
use super::managed_identity::ManagedIdentitySource;
use super::pipelines::PipelinesSupply;
use super::secret_source::SecretSource;
use super::token_file::FileSupply;
use crate::http::HttpClient;
use crate::settings::Settings;
use crate::settings::credential::{ProofSetting, SignIn, TokenSetting};
use crate::settings::federation::{FederatedSetting, FederatedSource as Supplier};

/// The source that `settings` select. Those that ask somebody over the network do so over `http`.
pub(super) fn source(settings: &Settings, http: &HttpClient) -> Source {
    let name = settings.credential_name;
    match &settings.sign_in {
        SignIn::Application { client, proof, .. } => match proof {
            ProofSetting::Secret(secret) => Source::Proof(Box::new(SecretSource::new(secret.clone(), name))),
            ProofSetting::Certificate(setting) => {
                Source::Proof(Box::new(CertificateSource::new(setting.clone(), *client, name)))
            }
            ProofSetting::Federated(setting) => federated(settings, setting, http),
        },
        SignIn::Token(setting) => Source::Token(match setting {
            TokenSetting::ManagedIdentity(setting) => {
                Box::new(ManagedIdentitySource::new(setting.clone(), &settings.network, name))
            }
            TokenSetting::AzureCli { tenant } => Box::new(AzureCliSource::new(tenant.clone(), name)),
            TokenSetting::AccessToken(token) => {
                Box::new(AccessTokenSource::new(token.clone(), settings.graph.clone(), name))
            }
        }),
    }
}

fn federated(settings: &Settings, setting: &FederatedSetting, http: &HttpClient) -> Source {
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
fn gated(settings: &Settings, setting: &FederatedSetting, supply: impl TokenSupply + 'static) -> Source {
    let gate = Gate::new(settings.authority.clone(), settings.cloud, setting.audience.clone());
    Source::Proof(Box::new(FederatedSource::new(supply, gate)))
}
