//! What belongs to a certificate beside the certificate: its password, and how its assertion is made.

use std::borrow::Cow;

use super::credential::{AssertionAlg, CertificateSetting, CertificateSource};
use super::lookup::{Key, Layer, Lookup};
use crate::secret::Secret;

const PASSWORD: Key = Key {
    option: "clientCertificatePassword",
    flag: "",
    workiq: "WORKIQ_CLIENT_CERTIFICATE_PASSWORD",
    azure: "AZURE_CLIENT_CERTIFICATE_PASSWORD",
    pick: |o| o.client_certificate_password.as_ref().map(|s| Cow::from(s.expose())),
};
pub(super) const CHAIN: Key = Key {
    option: "sendCertificateChain",
    flag: "--send-certificate-chain",
    workiq: "WORKIQ_CLIENT_SEND_CERTIFICATE_CHAIN",
    azure: "AZURE_CLIENT_SEND_CERTIFICATE_CHAIN",
    pick: |o| o.send_certificate_chain.map(|yes| Cow::from(if yes { "true" } else { "false" })),
};
pub(super) const ALGORITHM: Key = Key {
    option: "assertionAlg",
    flag: "--assertion-alg",
    workiq: "WORKIQ_ASSERTION_ALG",
    azure: "",
    pick: |o| o.assertion_alg.as_deref().map(Cow::from),
};

/// How the assertion is made.
pub(super) struct CertificateParts {
    send_chain: bool,
    algorithm: AssertionAlg,
}

impl CertificateParts {
    /// Reads the settings; they are checked also where no certificate is selected.
    pub(super) fn resolve(lookup: &mut Lookup<'_>) -> Self {
        Self {
            send_chain: lookup.optional(&CHAIN, "true or false", parse_bool).unwrap_or(false),
            algorithm: lookup.optional(&ALGORITHM, "PS256 or RS256", AssertionAlg::parse).unwrap_or_default(),
        }
    }

    /// The certificate in `source`, which was found in `layer`.
    pub(super) fn with(
        &self,
        source: CertificateSource,
        lookup: &Lookup<'_>,
        layer: Layer,
    ) -> CertificateSetting {
        CertificateSetting {
            source,
            password: password(lookup, layer),
            send_chain: self.send_chain,
            algorithm: self.algorithm,
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::environment::Environment;
    use crate::settings::options::Options;

    #[test]
    fn a_password_is_of_the_certificates_layer_or_a_higher_one() {
        let environment: Environment =
            [("WORKIQ_CLIENT_CERTIFICATE_PASSWORD", "w"), ("AZURE_CLIENT_CERTIFICATE_PASSWORD", "a")]
                .into_iter()
                .collect();
        let options = Options::default();
        let lookup = Lookup::new(&options, &environment);
        let of = |layer| password(&lookup, layer).map(|secret| secret.expose().to_owned());
        assert_eq!(of(Layer::Azure).as_deref(), Some("a"));
        assert_eq!(of(Layer::Workiq).as_deref(), Some("w"));
        assert_eq!(of(Layer::Options), None);
    }
}
