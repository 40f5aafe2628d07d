//! Microsoft Graph: which paths, and how they are asked for.

mod client;
pub mod delegated;
pub mod path;
mod pattern;
pub mod permissions;

pub use client::{GraphClient, GraphFailure, GraphResponse};
