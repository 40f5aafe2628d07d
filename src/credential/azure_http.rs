//! Our HTTP client as the one that Azure's SDK sends its requests with: no second TLS stack, our deadlines, and no
//! retries under ours.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use azure_core::error::{Error, ErrorKind as AzureKind};
use azure_core::http::headers::{HeaderName, Headers};
use azure_core::http::{AsyncRawResponse, Body, HttpClient as AzureHttpClient, Method, Request};
use tokio::time::Instant;

use crate::http::{HttpClient, HttpError, Limits, Response};

/// Tokens have a few kilobytes, and come from nearby.
const LIMITS: Limits = Limits { bytes: 64 << 10, silence: Duration::from_secs(10), wipe: true };

/// Our client, for requests that end at `deadline`.
pub(super) struct AzureHttp {
    http: HttpClient,
    deadline: Instant,
}

impl AzureHttp {
    pub(super) fn new(http: HttpClient, deadline: Instant) -> Self {
        Self { http, deadline }
    }
}

/// Why there is no answer of success. It passes through the SDK as an error of a kind that it never retries: one of its
/// credentials brings retry options of its own, and the loop above us knows the deadline.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// No answer at all.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// An answer that is no success.
    #[error("HTTP {status}")]
    Status {
        /// Its status.
        status: u16,
        /// What it says; it holds no token.
        body: String,
        /// How long to wait, as it says.
        retry_after: Option<Duration>,
    },
}

impl Failure {
    /// The failure that an error of the SDK goes back to.
    pub(super) fn behind(error: &Error) -> Option<&Self> {
        let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
        while let Some(this) = cause {
            if let Some(failure) = this.downcast_ref::<Self>() {
                return Some(failure);
            }
            cause = this.source();
        }
        None
    }
}

#[async_trait]
impl AzureHttpClient for AzureHttp {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let answer = self.http.send(translate(request)?, LIMITS, self.deadline).await.map_err(fail)?;
        receive(answer)
    }
}

/// Nothing of it: headers hold secrets.
impl fmt::Debug for AzureHttp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AzureHttp").finish_non_exhaustive()
    }
}

fn fail(error: impl Into<Failure>) -> Error {
    Error::new(AzureKind::Other, error.into())
}

fn translate(request: &Request) -> azure_core::Result<http::Request<bytes::Bytes>> {
    let method = match request.method() {
        Method::Get => http::Method::GET,
        Method::Post => http::Method::POST,
        other => return Err(fail(HttpError::Request(format!("the method {other:?} is not used here")))),
    };
    let Body::Bytes(body) = request.body() else {
        return Err(fail(HttpError::Request("a body that is a stream is not used here".into())));
    };
    let mut builder = http::Request::builder().method(method).uri(request.url().as_str());
    for (name, value) in request.headers().iter() {
        builder = builder.header(name.as_str(), value.as_str());
    }
    builder.body(body.clone()).map_err(|error| fail(HttpError::Request(error.to_string())))
}

/// An answer in the SDK's type, or why it is none of success.
pub(super) fn receive(answer: Response) -> azure_core::Result<AsyncRawResponse> {
    let status = answer.status.as_u16();
    if !answer.status.is_success() {
        let retry_after = answer.header("retry-after").and_then(|value| value.trim().parse().ok());
        return Err(fail(Failure::Status {
            status,
            retry_after: retry_after.map(Duration::from_secs),
            body: String::from_utf8_lossy(&answer.body).into_owned(),
        }));
    }
    let mut headers = Headers::new();
    for (name, value) in &answer.headers {
        if let Ok(value) = value.to_str() {
            headers.insert(HeaderName::from(name.as_str().to_owned()), value.to_owned());
        }
    }
    Ok(AsyncRawResponse::from_bytes(status.into(), headers, answer.body))
}

#[cfg(test)]
mod tests {
    use super::super::ci::test_support::answer;
    use super::*;
    use crate::settings::network::Network;
    use azure_core::http::Url;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    #[test]
    fn a_request_is_translated_whole() {
        let url = Url::parse("http://127.0.0.1:41741/msi/token?api-version=2019-08-01").unwrap();
        let mut request = Request::new(url, Method::Get);
        request.insert_header("x-identity-header", "hush");
        let ours = translate(&request).unwrap();
        assert_eq!(ours.uri(), "http://127.0.0.1:41741/msi/token?api-version=2019-08-01");
        assert_eq!(
            (ours.method(), &ours.headers()["x-identity-header"]),
            (&http::Method::GET, &"hush".parse().unwrap())
        );
        request.set_method(Method::Put);
        assert!(translate(&request).is_err());
        request.set_method(Method::Get);
        request.insert_header("x-identity-header", "hush\n");
        assert!(!format!("{:?}", translate(&request).unwrap_err()).contains("hush"));
    }

    #[tokio::test]
    async fn plain_http_beside_this_machine_is_spoken_too() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = Url::parse(&format!("http://{}/msi/token?x=1", listener.local_addr().unwrap())).unwrap();
        let serve = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut head = vec![0; 4096];
            let length = stream.read(&mut head).await.unwrap();
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").await.unwrap();
            String::from_utf8_lossy(&head[..length]).into_owned()
        };
        let http = HttpClient::new(&Network::default()).unwrap();
        let client = AzureHttp::new(http, Instant::now() + Duration::from_secs(30));
        let request = Request::new(url, Method::Get);
        let (head, answer) = tokio::join!(serve, client.execute_request(&request));
        assert!(head.starts_with("GET /msi/token?x=1 HTTP/1.1\r\n"), "{head}");
        assert_eq!(&answer.unwrap().into_body().collect().await.unwrap()[..], b"{}");
    }

    #[test]
    fn what_is_no_success_is_an_error_that_the_sdk_leaves_alone() {
        assert_eq!(u16::from(receive(answer(200, &[], "{}")).unwrap().status()), 200);
        let error = receive(answer(503, &[("retry-after", "3")], "busy")).unwrap_err();
        assert_eq!(error.kind(), &AzureKind::Other);
        // However deep the SDK wraps it.
        let error = error.with_context("once").with_context("twice");
        let Some(Failure::Status { status, body, retry_after }) = Failure::behind(&error) else {
            panic!("{error:?}")
        };
        assert_eq!((*status, body.as_str(), *retry_after), (503, "busy", Some(Duration::from_secs(3))));
        assert!(Failure::behind(&Error::with_message(AzureKind::Other, "another")).is_none());
    }
}
