//! An access token from outside: handed out as it is, where it is what is asked for.

use std::future::ready;
use std::time::SystemTime;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::time::Instant;

use super::jwt::Claims;
use super::source::TokenSource;
use crate::entra::scope::Scope;
use crate::entra::token::AccessToken;
use crate::error::{AuthError, ErrorKind, printable};
use crate::secret::Secret;
use crate::settings::origin::Origin;

/// Microsoft Graph's application id, which stands in `aud` of some of its tokens in every cloud.
const GRAPH_APP: &str = "00000003-0000-0000-c000-000000000000";

pub(super) struct AccessTokenSource {
    token: Secret,
    graph: Origin,
    name: &'static str,
}

impl AccessTokenSource {
    pub(super) fn new(token: Secret, graph: Origin, name: &'static str) -> Self {
        Self { token, graph, name }
    }

    fn check(&self, scope: &Scope, now: SystemTime) -> Result<AccessToken, AuthError> {
        let claims = Claims::read(self.token.expose()).map_err(|why| {
            self.refused(&why.to_string(), "Set it to an access token (a JWT), and to nothing but the token.")
        })?;
        if claims.is_delegated() {
            return Err(self.refused(
                "is a person's (it carries scp), and in app-only mode an application signs in",
                "Use a token that an application got for itself, by client credentials.",
            ));
        }
        if !claims.audience.iter().any(|audience| self.is_for(scope, audience)) {
            let audience = printable(&claims.audience.join(", "), 200);
            return Err(self.refused(
                &format!("is for \"{audience}\", and one for {} is asked for", scope.resource()),
                &format!("Get the token with the scope {scope}."),
            ));
        }
        let lifetime = claims.lifetime(now).ok_or_else(|| {
            let when = claims.expires_in(now).map_or_else(
                || "does not say when it expires".to_owned(),
                |seconds| format!("expired {} s ago", seconds.unsigned_abs()),
            );
            self.refused(&when, "Set it to a fresh token, or use a credential with which we get our own.")
        })?;
        Ok(AccessToken::new(self.token.clone(), lifetime, None))
    }

    /// Whether `audience` is what `scope` asks for. Graph goes by its application id as well.
    fn is_for(&self, scope: &Scope, audience: &str) -> bool {
        let bare = |text: &str| text.trim_end_matches('/').to_ascii_lowercase();
        let resource = bare(scope.resource());
        let is_graph = resource == self.graph.to_string() || resource == GRAPH_APP;
        bare(audience) == resource
            || (is_graph && (audience == GRAPH_APP || bare(audience) == self.graph.to_string()))
    }

    fn refused(&self, why: &str, hint: &str) -> AuthError {
        AuthError::new(
            ErrorKind::Credential,
            "access_token_refused",
            format!("The access token in {} {why}, so it was not used.", self.name),
        )
        .with_hint(hint)
    }
}

impl TokenSource for AccessTokenSource {
    fn token<'a>(
        &'a self,
        scope: &'a Scope,
        _challenge: Option<&'a str>,
        _deadline: Instant,
    ) -> BoxFuture<'a, Result<AccessToken, AuthError>> {
        ready(self.check(scope, SystemTime::now())).boxed()
    }

    fn label(&self) -> String {
        format!("access token from {}", self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::super::jwt::test_support::token;
    use super::*;
    use std::time::{Duration, UNIX_EPOCH};

    const NOW: u64 = 1_800_000_000;
    const GRAPH: &str = "https://graph.microsoft.com/.default";

    fn check(token: &str, scope: &str) -> Result<AccessToken, AuthError> {
        let graph = Origin::parse("https://graph.microsoft.com").unwrap();
        let source = AccessTokenSource::new(Secret::new(token), graph, "WORKIQ_ACCESS_TOKEN");
        source.check(&Scope::parse(scope).unwrap(), UNIX_EPOCH + Duration::from_secs(NOW))
    }

    fn of(audience: &str, scope: &str) -> Result<AccessToken, AuthError> {
        check(&token(&format!(r#"{{"aud":"{audience}","exp":{}}}"#, NOW + 3600)), scope)
    }

    #[test]
    fn a_token_for_what_is_asked_for_is_handed_out() {
        for (audience, scope) in [
            ("https://graph.microsoft.com", GRAPH),
            ("https://graph.microsoft.com/", GRAPH),
            (GRAPH_APP, GRAPH),
            ("api://contoso", "api://contoso/.default"),
        ] {
            assert!(!of(audience, scope).unwrap().fresh_for().is_zero(), "{audience}");
        }
        for (audience, scope) in [
            ("https://graph.microsoft.us", GRAPH),
            ("https://graph.microsoft.com.evil.example", GRAPH),
            ("https://management.azure.com", GRAPH),
            (GRAPH_APP, "api://contoso/.default"),
            ("", GRAPH),
        ] {
            let error = of(audience, scope).unwrap_err();
            assert_eq!(error.code(), "access_token_refused");
            assert!(error.message().contains(Scope::parse(scope).unwrap().resource()), "{error}");
        }
    }

    #[test]
    fn whatever_else_it_is_is_told_without_showing_it() {
        let payload = |claims: &str| token(&format!(r#"{{"aud":"https://graph.microsoft.com",{claims}}}"#));
        for (text, why) in [
            ("hush".to_owned(), "three parts"),
            (payload(&format!(r#""exp":{}"#, NOW - 60)), "expired 60 s ago"),
            (payload(r#""sub":"hush""#), "does not say when it expires"),
            (payload(&format!(r#""exp":{},"scp":"Mail.Read hush""#, NOW + 60)), "is a person's"),
        ] {
            let error = check(&text, GRAPH).unwrap_err();
            assert!(
                error.message().contains("WORKIQ_ACCESS_TOKEN") && error.message().contains(why),
                "{error}"
            );
            assert!(error.hint().is_some() && !format!("{error:?}").contains("hush"));
        }
    }
}
