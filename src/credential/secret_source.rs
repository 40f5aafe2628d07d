//! A client secret.

use super::Source;
use crate::entra::request::ClientAuthentication;
use crate::error::AuthError;
use crate::hints::Facts;
use crate::secret::Secret;

pub(super) struct SecretSource {
    secret: Secret,
    name: &'static str,
}

impl SecretSource {
    pub(super) fn new(secret: Secret, name: &'static str) -> Self {
        Self { secret, name }
    }
}

impl Source for SecretSource {
    fn authenticate(&self, _audience: &str) -> Result<ClientAuthentication, AuthError> {
        Ok(ClientAuthentication::Secret(self.secret.clone()))
    }

    fn describe(&self, facts: &mut Facts) {
        facts.secret_looks_like_id = self.secret.looks_like_guid();
    }

    fn label(&self) -> String {
        format!("client secret from {}", self.name)
    }
}
