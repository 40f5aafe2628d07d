//! What a time window makes of a request that is inside otherwise.

use std::time::SystemTime;

use http::Method;
use serde::{Deserialize, Serialize};

use super::guard::asks_below;
use super::piece::Piece;
use super::sight::{Sight, sight};
use super::{Alias, Found, Guard, Known, Lookup, Stop, outside};
use crate::graph::path::GraphPath;
use crate::settings::boundary::{Deed, Methods, Terms, Window};

/// That a request is inside, and on what terms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The terms.
    pub terms: Terms,
    /// Who looks at the answer, where a time window bounds it.
    pub(in crate::graph) guard: Option<Guard>,
}

impl Verdict {
    /// The time window that what is there is filtered by, in words.
    #[must_use]
    pub fn filter(&self) -> Option<String> {
        self.guard.as_ref().and(self.terms.window).map(|window| window.words())
    }
}

/// How a path stands to the boundary, for who asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Standing {
    /// Whether what was asked about may be done there.
    pub allowed: bool,
    /// What may be done there, in words.
    pub methods: String,
    /// The time window that what is there is filtered by, in words.
    pub window: Option<String>,
}

impl Verdict {
    /// How it stands with `deed`.
    #[must_use]
    pub fn standing(&self, deed: Deed) -> Standing {
        let methods = self.terms.methods;
        Standing { allowed: methods.allow(deed), methods: methods.words(), window: self.filter() }
    }
}

impl From<Terms> for Verdict {
    fn from(terms: Terms) -> Self {
        Self { terms, guard: None }
    }
}

/// What a time window makes of a request that is inside otherwise.
///
/// # Errors
/// It cannot be kept within the window, or depends on a time that `known` does not know.
pub(super) fn within(
    window: Window,
    found: &Found<'_>,
    method: &Method,
    path: &GraphPath,
    pieces: &[Piece],
    expanded: &[String],
    known: Lookup<'_>,
) -> Result<Verdict, Stop> {
    if *method != Method::GET {
        return outside("an entry with a time window is only read, with GET");
    }
    let terms = found.terms.and(Methods::READ.into());
    let guard = match sight(pieces, expanded).map_err(Stop::Outside)? {
        Sight::Free if asks_below(path) => {
            return outside(
                "a condition about what lies under these could tell of what is outside the time window",
            );
        }
        Sight::Free => None,
        Sight::Timed { thing, is_list, is_view } => {
            Guard::new(window, thing, (is_list, is_view), path).map_err(Stop::Outside)?
        }
        Sight::Part { owner, property } => {
            let segments: Vec<_> =
                path.own().split('/').filter(|segment| !segment.is_empty()).take(owner).collect();
            let alias = Alias::Time { owner: format!("/{}", segments.join("/")), property };
            match known(&alias) {
                None => return Err(Stop::Ask(alias)),
                Some(Known::Time(time)) if window.holds(time, SystemTime::now()) => None,
                Some(Known::Nothing(why)) => return outside(format!("{why}, so its time is not known")),
                Some(_) => {
                    return outside(format!(
                        "the {property} of what it belongs to is not in the time window ({})",
                        window.words()
                    ));
                }
            }
        }
    };
    Ok(Verdict { terms, guard })
}
