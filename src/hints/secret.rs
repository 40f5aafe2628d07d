//! Client secrets, and requests in which no credential arrived.

use super::{Case, Evidence};

/// Where the credentials of an application are.
pub(super) const CREDENTIALS: &str =
    "Entra admin center > App registrations > the application > Certificates & secrets";

const VARIABLE: &str = "WORKIQ_CLIENT_SECRET";

pub(super) fn wrong(case: &Case<'_>) -> String {
    let setting = case.setting(VARIABLE);
    if matches!(case.facts.evidence, Evidence::Secret { looks_like_id: true }) {
        return format!(
            "{setting} has the shape of a GUID, so it is probably the secret's id. Store its value instead.\n\
             The portal shows the value only once, when the secret is made; if it is lost, make a new one:\n\
             {CREDENTIALS}"
        );
    }
    format!(
        "What is in {setting} is no live secret of {}.\n\
         Check that it is the secret's value and not its id, whole, and of this application (WORKIQ_CLIENT_ID) and \
         tenant (WORKIQ_TENANT_ID).\n\
         In a shell put it in single quotes: $, ! and & in it are eaten otherwise. The secrets there are:\n\
         {CREDENTIALS}",
        case.application()
    )
}

pub(super) fn expired(case: &Case<'_>) -> String {
    format!(
        "The secret in {} has expired. Better than a new one is what need not be renewed so often, or at all:\n\
         federation on GitHub Actions (permissions: id-token: write) and Azure Pipelines, or a certificate\n\
         (WORKIQ_CLIENT_CERTIFICATE_PATH). Both, and new secrets, are registered at\n\
         {CREDENTIALS}",
        case.setting(VARIABLE)
    )
}

pub(super) fn missing(case: &Case<'_>) -> String {
    format!(
        "No credential arrived at Entra, although the one from {} was sent.\n\
         Something in between drops the body of the request: check HTTPS_PROXY, and WORKIQ_AUTHORITY_HOST if it is \
         set.",
        case.setting(VARIABLE)
    )
}

pub(super) fn public_client(case: &Case<'_>) -> String {
    format!(
        "A credential was sent, and {} is registered as a public client, which has none.\n\
         Turn off Allow public client flows (Entra admin center > App registrations > the application > \
         Authentication),\nor name another application in WORKIQ_CLIENT_ID.",
        case.application()
    )
}

#[cfg(test)]
mod tests {
    use super::super::Facts;
    use super::*;

    #[test]
    fn a_guid_for_a_secret_is_called_an_id() {
        let mut facts = Facts { credential_name: "AZURE_CLIENT_SECRET".into(), ..Facts::default() };
        let hint = |facts: &Facts| wrong(&Case { code: 7_000_215, facts, message: "" });
        assert!(!hint(&facts).contains("shape of a GUID"));
        assert!(hint(&facts).contains("AZURE_CLIENT_SECRET"));
        facts.evidence = Evidence::Secret { looks_like_id: true };
        assert!(hint(&facts).contains("AZURE_CLIENT_SECRET has the shape of a GUID"));
    }
}
