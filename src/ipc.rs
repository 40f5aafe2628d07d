//! A question and its answer between processes of one user on one machine: over a Unix socket in a private folder, or a
//! named pipe whose access list has its owner only. One question a connection: hanging up is how a caller gives up.

mod frame;
#[cfg(unix)]
#[path = "ipc/unix.rs"]
mod platform;
#[cfg(windows)]
#[path = "ipc/windows.rs"]
mod platform;

use std::io;
use std::ops::ControlFlow;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::{AuthError, ErrorKind, printable};
use crate::settings::broker::BrokerAddress;
use frame::{Reader, Writer};
pub use platform::{Listener, Place};

/// The form of questions and answers. Another version of this program may speak another.
const VERSION: u32 = 1;

/// How long who connects may take to say what it wants.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Serialize, Deserialize)]
struct Asked<Q> {
    version: u32,
    question: Q,
}

/// One message of an answer: what is being done, any number of times, then how it ended.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Told<A> {
    Doing(String),
    Done(A),
    Failed(AuthError),
}

/// Who asks. Connections are used again: one that waits costs nothing, and making one a tenth of a millisecond.
pub struct Asker {
    address: BrokerAddress,
    idle: Mutex<Vec<(Reader, Writer)>>,
}

impl Asker {
    /// Somebody who asks who listens at `address`. Connects to nobody yet.
    #[must_use]
    pub fn new(address: BrokerAddress) -> Self {
        Self { address, idle: Mutex::default() }
    }

    /// Where it asks.
    #[must_use]
    pub fn address(&self) -> &BrokerAddress {
        &self.address
    }

    /// Asks, tells `doing` what is being done meanwhile, and gives the answer. Dropping the future ends the question.
    ///
    /// # Errors
    /// What the other side says, or: `broker_gone` where nobody listens any more, `broker_not_ours` where somebody else
    /// does.
    pub async fn ask<Q: Serialize + Sync, A: DeserializeOwned>(
        &self,
        question: &Q,
        doing: impl Fn(&str),
    ) -> Result<A, AuthError> {
        let idle = self.idle().pop();
        let (mut reader, mut writer) = match idle {
            Some(connection) => connection,
            None => frame::split(
                platform::connect(&self.address).await.map_err(|error| unreachable(&self.address, &error))?,
            ),
        };
        let lost = |error: io::Error| match error.kind() {
            io::ErrorKind::InvalidData => unreadable(&error.to_string()),
            _ => gone(&self.address),
        };
        writer.send(&Asked { version: VERSION, question }).await.map_err(lost)?;
        loop {
            match reader.next::<Told<A>>().await.map_err(lost)? {
                Some(Told::Doing(what)) => doing(&what),
                Some(Told::Done(answer)) => {
                    self.idle().push((reader, writer));
                    return Ok(answer);
                }
                Some(Told::Failed(error)) => return Err(error),
                None => return Err(gone(&self.address)),
            }
        }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<(Reader, Writer)>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Somebody of this user who has connected.
pub struct Caller {
    reader: Reader,
    writer: Writer,
    /// Its process, where the system tells.
    pub pid: Option<u32>,
    /// Whether it has asked something already.
    known: bool,
}

impl Caller {
    fn new(stream: platform::Stream, pid: Option<u32>) -> Self {
        let (reader, writer) = frame::split(stream);
        Self { reader, writer, pid, known: false }
    }

    /// Its next question; none where it has gone, says nothing at first, or cannot be understood, which it is told.
    pub async fn question<Q: DeserializeOwned>(&mut self) -> Option<Q> {
        let next = self.reader.next::<Asked<serde_json::Value>>();
        let asked = if self.known { next.await } else { tokio::time::timeout(PATIENCE, next).await.ok()? };
        self.known = true;
        let error = match asked {
            Ok(Some(asked)) if asked.version != VERSION => other_version(asked.version),
            Ok(Some(asked)) => match serde_json::from_value(asked.question) {
                Ok(question) => return Some(question),
                Err(error) => unreadable(&error.to_string()),
            },
            Err(error) if error.kind() == io::ErrorKind::InvalidData => unreadable(&error.to_string()),
            Ok(None) | Err(_) => return None,
        };
        self.fail(error).await;
        None
    }

    /// Ends when the caller has hung up. Until it has its answer it has nothing to say, so whatever comes is the end as
    /// well.
    pub async fn hung_up(&mut self) {
        let _ = self.reader.next::<serde::de::IgnoredAny>().await;
    }

    /// As [`Self::hung_up`], while what is being done is told by `doing`.
    pub async fn wait(&mut self, mut doing: tokio::sync::watch::Receiver<String>) {
        // What is told once more, or was so from the beginning, is no news.
        let mut told = doing.borrow_and_update().clone();
        loop {
            tokio::select! {
                _ = self.reader.next::<serde::de::IgnoredAny>() => return,
                changed = doing.changed() => {
                    if changed.is_err() {
                        return self.hung_up().await;
                    }
                    let what = doing.borrow_and_update().clone();
                    if what != told {
                        told.clone_from(&what);
                        if self.writer.send(&Told::<()>::Doing(what)).await.is_err() {
                            return;
                        }
                    }
                }
            }
        }
    }

    /// The answer; a break where the caller has gone.
    pub async fn answer<A: Serialize + Sync>(&mut self, answer: &A) -> ControlFlow<()> {
        match self.writer.send(&Told::Done(answer)).await {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        }
    }

    /// Why there is none. It is the last that is said on this connection.
    pub async fn fail(&mut self, error: AuthError) {
        let _ = self.writer.send(&Told::<()>::Failed(error)).await;
    }
}

fn unreachable(address: &BrokerAddress, error: &io::Error) -> AuthError {
    if error.kind() == io::ErrorKind::PermissionDenied {
        return AuthError::new(
            ErrorKind::Credential,
            "broker_not_ours",
            format!("The broker at {} is not this user's: {error}.", shown(address)),
        )
        .with_hint(
            "A broker answers processes of its own user only. Run the command as the user who runs workiq-auth exec.",
        );
    }
    gone(address)
}

fn gone(address: &BrokerAddress) -> AuthError {
    AuthError::new(
        ErrorKind::Credential,
        "broker_gone",
        format!("The process that holds the credential has ended: nobody listens at {}.", shown(address)),
    )
    .with_hint(
        "A broker ends with the command that workiq-auth exec runs, and with it what its children may do. Start this \
         under an exec of its own, or unset WORKIQ_BROKER and give it a credential.",
    )
}

fn shown(address: &BrokerAddress) -> String {
    printable(&address.to_string(), 200)
}

fn unreadable(why: &str) -> AuthError {
    let message =
        format!("The broker and this process do not understand each other: {}.", printable(why, 200));
    AuthError::new(ErrorKind::Response, "broker_version", message).with_hint(VERSIONS)
}

fn other_version(version: u32) -> AuthError {
    let message =
        format!("The broker speaks version {VERSION} of its protocol, and was asked in version {version}.");
    AuthError::new(ErrorKind::Response, "broker_version", message).with_hint(VERSIONS)
}

const VERSIONS: &str = "Run the same version of workiq-auth in both: npx --no-install workiq-auth --version.";

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    async fn serve_one(listener: Listener, serve: impl AsyncFnOnce(&mut Caller)) {
        let mut caller = listener.accept().await;
        serve(&mut caller).await;
    }

    #[tokio::test]
    async fn a_question_is_answered_with_what_is_done_meanwhile() {
        let (listener, place) = Listener::open().unwrap();
        let (tell, doing) = tokio::sync::watch::channel(String::new());
        let heard = Mutex::new(Vec::new());
        let asker = Asker::new(place.address().clone());
        let answer = tokio::join!(
            asker.ask::<_, u32>(&"how many?", |what| {
                heard.lock().unwrap().push(what.to_owned());
                drop(tell.send("counted".into()));
            }),
            serve_one(listener, async |caller| {
                assert_eq!(caller.pid, Some(std::process::id()));
                assert_eq!(caller.question::<String>().await.as_deref(), Some("how many?"));
                let mut counted = tell.subscribe();
                let counting = async {
                    tell.send_replace("counting".into());
                    drop(counted.wait_for(|what| what == "counted").await.unwrap());
                };
                tokio::select! {
                    biased;
                    () = caller.wait(doing) => panic!("hung up"),
                    () = counting => {}
                }
                let _ = caller.answer(&7).await;
            })
        );
        assert_eq!(answer.0.unwrap(), 7);
        assert_eq!(heard.lock().unwrap()[0], "counting");
    }

    #[tokio::test]
    async fn who_gives_up_hangs_up() {
        let (listener, place) = Listener::open().unwrap();
        let asker = Asker::new(place.address().clone());
        let (asked, was_asked) = tokio::sync::oneshot::channel();
        let asking = async {
            tokio::select! {
                _ = asker.ask::<_, u32>(&1, |_| ()) => panic!("answered"),
                _ = was_asked => {}
            }
        };
        let serving = serve_one(listener, async |caller| {
            assert_eq!(caller.question::<u32>().await, Some(1));
            asked.send(()).unwrap();
            caller.hung_up().await;
        });
        tokio::join!(asking, serving);
    }

    #[tokio::test]
    async fn another_version_and_a_listener_that_is_gone_are_told() {
        let (listener, place) = Listener::open().unwrap();
        let question = serde_json::json!({"version": 9, "question": 1});
        let asking = async {
            let (mut reader, mut writer) = frame::split(platform::connect(place.address()).await.unwrap());
            writer.send(&question).await.unwrap();
            reader.next::<Told<u32>>().await.unwrap().unwrap()
        };
        let serving = serve_one(listener, async |caller| assert_eq!(caller.question::<u32>().await, None));
        let (told, ()) = tokio::join!(asking, serving);
        assert!(matches!(told, Told::Failed(error) if error.code() == "broker_version"));

        let asker = Asker::new(place.address().clone());
        let address = asker.address().clone();
        let code = |outcome: Result<u32, AuthError>| outcome.unwrap_err().code().to_owned();
        assert_eq!(code(asker.ask(&1, |_| ()).await), "broker_gone", "nobody accepts");
        drop(place);
        assert!(!address.path().parent().unwrap().exists());
        assert_eq!(code(asker.ask(&1, |_| ()).await), "broker_gone", "not there");
    }

    #[tokio::test]
    async fn an_answer_that_breaks_off_is_told() {
        let (listener, place) = Listener::open().unwrap();
        let serving = serve_one(listener, async |caller| assert_eq!(caller.question::<u32>().await, Some(1)));
        let asker = Asker::new(place.address().clone());
        let (outcome, ()) = tokio::join!(asker.ask::<_, u32>(&1, |_| ()), serving);
        assert_eq!(outcome.unwrap_err().code(), "broker_gone");
    }

    #[tokio::test]
    async fn a_connection_is_used_again_and_not_after_a_failure() {
        let (listener, place) = Listener::open().unwrap();
        let asker = Asker::new(place.address().clone());
        let serving = async {
            let mut first = listener.accept().await;
            for number in [1, 2] {
                assert_eq!(first.question::<u32>().await, Some(number));
                let _ = first.answer(&(number * 10)).await;
            }
            assert_eq!(first.question::<u32>().await, Some(3));
            first.fail(AuthError::new(ErrorKind::Response, "x", "x")).await;
            let mut second = listener.accept().await;
            assert_eq!(second.question::<u32>().await, Some(4));
            let _ = second.answer(&40).await;
        };
        let asking = async {
            let mut answers = Vec::new();
            for number in [1, 2, 3, 4] {
                answers.push(asker.ask::<u32, u32>(&number, |_| ()).await.ok());
            }
            answers
        };
        let (answers, ()) = tokio::join!(asking, serving);
        assert_eq!(answers, [Some(10), Some(20), None, Some(40)]);
    }
}
