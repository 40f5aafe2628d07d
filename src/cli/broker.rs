//! Opening a broker, for a command that we run or for whoever asks.

use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::{resolve, write_line};
use crate::broker::Broker;
use crate::error::{AuthError, ErrorKind};
use crate::settings::broker::Brokered;
use crate::settings::environment::Environment;
use crate::settings::options::Options;

/// A broker with the credential of these settings. From now on other processes of this user cannot look into this one.
pub(super) fn open(
    options: &Options,
    environment: &Environment,
    allow_token: bool,
) -> Result<Broker, AuthError> {
    let settings = resolve(options, environment)?;
    hide();
    Broker::open(&settings, allow_token)
}

/// `broker`: says where it is, and goes on until it is told to end.
pub(super) async fn serve(
    options: &Options,
    environment: &Environment,
    allow_token: bool,
    cancel: CancellationToken,
) -> Result<(), AuthError> {
    if Brokered::resolve(options, environment)?.is_some() {
        let message =
            "This process asks a broker itself (WORKIQ_BROKER), so it has no credential to hold for others.";
        return Err(AuthError::new(ErrorKind::Settings, "broker_failed", message)
            .with_hint("Hand WORKIQ_BROKER on to them as it is."));
    }
    let broker = open(options, environment, allow_token)?;
    write_line(&json!({"broker": broker.address().to_string()}).to_string())?;
    cancel.cancelled().await;
    Ok(())
}

/// Closes this process to others of the same user: the environment that it was started with and its memory, which hold
/// the credential, can then be read by root only (`PR_SET_DUMPABLE` of prctl(2), and proc(5)).
#[cfg(target_os = "linux")]
fn hide() {
    use rustix::process::{DumpableBehavior, set_dumpable_behavior};
    if let Err(error) = set_dumpable_behavior(DumpableBehavior::NotDumpable) {
        tracing::warn!("this process can be looked into by others of this user: {error}");
    }
}

/// Other systems have no such switch.
#[cfg(not(target_os = "linux"))]
fn hide() {}
