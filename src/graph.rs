//! Microsoft Graph: which paths, and how they are asked for.

mod client;
pub mod delegated;
pub mod granted;
pub mod metadata;
pub mod path;
mod pattern;
pub mod permissions;
pub mod refusal;

pub use client::{GraphClient, GraphFailure, GraphResponse};
