//! Tools behind a broker, as the process sees them that asks.

use std::time::Duration;

use serde_json::{Map, Value};
use tokio::sync::OnceCell;

use super::ViewLimits;
use super::wire::{About, CallQuestion, Question, StandingQuestion};
use crate::error::AuthError;
use crate::graph::Call;
use crate::graph::boundary::Standing;
use crate::ipc::Asker;
use crate::settings::boundary::Deed;
use crate::settings::broker::Brokered;
use crate::settings::writes::Writes;
use crate::tools::shown::{Shown, View};
use crate::tools::{self, Definition};

/// Tools behind a broker.
pub struct Client {
    settings: Brokered,
    asker: Asker,
    about: OnceCell<About>,
}

/// The broker ends calls. This is for who waits for one that has stopped.
const LONGEST: Duration = Duration::from_secs(2 * 3600);

impl Client {
    /// Asks nothing yet.
    #[must_use]
    pub fn new(settings: Brokered) -> Self {
        Self { asker: Asker::new(settings.address.clone()), settings, about: OnceCell::new() }
    }

    async fn about(&self) -> Result<&About, AuthError> {
        let question = Question::About(self.settings.reliance.clone());
        self.about.get_or_try_init(|| self.asker.ask(&question, |_| ())).await
    }

    pub(super) async fn list(&self) -> Vec<&'static Definition> {
        let own = self.settings.wishes.writes;
        let writes = match self.about().await {
            Ok(about) => own.map_or(about.writes, |own| own.and(about.writes)),
            Err(error) => {
                tracing::warn!("{}", error.report());
                Writes::default()
            }
        };
        tools::list(writes)
    }

    pub(super) fn begin() -> Call {
        Call::new(LONGEST)
    }

    pub(super) async fn limits(&self) -> ViewLimits {
        let about = self.about().await.ok();
        let exact_text = self.settings.exact_text;
        ViewLimits {
            response_bytes: self
                .settings
                .response_bytes
                .or_else(|| about.and_then(|about| about.response_bytes)),
            exact_text: exact_text.unwrap_or_else(|| about.is_some_and(|about| about.exact_text)),
        }
    }

    /// How a path stands to the broker's boundary, where only Graph knows.
    ///
    /// # Errors
    /// It is outside, or the broker cannot be asked.
    pub async fn standing(&self, path: &str, deed: Deed) -> Result<Standing, AuthError> {
        self.about().await?;
        let question = StandingQuestion { path: path.to_owned(), deed: deed.word().to_owned() };
        self.asker.ask(&Question::Standing(question), |_| ()).await
    }

    pub(super) async fn call(
        &self,
        name: &str,
        arguments: Map<String, Value>,
        view: &View,
        call: &Call,
    ) -> Option<Shown> {
        // What this process relies on is asked for before anything is.
        if let Err(error) = self.about().await {
            return Some(Shown::of_error(error));
        }
        let question = Question::Call(CallQuestion {
            tool: name.to_owned(),
            arguments,
            view: *view,
            wishes: self.settings.wishes.clone(),
        });
        let doing = |what: &str| call.doing(|| what.to_owned());
        let answer = self.asker.ask::<_, Option<Shown>>(&question, doing).await;
        answer.unwrap_or_else(|error| Some(Shown::of_error(error)))
    }
}
