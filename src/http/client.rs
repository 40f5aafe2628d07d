//! The client: sends one request, follows nothing, and always ends.

use std::error::Error;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Body as _;
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::time::{Instant, timeout_at};
use zeroize::Zeroizing;

use super::connect::{Connector, ProxyDial, host_of, innermost};
use super::error::HttpError;
use super::tls;
use crate::error::AuthError;
use crate::settings::network::Network;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const IDLE_TIMEOUT: Duration = Duration::from_secs(90);

/// How much room is made for a body ahead of its coming.
const ROOM: usize = 1 << 20;

/// A pooled HTTPS client. Cheap to clone; clones share their connections.
#[derive(Clone)]
pub struct HttpClient {
    inner: Arc<Inner>,
}

/// TLS is set up when it is first needed: a server answers `initialize`, and a preload is loaded, without it.
struct Inner {
    network: Network,
    ready: OnceLock<Result<Ready, AuthError>>,
}

struct Ready {
    client: Client<Connector, Full<Bytes>>,
    proxy: Option<Arc<ProxyDial>>,
}

/// How much of an answer is taken, and how long a silence is borne.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The largest body, in bytes.
    pub bytes: usize,
    /// The longest wait for the head of the answer, once connected, and for each next piece of its body.
    pub silence: Duration,
    /// Whether the body may hold a secret, and is wiped when it is dropped.
    pub wipe: bool,
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
    /// A client for `network`. Connects to nothing yet.
    ///
    /// # Errors
    /// `NODE_EXTRA_CA_CERTS` names a file that cannot be read or has no certificate in it.
    pub fn new(network: &Network) -> Result<Self, AuthError> {
        tls::check(network)?;
        Ok(Self { inner: Arc::new(Inner { network: network.clone(), ready: OnceLock::new() }) })
    }

    fn ready(&self) -> Result<&Ready, AuthError> {
        let Inner { network, ready } = self.inner.as_ref();
        let set_up = || {
            let connector = Connector::new(network, CONNECT_TIMEOUT)?;
            let proxy = connector.proxy();
            let client = Client::builder(TokioExecutor::new())
                .pool_timer(TokioTimer::new())
                .timer(TokioTimer::new())
                .pool_idle_timeout(IDLE_TIMEOUT)
                .build(connector);
            Ok(Ready { client, proxy })
        };
        ready.get_or_init(set_up).as_ref().map_err(Clone::clone)
    }

    /// The proxy on the way to `url`, without its credentials; none where the way is direct.
    #[must_use]
    pub fn proxy_to(&self, url: &str) -> Option<String> {
        let shown = self.ready().ok()?.proxy.as_ref()?.shown_for(&url.parse().ok()?)?;
        Some(shown.to_owned())
    }

    /// Sends `request` once and reads the whole answer, within `limits` and before `deadline`. Redirects are not
    /// followed: the answer is handed back as it is.
    ///
    /// # Errors
    /// Why no answer came back. An answer with an error status is an answer.
    pub async fn send(
        &self,
        request: Request<Bytes>,
        limits: Limits,
        deadline: Instant,
    ) -> Result<Response, HttpError> {
        let host = host_of(request.uri());
        let started = Instant::now();
        let exchange = self.exchange(request, limits, &host);
        timeout_at(deadline, exchange).await.unwrap_or_else(|_| {
            Err(HttpError::Timeout {
                host: host.clone(),
                phase: "in all",
                after: deadline.saturating_duration_since(started),
            })
        })
    }

    async fn exchange(
        &self,
        request: Request<Bytes>,
        Limits { bytes, silence, wipe }: Limits,
        host: &str,
    ) -> Result<Response, HttpError> {
        let silent =
            |_| HttpError::Timeout { host: host.to_owned(), phase: "waiting for an answer", after: silence };
        let too_large = || HttpError::TooLarge { host: host.to_owned(), limit: bytes };
        let ready = self.ready().map_err(HttpError::Setup)?;
        let sent = ready.client.request(request.map(Full::new));
        // The connector bounds connecting by itself; this bounds the wait for the head of the answer.
        let answer = tokio::time::timeout(CONNECT_TIMEOUT + silence, sent).await.map_err(silent)?;
        let (head, mut body) = answer.map_err(|error| classify(&error, host))?.into_parts();
        let announced = body.size_hint().lower();
        if announced > bytes as u64 {
            return Err(too_large());
        }
        // Room for all of it from the start, where the server said how much: a vector that grows leaves copies behind.
        let room = usize::try_from(announced).unwrap_or(bytes).min(ROOM);
        let mut whole = Zeroizing::new(Vec::with_capacity(room));
        while let Some(frame) = tokio::time::timeout(silence, body.frame()).await.map_err(silent)? {
            let broken = |error| HttpError::Broken { host: host.to_owned(), reason: innermost(&error) };
            if let Some(data) = frame.map_err(broken)?.data_ref() {
                if whole.len() + data.len() > bytes {
                    return Err(too_large());
                }
                whole.extend_from_slice(data);
            }
        }
        let body =
            if wipe { Bytes::from_owner(whole) } else { Bytes::from(std::mem::take::<Vec<u8>>(&mut whole)) };
        Ok(Response { status: head.status, headers: head.headers, body })
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
