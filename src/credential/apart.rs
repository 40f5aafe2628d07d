//! Work that may block for ever, on a thread that nobody has to wait for.

use std::io;

use tokio::sync::oneshot;
use tokio::time::{Instant, timeout_at};

/// What `work` comes to, before `deadline`. The runtime's own threads for such work hold up the end of the process until
/// they are done; this one does not.
pub(super) async fn run<T: Send + 'static>(
    deadline: Instant,
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    let (done, outcome) = oneshot::channel();
    // Nobody listens any more where the deadline has passed.
    std::thread::Builder::new().name("workiq-auth-wait".into()).spawn(move || done.send(work()).is_ok())?;
    match timeout_at(deadline, outcome).await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(_)) => Err(io::Error::other("it was given up")),
        Err(_) => Err(io::Error::new(io::ErrorKind::TimedOut, "it took too long")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[tokio::test]
    async fn what_blocks_is_left_behind_at_the_deadline() {
        let soon = || Instant::now() + Duration::from_millis(20);
        assert_eq!(run(Instant::now() + Duration::from_secs(30), || Ok(1)).await.unwrap(), 1);
        let (hold, held) = std::sync::mpsc::channel::<()>();
        let error = run(soon(), move || held.recv().map_err(io::Error::other)).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        drop(hold);
    }
}
