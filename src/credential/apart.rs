//! Work that may block for ever, on a thread that nobody has to wait for.

use std::io;

use tokio::sync::oneshot;

/// What `work` comes to. Whoever waits may give up. The runtime's own threads for such work hold up the end of the
/// process until they are done; this one does not.
pub(super) async fn run<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    let (done, outcome) = oneshot::channel();
    // Nobody listens any more where the wait was given up.
    std::thread::Builder::new().name("workiq-auth-wait".into()).spawn(move || done.send(work()).is_ok())?;
    outcome.await.unwrap_or_else(|_| Err(io::Error::other("it was given up")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use tokio::time::timeout;

    #[tokio::test]
    async fn what_blocks_can_be_left_behind() {
        assert_eq!(run(|| Ok(1)).await.unwrap(), 1);
        let (hold, held) = std::sync::mpsc::channel::<()>();
        let work = run(move || held.recv().map_err(io::Error::other));
        assert!(timeout(Duration::from_millis(20), work).await.is_err());
        drop(hold);
    }
}
