//! OAuth errors that came without an `AADSTS` code, or with one that is not known here.
//!
//! RFC 6749 section 5.2, and learn.microsoft.com/entra/identity-platform/reference-error-codes.

use super::Case;

/// What to do about the OAuth error `error`.
pub(super) fn hint(error: &str, case: &Case<'_>) -> Option<String> {
    let setting = case.setting("WORKIQ_CREDENTIAL");
    Some(match error {
        "invalid_client" => format!(
            "The credential from {setting} is not taken for {}.\n\
             Check that it belongs to WORKIQ_CLIENT_ID, in the tenant WORKIQ_TENANT_ID, and has not expired.",
            case.application()
        ),
        "unauthorized_client" => format!(
            "Here {} may not sign in by itself. Check WORKIQ_CLIENT_ID and WORKIQ_TENANT_ID, and that it is enabled:\n\
             Entra admin center > Enterprise apps > the application > Properties.",
            case.application()
        ),
        "invalid_grant" | "interaction_required" | "consent_required" | "access_denied" => format!(
            "The sign-in of {} is refused by a policy or for want of consent. See the sign-in log:\n\
             Entra admin center > Monitoring & health > Sign-in logs > Service principal sign-ins.",
            case.application()
        ),
        "invalid_scope" => super::place::scope(case),
        "invalid_resource" | "invalid_target" => super::place::resource(case),
        "unsupported_grant_type" => super::access::grant(case),
        "invalid_request" => format!(
            "The endpoint does not understand the request. Check WORKIQ_TENANT_ID, and that {} is an Entra authority \
             (WORKIQ_AUTHORITY_HOST).",
            case.authority()
        ),
        "temporarily_unavailable" | "server_error" => super::access::passing(case),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::Facts;
    use super::*;

    #[test]
    fn the_errors_of_oauth_have_a_hint_and_others_do_not() {
        let facts = Facts { client: "c".into(), ..Facts::default() };
        let case = Case { code: 0, facts: &facts, message: "" };
        for error in [
            "invalid_client",
            "unauthorized_client",
            "invalid_grant",
            "invalid_scope",
            "invalid_request",
            "invalid_resource",
            "unsupported_grant_type",
            "access_denied",
            "temporarily_unavailable",
            "server_error",
        ] {
            let text = hint(error, &case).unwrap();
            assert!(
                text.contains("WORKIQ_") || text.contains("https://") || text.contains("admin center"),
                "{text}"
            );
        }
        assert_eq!(hint("odd", &case), None);
    }
}
