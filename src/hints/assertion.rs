//! Assertions that Entra does not accept: the certificate, the signature, the time.

use super::secret::CREDENTIALS;
use super::{Case, Evidence, federated, span};

/// Clocks closer together than this are taken to agree: Entra allows more.
const SKEW: u64 = 60;

const CERTIFICATE: &str = "WORKIQ_CLIENT_CERTIFICATE_PATH";
const TOKEN: &str = "WORKIQ_FEDERATED_TOKEN_FILE";

/// The certificate that was presented, on lines of its own, where it is known.
fn presented(case: &Case<'_>) -> String {
    match &case.facts.evidence {
        Evidence::Certificate { shown, .. } => format!(
            "Presented was, from {}:\n  {}\n",
            case.setting(CERTIFICATE),
            crate::error::printable(shown, 600).replacen(", SHA-256 ", "\n  SHA-256 thumbprint ", 1)
        ),
        _ => String::new(),
    }
}

/// 700027: the signature does not verify with what is registered.
pub(super) fn signature(case: &Case<'_>) -> String {
    if let Evidence::Federated { issuer, .. } = &case.facts.evidence {
        let issuer = crate::error::printable(issuer, 100);
        return format!(
            "Entra could not verify the token from {} with the keys that its issuer publishes.\n{}\
             Entra reads them at {}/.well-known/openid-configuration: they must be there for the internet to see,\n\
             and the one that signed among them. A token of another cluster or test issuer fails so; \
             WORKIQ_FEDERATED_TOKEN_FILE names the file.",
            case.setting(TOKEN),
            federated::claims(case),
            issuer.trim_end_matches('/')
        );
    }
    let Evidence::Certificate { algorithm, .. } = &case.facts.evidence else {
        return format!(
            "The assertion's key is not registered with {}. Upload its certificate:\n{CREDENTIALS} > Certificates",
            case.application()
        );
    };
    // Entra says one of "The key was not found" and "Key was found, but use of the key … failed".
    let registered = case.message.to_ascii_lowercase().contains("key was found");
    let first = if registered {
        "The certificate is registered, and yet its signature is refused: private key and certificate are of \
         different pairs,\nor the tenant refuses the algorithm."
    } else {
        "The signature is of a certificate that is not registered with this application."
    };
    let other = if *algorithm == "PS256" {
        "\nIf it is there already and the tenant refuses PS256 with x5t#S256, set WORKIQ_ASSERTION_ALG=RS256, which \
         sends x5t."
    } else {
        ""
    };
    format!(
        "{first}\n{}Compare with what is registered, and upload this one (the certificate, not its key):\n\
         az ad app credential list --id {} --cert\n{CREDENTIALS} > Certificates{other}",
        presented(case),
        case.id()
    )
}

/// 700024: the assertion was early or late.
pub(super) fn time(case: &Case<'_>) -> String {
    let clock = clock(case.facts.skew);
    match &case.facts.evidence {
        Evidence::Federated { issuer, expires_in, .. } => {
            let expiry = match expires_in {
                Some(left) if *left <= 0 => {
                    format!(
                        "The federated token had expired {} before it was presented.",
                        span(left.unsigned_abs())
                    )
                }
                Some(left) => format!(
                    "The federated token was good for another {} by this machine's clock.",
                    span(left.unsigned_abs())
                ),
                None => "The federated token was presented too early or too late.".into(),
            };
            let source = if super::github::is_issuer(issuer) {
                "GitHub's tokens live 5 minutes, so one is fetched for each sign-in: store none in a variable or file, \
                 WORKIQ_FEDERATED_TOKEN_FILE included."
            } else {
                "A token file is read anew for each sign-in: see whether what writes it still renews it, and that \
                 WORKIQ_FEDERATED_TOKEN_FILE names that file."
            };
            format!("{expiry}\n{clock}\n{source}")
        }
        _ => format!(
            "The assertion was outside its time range. It is signed anew for each sign-in and lives 10 minutes, so \
             this is about clocks.\n{clock}\nSet the clock by NTP (timedatectl set-ntp true; w32tm /resync), in a \
             container that of its host.\nThe credential is from {}.",
            case.setting(CERTIFICATE)
        ),
    }
}

/// What the clocks have to do with it, in words.
fn clock(skew: Option<i64>) -> String {
    match skew {
        Some(ahead) if ahead.unsigned_abs() > SKEW => format!(
            "This machine's clock is {} {} the server's.",
            span(ahead.unsigned_abs()),
            if ahead > 0 { "behind" } else { "ahead of" }
        ),
        Some(_) => "This machine's clock agrees with the server's to the minute.".into(),
        None => "Compare this machine's clock with the time in the message.".into(),
    }
}

/// 700030 and 50012: authentication by subject name and issuer, or a chain that does not verify.
pub(super) fn chain(case: &Case<'_>) -> String {
    let sent = matches!(case.facts.evidence, Evidence::Certificate { chain: true, .. });
    let todo = if sent {
        "The chain was sent. It must lead to a CA that Entra trusts for this application, leaf first, in one cloud."
    } else {
        "The chain was not sent: set WORKIQ_CLIENT_SEND_CERTIFICATE_CHAIN=true and put the intermediates into the file."
    };
    format!(
        "Entra does not authorize the certificate by its name, or does not trust its chain.\n{}{todo}\n\
         The name must be among the trusted certificate subjects of {}.\n\
         Without those, upload the certificate itself: {CREDENTIALS} > Certificates",
        presented(case),
        case.application()
    )
}

/// 5002738: an algorithm that Entra does not take.
pub(super) fn algorithm(case: &Case<'_>) -> String {
    format!(
        "Entra takes RSA signatures only (RS or PS 256 to 512); ES256 and EdDSA are refused.\n\
         For a federated token, have its issuer sign with RS256. For a certificate ({}),\n\
         make one with an RSA key of 2048 bits or more:\n\
         umask 077\n\
         openssl req -x509 -newkey rsa:3072 -sha256 -days 365 -nodes -subj /CN=workiq-ci -keyout key.pem -out cert.pem",
        case.setting(CERTIFICATE)
    )
}

/// 50027 and 5002723: not a JWT, or not one that Entra can read.
pub(super) fn malformed(case: &Case<'_>) -> String {
    match &case.facts.evidence {
        Evidence::Federated { .. } => format!(
            "The federated token from {} is damaged, or lacks what Entra needs (kid in its header; iss, sub, aud, exp).\n{}\
             See that the whole token is there, on one line; for a file, WORKIQ_FEDERATED_TOKEN_FILE.",
            case.setting(TOKEN),
            federated::claims(case)
        ),
        _ => format!(
            "Entra cannot read the assertion made with {}. If WORKIQ_ASSERTION_ALG or \
             WORKIQ_CLIENT_SEND_CERTIFICATE_CHAIN is set,\ntry without; if nothing stands in between (HTTPS_PROXY, \
             WORKIQ_AUTHORITY_HOST), this is an error of workiq-auth: please report it.",
            case.setting(CERTIFICATE)
        ),
    }
}

/// 700021 and 700023: an assertion for another application or another endpoint.
pub(super) fn meant_for_another(case: &Case<'_>) -> String {
    match &case.facts.evidence {
        Evidence::Federated { .. } => format!(
            "The token from {} reads as one that the application signed itself, for another client or endpoint.\n{}\
             A federated token names its own issuer and subject, and the exchange audience (WORKIQ_FEDERATED_AUDIENCE).",
            case.setting(TOKEN),
            federated::claims(case)
        ),
        _ => format!(
            "The assertion names another application or endpoint than it was sent to.\n\
             Ours names WORKIQ_CLIENT_ID and {}: check that WORKIQ_AUTHORITY_HOST is the tenant's own authority and \
             no relay.",
            case.authority()
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Facts;
    use super::*;

    const SHOWN: &str = "certificate CN=ci (SHA-1 thumbprint AB, valid from 2026 to 2027), SHA-256 CD";

    fn with_certificate(algorithm: &'static str) -> Facts {
        let evidence = Evidence::Certificate { shown: SHOWN.into(), algorithm, chain: false };
        Facts { evidence, client: "c".into(), ..Facts::default() }
    }

    #[test]
    fn an_unregistered_certificate_is_shown_and_the_other_algorithm_only_where_it_is_another() {
        let facts = with_certificate("PS256");
        let text = signature(&Case { code: 0, facts: &facts, message: "[Reason - The key was not found." });
        assert!(text.contains("\n  certificate CN=ci (SHA-1 thumbprint AB"), "{text}");
        assert!(text.contains("\n  SHA-256 thumbprint CD\n") && text.contains("not registered"), "{text}");
        assert!(text.contains("WORKIQ_ASSERTION_ALG=RS256") && text.contains("--id c --cert"), "{text}");
        let facts = with_certificate("RS256");
        let text =
            signature(&Case { code: 0, facts: &facts, message: "Key was found, but use of the key failed" });
        assert!(!text.contains("WORKIQ_ASSERTION_ALG") && text.contains("different pairs"), "{text}");
    }

    #[test]
    fn the_clocks_are_compared_in_words() {
        for (skew, words) in [
            (Some(420), "clock is 7 min behind the server's"),
            (Some(-90), "clock is 90 s ahead of the server's"),
            (Some(-60), "agrees with the server's"),
            (None, "the time in the message"),
        ] {
            let facts = Facts { skew, ..with_certificate("PS256") };
            let text = time(&Case { code: 0, facts: &facts, message: "" });
            assert!(text.contains(words) && text.contains("10 minutes"), "{text}");
        }
    }

    #[test]
    fn a_federated_token_tells_its_age() {
        let of = |issuer: &str, expires_in| {
            let evidence = Evidence::Federated {
                issuer: issuer.into(),
                subject: "s".into(),
                audience: "a".into(),
                expires_in,
            };
            let facts = Facts { evidence, ..Facts::default() };
            time(&Case { code: 0, facts: &facts, message: "" })
        };
        let text = of("https://token.actions.githubusercontent.com", Some(-200));
        assert!(text.contains("had expired 3 min before") && text.contains("live 5 minutes"), "{text}");
        let text = of("https://oidc.prod-aks.azure.com/x/", Some(100));
        assert!(text.contains("another 100 s") && text.contains("WORKIQ_FEDERATED_TOKEN_FILE"), "{text}");
    }

    #[test]
    fn a_chain_that_was_not_sent_is_asked_for() {
        let facts = with_certificate("PS256");
        let text = chain(&Case { code: 0, facts: &facts, message: "" });
        assert!(
            text.contains("WORKIQ_CLIENT_SEND_CERTIFICATE_CHAIN=true") && text.contains("CN=ci"),
            "{text}"
        );
    }
}
