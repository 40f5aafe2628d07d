//! Log lines, on stderr: stdout belongs to the protocol.

use tracing::Level;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// The variable that sets the level.
pub const VARIABLE: &str = "WORKIQ_LOG";

/// What a level looks like, for messages.
pub const EXPECTED: &str = "error, warn, info, debug or trace";

/// Parses a level; the longer names are Work IQ's own.
///
/// # Errors
/// What is wrong with it.
pub fn parse_level(text: &str) -> Result<Level, &'static str> {
    match text.to_ascii_lowercase().as_str() {
        "error" | "critical" => Ok(Level::ERROR),
        "warn" | "warning" => Ok(Level::WARN),
        "info" | "information" => Ok(Level::INFO),
        "debug" | "verbose" => Ok(Level::DEBUG),
        "trace" => Ok(Level::TRACE),
        _ => Err("is not a log level"),
    }
}

/// Sends our own log lines to stderr. Those of libraries stay out at every level: some print headers, and a token is
/// in one. Does nothing if the process has a subscriber already.
pub fn init(level: Level) {
    let ours = Targets::new().with_target("workiq_auth", level);
    let lines =
        tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(false).with_target(false);
    let _ = tracing_subscriber::registry().with(ours).with(lines).try_init();
}
