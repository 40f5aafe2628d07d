//! The two kinds of source: one proves to Entra who we are, the other brings tokens of its own.

use std::time::SystemTime;

use futures_util::future::BoxFuture;
use tokio::time::Instant;

use crate::entra::authority::TokenEndpoint;
use crate::entra::request::ClientAuthentication;
use crate::entra::scope::Scope;
use crate::entra::token::AccessToken;
use crate::error::AuthError;
use crate::hints::Evidence;

/// What proves, once, that we are the client, and what may be said of it if it is refused.
pub(super) struct Proof {
    pub(super) authentication: ClientAuthentication,
    pub(super) evidence: Evidence,
}

/// One request to the token endpoint, as a source sees it.
#[derive(Clone, Copy)]
pub(super) struct Occasion<'a> {
    /// Where the proof goes; the audience of an assertion that we sign.
    pub(super) endpoint: &'a TokenEndpoint,
    /// The time to sign with: ours, corrected where the server's is known to be right.
    pub(super) now: SystemTime,
    /// When the whole sign-in ends.
    pub(super) deadline: Instant,
}

/// A way to prove that we are the client. Asked only when a request is really sent, and anew for each.
pub(super) trait ProofSource: Send + Sync {
    /// The proof for one request.
    fn prove<'a>(&'a self, occasion: Occasion<'a>) -> BoxFuture<'a, Result<Proof, AuthError>>;

    /// Kind and name, for a person: "certificate CN=…, SHA-1 …".
    fn label(&self) -> String;
}

/// A source that hands out access tokens itself: the host's identity, another program, a token from outside.
pub(super) trait TokenSource: Send + Sync {
    /// A token for `scope`, before `deadline`. `challenge` are the claims for which the last one was refused: most sources
    /// have no way to ask for them.
    fn token<'a>(
        &'a self,
        scope: &'a Scope,
        challenge: Option<&'a str>,
        deadline: Instant,
    ) -> BoxFuture<'a, Result<AccessToken, AuthError>>;

    /// Kind and name, for a person.
    fn label(&self) -> String;
}
