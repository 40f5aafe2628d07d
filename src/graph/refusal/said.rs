//! What Graph says in an error: codes, texts, and the permissions that it names.

use serde_json::Value;

use crate::error::printable;

/// How much of all texts together is looked at, in bytes.
const READ: usize = 8 << 10;

/// How deep errors in errors are followed. Graph goes to three or four.
const DEPTH: usize = 8;

/// How many names of permissions are taken from one text.
const NAMES: usize = 24;

/// An error of Graph's, read.
#[derive(Debug, Default)]
pub(super) struct Said {
    /// The codes, from the outermost inwards.
    codes: Vec<String>,
    /// All texts in small letters.
    text: String,
    /// The first code and text, printable and cut short, for a sentence.
    pub(super) shown: String,
    /// The permissions that Graph names as required, any one of them.
    pub(super) required: Vec<String>,
    /// The permissions that Graph saw.
    pub(super) present: Vec<String>,
    /// Graph speaks of scopes, which a person's token has.
    pub(super) of_scopes: bool,
    /// `WWW-Authenticate` asks for more claims.
    pub(super) challenged: bool,
}

/// Where a text names what is required, where that ends, and where it names what is there.
///
/// Teams; Search and Copilot; directory and audit logs; Defender; Intune; privileged access.
const NAMING: [(&str, &str, &str); 7] = [
    ("api requires one of", "on the request", "on the request"),
    ("requires the following permissions:", "however", "permissions granted:"),
    ("required microsoft graph permission(s):", "to call", ""),
    ("api required roles:", "application roles:", "application roles:"),
    ("must have one of the following scopes:", "", ""),
    ("missing permission scope", "", ""),
    ("requires one of the following permissions:", "", ""),
];

impl Said {
    /// Reads the body of an error, whatever its form.
    pub(super) fn read(body: &Value, challenge: Option<&str>) -> Self {
        let mut said = Self::default();
        let mut texts = String::new();
        said.walk(body, &mut texts, DEPTH);
        let challenge = challenge.unwrap_or_default();
        said.challenged = challenge.to_ascii_lowercase().contains("insufficient_claims");
        said.add(&mut texts, challenge);
        said.text = texts.to_ascii_lowercase();
        said.of_scopes = said.tells(&["missing scope permissions", "scopes on the request"]);
        for (begin, end, there) in NAMING {
            // Small letters are as long as capitals in ASCII, so places are the same in both.
            let Some(at) = said.text.find(begin).map(|at| at + begin.len()) else { continue };
            let stop = if end.is_empty() { None } else { said.text[at..].find(end).map(|to| at + to) };
            said.required = names(&texts[at..stop.unwrap_or(texts.len())]);
            let after = stop.unwrap_or(texts.len());
            if !there.is_empty()
                && let Some(from) = said.text[after..].find(there)
            {
                said.present = names(&texts[after + from + there.len()..]);
            }
            if !said.required.is_empty() {
                break;
            }
        }
        said
    }

    fn walk(&mut self, value: &Value, texts: &mut String, depth: usize) {
        let Some(depth) = depth.checked_sub(1) else { return };
        let Value::Object(object) = value else {
            if let Value::String(text) = value {
                self.add(texts, text);
            }
            return;
        };
        for (key, value) in object {
            match (key.to_ascii_lowercase().as_str(), value) {
                ("code" | "errorcode", Value::String(code))
                    if !code.is_empty() && self.codes.len() < NAMES =>
                {
                    self.codes.push(printable(code, 80));
                }
                ("message" | "errormessage" | "error_description", Value::String(text)) => {
                    // Some services put their own error, as JSON, into the text.
                    match serde_json::from_str(text) {
                        Ok(inner @ Value::Object(_)) => self.walk(&inner, texts, depth),
                        _ => self.add(texts, text),
                    }
                }
                ("error" | "innererror", inner) => self.walk(inner, texts, depth),
                ("details", Value::Array(details)) => {
                    details.iter().take(NAMES).for_each(|detail| self.walk(detail, texts, depth));
                }
                _ => {}
            }
        }
    }

    fn add(&mut self, texts: &mut String, text: &str) {
        let text = text.trim();
        if text.is_empty() || texts.len() >= READ {
            return;
        }
        if self.shown.is_empty() {
            let code = self.codes.first().map(|code| format!("{code}: ")).unwrap_or_default();
            self.shown = format!("{code}{}", printable(text, 200));
        }
        let end = (0..=text.len().min(READ)).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        texts.push_str(&text[..end]);
        texts.push('\n');
    }

    /// Whether one of the codes is `code`.
    pub(super) fn has_code(&self, code: &str) -> bool {
        self.codes.iter().any(|one| one.eq_ignore_ascii_case(code))
    }

    /// Whether one of the texts has one of `phrases` (in small letters) in it.
    pub(super) fn tells(&self, phrases: &[&str]) -> bool {
        phrases.iter().any(|phrase| self.text.contains(phrase))
    }

    /// Whether a service finds no permission of its own in the token: sites and mail say so with a 401.
    pub(super) fn misses_permissions(&self) -> bool {
        self.has_code("NoPermissionsInAccessToken")
            || self.tells(&["either scp or roles claim", "token contains no permissions"])
    }

    /// Whether access was denied, rather than the token refused: some services say so with a 401.
    pub(super) fn is_access_denied(&self) -> bool {
        [
            "accessDenied",
            "ErrorAccessDenied",
            "Forbidden",
            "Authorization_RequestDenied",
            "UnauthorizedAccess",
        ]
        .iter()
        .any(|code| self.has_code(code))
    }
}

/// The names of permissions in a text: `Mail.Read`, `User-Mail.ReadWrite.All`.
fn names(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '.' || c == '-'));
    let mut found: Vec<String> = Vec::new();
    for word in words.map(|word| word.trim_matches(['.', '-'])) {
        let is_name = word.len() <= 80
            && (2..=5).contains(&word.split('.').count())
            && word.split('.').all(|part| part.starts_with(|c: char| c.is_ascii_uppercase()));
        if is_name && found.len() < NAMES && !found.iter().any(|name| name == word) {
            found.push(word.to_owned());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(message: &str) -> Said {
        Said::read(&json!({"error": {"code": "Forbidden", "message": message}}), None)
    }

    #[test]
    fn the_texts_that_name_permissions_are_read() {
        let one = |name: &str| vec![name.to_owned()];
        for (text, required, present) in [
            (
                "Missing role permissions on the request. API requires one of 'Chat.Read.All, Chat.ReadWrite.All'. \
                 Roles on the request 'User.Read.All'.",
                vec!["Chat.Read.All".to_owned(), "Chat.ReadWrite.All".to_owned()],
                one("User.Read.All"),
            ),
            (
                "Access to ListItem in Graph API requires the following permissions: Sites.Read.All or \
                 Sites.ReadWrite.All. However, the application only has the following permissions granted: Mail.Read",
                vec!["Sites.Read.All".to_owned(), "Sites.ReadWrite.All".to_owned()],
                one("Mail.Read"),
            ),
            (
                "The principal does not have required Microsoft Graph permission(s): AuditLog.Read.All to call this \
                 API. For more information about Microsoft.Graph permissions, please visit the page.",
                one("AuditLog.Read.All"),
                vec![],
            ),
            (
                "Missing application roles. API required roles: SecurityIncident.Read.All, application roles: \
                 User.Read.All.",
                one("SecurityIncident.Read.All"),
                one("User.Read.All"),
            ),
            (
                r#"{"errorCode":"PermissionScopeNotGranted","message":"Authorization failed due to missing permission scope Group.Read.All.","instanceAnnotations":[]}"#,
                one("Group.Read.All"),
                vec![],
            ),
            ("Access is denied. Check credentials and try again.", vec![], vec![]),
        ] {
            let said = read(text);
            assert_eq!((said.required, said.present), (required, present), "{text}");
        }
    }

    #[test]
    fn codes_are_found_however_deep_and_however_spelt() {
        for body in [
            json!({"error": {"code": "Forbidden", "innerError": {"code": "Inner"}}}),
            json!({"error": {"code": "", "message": "x", "innererror": {"code": "Inner"}}}),
            json!({"error": {"code": "a", "details": [{"code": "b"}, {"code": "Inner", "message": "m"}]}}),
            json!({"code": "x", "innerError": {"innerError": {"innererror": {"code": "inner"}}}}),
        ] {
            assert!(Said::read(&body, None).has_code("Inner"), "{body}");
        }
    }

    #[test]
    fn any_body_is_taken() {
        let mut deep = json!({"code": "Deepest"});
        for _ in 0..50 {
            deep = json!({"innerError": deep});
        }
        for body in [
            json!(null),
            json!("text"),
            json!([1]),
            json!({"error": "text"}),
            json!({"error": {"code": 1}}),
            deep,
        ] {
            assert!(!Said::read(&body, None).has_code("Deepest"));
        }
        let long = read(&"\u{e4}".repeat(20_000));
        assert!(long.text.len() <= READ + 1 && long.shown.chars().count() <= 212, "{}", long.text.len());
        assert!(read(&"API requires one of 'A.B.C', ".repeat(500)).required.len() <= NAMES);
    }

    #[test]
    fn a_challenge_is_seen() {
        let challenge = r#"Bearer realm="", error="insufficient_claims", claims="e30=""#;
        assert!(Said::read(&json!(null), Some(challenge)).challenged);
        assert!(!Said::read(&json!(null), Some("Bearer error=\"invalid_token\"")).challenged);
    }
}
