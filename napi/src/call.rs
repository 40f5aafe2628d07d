//! A way to end what is running. Given out as an object of our own, since napi's `AbortSignal` ignores one that is
//! aborted already and cannot stop running work.

use tokio_util::sync::CancellationToken;

#[derive(Clone, Default)]
pub(crate) struct Cancellation(CancellationToken);

impl Cancellation {
    pub(crate) fn token(&self) -> CancellationToken {
        self.0.clone()
    }

    pub(crate) fn cancel(&self) {
        self.0.cancel();
    }
}
