//! `doctor`: the report on stdout, and in a GitHub Actions job in its summary and annotations.

use std::io::IsTerminal;

use super::arguments::DoctorFlags;
use super::{Outcome, complain, exit, write_line};
use crate::doctor::check::Privacy;
use crate::doctor::report::Report;
use crate::doctor::terminal::{self, Style};
use crate::doctor::{Wanted, diagnose, github};
use crate::error::AuthError;
use crate::settings::environment::Environment;
use crate::settings::options::Options;

/// Looks, and says what it found. `users` are those of `--user`.
pub(super) async fn run(
    flags: DoctorFlags,
    users: Vec<String>,
    options: &Options,
    environment: &Environment,
) -> Outcome {
    let DoctorFlags { teams, sites, meeting_organizers: organizers, json, show_names } = flags;
    let wanted = Wanted { users, teams, sites, organizers };
    // Boxed, as all of it together is large.
    let report = Box::pin(diagnose(options, environment, &wanted)).await;
    let is_job = github::is_job(environment);
    let readers = if is_job { github::readers(environment, show_names) } else { Privacy::Names };
    let report = report.for_readers(readers);
    if let Err(error) = show(&report, json, is_job, environment) {
        return exit(Err(error));
    }
    Outcome::Exit(report.exit_code())
}

fn show(report: &Report, json: bool, is_job: bool, environment: &Environment) -> Result<(), AuthError> {
    if json {
        write_line(&serde_json::to_string_pretty(&report.to_json()).unwrap_or_default())?;
    } else {
        write_line(terminal::render(report, style(environment), width(environment)).trim_end())?;
    }
    if !is_job {
        return Ok(());
    }
    let annotations = github::annotations(report);
    let annotations = annotations.trim_end();
    if !annotations.is_empty() {
        if json {
            // The runner reads its commands in both streams, and JSON has one of them for itself.
            raw(annotations);
        } else {
            write_line(annotations)?;
        }
    }
    if let Err(error) = github::append_summary(report, environment) {
        // What was found counts, and is on stdout.
        complain(&error.report());
    }
    Ok(())
}

/// How many characters a line of the terminal has, or `COLUMNS` says that it has.
fn width(environment: &Environment) -> usize {
    let named = environment.get("COLUMNS").and_then(|text| text.parse().ok());
    named.or_else(terminal_width).filter(|width| *width > 0).unwrap_or(terminal::WIDTH)
}

#[cfg(unix)]
fn terminal_width() -> Option<usize> {
    rustix::termios::tcgetwinsize(std::io::stdout()).ok().map(|size| usize::from(size.ws_col))
}

/// No call without `unsafe` tells it on Windows.
#[cfg(not(unix))]
fn terminal_width() -> Option<usize> {
    None
}

fn raw(lines: &str) {
    use std::io::Write as _;
    // If stderr is gone, there is nobody left to tell.
    let _ = writeln!(std::io::stderr().lock(), "{lines}");
}

/// Colour for a person only, and only where it is wanted (no-color.org).
fn style(environment: &Environment) -> Style {
    let is_wanted = environment.get("NO_COLOR").is_none() && environment.get("TERM") != Some("dumb");
    if is_wanted && std::io::stdout().is_terminal() { Style::Colour } else { Style::Plain }
}
