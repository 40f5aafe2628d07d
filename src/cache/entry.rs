//! One key's memory: its token, its request under way, and what it learned from failures.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::Shared;
use tokio::time::Instant;

use super::{Flight, Outcome, Want, WeakFlight};
use crate::entra::token::{AccessToken, Usability};
use crate::error::AuthError;

/// How long a refusal that will not heal by itself is remembered: a thousand callers in a row are one request, and a
/// person who mends a setting does not wait.
const REFUSED_FOR: Duration = Duration::from_secs(5);

/// The longest that a server's wish to be left alone is honoured without asking again.
const LONGEST_REST: Duration = Duration::from_secs(3600);

/// How long a background renewal that failed is not tried again, and by how much that varies.
const REST: Duration = Duration::from_secs(30);

#[derive(Default)]
pub(super) struct Entry {
    token: Option<AccessToken>,
    under_way: Option<UnderWay>,
    failure: Option<Failure>,
    /// When the next background renewal may begin.
    rest_until: Option<Instant>,
    /// Whether a failed renewal was told since the last success.
    told: bool,
}

struct UnderWay {
    number: u64,
    claims: Option<Arc<str>>,
    flight: WeakFlight,
}

struct Failure {
    error: AuthError,
    claims: Option<Arc<str>>,
    until: Instant,
}

impl Entry {
    pub(super) fn token(&self) -> Option<&AccessToken> {
        self.token.as_ref()
    }

    /// The token in memory, if it is what is wanted. One that was refused is forgotten here and now, whatever becomes
    /// of the request for a new one.
    pub(super) fn serve(&mut self, want: Want<'_>) -> Option<AccessToken> {
        let good = |token: &&AccessToken| matches!(token.usability(), Usability::Fresh | Usability::Due);
        match want {
            Want::Any => self.token.as_ref().filter(good).cloned(),
            Want::Renewed { refused, .. } => {
                let other = |token: &&AccessToken| {
                    refused.is_some_and(|refused| refused.secret().expose() != token.secret().expose())
                };
                let renewed = self.token.as_ref().filter(other).filter(good).cloned();
                if renewed.is_none() {
                    self.token = None;
                }
                renewed
            }
        }
    }

    /// The failure of an equal request that would only fail again.
    pub(super) fn remembered(&mut self, claims: Option<&str>) -> Option<AuthError> {
        let failure = self.failure.as_ref()?;
        if Instant::now() >= failure.until {
            self.failure = None;
            return None;
        }
        (failure.claims.as_deref() == claims).then(|| failure.error.clone())
    }

    /// The request under way, if what it brings is what is wanted: without claims any will do.
    pub(super) fn under_way(&self, claims: Option<&str>) -> Option<Shared<Flight>> {
        let flight = self.under_way.as_ref()?;
        if claims.is_none() || flight.claims.as_deref() == claims { flight.flight.upgrade() } else { None }
    }

    /// Whether the token is due for renewal.
    pub(super) fn is_due(&self) -> bool {
        self.token.as_ref().is_some_and(|token| token.usability() == Usability::Due)
    }

    /// Whether a background renewal is not to be tried yet.
    pub(super) fn rests(&self) -> bool {
        self.rest_until.is_some_and(|until| Instant::now() < until)
    }

    pub(super) fn depart(&mut self, number: u64, claims: Option<&str>, flight: WeakFlight) {
        self.under_way = Some(UnderWay { number, claims: claims.map(Arc::from), flight });
    }

    /// Writes down what came of the request `number`. One that another has replaced writes nothing: its token may be
    /// one that was refused meanwhile.
    pub(super) fn settle(&mut self, number: u64, outcome: &Outcome) {
        let Some(done) = self.under_way.take_if(|flight| flight.number == number) else { return };
        match outcome {
            Ok(token) => {
                *self = Self { token: Some(token.clone()), ..Self::default() };
            }
            Err(error) => self.fail(error, done.claims),
        }
    }

    fn fail(&mut self, error: &AuthError, claims: Option<Arc<str>>) {
        let wish = error.parts().retry_after.map(|after| after.min(LONGEST_REST));
        if self.is_due() {
            let rest = wish.unwrap_or_default().max(REST.mul_f64(0.75 + 0.5 * fastrand::f64()));
            self.rest_until = Some(Instant::now() + rest);
            if !std::mem::replace(&mut self.told, true) {
                crate::notice::warn(format!(
                    "the token could not be renewed and is used until shortly before it expires: {}",
                    crate::error::printable(error.message(), 300)
                ));
            }
            return;
        }
        let memory = if error.is_lasting() { Some(REFUSED_FOR) } else { wish };
        self.failure =
            memory.map(|memory| Failure { error: error.clone(), claims, until: Instant::now() + memory });
    }

    /// Whether something in here is worth keeping.
    pub(super) fn is_of_use(&self) -> bool {
        self.token.as_ref().is_some_and(|token| token.usability() != Usability::Expired)
            || self.under_way.as_ref().is_some_and(|flight| flight.flight.upgrade().is_some())
            || self.failure.as_ref().is_some_and(|failure| Instant::now() < failure.until)
    }
}
