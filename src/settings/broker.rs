//! The broker: where it is, and what a process behind it may ask of it.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::environment::Environment;
use super::identity::UserRef;
use super::lookup::{Key, Lookup};
use super::options::Options;
use super::problem::{self, Problem};
use super::serving::GivenLimits;
use super::writes::Writes;
use super::{USER, audit, boundary, selection};
use crate::error::AuthError;

/// Where the broker listens: a Unix socket's path, or a named pipe's name on Windows.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BrokerAddress(PathBuf);

impl BrokerAddress {
    /// The variable by which a process is told of its broker.
    pub const VARIABLE: &str = "WORKIQ_BROKER";

    const EXPECTED: &str = if cfg!(windows) {
        r"the name of a pipe, as workiq-auth exec sets it for the command that it runs"
    } else {
        "the absolute path of a socket, as workiq-auth exec sets it for the command that it runs"
    };

    /// Reads an address.
    ///
    /// # Errors
    /// What is wrong with it, to stand behind the value.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let path = PathBuf::from(text);
        let is_local_pipe = text.get(..9).is_some_and(|start| start.eq_ignore_ascii_case(r"\\.\pipe\"));
        if cfg!(windows) && !is_local_pipe {
            return Err("is no pipe of this machine");
        }
        if cfg!(not(windows)) && !path.is_absolute() {
            return Err("is not an absolute path");
        }
        Ok(Self(path))
    }

    /// The socket's path, or the pipe's name.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The address in the environment, where no credential is named by options.
    pub(super) fn resolve(lookup: &Lookup<'_>) -> Option<Result<Self, Problem>> {
        let value = lookup.environment().get(Self::VARIABLE)?;
        if selection::is_named_by_options(lookup) {
            return None;
        }
        let wrong = |wrong| Problem::wrong(Self::VARIABLE, value, wrong, Self::EXPECTED);
        Some(Self::parse(value).map_err(wrong))
    }
}

impl fmt::Display for BrokerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.display().fmt(f)
    }
}

/// What a process behind a broker wants otherwise than the broker has it. It can make things narrower only.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Wishes {
    /// The writes that it allows; the broker's own count as well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub writes: Option<Writes>,
    /// Who stands in for `/me`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<UserRef>,
    /// The largest file, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blob_bytes: Option<usize>,
    /// How long one call may take.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub call_timeout: Option<Duration>,
}

/// What a process relies on, and does not get by itself: it asks whether the broker has it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Reliance {
    /// The digest of its boundary, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub boundary: Option<String>,
    /// Whether it is to be audited.
    pub audit: bool,
}

/// The settings of a process that has a broker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Brokered {
    /// Where the broker is.
    pub address: BrokerAddress,
    /// What it is told with each call.
    pub wishes: Wishes,
    /// What it has to have.
    pub reliance: Reliance,
    /// The largest result of one call in bytes; by default the broker's.
    pub response_bytes: Option<usize>,
    /// Whether characters that show nothing are handed out as they are; by default the broker's.
    pub exact_text: Option<bool>,
}

impl Brokered {
    /// The settings of this process, if it has a broker and no credential of its own is named by options.
    ///
    /// # Errors
    /// [`ErrorKind::Settings`](crate::error::ErrorKind::Settings) with a line for each that is wrong.
    pub fn resolve(options: &Options, environment: &Environment) -> Result<Option<Self>, AuthError> {
        let mut lookup = Lookup::new(options, environment);
        let Some(address) = BrokerAddress::resolve(&lookup) else { return Ok(None) };
        let address = address.map_err(|problem| lookup.problems.push(problem)).ok();
        for key in [&super::TENANT, &super::CLIENT] {
            refuse_option(&mut lookup, key);
        }
        let limits = GivenLimits::resolve(&mut lookup);
        let user = lookup.optional(&USER, UserRef::EXPECTED, UserRef::parse);
        let boundary = boundary::BoundaryRules::resolve(&mut lookup);
        let audit = audit::AuditSetting::resolve(&mut lookup).is_some();
        match address {
            Some(address) if lookup.problems.is_empty() => Ok(Some(Self {
                address,
                wishes: Wishes {
                    writes: limits.writes,
                    user,
                    blob_bytes: limits.blob_bytes,
                    call_timeout: limits.call_timeout,
                },
                reliance: Reliance { boundary: boundary.map(|rules| rules.digest.clone()), audit },
                response_bytes: limits.response_bytes,
                exact_text: limits.exact_text,
            })),
            _ => Err(problem::into_error(&lookup.problems)),
        }
    }
}

/// A setting that only the broker's own process can have: from variables it may be left over, but a flag was meant.
fn refuse_option(lookup: &mut Lookup<'_>, key: &Key) {
    if let Some(found) = lookup.in_layer(key, super::lookup::Layer::Options) {
        let expected = "a flag of workiq-auth exec, or a credential of this process's own beside it";
        let what = "is given to a process that asks a broker (WORKIQ_BROKER), which signs in by itself";
        lookup.problems.push(Problem::hidden(found.name, what, expected));
    }
}

/// Variables that hold a credential or lead to one, or that only who holds it needs. They do not travel to a process
/// behind a broker.
pub const WITHHELD: [&str; 22] = [
    "WORKIQ_CLIENT_SECRET",
    "WORKIQ_CLIENT_CERTIFICATE",
    "WORKIQ_CLIENT_CERTIFICATE_PATH",
    "WORKIQ_CLIENT_CERTIFICATE_PASSWORD",
    "WORKIQ_FEDERATED_TOKEN_FILE",
    "WORKIQ_ACCESS_TOKEN",
    "WORKIQ_CREDENTIAL",
    "WORKIQ_AUDIT_FILE",
    "AZURE_CLIENT_SECRET",
    "AZURE_CLIENT_CERTIFICATE_PATH",
    "AZURE_CLIENT_CERTIFICATE_PASSWORD",
    "AZURE_FEDERATED_TOKEN_FILE",
    "AZURE_PASSWORD",
    "ACTIONS_ID_TOKEN_REQUEST_URL",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
    "SYSTEM_ACCESSTOKEN",
    "SYSTEM_OIDCREQUESTURI",
    "IDENTITY_ENDPOINT",
    "IDENTITY_HEADER",
    "MSI_ENDPOINT",
    "MSI_SECRET",
    "IDENTITY_SERVER_THUMBPRINT",
];

/// Those of [`WITHHELD`] whose value is itself secret.
pub const SECRET: [&str; 11] = [
    "WORKIQ_CLIENT_SECRET",
    "WORKIQ_CLIENT_CERTIFICATE",
    "WORKIQ_CLIENT_CERTIFICATE_PASSWORD",
    "WORKIQ_ACCESS_TOKEN",
    "AZURE_CLIENT_SECRET",
    "AZURE_CLIENT_CERTIFICATE_PASSWORD",
    "AZURE_PASSWORD",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
    "SYSTEM_ACCESSTOKEN",
    "IDENTITY_HEADER",
    "MSI_SECRET",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;
    use crate::settings::credential::{SignIn, TokenSetting};
    use crate::settings::{Settings, options::Face};

    const ADDRESS: &str = if cfg!(windows) { r"\\.\pipe\workiq-auth-1" } else { "/run/workiq-auth-1/broker" };

    fn environment(more: &[(&str, &str)]) -> Environment {
        let base = [("WORKIQ_AUTH_MODE", "app-only"), (BrokerAddress::VARIABLE, ADDRESS)];
        base.iter().chain(more).copied().collect()
    }

    #[test]
    fn a_broker_wins_over_every_variable_and_not_over_options() {
        let environment = environment(&[("WORKIQ_CLIENT_SECRET", "abc8Q~def.ghi")]);
        let settings = Settings::resolve(&Options::default(), &environment).unwrap();
        assert!(matches!(settings.sign_in, SignIn::Token(TokenSetting::Broker(_))));
        assert!(!settings.sign_in.needs_a_secret());
        assert!(Brokered::resolve(&Options::default(), &environment).unwrap().is_some());
        let own = Options {
            client_secret: Some(Secret::new("abc8Q~def.ghi")),
            tenant_id: Some("contoso.com".into()),
            client_id: Some("11111111-2222-4333-8444-555555555555".into()),
            ..Options::default()
        };
        assert_eq!(Brokered::resolve(&own, &environment).unwrap(), None);
        assert!(Settings::resolve(&own, &environment).unwrap().sign_in.needs_a_secret());
    }

    #[test]
    fn what_cannot_be_had_behind_a_broker_is_an_error() {
        let options =
            Options { tenant_id: Some("contoso.com".into()), face: Face::CommandLine, ..Options::default() };
        let error = Brokered::resolve(&options, &environment(&[])).unwrap_err();
        assert!(error.message().contains("--tenant-id: is given to a process that asks a broker"), "{error}");
        let wrong: Environment = [(BrokerAddress::VARIABLE, "broker")].into_iter().collect();
        let error = Brokered::resolve(&Options::default(), &wrong).unwrap_err();
        assert!(error.message().contains("WORKIQ_BROKER"), "{error}");
    }

    #[test]
    fn wishes_are_what_was_set_and_nothing_else() {
        let bare = Brokered::resolve(&Options::default(), &environment(&[])).unwrap().unwrap();
        assert_eq!((bare.wishes, bare.reliance), (Wishes::default(), Reliance::default()));
        let more = [
            ("WORKIQ_ALLOW_WRITES", "create"),
            ("WORKIQ_USER", "ada@contoso.com"),
            ("WORKIQ_BOUNDARY", r#"{"users": ["ada@contoso.com"]}"#),
        ];
        let given = Brokered::resolve(&Options::default(), &environment(&more)).unwrap().unwrap();
        assert_eq!(given.reliance.boundary.as_ref().map(String::len), Some(43));
        let sent = serde_json::to_string(&given.wishes).unwrap();
        assert_eq!(sent, r#"{"writes":"create","user":"ada@contoso.com"}"#);
        assert_eq!(serde_json::from_str::<Wishes>(&sent).unwrap(), given.wishes);
        assert!(serde_json::from_str::<Wishes>(r#"{"user": "../x"}"#).is_err());
    }

    #[test]
    fn what_is_secret_is_withheld() {
        assert!(SECRET.iter().all(|name| WITHHELD.contains(name)));
    }
}
