//! Progress while a call waits, for clients that asked for it: they show it, and begin their time-out anew at each.

use std::time::Duration;

use rmcp::RoleServer;
use rmcp::model::{ProgressNotificationParam, ProgressToken};
use rmcp::service::Peer;
use tokio::sync::watch;
use tokio::time::{Instant, interval_at};

/// How long a call goes on in silence before its first notification, and between two of them.
const PERIOD: Duration = Duration::from_secs(2);

/// Tells `peer` what the call is doing, until it is dropped.
pub(super) async fn tell(peer: Peer<RoleServer>, token: ProgressToken, activity: watch::Receiver<String>) {
    let started = Instant::now();
    let mut ticks = interval_at(started + PERIOD, PERIOD);
    loop {
        ticks.tick().await;
        // Seconds, since nobody knows how much there is to do: they only have to grow.
        let mut progress =
            ProgressNotificationParam::new(token.clone(), started.elapsed().as_secs_f64().round());
        progress.message = Some(activity.borrow().clone());
        if peer.notify_progress(progress).await.is_err() {
            // The client is gone; the call ends with it.
            std::future::pending::<()>().await;
        }
    }
}
