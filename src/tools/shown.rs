//! A result as it leaves us: for a model, in what its client's protocol knows, or for a command.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::present::{Presentation, Rendering, present, present_text};
use super::{Outcome, PAYLOAD};
use crate::error::AuthError;

/// How a result is to be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct View {
    /// Its limits.
    pub presentation: Presentation,
    /// What its reader understands.
    pub rendering: Rendering,
}

/// What is shown of an outcome. It travels between processes as it is.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Shown {
    /// The structured result, where there is one and the reader knows such.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub structured: Option<Value>,
    /// The text.
    pub text: String,
    /// What to say in a text of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closing: Option<String>,
    /// Whether the text is ours or the result itself, as a schema is, rather than a short form of what was read.
    pub plain: bool,
    /// Whether the call failed as a whole.
    pub failed: bool,
    /// Why nothing could be asked at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<AuthError>,
}

impl Shown {
    /// There is no way to Graph.
    #[must_use]
    pub fn of_error(error: AuthError) -> Self {
        Self {
            structured: None,
            text: error.report(),
            closing: None,
            plain: true,
            failed: true,
            error: Some(error),
        }
    }
}

impl Outcome {
    /// This outcome in a view.
    #[must_use]
    pub fn shown(self, view: &View) -> Shown {
        let View { presentation, rendering } = view;
        let Self { structured, text, failed, error } = self;
        let plain = |structured, text| Shown { structured, text, closing: None, plain: true, failed, error };
        let Some(value) = structured else { return plain(None, text) };
        if !text.is_empty() {
            // The text is the result; what is structured is about it.
            let text = present_text(text, &value, presentation.budget, *rendering);
            return plain((*rendering == Rendering::Short).then_some(value), text);
        }
        let shown = present(value, presentation, *rendering, Some(PAYLOAD));
        Shown {
            structured: shown.structured,
            text: shown.text,
            closing: shown.closing.map(str::to_owned),
            plain: false,
            failed,
            error: None,
        }
    }
}
