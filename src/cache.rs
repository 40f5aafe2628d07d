//! Do we already know? Tokens by key, one request a key however many ask, and a memory for refusals that will not heal.

mod entry;
mod key;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared, WeakShared};
use tokio::runtime::Handle;

use crate::entra::token::{AccessToken, Usability};
use crate::error::AuthError;
use entry::Entry;
pub use key::{CacheKey, Identity};

/// How a request for a token ends.
pub type Outcome = Result<AccessToken, AuthError>;
type Flight = BoxFuture<'static, Outcome>;

/// How many keys there may be before those with nothing good in them are swept out.
const SWEEP_FROM: usize = 64;

/// Tokens by key.
///
/// All who ask for a key while its request is under way share that request and what comes of it, a failure too.
/// The request lives as long as someone waits for it: when the last caller has gone, it is dropped.
#[derive(Default)]
pub struct TokenCache {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    entries: HashMap<CacheKey, Entry>,
    /// The number of the latest request.
    last: u64,
    /// How many keys there may be before the next sweep.
    sweep_at: usize,
}

/// What comes of a call: known at once, or waited for.
enum Decided {
    Known(Outcome),
    Wait(Shared<Flight>),
}

/// What is in memory for a key.
#[derive(Clone, Debug)]
pub enum Lookup {
    /// A token to hand out.
    Fresh(AccessToken),
    /// A token to hand out while a new one is asked for.
    Due(AccessToken),
    /// Nothing that may be handed out.
    Miss,
}

/// Which token is wanted.
#[derive(Clone, Copy, Debug, Default)]
pub enum Want<'a> {
    /// Any that is good.
    #[default]
    Any,
    /// A new one that meets `claims`; the one in memory was refused and is never handed out again. Where `refused` is
    /// given and memory holds another token by now, somebody else has renewed it already, and that one serves.
    Renewed {
        /// The claims of the challenge, as JSON.
        claims: &'a str,
        /// The token that was refused.
        refused: Option<&'a AccessToken>,
    },
}

impl Want<'_> {
    fn claims(&self) -> Option<&str> {
        match self {
            Self::Any => None,
            Self::Renewed { claims, .. } => Some(claims),
        }
    }
}

impl TokenCache {
    /// What is in memory for `key`. Waits for nobody's request.
    #[must_use]
    pub fn lookup(&self, key: &CacheKey) -> Lookup {
        let state = self.lock();
        let Some(token) = state.entries.get(key).and_then(Entry::token) else {
            return Lookup::Miss;
        };
        match token.usability() {
            Usability::Fresh => Lookup::Fresh(token.clone()),
            Usability::Due => Lookup::Due(token.clone()),
            Usability::Doubtful | Usability::Expired => Lookup::Miss,
        }
    }

    /// The token of `key`: from memory, from the request that is under way, or from a new one that `request` makes.
    ///
    /// What is decided is decided now, in the order of the calls; what is given back only waits.
    ///
    /// # Errors
    /// The future gives what the request failed with, or what one failed with that was made a moment ago and would fail
    /// again.
    pub fn get_or_request<F>(
        self: &Arc<Self>,
        key: &CacheKey,
        want: Want<'_>,
        request: F,
    ) -> BoxFuture<'static, Outcome>
    where
        F: FnOnce() -> Flight,
    {
        let decided = self.decide(key, want, request);
        let (cache, key, any) = (Arc::clone(self), key.clone(), matches!(want, Want::Any));
        async move {
            match decided {
                Decided::Known(outcome) => outcome,
                Decided::Wait(flight) => {
                    flight.await.or_else(|error| if any { cache.still_good(&key, error) } else { Err(error) })
                }
            }
        }
        .boxed()
    }

    fn decide(self: &Arc<Self>, key: &CacheKey, want: Want<'_>, request: impl FnOnce() -> Flight) -> Decided {
        let mut state = self.lock();
        state.sweep();
        let State { entries, last, .. } = &mut *state;
        let entry = entries.entry(key.clone()).or_default();
        if let Some(token) = entry.serve(want) {
            return Decided::Known(Ok(token));
        }
        if let Some(error) = entry.remembered(want.claims()) {
            return Decided::Known(Err(error));
        }
        Decided::Wait(match entry.under_way(want.claims()) {
            Some(flight) => flight,
            None => self.depart(entry, last, key, want.claims(), request()),
        })
    }

    /// Renews the token of `key` in the background of `runtime`, unless that is under way already or has failed a
    /// moment ago. Nobody waits for it, and a failure is quiet as long as there is a good token.
    pub fn refresh<F>(self: &Arc<Self>, key: &CacheKey, runtime: &Handle, request: F)
    where
        F: FnOnce() -> Flight,
    {
        let mut state = self.lock();
        let State { entries, last, .. } = &mut *state;
        let Some(entry) = entries.get_mut(key) else { return };
        // Looked at again under the lock: a renewal may have come to its end since the token was found to be due.
        if !entry.is_due() || entry.rests() || entry.under_way(None).is_some() {
            return;
        }
        let flight = self.depart(entry, last, key, None, request());
        runtime.spawn(flight.map(drop));
    }

    /// Makes `request` the one of `entry`. What comes of it is written down once, whoever waits.
    fn depart(
        self: &Arc<Self>,
        entry: &mut Entry,
        last: &mut u64,
        key: &CacheKey,
        claims: Option<&str>,
        request: Flight,
    ) -> Shared<Flight> {
        *last += 1;
        let (cache, key, number) = (Arc::clone(self), key.clone(), *last);
        let flight = async move {
            let outcome = request.await;
            if let Some(entry) = cache.lock().entries.get_mut(&key) {
                entry.settle(number, &outcome);
            }
            outcome
        }
        .boxed()
        .shared();
        if let Some(handle) = flight.downgrade() {
            entry.depart(number, claims, handle);
        }
        flight
    }

    /// The token that only the wall clock speaks against, where a passing fault kept us from a new one.
    fn still_good(&self, key: &CacheKey, error: AuthError) -> Outcome {
        if !error.parts().retryable {
            return Err(error);
        }
        let good = |token: &&AccessToken| token.usability() != Usability::Expired;
        self.lock().entries.get(key).and_then(Entry::token).filter(good).cloned().ok_or(error)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing in here panics while it holds the lock, and a map is whole between calls.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Sweeps out keys with nothing good in them, at sizes that double: the cost of a call stays constant.
    fn sweep(&mut self) {
        if self.entries.len() < self.sweep_at.max(SWEEP_FROM) {
            return;
        }
        self.entries.retain(|_, entry| entry.is_of_use());
        self.sweep_at = self.entries.len() * 2;
    }
}

/// A handle on a request that does not keep it alive.
type WeakFlight = WeakShared<Flight>;

#[cfg(test)]
mod tests;
