//! One sign-in at the token endpoint: a proof, a request, and another try where that can help.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use super::source::{Occasion, Proof, ProofSource};
use crate::cache::Outcome;
use crate::entra::authority::TokenEndpoint;
use crate::entra::request::TokenRequest;
use crate::entra::scope::Scope;
use crate::entra::{self, Answer};
use crate::error::{AuthError, ErrorKind};
use crate::hints::{self, Evidence, Facts};
use crate::http::HttpClient;
use crate::http::retry::{Next, Retries};
use crate::notice;
use crate::settings::identity::ClientId;

/// "Client assertion is not within its valid time range."
const OUT_OF_TIME: u32 = 700_024;

/// A smaller difference between clocks is none: `Date` has seconds, and the way takes time.
const SKEW_FROM: i64 = 60;

/// A larger one is not believed. Entra does not bound the life of an assertion, so a server's word alone must not get
/// one out of us that is good a year from now.
const SKEW_UP_TO: i64 = 24 * 3600;

/// Signs in as an application at one token endpoint.
pub(super) struct SignIn {
    pub(super) http: HttpClient,
    pub(super) endpoint: TokenEndpoint,
    pub(super) client: ClientId,
    pub(super) source: Box<dyn ProofSource>,
    /// What is known without a request.
    pub(super) facts: Facts,
    /// Whether the authority is a cloud of Microsoft's, whose clock may be taken for right.
    pub(super) known_authority: bool,
    pub(super) clock: Correction,
}

/// By how many seconds assertions are signed ahead of our clock. Zero until a server has proved our clock wrong.
#[derive(Default)]
pub(super) struct Correction(AtomicI64);

impl Correction {
    fn now(&self) -> SystemTime {
        let seconds = self.0.load(Ordering::Relaxed);
        let by = Duration::from_secs(seconds.unsigned_abs());
        let now = SystemTime::now();
        if seconds < 0 { now.checked_sub(by).unwrap_or(now) } else { now + by }
    }

    /// Takes `skew` over if it is believable and new. Says whether another try can help.
    fn adopt(&self, skew: Option<i64>) -> bool {
        let Some(skew) = skew.filter(|skew| skew.abs() <= SKEW_UP_TO) else {
            return false;
        };
        // A clock that has been set right meanwhile needs no correction any more.
        let skew = if skew.abs() < SKEW_FROM { 0 } else { skew };
        let before = self.0.swap(skew, Ordering::Relaxed);
        (skew - before).abs() >= SKEW_FROM
    }

    /// What is corrected, for a person.
    fn told(&self, authority: &str) -> String {
        match self.0.load(Ordering::Relaxed) {
            0 => format!("this machine's clock agrees with that of {authority} again"),
            off => format!(
                "this machine's clock is {} s off the clock of {authority}, and assertions are signed by the latter",
                off.unsigned_abs()
            ),
        }
    }
}

impl SignIn {
    /// A token for `scope`, before `deadline`. Each try has a proof of its own.
    pub(super) async fn run(&self, scope: &Scope, claims: Option<&str>, deadline: Instant) -> Outcome {
        let mut retries = Retries::new(deadline);
        loop {
            let (error, evidence, skew) = match self.attempt(scope, claims, deadline).await {
                Ok(token) => return Ok(token),
                Err(Failed { error, evidence, skew }) => (error, evidence, skew),
            };
            if self.mends(&error, &evidence, skew) {
                notice::warn(self.clock.told(&self.facts.authority));
                continue;
            }
            let wish = error.parts().retry_after;
            match error.parts().retryable.then(|| retries.next(wish)) {
                Some(Next::Pause(pause)) => {
                    let reason = crate::error::printable(error.message(), 300);
                    tracing::debug!(pause_ms = pause.as_millis(), reason, "asking again after a pause");
                    tokio::time::sleep(pause).await;
                }
                Some(Next::Stop) | None => {
                    let facts = Facts { evidence, skew, scope: scope.to_string(), ..self.facts.clone() };
                    return Err(hints::explain(error, &facts));
                }
            }
        }
    }

    async fn attempt(
        &self,
        scope: &Scope,
        claims: Option<&str>,
        deadline: Instant,
    ) -> Result<crate::entra::token::AccessToken, Failed> {
        let occasion = Occasion { endpoint: &self.endpoint, now: self.clock.now(), deadline };
        // A source may hang as a server may.
        let proof = tokio::time::timeout_at(deadline, self.source.prove(occasion)).await;
        let Proof { authentication, evidence } = proof.unwrap_or_else(|_| Err(out_of_time()))?;
        tracing::info!(client_id = %self.client, credential = %self.source.label(), from = %self.facts.credential_name, "signing in");
        let request = TokenRequest {
            client: self.client,
            scope: scope.clone(),
            authentication,
            claims: claims.map(str::to_owned),
        };
        let Answer { outcome, skew } = entra::acquire(&self.http, &self.endpoint, &request, deadline).await;
        outcome.map_err(|error| Failed { error, evidence, skew })
    }

    /// Whether the refusal comes of our clock, and is mended by signing with the server's.
    fn mends(&self, error: &AuthError, evidence: &Evidence, skew: Option<i64>) -> bool {
        error.parts().aadsts == Some(OUT_OF_TIME)
            && matches!(evidence, Evidence::Certificate { .. })
            && self.known_authority
            && self.clock.adopt(skew)
    }
}

/// Why a try failed, and what is known about it.
struct Failed {
    error: AuthError,
    evidence: Evidence,
    skew: Option<i64>,
}

/// Failures before anything was presented.
impl From<AuthError> for Failed {
    fn from(error: AuthError) -> Self {
        Self { error, evidence: Evidence::None, skew: None }
    }
}

fn out_of_time() -> AuthError {
    AuthError::new(ErrorKind::Timeout, "timeout", "The credential was not ready before the deadline.")
        .with_hint("Allow more time with timeoutMs, or see what holds the credential up.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_corrected_once_and_by_a_day_at_most() {
        let clock = Correction::default();
        for unbelievable in [None, Some(0), Some(59), Some(-59), Some(86_401), Some(-86_401)] {
            assert!(!clock.adopt(unbelievable), "{unbelievable:?}");
        }
        assert!(clock.now() <= SystemTime::now());
        assert!(clock.adopt(Some(-7200)));
        // The same again did not help: nothing is gained by a third try.
        assert!(!clock.adopt(Some(-7201)));
        assert!(clock.now() < SystemTime::now() - Duration::from_secs(7000));
        assert!(clock.adopt(Some(7200)));
        assert!(clock.now() > SystemTime::now() + Duration::from_secs(7000));
        assert!(clock.adopt(Some(1)));
        assert!(clock.now() <= SystemTime::now());
    }
}
