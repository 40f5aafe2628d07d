//! A token of another identity provider: whoever brings it, one gate decides whether it may be sent.

use std::time::SystemTime;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::time::Instant;

use super::jwt::Claims;
use super::source::{Occasion, Proof, ProofSource};
use crate::entra::request::ClientAuthentication;
use crate::error::{AuthError, ErrorKind, printable};
use crate::hints::Evidence;
use crate::secret::Secret;
use crate::settings::cloud::Cloud;
use crate::settings::federation::Audience;
use crate::settings::origin::Origin;

/// By how much another's clock may differ from ours. Entra takes as much.
const TOLERANCE: i64 = 300;

/// How much of a claim is shown.
const EXCERPT: usize = 300;

/// Who brings federated tokens.
pub(super) trait TokenSupply: Send + Sync {
    /// A fresh token, before `deadline`.
    fn fetch(&self, deadline: Instant) -> BoxFuture<'_, Result<Secret, AuthError>>;

    /// What it is and which setting it comes from, for a person: "the file /var/run/token".
    fn label(&self) -> String;
}

/// The proof that is a federated token.
pub(super) struct FederatedSource<S> {
    supply: S,
    gate: Gate,
}

impl<S: TokenSupply> FederatedSource<S> {
    pub(super) fn new(supply: S, gate: Gate) -> Self {
        Self { supply, gate }
    }
}

impl<S: TokenSupply> ProofSource for FederatedSource<S> {
    fn prove<'a>(&'a self, occasion: Occasion<'a>) -> BoxFuture<'a, Result<Proof, AuthError>> {
        async move {
            let token = self.supply.fetch(occasion.deadline).await?;
            let evidence = self.gate.admit(&token, &self.supply.label(), occasion.now)?;
            Ok(Proof { authentication: ClientAuthentication::Assertion(token), evidence })
        }
        .boxed()
    }

    fn label(&self) -> String {
        format!("federated token of {}", self.supply.label())
    }
}

/// What a federated token must be before it is sent.
pub(super) struct Gate {
    authority: Origin,
    audience: Audience,
    /// The authority is none of Microsoft's clouds.
    custom: bool,
}

impl Gate {
    /// The gate before `authority`, whose cloud is `cloud` where it is one's.
    pub(super) fn new(authority: Origin, cloud: Cloud, audience: Audience) -> Self {
        let custom = authority != cloud.authority();
        Self { authority, audience, custom }
    }

    /// What may be said of `token`, which `from` brought, if it is refused; or why it is not sent at all.
    fn admit(&self, token: &Secret, from: &str, now: SystemTime) -> Result<Evidence, AuthError> {
        let claims = Claims::read(token.expose()).map_err(|why| {
            refusal("federated_token_invalid", format!("The token of {from} {why}, so it was not sent."))
                .with_hint("What is expected is the identity provider's token (a JWT) and nothing else.")
        })?;
        let audience = printable(&claims.audience.join(", "), EXCERPT);
        let foreign = |one: &String| Cloud::foreign_exchange(one, &self.authority);
        if let Some(cloud) = claims.audience.iter().find_map(foreign) {
            return Err(self.not_sent(from, &audience, &format!("which is for the cloud {}", cloud.name())));
        }
        // Elsewhere than at a cloud, a token that others take as well would be theirs to use.
        let ours = self.audience.as_str();
        if self.custom && (claims.audience.is_empty() || claims.audience.iter().any(|one| one != ours)) {
            return Err(self.not_sent(from, &audience, &format!("and WORKIQ_FEDERATED_AUDIENCE is {ours}")));
        }
        let expires_in = claims.expires_in(now);
        if let Some(ago) = expires_in.filter(|seconds| *seconds < -TOLERANCE) {
            return Err(refusal(
                "federated_token_expired",
                format!("The token of {from} expired {} s ago, so it was not sent.", -ago),
            )
            .with_hint("Check that whoever renews it still runs, and this machine's clock."));
        }
        let shown = |claim: Option<String>| {
            let claim = claim.unwrap_or_default();
            let mut shown = printable(&claim, EXCERPT);
            // So that nobody takes it for the claim itself, and makes a command of it.
            if shown != claim && !shown.ends_with('…') {
                shown.push('…');
            }
            shown
        };
        Ok(Evidence::Federated {
            issuer: shown(claims.issuer),
            subject: shown(claims.subject),
            audience,
            expires_in,
        })
    }

    fn not_sent(&self, from: &str, audience: &str, why: &str) -> AuthError {
        refusal(
            "federated_token_not_sent",
            format!(
                "The token of {from} has the audience \"{audience}\", {why}. It was not sent to {}.",
                self.authority
            ),
        )
        .with_hint(
            "Check WORKIQ_CLOUD and WORKIQ_AUTHORITY_HOST; if they are right, have the token issued for the audience \
             of that authority, and name it in WORKIQ_FEDERATED_AUDIENCE.",
        )
    }
}

fn refusal(code: &'static str, message: String) -> AuthError {
    AuthError::new(ErrorKind::Credential, code, message)
}

#[cfg(test)]
mod tests {
    use super::super::jwt::test_support::token;
    use super::*;
    use std::time::{Duration, UNIX_EPOCH};

    const NOW: u64 = 1_800_000_000;

    fn admit(authority: &str, audience: Option<&str>, payload: &str) -> Result<Evidence, AuthError> {
        let origin = Origin::parse(authority).unwrap();
        let cloud = Cloud::from_authority(origin.host()).unwrap_or_default();
        let audience = audience.map_or_else(|| Audience::of(cloud), |text| Audience::parse(text).unwrap());
        let token = Secret::new(token(payload));
        Gate::new(origin, cloud, audience).admit(&token, "the file /x", UNIX_EPOCH + Duration::from_secs(NOW))
    }

    const PUBLIC: &str = "https://login.microsoftonline.com";
    const GOV: &str = "https://login.microsoftonline.us";
    const OWN: &str = "https://login.example.com";

    #[test]
    fn a_token_for_a_clouds_exchange_goes_to_that_cloud_and_nowhere_else() {
        for (authority, audience) in [
            (PUBLIC, r#""api://AzureADTokenExchange""#),
            (PUBLIC, r#""fb60f99c-7a34-4190-8149-302f77469936""#),
            (PUBLIC, r#""api://contoso""#),
            (PUBLIC, r#"["api://contoso","api://AzureADTokenExchange"]"#),
            (GOV, r#""api://AzureADTokenExchangeUSGov""#),
        ] {
            assert!(admit(authority, None, &format!(r#"{{"aud":{audience}}}"#)).is_ok(), "{audience}");
        }
        for (authority, audience) in [
            (GOV, r#""api://AzureADTokenExchange""#),
            (GOV, r#""fb60f99c-7a34-4190-8149-302f77469936""#),
            (PUBLIC, r#""api://AzureADTokenExchangeChina""#),
            (PUBLIC, r#"["api://contoso","api://azureadtokenexchangechina/"]"#),
            (OWN, r#""api://AzureADTokenExchange""#),
            (OWN, r#"["api://contoso","api://AzureADTokenExchange"]"#),
            (OWN, r#"["api://contoso","sts.amazonaws.com"]"#),
            (OWN, r#""sts.amazonaws.com""#),
            (OWN, "[]"),
        ] {
            let own = (authority == OWN).then_some("api://contoso");
            let error = admit(authority, own, &format!(r#"{{"aud":{audience}}}"#)).unwrap_err();
            assert_eq!(error.code(), "federated_token_not_sent", "{audience}");
            assert!(
                error.message().contains("the file /x") && error.message().contains(authority),
                "{error}"
            );
        }
        assert!(admit(OWN, Some("api://contoso"), r#"{"aud":"api://contoso"}"#).is_ok());
    }

    #[test]
    fn the_claims_become_evidence_made_printable() {
        let payload =
            format!(r#"{{"iss":"https://i","sub":"repo:a\u001b[2J\nb","aud":["a","b"],"exp":{}}}"#, NOW + 60);
        let Evidence::Federated { issuer, subject, audience, expires_in } =
            admit(PUBLIC, None, &payload).unwrap()
        else {
            panic!("other evidence")
        };
        assert_eq!((issuer.as_str(), subject.as_str()), ("https://i", "repo:a [2J b…"));
        assert_eq!((audience.as_str(), expires_in), ("a, b", Some(60)));
    }

    #[test]
    fn an_expired_token_and_no_token_are_held_back() {
        let expired = |ago: u64| admit(PUBLIC, None, &format!(r#"{{"aud":"a","exp":{}}}"#, NOW - ago));
        assert!(expired(299).is_ok());
        let error = expired(301).unwrap_err();
        assert_eq!(error.code(), "federated_token_expired");
        assert!(error.message().contains("the file /x expired 301 s ago"), "{error}");

        let origin = Origin::parse(PUBLIC).unwrap();
        let gate = Gate::new(origin, Cloud::Public, Audience::of(Cloud::Public));
        for text in ["", "hush", "eyJhush.hush", "hush.hush.hush"] {
            let error = gate.admit(&Secret::new(text), "clientAssertion", UNIX_EPOCH).unwrap_err();
            assert_eq!(error.code(), "federated_token_invalid");
            assert!(!format!("{error:?}").contains("hush") && error.message().contains("clientAssertion"));
        }
    }
}
