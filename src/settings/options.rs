//! Options given in code or as flags: the highest layer of settings.

use std::sync::Arc;

use serde::Deserialize;

use super::federation::AssertionCallback;
use crate::secret::Secret;

/// Settings given in code or on the command line. They win over every variable.
///
/// The fields are the variables of the environment contract without their prefix; `README.md` explains each.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[expect(missing_docs, reason = "each field is the variable of that name, documented with the variables")]
pub struct Options {
    pub mode: Option<String>,
    pub tenant_id: Option<String>,
    pub client_id: Option<String>,
    #[serde(deserialize_with = "secret")]
    pub client_secret: Option<Secret>,
    pub client_certificate_path: Option<String>,
    #[serde(deserialize_with = "secret")]
    pub client_certificate: Option<Secret>,
    #[serde(deserialize_with = "secret")]
    pub client_certificate_password: Option<Secret>,
    pub send_certificate_chain: Option<bool>,
    pub assertion_alg: Option<String>,
    pub federated_token_file: Option<String>,
    pub federated_audience: Option<String>,
    #[serde(deserialize_with = "secret")]
    pub access_token: Option<Secret>,
    /// A function that brings a federated token. Only code can give one.
    #[serde(skip)]
    pub client_assertion: Option<Arc<dyn AssertionCallback>>,
    pub credential: Option<String>,
    pub cloud: Option<String>,
    pub authority_host: Option<String>,
    pub graph_endpoint: Option<String>,
    pub user: Option<String>,
    pub timeout_ms: Option<u64>,
    #[serde(skip)]
    pub allow_writes: Option<String>,
    #[serde(skip)]
    pub boundary: Option<String>,
    #[serde(skip)]
    pub response_bytes: Option<String>,
    #[serde(skip)]
    pub blob_bytes: Option<String>,
    #[serde(skip)]
    pub exact_text: Option<bool>,
    #[serde(skip)]
    pub call_timeout_ms: Option<String>,
    #[serde(skip)]
    pub cache_dir: Option<String>,
    #[serde(skip)]
    pub audit_file: Option<String>,
    /// Trust anchors in PEM for a system that has none.
    #[serde(skip)]
    pub fallback_ca: Option<String>,
    /// How the options were given, so that a message names what the user typed.
    #[serde(skip)]
    pub face: Face,
}

/// How options were given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Face {
    /// As properties of an object in code: `tenantId`.
    #[default]
    Code,
    /// As flags: `--tenant-id`.
    CommandLine,
}

fn secret<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Secret>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.map(Secret::new))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_come_in_camel_case_and_a_misspelt_one_is_refused() {
        let options: Options = serde_json::from_str(
            r#"{"tenantId": "contoso.com", "clientSecret": "hush", "accessToken": "hush"}"#,
        )
        .unwrap();
        assert_eq!(options.tenant_id.as_deref(), Some("contoso.com"));
        assert!(options.access_token.is_some() && !format!("{options:?}").contains("hush"));
        let error = serde_json::from_str::<Options>(r#"{"tenantID": "x"}"#).unwrap_err().to_string();
        assert!(error.contains("tenantID") && error.contains("tenantId"), "{error}");
    }
}
