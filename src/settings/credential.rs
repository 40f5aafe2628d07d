//! Which credential: exactly one, from the highest layer that has one.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use super::environment::Environment;
use super::identity::ClientId;
use super::lookup::{Found, Key, Layer, Lookup, clean};
use super::problem::Problem;
use crate::secret::Secret;

/// What proves that we are the application.
#[derive(Clone, Debug)]
pub enum CredentialSetting {
    /// A client secret.
    Secret(Secret),
    /// A certificate with its private key.
    Certificate(CertificateSetting),
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
    fn parse(text: &str) -> Result<Self, &'static str> {
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

/// A credential and the option or variable that it was taken from.
#[derive(Clone, Debug)]
pub struct Chosen {
    /// The credential.
    pub setting: CredentialSetting,
    /// Where it was found.
    pub name: &'static str,
}

const SECRET: Key = Key {
    option: "clientSecret",
    flag: "",
    workiq: "WORKIQ_CLIENT_SECRET",
    azure: "AZURE_CLIENT_SECRET",
    pick: |o| o.client_secret.as_ref().map(|s| Cow::from(s.expose())),
};
const PATH: Key = Key {
    option: "clientCertificatePath",
    flag: "--certificate-path",
    workiq: "WORKIQ_CLIENT_CERTIFICATE_PATH",
    azure: "AZURE_CLIENT_CERTIFICATE_PATH",
    pick: |o| o.client_certificate_path.as_deref().map(Cow::from),
};
const INLINE: Key = Key {
    option: "clientCertificate",
    flag: "",
    workiq: "WORKIQ_CLIENT_CERTIFICATE",
    azure: "",
    pick: |o| o.client_certificate.as_ref().map(|s| Cow::from(s.expose())),
};
const PASSWORD: Key = Key {
    option: "clientCertificatePassword",
    flag: "",
    workiq: "WORKIQ_CLIENT_CERTIFICATE_PASSWORD",
    azure: "AZURE_CLIENT_CERTIFICATE_PASSWORD",
    pick: |o| o.client_certificate_password.as_ref().map(|s| Cow::from(s.expose())),
};
const CHAIN: Key = Key {
    option: "sendCertificateChain",
    flag: "--send-certificate-chain",
    workiq: "WORKIQ_CLIENT_SEND_CERTIFICATE_CHAIN",
    azure: "AZURE_CLIENT_SEND_CERTIFICATE_CHAIN",
    pick: |o| o.send_certificate_chain.map(|yes| Cow::from(if yes { "true" } else { "false" })),
};
const ALGORITHM: Key = Key {
    option: "assertionAlg",
    flag: "--assertion-alg",
    workiq: "WORKIQ_ASSERTION_ALG",
    azure: "",
    pick: |o| o.assertion_alg.as_deref().map(Cow::from),
};
const PIN: Key = Key {
    option: "credential",
    flag: "--credential",
    workiq: "WORKIQ_CREDENTIAL",
    azure: "",
    pick: |o| o.credential.as_deref().map(Cow::from),
};

/// The kinds that `WORKIQ_CREDENTIAL` pins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Secret,
    Certificate,
}

impl Kind {
    const EXPECTED: &str = "secret or certificate";

    fn parse(text: &str) -> Result<Self, &'static str> {
        match text {
            "secret" => Ok(Self::Secret),
            "certificate" => Ok(Self::Certificate),
            "github" | "pipelines" | "token-file" | "managed-identity" | "azure-cli" | "access-token" => {
                Err("is not available in this version")
            }
            _ => Err("is not a credential source"),
        }
    }
}

/// A setting that can hold a credential.
#[derive(Clone, Copy)]
enum Slot {
    Path,
    Inline,
    Secret,
}

impl Slot {
    const ALL: [Self; 3] = [Self::Path, Self::Inline, Self::Secret];

    fn key(self) -> &'static Key {
        match self {
            Self::Path => &PATH,
            Self::Inline => &INLINE,
            Self::Secret => &SECRET,
        }
    }

    /// The certificate that `value` names or is; none where it is a secret.
    fn certificate(self, value: &str, environment: &Environment) -> Option<CertificateSource> {
        match self {
            Self::Path => Some(CertificateSource::File(expand_home(value, environment))),
            Self::Inline => Some(CertificateSource::Inline(Secret::new(value))),
            Self::Secret => certificate_path(value, environment).map(CertificateSource::File),
        }
    }

    /// What is wrong with the text of the setting, whatever it holds.
    fn problem(self, found: &Found<'_>) -> Option<Problem> {
        match self {
            Self::Secret if found.value.contains("-----BEGIN") => Some(Problem::hidden(
                found.name,
                "holds a PEM certificate or key",
                "a client secret or a path; PEM text goes into WORKIQ_CLIENT_CERTIFICATE",
            )),
            // PEM and base64 end with a line break by rights; whatever else has one picked it up.
            Self::Inline => None,
            Self::Path | Self::Secret => clean(found),
        }
    }
}

/// Chooses the credential. Two explicit ones in one layer are a problem that names both; one from `AZURE_*` is taken
/// only if the client id in use is the `AZURE_*` one, so that another application's secret is never sent under ours.
pub fn choose(lookup: &mut Lookup<'_>, client: Option<ClientId>) -> Option<Chosen> {
    let pinned = match lookup.find(&PIN) {
        Some(_) => Some(lookup.optional(&PIN, Kind::EXPECTED, Kind::parse)?),
        None => None,
    };
    let send_chain = lookup.optional(&CHAIN, "true or false", parse_bool).unwrap_or(false);
    let algorithm = lookup.optional(&ALGORITHM, "PS256 or RS256", AssertionAlg::parse).unwrap_or_default();
    let foreign = azure_is_foreign(lookup.environment(), client);

    let layers = Layer::ALL.into_iter().filter(|layer| *layer != Layer::Azure || !foreign);
    for layer in layers {
        let mut here: Vec<_> = Slot::ALL
            .into_iter()
            .filter_map(|slot| {
                let found = lookup.in_layer(slot.key(), layer)?;
                let certificate = slot.certificate(&found.value, lookup.environment());
                let kind = if certificate.is_some() { Kind::Certificate } else { Kind::Secret };
                pinned.is_none_or(|pin| pin == kind).then_some((slot, found, certificate))
            })
            .collect();
        if here.len() > 1 {
            let names: Vec<_> = here.iter().map(|(_, found, _)| found.name).collect();
            lookup.problems.push(Problem::hidden(
                names.join(" and "),
                "each name a credential, and one must be chosen",
                "just one of them, or WORKIQ_CREDENTIAL set to secret or certificate",
            ));
            return None;
        }
        let Some((slot, found, certificate)) = here.pop() else { continue };
        if let Some(problem) = slot.problem(&found) {
            lookup.problems.push(problem);
            return None;
        }
        let setting = match certificate {
            Some(source) => CredentialSetting::Certificate(CertificateSetting {
                source,
                password: password(lookup, layer),
                send_chain,
                algorithm,
            }),
            None => CredentialSetting::Secret(Secret::new(found.value.as_ref())),
        };
        return Some(Chosen { setting, name: found.name });
    }
    lookup.problems.push(nothing_found(lookup, pinned, foreign));
    None
}

fn nothing_found(lookup: &Lookup<'_>, pinned: Option<Kind>, foreign: bool) -> Problem {
    let names = "WORKIQ_CLIENT_CERTIFICATE_PATH / WORKIQ_CLIENT_CERTIFICATE / WORKIQ_CLIENT_SECRET";
    let azure = [&SECRET, &PATH].iter().any(|key| lookup.in_layer(key, Layer::Azure).is_some());
    if foreign && azure {
        return Problem::hidden(
            names,
            "are missing, and the credential in AZURE_* belongs to AZURE_CLIENT_ID, which is not the client id in use",
            "a credential of the application in use",
        );
    }
    match pinned {
        Some(Kind::Secret) => {
            Problem::missing("WORKIQ_CLIENT_SECRET", "a client secret, as WORKIQ_CREDENTIAL pins it")
        }
        Some(Kind::Certificate) => Problem::missing(
            "WORKIQ_CLIENT_CERTIFICATE_PATH / WORKIQ_CLIENT_CERTIFICATE",
            "a certificate, as WORKIQ_CREDENTIAL pins it",
        ),
        None => Problem::missing(names, "one credential: a certificate (recommended), or a client secret"),
    }
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

/// The password in the credential's own layer, or a higher one. A password is taken as it is: any character may
/// belong to it.
fn password(lookup: &Lookup<'_>, layer: Layer) -> Option<Secret> {
    let mut layers = Layer::ALL.into_iter().filter(|other| *other <= layer).rev();
    layers.find_map(|layer| lookup.in_layer(&PASSWORD, layer)).map(|found| Secret::new(found.value.as_ref()))
}

fn parse_bool(text: &str) -> Result<bool, &'static str> {
    match text {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        _ => Err("is neither true nor false"),
    }
}

/// The path in a setting that holds a secret *or* the path of a certificate: it is a path if a file of that name
/// exists, or it is absolute, begins with `./`, `../` or `~/`, or ends in `.pem`, `.pfx` or `.p12`.
fn certificate_path(value: &str, environment: &Environment) -> Option<PathBuf> {
    let path = Path::new(value);
    let begins = ["./", "../", "~/"].iter().any(|start| value.starts_with(start));
    let ends = path
        .extension()
        .is_some_and(|ext| ["pem", "pfx", "p12"].iter().any(|known| ext.eq_ignore_ascii_case(known)));
    (begins || ends || path.is_absolute() || path.is_file()).then(|| expand_home(value, environment))
}

fn expand_home(value: &str, environment: &Environment) -> PathBuf {
    let home = environment.first(&["HOME", "USERPROFILE"]);
    match (value.strip_prefix("~/"), home) {
        (Some(rest), Some((_, home))) => Path::new(home).join(rest),
        _ => PathBuf::from(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::options::Options;

    const ID: &str = "11111111-2222-4333-8444-555555555555";

    fn choose_from(variables: &[(&str, &str)]) -> Result<Chosen, String> {
        let environment: Environment = variables.iter().copied().collect();
        let options = Options::default();
        let mut lookup = Lookup::new(&options, &environment);
        let chosen = choose(&mut lookup, ClientId::parse(ID).ok());
        chosen.ok_or_else(|| lookup.problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
    }

    fn path_of(variables: &[(&str, &str)]) -> PathBuf {
        match choose_from(variables).unwrap().setting {
            CredentialSetting::Certificate(CertificateSetting {
                source: CertificateSource::File(path),
                ..
            }) => path,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_secret_variable_takes_a_path_by_the_rule() {
        for path in ["/etc/ssl/app", "./app", "../app", "app.pem", "APP.PFX", "x.p12", "Cargo.toml"] {
            assert_eq!(path_of(&[("WORKIQ_CLIENT_SECRET", path)]), Path::new(path));
        }
        assert_eq!(
            path_of(&[("WORKIQ_CLIENT_SECRET", "~/a"), ("HOME", "/home/ada")]),
            Path::new("/home/ada/a")
        );
        let chosen = choose_from(&[("WORKIQ_CLIENT_SECRET", "abc8Q~def.ghi_jkl")]).unwrap();
        assert!(matches!(chosen.setting, CredentialSetting::Secret(_)));
    }

    #[test]
    fn two_in_one_layer_are_an_error_that_names_both() {
        let text =
            choose_from(&[("WORKIQ_CLIENT_SECRET", "s"), ("WORKIQ_CLIENT_CERTIFICATE_PATH", "/c.pem")])
                .unwrap_err();
        assert!(text.contains("WORKIQ_CLIENT_CERTIFICATE_PATH and WORKIQ_CLIENT_SECRET"), "{text}");
        let pinned = [
            ("WORKIQ_CLIENT_SECRET", "s"),
            ("WORKIQ_CLIENT_CERTIFICATE_PATH", "/c.pem"),
            ("WORKIQ_CREDENTIAL", "secret"),
        ];
        assert_eq!(choose_from(&pinned).unwrap().name, "WORKIQ_CLIENT_SECRET");
    }

    #[test]
    fn the_azure_layer_counts_only_for_the_azure_client() {
        let own = [("AZURE_CLIENT_SECRET", "s"), ("AZURE_CLIENT_ID", ID)];
        assert_eq!(choose_from(&own).unwrap().name, "AZURE_CLIENT_SECRET");
        let other =
            [("AZURE_CLIENT_SECRET", "s"), ("AZURE_CLIENT_ID", "22222222-2222-4333-8444-555555555555")];
        assert!(choose_from(&other).unwrap_err().contains("AZURE_CLIENT_ID"));
        let both = [("AZURE_CLIENT_SECRET", "s"), ("AZURE_CLIENT_ID", ID), ("WORKIQ_CLIENT_SECRET", "t")];
        assert_eq!(choose_from(&both).unwrap().name, "WORKIQ_CLIENT_SECRET");
    }

    #[test]
    fn a_secret_with_a_line_break_or_pem_in_it_is_told_without_showing_it() {
        for value in ["hush\n", "-----BEGIN PRIVATE KEY-----\nhush"] {
            let text = choose_from(&[("WORKIQ_CLIENT_SECRET", value)]).unwrap_err();
            assert!(text.contains("WORKIQ_CLIENT_SECRET") && !text.contains("hush"), "{text}");
        }
    }
}
