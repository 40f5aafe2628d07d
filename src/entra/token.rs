//! An access token and its times.

use std::time::{Duration, Instant, SystemTime};

use crate::secret::Secret;

/// A token that expires sooner than this counts as expired: the request that carries it takes time, and clocks differ.
/// Five minutes is what every MSAL takes.
const MARGIN: Duration = Duration::from_secs(300);

/// An access token. Its expiry is counted on a monotonic clock; the wall-clock times are for showing.
#[derive(Clone, Debug)]
pub struct AccessToken {
    secret: Secret,
    received: Instant,
    lifetime: Duration,
    /// When it expires, by the wall clock.
    pub expires_on: SystemTime,
    /// When a new one should be asked for, by the wall clock, where Entra said.
    pub refresh_on: Option<SystemTime>,
}

impl AccessToken {
    /// A token received just now.
    #[must_use]
    pub fn new(secret: Secret, lifetime: Duration, refresh_in: Option<Duration>) -> Self {
        let now = SystemTime::now();
        Self {
            secret,
            received: Instant::now(),
            lifetime,
            expires_on: now + lifetime,
            refresh_on: refresh_in.map(|after| now + after),
        }
    }

    /// The token itself.
    #[must_use]
    pub fn secret(&self) -> &Secret {
        &self.secret
    }

    /// Whether it may still be handed out.
    #[must_use]
    pub fn is_fresh(&self) -> bool {
        self.received.elapsed() + MARGIN < self.lifetime
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_fresh_until_five_minutes_before_its_end() {
        let token = |seconds| AccessToken::new(Secret::new("t"), Duration::from_secs(seconds), None);
        assert!(token(3599).is_fresh());
        assert!(!token(299).is_fresh());
    }
}
