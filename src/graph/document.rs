//! Graph's `$metadata`: where it is read from. It is public, so no token goes there.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, StatusCode, header};
use tokio::time::{Instant, timeout_at};

use super::call::Call;
use super::client::GraphClient;
use super::client::exchange::{USER_AGENT, read_openly};
use super::metadata::Metadata;
use super::metadata::store::{Fetched, MetadataFailure, MetadataSource, MetadataStore};
use super::response::GraphFailure;
use crate::error::{AuthError, ErrorKind};
use crate::http::retry::Retries;
use crate::http::{HttpClient, Limits};
use crate::settings::Settings;

/// The version whose metadata is read, and under which all paths are.
const VERSION: &str = "v1.0";

/// Graph's own is 3.4 MB.
const LIMITS: Limits = Limits { bytes: 64 << 20, silence: Duration::from_secs(20), wipe: false };

/// How long it may take in all; less where the caller has less time left.
const TIMEOUT: Duration = Duration::from_secs(40);

/// Asks Graph for the document.
struct Document {
    http: HttpClient,
    url: String,
}

/// The metadata of the Graph of `settings`.
pub(super) fn store(settings: &Settings, http: &HttpClient) -> MetadataStore {
    let url = settings.graph.join(&format!("/{VERSION}/$metadata"));
    let source = Arc::new(Document { http: http.clone(), url });
    MetadataStore::new(&settings.graph, VERSION, settings.serving.cache_dir.clone(), source)
}

#[async_trait]
impl MetadataSource for Document {
    async fn fetch(&self, etag: Option<&str>) -> Result<Fetched, GraphFailure> {
        let deadline = Instant::now() + TIMEOUT;
        let request = || {
            let request = Request::get(&self.url)
                .header(header::USER_AGENT, USER_AGENT)
                .header(header::ACCEPT, "application/xml")
                .header(header::ACCEPT_LANGUAGE, "en-US")
                .header("client-request-id", uuid::Uuid::new_v4().to_string());
            match etag {
                Some(etag) => request.header(header::IF_NONE_MATCH, etag),
                None => request,
            }
            .body(Bytes::new())
        };
        let mut retries = Retries::new(deadline);
        let answer = read_openly(&self.http, request, LIMITS, deadline, &mut retries).await;
        read(answer.map_err(|error| GraphFailure::Transport(error.into()))?)
    }
}

fn read(answer: crate::http::Response) -> Result<Fetched, GraphFailure> {
    match answer.status {
        StatusCode::OK => {
            let etag = answer.header("etag").map(str::to_owned);
            Ok(Fetched::Document { body: answer.body, etag })
        }
        StatusCode::NOT_MODIFIED => Ok(Fetched::NotModified),
        status => Err(GraphFailure::Transport(unavailable(&format!("it answered HTTP {}", status.as_u16())))),
    }
}

fn unavailable(why: &str) -> AuthError {
    let message =
        format!("Microsoft Graph's metadata, which says what paths there are, cannot be had: {why}.");
    AuthError::new(ErrorKind::Response, "metadata_unavailable", message)
        .with_hint("Try again; fetch works without it.")
}

impl GraphClient {
    /// What Graph says of itself: read once, and kept on disk.
    ///
    /// # Errors
    /// [`GraphFailure::Transport`]: it cannot be had now.
    pub async fn metadata(&self, call: &Call) -> Result<Arc<Metadata>, GraphFailure> {
        call.doing(|| "reading Microsoft Graph's metadata".to_owned());
        let metadata = timeout_at(call.deadline(), self.metadata_store().get()).await;
        let late = |_| GraphFailure::Transport(unavailable("it took too long"));
        metadata.map_err(late)?.map_err(|failure| {
            GraphFailure::Transport(match failure.as_ref() {
                MetadataFailure::Graph(GraphFailure::Transport(error)) => error.clone(),
                MetadataFailure::Graph(_) => unavailable("Graph could not be asked"),
                MetadataFailure::Document(error) => unavailable(error.to_string().trim_end_matches('.')),
            })
        })
    }
}
