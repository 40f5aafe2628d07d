//! Microsoft Graph: which paths, and how they are asked for.

mod batch;
mod blob;
pub mod boundary;
mod call;
mod client;
pub mod delegated;
mod document;
pub mod granted;
mod lanes;
pub mod least;
pub mod metadata;
mod paging;
pub mod path;
mod pattern;
pub mod permissions;
pub mod refusal;
mod request;
mod response;
mod search;
mod shape;
mod trail;
mod writes;

pub use blob::Blob;
pub use call::Call;
pub use client::GraphClient;
pub use request::{GraphRequest, HeaderError};
pub use response::{GraphFailure, GraphResponse};
