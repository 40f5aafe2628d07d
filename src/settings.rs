//! Environment and options in, one checked [`Settings`] out.

mod audience;
pub mod audit;
pub mod boundary;
pub mod broker;
mod certificate;
pub mod cloud;
pub mod credential;
mod endpoints;
pub mod environment;
pub mod federation;
mod host;
pub mod identity;
mod kind;
pub mod lookup;
pub mod network;
pub mod options;
pub mod origin;
pub mod problem;
pub mod provenance;
mod selection;
pub mod serving;
mod slot;
pub mod writes;

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use crate::error::{AuthError, ErrorKind};
use crate::mode::AuthMode;
use boundary::BoundaryRules;
use cloud::Cloud;
use credential::{ManagedIdentitySetting, SignIn, TokenSetting};
use endpoints::Endpoints;
use environment::Environment;
use identity::{ClientId, TenantId, UserRef};
use lookup::{Key, Lookup};
use network::Network;
use options::Options;
use origin::Origin;
use problem::Problem;
use selection::{Choice, Selection};
use serving::Serving;

/// Everything that app-only sign-in and Graph need to know, checked.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Who signs in, and with what.
    pub sign_in: SignIn,
    /// The option or variable that the credential was taken from.
    pub credential_name: &'static str,
    /// The cloud; authority and Graph are its own unless they were set.
    pub cloud: Cloud,
    /// Where tokens come from.
    pub authority: Origin,
    /// Where Microsoft Graph is.
    pub graph: Origin,
    /// Who stands in for `/me`.
    pub user: Option<UserRef>,
    /// How long one sign-in may take in all.
    pub timeout: Duration,
    /// What the tools may do, and how much they give at once.
    pub serving: Serving,
    /// What may be touched; everything where it is not set.
    pub boundary: Option<Arc<BoundaryRules>>,
    /// Proxy and trust anchors.
    pub network: Network,
    /// What a person should hear although it is no error.
    pub warnings: Vec<String>,
}

const MODE: Key = Key {
    option: "mode",
    flag: "--auth-mode",
    workiq: AuthMode::VARIABLE,
    azure: "",
    pick: |o| o.mode.as_deref().map(Cow::from),
};
const TENANT: Key = Key {
    option: "tenantId",
    flag: "--tenant-id",
    workiq: "WORKIQ_TENANT_ID",
    azure: "AZURE_TENANT_ID",
    pick: |o| o.tenant_id.as_deref().map(Cow::from),
};
const CLIENT: Key = Key {
    option: "clientId",
    flag: "--client-id",
    workiq: "WORKIQ_CLIENT_ID",
    azure: "AZURE_CLIENT_ID",
    pick: |o| o.client_id.as_deref().map(Cow::from),
};
const USER: Key = Key {
    option: "user",
    flag: "--user",
    workiq: "WORKIQ_USER",
    azure: "",
    pick: |o| o.user.as_deref().map(Cow::from),
};

const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);

/// The auth mode in options and environment.
///
/// # Errors
/// [`ErrorKind::Settings`] naming the variable, the value and the three choices.
pub fn resolve_mode(options: &Options, environment: &Environment) -> Result<AuthMode, AuthError> {
    let lookup = Lookup::new(options, environment);
    let mode =
        lookup.find(&MODE).map_or(Ok(AuthMode::default()), |found| AuthMode::parse(found.name, &found.value));
    Ok(mode?)
}

impl Settings {
    /// Checks everything and reports all problems at once.
    ///
    /// # Errors
    /// [`ErrorKind::Mode`] where the mode is not `app-only`; [`ErrorKind::Settings`] with a line for each setting
    /// that is missing or wrong.
    pub fn resolve(options: &Options, environment: &Environment) -> Result<Self, AuthError> {
        match resolve_mode(options, environment)? {
            AuthMode::AppOnly => {}
            AuthMode::AgentUser => return Err(agent_user_unavailable()),
            AuthMode::Delegated => return Err(delegated_is_not_ours(options, environment)),
        }
        let mut lookup = Lookup::new(options, environment);
        let (endpoints, endpoint_problems) = lookup.apart(Endpoints::resolve);
        let (sign_in, credential_problems) = lookup.apart(|lookup| {
            let client = lookup.find(&CLIENT).and_then(|found| ClientId::parse(&found.value).ok());
            selection::select(lookup, client, endpoints.as_ref())
        });
        // What a person would set first is told first.
        let sign_in = complete(&mut lookup, sign_in);
        lookup.problems.extend(credential_problems.into_iter().chain(endpoint_problems));
        let user = lookup.optional(&USER, UserRef::EXPECTED, UserRef::parse);
        let serving = Serving::resolve(&mut lookup);
        let boundary = BoundaryRules::resolve(&mut lookup);
        let network = Network {
            fallback_ca: options.fallback_ca.clone(),
            ..Network::from_environment(environment, &mut lookup.problems)
        };
        let timeout = options.timeout_ms.map_or(DEFAULT_TIMEOUT, Duration::from_millis);
        if timeout.is_zero() {
            lookup.problems.push(Problem::wrong(
                "timeoutMs",
                "0",
                "leaves no time at all",
                "milliseconds, 30000 by default",
            ));
        }
        match (sign_in, endpoints) {
            (Some((sign_in, credential_name)), Some(endpoints)) if lookup.problems.is_empty() => Ok(Self {
                sign_in,
                credential_name,
                cloud: endpoints.cloud,
                authority: endpoints.authority,
                graph: endpoints.graph,
                user,
                timeout,
                serving,
                boundary,
                network,
                warnings: endpoints.warnings,
            }),
            _ => Err(problem::into_error(&lookup.problems)),
        }
    }

    /// The tenant, where it is known before signing in.
    #[must_use]
    pub fn tenant(&self) -> Option<&TenantId> {
        match &self.sign_in {
            SignIn::Application { tenant, .. } => Some(tenant),
            SignIn::Token(TokenSetting::AzureCli { tenant }) => tenant.as_ref(),
            SignIn::Token(_) => None,
        }
    }

    /// The client id, where it is known before signing in.
    #[must_use]
    pub fn client(&self) -> Option<ClientId> {
        match &self.sign_in {
            SignIn::Application { client, .. } => Some(*client),
            SignIn::Token(TokenSetting::ManagedIdentity(setting)) => setting.client,
            SignIn::Token(_) => None,
        }
    }
}

/// What is asked of settings without signing in.
#[derive(Clone, Debug, Default)]
pub struct Bounds {
    /// What may be touched; everything where it is not set.
    pub boundary: Option<Arc<BoundaryRules>>,
    /// Who stands in for `/me`.
    pub user: Option<UserRef>,
}

/// The boundary, and who stands in for `/me`, whatever the auth mode and the credential.
///
/// # Errors
/// [`ErrorKind::Settings`] with a line for each that is wrong.
pub fn resolve_bounds(options: &Options, environment: &Environment) -> Result<Bounds, AuthError> {
    let mut lookup = Lookup::new(options, environment);
    let bounds = Bounds {
        boundary: BoundaryRules::resolve(&mut lookup),
        user: lookup.optional(&USER, UserRef::EXPECTED, UserRef::parse),
    };
    if lookup.problems.is_empty() { Ok(bounds) } else { Err(problem::into_error(&lookup.problems)) }
}

/// Adds tenant and client to what was selected. Both are needed where an application signs in, which is taken to be
/// meant where nothing was selected; wrong ones are problems always.
fn complete(lookup: &mut Lookup<'_>, selection: Selection) -> Option<(SignIn, &'static str)> {
    let (tenant, client) = if selection.is_application {
        (
            lookup.required(&TENANT, TenantId::EXPECTED, TenantId::parse),
            lookup.required(&CLIENT, ClientId::EXPECTED, ClientId::parse),
        )
    } else {
        (
            lookup.optional(&TENANT, TenantId::EXPECTED, TenantId::parse),
            lookup.optional(&CLIENT, ClientId::EXPECTED, ClientId::parse),
        )
    };
    let (choice, name) = selection.chosen?;
    let sign_in = match choice {
        Choice::Proof(proof) => SignIn::Application { tenant: tenant?, client: client?, proof },
        Choice::ManagedIdentity(endpoint) => {
            SignIn::Token(TokenSetting::ManagedIdentity(ManagedIdentitySetting { client, endpoint }))
        }
        Choice::AzureCli => SignIn::Token(TokenSetting::AzureCli { tenant }),
        Choice::AccessToken(token) => SignIn::Token(TokenSetting::AccessToken(token)),
        Choice::Broker(address) => SignIn::Token(TokenSetting::Broker(address)),
    };
    Some((sign_in, name))
}

/// `agent-user` is parsed and not served yet.
#[must_use]
pub fn agent_user_unavailable() -> AuthError {
    AuthError::new(
        ErrorKind::Mode,
        "mode_unavailable",
        "The auth mode agent-user is not available in this version.",
    )
    .with_hint("Set WORKIQ_AUTH_MODE=app-only to sign in as a service principal.")
}

fn delegated_is_not_ours(options: &Options, environment: &Environment) -> AuthError {
    AuthError::new(
        ErrorKind::Mode,
        "mode_delegated",
        "The auth mode is delegated: Work IQ signs its user in by itself, and workiq-auth has no credential to use.",
    )
    .with_hint(how_to_leave_delegated(options, environment))
}

/// What to set to sign in as an application: the mode, and at once all else that is missing or wrong for it.
#[must_use]
pub fn how_to_leave_delegated(options: &Options, environment: &Environment) -> String {
    let as_application = Options { mode: Some(AuthMode::AppOnly.to_string()), ..options.clone() };
    let set = "Set WORKIQ_AUTH_MODE=app-only to sign in as a service principal";
    match Settings::resolve(&as_application, environment) {
        Ok(_) => format!("{set}."),
        Err(error) => {
            let problems = error.message().split_once('\n').map_or(error.message(), |(_, lines)| lines);
            format!(
                "{set}. What else is missing or wrong for that:\n{problems}\nStep by step: {}",
                problem::GETTING_STARTED
            )
        }
    }
}

/// Settings for the tests of other rooms.
#[cfg(test)]
pub(crate) mod test_support {
    use super::Settings;
    use super::environment::Environment;
    use super::options::Options;

    /// Those of the application `11111111-2222-4333-8444-555555555555` of a tenant, with one variable for its credential.
    pub(crate) fn app_only(tenant: &str, credential: (&str, &str)) -> Settings {
        let environment: Environment = [
            ("WORKIQ_AUTH_MODE", "app-only"),
            ("WORKIQ_TENANT_ID", tenant),
            ("WORKIQ_CLIENT_ID", "11111111-2222-4333-8444-555555555555"),
            credential,
        ]
        .into_iter()
        .collect();
        Settings::resolve(&Options::default(), &environment).unwrap()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: [(&str, &str); 4] = [
        ("WORKIQ_AUTH_MODE", "app-only"),
        ("WORKIQ_TENANT_ID", "contoso.onmicrosoft.com"),
        ("WORKIQ_CLIENT_ID", "11111111-2222-4333-8444-555555555555"),
        ("WORKIQ_CLIENT_SECRET", "abc8Q~def.ghi"),
    ];

    fn resolve(changes: &[(&str, &str)]) -> Result<Settings, AuthError> {
        let environment: Environment = BASE.iter().chain(changes).copied().collect();
        Settings::resolve(&Options::default(), &environment)
    }

    #[test]
    fn the_public_cloud_is_the_default() {
        let settings = resolve(&[]).unwrap();
        assert_eq!(settings.authority.to_string(), "https://login.microsoftonline.com");
        assert_eq!(settings.graph.to_string(), "https://graph.microsoft.com");
        assert!(settings.warnings.is_empty());
    }

    #[test]
    fn a_cloud_brings_authority_and_graph() {
        let settings = resolve(&[("WORKIQ_CLOUD", "china")]).unwrap();
        assert_eq!(settings.authority.host(), "login.partner.microsoftonline.cn");
        assert_eq!(settings.graph.host(), "microsoftgraph.chinacloudapi.cn");
        let settings = resolve(&[("AZURE_AUTHORITY_HOST", "login.microsoftonline.us")]).unwrap();
        assert_eq!(settings.graph.host(), "graph.microsoft.us");
    }

    #[test]
    fn other_hosts_are_warned_about_and_only_https() {
        let own = [
            ("WORKIQ_AUTHORITY_HOST", "https://localhost:8443"),
            ("WORKIQ_GRAPH_ENDPOINT", "https://localhost:8444"),
        ];
        assert_eq!(resolve(&own).unwrap().warnings.len(), 2);
        for bad in [
            ("WORKIQ_AUTHORITY_HOST", "http://localhost:8443"),
            ("WORKIQ_GRAPH_ENDPOINT", "http://127.0.0.1"),
        ] {
            assert!(resolve(&[bad]).unwrap_err().message().contains("is not https"));
        }
        assert!(
            resolve(&[("AZURE_AUTHORITY_HOST", "https://evil.example")])
                .unwrap_err()
                .message()
                .contains("known cloud")
        );
        let crossed =
            [("WORKIQ_AUTHORITY_HOST", "https://login.microsoftonline.us"), ("WORKIQ_CLOUD", "china")];
        assert!(resolve(&crossed).unwrap_err().message().contains("one cloud in both"));
    }

    #[test]
    fn everything_wrong_is_told_at_once() {
        let error = resolve(&[
            ("WORKIQ_TENANT_ID", "common"),
            ("WORKIQ_CLIENT_ID", "app"),
            ("WORKIQ_CLIENT_SECRET", ""),
        ])
        .unwrap_err();
        assert!(error.message().starts_with("3 settings are missing or wrong:"), "{error}");
        for name in ["WORKIQ_TENANT_ID", "WORKIQ_CLIENT_ID", "WORKIQ_CLIENT_CERTIFICATE_PATH"] {
            assert!(error.message().contains(name), "{error}");
        }
    }

    #[test]
    fn only_an_application_needs_tenant_and_client() {
        let bare = |variables: &[(&str, &str)]| {
            let environment: Environment = BASE[..1].iter().chain(variables).copied().collect();
            Settings::resolve(&Options::default(), &environment)
        };
        for token in [
            ("WORKIQ_ACCESS_TOKEN", "t"),
            ("WORKIQ_CREDENTIAL", "managed-identity"),
            ("WORKIQ_CREDENTIAL", "azure-cli"),
        ] {
            let settings = bare(&[token]).unwrap();
            assert!(settings.tenant().is_none() && settings.client().is_none());
            let wrong = bare(&[token, ("WORKIQ_TENANT_ID", "common")]).unwrap_err();
            assert!(wrong.message().contains("WORKIQ_TENANT_ID"), "{wrong}");
        }
        let error = bare(&[("WORKIQ_ACCESS_TOKEN", "t\n")]).unwrap_err();
        assert!(error.message().starts_with("A setting is"), "{error}");
        // What is pinned says what is needed, also where it is not there.
        let error = bare(&[("WORKIQ_CREDENTIAL", "access-token")]).unwrap_err();
        assert!(
            error.message().starts_with("A setting is missing or wrong:\n  - WORKIQ_ACCESS_TOKEN"),
            "{error}"
        );
        let identity = bare(&[BASE[2], ("WORKIQ_CREDENTIAL", "managed-identity")]).unwrap();
        assert_eq!(identity.client().unwrap().to_string(), BASE[2].1);
        let cli = bare(&[BASE[1], ("WORKIQ_CREDENTIAL", "azure-cli")]).unwrap();
        assert_eq!(cli.tenant().unwrap().as_str(), BASE[1].1);
        let error = bare(&[("WORKIQ_CREDENTIAL", "github")]).unwrap_err();
        let names = ["WORKIQ_TENANT_ID", "WORKIQ_CLIENT_ID", "ACTIONS_ID_TOKEN_REQUEST_URL"];
        let places: Vec<_> = names.iter().map(|name| error.message().find(name).unwrap()).collect();
        assert!(places.is_sorted(), "{error}");
    }

    #[test]
    fn with_nothing_set_all_that_is_missing_is_told_at_once() {
        let none = Environment::default();
        let error = Settings::resolve(&Options::default(), &none).unwrap_err();
        assert_eq!(error.code(), "mode_delegated");
        let hint = error.hint().unwrap();
        let names =
            ["WORKIQ_AUTH_MODE=app-only", "WORKIQ_TENANT_ID", "WORKIQ_CLIENT_ID", "WORKIQ_CLIENT_SECRET"];
        let places: Vec<_> =
            names.iter().map(|name| hint.find(name).unwrap_or_else(|| panic!("{hint}"))).collect();
        assert!(places.is_sorted() && hint.ends_with("/blob/main/docs/getting-started.md"), "{hint}");
        assert!(error.report().lines().count() <= 12, "{}", error.report());
        let error = resolve(&[("WORKIQ_AUTH_MODE", "")]).unwrap_err();
        assert_eq!(error.hint(), Some("Set WORKIQ_AUTH_MODE=app-only to sign in as a service principal."));
    }

    #[test]
    fn other_modes_say_so() {
        assert_eq!(resolve(&[("WORKIQ_AUTH_MODE", "")]).unwrap_err().code(), "mode_delegated");
        let error = resolve(&[("WORKIQ_AUTH_MODE", "agent-user")]).unwrap_err();
        assert!(error.message().contains("not available in this version"));
    }
}
