//! The token endpoint of Entra ID: where and how to ask.

pub mod assertion;
pub mod authority;
pub mod request;
pub mod response;
pub mod scope;
pub mod token;

use http::{Request, header};
use tokio::time::Instant;

use crate::error::AuthError;
use crate::http::HttpClient;
use authority::TokenEndpoint;
use request::TokenRequest;
use token::AccessToken;

/// The largest answer that we read from a token endpoint. Real ones have a few kilobytes.
const LIMIT: usize = 1 << 20;

/// Asks `endpoint` for a token, once.
///
/// # Errors
/// What Entra said, or why it could not be asked.
pub async fn acquire(
    http: &HttpClient,
    endpoint: &TokenEndpoint,
    request: &TokenRequest,
    deadline: Instant,
) -> Result<AccessToken, AuthError> {
    let correlation = uuid::Uuid::new_v4().to_string();
    let url = endpoint.to_string();
    tracing::debug!(%url, scope = %request.scope, correlation_id = %correlation, "asking for a token");
    let message = Request::post(&url)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded;charset=utf-8")
        .header(header::ACCEPT, "application/json")
        .header("client-request-id", &correlation)
        .header("return-client-request-id", "true")
        .header("x-client-sku", "workiq-auth")
        .header("x-client-ver", env!("CARGO_PKG_VERSION"))
        .body(request.form())
        .map_err(|error| crate::http::HttpError::Request(error.to_string()))?;
    let answer = http.send(message, LIMIT, deadline).await?;
    response::parse(&answer, &url, &correlation)
}
