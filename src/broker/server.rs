//! The side that holds the credential.

use std::io;
use std::ops::ControlFlow;
use std::sync::Arc;

use tokio_util::sync::{CancellationToken, DropGuard};

use super::wire::{About, CallQuestion, Question, StandingQuestion};
use crate::cache::Want;
use crate::credential::Credential;
use crate::credential::brokered::{TokenAnswer, TokenQuestion};
use crate::entra::scope::Scope;
use crate::error::{AuthError, ErrorKind};
use crate::graph::boundary::Standing;
use crate::graph::{GraphClient, GraphFailure};
use crate::ipc::{Caller, Listener, Place};
use crate::settings::Settings;
use crate::settings::boundary::Deed;
use crate::settings::broker::{BrokerAddress, Reliance};
use crate::settings::serving::Serving;
use crate::tools::Tools;
use crate::tools::shown::Shown;

/// A broker that is open. It ends when this is dropped: nobody is let in any more, and calls under way are broken off.
#[derive(Debug)]
pub struct Broker {
    place: Place,
    _running: DropGuard,
}

struct Server {
    tools: Tools,
    credential: Credential,
    /// The digest of the boundary, where there is one.
    boundary: Option<String>,
    allow_token: bool,
}

impl Broker {
    /// Opens a broker with the credential of `settings`. `allow_token` lets callers have tokens as well, which no boundary
    /// binds. Takes a runtime, and goes on in it.
    ///
    /// # Errors
    /// `broker_failed`: no socket can be made; or network or audit of the settings cannot be used.
    pub fn open(settings: &Settings, allow_token: bool) -> Result<Self, AuthError> {
        let (credential, graph) = GraphClient::signed_in(settings)?;
        let (listener, place) = Listener::open().map_err(|error| cannot_listen(&error))?;
        let server = Arc::new(Server {
            tools: Tools::new(Ok(graph)),
            credential,
            boundary: settings.boundary.as_ref().map(|rules| rules.digest.clone()),
            allow_token,
        });
        let ended = CancellationToken::new();
        tokio::spawn(server.serve(listener, ended.clone()));
        Ok(Self { place, _running: ended.drop_guard() })
    }

    /// Where it is, for `WORKIQ_BROKER`.
    #[must_use]
    pub fn address(&self) -> &BrokerAddress {
        self.place.address()
    }
}

impl Server {
    async fn serve(self: Arc<Self>, listener: Listener, ended: CancellationToken) {
        while let Some(caller) = ended.run_until_cancelled(listener.accept()).await {
            let (server, ended) = (Arc::clone(&self), ended.clone());
            // Boxed: what a call holds is large.
            tokio::spawn(async move { ended.run_until_cancelled(Box::pin(server.hear(caller))).await });
        }
    }

    async fn hear(&self, mut caller: Caller) {
        while let Some(question) = caller.question().await {
            if self.reply(question, &mut caller).await.is_break() {
                return;
            }
        }
    }

    /// Answers one question; a break where the caller is to connect anew, or has gone.
    async fn reply(&self, question: Question, caller: &mut Caller) -> ControlFlow<()> {
        let outcome = match question {
            Question::About(reliance) => match self.about(&reliance) {
                Ok(about) => return caller.answer(&about).await,
                Err(error) => Err(error),
            },
            Question::Call(question) => return self.call(question, caller).await,
            Question::Standing(question) => match self.standing(&question, caller).await {
                Ok(standing) => return caller.answer(&standing).await,
                Err(error) => Err(error),
            },
            Question::Token(question) => match self.token(&question, caller).await {
                Some(Ok(token)) => return caller.answer(&token).await,
                Some(Err(error)) => Err(error),
                None => Ok(()),
            },
        };
        if let Err(error) = outcome {
            caller.fail(error).await;
        }
        ControlFlow::Break(())
    }

    fn about(&self, reliance: &Reliance) -> Result<About, AuthError> {
        let Serving { writes, response_bytes, exact_text, audit, .. } = self.tools.serving();
        if reliance.boundary.is_some() && reliance.boundary != self.boundary {
            return Err(relied_on("WORKIQ_BOUNDARY", "another boundary, or none"));
        }
        if reliance.audit && audit.is_none() {
            return Err(relied_on("WORKIQ_AUDIT_FILE", "no audit"));
        }
        Ok(About { writes: *writes, response_bytes: *response_bytes, exact_text: *exact_text })
    }

    async fn standing(&self, question: &StandingQuestion, caller: &Caller) -> Result<Standing, AuthError> {
        let graph = self.tools.graph().map_err(Clone::clone)?;
        let deed = Deed::ALL.into_iter().find(|deed| deed.word() == question.deed).unwrap_or(Deed::Read);
        let call = graph.call().asked_by(caller.pid);
        let path = graph.path(&question.path, &call).map_err(GraphFailure::into_error)?;
        graph.standing(deed, path, &call).await.map_err(GraphFailure::into_error)
    }

    /// Calls a tool, until the caller hangs up.
    async fn call(&self, question: CallQuestion, caller: &mut Caller) -> ControlFlow<()> {
        let CallQuestion { tool, arguments, view, wishes } = question;
        let tools = self.tools.with_wishes(&wishes);
        let call = tools.begin().asked_by(caller.pid);
        let doing = call.activity();
        let outcome = tokio::select! {
            outcome = tools.call(&tool, arguments, &call) => outcome,
            () = caller.wait(doing) => return ControlFlow::Break(()),
        };
        let shown: Option<Shown> = outcome.map(|outcome| outcome.shown(&view));
        caller.answer(&shown).await
    }

    async fn token(
        &self,
        question: &TokenQuestion,
        caller: &mut Caller,
    ) -> Option<Result<TokenAnswer, AuthError>> {
        if let Err(error) = self.may_have_token(caller) {
            return Some(Err(error));
        }
        let scope = match Scope::parse(&question.scope) {
            Ok(scope) => scope,
            Err(wrong) => {
                return Some(Err(AuthError::new(ErrorKind::Settings, "invalid_scope", format!("{wrong}."))));
            }
        };
        let want = match question.claims.as_deref() {
            Some(claims) => Want::Renewed { claims, refused: None },
            None => Want::Any,
        };
        let token = self.credential.token(&scope, want);
        let outcome = tokio::select! {
            outcome = token => outcome,
            () = caller.hung_up() => return None,
        };
        Some(outcome.map(|token| TokenAnswer::from(&token)))
    }

    fn may_have_token(&self, caller: &Caller) -> Result<(), AuthError> {
        if let Ok(graph) = self.tools.graph() {
            graph.token_asked_for(caller.pid, self.allow_token)?;
        }
        if self.allow_token {
            return Ok(());
        }
        let message = "This process is behind a broker, which calls tools for it and hands out no token.";
        Err(AuthError::new(ErrorKind::Credential, "token_not_handed_out", message).with_hint(
            "Read with the tools: workiq-auth fetch, workiq-auth mcp, mcpServer(). Who runs the command can hand out \
             tokens by workiq-auth exec --allow-token; a token is bound by no boundary and written down in no audit.",
        ))
    }
}

fn relied_on(variable: &str, has: &str) -> AuthError {
    let message = format!("{variable} is set for this process, and the broker that it asks has {has}.");
    AuthError::new(ErrorKind::Settings, "broker_differs", message).with_hint(format!(
        "What the broker has is what counts. Set {variable} where workiq-auth exec runs, or unset it here."
    ))
}

fn cannot_listen(error: &io::Error) -> AuthError {
    AuthError::new(
        ErrorKind::Settings,
        "broker_failed",
        format!("No socket can be made for the broker: {error}."),
    )
    .with_hint("Set TMPDIR to a folder that this user can write to, with a path of at most 50 characters.")
}
