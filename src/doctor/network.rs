//! The way to the authority and to Microsoft Graph: name, proxy, TLS; and the clock, by what they say that time is.

use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use http::Request;

use super::check::{Check, Privacy, Status, Step};
use super::{AUTHORITY, CLOCK, GRAPH, NETWORK, Name, skipped, timed};
use crate::error::AuthError;
use crate::hints::{self, Facts};
use crate::http::{HttpClient, HttpError, Limits, Response, retry};
use crate::settings::Settings;
use crate::settings::credential::{ProofSetting, SignIn};
use crate::settings::origin::Origin;

/// What is sent without a token has short answers.
const LIMITS: Limits = Limits { bytes: 4 << 20, silence: Duration::from_secs(10), wipe: false };

/// How many addresses of a name are shown.
const ADDRESSES: usize = 4;

/// A smaller difference between clocks is none: `Date` has seconds, and the way takes time.
const SKEW_FROM: u64 = 60;

/// As much Entra forgives (learn.microsoft.com/entra/identity-platform/claims-validation).
const SKEW_UP_TO: u64 = 300;

/// A host that was asked.
pub(super) struct Looked {
    pub(super) check: Check,
    /// Seconds by which its clock is ahead of ours.
    pub(super) skew: Option<i64>,
}

/// Asks both hosts for something that needs no token. Any answer will do.
pub(super) async fn look(settings: &Settings, http: &HttpClient) -> (Looked, Looked) {
    let graph = reach(GRAPH, &settings.graph, "/v1.0/", http);
    let Some(tenant) = settings.tenant().filter(|_| matches!(settings.sign_in, SignIn::Application { .. }))
    else {
        let why = "Somebody else gets the token, and not from here";
        return (Looked { check: skipped(AUTHORITY, why), skew: None }, graph.await);
    };
    let path = format!("/{tenant}/v2.0/.well-known/openid-configuration");
    tokio::join!(reach(AUTHORITY, &settings.authority, &path, http), graph)
}

async fn reach((id, title): Name, origin: &Origin, path: &str, http: &HttpClient) -> Looked {
    let started = Instant::now();
    let deadline = tokio::time::Instant::now() + NETWORK;
    let url = origin.join(path);
    let proxy = http.proxy_to(&url);
    let outcome = match Request::get(&url).header("accept", "application/json").body(Bytes::new()) {
        Ok(request) => http.send(request, LIMITS, deadline).await,
        Err(error) => Err(HttpError::Request(error.to_string())),
    };
    let skew = outcome.as_ref().ok().and_then(skew);
    let mut check = match outcome {
        Ok(_) => {
            let mut check = Check::new(id, title, Status::Ok, format!("{origin} answers over TLS"));
            check.open = Some("It answers over TLS".into());
            check
        }
        Err(error) => {
            let facts = Facts { proxy: proxy.clone(), ..Facts::default() };
            Check::of_error(id, title, &hints::explain(AuthError::from(error), &facts))
        }
    }
    .readable_by(Privacy::Ids);
    check = check.fact("host", origin.host(), Privacy::Ids);
    check = match proxy {
        // The proxy looks the name up.
        Some(proxy) => check.fact("proxy", proxy, Privacy::Ids),
        None => check.fact("addresses", addresses(origin, deadline).await, Privacy::Ids),
    };
    Looked { check: timed(started, check), skew }
}

/// What the name of the host leads to; nothing where it leads nowhere.
async fn addresses(origin: &Origin, deadline: tokio::time::Instant) -> Vec<String> {
    let host = origin.host().trim_matches(['[', ']']).to_owned();
    let found = tokio::time::timeout_at(deadline, tokio::net::lookup_host((host, 443))).await;
    let Ok(Ok(found)) = found else { return Vec::new() };
    found.map(|address| address.ip().to_string()).take(ADDRESSES).collect()
}

fn skew(answer: &Response) -> Option<i64> {
    let theirs = retry::server_time(&answer.headers)?;
    let seconds = |time: SystemTime| {
        let since = time.duration_since(SystemTime::UNIX_EPOCH).ok()?;
        i64::try_from(since.as_secs()).ok()
    };
    Some(seconds(theirs)? - seconds(SystemTime::now())?)
}

/// The clock, where a host told its own.
pub(super) fn clock(settings: &Settings, skew: Option<i64>) -> Check {
    let started = Instant::now();
    let (id, title) = CLOCK;
    let Some(skew) = skew else { return skipped(CLOCK, "No host told its time") };
    let off = skew.unsigned_abs();
    let check = |status, summary: String| {
        timed(started, Check::new(id, title, status, summary).fact("secondsBehind", skew, Privacy::Open))
    };
    if off < SKEW_FROM {
        return check(Status::Ok, "This machine's clock is right".into());
    }
    let way = if skew > 0 { "behind" } else { "ahead of" };
    // An assertion that we sign, or hold back, is good by the clock; a secret is not.
    let by_clock = matches!(
        &settings.sign_in,
        SignIn::Application { proof: ProofSetting::Certificate(_) | ProofSetting::Federated(_), .. }
    );
    let status = if off > SKEW_UP_TO && by_clock { Status::Failed } else { Status::Warning };
    let mut check =
        check(status, format!("This machine's clock is {} {way} that of the servers", hints::span(off)))
            .step(Step::Words("Set the clock, and have it kept right (NTP):".into(), Privacy::Open))
            .step(Step::Command(
                if cfg!(windows) { "w32tm /resync" } else { "sudo timedatectl set-ntp true" }.into(),
            ));
    check.code = Some("clock_skewed".into());
    check
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::test_support::app_only;

    fn settings(credential: (&str, &str)) -> Settings {
        app_only("contoso.com", credential)
    }

    #[test]
    fn a_wrong_clock_fails_where_assertions_are_signed_by_it() {
        let secret = settings(("WORKIQ_CLIENT_SECRET", "abc8Q~def.ghi"));
        let certificate = settings(("WORKIQ_CLIENT_CERTIFICATE_PATH", "/c.pem"));
        for (skew, with_secret, with_certificate) in [
            (None, Status::Skipped, Status::Skipped),
            (Some(-59), Status::Ok, Status::Ok),
            (Some(60), Status::Warning, Status::Warning),
            (Some(-301), Status::Warning, Status::Failed),
        ] {
            assert_eq!(clock(&secret, skew).status, with_secret, "{skew:?}");
            assert_eq!(clock(&certificate, skew).status, with_certificate, "{skew:?}");
        }
        assert!(clock(&secret, Some(90)).summary.contains("90 s behind"));
        assert!(clock(&secret, Some(-90)).summary.contains("90 s ahead"));
        assert!(clock(&secret, Some(900)).summary.contains("15 min behind"));
    }
}
