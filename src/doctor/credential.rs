//! The credential: what it is, and how long it will do.

use std::time::{Duration, Instant, SystemTime};

use serde_json::json;

use super::check::{Check, Privacy, Status, Step};
use super::federation::Presented;
use super::mask::Mask;
use super::{CREDENTIAL, timed};
use crate::credential::certificate::{CertificateSummary, hex};
use crate::credential::examine::{Kind, examine};
use crate::http::HttpClient;
use crate::settings::Settings;
use crate::time::rfc3339;

/// A certificate that ends sooner is to be replaced.
const WARN_BEFORE: Duration = Duration::from_secs(30 * 24 * 3600);

const DAY: u64 = 24 * 3600;

/// The credential.
pub(super) struct Looked {
    pub(super) check: Check,
    /// The token of another identity provider, where it is one.
    pub(super) federated: Option<Presented>,
}

/// Reads the credential; a federated token is fetched from whoever has it. Nothing is sent to Entra.
pub(super) async fn look(settings: &Settings, http: &HttpClient, mask: &mut Mask) -> Looked {
    let started = Instant::now();
    let (id, title) = CREDENTIAL;
    let deadline = tokio::time::Instant::now() + settings.timeout;
    let client = settings.client().map_or_else(|| "<client-id>".to_owned(), |id| id.to_string());
    let late = || {
        crate::error::AuthError::new(
            crate::error::ErrorKind::Timeout,
            "timeout",
            "The credential could not be had in time.",
        )
    };
    let examined = tokio::time::timeout_at(deadline, examine(settings, http, deadline)).await;
    let mut federated = None;
    let check = match examined.unwrap_or_else(|_| Err(late())) {
        Err(error) => Check::of_error(id, title, &error),
        Ok(examined) => {
            if let Kind::Federated { issuer, subject, audience, .. } = &examined.kind {
                let (issuer, subject, audience) = (issuer.clone(), subject.clone(), audience.clone());
                federated = Some(Presented { issuer, subject, audience });
            }
            // The label of a managed identity has its client id.
            let check = Check::new(id, title, Status::Ok, &*examined.label).readable_by(Privacy::Ids);
            of_kind(check, examined.kind, &client, mask)
        }
    };
    let mut check = check.fact("from", settings.credential_name, Privacy::Open);
    if check.code.is_none() {
        check.open = Some(in_general(&check, settings.credential_name));
    }
    Looked { check: timed(started, check), federated }
}

/// The sentence without what tells whose it is.
fn in_general(check: &Check, from: &str) -> String {
    let value = |name: &str| check.facts.iter().find(|fact| fact.name == name).map(|fact| &fact.value);
    let kind = value("kind").and_then(|kind| kind.as_str()).unwrap_or("credential");
    let days = value("daysLeft").map(|days| format!(", {days} days left")).unwrap_or_default();
    let id =
        if check.status == Status::Warning && kind == "secret" { ", which looks like its id" } else { "" };
    format!("{kind} from {from}{days}{id}")
}

fn of_kind(check: Check, kind: Kind, client: &str, mask: &mut Mask) -> Check {
    match kind {
        Kind::Elsewhere => check.fact("kind", "token", Privacy::Open),
        Kind::Secret { looks_like_id } => {
            of_secret(check.fact("kind", "secret", Privacy::Open), looks_like_id)
        }
        Kind::Certificate(summary) => {
            of_certificate(check.fact("kind", "certificate", Privacy::Open), &summary, client)
        }
        Kind::Federated { issuer, subject, audience, expires_in } => {
            mask.add(&subject, "<subject>");
            mask.add(&issuer, "<issuer>");
            let matching = json!({
                "issuer": issuer,
                "subject": subject,
                "audiences": audience.split(", ").collect::<Vec<_>>(),
            });
            let check = check
                .fact("kind", "federated", Privacy::Open)
                .fact("iss", issuer, Privacy::Ids)
                .fact("sub", subject, Privacy::Ids)
                .fact("aud", audience, Privacy::Ids)
                .fact("matchingFederatedCredential", matching, Privacy::Ids);
            match expires_in {
                Some(seconds) => check.fact("expiresInSeconds", seconds, Privacy::Open),
                None => check,
            }
        }
    }
}

fn of_secret(mut check: Check, looks_like_id: bool) -> Check {
    if looks_like_id {
        check.status = Status::Warning;
        check.summary = format!("{}, which looks like the id of a secret and not its value", check.summary);
        check.todo.push(Step::Words(
            "Use the column Value of the secret, which is shown only once; make a new secret if it is gone."
                .into(),
            Privacy::Open,
        ));
    }
    check
}

fn of_certificate(check: Check, summary: &CertificateSummary, client: &str) -> Check {
    let now = SystemTime::now();
    let left = summary.not_after().duration_since(now).unwrap_or_default();
    let days = left.as_secs() / DAY;
    let mut check = check
        .fact("subject", summary.subject(), Privacy::Ids)
        .fact("sha1", hex(summary.thumbprint_sha1()), Privacy::Ids)
        .fact("sha256", hex(summary.thumbprint_sha256()), Privacy::Ids)
        .fact("notAfter", rfc3339(summary.not_after()), Privacy::Open)
        .fact("daysLeft", days, Privacy::Open);
    check.summary = format!("{}, {days} days left", check.summary);
    if left < WARN_BEFORE {
        check.status = Status::Warning;
        check.todo = vec![
            Step::Words(
                "Make a new certificate, add it to the application beside this one, then replace the file: the old one \
                 serves until then."
                    .into(),
                Privacy::Open,
            ),
            Step::Command(format!("az ad app credential reset --id {client} --append --cert @new.pem")),
        ];
    }
    check
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_federated_token_shows_the_credential_that_would_match() {
        let kind = Kind::Federated {
            issuer: "https://token.actions.githubusercontent.com".into(),
            subject: "repo:contoso/agents:environment:production".into(),
            audience: "api://AzureADTokenExchange".into(),
            expires_in: Some(300),
        };
        let mut mask = Mask::default();
        let check = of_kind(Check::new("credential", "Credential", Status::Ok, "x"), kind, "id", &mut mask);
        let json = check.to_json();
        let matching = &json["facts"]["matchingFederatedCredential"];
        assert_eq!(matching["subject"], "repo:contoso/agents:environment:production");
        assert_eq!(matching["audiences"], json!(["api://AzureADTokenExchange"]));
        assert_eq!(mask.hide("x repo:contoso/agents:environment:production"), "x <subject>");
    }

    #[test]
    fn the_id_of_a_secret_is_a_warning() {
        let of = |looks_like_id| {
            let check = Check::new("credential", "Credential", Status::Ok, "client secret from X");
            of_kind(check, Kind::Secret { looks_like_id }, "id", &mut Mask::default())
        };
        assert_eq!((of(true).status, of(false).status), (Status::Warning, Status::Ok));
        assert!(!of(true).todo.is_empty());
    }
}
