//! One call of a tool: when it ends, and what it is waiting for.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

/// The deadline of a call, shared by all its requests, and what it is doing at the moment. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Call {
    deadline: Instant,
    tool: Option<&'static str>,
    client: Option<u32>,
    lookup: bool,
    activity: Arc<watch::Sender<String>>,
    /// Bytes of answers that it may still take.
    room: Arc<AtomicUsize>,
}

/// What the answers to one call may have together: a hundred paths of 32 MB each would not fit into a runner.
const ROOM: usize = 64 << 20;

impl Call {
    /// A call that ends after `timeout` at the latest.
    #[must_use]
    pub fn new(timeout: Duration) -> Self {
        let activity = watch::Sender::new("asking Microsoft Graph".to_owned());
        Self {
            deadline: Instant::now() + timeout,
            tool: None,
            client: None,
            lookup: false,
            activity: Arc::new(activity),
            room: Arc::new(AtomicUsize::new(ROOM)),
        }
    }

    /// The same call, of which a part ends after `timeout` at the latest.
    pub(super) fn within(&self, timeout: Duration) -> Self {
        Self { deadline: self.deadline.min(Instant::now() + timeout), ..self.clone() }
    }

    /// The same call, made by `tool`.
    #[must_use]
    pub fn by(&self, tool: &'static str) -> Self {
        Self { tool: Some(tool), ..self.clone() }
    }

    /// The same call, asked for by another process.
    #[must_use]
    pub fn asked_by(&self, process: Option<u32>) -> Self {
        Self { client: process, ..self.clone() }
    }

    /// The same call, of which a part is a question of our own.
    pub(super) fn for_lookup(&self) -> Self {
        Self { lookup: true, ..self.clone() }
    }

    /// Whether it is a question of our own.
    pub(super) fn is_lookup(&self) -> bool {
        self.lookup
    }

    /// The process that asked for it, where that is another one.
    #[must_use]
    pub fn client(&self) -> Option<u32> {
        self.client
    }

    /// The tool that it is a call of.
    #[must_use]
    pub fn tool(&self) -> Option<&'static str> {
        self.tool
    }

    /// When it ends.
    #[must_use]
    pub fn deadline(&self) -> Instant {
        self.deadline
    }

    /// What it is doing, for who watches over it. No path and nothing that Graph said is in it.
    #[must_use]
    pub fn activity(&self) -> watch::Receiver<String> {
        self.activity.subscribe()
    }

    /// The bytes of answers that it may still take.
    pub(super) fn room(&self) -> usize {
        self.room.load(Ordering::Relaxed)
    }

    /// Counts an answer of `bytes`.
    pub(super) fn took(&self, bytes: usize) {
        // What was under way at the same time may take it below nothing.
        let _ = self
            .room
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |room| Some(room.saturating_sub(bytes)));
    }

    /// Says what it is doing now.
    pub fn doing(&self, what: impl FnOnce() -> String) {
        // Nobody looks, most of the time.
        if self.activity.receiver_count() > 0 {
            self.activity.send_replace(what());
        }
    }
}
