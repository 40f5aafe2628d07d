//! The broker behind `exec` and `mcpServer`.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::needless_pass_by_value,
    reason = "napi's macro exports and calls it"
)]

use std::collections::HashMap;

use napi::bindgen_prelude::within_runtime_if_available;
use napi_derive::napi;
use workiq_auth::broker::Broker;
use workiq_auth::error::AuthError;
use workiq_auth::secret::Secret;
use workiq_auth::settings::Settings;

use crate::assertion::AssertionFunction;
use crate::credential::given;
use crate::error::ErrorData;

/// A broker that is open, until it is closed or the process ends.
#[napi]
pub struct NativeBroker(Option<Broker>, String);

impl From<Broker> for NativeBroker {
    fn from(broker: Broker) -> Self {
        let address = broker.address().to_string();
        Self(Some(broker), address)
    }
}

#[napi]
impl NativeBroker {
    /// Where it is.
    #[napi(getter)]
    #[must_use]
    pub fn address(&self) -> String {
        self.1.clone()
    }

    /// Ends it. Twice is the same as once.
    #[napi]
    pub fn close(&mut self) {
        self.0 = None;
    }
}

#[napi(object, object_from_js = false)]
pub struct BrokerResult {
    /// None where no secret would have to travel to a server.
    pub broker: Option<NativeBroker>,
    pub error: Option<ErrorData>,
}

/// A broker with the credential of `options` (as JSON) and `env`, if a server with the same settings would have to be
/// given something secret.
#[napi]
#[must_use]
pub fn open_broker(
    options: String,
    env: HashMap<String, String>,
    fallback_ca: Option<String>,
    client_assertion: Option<AssertionFunction<'_>>,
) -> BrokerResult {
    let options = Secret::new(options);
    let opened = given(&options, env, fallback_ca, client_assertion.as_ref())
        .and_then(|(options, environment)| Settings::resolve(&options, &environment))
        .and_then(|settings| within_runtime_if_available(|| open(&settings)));
    match opened {
        Ok(broker) => BrokerResult { broker: broker.map(Into::into), error: None },
        Err(error) => BrokerResult { broker: None, error: Some((&error).into()) },
    }
}

fn open(settings: &Settings) -> Result<Option<Broker>, AuthError> {
    if !settings.sign_in.needs_a_secret() {
        return Ok(None);
    }
    Broker::open(settings, false).map(Some)
}

/// Variables that do not travel to a process behind a broker.
#[napi]
#[must_use]
pub fn withheld_variables() -> Vec<String> {
    workiq_auth::settings::broker::WITHHELD.iter().map(ToString::to_string).collect()
}
