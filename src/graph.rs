//! Microsoft Graph: which paths, and how they are asked for.

mod client;
pub mod metadata;
pub mod path;

pub use client::{GraphClient, GraphFailure, GraphResponse};
