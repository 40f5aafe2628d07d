//! Running a command: with the preload in its environment, and the credential kept out of it.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::{Outcome, USAGE, broker, code_of, complain};
use crate::broker::Broker;
use crate::error::AuthError;
use crate::mode::AuthMode;
use crate::settings;
use crate::settings::broker::{BrokerAddress, Brokered, SECRET, WITHHELD};
use crate::settings::environment::Environment;
use crate::settings::options::Options;

/// `exec`: the command with our preload added to `NODE_OPTIONS`. In the mode app-only the credential stays in this
/// process: the command is told of a broker, and what could sign in is taken out of its environment.
pub(super) fn exec(
    command: &[String],
    allow_token: bool,
    options: &Options,
    variables: HashMap<String, String>,
    package: &Path,
) -> Outcome {
    let Some((program, args)) = command.split_first() else {
        complain("exec: which command? For example: workiq-auth exec -- npx @microsoft/workiq mcp");
        return Outcome::Exit(USAGE);
    };
    let environment: Environment = variables.iter().collect();
    let (mut env, broker) = match keep(options, &environment, allow_token) {
        Ok(Kept::Nothing) => (variables, None),
        Ok(Kept::Elsewhere) => (sealed(variables, options), None),
        Ok(Kept::Here(broker)) => {
            let mut env = sealed(variables, options);
            env.insert(BrokerAddress::VARIABLE.into(), broker.address().to_string());
            (env, Some(broker))
        }
        Err(error) => {
            complain(&error.report());
            return Outcome::Exit(code_of(&error));
        }
    };
    preload(&mut env, package);
    Outcome::Spawn { program: program.clone(), args: args.to_vec(), env, broker }
}

/// Where the credential is while the command runs.
enum Kept {
    /// There is none of ours: in the mode delegated Microsoft's own program signs in.
    Nothing,
    /// Behind a broker that this process was given itself.
    Elsewhere,
    /// In this process.
    Here(Broker),
}

fn keep(options: &Options, environment: &Environment, allow_token: bool) -> Result<Kept, AuthError> {
    match settings::resolve_mode(options, environment)? {
        AuthMode::Delegated => Ok(Kept::Nothing),
        AuthMode::AgentUser => Err(settings::agent_user_unavailable()),
        AuthMode::AppOnly if Brokered::resolve(options, environment)?.is_some() => Ok(Kept::Elsewhere),
        AuthMode::AppOnly => broker::open(options, environment, allow_token).map(Kept::Here),
    }
}

/// A secret that is also in other variables is long enough not to be in them by chance.
const TELLING: usize = 12;

/// The environment of a process that is behind a broker: nothing in it signs in.
fn sealed(mut env: HashMap<String, String>, options: &Options) -> HashMap<String, String> {
    let secrets: Vec<_> = env
        .iter()
        .filter(|(name, value)| is_any(name, &SECRET) && value.len() >= TELLING)
        .map(|(_, value)| value.clone())
        .collect();
    env.retain(|name, value| {
        let copy = secrets.iter().any(|secret| value.contains(secret.as_str()));
        let withheld = is_any(name, &WITHHELD);
        if copy && !withheld {
            tracing::warn!("{name} holds a secret of ours as well, so the command is not given it");
        }
        !withheld && !copy
    });
    // What was given as a flag counts here; left in the environment, another value would be in its place.
    for (given, name) in [
        (options.allow_writes.is_some(), "WORKIQ_ALLOW_WRITES"),
        (options.user.is_some(), "WORKIQ_USER"),
        (options.response_bytes.is_some(), "WORKIQ_RESPONSE_BYTES"),
        (options.blob_bytes.is_some(), "WORKIQ_BLOB_BYTES"),
        (options.exact_text.is_some(), "WORKIQ_EXACT_TEXT"),
        (options.call_timeout_ms.is_some(), "WORKIQ_CALL_TIMEOUT_MS"),
    ] {
        if given {
            env.remove(name);
        }
    }
    let boundary = options.boundary.clone().or_else(|| env.get("WORKIQ_BOUNDARY").cloned());
    if let Some(boundary) = boundary.filter(|boundary| !boundary.is_empty()) {
        env.insert("WORKIQ_BOUNDARY".into(), wherever(boundary));
    }
    env.insert(AuthMode::VARIABLE.into(), AuthMode::AppOnly.to_string());
    env
}

/// A boundary that means the same in every folder.
fn wherever(boundary: String) -> String {
    if boundary.trim_start().starts_with(['{', '[']) {
        return boundary;
    }
    std::path::absolute(PathBuf::from(&boundary)).map_or(boundary, |path| path.to_string_lossy().into_owned())
}

fn is_any(name: &str, names: &[&str]) -> bool {
    // Names are case-insensitive on Windows.
    names.iter().any(|one| if cfg!(windows) { one.eq_ignore_ascii_case(name) } else { *one == name })
}

/// Adds the preload.
///
/// npm overwrites `NODE_OPTIONS` with its own setting `node-options` where an .npmrc has one, so that setting is
/// given too, by the variable that wins over every .npmrc.
fn preload(env: &mut HashMap<String, String>, package: &Path) {
    let option = node_option(package);
    let given =
        env.get("npm_config_node_options").or_else(|| env.get("NODE_OPTIONS")).cloned().unwrap_or_default();
    let options = match given.as_str() {
        "" => option,
        given if given.contains(&option) => given.to_owned(),
        given => format!("{given} {option}"),
    };
    env.insert("npm_config_node_options".into(), options.clone());
    env.insert("NODE_OPTIONS".into(), options);
}

/// The preload's path. Absolute: a bare name would be looked up where each process starts, which breaks some and
/// loads a checkout's own `node_modules` in others.
pub(super) fn preload_path(package: &Path) -> String {
    package.join("register.cjs").display().to_string()
}

/// The whole option for `NODE_OPTIONS`, which is split at spaces outside of double quotes, with backslash as the
/// escape in them.
pub(super) fn node_option(package: &Path) -> String {
    let path = preload_path(package).replace('\\', "\\\\").replace('"', "\\\"");
    format!("--require \"{path}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env(variables: &[(&str, &str)]) -> HashMap<String, String> {
        variables.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
    }

    fn options_of(variables: &[(&str, &str)]) -> String {
        let command = ["npx".into(), "x".into()];
        match exec(&command, false, &Options::default(), env(variables), Path::new("/a b")) {
            Outcome::Spawn { env, broker, .. } => {
                assert!(broker.is_none(), "delegated");
                assert_eq!(env["NODE_OPTIONS"], env["npm_config_node_options"]);
                env["NODE_OPTIONS"].clone()
            }
            Outcome::Exit(code) => panic!("{code}"),
        }
    }

    #[test]
    fn the_preload_is_added_once_and_quoted() {
        let ours = r#"--require "/a b/register.cjs""#;
        assert_eq!(options_of(&[]), ours);
        let both = format!("--no-warnings {ours}");
        assert_eq!(options_of(&[("NODE_OPTIONS", "--no-warnings")]), both);
        assert_eq!(options_of(&[("NODE_OPTIONS", &both)]), both);
    }

    #[test]
    fn nothing_that_signs_in_is_left_in_a_sealed_environment() {
        let mut given = env(&[
            ("PATH", "/bin"),
            ("WORKIQ_TENANT_ID", "contoso.com"),
            ("WORKIQ_AUTH_MODE", "delegated"),
            ("WORKIQ_USER", "ada@contoso.com"),
            ("MY_SECRET", "x=abc8Q~def.ghi;"),
            ("WORKIQ_BOUNDARY", "b.json"),
        ]);
        for name in WITHHELD {
            given.insert(name.into(), format!("{name}-abc8Q~def.ghi"));
        }
        given.insert("WORKIQ_CLIENT_SECRET".into(), "abc8Q~def.ghi".into());
        let options = Options { user: Some("grace@contoso.com".into()), ..Options::default() };
        let env = sealed(given, &options);
        let mut names: Vec<_> = env.keys().map(String::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["PATH", "WORKIQ_AUTH_MODE", "WORKIQ_BOUNDARY", "WORKIQ_TENANT_ID"]);
        assert_eq!(env["WORKIQ_AUTH_MODE"], "app-only");
        assert!(Path::new(&env["WORKIQ_BOUNDARY"]).is_absolute());
    }
}
