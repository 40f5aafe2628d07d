//! The command line.

mod arguments;
mod boundary;
mod broker;
mod doctor;
mod exec;
mod permissions;
mod print;
mod verb;

use std::collections::HashMap;
use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;

use clap::Parser;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::broker::{Broker, Client, Toolbox};
use crate::cache::Want;
use crate::credential::Credential;
use crate::entra::scope::Scope;
use crate::error::{AuthError, ErrorKind};
use crate::graph::GraphClient;
use crate::log;
use crate::mcp;
use crate::mode::AuthMode;
use crate::settings::broker::Brokered;
use crate::settings::environment::Environment;
use crate::settings::options::Options;
use crate::settings::problem::Problem;
use crate::settings::{self, Settings};
use crate::time;
use crate::tools::Tools;
use arguments::{Cli, Command};

/// What the command line comes to.
#[derive(Debug)]
pub enum Outcome {
    /// The process ends with this code: 0 ok, 1 failed, 2 usage, 3 not signed in or not permitted.
    Exit(u8),
    /// The process runs this command in its place and ends with its code.
    Spawn {
        /// The program.
        program: String,
        /// Its arguments.
        args: Vec<String>,
        /// Its environment.
        env: HashMap<String, String>,
        /// What answers it meanwhile, where the credential stays here. It is to be dropped when the command has ended.
        broker: Option<Broker>,
    },
}

const OK: u8 = 0;
const FAILED: u8 = 1;
const USAGE: u8 = 2;
const NOT_PERMITTED: u8 = 3;

/// What surrounds a command line.
#[derive(Debug)]
pub struct Surroundings {
    /// The environment.
    pub variables: HashMap<String, String>,
    /// The folder of the npm package, where the preload lies.
    pub package: PathBuf,
    /// Trust anchors in PEM for a system that has none.
    pub fallback_ca: Option<String>,
}

/// Runs the command line `args` (without the program's name). `cancel` ends a running server.
pub async fn run(args: Vec<String>, surroundings: Surroundings, cancel: CancellationToken) -> Outcome {
    let Surroundings { variables, package, fallback_ca } = surroundings;
    if let Some(refusal) = arguments::refuse_secrets(&args) {
        complain(&refusal);
        return Outcome::Exit(USAGE);
    }
    let words = std::iter::once(OsString::from("workiq-auth")).chain(args.into_iter().map(OsString::from));
    let cli = match Cli::try_parse_from(words) {
        Ok(cli) => cli,
        Err(error) => {
            // clap writes help to stdout and mistakes to stderr.
            let _ = error.print();
            return Outcome::Exit(if error.use_stderr() { USAGE } else { OK });
        }
    };
    let environment: Environment = variables.iter().collect();
    if let Err(problem) = start_log(&cli, &environment) {
        complain(&AuthError::from(problem).report());
        return Outcome::Exit(USAGE);
    }
    let users = cli.settings.user.clone();
    if users.len() > 1 && !matches!(cli.command, Command::Doctor(_)) {
        complain("--user is given more than once, and only doctor takes several.");
        return Outcome::Exit(USAGE);
    }
    let options = Options { fallback_ca, ..cli.settings.into() };
    match cli.command {
        Command::Doctor(flags) => doctor::run(flags, users, &options, &environment).await,
        Command::Exec { allow_token, command } => {
            exec::exec(&command, allow_token, &options, variables, &package)
        }
        Command::Broker { allow_token } => {
            exit(broker::serve(&options, &environment, allow_token, cancel).await)
        }
        Command::Preload { node_options } => {
            let line = if node_options { exec::node_option(&package) } else { exec::preload_path(&package) };
            print_line(&line)
        }
        Command::Permissions { from_audit, output } => exit(permissions::print(&from_audit, output.json)),
        Command::Token { scope, json } => exit(token(&options, &environment, scope.as_deref(), json).await),
        Command::Boundary { question } => exit(boundary::answer(question, &options, &environment).await),
        Command::Mcp => exit(serve(&options, &environment, cancel).await),
        command => match verb::Verb::of(command) {
            Ok(verb) => exit(tool(&options, &environment, verb).await),
            Err(error) => exit(Err(error)),
        },
    }
}

fn start_log(cli: &Cli, environment: &Environment) -> Result<(), Problem> {
    let (name, value) = match (&cli.settings.log_level, environment.get(log::VARIABLE)) {
        (Some(value), _) => ("--log-level", value.as_str()),
        (None, Some(value)) => (log::VARIABLE, value),
        (None, None) => (log::VARIABLE, "warn"),
    };
    let level = log::parse_level(value).map_err(|wrong| Problem::wrong(name, value, wrong, log::EXPECTED))?;
    log::init(level);
    Ok(())
}

/// The settings; what a person should hear of them is told.
fn resolve(options: &Options, environment: &Environment) -> Result<Settings, AuthError> {
    let settings = Settings::resolve(options, environment)?;
    for warning in &settings.warnings {
        tracing::warn!("{warning}");
    }
    Ok(settings)
}

/// Everything from settings to Graph; sends nothing yet.
fn connect(
    options: &Options,
    environment: &Environment,
) -> Result<(Settings, Credential, GraphClient), AuthError> {
    let settings = resolve(options, environment)?;
    let (credential, graph) = GraphClient::signed_in(&settings)?;
    Ok((settings, credential, graph))
}

/// The tools: over a credential of this process's own, or behind the broker that it was given.
fn toolbox(options: &Options, environment: &Environment) -> Result<Toolbox, AuthError> {
    // The mode is looked at first, which is what a person would set first.
    let mode = settings::resolve_mode(options, environment)?;
    if mode == AuthMode::AppOnly
        && let Some(settings) = Brokered::resolve(options, environment)?
    {
        return Ok(Toolbox::Brokered(Box::new(Client::new(settings))));
    }
    let (_, _, graph) = connect(options, environment)?;
    Ok(Toolbox::Own(Box::new(Tools::new(Ok(graph)))))
}

async fn token(
    options: &Options,
    environment: &Environment,
    scope: Option<&str>,
    json: bool,
) -> Result<(), AuthError> {
    let (settings, credential, _) = connect(options, environment)?;
    let scope = match scope {
        Some(text) => Scope::parse(text).map_err(|wrong| {
            AuthError::new(ErrorKind::Settings, "invalid_scope", format!("--scope: {wrong}."))
        })?,
        None => Scope::of(&settings.graph),
    };
    let token = credential.token(&scope, Want::Any).await?;
    let line = if json {
        json!({
            "token": token.secret().expose(),
            "tokenType": "Bearer",
            "expiresOn": time::rfc3339(token.expires_on),
            "scope": scope.as_str(),
        })
        .to_string()
    } else {
        token.secret().expose().to_owned()
    };
    write_line(&line)
}

async fn serve(
    options: &Options,
    environment: &Environment,
    cancel: CancellationToken,
) -> Result<(), AuthError> {
    let tools = match settings::resolve_mode(options, environment)? {
        AuthMode::AppOnly => toolbox(options, environment),
        AuthMode::AgentUser => return Err(settings::agent_user_unavailable()),
        AuthMode::Delegated => {
            return Err(AuthError::new(
                ErrorKind::Mode,
                "mode_delegated",
                "The auth mode is delegated, in which Microsoft's own program serves the tools.",
            )
            .with_hint(format!(
                "Run npx @microsoft/workiq mcp, or serve the tools here.\n{}",
                settings::how_to_leave_delegated(options, environment)
            )));
        }
    };
    let tools = tools.unwrap_or_else(|error| {
        // The session starts all the same: a client shows the answer to a call, and hides why a server died.
        complain(&error.report());
        Toolbox::Own(Box::new(Tools::new(Err(error))))
    });
    mcp::serve(tools, cancel)
        .await
        .map_err(|error| AuthError::new(ErrorKind::Response, "mcp_error", format!("MCP: {error}.")))
}

/// Calls a tool and prints what it gives.
async fn tool(options: &Options, environment: &Environment, verb: verb::Verb) -> Result<(), AuthError> {
    let tools = toolbox(options, environment)?;
    let call = tools.begin();
    let view = print::view(tools.limits().await);
    let error = |text: &str| AuthError::new(ErrorKind::Response, "tool_error", text);
    let shown = tools.call(verb.tool, verb.arguments, &view, &call).await;
    let shown = shown.ok_or_else(|| error(&format!("There is no tool {}.", verb.tool)))?;
    if let Some(error) = shown.error {
        return Err(error);
    }
    print::outcome(shown, &verb.print)
}

fn exit(outcome: Result<(), AuthError>) -> Outcome {
    let Err(error) = outcome else {
        return Outcome::Exit(OK);
    };
    complain(&error.report());
    Outcome::Exit(code_of(&error))
}

fn code_of(error: &AuthError) -> u8 {
    match error.kind() {
        ErrorKind::Settings | ErrorKind::Mode => USAGE,
        ErrorKind::Certificate | ErrorKind::Credential | ErrorKind::Server => NOT_PERMITTED,
        _ => FAILED,
    }
}

fn print_line(line: &str) -> Outcome {
    exit(write_line(line))
}

fn write_line(line: &str) -> Result<(), AuthError> {
    let mut out = std::io::stdout().lock();
    let written = writeln!(out, "{line}").and_then(|()| out.flush());
    if written.as_ref().is_err_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe) {
        // The reader has seen enough, as `head` has.
        return Ok(());
    }
    written.map_err(|error| {
        AuthError::new(ErrorKind::Response, "output_error", format!("stdout cannot be written to: {error}."))
    })
}

fn complain(text: &str) {
    // If stderr is gone, there is nobody left to tell.
    let _ = writeln!(std::io::stderr().lock(), "workiq-auth: {text}");
}
