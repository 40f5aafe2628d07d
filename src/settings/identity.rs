//! Who asks, and whom for: tenant, client and user, each a type that cannot hold a wrong value.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A tenant: its GUID or one of its verified domains.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TenantId(String);

impl TenantId {
    /// What a tenant looks like, for messages.
    pub const EXPECTED: &str = "the tenant's GUID or a verified domain, such as contoso.onmicrosoft.com";

    /// Parses a GUID or domain.
    ///
    /// # Errors
    /// What is wrong with it. `common`, `organizations` and `consumers` name no tenant: client credentials need one
    /// (learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow).
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        if ["common", "organizations", "consumers"].iter().any(|name| text.eq_ignore_ascii_case(name)) {
            return Err("stands for many tenants, and an application signs in to just one");
        }
        if Uuid::try_parse(text).is_ok() && text.len() == 36 {
            return Ok(Self(text.to_ascii_lowercase()));
        }
        if is_domain(text) {
            return Ok(Self(text.to_ascii_lowercase()));
        }
        Err("is neither a GUID nor a domain")
    }

    /// The tenant as it stands in a URL.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_domain(text: &str) -> bool {
    let label = |l: &str| {
        (1..=63).contains(&l.len())
            && l.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !l.starts_with('-')
            && !l.ends_with('-')
    };
    text.len() <= 253 && text.contains('.') && text.split('.').all(label)
}

/// An application (client) id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClientId(Uuid);

impl ClientId {
    /// What a client id looks like, for messages.
    pub const EXPECTED: &str = "the application (client) id of the app registration, a GUID";

    /// Parses a GUID in its usual form.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        if text.len() != 36 {
            return Err("is not a GUID");
        }
        Uuid::try_parse(text).map(Self).map_err(|_| "is not a GUID")
    }
}

impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The user that stands in for `/me`: a user principal name or an object id.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct UserRef(String);

impl UserRef {
    /// What a user looks like, for messages.
    pub const EXPECTED: &str = "a user principal name, such as ada@contoso.com, or the user's object id";

    /// Parses a user principal name or object id.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        if text.len() == 36 && Uuid::try_parse(text).is_ok() {
            return Ok(Self(text.to_ascii_lowercase()));
        }
        // Entra's own rule for the part before the @ (learn.microsoft.com/entra/identity/hybrid/connect/plan-connect-userprincipalname),
        // with the # of guest accounts.
        let name = |part: &str| {
            !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || "'.-_!#^~+".contains(c))
        };
        match text.rsplit_once('@') {
            Some((user, domain)) if name(user) && is_domain(domain) => Ok(Self(text.to_owned())),
            _ => Err("is neither a user principal name nor an object id"),
        }
    }

    /// The user as given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for UserRef {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<UserRef> for String {
    fn from(user: UserRef) -> Self {
        user.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenant_is_a_guid_or_a_domain_and_never_common() {
        for good in ["11111111-2222-4333-8444-555555555555", "Contoso.onmicrosoft.com", "contoso.com"] {
            assert!(TenantId::parse(good).is_ok(), "{good}");
        }
        for many in ["common", "Organizations", "consumers"] {
            assert!(TenantId::parse(many).unwrap_err().contains("just one"), "{many}");
        }
        for bad in [
            "contoso",
            "contoso.com/x",
            "con toso.com",
            "-a.com",
            "a..com",
            "{11111111-2222-4333-8444-555555555555}",
            "../x.com",
        ] {
            assert!(TenantId::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_client_id_is_a_guid_in_its_usual_form() {
        assert!(ClientId::parse("11111111-2222-4333-8444-555555555555").is_ok());
        for bad in
            ["11111111222243338444555555555555", "urn:uuid:11111111-2222-4333-8444-555555555555", "my-app"]
        {
            assert!(ClientId::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_user_is_a_upn_or_an_object_id() {
        for good in [
            "ada@contoso.com",
            "o'neil_x#EXT#@contoso.onmicrosoft.com",
            "11111111-2222-4333-8444-555555555555",
        ] {
            assert!(UserRef::parse(good).is_ok(), "{good}");
        }
        for bad in ["ada", "me", "a/b@contoso.com", "ada@", "@contoso.com", "ada@contoso.com?x"] {
            assert!(UserRef::parse(bad).is_err(), "{bad}");
        }
    }
}
