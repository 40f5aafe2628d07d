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
    use proptest::prelude::*;

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

    /// JSON of every shape, in which the names that matter here are as likely as others.
    fn json_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            ".{0,8}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            let name = prop_oneof!["access_token", "id_token", "xms_cc", "values", ".{0,4}"];
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::vec((name, inner), 0..4)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn a_challenge_is_kept_and_only_a_capability_is_added(challenge in json_value(), cae in any::<bool>()) {
            let given = parameter(cae, Some(&challenge.to_string()));
            let Value::Object(asked) = challenge else {
                let error = given.unwrap_err();
                prop_assert_eq!(error.code(), "invalid_claims");
                return Ok(());
            };
            let text = given.unwrap();
            let sent = text.as_deref().map_or_else(Map::new, |text| serde_json::from_str(text).unwrap());
            prop_assert_eq!(text.is_none(), sent.is_empty());
            if !cae {
                prop_assert_eq!(&sent, &asked);
            }
            for (name, value) in &asked {
                match (name.as_str(), value) {
                    ("access_token", Value::Object(members)) => {
                        prop_assert!(members.iter().all(|(name, value)| sent["access_token"].get(name) == Some(value)));
                    }
                    ("access_token", Value::Null) if cae => prop_assert!(sent["access_token"]["xms_cc"].is_object()),
                    _ => prop_assert_eq!(sent.get(name), Some(value)),
                }
            }
            prop_assert!(sent.keys().all(|name| asked.contains_key(name) || (cae && name == "access_token")));
            // What goes out may come back in: a second pass changes nothing.
            if let Some(text) = text {
                prop_assert_eq!(parameter(cae, Some(&text)).unwrap(), Some(text));
            }
        }

        #[test]
        fn any_text_is_an_object_or_a_refusal(text in "(\\PC|[{}\":,\\[\\]])*", cae in any::<bool>()) {
            match parameter(cae, Some(&text)) {
                Ok(given) => prop_assert_eq!(given.map_or(b'{', |text| text.as_bytes()[0]), b'{'),
                // The challenge is a stranger's and may be long: none of it is repeated.
                Err(error) => prop_assert!(error.message().len() < 100),
            }
        }
    }
}
