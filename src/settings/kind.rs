//! The kinds of credential, and the names by which `WORKIQ_CREDENTIAL` pins them.

/// A kind of credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Secret,
    Certificate,
    GitHub,
    Pipelines,
    TokenFile,
    ManagedIdentity,
    AzureCli,
    AccessToken,
    Callback,
}

impl Kind {
    pub(super) const EXPECTED: &str = "secret, certificate, github, pipelines, token-file, managed-identity, azure-cli or \
                            access-token";

    /// The kinds that `WORKIQ_CREDENTIAL` pins. A callback is given in code, where there is nothing to pin.
    const PINS: [(&str, Self); 8] = [
        ("secret", Self::Secret),
        ("certificate", Self::Certificate),
        ("github", Self::GitHub),
        ("pipelines", Self::Pipelines),
        ("token-file", Self::TokenFile),
        ("managed-identity", Self::ManagedIdentity),
        ("azure-cli", Self::AzureCli),
        ("access-token", Self::AccessToken),
    ];

    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        let pin = Self::PINS.iter().find(|(name, _)| *name == text);
        pin.map(|(_, kind)| *kind).ok_or("is not a credential source")
    }

    pub(super) fn name(self) -> Option<&'static str> {
        Self::PINS.iter().find(|(_, kind)| *kind == self).map(|(name, _)| *name)
    }

    /// Whether tenant and client are needed: not where somebody else has the identity.
    pub(super) fn is_application(self) -> bool {
        !matches!(self, Self::ManagedIdentity | Self::AzureCli | Self::AccessToken)
    }

    /// Where it is looked for, for "is missing".
    pub(super) fn names(self) -> &'static str {
        match self {
            Self::Secret => "WORKIQ_CLIENT_SECRET",
            Self::Certificate => "WORKIQ_CLIENT_CERTIFICATE_PATH / WORKIQ_CLIENT_CERTIFICATE",
            Self::TokenFile => "WORKIQ_FEDERATED_TOKEN_FILE",
            Self::AccessToken => "WORKIQ_ACCESS_TOKEN",
            // What the host offers has problems of its own.
            Self::GitHub | Self::Pipelines | Self::ManagedIdentity | Self::AzureCli | Self::Callback => {
                "WORKIQ_CREDENTIAL"
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_pin_is_among_the_choices_and_nothing_else_is_a_pin() {
        for (name, kind) in Kind::PINS {
            assert_eq!(Kind::parse(name), Ok(kind));
            assert_eq!(kind.name(), Some(name));
            assert!(Kind::EXPECTED.contains(name));
        }
        assert_eq!(Kind::Callback.name(), None);
        assert!(Kind::parse("GitHub").is_err() && Kind::parse("default").is_err());
    }
}
