//! Tokens from the process that holds the credential, if it hands them out: see [`crate::broker`].

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, timeout_at};

use super::source::TokenSource;
use crate::entra::scope::Scope;
use crate::entra::token::AccessToken;
use crate::error::{AuthError, ErrorKind};
use crate::ipc::Asker;
use crate::secret::Secret;
use crate::settings::broker::BrokerAddress;
use crate::time;

/// A token that is asked for.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TokenQuestion {
    pub(crate) scope: String,
    /// The claims of a challenge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) claims: Option<String>,
}

/// A token that is handed out.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TokenAnswer {
    token: zeroize::Zeroizing<String>,
    /// Milliseconds since 1970.
    expires_on: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    refresh_on: Option<u64>,
}

impl From<&AccessToken> for TokenAnswer {
    fn from(token: &AccessToken) -> Self {
        Self {
            token: zeroize::Zeroizing::new(token.secret().expose().to_owned()),
            expires_on: time::epoch_ms(token.expires_on),
            refresh_on: token.refresh_on.map(time::epoch_ms),
        }
    }
}

impl TokenAnswer {
    fn token(self, now: SystemTime) -> AccessToken {
        let until = |ms| (UNIX_EPOCH + Duration::from_millis(ms)).duration_since(now).unwrap_or_default();
        AccessToken::new(Secret::new(self.token.as_str()), until(self.expires_on), self.refresh_on.map(until))
    }
}

/// The question as it is sent.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
enum Question {
    Token(TokenQuestion),
}

pub(super) struct BrokeredSource {
    asker: Asker,
}

impl BrokeredSource {
    pub(super) fn new(address: BrokerAddress) -> Self {
        Self { asker: Asker::new(address) }
    }
}

impl TokenSource for BrokeredSource {
    fn token<'a>(
        &'a self,
        scope: &'a Scope,
        challenge: Option<&'a str>,
        deadline: Instant,
    ) -> BoxFuture<'a, Result<AccessToken, AuthError>> {
        let claims = challenge.map(str::to_owned);
        async move {
            let question = Question::Token(TokenQuestion { scope: scope.to_string(), claims });
            let answer = timeout_at(deadline, self.asker.ask::<_, TokenAnswer>(&question, |_| ()));
            let late =
                |_| AuthError::new(ErrorKind::Timeout, "timeout", "The broker took too long for a token.");
            Ok(answer.await.map_err(late)??.token(SystemTime::now()))
        }
        .boxed()
    }

    fn label(&self) -> String {
        format!("the broker at {}", self.asker.address())
    }
}
