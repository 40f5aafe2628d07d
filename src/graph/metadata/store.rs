//! Where the document comes from: Graph, asked at most once a day, and a copy on disk.

mod copy;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use bytes::Bytes;

use super::{Metadata, MetadataError};
use crate::graph::GraphFailure;
use crate::settings::origin::Origin;
use copy::Copy;

/// How long a document is taken to be good.
const GOOD_FOR: Duration = Duration::from_secs(24 * 60 * 60);

/// How long Graph is not asked again after it could not say whether the document still is.
const PAUSE: Duration = Duration::from_secs(10 * 60);

/// How long a caller waits for that answer, where there is a document to go on with.
const PATIENCE: Duration = Duration::from_secs(5);

/// Asks Graph for its `$metadata`, which is public: no token goes with it.
#[async_trait]
pub trait MetadataSource: Send + Sync {
    /// `GET /{version}/$metadata`, with `If-None-Match` where there is an `ETag`.
    ///
    /// It is dropped where its answer is no longer waited for.
    ///
    /// # Errors
    /// Why there is no document, which must come in bounded time.
    async fn fetch(&self, etag: Option<&str>) -> Result<Fetched, GraphFailure>;
}

/// What Graph answered.
#[derive(Debug)]
pub enum Fetched {
    /// 304: the document of the `ETag` is the one still.
    NotModified,
    /// 200.
    Document {
        /// The document, as it came.
        body: Bytes,
        /// The value of the header `ETag`, as it came.
        etag: Option<String>,
    },
}

/// Why there is no metadata. Nothing is kept of it: who asks next asks Graph anew.
#[derive(Debug)]
pub enum MetadataFailure {
    /// Graph gave no document.
    Graph(GraphFailure),
    /// It gave one that cannot be used.
    Document(MetadataError),
}

/// Graph's metadata, read once however many ask.
pub struct MetadataStore {
    source: Arc<dyn MetadataSource>,
    copy: Option<Copy>,
    /// Held by the one who reads or asks; the others wait for what comes of it.
    flight: tokio::sync::Mutex<()>,
    state: Mutex<State>,
    clock: fn() -> SystemTime,
}

#[derive(Default)]
struct State {
    loaded: Option<Loaded>,
    /// How many flights have ended in failure, and how the latest did.
    failures: u64,
    failed: Option<Arc<MetadataFailure>>,
}

#[derive(Clone)]
struct Loaded {
    metadata: Arc<Metadata>,
    etag: Option<String>,
    /// When Graph is asked whether it is good still.
    due: SystemTime,
}

impl MetadataStore {
    /// The metadata of a version of Graph, such as `v1.0`, at an origin. `directory` is where copies are kept, of each
    /// origin and version its own; without one, or where it cannot be written, there is only memory.
    #[must_use]
    pub fn new(
        origin: &Origin,
        version: &str,
        directory: Option<PathBuf>,
        source: Arc<dyn MetadataSource>,
    ) -> Self {
        Self {
            source,
            copy: directory.map(|directory| Copy::new(&directory, origin, version)),
            flight: tokio::sync::Mutex::default(),
            state: Mutex::default(),
            clock: SystemTime::now,
        }
    }

    /// The metadata: from memory, from disk, or from Graph. A document that is older than a day is used while Graph
    /// cannot be reached.
    ///
    /// # Errors
    /// There is no document, and Graph gave none. All who waited get the same.
    pub async fn get(&self) -> Result<Arc<Metadata>, Arc<MetadataFailure>> {
        let before = {
            let state = self.lock();
            if let Some(metadata) = self.good(&state) {
                return Ok(metadata);
            }
            state.failures
        };
        let _flight = self.flight.lock().await;
        let known = {
            let state = self.lock();
            if let Some(metadata) = self.good(&state) {
                return Ok(metadata);
            }
            if let Some(failed) = state.failed.as_ref().filter(|_| state.failures != before) {
                return Err(failed.clone());
            }
            state.loaded.clone()
        };
        let known = match known {
            Some(loaded) => Some(loaded),
            None => self.read().await,
        };
        if let Some(loaded) = known.as_ref().filter(|loaded| (self.clock)() < loaded.due) {
            self.lock().loaded = Some(loaded.clone());
            return Ok(loaded.metadata.clone());
        }
        match self.ask(known).await {
            Ok(loaded) => {
                let metadata = loaded.metadata.clone();
                self.lock().loaded = Some(loaded);
                Ok(metadata)
            }
            Err(failure) => {
                let failure = Arc::new(failure);
                let mut state = self.lock();
                state.failures += 1;
                state.failed = Some(failure.clone());
                Err(failure)
            }
        }
    }

    fn good(&self, state: &State) -> Option<Arc<Metadata>> {
        let loaded = state.loaded.as_ref()?;
        ((self.clock)() < loaded.due).then(|| loaded.metadata.clone())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The copy on disk, unless there is none that can be used.
    async fn read(&self) -> Option<Loaded> {
        let copy = self.copy.clone()?;
        let now = (self.clock)();
        let read = move || {
            let kept = copy.read()?;
            let metadata = match Metadata::parse(&kept.document) {
                Ok(metadata) => Arc::new(metadata),
                Err(error) => {
                    tracing::debug!("the copy of Graph's metadata is not used: {error}");
                    return None;
                }
            };
            // What was checked in the future was checked by another clock.
            let due = if kept.checked <= now { kept.checked + GOOD_FOR } else { now };
            Some(Loaded { metadata, etag: kept.etag, due })
        };
        tokio::task::spawn_blocking(read).await.ok().flatten()
    }

    /// A new document from Graph, or word that the one that is `known` still is the one.
    async fn ask(&self, known: Option<Loaded>) -> Result<Loaded, MetadataFailure> {
        let Some(known) = known else {
            return match self.source.fetch(None).await.map_err(MetadataFailure::Graph)? {
                Fetched::Document { body, etag } => self.take(body, etag).await,
                Fetched::NotModified => Err(MetadataFailure::Document(MetadataError::new(
                    "Graph says that it has not changed, and there is no copy of it",
                ))),
            };
        };
        let answer = tokio::time::timeout(PATIENCE, self.source.fetch(known.etag.as_deref())).await;
        let checked = (self.clock)();
        match answer {
            Ok(Ok(Fetched::NotModified)) => {
                if let Some(copy) = self.copy.clone() {
                    let touched = tokio::task::spawn_blocking(move || copy.touch(checked)).await;
                    note(touched);
                }
                Ok(Loaded { due: checked + GOOD_FOR, ..known })
            }
            Ok(Ok(Fetched::Document { body, etag })) => match self.take(body, etag).await {
                Ok(loaded) => Ok(loaded),
                Err(failure) => {
                    tracing::warn!("Graph's new metadata is not used: {failure:?}");
                    Ok(Loaded { due: checked + PAUSE, ..known })
                }
            },
            Ok(Err(failure)) => {
                tracing::debug!("Graph's metadata may be out of date: {failure:?}");
                Ok(Loaded { due: checked + PAUSE, ..known })
            }
            Err(_) => Ok(Loaded { due: checked + PAUSE, ..known }),
        }
    }

    /// Reads a document that has come, and keeps a copy of it.
    async fn take(&self, body: Bytes, etag: Option<String>) -> Result<Loaded, MetadataFailure> {
        let (checked, copy) = ((self.clock)(), self.copy.clone());
        let work = move || {
            let metadata = Metadata::parse(&body)?;
            let written = copy.map(|copy| copy.write(&body, etag.as_deref(), checked));
            Ok((Arc::new(metadata), etag, written))
        };
        let broken = |_| MetadataFailure::Document(MetadataError::new("reading it was broken off"));
        let (metadata, etag, written) =
            tokio::task::spawn_blocking(work).await.map_err(broken)?.map_err(MetadataFailure::Document)?;
        if let Some(written) = written {
            note(Ok(written));
        }
        Ok(Loaded { metadata, etag, due: checked + GOOD_FOR })
    }
}

/// A disk that cannot be written costs a request at the next start, and nothing else.
fn note(written: Result<std::io::Result<()>, tokio::task::JoinError>) {
    if let Ok(Err(error)) = written {
        tracing::debug!("no copy of Graph's metadata is kept: {error}");
    }
}

impl std::fmt::Debug for MetadataStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MetadataStore").field("copy", &self.copy).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
