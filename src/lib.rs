//! Headless sign-in for Microsoft Work IQ: the core, which knows no JavaScript.
//!
//! The rooms, lowest first: [`settings`], [`secret`] and [`error`] are the ground; then [`http`], [`entra`],
//! [`credential`], [`graph`], [`tools`], [`doctor`]; [`mcp`] and [`cli`] on top. Lower rooms never import upper ones.

#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod audit;
pub mod broker;
pub mod cache;
pub mod cli;
pub mod credential;
pub mod doctor;
pub mod entra;
pub mod error;
pub mod graph;
pub mod hints;
pub mod http;
pub mod ipc;
pub mod log;
pub mod mcp;
pub mod mode;
pub mod notice;
mod page;
pub mod secret;
pub mod settings;
pub mod time;
pub mod tools;
