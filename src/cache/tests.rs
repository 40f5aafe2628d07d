use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::poll;
use tokio::sync::Notify;

use super::*;
use crate::entra::scope::Scope;
use crate::error::{ErrorKind, ErrorParts};
use crate::secret::Secret;

const CLAIMS: &str = r#"{"access_token":{"nbf":{"value":"1"}}}"#;

fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

fn token(text: &str) -> AccessToken {
    AccessToken::new(Secret::new(text), seconds(3600), Some(seconds(1800)))
}

fn key(scope: &str) -> CacheKey {
    let identity = Identity { endpoint: None, client: None, credential: [0; 32] };
    CacheKey { identity: Arc::new(identity), scope: Scope::parse(scope).unwrap(), cae: false }
}

fn refusal() -> AuthError {
    AuthError::new(ErrorKind::Server, "invalid_client", "no")
}

fn passing(retry_after: Option<u64>) -> AuthError {
    ErrorParts {
        kind: ErrorKind::Server,
        code: "temporarily_unavailable".into(),
        retryable: true,
        retry_after: retry_after.map(seconds),
        ..ErrorParts::default()
    }
    .into()
}

/// A cache before a server that answers when it is told to.
struct Bench {
    cache: Arc<TokenCache>,
    key: CacheKey,
    asked: Arc<AtomicUsize>,
    answer: Arc<Notify>,
}

impl Bench {
    fn new() -> Self {
        Self { cache: Arc::default(), key: key("a/.default"), asked: Arc::default(), answer: Arc::default() }
    }

    fn flight(&self, outcome: Outcome) -> Flight {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let answer = Arc::clone(&self.answer);
        async move {
            answer.notified().await;
            outcome
        }
        .boxed()
    }

    fn call(&self, want: Want<'_>, outcome: Outcome) -> BoxFuture<'static, Outcome> {
        self.cache.get_or_request(&self.key, want, || self.flight(outcome))
    }

    /// A call whose request is answered at once.
    async fn answered(&self, want: Want<'_>, outcome: Outcome) -> Outcome {
        self.cache
            .get_or_request(&self.key, want, || {
                self.asked.fetch_add(1, Ordering::SeqCst);
                async move { outcome }.boxed()
            })
            .await
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    fn in_memory(&self) -> Option<String> {
        match self.cache.lookup(&self.key) {
            Lookup::Fresh(token) | Lookup::Due(token) => Some(token.secret().expose().to_owned()),
            Lookup::Miss => None,
        }
    }

    async fn refresh(&self, outcome: Outcome) {
        self.cache.refresh(&self.key, &Handle::current(), || {
            self.asked.fetch_add(1, Ordering::SeqCst);
            async move { outcome }.boxed()
        });
        // The renewal is a task of its own, and runs when this one gives way.
        tokio::task::yield_now().await;
    }
}

const fn renewed(refused: Option<&AccessToken>) -> Want<'_> {
    Want::Renewed { claims: CLAIMS, refused }
}

#[tokio::test]
async fn all_who_ask_share_one_request_in_success_and_in_failure() {
    for outcome in [Ok(token("t")), Err(refusal())] {
        let bench = Bench::new();
        let mut callers: Vec<_> = (0..50).map(|_| bench.call(Want::Any, outcome.clone())).collect();
        for caller in &mut callers {
            assert!(poll!(caller).is_pending());
        }
        bench.answer.notify_one();
        for caller in callers {
            assert_eq!(caller.await.is_ok(), outcome.is_ok());
        }
        assert_eq!(bench.asked(), 1);
    }
}

#[tokio::test]
async fn a_key_never_waits_behind_another_keys_request() {
    let bench = Bench::new();
    let mut slow = bench.call(Want::Any, Ok(token("slow")));
    assert!(poll!(&mut slow).is_pending());
    let other = key("b/.default");
    let quick = bench.cache.get_or_request(&other, Want::Any, || async { Ok(token("quick")) }.boxed());
    assert_eq!(quick.await.unwrap().secret().expose(), "quick");
    assert!(matches!(bench.cache.lookup(&other), Lookup::Fresh(_)));
}

#[tokio::test]
async fn a_caller_that_leaves_leaves_the_others_alone_and_the_last_ends_the_request() {
    let bench = Bench::new();
    let mut first = bench.call(Want::Any, Ok(token("t")));
    let mut second = bench.call(Want::Any, Ok(token("t")));
    assert!(poll!(&mut first).is_pending());
    assert!(poll!(&mut second).is_pending());
    drop(first);
    bench.answer.notify_one();
    assert!(second.await.is_ok());
    assert_eq!(bench.in_memory().as_deref(), Some("t"));

    let bench = Bench::new();
    let held = Arc::new(());
    let alive = Arc::clone(&held);
    let request = || {
        async move {
            std::future::pending::<()>().await;
            drop(alive);
            Err(refusal())
        }
        .boxed()
    };
    let mut only = bench.cache.get_or_request(&bench.key, Want::Any, request);
    assert!(poll!(&mut only).is_pending());
    drop(only);
    assert_eq!(Arc::strong_count(&held), 1);
    assert!(bench.answered(Want::Any, Ok(token("next"))).await.is_ok());
}

#[tokio::test]
async fn a_challenge_forgets_the_refused_token_whatever_comes_of_it() {
    let bench = Bench::new();
    bench.answered(Want::Any, Ok(token("old"))).await.unwrap();
    assert!(bench.answered(renewed(None), Err(passing(None))).await.is_err());
    assert_eq!(bench.in_memory(), None);
    bench.answered(renewed(None), Ok(token("new"))).await.unwrap();
    assert_eq!(bench.in_memory().as_deref(), Some("new"));
}

#[tokio::test]
async fn equal_challenges_share_a_request_and_one_that_was_met_makes_none() {
    let bench = Bench::new();
    let old = bench.answered(Want::Any, Ok(token("old"))).await.unwrap();
    let mut callers: Vec<_> = (0..5).map(|_| bench.call(renewed(Some(&old)), Ok(token("new")))).collect();
    for caller in &mut callers {
        assert!(poll!(caller).is_pending());
    }
    bench.answer.notify_one();
    for caller in callers {
        assert_eq!(caller.await.unwrap().secret().expose(), "new");
    }
    assert_eq!(bench.asked(), 2);
    let late = bench.answered(renewed(Some(&old)), Ok(token("third"))).await.unwrap();
    assert_eq!((late.secret().expose(), bench.asked()), ("new", 2));
}

#[tokio::test]
async fn a_request_from_before_a_challenge_does_not_bring_its_token_back() {
    let bench = Bench::new();
    let mut before = bench.call(Want::Any, Ok(token("stale")));
    assert!(poll!(&mut before).is_pending());
    bench.answered(renewed(None), Ok(token("new"))).await.unwrap();
    bench.answer.notify_one();
    assert_eq!(before.await.unwrap().secret().expose(), "stale");
    assert_eq!(bench.in_memory().as_deref(), Some("new"));
}

#[tokio::test(start_paused = true)]
async fn a_refusal_that_will_not_heal_is_remembered_for_seconds() {
    let bench = Bench::new();
    for _ in 0..1000 {
        assert_eq!(bench.answered(Want::Any, Err(refusal())).await.unwrap_err().code(), "invalid_client");
    }
    assert_eq!(bench.asked(), 1);
    // A challenge is another request.
    assert!(bench.answered(renewed(None), Err(refusal())).await.is_err());
    assert_eq!(bench.asked(), 2);
    tokio::time::advance(seconds(6)).await;
    assert!(bench.answered(Want::Any, Ok(token("t"))).await.is_ok());
    assert_eq!(bench.asked(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_passing_fault_is_not_remembered_and_a_wish_to_be_left_alone_is() {
    let bench = Bench::new();
    for _ in 0..2 {
        assert!(bench.answered(Want::Any, Err(passing(None))).await.is_err());
    }
    assert_eq!(bench.asked(), 2);
    for _ in 0..10 {
        assert!(bench.answered(Want::Any, Err(passing(Some(60)))).await.is_err());
    }
    assert_eq!(bench.asked(), 3);
    tokio::time::advance(seconds(59)).await;
    assert!(bench.answered(Want::Any, Ok(token("t"))).await.is_err());
    tokio::time::advance(seconds(2)).await;
    assert!(bench.answered(Want::Any, Ok(token("t"))).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_due_token_is_renewed_in_the_background_by_one_request() {
    let bench = Bench::new();
    bench.answered(Want::Any, Ok(token("old"))).await.unwrap();
    tokio::time::advance(seconds(2000)).await;
    assert!(matches!(bench.cache.lookup(&bench.key), Lookup::Due(_)));
    let runtime = Handle::current();
    for _ in 0..100 {
        bench.cache.refresh(&bench.key, &runtime, || bench.flight(Ok(token("new"))));
        assert_eq!(bench.in_memory().as_deref(), Some("old"));
    }
    assert_eq!(bench.asked(), 2);
    bench.answer.notify_one();
    while bench.in_memory().as_deref() != Some("new") {
        tokio::task::yield_now().await;
    }
    assert!(matches!(bench.cache.lookup(&bench.key), Lookup::Fresh(_)));
    // One who found the token due before the renewal ended, and comes to renew it after: there is nothing to do.
    bench.refresh(Ok(token("third"))).await;
    assert_eq!(bench.asked(), 2);
}

#[tokio::test]
async fn calls_are_heard_in_their_order_whenever_they_are_polled() {
    let bench = Bench::new();
    bench.answered(Want::Any, Ok(token("old"))).await.unwrap();
    let challenged = bench.call(renewed(None), Ok(token("new")));
    let behind = bench.call(Want::Any, Ok(token("other")));
    bench.answer.notify_one();
    assert_eq!(behind.await.unwrap().secret().expose(), "new");
    assert_eq!(challenged.await.unwrap().secret().expose(), "new");
    assert_eq!(bench.asked(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_renewal_that_fails_is_quiet_and_rests_and_the_token_serves_to_its_end() {
    let bench = Bench::new();
    bench.answered(Want::Any, Ok(token("old"))).await.unwrap();
    tokio::time::advance(seconds(2000)).await;
    for error in [passing(None), refusal()] {
        for _ in 0..10 {
            bench.refresh(Err(error.clone())).await;
        }
        assert_eq!(bench.in_memory().as_deref(), Some("old"));
        tokio::time::advance(seconds(40)).await;
    }
    assert_eq!(bench.asked(), 3);
    tokio::time::advance(seconds(1219)).await;
    assert_eq!(bench.in_memory().as_deref(), Some("old"));
    tokio::time::advance(seconds(2)).await;
    assert_eq!(bench.in_memory(), None);
    assert!(bench.answered(Want::Any, Err(passing(None))).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_token_that_only_the_wall_clock_doubts_serves_when_no_new_one_comes() {
    let bench = Bench::new();
    let mut slept = token("old");
    slept.expires_on = std::time::SystemTime::now() - seconds(1);
    bench.answered(Want::Any, Ok(slept)).await.unwrap();
    assert_eq!(bench.in_memory(), None);
    let served = bench.answered(Want::Any, Err(passing(None))).await.unwrap();
    assert_eq!((served.secret().expose(), bench.asked()), ("old", 2));
    assert!(bench.answered(Want::Any, Err(refusal())).await.is_err());
    assert_eq!(
        bench.answered(renewed(None), Err(passing(None))).await.unwrap_err().code(),
        "temporarily_unavailable"
    );
}

#[tokio::test(start_paused = true)]
async fn keys_with_nothing_good_in_them_are_swept_out() {
    let bench = Bench::new();
    for round in 0..10 {
        for n in 0..100 {
            let key = key(&format!("r{round}-{n}/.default"));
            let request = || async { Ok(token("t")) }.boxed();
            bench.cache.get_or_request(&key, Want::Any, request).await.unwrap();
        }
        tokio::time::advance(seconds(3600)).await;
    }
    assert!(bench.cache.lock().entries.len() <= 200, "{}", bench.cache.lock().entries.len());
}
