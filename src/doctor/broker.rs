//! A process behind a broker: whether the broker answers.

use std::time::{Duration, Instant};

use serde_json::Map;

use super::check::{Check, Privacy, Status, Step};
use super::timed;
use crate::broker::{Client, Toolbox};
use crate::error::{AuthError, ErrorKind};
use crate::settings::broker::{BrokerAddress, Brokered};
use crate::tools::present::{Presentation, Rendering};
use crate::tools::shown::View;

/// It is on this machine.
const PATIENCE: Duration = Duration::from_secs(10);

/// Asks the broker whether it has what this process relies on. With the check comes the way to it.
pub(super) async fn look(settings: Brokered) -> (Check, Toolbox) {
    let started = Instant::now();
    let address = settings.address.to_string();
    let toolbox = Toolbox::Brokered(Box::new(Client::new(settings)));
    let view = View { presentation: Presentation::default(), rendering: Rendering::Whole };
    let call = toolbox.begin();
    // There is no tool without a name: the broker is asked what it is like, and then says so.
    let asked = tokio::time::timeout(PATIENCE, toolbox.call("", Map::new(), &view, &call)).await;
    let late =
        || AuthError::new(ErrorKind::Timeout, "timeout", "The broker did not answer within 10 seconds.");
    let error = match asked {
        Ok(shown) => shown.and_then(|shown| shown.error),
        Err(_) => Some(late()),
    };
    let check = match error {
        None => Check::new(
            "broker",
            "Broker",
            Status::Ok,
            "It answers, and holds the credential for this process",
        )
        .step(Step::Words(
            "For the checks of credential and permissions, run workiq-auth doctor where the credential is set, beside \
                 workiq-auth exec or broker. Probes go through the broker."
                .into(),
            Privacy::Open,
        )),
        Some(error) => Check::of_error("broker", "Broker", &error),
    };
    let check =
        check.fact("from", BrokerAddress::VARIABLE, Privacy::Open).fact("address", address, Privacy::Ids);
    (timed(started, check), toolbox)
}
