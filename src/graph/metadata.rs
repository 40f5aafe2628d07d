//! What Microsoft Graph says of itself: its `$metadata` document, read into an index, and what is asked of that.

mod annotations;
mod csdl;
mod link;
mod model;
mod names;
mod paths;
mod pattern;
mod place;
mod resolve;
mod search;
mod segment;
mod xml;

use std::sync::OnceLock;

use model::Model;
use paths::Paths;
pub use place::{Operation, Operations};
pub use resolve::{Kind, Parameter, Resource};
pub use search::{Found, Search, SearchError};

/// Graph's metadata: types, operations and where paths begin.
#[derive(Debug)]
pub struct Metadata {
    model: Model,
    /// Made when they are first asked for.
    paths: OnceLock<Paths>,
}

/// Why a document was not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Graph's $metadata cannot be read: {0}.")]
pub struct MetadataError(String);

impl MetadataError {
    fn new(what: &str) -> Self {
        Self(crate::error::printable(what, 300))
    }
}

impl Metadata {
    /// Reads a CSDL document (OData 4.01, XML), such as `https://graph.microsoft.com/v1.0/$metadata`.
    ///
    /// # Errors
    /// It is not UTF-8, not well-formed, cut off, larger than 64 MB, nested more than 64 deep, has a document type,
    /// or has a type that is its own base. What it refers to and does not have is taken as untyped.
    pub fn parse(document: &[u8]) -> Result<Self, MetadataError> {
        Ok(Self { model: csdl::read(document)?, paths: OnceLock::new() })
    }
}
