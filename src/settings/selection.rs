//! Which credential: exactly one, from the highest layer that has one, then what the host offers.

use std::borrow::Cow;

use super::audience;
use super::broker::BrokerAddress;
use super::certificate::CertificateParts;
use super::credential::{CertificateSource, ProofSetting};
use super::endpoints::Endpoints;
use super::environment::Environment;
use super::federation::{FederatedSetting, FederatedSource};
use super::host::{self, Offer};
use super::identity::ClientId;
use super::kind::Kind;
use super::lookup::{Found, Key, Layer, Lookup};
use super::problem::Problem;
use super::slot::{Held, Slot};
use crate::secret::Secret;

pub(super) const PIN: Key = Key {
    option: "credential",
    flag: "--credential",
    workiq: "WORKIQ_CREDENTIAL",
    azure: "",
    pick: |o| o.credential.as_deref().map(Cow::from),
};

/// The name of the option that only code can give.
const CALLBACK: &str = "clientAssertion";

/// What was selected.
#[derive(Debug)]
pub(super) enum Choice {
    Proof(ProofSetting),
    /// With its endpoint, where the host has one.
    ManagedIdentity(Option<String>),
    AzureCli,
    AccessToken(Secret),
    Broker(BrokerAddress),
}

/// The outcome of a selection.
#[derive(Debug)]
pub(super) struct Selection {
    /// What was selected, and the option or variable that it was taken from. None where there is a problem.
    pub(super) chosen: Option<(Choice, &'static str)>,
    /// Whether tenant and client are needed.
    pub(super) is_application: bool,
}

/// Selects the credential. Two explicit ones in one layer are a problem that names both; one from `AZURE_*` is taken
/// only if the client id in use is the `AZURE_*` one, so that another application's credential is never sent under
/// ours. Without `endpoints` there is a problem already, and no federated token is selected.
pub(super) fn select(
    lookup: &mut Lookup<'_>,
    client: Option<ClientId>,
    endpoints: Option<&Endpoints>,
) -> Selection {
    if let Some(address) = BrokerAddress::resolve(lookup) {
        let chosen = address.map(|address| (Choice::Broker(address), BrokerAddress::VARIABLE));
        let chosen = chosen.map_err(|problem| lookup.problems.push(problem)).ok();
        return Selection { chosen, is_application: false };
    }
    let pin = lookup.find(&PIN);
    let pinned = lookup.optional(&PIN, Kind::EXPECTED, Kind::parse);
    if pin.is_some() && pinned.is_none() {
        return Selection { chosen: None, is_application: true };
    }
    let pin_name = pin.map_or(PIN.workiq, |pin| pin.name);
    let mut selector = Selector { lookup, client, endpoints, pinned, kind: pinned };
    let outcome = selector.select(pin_name);
    let is_application = selector.kind.is_none_or(Kind::is_application);
    let chosen = outcome.map_err(|problem| lookup.problems.extend(problem)).ok();
    Selection { chosen, is_application }
}

/// Whether code or a flag names a credential, which wins over every variable.
pub(super) fn is_named_by_options(lookup: &Lookup<'_>) -> bool {
    let named = |key: &Key| lookup.in_layer(key, Layer::Options).is_some();
    named(&PIN)
        || Slot::ALL.iter().any(|slot| named(slot.key()))
        || lookup.options().client_assertion.is_some()
}

/// What was selected, or the problem; none where it is noted already.
type Outcome<T = (Choice, &'static str)> = Result<T, Option<Problem>>;

struct Selector<'a, 'b> {
    lookup: &'a mut Lookup<'b>,
    client: Option<ClientId>,
    endpoints: Option<&'a Endpoints>,
    pinned: Option<Kind>,
    /// The kind that it comes to, as soon as that is known.
    kind: Option<Kind>,
}

impl Selector<'_, '_> {
    fn select(&mut self, pin_name: &'static str) -> Outcome {
        let certificate = CertificateParts::resolve(self.lookup);
        let foreign = azure_is_foreign(self.lookup.environment(), self.client);
        for layer in Layer::ALL.into_iter().filter(|layer| *layer != Layer::Azure || !foreign) {
            if let Some(outcome) = self.in_layer(layer, &certificate)? {
                return Ok(outcome);
            }
        }
        let offer = match self.pinned {
            None => Offer::first(self.lookup.environment()),
            Some(Kind::GitHub) => Some(Offer::GitHub),
            Some(Kind::Pipelines) => Some(Offer::Pipelines),
            Some(Kind::ManagedIdentity) => Some(Offer::ManagedIdentity),
            Some(Kind::AzureCli) => return Ok((Choice::AzureCli, pin_name)),
            Some(_) => None,
        };
        match offer {
            Some(offer) => self.of_host(offer, pin_name),
            None => Err(Some(self.nothing_found(foreign))),
        }
    }

    /// The explicit credential of one layer.
    fn in_layer(
        &mut self,
        layer: Layer,
        certificate: &CertificateParts,
    ) -> Outcome<Option<(Choice, &'static str)>> {
        let mut here: Vec<_> = Slot::ALL
            .into_iter()
            .filter_map(|slot| {
                let found = self.lookup.in_layer(slot.key(), layer)?;
                Some(Candidate::in_slot(slot, &found, self.lookup.environment()))
            })
            .collect();
        let callback = self.lookup.options().client_assertion.as_ref().filter(|_| layer == Layer::Options);
        here.extend(callback.map(|callback| Candidate {
            kind: Kind::Callback,
            name: CALLBACK,
            held: Ok(Selected::Federated(FederatedSource::Callback(callback.clone()))),
        }));
        here.retain(|one| self.pinned.is_none_or(|pin| pin == one.kind));
        if here.len() > 1 {
            return Err(Some(conflict(&here)));
        }
        let Some(Candidate { kind, name, held }) = here.pop() else { return Ok(None) };
        self.kind = Some(kind);
        let choice = match held.map_err(Some)? {
            Selected::AccessToken(token) => Choice::AccessToken(token),
            Selected::Secret(secret) => Choice::Proof(ProofSetting::Secret(secret)),
            Selected::Certificate(source) => {
                Choice::Proof(ProofSetting::Certificate(certificate.with(source, self.lookup, layer)))
            }
            Selected::Federated(source) => self.federated(source)?,
        };
        Ok(Some((choice, name)))
    }

    fn of_host(&mut self, offer: Offer, pin_name: &'static str) -> Outcome {
        let environment = self.lookup.environment();
        match offer {
            Offer::GitHub => {
                let (setting, name) = host::github(environment).map_err(Some)?;
                Ok((self.federated(FederatedSource::GitHub(setting))?, name))
            }
            Offer::Pipelines => {
                let (setting, name) = host::pipelines(environment).map_err(Some)?;
                Ok((self.federated(FederatedSource::Pipelines(setting))?, name))
            }
            Offer::ManagedIdentity => {
                self.kind = Some(Kind::ManagedIdentity);
                let (endpoint, name) = host::managed_identity(environment).map_err(Some)?.unzip();
                Ok((Choice::ManagedIdentity(endpoint), name.unwrap_or(pin_name)))
            }
        }
    }

    fn federated(&mut self, source: FederatedSource) -> Outcome<Choice> {
        let audience = audience::resolve(self.lookup, self.endpoints.ok_or(None)?)?;
        Ok(Choice::Proof(ProofSetting::Federated(FederatedSetting { source, audience })))
    }

    fn nothing_found(&self, foreign: bool) -> Problem {
        const NAMES: &str =
            "WORKIQ_CLIENT_CERTIFICATE_PATH / WORKIQ_CLIENT_CERTIFICATE / WORKIQ_CLIENT_SECRET";
        let advice =
            host::advice(self.lookup.environment()).map(|how| format!("; {how}")).unwrap_or_default();
        let in_azure = |slot: &Slot| self.lookup.in_layer(slot.key(), Layer::Azure).is_some();
        if foreign && Slot::ALL.iter().any(in_azure) {
            return Problem::hidden(
                NAMES,
                "are missing, and the credential in AZURE_* belongs to AZURE_CLIENT_ID, which is not the client id in \
                 use",
                format!("a credential of the application in use{advice}"),
            );
        }
        let what = match self.pinned {
            None => {
                return Problem::missing(
                    NAMES,
                    format!(
                        "one credential: a certificate, a client secret, or neither, with the token of a CI system or \
                         cloud (WORKIQ_FEDERATED_TOKEN_FILE, WORKIQ_CREDENTIAL){advice}"
                    ),
                );
            }
            Some(Kind::Secret) => "a client secret",
            Some(Kind::Certificate) => "a certificate",
            Some(Kind::TokenFile) => "the path of a file with a federated token",
            Some(Kind::AccessToken) => "an access token",
            Some(_) => Kind::EXPECTED,
        };
        let names = self.pinned.map_or(NAMES, Kind::names);
        Problem::missing(names, format!("{what}, as WORKIQ_CREDENTIAL pins it"))
    }
}

/// A credential in a layer, or what is wrong with its text.
struct Candidate {
    kind: Kind,
    name: &'static str,
    held: Result<Selected, Problem>,
}

enum Selected {
    AccessToken(Secret),
    Certificate(CertificateSource),
    Secret(Secret),
    Federated(FederatedSource),
}

impl Candidate {
    fn in_slot(slot: Slot, found: &Found<'_>, environment: &Environment) -> Self {
        let (kind, selected) = match slot.hold(&found.value, environment) {
            Held::AccessToken(token) => (Kind::AccessToken, Selected::AccessToken(token)),
            Held::Certificate(source) => (Kind::Certificate, Selected::Certificate(source)),
            Held::Secret(secret) => (Kind::Secret, Selected::Secret(secret)),
            Held::TokenFile(path) => (Kind::TokenFile, Selected::Federated(FederatedSource::File(path))),
        };
        Self { kind, name: found.name, held: slot.problem(found).map_or(Ok(selected), Err) }
    }
}

/// More than one in a layer.
fn conflict(here: &[Candidate]) -> Problem {
    let names: Vec<_> = here.iter().map(|one| one.name).collect();
    let mut pins: Vec<_> = here.iter().filter_map(|one| one.kind.name()).collect();
    pins.dedup();
    let expected = match pins.as_slice() {
        [] | [_] => "just one of them".to_owned(),
        pins => format!("just one of them, or WORKIQ_CREDENTIAL set to {}", pins.join(" or ")),
    };
    Problem::hidden(names.join(" and "), "each name a credential, and one must be chosen", expected)
}

/// Whether a credential in `AZURE_*` is another application's.
fn azure_is_foreign(environment: &Environment, client: Option<ClientId>) -> bool {
    let azure = environment.get("AZURE_CLIENT_ID").and_then(|id| ClientId::parse(id).ok());
    match (client, azure) {
        (Some(client), Some(azure)) => client != azure,
        // No client id at all is a problem of its own; what is in AZURE_* is then still looked at.
        (None, _) => false,
        (Some(_), None) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::options::Options;
    use futures_util::FutureExt;
    use std::sync::Arc;

    const ID: &str = "11111111-2222-4333-8444-555555555555";
    const OTHER: &str = "22222222-2222-4333-8444-555555555555";

    struct Callback;
    impl super::super::federation::AssertionCallback for Callback {
        fn assertion(&self) -> futures_util::future::BoxFuture<'static, Result<Secret, String>> {
            std::future::ready(Err("none".to_owned())).boxed()
        }
    }

    /// Kind and name of what is selected, or the problems.
    fn select_with(
        options: &Options,
        variables: &[(&str, &str)],
    ) -> Result<(&'static str, &'static str), String> {
        let environment: Environment = variables.iter().copied().collect();
        let mut lookup = Lookup::new(options, &environment);
        let endpoints = Endpoints::resolve(&mut lookup);
        let selection = select(&mut lookup, ClientId::parse(ID).ok(), endpoints.as_ref());
        let problems = || lookup.problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
        let (choice, name) = selection.chosen.ok_or_else(problems)?;
        let kind = match choice {
            Choice::Proof(ProofSetting::Secret(_)) => "secret",
            Choice::Proof(ProofSetting::Certificate(_)) => "certificate",
            Choice::Proof(ProofSetting::Federated(federated)) => match federated.source {
                FederatedSource::GitHub(_) => "github",
                FederatedSource::Pipelines(_) => "pipelines",
                FederatedSource::File(_) => "token-file",
                FederatedSource::Callback(_) => "callback",
            },
            Choice::Broker(_) => "broker",
            Choice::ManagedIdentity(_) => "managed-identity",
            Choice::AzureCli => "azure-cli",
            Choice::AccessToken(_) => "access-token",
        };
        Ok((kind, name))
    }

    fn select_from(variables: &[(&str, &str)]) -> Result<(&'static str, &'static str), String> {
        select_with(&Options::default(), variables)
    }

    const GITHUB: [(&str, &str); 2] =
        [("ACTIONS_ID_TOKEN_REQUEST_URL", "https://x/y?z=1"), ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "t")];
    const PIPELINES: [(&str, &str); 3] = [
        ("SYSTEM_OIDCREQUESTURI", "https://vstoken/x"),
        ("SYSTEM_ACCESSTOKEN", "t"),
        ("AZURESUBSCRIPTION_SERVICE_CONNECTION_ID", ID),
    ];
    const HOST: [(&str, &str); 2] = [("IDENTITY_ENDPOINT", "http://127.0.0.1/x"), ("IDENTITY_HEADER", "t")];

    #[test]
    fn each_slot_of_each_layer_is_its_own_kind() {
        for (name, value, kind) in [
            ("WORKIQ_ACCESS_TOKEN", "t", "access-token"),
            ("WORKIQ_CLIENT_CERTIFICATE_PATH", "/c.pem", "certificate"),
            ("WORKIQ_CLIENT_CERTIFICATE", "MII", "certificate"),
            ("WORKIQ_CLIENT_SECRET", "s", "secret"),
            ("WORKIQ_CLIENT_SECRET", "./c.pem", "certificate"),
            ("WORKIQ_FEDERATED_TOKEN_FILE", "/t", "token-file"),
            ("AZURE_CLIENT_CERTIFICATE_PATH", "/c.pem", "certificate"),
            ("AZURE_CLIENT_SECRET", "s", "secret"),
            ("AZURE_FEDERATED_TOKEN_FILE", "/t", "token-file"),
        ] {
            // Whatever the host offers comes last.
            let all: Vec<_> = [(name, value), ("AZURE_CLIENT_ID", ID)].into_iter().chain(GITHUB).collect();
            assert_eq!(select_from(&all), Ok((kind, name)));
        }
        let options = |change: fn(&mut Options)| {
            let mut options = Options::default();
            change(&mut options);
            select_with(&options, &[("WORKIQ_CLIENT_SECRET", "s")]).unwrap()
        };
        assert_eq!(options(|o| o.access_token = Some(Secret::new("t"))), ("access-token", "accessToken"));
        assert_eq!(options(|o| o.client_secret = Some(Secret::new("t"))), ("secret", "clientSecret"));
        assert_eq!(
            options(|o| o.federated_token_file = Some("/t".into())),
            ("token-file", "federatedTokenFile")
        );
        assert_eq!(
            options(|o| o.client_assertion = Some(Arc::new(Callback))),
            ("callback", "clientAssertion")
        );
        assert_eq!(options(|_| ()), ("secret", "WORKIQ_CLIENT_SECRET"));
    }

    #[test]
    fn what_the_host_offers_comes_last_and_in_order() {
        let all: Vec<_> = GITHUB.into_iter().chain(PIPELINES).chain(HOST).collect();
        assert_eq!(select_from(&all), Ok(("github", "ACTIONS_ID_TOKEN_REQUEST_URL")));
        assert_eq!(select_from(&all[2..]), Ok(("pipelines", "SYSTEM_OIDCREQUESTURI")));
        assert_eq!(select_from(&all[5..]), Ok(("managed-identity", "IDENTITY_ENDPOINT")));
        assert!(select_from(&[]).unwrap_err().starts_with("WORKIQ_CLIENT_CERTIFICATE_PATH / "));
    }

    #[test]
    fn a_pin_takes_its_kind_from_any_layer_and_no_other() {
        let all: Vec<_> = GITHUB
            .into_iter()
            .chain(PIPELINES)
            .chain(HOST)
            .chain([
                ("WORKIQ_ACCESS_TOKEN", "t"),
                ("AZURE_CLIENT_ID", ID),
                ("AZURE_CLIENT_SECRET", "s"),
                ("AZURE_CLIENT_CERTIFICATE_PATH", "/c"),
                ("AZURE_FEDERATED_TOKEN_FILE", "/t"),
            ])
            .collect();
        for (pin, name) in [
            ("secret", "AZURE_CLIENT_SECRET"),
            ("certificate", "AZURE_CLIENT_CERTIFICATE_PATH"),
            ("token-file", "AZURE_FEDERATED_TOKEN_FILE"),
            ("access-token", "WORKIQ_ACCESS_TOKEN"),
            ("github", "ACTIONS_ID_TOKEN_REQUEST_URL"),
            ("pipelines", "SYSTEM_OIDCREQUESTURI"),
            ("managed-identity", "IDENTITY_ENDPOINT"),
            ("azure-cli", "WORKIQ_CREDENTIAL"),
        ] {
            let pinned: Vec<_> = all.iter().copied().chain([("WORKIQ_CREDENTIAL", pin)]).collect();
            assert_eq!(select_from(&pinned), Ok((pin, name)));
        }
        // A plain virtual machine shows nothing, so its identity is taken only where it is pinned.
        assert_eq!(
            select_from(&[("WORKIQ_CREDENTIAL", "managed-identity")]),
            Ok(("managed-identity", "WORKIQ_CREDENTIAL"))
        );
    }

    #[test]
    fn what_a_pin_lacks_is_told() {
        for (pin, name) in [
            ("secret", "WORKIQ_CLIENT_SECRET: is missing"),
            ("certificate", "WORKIQ_CLIENT_CERTIFICATE_PATH / WORKIQ_CLIENT_CERTIFICATE: is missing"),
            ("token-file", "WORKIQ_FEDERATED_TOKEN_FILE: is missing"),
            ("access-token", "WORKIQ_ACCESS_TOKEN: is missing"),
            ("github", "ACTIONS_ID_TOKEN_REQUEST_URL: is missing"),
            ("pipelines", "SYSTEM_OIDCREQUESTURI: is missing"),
            ("azure", "WORKIQ_CREDENTIAL: \"azure\" is not a credential source"),
        ] {
            // A credential of another kind does not help.
            let kind = if pin == "secret" {
                ("WORKIQ_CLIENT_CERTIFICATE_PATH", "/c")
            } else {
                ("WORKIQ_CLIENT_SECRET", "s")
            };
            let text = select_from(&[("WORKIQ_CREDENTIAL", pin), kind]).unwrap_err();
            assert!(text.starts_with(name), "{text}");
        }
    }

    #[test]
    fn two_in_one_layer_are_an_error_that_names_both() {
        let slots = [
            ("WORKIQ_ACCESS_TOKEN", "access-token"),
            ("WORKIQ_CLIENT_CERTIFICATE_PATH", "certificate"),
            ("WORKIQ_CLIENT_SECRET", "secret"),
            ("WORKIQ_FEDERATED_TOKEN_FILE", "token-file"),
        ];
        for (at, (first, one)) in slots.iter().enumerate() {
            for (second, other) in &slots[at + 1..] {
                let text = select_from(&[(first, "x"), (second, "y")]).unwrap_err();
                assert!(text.starts_with(&format!("{first} and {second}: ")), "{text}");
                assert!(text.ends_with(&format!("WORKIQ_CREDENTIAL set to {one} or {other}")), "{text}");
                let pin = ("WORKIQ_CREDENTIAL", *other);
                assert_eq!(select_from(&[(first, "x"), (second, "y"), pin]), Ok((*other, *second)));
            }
        }
        let text =
            select_from(&[("WORKIQ_CLIENT_CERTIFICATE", "x"), ("WORKIQ_CLIENT_CERTIFICATE_PATH", "y")]);
        assert!(text.unwrap_err().ends_with("expected just one of them"));
        let options = Options {
            client_secret: Some(Secret::new("s")),
            client_assertion: Some(Arc::new(Callback)),
            ..Options::default()
        };
        assert!(select_with(&options, &[]).unwrap_err().starts_with("clientSecret and clientAssertion: "));
    }

    #[test]
    fn the_azure_layer_counts_only_for_the_azure_client() {
        for (name, kind) in [("AZURE_CLIENT_SECRET", "secret"), ("AZURE_FEDERATED_TOKEN_FILE", "token-file")]
        {
            assert_eq!(select_from(&[(name, "s"), ("AZURE_CLIENT_ID", ID)]), Ok((kind, name)));
            let other = [(name, "s"), ("AZURE_CLIENT_ID", OTHER)];
            assert!(select_from(&other).unwrap_err().contains("AZURE_CLIENT_ID"));
            let runner: Vec<_> = other.into_iter().chain(GITHUB).collect();
            assert_eq!(select_from(&runner).unwrap().0, "github");
        }
        let both = [("AZURE_CLIENT_SECRET", "s"), ("AZURE_CLIENT_ID", ID), ("WORKIQ_CLIENT_SECRET", "t")];
        assert_eq!(select_from(&both).unwrap().1, "WORKIQ_CLIENT_SECRET");
    }

    #[test]
    fn a_secret_with_a_line_break_or_pem_in_it_is_told_without_showing_it() {
        for value in ["hush\n", "-----BEGIN PRIVATE KEY-----\nhush"] {
            let text = select_from(&[("WORKIQ_CLIENT_SECRET", value)]).unwrap_err();
            assert!(text.contains("WORKIQ_CLIENT_SECRET") && !text.contains("hush"), "{text}");
        }
    }

    #[test]
    fn a_host_without_credential_says_what_it_needs() {
        let text = select_from(&[("GITHUB_ACTIONS", "true")]).unwrap_err();
        assert!(text.contains("the job needs `permissions: id-token: write`"), "{text}");
        let text = select_from(&[("TF_BUILD", "True")]).unwrap_err();
        assert!(text.contains("AZURESUBSCRIPTION_SERVICE_CONNECTION_ID"), "{text}");
        let unmapped: Vec<_> =
            PIPELINES.into_iter().chain([("SYSTEM_ACCESSTOKEN", ""), ("TF_BUILD", "True")]).collect();
        let text = select_from(&unmapped).unwrap_err();
        assert!(text.contains("`SYSTEM_ACCESSTOKEN: $(System.AccessToken)` under `env:`"), "{text}");
    }
}
