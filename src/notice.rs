//! What a person should hear although nothing failed: in the log where there is one, else kept for whoever asks.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

/// How many are kept until somebody asks; the oldest give way.
const KEPT: usize = 16;

static WAITING: Mutex<VecDeque<String>> = Mutex::new(VecDeque::new());

/// Says `text`. Never holds a secret.
pub fn warn(text: String) {
    if tracing::enabled!(tracing::Level::WARN) {
        tracing::warn!("{text}");
        return;
    }
    let mut waiting = WAITING.lock().unwrap_or_else(PoisonError::into_inner);
    if waiting.len() == KEPT {
        waiting.pop_front();
    }
    waiting.push_back(text);
}

/// What was said and not logged since the last call, the oldest first.
#[must_use]
pub fn take() -> Vec<String> {
    WAITING.lock().unwrap_or_else(PoisonError::into_inner).drain(..).collect()
}
