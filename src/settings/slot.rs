//! The settings that can hold a credential.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use super::credential::CertificateSource;
use super::environment::Environment;
use super::lookup::{Found, Key, clean};
use super::problem::Problem;
use crate::secret::Secret;

const ACCESS_TOKEN: Key = Key {
    option: "accessToken",
    flag: "",
    workiq: "WORKIQ_ACCESS_TOKEN",
    azure: "",
    pick: |o| o.access_token.as_ref().map(|s| Cow::from(s.expose())),
};
pub(super) const PATH: Key = Key {
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
const SECRET: Key = Key {
    option: "clientSecret",
    flag: "",
    workiq: "WORKIQ_CLIENT_SECRET",
    azure: "AZURE_CLIENT_SECRET",
    pick: |o| o.client_secret.as_ref().map(|s| Cow::from(s.expose())),
};
pub(super) const TOKEN_FILE: Key = Key {
    option: "federatedTokenFile",
    flag: "--federated-token-file",
    workiq: "WORKIQ_FEDERATED_TOKEN_FILE",
    azure: "AZURE_FEDERATED_TOKEN_FILE",
    pick: |o| o.federated_token_file.as_deref().map(Cow::from),
};

/// A setting that can hold a credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Slot {
    AccessToken,
    Path,
    Inline,
    Secret,
    TokenFile,
}

/// What a slot holds.
pub(super) enum Held {
    AccessToken(Secret),
    Certificate(CertificateSource),
    Secret(Secret),
    TokenFile(PathBuf),
}

impl Slot {
    pub(super) const ALL: [Self; 5] =
        [Self::AccessToken, Self::Path, Self::Inline, Self::Secret, Self::TokenFile];

    pub(super) fn key(self) -> &'static Key {
        match self {
            Self::AccessToken => &ACCESS_TOKEN,
            Self::Path => &PATH,
            Self::Inline => &INLINE,
            Self::Secret => &SECRET,
            Self::TokenFile => &TOKEN_FILE,
        }
    }

    /// What `value` is: one slot takes a secret or the path of a certificate.
    pub(super) fn hold(self, value: &str, environment: &Environment) -> Held {
        match self {
            Self::AccessToken => Held::AccessToken(Secret::new(value)),
            Self::Path => Held::Certificate(CertificateSource::File(expand_home(value, environment))),
            Self::Inline => Held::Certificate(CertificateSource::Inline(Secret::new(value))),
            Self::Secret => match certificate_path(value, environment) {
                Some(path) => Held::Certificate(CertificateSource::File(path)),
                None => Held::Secret(Secret::new(value)),
            },
            Self::TokenFile => Held::TokenFile(expand_home(value, environment)),
        }
    }

    /// What is wrong with the text of the setting, whatever it holds.
    pub(super) fn problem(self, found: &Found<'_>) -> Option<Problem> {
        match self {
            Self::Secret if found.value.contains("-----BEGIN") => Some(Problem::hidden(
                found.name,
                "holds a PEM certificate or key",
                "a client secret or a path; PEM text goes into WORKIQ_CLIENT_CERTIFICATE",
            )),
            // A token instead of its file: nothing of it may end up in a message as a path.
            Self::TokenFile if found.value.starts_with("eyJ") && found.value.matches('.').count() == 2 => {
                Some(Problem::hidden(
                    found.name,
                    "holds a token",
                    "the path of a file with the token; replace the token if it was a real one",
                ))
            }
            // PEM and base64 end with a line break by rights; whatever else has one picked it up.
            Self::Inline => None,
            Self::AccessToken | Self::Path | Self::Secret | Self::TokenFile => clean(found),
        }
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
    use crate::settings::lookup::Layer;

    fn path_of(value: &str, environment: &Environment) -> Option<PathBuf> {
        match Slot::Secret.hold(value, environment) {
            Held::Certificate(CertificateSource::File(path)) => Some(path),
            _ => None,
        }
    }

    #[test]
    fn the_secret_variable_takes_a_path_by_the_rule() {
        let environment: Environment = [("HOME", "/home/ada")].into_iter().collect();
        for path in ["/etc/ssl/app", "./app", "../app", "app.pem", "APP.PFX", "x.p12", "Cargo.toml"] {
            assert_eq!(path_of(path, &environment).unwrap(), Path::new(path));
        }
        assert_eq!(path_of("~/a", &environment).unwrap(), Path::new("/home/ada/a"));
        assert_eq!(path_of("abc8Q~def.ghi_jkl", &environment), None);
    }

    #[test]
    fn what_does_not_belong_there_is_told_without_showing_it() {
        for (slot, value) in [
            (Slot::Secret, "hush\n"),
            (Slot::Secret, "-----BEGIN PRIVATE KEY-----\nhush"),
            (Slot::AccessToken, "\"hush\""),
            (Slot::TokenFile, "eyJhush.eyJhush.hush"),
        ] {
            let name = slot.key().workiq;
            let found = Found { value: value.into(), name, layer: Layer::Workiq };
            let text = slot.problem(&found).unwrap().to_string();
            assert!(text.contains(name) && !text.contains("hush"), "{text}");
        }
    }
}
