//! What a token is asked for.

use std::fmt;

use crate::settings::origin::Origin;

const SUFFIX: &str = "/.default";

/// The application id of Microsoft Graph.
const GRAPH_APP_ID: &str = "00000003-0000-0000-c000-000000000000";

/// The scope of a client-credentials request: one resource, all its granted application permissions.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Scope(String);

impl Scope {
    /// The scope of the origin that will receive the token.
    #[must_use]
    pub fn of(resource: &Origin) -> Self {
        Self(format!("{resource}{SUFFIX}"))
    }

    /// Parses one scope. Client credentials take only `<resource>/.default` (AADSTS1002012), and one resource a
    /// request (AADSTS70011).
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        let resource = text.strip_suffix(SUFFIX).unwrap_or_default();
        let shape =
            !resource.is_empty() && text.bytes().all(|b| b.is_ascii_graphic() && b != b'"' && b != b'\\');
        if shape {
            Ok(Self(text.to_owned()))
        } else {
            Err(format!(
                "\"{}\" is not a scope that an application can ask for; expected <resource>/.default, such as \
                 https://graph.microsoft.com/.default",
                crate::error::printable(text, 120)
            ))
        }
    }

    /// Whether it names Microsoft Graph by its application id, which is the same in every tenant and cloud.
    #[must_use]
    pub fn is_graph_by_id(&self) -> bool {
        self.resource() == GRAPH_APP_ID
    }

    /// The resource that it is for: the scope without `/.default`.
    #[must_use]
    pub fn resource(&self) -> &str {
        self.0.strip_suffix(SUFFIX).unwrap_or(&self.0)
    }

    /// The scope as it is sent.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_default_of_one_resource() {
        for good in [
            "https://graph.microsoft.com/.default",
            "api://AzureADTokenExchange/.default",
            "api://x//.default",
        ] {
            assert_eq!(Scope::parse(good).unwrap().as_str(), good);
            assert_eq!(format!("{}/.default", Scope::parse(good).unwrap().resource()), good);
        }
        for bad in
            ["User.Read", "/.default", "a/.default b/.default", "", "https://graph.microsoft.com/Mail.Read"]
        {
            assert!(Scope::parse(bad).is_err(), "{bad}");
        }
    }
}
