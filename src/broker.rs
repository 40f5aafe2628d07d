//! The broker: one process holds the credential and answers calls of tools; those behind it hold nothing.
//!
//! What is asked is a tool's name and its arguments, what is given is the result as it would be shown: links taken out,
//! within the boundary, written down in the audit, all in the process that holds the credential. A token is given only
//! where the broker was told to.

mod client;
mod server;
mod wire;

use serde_json::{Map, Value};

use crate::graph::Call;
use crate::tools::shown::{Shown, View};
use crate::tools::{Definition, Tools};
pub use client::Client;
pub use server::Broker;

/// Tools, wherever their credential is.
pub enum Toolbox {
    /// In this process.
    Own(Box<Tools>),
    /// Behind a broker.
    Brokered(Box<Client>),
}

/// How large a result may be, and whether it is shown exactly.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ViewLimits {
    /// Bytes of one result, where that is set.
    pub response_bytes: Option<usize>,
    /// Whether characters that show nothing are handed out as they are.
    pub exact_text: bool,
}

impl Toolbox {
    /// The tools that are offered. Where the broker cannot be asked, those that read.
    pub async fn list(&self) -> Vec<&'static Definition> {
        match self {
            Self::Own(tools) => tools.list(),
            Self::Brokered(client) => client.list().await,
        }
    }

    /// A call that begins now.
    #[must_use]
    pub fn begin(&self) -> Call {
        match self {
            Self::Own(tools) => tools.begin(),
            Self::Brokered(_) => Client::begin(),
        }
    }

    /// How results are to be shown.
    pub async fn limits(&self) -> ViewLimits {
        match self {
            Self::Own(tools) => {
                let serving = tools.serving();
                ViewLimits { response_bytes: serving.response_bytes, exact_text: serving.exact_text }
            }
            Self::Brokered(client) => client.limits().await,
        }
    }

    /// Calls `name`; `None` if there is no such tool.
    pub async fn call(
        &self,
        name: &str,
        arguments: Map<String, Value>,
        view: &View,
        call: &Call,
    ) -> Option<Shown> {
        match self {
            Self::Own(tools) => Some(tools.call(name, arguments, call).await?.shown(view)),
            Self::Brokered(client) => client.call(name, arguments, view, call).await,
        }
    }
}
