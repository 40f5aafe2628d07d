//! The doctor: everything from a setting to a transcript's text, looked at in order, with what to do about it.
//!
//! One file is one group of checks; `check` and `report` are what comes of them, `terminal` and `github` show it. A check
//! that depends on one that failed is skipped and says so. Whatever the settings, there is a report.

mod broker;
pub mod check;
mod credential;
mod federation;
mod general;
pub mod github;
mod mask;
mod network;
mod page;
mod permissions;
mod probe;
mod remedy;
pub mod report;
mod service;
mod setting;
pub mod terminal;
mod token;

use std::time::{Duration, Instant};

use crate::credential::Credential;
use crate::error::AuthError;
use crate::graph::GraphClient;
use crate::http::HttpClient;
use crate::settings::Settings;
use crate::settings::cloud::Cloud;
use crate::settings::environment::Environment;
use crate::settings::options::Options;
use check::{Check, Status};
use mask::Mask;
pub use probe::Wanted;
use remedy::Application;
use report::Report;
use setting::Way;

/// The longest that a check of the network takes. A check of the credential or the token takes as long as a sign-in may
/// (`timeoutMs`), a probe as long as a call of a tool (`WORKIQ_CALL_TIMEOUT_MS`).
const NETWORK: Duration = Duration::from_secs(15);

/// Ids and names of the checks that need settings, in order.
const CREDENTIAL: Name = ("credential", "Credential");
const AUTHORITY: Name = ("network.authority", "Authority");
const GRAPH: Name = ("network.graph", "Microsoft Graph");
const CLOCK: Name = ("clock", "Clock");
const TOKEN: Name = ("token", "Sign-in");
const SERVICE: Name = ("graph", "GET /v1.0/");
const PERMISSIONS: Name = ("permissions", "Permissions");
const PROBES: Name = ("probes", "Probes");

/// The id and the title of a check.
type Name = (&'static str, &'static str);

/// A check that was not made, because of `why`.
fn skipped((id, title): Name, why: impl Into<String>) -> Check {
    Check::new(id, title, Status::Skipped, why)
}

/// The same checks, with how long each took since `started`.
fn timed(started: Instant, mut check: Check) -> Check {
    check.took = started.elapsed();
    check
}

/// Looks at everything that `options` and `environment` lead to, and asks for what is `wanted`. It ends by itself, and
/// fails never: what is wrong is in the report.
pub async fn diagnose(options: &Options, environment: &Environment, wanted: &Wanted) -> Report {
    let mut mask = Mask::default();
    let (mut checks, way) = setting::look(options, environment, &mut mask);
    let rest = [CREDENTIAL, AUTHORITY, GRAPH, CLOCK, TOKEN, SERVICE, PERMISSIONS, PROBES];
    match way {
        Way::None(why) => checks.extend(rest.map(|name| skipped(name, why))),
        Way::Brokered(settings) => {
            let targets = probe::named(settings.wishes.user.as_ref(), wanted);
            let (check, toolbox) = broker::look(*settings).await;
            let answers = check.status == Status::Ok;
            checks.push(check);
            let why = "The credential is held by another process (WORKIQ_BROKER): run workiq-auth doctor there, with \
                       the variables of workiq-auth exec or broker and outside of it";
            checks.extend(rest.into_iter().filter(|name| *name != PROBES).map(|name| skipped(name, why)));
            targets.mask(&mut mask);
            if answers {
                let reader = probe::Reader::Brokered(&toolbox);
                checks.extend(probe::look(reader, &targets, None, None).await);
            } else {
                checks.push(skipped(PROBES, "The broker does not answer"));
            }
        }
        Way::Own(settings) => own(&settings, wanted, &mut checks, &mut mask).await,
    }
    Report { checks, left_out: None, mask }
}

/// The report where not even options could be read.
#[must_use]
pub fn unusable(error: &AuthError) -> Report {
    let check = Check::of_error("settings", "Settings", error);
    Report { checks: vec![check], left_out: None, mask: Mask::default() }
}

/// All checks where this process has a credential of its own.
async fn own(settings: &Settings, wanted: &Wanted, checks: &mut Vec<Check>, mask: &mut Mask) {
    let http = match HttpClient::new(&settings.network) {
        Ok(http) => http,
        Err(error) => {
            checks.push(Check::of_error(AUTHORITY.0, "Network", &error));
            let rest = [CREDENTIAL, CLOCK, TOKEN, SERVICE, PERMISSIONS, PROBES];
            return checks.extend(rest.map(|name| skipped(name, "The network settings are wrong")));
        }
    };
    if Cloud::from_authority(settings.authority.host()).is_none() {
        mask.add(settings.authority.to_string(), "<authority>");
    }
    let examined = credential::look(settings, &http, mask).await;
    let credential_failed = examined.check.status == Status::Failed;
    checks.push(examined.check);
    let (authority, graph) = network::look(settings, &http).await;
    let reached = (authority.check.status != Status::Failed, graph.check.status != Status::Failed);
    let clock = network::clock(settings, authority.skew.or(graph.skew));
    checks.extend([authority.check, graph.check, clock]);

    let no_token = if credential_failed {
        Some("The credential cannot be used")
    } else if !reached.0 {
        Some("The authority cannot be reached")
    } else {
        None
    };
    let credential = Credential::new(settings, http.clone());
    let signed_in = match no_token {
        Some(why) => token::Looked { check: skipped(TOKEN, why), granted: None, is_in: false, refused: None },
        None => token::look(settings, &credential, mask).await,
    };
    let token::Looked { mut check, granted, is_in, refused } = signed_in;
    let application = Application::new(settings, granted.as_ref());
    if let (Some(code), Some(presented)) = (refused, &examined.federated) {
        check.todo.extend(federation::steps(code, presented, &application, mask));
    }
    checks.push(check);
    let no_graph = match (is_in, reached.1) {
        (false, _) => Some("There is no token"),
        (true, false) => Some("Microsoft Graph cannot be reached"),
        (true, true) => None,
    };
    let client = match no_graph {
        Some(why) => Err(skipped(SERVICE, why)),
        None => GraphClient::new(settings, http, credential)
            .map_err(|error| Check::of_error(SERVICE.0, SERVICE.1, &error)),
    };
    let client = match client {
        Ok(client) => client,
        Err(check) => {
            let why = no_graph.unwrap_or("Microsoft Graph cannot be asked");
            checks.push(check);
            checks.push(match &granted {
                Some(granted) => permissions::look(&granted.roles, &application),
                None => skipped(PERMISSIONS, why),
            });
            return checks.push(skipped(PROBES, why));
        }
    };
    checks.push(service::look(&client).await);
    let roles = granted.as_ref().map(|granted| granted.roles.as_slice());
    let at = checks.len();
    let targets = probe::targets(settings, wanted);
    targets.mask(mask);
    checks.extend(probe::look(probe::Reader::Own(&client), &targets, roles, Some(&application)).await);
    let reads_mail = checks[at..].iter().any(|check| check.id == probe::MAIL && check.status == Status::Ok);
    checks.insert(
        at,
        match roles {
            Some(roles) => permissions::look_beside(roles, reads_mail, &application),
            None => skipped(PERMISSIONS, "The token cannot be read, so only probes tell what it opens"),
        },
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(variables: &[(&str, &str)]) -> Environment {
        variables.iter().copied().collect()
    }

    #[tokio::test]
    async fn whatever_the_settings_there_is_a_report() {
        let options = Options::default();
        for (variables, failed) in [
            (&[][..], "mode"),
            (&[("WORKIQ_AUTH_MODE", "app only")], "mode"),
            (&[("WORKIQ_AUTH_MODE", "agent-user")], "mode"),
            (&[("WORKIQ_AUTH_MODE", "app-only")], "settings"),
            (&[("WORKIQ_AUTH_MODE", "app-only"), ("WORKIQ_BROKER", "broker")], "settings"),
            (&[("WORKIQ_AUTH_MODE", "app-only"), ("WORKIQ_BOUNDARY", "{")], "settings"),
        ] {
            let report = diagnose(&options, &environment(variables), &Wanted::default()).await;
            let ids: Vec<_> =
                report.checks.iter().filter(|c| c.status == Status::Failed).map(|c| c.id).collect();
            assert_eq!((ids.as_slice(), report.exit_code()), (&[failed][..], 1), "{variables:?}");
            assert!(report.checks.iter().all(|check| !check.summary.is_empty()));
        }
    }

    #[tokio::test]
    async fn wrong_settings_are_told_in_the_words_of_the_error() {
        let environment = environment(&[("WORKIQ_AUTH_MODE", "app-only"), ("WORKIQ_TENANT_ID", "nobody")]);
        let options = Options::default();
        let error = Settings::resolve(&options, &environment).unwrap_err();
        let report = diagnose(&options, &environment, &Wanted::default()).await;
        assert_eq!(report.checks[0].summary, error.message());
    }
}
