//! An access token and its times.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use crate::secret::Secret;

/// A token that expires sooner than this counts as expired: the request that carries it takes time, and clocks differ.
/// Five minutes is what every MSAL takes.
const MARGIN: Duration = Duration::from_secs(300);

/// A life from here on is long: Entra gives such tokens where continuous access evaluation watches over them.
const LONG: Duration = Duration::from_secs(2 * 3600);

/// A shorter token without a time of its own is renewed in the background in the last five minutes before [`MARGIN`],
/// so that a caller that comes regularly never waits; one that is shorter still has no room for that.
const EARLY: Duration = MARGIN.saturating_mul(2);

/// The most by which a renewal is put off at random, so that a fleet that signed in together does not come back together.
const JITTER: Duration = Duration::from_secs(300);

/// An access token. Cheap to clone.
///
/// Its times are counted on a monotonic clock; those by the wall clock are for showing, and a doubt: a machine that
/// slept, or whose monotonic clock stood still for another reason, has a wall clock past the expiry.
#[derive(Clone, Debug)]
pub struct AccessToken {
    secret: Arc<Secret>,
    /// When it may be renewed in the background.
    refresh_at: Option<Instant>,
    /// When it is no longer handed out.
    usable_until: Instant,
    /// When it expires, by the wall clock.
    pub expires_on: SystemTime,
    /// When a new one should be asked for, by the wall clock.
    pub refresh_on: Option<SystemTime>,
}

/// What may be done with a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Usability {
    /// Hand it out.
    Fresh,
    /// Hand it out, and renew it in the background.
    Due,
    /// It should be good, but the wall clock says otherwise: renew it, and hand it out only if that fails.
    Doubtful,
    /// It is past its end.
    Expired,
}

impl AccessToken {
    /// A token received just now, good for `lifetime`; `refresh_in` is when Entra wants it renewed.
    #[must_use]
    pub fn new(secret: Secret, lifetime: Duration, refresh_in: Option<Duration>) -> Self {
        let (now, wall) = (Instant::now(), SystemTime::now());
        let refresh = refresh_after(lifetime, refresh_in);
        Self {
            secret: Arc::new(secret),
            refresh_at: refresh.map(|after| now + after),
            usable_until: now + lifetime.saturating_sub(MARGIN),
            expires_on: wall + lifetime,
            refresh_on: refresh.map(|after| wall + after),
        }
    }

    /// The token itself.
    #[must_use]
    pub fn secret(&self) -> &Secret {
        &self.secret
    }

    /// What may be done with it now.
    #[must_use]
    pub fn usability(&self) -> Usability {
        let now = Instant::now();
        if now >= self.usable_until {
            Usability::Expired
        } else if SystemTime::now() >= self.expires_on {
            Usability::Doubtful
        } else if self.refresh_at.is_some_and(|at| now >= at) {
            Usability::Due
        } else {
            Usability::Fresh
        }
    }

    /// How long it may be handed out without a thought: until its renewal is due, or its end.
    #[must_use]
    pub fn fresh_for(&self) -> Duration {
        let end = self.refresh_at.map_or(self.usable_until, |at| at.min(self.usable_until));
        end.saturating_duration_since(Instant::now())
    }
}

/// When to renew: as Entra says, else at half of a long life, else shortly before the end of a usual one.
fn refresh_after(lifetime: Duration, refresh_in: Option<Duration>) -> Option<Duration> {
    let after = match refresh_in {
        Some(after) => after,
        None if lifetime >= LONG => lifetime / 2,
        None if lifetime >= 2 * EARLY => {
            return Some(lifetime.saturating_sub(EARLY) + (MARGIN / 2).mul_f64(fastrand::f64()));
        }
        None => return None,
    };
    Some(after + (after / 10).min(JITTER).mul_f64(fastrand::f64()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn seconds(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    fn token(lifetime: u64, refresh_in: Option<u64>) -> AccessToken {
        AccessToken::new(Secret::new("t"), seconds(lifetime), refresh_in.map(seconds))
    }

    #[tokio::test(start_paused = true)]
    async fn a_token_is_fresh_then_due_and_expired_five_minutes_before_its_end() {
        let hour = token(3600, Some(1800));
        assert_eq!(hour.usability(), Usability::Fresh);
        tokio::time::advance(seconds(1799)).await;
        assert_eq!(hour.usability(), Usability::Fresh);
        tokio::time::advance(seconds(182)).await;
        assert_eq!(hour.usability(), Usability::Due);
        tokio::time::advance(seconds(3299 - 1981)).await;
        assert_eq!(hour.usability(), Usability::Due);
        tokio::time::advance(seconds(2)).await;
        assert_eq!(hour.usability(), Usability::Expired);
        assert_eq!(token(300, None).usability(), Usability::Expired);
    }

    #[tokio::test(start_paused = true)]
    async fn a_wall_clock_past_the_end_is_a_doubt() {
        let mut slept = token(3600, None);
        slept.expires_on = SystemTime::now() - seconds(1);
        assert_eq!(slept.usability(), Usability::Doubtful);
    }

    #[test]
    fn renewal_is_due_when_entra_says_or_at_a_time_that_leaves_room() {
        for _ in 0..100 {
            let after = |life, refresh: Option<u64>| refresh_after(seconds(life), refresh.map(seconds));
            let within = |after: Option<Duration>, from, to| {
                let after = after.unwrap();
                assert!(after >= seconds(from) && after <= seconds(to), "{after:?}");
            };
            within(after(86_400, Some(43_200)), 43_200, 43_500);
            within(after(86_400, None), 43_200, 43_500);
            within(after(3_600, None), 3_000, 3_150);
            within(after(3_600, Some(10)), 10, 11);
            assert_eq!(after(1_199, None), None);
        }
    }
}
