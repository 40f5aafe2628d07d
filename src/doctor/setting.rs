//! Settings, the variable that each came from, and the auth mode.

use std::time::Instant;

use super::check::{Check, Fact, Privacy, Status};
use super::mask::{self, Mask};
use super::timed;
use crate::error::AuthError;
use crate::mode::AuthMode;
use crate::settings::broker::Brokered;
use crate::settings::environment::Environment;
use crate::settings::options::Options;
use crate::settings::{self, Settings, provenance};

const SETTINGS: &str = "settings";
const MODE: &str = "mode";

/// Where the settings lead.
pub(super) enum Way {
    /// Nowhere, and why.
    None(&'static str),
    /// To a broker.
    Brokered(Box<Brokered>),
    /// To a credential of this process's own.
    Own(Box<Settings>),
}

/// Looks at settings and mode.
pub(super) fn look(options: &Options, environment: &Environment, mask: &mut Mask) -> (Vec<Check>, Way) {
    let started = Instant::now();
    let mode = settings::resolve_mode(options, environment);
    let mut facts = facts(options, environment, mask);
    let (settings, way) = if matches!(mode, Ok(AuthMode::AppOnly)) {
        match resolve(options, environment) {
            Ok(way) => (found(&facts, &way), way),
            Err(error) => {
                let check = Check::of_error(SETTINGS, "Settings", &error);
                (check, Way::None("The settings are not right"))
            }
        }
    } else {
        let check = Check::new(SETTINGS, "Settings", Status::Skipped, "Looked at in the mode app-only");
        (check, Way::None("The mode is not app-only"))
    };
    let mut settings = timed(started, settings);
    // Where something is wrong, anything may have strayed anywhere, and a value that was to be one of a few is not.
    if settings.status != Status::Ok {
        for fact in &mut facts {
            fact.privacy = fact.privacy.max(Privacy::Ids);
        }
    }
    settings.facts.splice(0..0, facts);
    (vec![settings, timed(Instant::now(), of_mode(mode, options, environment))], way)
}

fn resolve(options: &Options, environment: &Environment) -> Result<Way, AuthError> {
    if let Some(brokered) = Brokered::resolve(options, environment)? {
        return Ok(Way::Brokered(Box::new(brokered)));
    }
    Ok(Way::Own(Box::new(Settings::resolve(options, environment)?)))
}

/// Settings that are right.
fn found(facts: &[Fact], way: &Way) -> Check {
    let check = Check::new(SETTINGS, "Settings", Status::Ok, format!("{} are set and right", facts.len()));
    let Way::Own(settings) = way else { return check };
    // They are no mistake: a private cloud is where it is.
    if settings.warnings.is_empty() {
        check
    } else {
        check.fact("note", settings.warnings.join("; "), Privacy::Ids)
    }
}

fn facts(options: &Options, environment: &Environment, mask: &mut Mask) -> Vec<Fact> {
    let mut facts = Vec::new();
    for one in provenance::found(options, environment) {
        let privacy = match one.setting {
            "mode" | "credential" | "cloud" | "assertionAlg" | "sendCertificateChain" | "allowWrites" => {
                Privacy::Open
            }
            _ => Privacy::Ids,
        };
        match one.setting {
            "tenantId" => mask.add(&one.value, mask::TENANT),
            "clientId" => mask.add(&one.value, "<client-id>"),
            "user" => mask.add(&one.value, "<user>"),
            _ => {}
        }
        facts.push(Fact { name: one.setting, value: one.value.into(), source: Some(one.name), privacy });
    }
    facts
}

fn of_mode(mode: Result<AuthMode, AuthError>, options: &Options, environment: &Environment) -> Check {
    let error = match mode {
        Ok(AuthMode::AppOnly) => {
            return Check::new(MODE, "Mode", Status::Ok, "app-only: an application signs in");
        }
        // The settings refuse another mode in words of their own.
        Ok(_) => Settings::resolve(options, environment).err(),
        Err(error) => Some(error),
    };
    match error {
        Some(error) => Check::of_error(MODE, "Mode", &error),
        None => Check::new(MODE, "Mode", Status::Failed, "The mode is not app-only"),
    }
}
