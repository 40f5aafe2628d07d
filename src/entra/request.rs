//! The form of a token request.

use bytes::Bytes;
use url::form_urlencoded;

use super::scope::Scope;
use crate::secret::Secret;
use crate::settings::identity::ClientId;

/// What proves that we are the client.
#[derive(Clone, Debug)]
pub enum ClientAuthentication {
    /// `client_secret`.
    Secret(Secret),
    /// `client_assertion`, a JWT (RFC 7523).
    Assertion(Secret),
}

impl ClientAuthentication {
    /// The secret or assertion.
    #[must_use]
    pub fn secret(&self) -> &Secret {
        match self {
            Self::Secret(secret) | Self::Assertion(secret) => secret,
        }
    }
}

/// A client-credentials request (RFC 6749, section 4.4).
#[derive(Debug)]
pub struct TokenRequest {
    /// The client.
    pub client: ClientId,
    /// The scope.
    pub scope: Scope,
    /// The proof.
    pub authentication: ClientAuthentication,
    /// `claims`, as JSON.
    pub claims: Option<String>,
}

impl TokenRequest {
    /// The form, encoded.
    #[must_use]
    pub fn form(&self) -> Bytes {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("client_id", &self.client.to_string())
            .append_pair("scope", self.scope.as_str())
            .append_pair("grant_type", "client_credentials");
        match &self.authentication {
            ClientAuthentication::Secret(secret) => {
                form.append_pair("client_secret", secret.expose());
            }
            ClientAuthentication::Assertion(assertion) => {
                form.append_pair(
                    "client_assertion_type",
                    "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                )
                .append_pair("client_assertion", assertion.expose());
            }
        }
        if let Some(claims) = &self.claims {
            form.append_pair("claims", claims);
        }
        Bytes::from_owner(zeroize::Zeroizing::new(form.finish().into_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_encoded_so_that_no_character_of_it_is_lost() {
        let request = TokenRequest {
            client: ClientId::parse("11111111-2222-4333-8444-555555555555").unwrap(),
            scope: Scope::parse("https://graph.microsoft.com/.default").unwrap(),
            authentication: ClientAuthentication::Secret(Secret::new("a+b&c=d %~é")),
            claims: None,
        };
        let pairs: Vec<_> = form_urlencoded::parse(&request.form()).into_owned().collect();
        assert!(pairs.contains(&("client_secret".into(), "a+b&c=d %~é".into())));
        assert_eq!(pairs.len(), 4);
    }
}
