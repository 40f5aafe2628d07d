//! Where it is written down what was asked of Graph, and in which run.

use std::borrow::Cow;
use std::path::PathBuf;

use super::environment::Environment;
use super::lookup::{Key, Lookup};

/// An audit that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditSetting {
    /// The file that lines are appended to.
    pub file: PathBuf,
    /// The run of a CI system, where there is one: `github:contoso/agents/runs/7/attempts/1`.
    pub run: Option<String>,
}

pub(super) const FILE: Key = Key {
    option: "auditFile",
    flag: "--audit-file",
    workiq: "WORKIQ_AUDIT_FILE",
    azure: "",
    pick: |o| o.audit_file.as_deref().map(Cow::from),
};

impl AuditSetting {
    pub(super) fn resolve(lookup: &mut Lookup<'_>) -> Option<Self> {
        let file = lookup.optional(&FILE, "the path of a file", |text| {
            // A folder's name, which would give its lock a name of its own inside.
            if text.ends_with(['/', '\\']) { Err("is a folder") } else { Ok(PathBuf::from(text)) }
        })?;
        Some(Self { file, run: run(lookup.environment()) })
    }
}

/// The run by what its system sets: docs.github.com/actions/reference/workflows-and-actions/variables,
/// learn.microsoft.com/azure/devops/pipelines/build/variables, <https://docs.gitlab.com/ci/variables/predefined_variables>.
fn run(environment: &Environment) -> Option<String> {
    let get = |name: &str| environment.get(name).map(|value| crate::error::printable(value, 200));
    if let Some(id) = get("GITHUB_RUN_ID") {
        let repository = get("GITHUB_REPOSITORY").unwrap_or_default();
        let attempt = get("GITHUB_RUN_ATTEMPT").unwrap_or_else(|| "1".to_owned());
        return Some(format!("github:{repository}/runs/{id}/attempts/{attempt}"));
    }
    let azure = get("BUILD_BUILDID").map(|id| format!("pipelines:{id}"));
    azure.or_else(|| get("CI_JOB_ID").map(|id| format!("gitlab:{id}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::options::Options;

    fn resolve(variables: &[(&str, &str)]) -> Option<AuditSetting> {
        let environment: Environment = variables.iter().copied().collect();
        let options = Options::default();
        AuditSetting::resolve(&mut Lookup::new(&options, &environment))
    }

    #[test]
    fn a_run_is_named_as_its_system_names_it() {
        let of = |more: &[(&'static str, &'static str)]| {
            resolve(&[&[("WORKIQ_AUDIT_FILE", "/a.jsonl")], more].concat()).unwrap().run
        };
        let github = [
            ("GITHUB_RUN_ID", "7"),
            ("GITHUB_RUN_ATTEMPT", "2"),
            ("GITHUB_REPOSITORY", "contoso/agents"),
            ("BUILD_BUILDID", "9"),
        ];
        assert_eq!(of(&github).as_deref(), Some("github:contoso/agents/runs/7/attempts/2"));
        assert_eq!(of(&[("BUILD_BUILDID", "9")]).as_deref(), Some("pipelines:9"));
        assert_eq!(of(&[("CI_JOB_ID", "5\n{}")]).as_deref(), Some("gitlab:5 {}"));
        assert_eq!(of(&[]), None);
    }

    #[test]
    fn there_is_none_unless_a_file_is_named() {
        assert_eq!(resolve(&[("GITHUB_RUN_ID", "7")]), None);
        assert_eq!(resolve(&[("WORKIQ_AUDIT_FILE", "/var/log/")]), None);
        assert_eq!(resolve(&[("WORKIQ_AUDIT_FILE", "a.jsonl")]).unwrap().file, PathBuf::from("a.jsonl"));
    }
}
