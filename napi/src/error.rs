//! An error as data. The facade makes an `AuthError` of it, with a JavaScript stack.

use napi_derive::napi;
use workiq_auth::error::AuthError;

#[napi(object)]
pub struct ErrorData {
    pub code: String,
    pub message: String,
    pub hint: Option<String>,
    pub aadsts: Option<u32>,
    pub status: Option<u32>,
    pub suberror: Option<String>,
    pub claims: Option<String>,
    pub correlation_id: Option<String>,
    pub trace_id: Option<String>,
    pub retryable: bool,
}

impl From<&AuthError> for ErrorData {
    fn from(error: &AuthError) -> Self {
        let parts = error.parts().clone();
        Self {
            code: parts.code.into_owned(),
            message: parts.message,
            hint: parts.hint,
            aadsts: parts.aadsts,
            status: parts.status.map(u32::from),
            suberror: parts.suberror,
            claims: parts.claims,
            correlation_id: parts.correlation_id,
            trace_id: parts.trace_id,
            retryable: parts.retryable,
        }
    }
}
