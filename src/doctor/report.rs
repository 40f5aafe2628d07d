//! All checks together: what they come to, and what of them whom is shown.

use serde_json::{Value, json};

use super::PROBES;
use super::check::{Check, Fact, Privacy, Status, Step};
use super::general;
use super::mask::Mask;
use super::probe::{NOBODY, OUTSIDE};

/// The version of the JSON form. It changes where a reader of the older one would go wrong.
const SCHEMA_VERSION: u32 = 1;

/// What the doctor found.
#[derive(Clone, Debug)]
pub struct Report {
    /// The checks, in the order in which they build on each other.
    pub checks: Vec<Check>,
    /// What was left out of it, where something was.
    pub left_out: Option<&'static str>,
    /// What must be masked for those who may not see ids, beside what looks like one.
    pub(super) mask: Mask,
}

impl Report {
    /// The worst of the checks; skipped ones count for nothing.
    #[must_use]
    pub fn status(&self) -> Status {
        let counted =
            self.checks.iter().map(|check| check.status).filter(|status| *status != Status::Skipped);
        counted.max().unwrap_or(Status::Ok)
    }

    /// The exit code: 0 where nothing failed, 3 where somebody said no to the credential or the application, else 1.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        let mut failed = self.checks.iter().filter(|check| check.status == Status::Failed).peekable();
        if failed.peek().is_none() {
            return 0;
        }
        if failed.any(|check| check.refused) { 3 } else { 1 }
    }

    /// How many checks came out as `status`.
    #[must_use]
    pub fn count(&self, status: Status) -> usize {
        self.checks.iter().filter(|check| check.status == status).count()
    }

    /// The outcome in a few words, which claim no more than was looked at.
    #[must_use]
    pub fn verdict(&self) -> String {
        let is_read = self.checks.iter().any(|check| {
            let is_asked = check.status != Status::Skipped && check.code.as_deref() != Some(OUTSIDE);
            check.id.starts_with("probe.") && is_asked
        });
        let is_nobody = |check: &Check| check.id == PROBES.0 && check.summary.starts_with(NOBODY);
        let (so_far, why) = if is_read {
            ("", "")
        } else if self.checks.iter().any(is_nobody) {
            (" so far", "; nothing was read: name --user, --team, --site or --meeting-organizer")
        } else {
            (" so far", "; nothing was read")
        };
        match self.status() {
            Status::Failed => "something is wrong".to_owned(),
            Status::Warning => format!("it works{so_far}, with warnings{why}"),
            Status::Ok | Status::Skipped => format!("all is well{so_far}{why}"),
        }
    }

    /// The report as `docs/doctor.schema.json` has it.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut object = json!({
            "schemaVersion": SCHEMA_VERSION,
            "version": env!("CARGO_PKG_VERSION"),
            "status": self.status().word(),
            "exitCode": self.exit_code(),
            "checks": self.checks.iter().map(Check::to_json).collect::<Vec<_>>(),
        });
        if let (Some(what), Some(object)) = (self.left_out, object.as_object_mut()) {
            object.insert("leftOut".into(), what.into());
        }
        object
    }

    /// What of it may be shown to readers who may see no more than `most`.
    #[must_use]
    pub fn for_readers(mut self, most: Privacy) -> Self {
        if most == Privacy::Names {
            return self;
        }
        let mask = std::mem::take(&mut self.mask);
        for check in &mut self.checks {
            narrow(check, most, &mask);
        }
        self.left_out = Some(match most {
            Privacy::Open => "names, ids and what services said, since others may read this",
            _ => "names and titles, since others may read this; --show-names shows them",
        });
        self
    }
}

fn narrow(check: &mut Check, most: Privacy, mask: &Mask) {
    let general = general::of(check);
    if check.privacy > most {
        check.summary = general.summary;
        check.privacy = Privacy::Open;
    }
    check.facts.retain(|Fact { privacy, .. }| *privacy <= most);
    let is_hidden = |step: &Step| matches!(step, Step::Words(_, privacy) if *privacy > most);
    let hidden = check.todo.iter().position(is_hidden);
    check.todo.retain(|step| !is_hidden(step));
    if hidden.is_some() || check.todo.is_empty() {
        // Commands that are there are of this very case, but for ids.
        let has_commands = check.todo.iter().any(|step| !matches!(step, Step::Words(..)));
        let said = general.todo.into_iter().filter(|step| !has_commands || matches!(step, Step::Words(..)));
        let at = hidden.unwrap_or_default().min(check.todo.len());
        check.todo.splice(at..at, said);
    }
    if most < Privacy::Ids {
        check.target = None;
        for step in &mut check.todo {
            if let Step::Command(text) | Step::Url(text) = step {
                *text = mask.hide(text);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(checks: Vec<Check>) -> Report {
        Report { checks, left_out: None, mask: Mask::default() }
    }

    fn check(status: Status, refused: bool) -> Check {
        Check { refused, ..Check::new("x", "X", status, "") }
    }

    #[test]
    fn the_exit_code_is_of_the_failures() {
        for (checks, code) in [
            (vec![], 0),
            (vec![check(Status::Warning, false), check(Status::Skipped, false)], 0),
            (vec![check(Status::Failed, false), check(Status::Ok, false)], 1),
            (vec![check(Status::Failed, false), check(Status::Failed, true)], 3),
            (vec![check(Status::Failed, false), check(Status::Warning, true)], 1),
        ] {
            assert_eq!(report(checks).exit_code(), code);
        }
    }

    #[test]
    fn all_is_well_only_where_something_was_read() {
        let of = |id, status, why: &str| report(vec![Check::new(id, "X", status, why)]).verdict();
        assert_eq!(of("probe.mail", Status::Ok, ""), "all is well");
        assert_eq!(of("probe.mail", Status::Warning, ""), "it works, with warnings");
        assert_eq!(of("probe.mail", Status::Skipped, ""), "all is well so far; nothing was read");
        let named = "; nothing was read: name --user, --team, --site or --meeting-organizer";
        assert_eq!(of("probes", Status::Skipped, NOBODY), format!("all is well so far{named}"));
        assert_eq!(of("token", Status::Failed, ""), "something is wrong");
        let mut outside = Check::new("probe.mail", "X", Status::Warning, "");
        outside.code = Some(OUTSIDE.into());
        assert_eq!(report(vec![outside]).verdict(), "it works so far, with warnings; nothing was read");
    }

    #[test]
    fn readers_see_no_more_than_they_may() {
        let check = || {
            Check::new("x", "X", Status::Failed, "ada@contoso.com is refused")
                .readable_by(Privacy::Ids)
                .about("ada@contoso.com")
                .fact("open", 1, Privacy::Open)
                .fact("id", "ada@contoso.com", Privacy::Ids)
                .fact("subject", "Budget", Privacy::Names)
                .step(Step::Words("Ask ada@contoso.com".into(), Privacy::Ids))
                .step(Step::Command("Grant-X -Identity ada@contoso.com".into()))
        };
        let shown = |most| report(vec![check()]).for_readers(most).to_json().to_string();
        assert!(shown(Privacy::Names).contains("Budget"));
        assert!(shown(Privacy::Ids).contains("ada@") && !shown(Privacy::Ids).contains("Budget"));
        let open = shown(Privacy::Open);
        assert!(!open.contains("ada") && !open.contains("Budget"), "{open}");
        assert!(open.contains("Grant-X -Identity <user>") && open.contains("\"open\":1"), "{open}");
    }
}
