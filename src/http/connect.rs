//! Dialling: directly or through the proxy, within a deadline.

use std::error::Error;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::proxy::matcher::Matcher;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tower_service::Service;

use super::error::HttpError;
use super::tls::{self, Alpn, Tls};
use crate::error::AuthError;
use crate::settings::network::Network;

type BoxError = Box<dyn Error + Send + Sync>;
type BoxFuture<T, E> = Pin<Box<dyn Future<Output = Result<T, E>> + Send>>;

/// A TCP connection, or TLS to a proxy: what the connection to the host itself stands on.
type Road = tls::MaybeTls<TokioIo<TcpStream>>;

/// Opens a TCP connection to a host, or a tunnel to it through the proxy.
#[derive(Clone)]
pub(super) struct Dial {
    tcp: HttpConnector,
    proxy: Option<Arc<ProxyDial>>,
}

/// The way through a proxy, which may speak TLS itself.
pub(super) struct ProxyDial {
    matcher: Matcher,
    shown: String,
    connector: Tls<HttpConnector>,
}

impl Dial {
    fn new(network: &Network) -> Result<Self, AuthError> {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        let proxy = match &network.proxy {
            None => None,
            Some(proxy) => Some(Arc::new(ProxyDial {
                matcher: Matcher::builder()
                    .https(proxy.url())
                    .no(network.no_proxy.as_deref().unwrap_or_default())
                    .build(),
                shown: proxy.to_string(),
                // CONNECT is spoken in HTTP/1.1.
                connector: tls::connector(tcp.clone(), network, Alpn::Http1)?,
            })),
        };
        Ok(Self { tcp, proxy })
    }
}

impl ProxyDial {
    /// The proxy without its credentials, if the way to `uri` leads through it.
    pub(super) fn shown_for(&self, uri: &Uri) -> Option<&str> {
        self.matcher.intercept(uri).map(|_| self.shown.as_str())
    }
}

impl Service<Uri> for Dial {
    type Response = Road;
    type Error = HttpError;
    type Future = BoxFuture<Self::Response, Self::Error>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.tcp.poll_ready(cx).map_err(|error| HttpError::Request(error.to_string()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let host = host_of(&uri);
        let mut tcp = self.tcp.clone();
        let proxy = self.proxy.clone();
        Box::pin(async move {
            let through = proxy.as_ref().and_then(|proxy| Some((proxy, proxy.matcher.intercept(&uri)?)));
            let Some((proxy, intercept)) = through else {
                let connected = tcp.call(uri).await;
                return connected
                    .map(Road::Http)
                    .map_err(|error| HttpError::Connect { host, reason: innermost(&error) });
            };
            let mut tunnel = Tunnel::new(intercept.uri().clone(), proxy.connector.clone());
            if let Some(auth) = intercept.basic_auth() {
                tunnel = tunnel.with_auth(auth.clone());
            }
            tunnel.call(uri).await.map_err(|error| {
                // It was reached, and what it said is an answer; all else may be otherwise the next time.
                let refused = error.source().is_none();
                HttpError::Proxy {
                    proxy: proxy.shown.clone(),
                    host,
                    reason: plain(&innermost(&error)),
                    refused,
                }
            })
        })
    }
}

/// [`Dial`] with TLS on top, both within one deadline, every failure an [`HttpError`].
#[derive(Clone)]
pub(super) struct Connector {
    tls: Tls<Dial>,
    proxy: Option<Arc<ProxyDial>>,
    timeout: Duration,
}

impl Connector {
    pub(super) fn new(network: &Network, timeout: Duration) -> Result<Self, AuthError> {
        let dial = Dial::new(network)?;
        let proxy = dial.proxy.clone();
        Ok(Self { tls: tls::connector(dial, network, Alpn::Any)?, proxy, timeout })
    }

    pub(super) fn proxy(&self) -> Option<Arc<ProxyDial>> {
        self.proxy.clone()
    }
}

impl Service<Uri> for Connector {
    type Response = <Tls<Dial> as Service<Uri>>::Response;
    type Error = BoxError;
    type Future = BoxFuture<Self::Response, Self::Error>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.tls.poll_ready(cx)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let host = host_of(&uri);
        let after = self.timeout;
        let connecting = self.tls.call(uri);
        Box::pin(async move {
            match tokio::time::timeout(after, connecting).await {
                Ok(Ok(stream)) => Ok(stream),
                Ok(Err(error)) if error.is::<HttpError>() => Err(error),
                Ok(Err(error)) => Err(HttpError::Tls { host, reason: plain(&error.to_string()) }.into()),
                Err(_) => Err(HttpError::Timeout { host, phase: HttpError::CONNECTING, after }.into()),
            }
        })
    }
}

/// Host and port as a person would look for them.
pub(super) fn host_of(uri: &Uri) -> String {
    let host = uri.host().unwrap_or_default();
    uri.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// The words of the error at the bottom, where the system speaks.
pub(super) fn innermost(error: &(dyn Error + 'static)) -> String {
    let mut last = error;
    while let Some(source) = last.source() {
        last = source;
    }
    last.to_string()
}

/// OpenSSL's words without what only its developers read: `error:CODE:library:function:REASON:file:line:DATA` becomes
/// the reason and the data (<https://docs.openssl.org/master/man3/ERR_error_string>). Other text stays as it is.
fn plain(text: &str) -> String {
    let mut parts = text.split("error:");
    let mut said = vec![parts.next().unwrap_or_default().trim().to_owned()];
    for part in parts {
        let Some((reason, data)) = reason_of(part) else { return text.to_owned() };
        said.push(if data.is_empty() { reason.to_owned() } else { format!("{reason}: {data}") });
    }
    said.retain(|words| !words.is_empty());
    said.join(", ")
}

/// Reason and data of `CODE:library:function:REASON:file:line:DATA`.
fn reason_of(entry: &str) -> Option<(&str, &str)> {
    let fields: Vec<_> = entry.splitn(7, ':').collect();
    let [code, _, _, reason, _, line, data] = fields[..] else { return None };
    let is_number = code.len() >= 8 && code.bytes().all(|b| b.is_ascii_hexdigit());
    let is_openssl = is_number && !line.is_empty() && line.bytes().all(|b| b.is_ascii_digit());
    is_openssl.then_some((reason, data.trim_matches([':', ' ', ','])))
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn of_openssls_words_the_reason_stays() {
        const FAILED: &str = "error:0A000086:SSL routines:tls_post_process_server_certificate:certificate verify \
                              failed:ssl/statem/statem_clnt.c:2125:";
        for (text, reason) in [
            (
                format!("{FAILED}: unable to get local issuer certificate"),
                "certificate verify failed: unable to get local issuer certificate",
            ),
            (
                format!("{FAILED} :: self-signed certificate"),
                "certificate verify failed: self-signed certificate",
            ),
            (FAILED.to_owned(), "certificate verify failed"),
            (
                "error:0A00010B:SSL routines:ssl3_get_record:wrong version number:ssl/record/r.c:354:, \
                 error:0A000139:SSL routines::record layer failure:ssl/record/s.c:693:"
                    .to_owned(),
                "wrong version number, record layer failure",
            ),
            (
                "The certificate chain was issued by an authority.".to_owned(),
                "The certificate chain was issued by an authority.",
            ),
            ("an error: it broke".to_owned(), "an error: it broke"),
        ] {
            assert_eq!(plain(&text), reason, "{text}");
        }
    }
}
