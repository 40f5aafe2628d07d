//! Why no answer came back.

use std::time::Duration;

use crate::error::{AuthError, ErrorKind, ErrorParts};

/// Why a request got no answer.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HttpError {
    /// No connection: the name was not found, the host refused, the network is down.
    #[error("could not connect to {host}: {reason}")]
    Connect {
        /// Host and port.
        host: String,
        /// The system's words.
        reason: String,
    },
    /// The proxy could not be reached or would not let us through.
    #[error("the proxy {proxy} did not let us through to {host}: {reason}")]
    Proxy {
        /// The proxy, without credentials.
        proxy: String,
        /// Host and port.
        host: String,
        /// The system's or the proxy's words.
        reason: String,
        /// Whether the proxy answered and said no, rather than not being reached.
        refused: bool,
    },
    /// TLS failed, most often on an unknown CA.
    #[error("TLS with {host} failed: {reason}")]
    Tls {
        /// Host and port.
        host: String,
        /// OpenSSL's words, with the result of verification.
        reason: String,
    },
    /// A deadline passed.
    #[error("{host} did not answer in time ({phase}, {} s)", .after.as_secs_f32())]
    Timeout {
        /// Host and port.
        host: String,
        /// Which deadline: "connecting", "waiting for an answer", "in all".
        phase: &'static str,
        /// How long it was.
        after: Duration,
    },
    /// The connection broke after it stood.
    #[error("the connection to {host} broke: {reason}")]
    Broken {
        /// Host and port.
        host: String,
        /// The system's words.
        reason: String,
    },
    /// The answer is larger than we take.
    #[error("the answer of {host} is larger than {limit} bytes")]
    TooLarge {
        /// Host and port.
        host: String,
        /// The limit in bytes.
        limit: usize,
    },
    /// TLS or the proxy could not be set up; nothing was sent.
    #[error("{0}")]
    Setup(AuthError),
    /// The request itself could not be formed.
    #[error("not a request: {0}")]
    Request(String),
}

impl HttpError {
    /// The phase of a time-out in which no connection stands yet.
    pub(super) const CONNECTING: &str = "connecting";

    /// Whether no byte of the request can have reached the host.
    #[must_use]
    pub fn before_sending(&self) -> bool {
        match self {
            Self::Connect { .. }
            | Self::Proxy { .. }
            | Self::Tls { .. }
            | Self::Setup(_)
            | Self::Request(_) => true,
            Self::Timeout { phase, .. } => *phase == Self::CONNECTING,
            Self::Broken { .. } | Self::TooLarge { .. } => false,
        }
    }

    /// Whether the same request may get an answer later with nothing changed.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Connect { .. } | Self::Timeout { .. } | Self::Broken { .. } => true,
            Self::Proxy { refused, .. } => !refused,
            Self::Tls { .. } | Self::TooLarge { .. } | Self::Setup(_) | Self::Request(_) => false,
        }
    }
}

impl From<HttpError> for AuthError {
    fn from(error: HttpError) -> Self {
        let (kind, code, retryable, hint) = match &error {
            HttpError::Setup(error) => return error.clone(),
            HttpError::Connect { host, .. } => {
                (ErrorKind::Unreachable, "network_error", true, format!("Check that {host} can be reached from here; behind a proxy, set HTTPS_PROXY."))
            }
            HttpError::Proxy { refused, .. } => {
                (ErrorKind::Unreachable, "proxy_error", !refused, "Check HTTPS_PROXY, its user and password, and NO_PROXY.".into())
            }
            HttpError::Tls { .. } => (
                ErrorKind::Tls,
                "tls_error",
                false,
                "If a proxy or a private CA stands between, point NODE_EXTRA_CA_CERTS at its CA certificate (PEM).".into(),
            ),
            HttpError::Timeout { .. } => {
                (ErrorKind::Timeout, "timeout", true, "Try again; if it stays, check proxy and firewall, or allow more time.".into())
            }
            HttpError::Broken { .. } => (ErrorKind::Unreachable, "network_error", true, "Try again; if it stays, check proxy and firewall.".into()),
            HttpError::TooLarge { .. } | HttpError::Request(_) => {
                (ErrorKind::Response, "unexpected_response", false, "Check that the host is really the one meant.".into())
            }
        };
        ErrorParts {
            kind,
            code: code.into(),
            message: error.to_string(),
            hint: Some(hint),
            retryable,
            ..ErrorParts::default()
        }
        .into()
    }
}
