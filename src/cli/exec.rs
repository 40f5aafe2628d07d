//! Running a command with the preload in its environment.

use std::collections::HashMap;
use std::path::Path;

use super::{Outcome, USAGE, complain};

/// `exec`: the command with our preload added to `NODE_OPTIONS`.
///
/// npm overwrites `NODE_OPTIONS` with its own setting `node-options` where an .npmrc has one, so that setting is
/// given too, by the variable that wins over every .npmrc.
pub(super) fn exec(command: &[String], mut env: HashMap<String, String>, package: &Path) -> Outcome {
    let Some((program, args)) = command.split_first() else {
        complain("exec: which command? For example: workiq-auth exec -- npx @microsoft/workiq mcp");
        return Outcome::Exit(USAGE);
    };
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
    Outcome::Spawn { program: program.clone(), args: args.to_vec(), env }
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

    fn options_of(variables: &[(&str, &str)]) -> String {
        let env = variables.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        match exec(&["npx".into(), "x".into()], env, Path::new("/a b")) {
            Outcome::Spawn { env, .. } => {
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
}
