//! The doctor behind `diagnose`.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::needless_pass_by_value,
    reason = "napi's macro exports and calls it"
)]

use std::collections::HashMap;

use napi::bindgen_prelude::PromiseRaw;
use napi_derive::napi;
use workiq_auth::doctor::{self, Wanted};
use workiq_auth::secret::Secret;

use crate::assertion::AssertionFunction;
use crate::credential::given;

/// What is to be probed, besides what the boundary names.
#[napi(object)]
pub struct DiagnoseProbes {
    pub users: Option<Vec<String>>,
    pub teams: Option<Vec<String>>,
    pub sites: Option<Vec<String>>,
    pub meeting_organizers: Option<Vec<String>>,
}

impl From<DiagnoseProbes> for Wanted {
    fn from(probes: DiagnoseProbes) -> Self {
        Self {
            users: probes.users.unwrap_or_default(),
            teams: probes.teams.unwrap_or_default(),
            sites: probes.sites.unwrap_or_default(),
            organizers: probes.meeting_organizers.unwrap_or_default(),
        }
    }
}

/// The doctor's report for `options` (as JSON) and `env`, as JSON. It never fails.
///
/// # Errors
/// The promise cannot be made.
#[napi]
pub fn diagnose<'env>(
    env: &'env napi::Env,
    options: String,
    variables: HashMap<String, String>,
    fallback_ca: Option<String>,
    client_assertion: Option<AssertionFunction<'_>>,
    probes: DiagnoseProbes,
) -> napi::Result<PromiseRaw<'env, String>> {
    let given = given(&Secret::new(options), variables, fallback_ca, client_assertion.as_ref());
    let wanted = Wanted::from(probes);
    env.spawn_future(async move {
        let report = match given {
            Ok((options, environment)) => Box::pin(doctor::diagnose(&options, &environment, &wanted)).await,
            Err(error) => doctor::unusable(&error),
        };
        Ok(report.to_json().to_string())
    })
}
