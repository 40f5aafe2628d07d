//! What the application holds, as its token says it: for explanations, never for a decision.

use std::fmt;

use uuid::Uuid;

use crate::credential::jwt::Claims;
use crate::error::printable;

/// The application behind an access token and the permissions in it. Read without verifying, so it explains and
/// decides nothing: Microsoft tells clients not to rely on the content of a token for Graph
/// (learn.microsoft.com/entra/identity-platform/access-tokens).
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Granted {
    /// `appid` or `azp`, the application (client) id.
    pub app_id: Option<Uuid>,
    /// `tid`, the tenant.
    pub tenant_id: Option<Uuid>,
    /// `oid`, the service principal, whom permissions are granted to.
    pub object_id: Option<Uuid>,
    /// `roles`, the application permissions, made printable.
    pub roles: Vec<String>,
}

impl Granted {
    /// What `token` says; none where it cannot be read, or has a person behind it, whose permissions are scopes.
    #[must_use]
    pub fn of(token: &str) -> Option<Self> {
        let claims = Claims::read(token).ok().filter(|claims| !claims.is_delegated())?;
        let id = |claim: Option<String>| claim.and_then(|text| Uuid::try_parse(&text).ok());
        Some(Self {
            app_id: id(claims.client),
            tenant_id: id(claims.tenant),
            object_id: id(claims.object),
            roles: claims.roles.iter().map(|role| printable(role, 80)).collect(),
        })
    }

    /// Whether the permission called `name` is there.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.roles.iter().any(|role| role.eq_ignore_ascii_case(name))
    }

    /// The first `most` permissions and how many more there are, for a sentence.
    pub(super) fn shown(&self, most: usize) -> String {
        let more = self.roles.len().saturating_sub(most);
        match (self.roles.as_slice(), more) {
            ([], _) => "no application permission at all".into(),
            (roles, 0) => roles.join(", "),
            (roles, more) => format!("{} and {more} more", roles[..most].join(", ")),
        }
    }
}

impl fmt::Debug for Granted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Granted({})", self.shown(5))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credential::jwt::test_support::token;

    const ID: &str = "11111111-2222-4333-8444-555555555555";

    #[test]
    fn a_token_says_who_it_is_for_and_what_they_hold() {
        let text = format!(
            r#"{{"appid":"{ID}","oid":"{ID}","tid":"not a guid","idtyp":"app","roles":["Mail.Read","a\nb"]}}"#
        );
        let granted = Granted::of(&token(&text)).unwrap();
        assert_eq!(granted.app_id, Uuid::try_parse(ID).ok());
        assert_eq!((granted.app_id, granted.tenant_id), (granted.object_id, None));
        assert_eq!(granted.roles, ["Mail.Read", "a b"]);
        assert!(granted.has("mail.read") && !granted.has("Mail.ReadWrite"));
    }

    #[test]
    fn what_cannot_be_read_or_is_a_persons_is_unknown() {
        for text in ["", "opaque", "a.b.c"] {
            assert_eq!(Granted::of(text), None);
        }
        assert_eq!(Granted::of(&token(r#"{"scp":"Mail.Read"}"#)), None);
        assert_eq!(Granted::of(&token("{}")), Some(Granted::default()));
    }

    #[test]
    fn many_permissions_are_cut_short() {
        let mut granted = Granted::default();
        assert_eq!(granted.shown(2), "no application permission at all");
        granted.roles = ["A", "B", "C"].map(str::to_owned).to_vec();
        assert_eq!(granted.shown(3), "A, B, C");
        assert_eq!(granted.shown(2), "A, B and 1 more");
    }
}
