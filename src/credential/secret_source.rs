//! A client secret.

use std::future::ready;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::source::{Occasion, Proof, ProofSource};
use crate::entra::request::ClientAuthentication;
use crate::error::AuthError;
use crate::hints::Evidence;
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

impl ProofSource for SecretSource {
    fn prove<'a>(&'a self, _occasion: Occasion<'a>) -> BoxFuture<'a, Result<Proof, AuthError>> {
        let proof = Proof {
            authentication: ClientAuthentication::Secret(self.secret.clone()),
            evidence: Evidence::Secret { looks_like_id: self.secret.looks_like_guid() },
        };
        ready(Ok(proof)).boxed()
    }

    fn label(&self) -> String {
        format!("client secret from {}", self.name)
    }
}
