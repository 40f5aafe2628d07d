//! What is inside, for people.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;

use super::Boundary;
use crate::settings::boundary::{Methods, Terms};

impl Boundary {
    /// What is inside, in words.
    #[must_use]
    pub fn explain(&self) -> String {
        let mut text = String::from("Inside the boundary:\n");
        let mut line = |what: &str, id: &str, terms: Terms, only: Option<(&str, &HashSet<String>)>| {
            let _ = write!(text, "- {what} {id}");
            if let Some((what, only)) = only {
                let mut only: Vec<_> = only.iter().map(String::as_str).collect();
                only.sort_unstable();
                let _ = write!(text, ", only {what} {}", only.join(", "));
            }
            if let Some(window) = terms.window {
                let _ = write!(text, ", only what is {}", window.words());
            }
            if terms.methods != Methods::ALL {
                let _ = write!(text, ", only to {}", terms.methods.words());
            }
            text.push('\n');
        };
        for (id, rule) in sorted(&self.rules.users) {
            line("user", id, rule.terms, rule.mail_folders.as_ref().map(|only| ("the mail folders", only)));
        }
        for (id, terms) in sorted(&self.rules.organizers) {
            line("online meetings organized by", id, *terms, None);
        }
        for (id, rule) in sorted(&self.rules.teams) {
            line("team", id, rule.terms, rule.channels.as_ref().map(|only| ("the channels", only)));
        }
        for (id, terms) in sorted(&self.rules.chats) {
            line("chat", id, *terms, None);
        }
        for (what, list) in [("site", &self.rules.sites), ("drive", &self.rules.drives)] {
            for (id, methods) in sorted(list) {
                line(what, id, (*methods).into(), None);
            }
        }
        text.push_str("Everything else is outside, lists of all users, groups, chats and sites among it.\n");
        text
    }
}

fn sorted<V>(map: &HashMap<String, V>) -> Vec<(&String, &V)> {
    let mut entries: Vec<_> = map.iter().collect();
    entries.sort_unstable_by_key(|(id, _)| *id);
    entries
}
