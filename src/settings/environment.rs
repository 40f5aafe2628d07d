//! Environment variables, handed in rather than read from the process: tests, worker threads and callers with an
//! environment of their own all take the same way.

use std::collections::HashMap;
use std::fmt;

use zeroize::Zeroizing;

/// A copy of environment variables. Some are secrets, so values are wiped on drop and never printed.
#[derive(Clone, Default)]
pub struct Environment(HashMap<String, Zeroizing<String>>);

impl Environment {
    /// The variable `name`; empty counts as unset.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(&key(name)).map(|value| value.as_str()).filter(|value| !value.is_empty())
    }

    /// The first of `names` that is set.
    #[must_use]
    pub fn first(&self, names: &[&'static str]) -> Option<(&'static str, &str)> {
        names.iter().find_map(|name| self.get(name).map(|value| (*name, value)))
    }
}

/// Names are case-insensitive on Windows, where a copy of the environment would otherwise lose that.
fn key(name: &str) -> String {
    if cfg!(windows) { name.to_ascii_uppercase() } else { name.to_owned() }
}

impl<K: AsRef<str>, V: Into<String>> FromIterator<(K, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(variables: I) -> Self {
        Self(
            variables
                .into_iter()
                .map(|(name, value)| (key(name.as_ref()), Zeroizing::new(value.into())))
                .collect(),
        )
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_is_unset_and_debug_shows_names_only() {
        let environment: Environment = [("A", ""), ("B", "secret")].into_iter().collect();
        assert_eq!(environment.get("A"), None);
        assert_eq!(environment.first(&["A", "B"]), Some(("B", "secret")));
        assert!(!format!("{environment:?}").contains("secret"));
    }
}
