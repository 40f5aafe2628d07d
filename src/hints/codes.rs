//! The table: from a code of Entra to the hint about it.

use super::{Case, access, assertion, federated, place, secret};

type Hint = fn(&Case<'_>) -> String;

const TABLE: &[(&[u32], Hint)] = &[
    (&[7_000_215], secret::wrong),
    (&[7_000_222], secret::expired),
    (&[7_000_216, 7_000_218], secret::missing),
    (&[700_025], secret::public_client),
    (&[700_016], place::application),
    (&[90_002, 700_011, 900_023], place::tenant),
    (&[90_038, 900_382, 900_432], place::other_cloud),
    (&[9_001_023, 90_124], place::many_tenants),
    (&[500_011, 650_057, 50_001], place::resource),
    (&[1_002_012, 70_011, 700_022], place::scope),
    (&[100_007], place::regional),
    (&[700_027], assertion::signature),
    (&[700_024], assertion::time),
    (&[700_030, 50_012], assertion::chain),
    (&[5_002_738], assertion::algorithm),
    (&[50_027, 5_002_723], assertion::malformed),
    (&[700_021, 700_023], assertion::meant_for_another),
    (&federated::NO_MATCH, federated::no_match),
    (&federated::OTHER_AUDIENCE, federated::audience),
    (&[70_023], federated::lifetime),
    (&[700_222, 700_226, 700_227, 700_229, 700_231], federated::of_entra),
    (&[700_223, 700_236, 700_238, 7_002_381, 70_052], federated::policy),
    (&[501_051], access::role),
    (&[65_001], access::consent),
    (&[7_000_112, 70_001], access::disabled),
    (&[53_003, 530_032], access::conditional),
    (&[530_035], access::security_defaults),
    (&[50_034, 50_053, 50_126], access::person),
    (&[90_055, 50_196], access::throttled),
    (&[50_000, 90_033, 90_024, 90_090], access::passing),
    (&[82_001], access::exchange),
    (&[70_003], access::grant),
    (&[900_144, 900_561], access::mangled),
];

/// What to do about the code of `case`.
pub(super) fn hint(case: &Case<'_>) -> Option<String> {
    TABLE.iter().find(|(codes, _)| codes.contains(&case.code)).map(|(_, hint)| hint(case))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::super::{Evidence, Facts, explain};
    use super::*;
    use crate::error::{AuthError, ErrorKind, ErrorParts};

    const PAGE: &str = include_str!("../../docs/errors.md");

    /// Codes that an application is refused with, gathered from the sources named in `hints`. The table may know more.
    const KNOWN: [u32; 68] = [
        7_000_215, 7_000_222, 7_000_216, 7_000_218, 700_025, 700_016, 700_011, 90_002, 900_023, 90_038,
        900_382, 900_432, 9_001_023, 90_124, 700_027, 700_024, 700_030, 50_012, 5_002_738, 1_002_012, 70_011,
        700_022, 500_011, 650_057, 50_001, 501_051, 65_001, 7_000_112, 70_001, 53_003, 530_032, 530_035,
        50_034, 50_053, 50_126, 90_055, 50_196, 50_000, 90_033, 90_024, 90_090, 100_007, 70_025, 70_021,
        700_211, 700_212, 7_002_121, 700_213, 7_002_138, 700_222, 700_226, 700_227, 700_229, 700_223,
        700_238, 70_052, 70_023, 82_001, 50_027, 700_021, 700_023, 5_002_723, 900_144, 900_561, 70_003,
        700_231, 700_236, 7_002_381,
    ];

    /// Everything that can be known, each as long as it comes.
    fn fullest(evidence: Evidence) -> Facts {
        Facts {
            tenant: "a-rather-long-name-of-a-company.onmicrosoft.us".into(),
            client: "11111111-2222-4333-8444-555555555555".into(),
            authority: "https://login.partner.microsoftonline.cn".into(),
            scope: "https://graph.microsoft.com/.default".into(),
            credential_name: match evidence {
                Evidence::Federated { .. } => "ACTIONS_ID_TOKEN_REQUEST_URL",
                _ => "WORKIQ_CLIENT_CERTIFICATE_PATH",
            }
            .into(),
            evidence,
            proxy: Some("http://ada:hush@proxy.contoso.com:3128".into()),
            skew: Some(-420),
        }
    }

    fn evidences() -> Vec<Evidence> {
        let federated = |issuer: &str, subject: &str| Evidence::Federated {
            issuer: issuer.into(),
            subject: subject.into(),
            audience: "api://AzureADTokenExchange".into(),
            expires_in: Some(-20),
        };
        let certificate = |algorithm, chain| Evidence::Certificate {
            shown: format!(
                "certificate CN=workiq-ci,O=Contoso (SHA-1 thumbprint {}, valid from 2026-01-01T00:00:00Z to \
                 2027-01-01T00:00:00Z), SHA-256 {}",
                "AB".repeat(20),
                "CD".repeat(32)
            ),
            algorithm,
            chain,
        };
        let github = "https://token.actions.githubusercontent.com";
        vec![
            Evidence::None,
            Evidence::Secret { looks_like_id: false },
            Evidence::Secret { looks_like_id: true },
            certificate("PS256", false),
            certificate("RS256", true),
            federated(github, "repo:contoso@5544123/decisions@821093847:environment:production"),
            federated(github, "repo:contoso/decisions:ref:refs/heads/it's"),
            federated(github, "repository_owner_id:5544123:repository_id:821093847:pull_request"),
            federated("https://oidc.prod-aks.azure.com/x/", "system:serviceaccount:ci:workiq"),
            federated("https://vstoken.dev.azure.com/x", "sc://contoso/decisions/workiq"),
        ]
    }

    fn refused(code: u32, facts: &Facts) -> AuthError {
        let parts = ErrorParts {
            kind: ErrorKind::Server,
            code: "invalid_client".into(),
            message: format!("AADSTS{code}: {}", "long ".repeat(400)),
            aadsts: Some(code),
            status: Some(401),
            suberror: Some("bad_token".into()),
            correlation_id: Some("11111111-2222-4333-8444-555555555555".into()),
            trace_id: Some("11111111-2222-4333-8444-555555555555".into()),
            ..ErrorParts::default()
        };
        explain(parts.into(), facts)
    }

    fn codes() -> BTreeSet<u32> {
        TABLE.iter().flat_map(|(codes, _)| codes.iter().copied()).collect()
    }

    #[test]
    fn every_known_code_is_in_the_table_once() {
        assert_eq!(codes().len(), TABLE.iter().map(|(codes, _)| codes.len()).sum::<usize>());
        let missing: Vec<_> = KNOWN.iter().filter(|code| !codes().contains(code)).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }

    #[test]
    fn every_hint_is_short_and_says_what_to_do_whatever_is_known() {
        const PLACES: [&str; 7] = [
            "WORKIQ_",
            "az ad ",
            "Entra admin center",
            "createCredential",
            "HTTPS_PROXY",
            "openssl ",
            "https://azure.status",
        ];
        let mut wrong = Vec::new();
        for code in codes() {
            for facts in evidences().into_iter().map(fullest).chain([Facts::default()]) {
                let error = refused(code, &facts);
                let hint = error.hint().unwrap_or_default();
                let length = error.report().lines().count();
                let mut check = |holds: bool, what: &str| {
                    if !holds {
                        wrong.push(format!("{code}: {what}\n{hint}\n"));
                    }
                };
                check(length <= 12, "more than 12 lines");
                check(PLACES.iter().any(|place| hint.contains(place)), "nothing to do");
                check(
                    hint.lines().all(|line| line.chars().count() <= 160 || line.starts_with("az ad app ")),
                    "a long line that is no command",
                );
                let page = hint.lines().last().unwrap_or_default().strip_prefix("More: ").unwrap_or_default();
                let anchor = page
                    .strip_prefix("https://github.com/workiq-auth/workiq-auth/blob/main/docs/errors.md#")
                    .unwrap_or("none");
                check(
                    anchor == format!("aadsts{code}") && PAGE.contains(&format!("<a id=\"{anchor}\"></a>")),
                    "no link to where the page has it",
                );
                check(
                    hint.lines().all(|line| line == line.trim_end() && !line.is_empty()),
                    "an empty end or line",
                );
                check(!error.report().contains("hush"), "a secret");
                check(!hint.contains("**") && !hint.contains('`'), "Markdown");
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn what_comes_from_outside_cannot_make_a_report_longer_or_forge_a_line() {
        let flood = format!("x\n\u{1b}[2Jforged\r\n{}", "y\n".repeat(5_000));
        let evidence = Evidence::Federated {
            issuer: flood.clone(),
            subject: flood.clone(),
            audience: flood.clone(),
            expires_in: Some(i64::MIN),
        };
        let certificate = Evidence::Certificate { shown: flood.clone(), algorithm: "PS256", chain: true };
        for code in codes() {
            for evidence in [evidence.clone(), certificate.clone()] {
                let mut facts = fullest(evidence);
                (facts.tenant, facts.client, facts.scope) = (flood.clone(), flood.clone(), flood.clone());
                facts.skew = Some(i64::MAX);
                let report = refused(code, &facts).report();
                assert!(report.lines().count() <= 12, "{code}: {report}");
                assert!(!report.contains('\u{1b}') && !report.lines().any(|line| line.starts_with("forged")));
                assert!(report.len() < 8_000, "{code}: {}", report.len());
            }
        }
    }

    #[test]
    fn the_page_for_readers_has_the_same_codes() {
        let anchors: BTreeSet<u32> = PAGE
            .split("<a id=\"aadsts")
            .skip(1)
            .map(|rest| rest.split('"').next().unwrap().parse().unwrap())
            .collect();
        assert_eq!(anchors, codes());
        for code in codes() {
            assert!(PAGE.contains(&format!("<a id=\"aadsts{code}\"></a>AADSTS{code} ")), "{code}");
        }
    }

    /// The codes of our own that stand in a source: behind a kind of error, or those of certificates by their name.
    fn own_codes(source: &str) -> BTreeSet<String> {
        let literal = |text: &str| {
            let text = text.trim_start().strip_prefix('"')?;
            Some(text.split('"').next()?.to_owned())
        };
        let behind_kind =
            source.split("ErrorKind::").skip(1).filter_map(|rest| literal(rest.split_once(',')?.1));
        let in_javascript = source.split(" code: '").skip(1).filter_map(|rest| rest.split('\'').next());
        let certificates = source
            .split("\"certificate_")
            .skip(1)
            .filter_map(|rest| rest.split('"').next())
            .filter(|rest| !rest.is_empty());
        behind_kind
            .chain(in_javascript.map(str::to_owned))
            .chain(certificates.map(|rest| format!("certificate_{rest}")))
            .filter(|code| code.contains('_') && code.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'))
            .collect()
    }

    fn sources(folder: &Path, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let path = entry.path();
            if path.is_dir() {
                sources(&path, found);
            } else if path.extension().is_some_and(|ext| ext == "rs") {
                found.push(std::fs::read_to_string(&path).unwrap());
            }
        }
    }

    #[test]
    fn the_page_for_readers_has_our_own_codes() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut found = vec![std::fs::read_to_string(root.join("index.js")).unwrap()];
        sources(&root.join("src"), &mut found);
        sources(&root.join("napi/src"), &mut found);
        let codes: BTreeSet<_> = found.iter().flat_map(|source| own_codes(source)).collect();
        for sure in ["invalid_settings", "network_error", "certificate_expired", "tenant_not_allowed"] {
            assert!(codes.contains(sure), "{sure} is not found in {codes:?}");
        }
        let missing: Vec<_> = codes.iter().filter(|code| !PAGE.contains(&format!("| `{code}` "))).collect();
        assert!(missing.is_empty(), "docs/errors.md has no row for {missing:?}");
    }
}
