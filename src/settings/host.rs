//! What the host offers to sign in with: GitHub Actions, Azure Pipelines, an Azure host's own identity.

use std::fmt;

use uuid::Uuid;

use super::environment::Environment;
use super::federation::{GitHubSetting, OidcEndpoint, PipelinesSetting};
use super::problem::Problem;
use crate::secret::Secret;

const GITHUB_URL: &str = "ACTIONS_ID_TOKEN_REQUEST_URL";
const GITHUB_TOKEN: &str = "ACTIONS_ID_TOKEN_REQUEST_TOKEN";
const PIPELINES_URL: &str = "SYSTEM_OIDCREQUESTURI";
const PIPELINES_TOKEN: &str = "SYSTEM_ACCESSTOKEN";
const PIPELINES_CONNECTION: &str = "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID";
const IDENTITY: &str = "IDENTITY_ENDPOINT";
const MSI: &str = "MSI_ENDPOINT";

/// Without the permission GitHub sets neither variable.
const PERMISSION: &str = "the job needs `permissions: id-token: write` (for pull requests from forks, GitHub gives \
                          no token)";
const MAPPING: &str = "`SYSTEM_ACCESSTOKEN: $(System.AccessToken)` under `env:` of the step, which Azure Pipelines \
                       does not set by itself";

/// A setting and the variable that stands for it in messages.
pub(super) type Named<T> = (T, &'static str);

/// What an environment shows that its host offers, the first to be taken first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Offer {
    GitHub,
    Pipelines,
    ManagedIdentity,
}

impl Offer {
    /// The offer that is taken where nothing else is set.
    pub(super) fn first(environment: &Environment) -> Option<Self> {
        let set = |name| environment.get(name).is_some();
        if set(GITHUB_URL) {
            Some(Self::GitHub)
        } else if set(PIPELINES_CONNECTION) && (set(PIPELINES_URL) || on_pipelines(environment)) {
            Some(Self::Pipelines)
        } else if set(IDENTITY) || set(MSI) {
            Some(Self::ManagedIdentity)
        } else {
            None
        }
    }
}

/// How this host could sign in without a secret, where it shows what it is but offers nothing yet.
pub(super) fn advice(environment: &Environment) -> Option<String> {
    if on_github(environment) {
        Some(format!("to sign in without a secret on GitHub, {PERMISSION}"))
    } else if on_pipelines(environment) {
        Some(format!(
            "to sign in without a secret on Azure Pipelines, {PIPELINES_CONNECTION} with the id of a service \
             connection, and {MAPPING}"
        ))
    } else {
        None
    }
}

fn on_github(environment: &Environment) -> bool {
    environment.get("GITHUB_ACTIONS").is_some_and(|value| value.eq_ignore_ascii_case("true"))
}

fn on_pipelines(environment: &Environment) -> bool {
    environment.get("TF_BUILD").is_some_and(|value| value.eq_ignore_ascii_case("true"))
}

/// The endpoint of a GitHub Actions job.
pub(super) fn github(environment: &Environment) -> Result<Named<GitHubSetting>, Problem> {
    let Some(url) = environment.get(GITHUB_URL) else {
        let job = if on_github(environment) { "" } else { "a job of GitHub Actions; " };
        return Err(Problem::missing(GITHUB_URL, format!("what GitHub sets by itself: {job}{PERMISSION}")));
    };
    let endpoint = endpoint(GITHUB_URL, url)?;
    let token = bearer(environment, GITHUB_TOKEN, PERMISSION)?;
    Ok((GitHubSetting { endpoint, token }, GITHUB_URL))
}

/// The endpoint and the service connection of a job of Azure Pipelines.
pub(super) fn pipelines(environment: &Environment) -> Result<Named<PipelinesSetting>, Problem> {
    const CONNECTION: &str = "the id (a GUID) of an Azure Resource Manager service connection with workload identity \
                              federation; the task AzureCLI@2 sets it";
    let Some(url) = environment.get(PIPELINES_URL) else {
        return Err(Problem::missing(PIPELINES_URL, "a job of Azure Pipelines, which sets it by itself"));
    };
    let endpoint = endpoint(PIPELINES_URL, url)?;
    let Some(text) = environment.get(PIPELINES_CONNECTION) else {
        return Err(Problem::missing(PIPELINES_CONNECTION, CONNECTION));
    };
    let connection = Uuid::try_parse(text)
        .ok()
        .filter(|_| text.len() == 36)
        .ok_or_else(|| Problem::wrong(PIPELINES_CONNECTION, text, "is not a GUID", CONNECTION))?;
    let token = bearer(environment, PIPELINES_TOKEN, MAPPING)?;
    Ok((PipelinesSetting { endpoint, token, connection }, PIPELINES_URL))
}

fn endpoint(name: &'static str, url: &str) -> Result<OidcEndpoint, Problem> {
    OidcEndpoint::parse(url).map_err(|wrong| Problem::wrong(name, url, wrong, OidcEndpoint::EXPECTED))
}

/// A token of the CI system's own. One that was never replaced, `$(System.AccessToken)`, is as good as none.
fn bearer(environment: &Environment, name: &'static str, how: impl fmt::Display) -> Result<Secret, Problem> {
    match environment.get(name) {
        None => Err(Problem::missing(name, how.to_string())),
        Some(token) if token.starts_with("$(") || !token.bytes().all(|b| b.is_ascii_graphic()) => {
            Err(Problem::hidden(name, "is not a token", how.to_string()))
        }
        Some(token) => Ok(Secret::new(token)),
    }
}

/// Where the Azure host that we run on hands out tokens; none where it is a virtual machine, whose metadata service
/// has no variable. Of the kinds of host that have one, those that `azure_identity` knows.
pub(super) fn managed_identity(environment: &Environment) -> Result<Option<Named<String>>, Problem> {
    const ANOTHER: &str = "another credential, such as a certificate";
    let set = |name| environment.get(name).is_some();
    let unknown = |name: &'static str, host: &str, instead: &str| {
        Err(Problem::hidden(
            name,
            format!("is that of {host}, whose managed identity is not supported in this version"),
            instead,
        ))
    };
    match (environment.get(IDENTITY), set("IDENTITY_HEADER")) {
        (Some(_), true) if set("IDENTITY_SERVER_THUMBPRINT") => {
            unknown(IDENTITY, "Azure Service Fabric", ANOTHER)
        }
        (Some(endpoint), true) => Ok(Some((endpoint.to_owned(), IDENTITY))),
        (Some(_), false) if set("IMDS_ENDPOINT") => unknown(IDENTITY, "Azure Arc", ANOTHER),
        (Some(_), false) => {
            Err(Problem::missing("IDENTITY_HEADER", format!("what the host sets with {IDENTITY}")))
        }
        (None, _) if set(MSI) && set("MSI_SECRET") => unknown(MSI, "Azure Machine Learning", ANOTHER),
        (None, _) if set(MSI) => unknown(
            MSI,
            "Azure Cloud Shell",
            "an application signed in to az, and WORKIQ_CREDENTIAL=azure-cli",
        ),
        (None, _) => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(variables: &[(&str, &str)]) -> Environment {
        variables.iter().copied().collect()
    }

    const ID: &str = "11111111-2222-4333-8444-555555555555";
    const RUNNER: [(&str, &str); 2] =
        [("ACTIONS_ID_TOKEN_REQUEST_URL", "https://x/y?z=1"), ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "hush")];
    const AGENT: [(&str, &str); 3] = [
        ("SYSTEM_OIDCREQUESTURI", "https://vstoken/x"),
        ("SYSTEM_ACCESSTOKEN", "hush"),
        ("AZURESUBSCRIPTION_SERVICE_CONNECTION_ID", ID),
    ];

    #[test]
    fn github_comes_before_pipelines_and_pipelines_before_the_azure_host() {
        let host = ("IDENTITY_ENDPOINT", "http://127.0.0.1/x");
        let all: Vec<_> = RUNNER.into_iter().chain(AGENT).chain([host]).collect();
        assert_eq!(Offer::first(&environment(&all)), Some(Offer::GitHub));
        assert_eq!(Offer::first(&environment(&all[2..])), Some(Offer::Pipelines));
        assert_eq!(Offer::first(&environment(&all[5..])), Some(Offer::ManagedIdentity));
        assert_eq!(Offer::first(&environment(&[("MSI_ENDPOINT", "x")])), Some(Offer::ManagedIdentity));
        // The URI is there in every job; without a service connection nobody asked for it.
        assert_eq!(Offer::first(&environment(&AGENT[..2])), None);
        assert_eq!(Offer::first(&environment(&[("GITHUB_ACTIONS", "true")])), None);
    }

    #[test]
    fn what_a_runner_lacks_is_told_in_the_words_of_its_workflow() {
        let text = github(&environment(&[("GITHUB_ACTIONS", "true")])).unwrap_err().to_string();
        assert!(text.contains("the job needs `permissions: id-token: write`"), "{text}");
        assert!(text.contains("pull requests from forks"), "{text}");
        let text = github(&environment(&[("ACTIONS_ID_TOKEN_REQUEST_URL", "http://x")])).unwrap_err();
        assert!(
            text.to_string().starts_with("ACTIONS_ID_TOKEN_REQUEST_URL: \"http://x\" is not https"),
            "{text}"
        );
        let text = github(&environment(&RUNNER[..1])).unwrap_err().to_string();
        assert!(text.starts_with("ACTIONS_ID_TOKEN_REQUEST_TOKEN: is missing"), "{text}");
        assert_eq!(github(&environment(&RUNNER)).unwrap().0.token.expose(), "hush");
    }

    #[test]
    fn what_an_agent_lacks_is_told_in_the_words_of_its_pipeline() {
        let with = |changes: &[(&str, &str)]| {
            let all: Vec<_> = AGENT.iter().chain(changes).copied().collect();
            pipelines(&environment(&all)).map_err(|problem| problem.to_string())
        };
        assert_eq!(with(&[]).unwrap().0.connection.to_string(), ID);
        for unmapped in ["", "$(System.AccessToken)"] {
            let text = with(&[("SYSTEM_ACCESSTOKEN", unmapped)]).unwrap_err();
            assert!(text.contains("`SYSTEM_ACCESSTOKEN: $(System.AccessToken)` under `env:`"), "{text}");
        }
        for (name, value) in [
            ("AZURESUBSCRIPTION_SERVICE_CONNECTION_ID", "my-connection"),
            ("AZURESUBSCRIPTION_SERVICE_CONNECTION_ID", ""),
            ("SYSTEM_OIDCREQUESTURI", "http://vstoken"),
            ("SYSTEM_OIDCREQUESTURI", ""),
        ] {
            assert!(with(&[(name, value)]).unwrap_err().starts_with(name));
        }
    }

    #[test]
    fn an_azure_host_is_told_by_its_variables() {
        let of = |variables: &[(&str, &str)]| managed_identity(&environment(variables));
        assert_eq!(of(&[]).unwrap(), None);
        let service = [("IDENTITY_ENDPOINT", "http://127.0.0.1/x"), ("IDENTITY_HEADER", "hush")];
        assert_eq!(of(&service).unwrap().unwrap().0, "http://127.0.0.1/x");
        for (variables, host) in [
            (&[("IDENTITY_ENDPOINT", "x"), ("IMDS_ENDPOINT", "y")][..], "Azure Arc"),
            (
                &[("IDENTITY_ENDPOINT", "x"), ("IDENTITY_HEADER", "y"), ("IDENTITY_SERVER_THUMBPRINT", "z")],
                "Service Fabric",
            ),
            (&[("MSI_ENDPOINT", "x"), ("MSI_SECRET", "y")], "Machine Learning"),
            (&[("MSI_ENDPOINT", "x")], "WORKIQ_CREDENTIAL=azure-cli"),
            (&[("IDENTITY_ENDPOINT", "x")], "IDENTITY_HEADER"),
        ] {
            let text = of(variables).unwrap_err().to_string();
            assert!(text.contains(host), "{text}");
        }
    }
}
