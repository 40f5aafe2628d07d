//! Which option, flag or variable each setting came from, told also where settings are wrong.

use super::environment::Environment;
use super::lookup::{Key, Lookup};
use super::options::Options;
use super::{
    CLIENT, MODE, TENANT, USER, audience, audit, boundary, certificate, endpoints, selection, serving, slot,
};
use crate::error::printable;
use crate::secret::resembles_secret;

/// Every setting whose value is no secret.
const KEYS: [&Key; 16] = [
    &MODE,
    &TENANT,
    &CLIENT,
    &selection::PIN,
    &slot::PATH,
    &certificate::CHAIN,
    &certificate::ALGORITHM,
    &slot::TOKEN_FILE,
    &audience::AUDIENCE,
    &endpoints::CLOUD,
    &endpoints::AUTHORITY,
    &endpoints::GRAPH,
    &USER,
    &boundary::BOUNDARY,
    &serving::ALLOW_WRITES,
    &audit::FILE,
];

/// As much of a value as is shown.
const LIMIT: usize = 200;

/// A setting that is set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provenance {
    /// The setting, as the option in code is called: `tenantId`.
    pub setting: &'static str,
    /// The option, flag or variable that it was found in.
    pub name: &'static str,
    /// Its value, made printable; `****` where it looks like a secret that strayed there, and `JSON` for a boundary that
    /// is written out.
    pub value: String,
}

/// The settings that are set and are no secrets, in the order in which a person would set them.
#[must_use]
pub fn found(options: &Options, environment: &Environment) -> Vec<Provenance> {
    let lookup = Lookup::new(options, environment);
    let of = |key: &&Key| {
        let found = lookup.find(key)?;
        let value = if found.value.trim_start().starts_with(['{', '[']) {
            "JSON".to_owned()
        } else if resembles_secret(&found.value) {
            "****".to_owned()
        } else {
            printable(&found.value, LIMIT)
        };
        Some(Provenance { setting: key.option, name: found.name, value })
    };
    KEYS.iter().filter_map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_setting_has_its_variable_and_a_secret_is_not_shown() {
        let environment: Environment = [
            ("WORKIQ_TENANT_ID", "eyJhbGciOiJub25lIn0.e30.c2ln"),
            ("AZURE_CLIENT_ID", "11111111-2222-4333-8444-555555555555"),
            ("WORKIQ_CLIENT_SECRET", "abc8Q~hush.hush.hush.hush.hush.hush.hush"),
            ("WORKIQ_BOUNDARY", r#"{"users": ["ada@contoso.com"]}"#),
        ]
        .into_iter()
        .collect();
        let options = Options { user: Some("ada@contoso.com".into()), ..Options::default() };
        let found = found(&options, &environment);
        let shown: Vec<_> = found.iter().map(|one| (one.setting, one.name, one.value.as_str())).collect();
        assert_eq!(
            shown,
            [
                ("tenantId", "WORKIQ_TENANT_ID", "****"),
                ("clientId", "AZURE_CLIENT_ID", "11111111-2222-4333-8444-555555555555"),
                ("user", "user", "ada@contoso.com"),
                ("boundary", "WORKIQ_BOUNDARY", "JSON"),
            ]
        );
    }
}
