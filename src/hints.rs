//! From what Entra refused, and what is known here, to what to do next.
//!
//! Codes and texts of Entra may change, so they make hints and never decide what the program does. Sources:
//! learn.microsoft.com/entra/identity-platform/reference-error-codes and
//! learn.microsoft.com/azure/devops/pipelines/release/troubleshoot-workload-identity.

use crate::error::{AuthError, ErrorKind};

/// What is known here about a request that was refused.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// Tenant, as configured.
    pub tenant: String,
    /// Client id.
    pub client: String,
    /// Authority, as an origin.
    pub authority: String,
    /// The scope that was asked for.
    pub scope: String,
    /// The setting that the credential came from.
    pub credential_name: String,
    /// What is known of the proof that was presented.
    pub evidence: Evidence,
    /// The proxy in use, without its credentials.
    pub proxy: Option<String>,
    /// Seconds by which the server's clock is ahead of ours (negative: behind), where its answer said.
    pub skew: Option<i64>,
}

/// What may be said of the proof that was presented. Never the proof itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Evidence {
    /// Nothing is known.
    #[default]
    None,
    /// A client secret.
    Secret {
        /// It has the shape of a GUID, as the *id* of a secret has.
        looks_like_id: bool,
    },
    /// A certificate.
    Certificate {
        /// Subject, thumbprints and dates in one line.
        shown: String,
        /// The algorithm that signed the assertion: `PS256` or `RS256`.
        algorithm: &'static str,
        /// Whether `x5c` was sent.
        chain: bool,
    },
    /// A token of another identity provider. The claims are as they stand in it, made printable.
    Federated {
        /// `iss`.
        issuer: String,
        /// `sub`.
        subject: String,
        /// `aud`, all of them joined with a comma.
        audience: String,
        /// Seconds until `exp` when it was presented; negative where it had passed.
        expires_in: Option<i64>,
    },
}

/// `error` with a hint, where there is one for it.
#[must_use]
pub fn explain(error: AuthError, facts: &Facts) -> AuthError {
    if error.kind() != ErrorKind::Server || error.hint().is_some() {
        return error;
    }
    match error.parts().aadsts.and_then(|code| for_code(code, facts)) {
        Some(hint) => error.with_hint(hint),
        None => error,
    }
}

fn for_code(code: u32, facts: &Facts) -> Option<String> {
    let Facts { tenant, client, authority, credential_name, .. } = facts;
    let certificate = match &facts.evidence {
        Evidence::Certificate { shown, .. } => shown.as_str(),
        _ => "the certificate",
    };
    let secret_looks_like_id = matches!(facts.evidence, Evidence::Secret { looks_like_id: true });
    Some(match code {
        7_000_215 if secret_looks_like_id => format!(
            "{credential_name} has the shape of a GUID, so it is probably the secret's id. Store its value, which the \
             portal shows only once, when the secret is made."
        ),
        7_000_215 => format!(
            "Check that {credential_name} holds the secret's value (not its id), whole, and that it belongs to the \
             application {client} in the tenant {tenant}."
        ),
        7_000_222 => format!(
            "The secret in {credential_name} has expired. Make a new one, or better use a certificate or federation, \
             which need no secret."
        ),
        7_000_216 | 7_000_218 => format!("No credential arrived; check {credential_name}."),
        700_025 => format!(
            "The application {client} is registered as a public client. Turn off \"Allow public client flows\" or use \
             another application."
        ),
        700_016 => format!(
            "No application {client} in the tenant {tenant}. Check WORKIQ_CLIENT_ID and WORKIQ_TENANT_ID; in another \
             tenant than its home it needs admin consent first."
        ),
        90_002 | 700_011 | 900_023 => format!(
            "No tenant {tenant} at {authority}. Check WORKIQ_TENANT_ID, and WORKIQ_CLOUD if the tenant is in another cloud."
        ),
        90_038 | 900_382 | 900_432 => {
            format!("The tenant {tenant} is in another cloud than {authority}. Set WORKIQ_CLOUD.")
        }
        700_027 => format!(
            "Entra does not accept the signature of {certificate}. Upload this certificate to the application {client} \
             (Certificates & secrets), or use the one that is there. If it is there and the tenant refuses PS256, set \
             WORKIQ_ASSERTION_ALG=RS256."
        ),
        700_024 => "The assertion was outside its time range: check this machine's clock.".into(),
        700_030 | 50_012 => {
            "Set WORKIQ_CLIENT_SEND_CERTIFICATE_CHAIN=true, and check the trusted subjects of the application.".into()
        }
        5_002_738 => "Entra takes RSA keys only. Make the certificate with an RSA key of 2048 bits or more.".into(),
        500_011 | 650_057 | 50_001 => format!(
            "The resource is not known in the tenant {tenant}. Check WORKIQ_GRAPH_ENDPOINT and WORKIQ_CLOUD."
        ),
        1_002_012 | 70_011 | 700_022 => {
            "An application asks for <resource>/.default of one resource, such as https://graph.microsoft.com/.default.".into()
        }
        501_051 => format!("The application {client} has no role at this resource. Grant it one, with admin consent."),
        7_000_112 | 70_001 => format!("The application {client} is disabled. Enable it under Enterprise applications."),
        53_003 | 530_032 => "Conditional Access for workload identities blocked the sign-in. Its policy is named in the \
                             sign-in log, under Service principal sign-ins, by the correlation id."
            .into(),
        90_055 | 50_196 => "Entra throttles this application. Wait, and reuse one process or its token.".into(),
        50_000 | 90_033 | 90_024 | 90_090 => "A passing fault at Entra. Try again.".into(),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorParts;

    fn hint(code: u32, facts: &Facts) -> Option<String> {
        let error = ErrorParts { kind: ErrorKind::Server, aadsts: Some(code), ..ErrorParts::default() };
        explain(error.into(), facts).hint().map(str::to_owned)
    }

    #[test]
    fn a_guid_for_a_secret_is_called_an_id() {
        let mut facts = Facts { credential_name: "WORKIQ_CLIENT_SECRET".into(), ..Facts::default() };
        assert!(!hint(7_000_215, &facts).unwrap().contains("shape of a GUID"));
        facts.evidence = Evidence::Secret { looks_like_id: true };
        assert!(hint(7_000_215, &facts).unwrap().contains("WORKIQ_CLIENT_SECRET has the shape of a GUID"));
    }

    #[test]
    fn an_unregistered_certificate_is_named_and_the_other_algorithm_too() {
        let facts = Facts {
            evidence: Evidence::Certificate {
                shown: "CN=ci (SHA-1 AB…)".into(),
                algorithm: "PS256",
                chain: false,
            },
            ..Facts::default()
        };
        let text = hint(700_027, &facts).unwrap();
        assert!(text.contains("CN=ci (SHA-1 AB…)") && text.contains("WORKIQ_ASSERTION_ALG=RS256"), "{text}");
    }

    #[test]
    fn an_unknown_code_has_no_hint() {
        assert_eq!(hint(1, &Facts::default()), None);
    }
}
