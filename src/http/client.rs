//! The client: sends one request, follows nothing, and always ends.

use std::error::Error;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::time::{Instant, timeout_at};

use super::connect::{Connector, host_of, innermost};
use super::error::HttpError;
use crate::error::AuthError;
use crate::settings::network::Network;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const READ_TIMEOUT: Duration = Duration::from_secs(30);
const IDLE_TIMEOUT: Duration = Duration::from_secs(90);

/// A pooled HTTPS client. Cheap to clone; clones share their connections.
#[derive(Clone)]
pub struct HttpClient {
    client: Client<Connector, Full<Bytes>>,
}

/// An answer, read whole.
#[derive(Debug)]
pub struct Response {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl Response {
    /// A header as text, if it is there and is text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

impl HttpClient {
    /// A client for `network`. Reads `NODE_EXTRA_CA_CERTS`; connects to nothing yet.
    ///
    /// # Errors
    /// The extra CA file cannot be used, or TLS cannot be set up.
    pub fn new(network: &Network) -> Result<Self, AuthError> {
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .timer(TokioTimer::new())
            .pool_idle_timeout(IDLE_TIMEOUT)
            .build(Connector::new(network, CONNECT_TIMEOUT)?);
        Ok(Self { client })
    }

    /// Sends `request` and reads the whole answer, of at most `limit` bytes, before `deadline`. Redirects are not
    /// followed: the answer is handed back as it is.
    ///
    /// # Errors
    /// Why no answer came back. An answer with an error status is an answer.
    pub async fn send(
        &self,
        request: Request<Bytes>,
        limit: usize,
        deadline: Instant,
    ) -> Result<Response, HttpError> {
        let host = host_of(request.uri());
        let started = Instant::now();
        let in_all = |host: &str| HttpError::Timeout {
            host: host.to_owned(),
            phase: "in all",
            after: deadline.saturating_duration_since(started),
        };
        let exchange = async {
            let silence = |_| HttpError::Timeout {
                host: host.clone(),
                phase: "waiting for an answer",
                after: READ_TIMEOUT,
            };
            let sent = self.client.request(request.map(Full::new));
            // The connector bounds connecting by itself; this bounds the wait for the head of the answer.
            let answer = tokio::time::timeout(CONNECT_TIMEOUT + READ_TIMEOUT, sent).await.map_err(silence)?;
            let answer = answer.map_err(|error| classify(&error, &host))?;
            let (head, mut body) = answer.into_parts();
            let mut whole = BytesMut::new();
            while let Some(frame) = tokio::time::timeout(READ_TIMEOUT, body.frame()).await.map_err(silence)? {
                let frame = frame
                    .map_err(|error| HttpError::Broken { host: host.clone(), reason: innermost(&error) })?;
                if let Some(data) = frame.data_ref() {
                    if whole.len() + data.len() > limit {
                        return Err(HttpError::TooLarge { host: host.clone(), limit });
                    }
                    whole.extend_from_slice(data);
                }
            }
            Ok(Response { status: head.status, headers: head.headers, body: whole.freeze() })
        };
        timeout_at(deadline, exchange).await.unwrap_or_else(|_| Err(in_all(&host)))
    }
}

/// The [`HttpError`] that our connector put at the bottom, or a broken connection.
fn classify(error: &hyper_util::client::legacy::Error, host: &str) -> HttpError {
    let reason = innermost(error);
    let mut boxed: Option<&(dyn Error + 'static)> = error.source();
    while let Some(cause) = boxed {
        if let Some(ours) = cause.downcast_ref::<HttpError>() {
            return ours.clone();
        }
        boxed = cause.source();
    }
    HttpError::Broken { host: host.to_owned(), reason }
}
