//! Environment and options in, one checked [`Settings`] out.

pub mod cloud;
pub mod credential;
pub mod environment;
pub mod federation;
pub mod identity;
pub mod lookup;
pub mod network;
pub mod options;
pub mod origin;
pub mod problem;

use std::borrow::Cow;
use std::time::Duration;

use crate::error::{AuthError, ErrorKind};
use crate::mode::AuthMode;
use cloud::Cloud;
use credential::Chosen;
use environment::Environment;
use identity::{ClientId, TenantId, UserRef};
use lookup::{Key, Layer, Lookup};
use network::Network;
use options::Options;
use origin::Origin;
use problem::Problem;

/// Everything that app-only sign-in and Graph need to know, checked.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The tenant that we sign in to.
    pub tenant: TenantId,
    /// The application that signs in.
    pub client: ClientId,
    /// What proves that we are that application, and where it was found.
    pub credential: Chosen,
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
const CLOUD: Key = Key {
    option: "cloud",
    flag: "--cloud",
    workiq: "WORKIQ_CLOUD",
    azure: "",
    pick: |o| o.cloud.as_deref().map(Cow::from),
};
const AUTHORITY: Key = Key {
    option: "authorityHost",
    flag: "--authority-host",
    workiq: "WORKIQ_AUTHORITY_HOST",
    azure: "AZURE_AUTHORITY_HOST",
    pick: |o| o.authority_host.as_deref().map(Cow::from),
};
const GRAPH: Key = Key {
    option: "graphEndpoint",
    flag: "--graph-endpoint",
    workiq: "WORKIQ_GRAPH_ENDPOINT",
    azure: "",
    pick: |o| o.graph_endpoint.as_deref().map(Cow::from),
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
            AuthMode::Delegated => return Err(delegated_is_not_ours()),
        }
        let mut lookup = Lookup::new(options, environment);
        let tenant = lookup.required(&TENANT, TenantId::EXPECTED, TenantId::parse);
        let client = lookup.required(&CLIENT, ClientId::EXPECTED, ClientId::parse);
        let credential = credential::choose(&mut lookup, client);
        let endpoints = Endpoints::resolve(&mut lookup);
        let user = lookup.optional(&USER, UserRef::EXPECTED, UserRef::parse);
        let network = Network::from_environment(environment, &mut lookup.problems);
        let timeout = options.timeout_ms.map_or(DEFAULT_TIMEOUT, Duration::from_millis);
        if timeout.is_zero() {
            lookup.problems.push(Problem::wrong(
                "timeoutMs",
                "0",
                "leaves no time at all",
                "milliseconds, 30000 by default",
            ));
        }
        match (tenant, client, credential, endpoints) {
            (Some(tenant), Some(client), Some(credential), Some(endpoints)) if lookup.problems.is_empty() => {
                Ok(Self {
                    tenant,
                    client,
                    credential,
                    cloud: endpoints.cloud,
                    authority: endpoints.authority,
                    graph: endpoints.graph,
                    user,
                    timeout,
                    network,
                    warnings: endpoints.warnings,
                })
            }
            _ => Err(problem::into_error(&lookup.problems)),
        }
    }
}

/// Cloud, authority and Graph, which change together.
struct Endpoints {
    cloud: Cloud,
    authority: Origin,
    graph: Origin,
    warnings: Vec<String>,
}

impl Endpoints {
    fn resolve(lookup: &mut Lookup<'_>) -> Option<Self> {
        const HTTPS: &str = "an https origin, such as https://login.example.com";
        let before = lookup.problems.len();
        let named =
            lookup.optional(&CLOUD, Cloud::CHOICES, |text| Cloud::from_name(text).ok_or("is not a cloud"));
        let from_azure = lookup.find(&AUTHORITY).is_some_and(|found| found.layer == Layer::Azure);
        let host = lookup.optional(&AUTHORITY, HTTPS, |text| {
            // The SDKs that read AZURE_AUTHORITY_HOST take a bare host as well.
            let bare = from_azure && !text.contains("://");
            Origin::parse(&if bare { format!("https://{text}") } else { text.to_owned() })
        });
        let known = host.as_ref().and_then(|origin| Cloud::from_authority(origin.host()));
        if let (Some(origin), None, true) = (&host, known, from_azure) {
            lookup.problems.push(Problem::wrong(
                AUTHORITY.azure,
                &origin.to_string(),
                "is not the authority of a known cloud",
                "a known cloud's authority; any other is named in WORKIQ_AUTHORITY_HOST",
            ));
        }
        let cloud = named.or(known).unwrap_or_default();
        if let (Some(origin), Some(named), Some(known)) = (&host, named, known)
            && named.authority() != known.authority()
        {
            lookup.problems.push(Problem::wrong(
                "WORKIQ_AUTHORITY_HOST",
                &origin.to_string(),
                &format!(
                    "is the authority of the cloud {}, and WORKIQ_CLOUD is {}",
                    known.name(),
                    named.name()
                ),
                "one cloud in both",
            ));
        }
        let endpoint = lookup.optional(&GRAPH, HTTPS, Origin::parse);
        if lookup.problems.len() > before {
            return None;
        }
        let mut warnings = Vec::new();
        let authority = host.filter(|_| known.is_none()).unwrap_or_else(|| cloud.authority());
        if known.is_none() && authority != cloud.authority() {
            warnings
                .push(format!("tokens are asked for at {authority}, which is none of Microsoft's clouds"));
        }
        let graph = endpoint.unwrap_or_else(|| cloud.graph());
        if graph != cloud.graph() {
            warnings.push(format!("Microsoft Graph is taken to be at {graph}"));
        }
        Some(Self { cloud, authority, graph, warnings })
    }
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

fn delegated_is_not_ours() -> AuthError {
    AuthError::new(
        ErrorKind::Mode,
        "mode_delegated",
        "The auth mode is delegated: Work IQ signs its user in by itself, and workiq-auth has no credential to use.",
    )
    .with_hint("Set WORKIQ_AUTH_MODE=app-only to sign in as a service principal.")
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
    fn other_modes_say_so() {
        assert_eq!(resolve(&[("WORKIQ_AUTH_MODE", "")]).unwrap_err().code(), "mode_delegated");
        let error = resolve(&[("WORKIQ_AUTH_MODE", "agent-user")]).unwrap_err();
        assert!(error.message().contains("not available in this version"));
    }
}
