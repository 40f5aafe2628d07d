//! The transport: one JSON-RPC message a line, on the process's own stdin and stdout.
//!
//! Threads of our own read and write, because a client hands over a socketpair (Node), a FIFO (shells) or a file,
//! and only blocking reads work with each. The reader is never waited for: it may sit in a read that nothing ends.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rmcp::RoleServer;
use rmcp::model::{ErrorData, RequestId};
use rmcp::service::{RxJsonRpcMessage, TxJsonRpcMessage};
use rmcp::transport::Transport;
use serde_json::Value;
use tokio::sync::{Notify, mpsc, oneshot};

/// The longest line that is read. A call names paths; this is far beyond any.
const LONGEST: u64 = 4 << 20;

/// How long calls that are under way may still take once stdin has ended.
const LINGER: Duration = Duration::from_secs(10);

/// How long to let a descriptor be that is not ready. Ours block; but another process that shares one may have made it
/// non-blocking, and there is no way to wait for it without unsafe code.
const BACK_OFF: Duration = Duration::from_millis(5);

type Incoming = RxJsonRpcMessage<RoleServer>;
type Outgoing = TxJsonRpcMessage<RoleServer>;
type Line = (Vec<u8>, oneshot::Sender<std::io::Result<()>>);

pub(super) struct Stdio {
    incoming: mpsc::Receiver<Result<Incoming, Outgoing>>,
    outgoing: std::sync::mpsc::Sender<Line>,
    unanswered: Arc<Unanswered>,
}

/// Requests that came in and have no answer yet.
#[derive(Default)]
struct Unanswered {
    count: AtomicUsize,
    answered: Notify,
}

impl Stdio {
    /// Begins to read.
    pub(super) fn open() -> Self {
        let (to_us, incoming) = mpsc::channel(64);
        let (outgoing, to_write) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            read_lines(BufReader::with_capacity(64 << 10, std::io::stdin().lock()), &to_us);
        });
        std::thread::spawn(move || write_lines(std::io::stdout(), &to_write));
        Self { incoming, outgoing, unanswered: Arc::default() }
    }

    fn write(&self, message: &Outgoing) -> oneshot::Receiver<std::io::Result<()>> {
        let (done, written) = oneshot::channel();
        // A message that cannot be serialised does not exist; a writer that has gone drops `done`.
        if let Ok(mut line) = serde_json::to_vec(message) {
            line.push(b'\n');
            let _ = self.outgoing.send((line, done));
        }
        written
    }
}

impl Transport<RoleServer> for Stdio {
    type Error = std::io::Error;

    fn send(&mut self, item: Outgoing) -> impl Future<Output = Result<(), Self::Error>> + Send + 'static {
        let answer = matches!(item, Outgoing::Response(_) | Outgoing::Error(_));
        let written = self.write(&item);
        let unanswered = Arc::clone(&self.unanswered);
        async move {
            let outcome = written.await.unwrap_or_else(|_| Err(ErrorKind::BrokenPipe.into()));
            if answer {
                let _ =
                    unanswered.count.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1));
                unanswered.answered.notify_one();
            }
            outcome
        }
    }

    async fn receive(&mut self) -> Option<Incoming> {
        loop {
            match self.incoming.recv().await {
                Some(Ok(message)) => {
                    if matches!(message, Incoming::Request(_)) {
                        self.unanswered.count.fetch_add(1, Ordering::SeqCst);
                    }
                    return Some(message);
                }
                Some(Err(complaint)) => {
                    // Not waited for: a client that does not read must not keep us from reading.
                    drop(self.write(&complaint));
                }
                None => {
                    // `printf … | workiq-auth mcp` ends stdin at once, and still wants its answers.
                    let all = async {
                        while self.unanswered.count.load(Ordering::SeqCst) > 0 {
                            self.unanswered.answered.notified().await;
                        }
                    };
                    let _ = tokio::time::timeout(LINGER, all).await;
                    return None;
                }
            }
        }
    }

    async fn close(&mut self) -> Result<(), Self::Error> {
        Ok(())
    }
}

/// Reads lines until the end, an error, or until nobody listens.
fn read_lines(mut input: impl BufRead, to_us: &mpsc::Sender<Result<Incoming, Outgoing>>) {
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = input.by_ref().take(LONGEST + 1).read_until(b'\n', &mut line);
        let message = match read {
            Ok(0) => return,
            Ok(_) if !line.ends_with(b"\n") && line.len() as u64 > LONGEST => {
                if skip_line(&mut input).is_err() {
                    return;
                }
                Some(Err(complaint(-32600, &format!("the line is longer than {LONGEST} bytes"), None)))
            }
            Ok(_) => parse(&line),
            Err(error) if matches!(error.kind(), ErrorKind::Interrupted) => continue,
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock) => {
                std::thread::sleep(BACK_OFF);
                continue;
            }
            Err(_) => return,
        };
        if let Some(message) = message
            && to_us.blocking_send(message).is_err()
        {
            return;
        }
    }
}

/// Reads on to the end of the line, keeping nothing.
fn skip_line(input: &mut impl BufRead) -> std::io::Result<()> {
    loop {
        let buffer = input.fill_buf()?;
        let (used, done) = match buffer.iter().position(|b| *b == b'\n') {
            Some(at) => (at + 1, true),
            None => (buffer.len(), buffer.is_empty()),
        };
        input.consume(used);
        if done {
            return Ok(());
        }
    }
}

/// The message in a line; nothing for an empty one and for a notification that we do not know; a complaint for
/// whatever else is none.
fn parse(line: &[u8]) -> Option<Result<Incoming, Outgoing>> {
    let line = line.trim_ascii();
    if line.is_empty() {
        return None;
    }
    let error = match serde_json::from_slice(line) {
        Ok(message) => return Some(Ok(message)),
        Err(error) => error,
    };
    let Ok(value) = serde_json::from_slice::<Value>(line) else {
        return Some(Err(complaint(-32700, &format!("the line is not JSON: {error}"), None)));
    };
    let id = value.get("id").and_then(|id| serde_json::from_value::<RequestId>(id.clone()).ok());
    if id.is_none() && value.get("method").is_some_and(Value::is_string) {
        return None;
    }
    Some(Err(complaint(-32600, "the line is JSON but not a JSON-RPC 2.0 message of this protocol", id)))
}

fn complaint(code: i32, message: &str, id: Option<RequestId>) -> Outgoing {
    Outgoing::error(ErrorData::new(rmcp::model::ErrorCode(code), message.to_owned(), None), id)
}

/// Writes lines until there are no more or stdout is closed.
fn write_lines(mut output: impl Write, lines: &std::sync::mpsc::Receiver<Line>) {
    for (line, done) in lines {
        let outcome = write_whole(&mut output, &line);
        let broken = outcome.is_err();
        let _ = done.send(outcome);
        if broken {
            return;
        }
    }
}

fn write_whole(output: &mut impl Write, mut rest: &[u8]) -> std::io::Result<()> {
    while !rest.is_empty() {
        match output.write(rest) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(written) => rest = &rest[written..],
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                std::thread::sleep(BACK_OFF);
            }
            Err(error) => return Err(error),
        }
    }
    output.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(input: &[u8]) -> Vec<Result<Incoming, Outgoing>> {
        let (to_us, mut messages) = mpsc::channel(64);
        read_lines(BufReader::new(input), &to_us);
        drop(to_us);
        std::iter::from_fn(|| messages.blocking_recv()).collect()
    }

    fn code(outgoing: &Outgoing) -> i64 {
        serde_json::to_value(outgoing).unwrap()["error"]["code"].as_i64().unwrap()
    }

    const PING: &str = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;

    #[test]
    fn a_bad_line_is_complained_about_and_the_next_is_read() {
        for (bad, expected) in [("{oops", -32700), ("[]", -32600), (r#"{"id":7}"#, -32600), ("\u{0}", -32700)]
        {
            let messages = read(format!("{bad}\n{PING}\r\n\n").as_bytes());
            assert_eq!(messages.len(), 2, "{bad}");
            assert_eq!(code(messages[0].as_ref().unwrap_err()), expected, "{bad}");
            assert!(messages[1].is_ok());
        }
    }

    #[test]
    fn a_line_that_is_too_long_is_skipped_whole() {
        let mut input = vec![b'x'; 10 << 20];
        input.extend(format!("\n{PING}").as_bytes());
        let messages = read(&input);
        assert_eq!(messages.len(), 2);
        assert_eq!(code(messages[0].as_ref().unwrap_err()), -32600);
        assert!(messages[1].is_ok());
    }
}
