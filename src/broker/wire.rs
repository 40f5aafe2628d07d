//! What is asked of a broker, and what it says of itself.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::credential::brokered::TokenQuestion;
use crate::settings::broker::{Reliance, Wishes};
use crate::settings::writes::Writes;
use crate::tools::shown::View;

/// A question.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Question {
    /// What the broker is like, and whether it has what the asker relies on.
    About(Reliance),
    /// A tool is called.
    Call(CallQuestion),
    /// How a path stands to the boundary.
    Standing(StandingQuestion),
    /// A token is asked for.
    Token(TokenQuestion),
}

/// A call of a tool.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CallQuestion {
    pub(super) tool: String,
    pub(super) arguments: Map<String, Value>,
    pub(super) view: View,
    #[serde(default)]
    pub(super) wishes: Wishes,
}

/// A path, and the word of what would be done there.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct StandingQuestion {
    pub(super) path: String,
    pub(super) deed: String,
}

/// What a broker is like.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct About {
    pub(super) writes: Writes,
    #[serde(default)]
    pub(super) response_bytes: Option<usize>,
    pub(super) exact_text: bool,
}
