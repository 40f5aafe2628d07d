//! The auth mode: who signs in, and who serves the tools.

use std::fmt;

use crate::settings::problem::Problem;

/// Who signs in, and who serves Work IQ's tools.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum AuthMode {
    /// The signed-in user; Work IQ's own program signs in and serves the tools, exactly as without us.
    #[default]
    Delegated,
    /// A service principal by client credentials; our server serves the tools over Microsoft Graph.
    AppOnly,
    /// An Entra agent identity and its agent user; our bridge to the hosted Work IQ server serves the tools.
    AgentUser,
}

impl AuthMode {
    /// The variable that selects the mode.
    pub const VARIABLE: &str = "WORKIQ_AUTH_MODE";

    /// The values that the variable takes.
    pub const CHOICES: [&str; 3] = ["delegated", "app-only", "agent-user"];

    /// The mode that `value` names; `name` is the variable, option or flag that it came from.
    ///
    /// # Errors
    /// A [`Problem`] that names the variable, the value and the three choices.
    pub fn parse(name: &str, value: &str) -> Result<Self, Problem> {
        match value {
            "delegated" => Ok(Self::Delegated),
            "app-only" => Ok(Self::AppOnly),
            "agent-user" => Ok(Self::AgentUser),
            _ => Err(Problem::wrong(name, value, "is not an auth mode", "delegated, app-only or agent-user")),
        }
    }

    /// The value of the variable that selects this mode.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Delegated => Self::CHOICES[0],
            Self::AppOnly => Self::CHOICES[1],
            Self::AgentUser => Self::CHOICES[2],
        }
    }
}

impl fmt::Display for AuthMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::AuthError;
    use crate::settings::options::Options;
    use crate::settings::resolve_mode;

    fn select(value: Option<&str>) -> Result<AuthMode, AuthError> {
        let environment = value.map(|v| (AuthMode::VARIABLE, v)).into_iter().collect();
        resolve_mode(&Options::default(), &environment)
    }

    #[test]
    fn unset_and_empty_are_delegated() {
        assert_eq!(select(None).unwrap(), AuthMode::Delegated);
        assert_eq!(select(Some("")).unwrap(), AuthMode::Delegated);
    }

    #[test]
    fn each_choice_is_its_own_mode() {
        for choice in AuthMode::CHOICES {
            assert_eq!(select(Some(choice)).unwrap().as_str(), choice);
        }
    }

    #[test]
    fn anything_else_names_variable_value_and_choices() {
        for value in ["App-Only", "apponly", "app-only ", "user"] {
            let text = select(Some(value)).unwrap_err().to_string();
            for part in [AuthMode::VARIABLE, value, "delegated", "app-only", "agent-user"] {
                assert!(text.contains(part), "{text}");
            }
        }
    }
}
