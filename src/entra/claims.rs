//! The `claims` parameter: what this client is capable of, and what a challenge asks for.

use serde_json::{Map, Value, json};

use crate::error::{AuthError, ErrorKind};

/// The parameter's text, or none where there is nothing to say.
///
/// `cae` declares that continuous access evaluation is understood (`cp1`): the client answers a challenge with a new
/// token (learn.microsoft.com/entra/identity-platform/claims-challenge). `challenge` is kept as it is beside it.
///
/// # Errors
/// `challenge` is not a JSON object; nothing was sent.
pub fn parameter(cae: bool, challenge: Option<&str>) -> Result<Option<String>, AuthError> {
    let mut claims = match challenge {
        Some(text) => serde_json::from_str::<Map<String, Value>>(text).map_err(|_| not_json())?,
        None => Map::new(),
    };
    if cae {
        let token = claims.entry("access_token").or_insert_with(|| json!({}));
        if token.is_null() {
            *token = json!({});
        }
        // What is no object there is a stranger's mistake, which Entra will name.
        if let Value::Object(token) = token {
            token.entry("xms_cc").or_insert_with(|| json!({"values": ["cp1"]}));
        }
    }
    Ok((!claims.is_empty()).then(|| Value::Object(claims).to_string()))
}

fn not_json() -> AuthError {
    AuthError::new(ErrorKind::Settings, "invalid_claims", "The claims are not a JSON object.")
        .with_hint("Give the decoded text of the challenge: what is in WWW-Authenticate is base64 of it.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capabilities_and_challenge_go_side_by_side() {
        let of = |cae, challenge| parameter(cae, challenge).unwrap();
        assert_eq!(of(false, None), None);
        assert_eq!(of(true, None).unwrap(), r#"{"access_token":{"xms_cc":{"values":["cp1"]}}}"#);
        let challenge = r#"{"access_token":{"nbf":{"essential":true,"value":"1"}}}"#;
        assert_eq!(of(false, Some(challenge)).unwrap(), challenge);
        assert_eq!(
            of(true, Some(challenge)).unwrap(),
            r#"{"access_token":{"nbf":{"essential":true,"value":"1"},"xms_cc":{"values":["cp1"]}}}"#
        );
        let own = r#"{"access_token":{"xms_cc":{"values":["other"]}}}"#;
        assert_eq!(of(true, Some(own)).unwrap(), own);
        assert!(of(true, Some(r#"{"access_token":null}"#)).unwrap().contains("cp1"));
        assert_eq!(of(true, Some(r#"{"access_token":1}"#)).unwrap(), r#"{"access_token":1}"#);
    }

    #[test]
    fn what_is_not_a_json_object_is_refused() {
        for bad in ["", "[]", "eyJ9", "{"] {
            assert_eq!(parameter(true, Some(bad)).unwrap_err().code(), "invalid_claims");
        }
    }
}
