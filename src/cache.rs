//! Do we already know? Tokens by key, and one request a key however many ask.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared, WeakShared};

use crate::entra::token::AccessToken;
use crate::error::AuthError;

type Flight = BoxFuture<'static, Result<AccessToken, AuthError>>;

/// Tokens by key.
///
/// All who ask for a key while its request is under way share that request and what comes of it, a failure too.
/// The request lives as long as someone waits for it: when the last caller has gone, it is dropped.
pub struct TokenCache<K> {
    entries: Mutex<HashMap<K, Entry>>,
}

#[derive(Default)]
struct Entry {
    token: Option<AccessToken>,
    flight: Option<WeakShared<Flight>>,
}

impl<K> Default for TokenCache<K> {
    fn default() -> Self {
        Self { entries: Mutex::default() }
    }
}

impl<K: Clone + Eq + Hash> TokenCache<K> {
    /// The token of `key`, if it may still be handed out.
    pub fn get(&self, key: &K) -> Option<AccessToken> {
        self.lock().get(key).and_then(|entry| entry.token.as_ref()).filter(|token| token.is_fresh()).cloned()
    }

    /// The token of `key`: from memory, from the request that is under way, or from a new one that `request` makes.
    ///
    /// With `renew`, memory is passed over, and what comes replaces what was there: the way to answer a challenge.
    ///
    /// # Errors
    /// What the request failed with.
    pub async fn get_or_request<F>(&self, key: &K, renew: bool, request: F) -> Result<AccessToken, AuthError>
    where
        F: FnOnce() -> Flight,
    {
        let flight = {
            let mut entries = self.lock();
            let entry = entries.entry(key.clone()).or_default();
            if let Some(token) = entry.token.as_ref().filter(|token| !renew && token.is_fresh()) {
                return Ok(token.clone());
            }
            let under_way = entry.flight.as_ref().filter(|_| !renew).and_then(WeakShared::upgrade);
            under_way.unwrap_or_else(|| {
                let flight: Shared<Flight> = request().shared();
                entry.flight = flight.downgrade();
                flight
            })
        };
        let outcome = flight.clone().await;
        let mut entries = self.lock();
        // Only the flight that is still the key's own may write: one that a renewal replaced holds a stale token.
        if let Some(entry) = entries.get_mut(key)
            && entry
                .flight
                .as_ref()
                .and_then(WeakShared::upgrade)
                .is_some_and(|current| current.ptr_eq(&flight))
        {
            entry.flight = None;
            if let Ok(token) = &outcome {
                entry.token = Some(token.clone());
            }
        }
        outcome
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<K, Entry>> {
        // Nothing in here panics while it holds the lock, and a map is whole between calls.
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;
    use crate::secret::Secret;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;
    use tokio::sync::Notify;

    fn token(text: &str) -> AccessToken {
        AccessToken::new(Secret::new(text), Duration::from_secs(3600), None)
    }

    struct Server {
        cache: TokenCache<&'static str>,
        asked: AtomicUsize,
        answer: Notify,
    }

    fn server() -> Arc<Server> {
        Arc::new(Server { cache: TokenCache::default(), asked: AtomicUsize::new(0), answer: Notify::new() })
    }

    /// One caller, whose request waits for the server's word.
    async fn call(
        server: Arc<Server>,
        outcome: Result<AccessToken, AuthError>,
    ) -> Result<AccessToken, AuthError> {
        let request = {
            let server = Arc::clone(&server);
            move || {
                server.asked.fetch_add(1, Ordering::SeqCst);
                async move {
                    server.answer.notified().await;
                    outcome
                }
                .boxed()
            }
        };
        server.cache.get_or_request(&"key", false, request).await
    }

    #[tokio::test]
    async fn all_who_ask_share_one_request_in_success_and_in_failure() {
        for outcome in [Ok(token("t")), Err(AuthError::new(ErrorKind::Server, "invalid_client", "no"))] {
            let server = server();
            let mut callers: Vec<_> =
                (0..50).map(|_| Box::pin(call(Arc::clone(&server), outcome.clone()))).collect();
            for caller in &mut callers {
                assert!(futures_util::poll!(caller).is_pending());
            }
            server.answer.notify_one();
            for caller in callers {
                assert_eq!(caller.await.is_ok(), outcome.is_ok());
            }
            assert_eq!(server.asked.load(Ordering::SeqCst), 1);
        }
    }

    #[tokio::test]
    async fn a_caller_that_leaves_leaves_the_others_alone() {
        let server = server();
        let mut first = Box::pin(call(Arc::clone(&server), Ok(token("t"))));
        let mut second = Box::pin(call(Arc::clone(&server), Ok(token("t"))));
        assert!(futures_util::poll!(&mut first).is_pending());
        assert!(futures_util::poll!(&mut second).is_pending());
        drop(first);
        server.answer.notify_one();
        assert!(second.await.is_ok());
        assert!(server.cache.get(&"key").is_some());
    }

    #[tokio::test]
    async fn a_renewal_replaces_what_was_there() {
        let cache = TokenCache::default();
        for text in ["old", "new"] {
            cache.get_or_request(&"key", true, || async move { Ok(token(text)) }.boxed()).await.unwrap();
        }
        assert_eq!(cache.get(&"key").unwrap().secret().expose(), "new");
    }
}
