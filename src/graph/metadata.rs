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
mod resource;
mod schema;
mod search;
mod segment;
pub mod store;
mod xml;

use std::fmt;
use std::sync::OnceLock;

use model::Model;
use paths::Paths;
pub use place::{Operation, Operations};
pub use resource::{Kind, Parameter, Resource};
pub use schema::{Format, SchemaError};
pub use search::{Found, Search, SearchError};

/// Graph's metadata: types, operations and where paths begin.
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
    /// Reads a CSDL document (`OData` 4.01, XML), such as `https://graph.microsoft.com/v1.0/$metadata`.
    ///
    /// # Errors
    /// It is not UTF-8, not well-formed, cut off, larger than 64 MB or nested more than 64 deep, or it has a document
    /// type, more than 20,000 types, a type that is its own base, or names that are no identifiers. What it refers to
    /// and does not have is taken as untyped.
    pub fn parse(document: &[u8]) -> Result<Self, MetadataError> {
        Ok(Self { model: csdl::read(document)?, paths: OnceLock::new() })
    }
}

impl fmt::Debug for Metadata {
    /// How much there is, and not a million characters of it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metadata")
            .field("types", &self.model.types.len())
            .field("operations", &self.model.operations.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod tests;
