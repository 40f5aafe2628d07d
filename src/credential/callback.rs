//! A federated token that the caller brings.

use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::time::{Instant, timeout_at};

use super::federated_source::TokenSupply;
use crate::error::{AuthError, ErrorKind, printable};
use crate::secret::Secret;
use crate::settings::federation::AssertionCallback;

/// How much of the callback's own words is shown.
const EXCERPT: usize = 300;

pub(super) struct CallbackSupply {
    callback: Arc<dyn AssertionCallback>,
    name: &'static str,
}

impl CallbackSupply {
    pub(super) fn new(callback: Arc<dyn AssertionCallback>, name: &'static str) -> Self {
        Self { callback, name }
    }

    fn failed(&self, kind: ErrorKind, why: &str) -> AuthError {
        AuthError::new(kind, "client_assertion_failed", format!("The callback {} {why}", self.name)).with_hint(
            "The callback is to return the identity provider's token (a JWT), fresh each time, before the time-out.",
        )
    }
}

impl TokenSupply for CallbackSupply {
    fn fetch(&self, deadline: Instant) -> BoxFuture<'_, Result<Secret, AuthError>> {
        async move {
            match timeout_at(deadline, self.callback.assertion()).await {
                Ok(Ok(token)) => Ok(token),
                Ok(Err(words)) => {
                    let words = printable(&words, EXCERPT);
                    let why =
                        if words.is_empty() { "failed.".to_owned() } else { format!("failed: {words}") };
                    Err(self.failed(ErrorKind::Credential, &why))
                }
                Err(_) => Err(self.failed(ErrorKind::Timeout, "did not answer in time.")),
            }
        }
        .boxed()
    }

    fn label(&self) -> String {
        format!("the callback {}", self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::{pending, ready};
    use std::time::Duration;

    struct Says(Option<Result<&'static str, String>>);

    impl AssertionCallback for Says {
        fn assertion(&self) -> BoxFuture<'static, Result<Secret, String>> {
            match self.0.clone() {
                Some(outcome) => ready(outcome.map(Secret::new)).boxed(),
                None => pending().boxed(),
            }
        }
    }

    async fn fetch(says: Option<Result<&'static str, String>>) -> Result<Secret, AuthError> {
        let supply = CallbackSupply::new(Arc::new(Says(says)), "clientAssertion");
        supply.fetch(Instant::now() + Duration::from_secs(30)).await
    }

    #[tokio::test(start_paused = true)]
    async fn what_the_callback_says_is_what_comes() {
        assert_eq!(fetch(Some(Ok("t"))).await.unwrap().expose(), "t");
        let error = fetch(Some(Err(format!("no\r\n\u{1b}[2Jway {}", "x".repeat(1000))))).await.unwrap_err();
        assert_eq!(error.code(), "client_assertion_failed");
        assert!(error.message().starts_with("The callback clientAssertion failed: no [2Jway"), "{error}");
        assert!(error.message().chars().count() < 350, "{error}");
        assert_eq!(
            fetch(Some(Err(String::new()))).await.unwrap_err().message(),
            "The callback clientAssertion failed."
        );
        let error = fetch(None).await.unwrap_err();
        assert_eq!((error.code(), error.kind()), ("client_assertion_failed", ErrorKind::Timeout));
    }
}
