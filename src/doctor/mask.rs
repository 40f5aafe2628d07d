//! Ids in commands, masked for those who may not see them.

use std::borrow::Cow;

use uuid::Uuid;

/// What is known to be an id, with the word that stands in its place.
#[derive(Clone, Debug, Default)]
pub(super) struct Mask(Vec<(String, Cow<'static, str>)>);

/// What stands in a tenant's place.
pub(super) const TENANT: &str = "<tenant>";

/// Shorter texts would be found in words.
const SHORTEST: usize = 5;

/// Microsoft's own, the same everywhere: Graph's application id.
const WELL_KNOWN: &str = crate::graph::refusal::grant::GRAPH;

impl Mask {
    /// From now on `text` is hidden behind `word`.
    pub(super) fn add(&mut self, text: impl Into<String>, word: impl Into<Cow<'static, str>>) {
        let text = text.into();
        if text.len() >= SHORTEST && !self.0.iter().any(|(known, _)| *known == text) {
            self.0.push((text, word.into()));
            // The longest first, so that none is hidden in part.
            self.0.sort_by_key(|(text, _)| std::cmp::Reverse(text.len()));
        }
    }

    /// `text` without what is known, and without anything that looks like a user or an id. The ids of app roles are
    /// public, and stay.
    pub(super) fn hide(&self, text: &str) -> String {
        // A user's name ends with a tenant's, and is hidden as a whole.
        let known = |text: &str, is_tenant: bool| {
            let of = self.0.iter().filter(|(_, word)| (word == TENANT) == is_tenant);
            of.fold(text.to_owned(), |text, (id, word)| text.replace(id, word))
        };
        let text = known(text, false);
        let is_part = |c: char| c.is_alphanumeric() || "-_.@+#%".contains(c);
        let mut out = String::with_capacity(text.len());
        let mut rest = text.as_str();
        while let Some(start) = rest.find(is_part) {
            let end = rest[start..].find(|c| !is_part(c)).map_or(rest.len(), |at| start + at);
            out.push_str(&rest[..start]);
            let word = &rest[start..end];
            let is_id = word.len() == 36 && Uuid::try_parse(word).is_ok() && word != WELL_KNOWN;
            // The next sign tells an app role, which is the same in every tenant: 810c84a8-…=Role.
            let is_role = rest[end..].starts_with("=Role");
            let known = self.0.iter().find(|(text, _)| is_id && text.eq_ignore_ascii_case(word));
            out.push_str(match word {
                _ if !is_role && known.is_some() => known.map_or("<id>", |(_, word)| &**word),
                _ if is_user(word) => "<user>",
                _ if is_id && !is_role => "<id>",
                _ => word,
            });
            rest = &rest[end..];
        }
        out.push_str(rest);
        known(&out, true)
    }
}

/// Whether that may be the name of a user. What begins with the sign is a file to `az` (`@cert.pem`) or a table to
/// PowerShell (`@{…}`).
fn is_user(word: &str) -> bool {
    word.trim_start_matches('@').contains('@')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_hidden_and_what_is_public_is_not() {
        let mut mask = Mask::default();
        mask.add("contoso.com", TENANT);
        mask.add("repo:contoso/agents:ref:refs/heads/main", "<subject>");
        let id = "11111111-2222-4333-8444-555555555555";
        let graph = WELL_KNOWN;
        assert_eq!(
            mask.hide(&format!("az --id {id} --api {graph} --api-permissions {id}=Role, ada@contoso.com")),
            format!("az --id <id> --api {graph} --api-permissions {id}=Role, <user>")
        );
        assert_eq!(mask.hide("--cert \"@cert.pem\" @{Add=1} @a@b"), "--cert \"@cert.pem\" @{Add=1} <user>");
        // A tenant may be named by its id.
        mask.add("22222222-3333-4444-8555-666666666666", TENANT);
        assert_eq!(
            mask.hide("https://x/22222222-3333-4444-8555-666666666666/a --tenant 22222222-3333-4444-8555-666666666666"),
            "https://x/<tenant>/a --tenant <tenant>"
        );
        assert_eq!(mask.hide("-TenantId contoso.com -X \"ada@x.com\""), "-TenantId <tenant> -X \"<user>\"");
        assert_eq!(
            mask.hide("\"subject\":\"repo:contoso/agents:ref:refs/heads/main\""),
            "\"subject\":\"<subject>\""
        );
    }
}
