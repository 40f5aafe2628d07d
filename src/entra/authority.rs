//! Where tokens of a tenant come from.

use std::fmt;

use crate::settings::identity::TenantId;
use crate::settings::origin::Origin;

/// The v2.0 token endpoint of one tenant.
///
/// Known without a discovery round trip:
/// learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TokenEndpoint(String);

impl TokenEndpoint {
    /// The endpoint of `tenant` at `authority`.
    #[must_use]
    pub fn new(authority: &Origin, tenant: &TenantId) -> Self {
        Self(authority.join(&format!("/{tenant}/oauth2/v2.0/token")))
    }

    /// No endpoint, where a sign-in needs none: nothing can be sent to it.
    pub(crate) fn none() -> Self {
        Self(String::new())
    }
}

impl fmt::Display for TokenEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_endpoint_is_the_documented_one() {
        let authority = Origin::parse("https://login.microsoftonline.com").unwrap();
        let endpoint = TokenEndpoint::new(&authority, &TenantId::parse("contoso.com").unwrap());
        assert_eq!(endpoint.to_string(), "https://login.microsoftonline.com/contoso.com/oauth2/v2.0/token");
    }
}
