//! Signing in, and what the token says.

use std::time::{Instant, SystemTime};

use uuid::Uuid;

use super::check::{Check, Privacy, Status, Step};
use super::mask::{self, Mask};
use super::{TOKEN, timed};
use crate::cache::Want;
use crate::credential::Credential;
use crate::credential::jwt::Claims;
use crate::entra::scope::Scope;
use crate::entra::token::AccessToken;
use crate::error::{AuthError, ErrorKind, printable};
use crate::graph::granted::Granted;
use crate::settings::Settings;
use crate::time::rfc3339;

/// What came of signing in.
pub(super) struct Looked {
    pub(super) check: Check,
    /// What the application holds, where the token can be read.
    pub(super) granted: Option<Granted>,
    /// Whether there is a token.
    pub(super) is_in: bool,
    /// The number of the `AADSTS` code that Entra refused with.
    pub(super) refused: Option<u32>,
}

/// Signs in for Microsoft Graph.
pub(super) async fn look(settings: &Settings, credential: &Credential, mask: &mut Mask) -> Looked {
    let started = Instant::now();
    let (id, title) = TOKEN;
    let scope = Scope::of(&settings.graph);
    // It ends by itself; this is for a source that does not.
    let token = tokio::time::timeout(settings.timeout * 2, credential.token(&scope, Want::Any)).await;
    let late = || AuthError::new(ErrorKind::Timeout, "timeout", "Signing in took too long.");
    match token.unwrap_or_else(|_| Err(late())) {
        Err(error) => {
            let check = timed(started, Check::of_error(id, title, &error));
            Looked { check, granted: None, is_in: false, refused: error.parts().aadsts }
        }
        Ok(token) => {
            let granted = Granted::of(token.secret().expose());
            let check = timed(started, of_token(&token, settings, mask));
            Looked { check, granted, is_in: true, refused: None }
        }
    }
}

fn of_token(token: &AccessToken, settings: &Settings, mask: &mut Mask) -> Check {
    let (id, title) = TOKEN;
    let minutes = token.expires_on.duration_since(SystemTime::now()).unwrap_or_default().as_secs() / 60;
    let check =
        Check::new(id, title, Status::Ok, format!("A token for Microsoft Graph, good for {minutes} min"))
            .fact("expiresOn", rfc3339(token.expires_on), Privacy::Open);
    let Ok(claims) = Claims::read(token.secret().expose()) else {
        return check.fact("readable", false, Privacy::Open);
    };
    for (claim, word) in
        [(&claims.tenant, mask::TENANT), (&claims.client, "<client-id>"), (&claims.object, "<id>")]
    {
        if let Some(text) = claim {
            mask.add(text, word);
        }
    }
    of_claims(check, &claims, settings)
}

fn of_claims(mut check: Check, claims: &Claims, settings: &Settings) -> Check {
    let shown = |claim: &Option<String>| printable(claim.as_deref().unwrap_or("-"), 100);
    let roles: Vec<_> = claims.roles.iter().map(|role| printable(role, 80)).collect();
    check = check
        .fact("tenant", shown(&claims.tenant), Privacy::Ids)
        .fact("application", shown(&claims.client), Privacy::Ids)
        .fact("servicePrincipal", shown(&claims.object), Privacy::Ids)
        .fact("idtyp", shown(&claims.identity_type), Privacy::Open)
        .fact("roles", roles, Privacy::Open)
        .fact("cae", claims.capabilities.iter().any(|one| one.eq_ignore_ascii_case("cp1")), Privacy::Open);
    if claims.is_delegated() {
        check.status = Status::Failed;
        check.refused = true;
        check.code = Some("token_of_a_person".into());
        check.summary = "The token is a person's (idtyp user, or scp), and not an application's".into();
        return check
            .step(Step::Words("Use a credential with which an application signs in.".into(), Privacy::Open));
    }
    let is_other = |own: &str, claim: &Option<String>| {
        let theirs = claim.as_deref().and_then(|text| Uuid::try_parse(text).ok());
        Uuid::try_parse(own).ok().zip(theirs).is_some_and(|(own, theirs)| own != theirs)
    };
    let tenant = settings.tenant().is_some_and(|own| is_other(own.as_str(), &claims.tenant));
    let client = settings.client().is_some_and(|own| is_other(&own.to_string(), &claims.client));
    if tenant || client {
        let what = if tenant { "tenant" } else { "application" };
        check.status = Status::Warning;
        check.code = Some("token_of_another".into());
        check.summary = format!("The token is of another {what} than the one in the settings");
        check.todo.push(Step::Words(
            "Check WORKIQ_TENANT_ID and WORKIQ_CLIENT_ID, and whose token the credential brings.".into(),
            Privacy::Open,
        ));
    }
    check
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::credential::jwt::test_support::token;
    use crate::secret::Secret;
    use crate::settings::test_support::app_only;

    const ID: &str = "11111111-2222-4333-8444-555555555555";
    const OTHER: &str = "22222222-2222-4333-8444-555555555555";

    fn of(claims: &str) -> Check {
        let settings = app_only(ID, ("WORKIQ_CLIENT_SECRET", "abc8Q~def.ghi"));
        let token = AccessToken::new(Secret::new(token(claims)), Duration::from_secs(3600), None);
        of_token(&token, &settings, &mut Mask::default())
    }

    #[test]
    fn a_token_is_of_the_application_that_was_meant() {
        let good = of(&format!(r#"{{"tid":"{ID}","appid":"{ID}","idtyp":"app","xms_cc":["CP1"]}}"#));
        assert_eq!((good.status, &good.to_json()["facts"]["cae"]), (Status::Ok, &true.into()));
        for claims in [format!(r#"{{"tid":"{OTHER}"}}"#), format!(r#"{{"tid":"{ID}","azp":"{OTHER}"}}"#)] {
            assert_eq!(of(&claims).status, Status::Warning, "{claims}");
        }
        let person = of(r#"{"scp":"Mail.Read"}"#);
        assert_eq!((person.status, person.refused), (Status::Failed, true));
    }
}
