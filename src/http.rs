//! How bytes travel: one pooled client with proxy, trust anchors and deadlines.
//!
//! Built on hyper's pooled client rather than a ready-made one, because each of those reads the whole bundle of
//! trust anchors into memory before the first connection; here OpenSSL looks an anchor up in the system's hashed
//! directory when a handshake needs it.

mod client;
mod connect;
mod error;
pub mod retry;
mod tls;

pub use client::{HttpClient, Limits, Response};
pub use error::HttpError;
pub use tls::has_system_anchors;
