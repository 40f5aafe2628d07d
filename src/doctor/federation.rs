//! The commands that let the application trust a federated token that Entra took for nobody's.
//!
//! What stands in the token is a stranger's. A value goes into a command only where it is of characters that no shell
//! reads between single quotes, neither PowerShell nor bash; where one is not, there is no command.

use super::check::{Privacy, Step};
use super::mask::Mask;
use super::remedy::Application;
use crate::hints::{self, is_plain};

/// GitHub's issuer. An enterprise's own has a path behind it, and the scripts take that as any other.
const GITHUB: &str = "https://token.actions.githubusercontent.com";

/// The token that was presented.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Presented {
    /// `iss`.
    pub(super) issuer: String,
    /// `sub`.
    pub(super) subject: String,
    /// `aud`, all of them joined with a comma.
    pub(super) audience: String,
}

/// An option of both scripts, with its value as it stands in a command.
struct Argument {
    power_shell: &'static str,
    bash: &'static str,
    value: Option<String>,
    /// What stands in the value's place for those who may not see it.
    hidden: &'static str,
}

/// What to run so that the application trusts `presented`, which Entra refused with `code`; nothing where the code is
/// about something else, or a value is not fit for a command. `mask` learns what of it is not for everybody.
pub(super) fn steps(
    code: u32,
    presented: &Presented,
    application: &Application,
    mask: &mut Mask,
) -> Vec<Step> {
    let audience = presented.audience.split(',').next().unwrap_or_default().trim();
    if !is_value(audience) {
        return Vec::new();
    }
    if hints::OTHER_AUDIENCE.contains(&code) {
        return change_audience(presented, audience, application);
    }
    if !hints::NO_MATCH.contains(&code) {
        return Vec::new();
    }
    let Some(mut arguments) = of_github(presented).or_else(|| of_another(presented)) else {
        return Vec::new();
    };
    if hints::exchange_audience(application.authority()) != Some(audience) {
        arguments.push(valued("FederatedAudience", "federated-audience", audience, "<audience>"));
    }
    let mut power_shell = application.enable(&[], false);
    let mut bash = application.provision();
    for argument in &arguments {
        for (command, flag) in [
            (&mut power_shell, format!(" -{}", argument.power_shell)),
            (&mut bash, format!(" --{}", argument.bash)),
        ] {
            command.push_str(&flag);
            if let Some(value) = &argument.value {
                mask.add(format!("{flag} {value}"), format!("{flag} {}", argument.hidden));
                command.push(' ');
                command.push_str(value);
            }
        }
    }
    let words = "Or with a script of https://github.com/workiq-auth/workiq-auth, which changes nothing with -WhatIf or \
                 --dry-run. PowerShell, or bash with the Azure CLI:";
    vec![Step::Words(words.into(), Privacy::Open), Step::Command(power_shell), Step::Command(bash)]
}

/// A credential for issuer and subject is there, and there can be no second one.
fn change_audience(presented: &Presented, audience: &str, application: &Application) -> Vec<Step> {
    let Presented { issuer, subject, .. } = presented;
    if !is_value(issuer) || !is_value(subject) {
        return Vec::new();
    }
    let client = application.client();
    vec![
        Step::Words(
            "To let the credential list the presented audience, with its name from that list for NAME (tokens of the \
             audience that it lists now are then refused):"
                .into(),
            Privacy::Open,
        ),
        Step::Command(format!(
            "az ad app federated-credential update --id {client} --federated-credential-id NAME --parameters \
             '{{\"issuer\":\"{issuer}\",\"subject\":\"{subject}\",\"audiences\":[\"{audience}\"]}}'"
        )),
    ]
}

/// The options for a default subject of GitHub's: `repo:owner/name:…`, or with ids `repo:owner@1/name@2:…`.
fn of_github(presented: &Presented) -> Option<Vec<Argument>> {
    let (repository, run) = presented.subject.strip_prefix("repo:")?.split_once(':')?;
    let (owner, name) = repository.split_once('/')?;
    let (owner, name, ids) = match (owner.split_once('@'), name.split_once('@')) {
        (Some((owner, owner_id)), Some((name, id))) => (owner, name, Some((owner_id, id))),
        (None, None) => (owner, name, None),
        _ => return None,
    };
    let is_of = |text: &str, more: &[u8]| {
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || more.contains(&byte))
    };
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_good = presented.issuer == GITHUB
        && is_of(owner, b"_-")
        && !owner.starts_with('-')
        && is_of(name, b"._-")
        && ids.is_none_or(|(owner, name)| is_number(owner) && is_number(name));
    if !is_good {
        return None;
    }
    let repository = format!("{owner}/{name}");
    let mut arguments =
        vec![valued("GitHubRepository", "github-repository", &repository, "<repository>"), of_run(run)?];
    if let Some((owner, name)) = ids {
        arguments.push(valued("GitHubOwnerId", "github-owner-id", owner, "<id>"));
        arguments.push(valued("GitHubRepositoryId", "github-repository-id", name, "<id>"));
        // Only the form that was presented: with the other one whoever takes the name over would be trusted too.
        arguments.push(flag("SubjectForm Immutable", "subject-form immutable"));
    }
    Some(arguments)
}

/// What a subject of GitHub's ends with. The scripts have no option for a tag.
fn of_run(run: &str) -> Option<Argument> {
    if run == "pull_request" {
        return Some(flag("PullRequest", "pull-request"));
    }
    let (value, of) = match (run.strip_prefix("ref:refs/heads/"), run.strip_prefix("environment:")) {
        (Some(branch), _) => (branch.to_owned(), ("Branch", "branch", "<branch>")),
        // GitHub writes a colon in a name as %3A, and so do the scripts. One as it is begins another claim.
        (None, Some(name)) if !name.contains(':') => {
            (name.replace("%3A", ":"), ("Environment", "environment", "<environment>"))
        }
        _ => return None,
    };
    let (power_shell, bash, hidden) = of;
    is_value(&value).then(|| valued(power_shell, bash, &value, hidden))
}

/// The options for any issuer and subject.
fn of_another(presented: &Presented) -> Option<Vec<Argument>> {
    let Presented { issuer, subject, .. } = presented;
    let is_good =
        issuer.starts_with("https://") && !issuer.contains(' ') && is_value(issuer) && is_value(subject);
    is_good.then(|| {
        vec![
            valued("FederatedIssuer", "federated-issuer", issuer, "<issuer>"),
            valued("FederatedSubject", "federated-subject", subject, "<subject>"),
        ]
    })
}

fn flag(power_shell: &'static str, bash: &'static str) -> Argument {
    Argument { power_shell, bash, value: None, hidden: "" }
}

fn valued(power_shell: &'static str, bash: &'static str, value: &str, hidden: &'static str) -> Argument {
    Argument { power_shell, bash, value: Some(quoted(value)), hidden }
}

/// Whether it may stand between single quotes, and is taken for no option. A claim that was cut or changed to be shown
/// ends with an ellipsis, which may not.
fn is_value(text: &str) -> bool {
    is_plain(text) && !text.starts_with('-')
}

/// Between single quotes, where one of the shells would not read it as one plain word.
fn quoted(text: &str) -> String {
    let is_word = text.bytes().all(|byte| byte.is_ascii_digit())
        || (text.starts_with(|first: char| first.is_ascii_alphabetic())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._/-".contains(&byte)));
    if is_word { text.to_owned() } else { format!("'{text}'") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::test_support::app_only;

    const ID: &str = "11111111-2222-4333-8444-555555555555";
    const USUAL: &str = "api://AzureADTokenExchange";

    fn application(tenant: &str) -> Application {
        Application::new(&app_only(tenant, ("WORKIQ_CLIENT_SECRET", "abc8Q~def.ghi")), None)
    }

    fn commands_of(code: u32, issuer: &str, subject: &str, audience: &str, mask: &mut Mask) -> Vec<String> {
        let presented =
            Presented { issuer: issuer.into(), subject: subject.into(), audience: audience.into() };
        let command = |step| match step {
            Step::Command(command) => Some(command),
            Step::Words(..) | Step::Url(_) => None,
        };
        steps(code, &presented, &application(ID), mask).into_iter().filter_map(command).collect()
    }

    /// What stands behind the ids in both commands; nothing where there is no command.
    fn options(issuer: &str, subject: &str) -> Option<(String, String)> {
        let commands = commands_of(700_213, issuer, subject, USUAL, &mut Mask::default());
        let [power_shell, bash] = commands.as_slice() else {
            assert_eq!(commands, Vec::<String>::new());
            return None;
        };
        let power_shell = power_shell
            .strip_prefix(&format!("./scripts/Enable-WorkIQAppOnly.ps1 -TenantId {ID} -ClientId {ID} "));
        let bash = bash.strip_prefix(&format!("./scripts/provision.sh --tenant-id {ID} --client-id {ID} "));
        Some((power_shell.unwrap().to_owned(), bash.unwrap().to_owned()))
    }

    #[test]
    fn a_subject_becomes_the_options_that_make_it() {
        let of = |subject: &str| options(GITHUB, subject).unwrap();
        let both = |power_shell: &str, bash: &str| (power_shell.to_owned(), bash.to_owned());
        assert_eq!(
            of("repo:contoso/decisions:ref:refs/heads/main"),
            both(
                "-GitHubRepository contoso/decisions -Branch main",
                "--github-repository contoso/decisions --branch main"
            )
        );
        assert_eq!(
            of("repo:contoso@5544123/decisions@821093847:environment:Prod%3A Europe"),
            both(
                "-GitHubRepository contoso/decisions -Environment 'Prod: Europe' -GitHubOwnerId 5544123 \
                 -GitHubRepositoryId 821093847 -SubjectForm Immutable",
                "--github-repository contoso/decisions --environment 'Prod: Europe' --github-owner-id 5544123 \
                 --github-repository-id 821093847 --subject-form immutable"
            )
        );
        assert_eq!(
            of("repo:contoso/decisions:pull_request").1,
            "--github-repository contoso/decisions --pull-request"
        );
        for subject in [
            "repo:contoso/decisions:ref:refs/tags/v1",
            "repo:contoso/decisions:environment:prod:ref:refs/heads/main",
            "repo:contoso@1/decisions:pull_request",
            "repository_id:1:ref:refs/heads/main",
        ] {
            let expected = format!("-FederatedIssuer '{GITHUB}' -FederatedSubject '{subject}'");
            assert_eq!(of(subject).0, expected);
        }
        let enterprise = format!("{GITHUB}/contoso");
        let (_, bash) = options(&enterprise, "repo:contoso/decisions:pull_request").unwrap();
        assert!(
            bash.starts_with(&format!("--federated-issuer '{enterprise}' --federated-subject ")),
            "{bash}"
        );
    }

    #[test]
    fn what_a_shell_would_read_is_in_no_command() {
        for value in [
            "x';rm -rf ~;'",
            "x\"",
            "$(id)",
            "`id`",
            "x\\",
            "x|y",
            "x&y",
            "x;y",
            "x\ny",
            "x\u{2019}y",
            "x%y",
            "x…",
            "",
            "-Force",
            "{x}",
        ] {
            for subject in [
                format!("repo:contoso/decisions:ref:refs/heads/{value}"),
                format!("repo:contoso/decisions:environment:{value}"),
            ] {
                // A name that is none is of no option of its own; as part of a whole subject a hyphen may stand.
                let shown = options(GITHUB, &subject);
                let is_harmless = value.is_empty() || value == "-Force";
                assert_eq!(shown.is_some(), is_harmless, "{subject}: {shown:?}");
                assert!(shown.is_none_or(|(command, _)| command.contains(&format!("'{subject}'"))));
            }
            assert_eq!(options("https://issuer.example", &format!("sc://{value}'")), None);
            assert_eq!(options(&format!("https://{value}'"), "sc://a/b/c"), None);
        }
        assert_eq!(options("http://issuer.example", "sc://a/b/c"), None);
        assert!(
            commands_of(700_213, GITHUB, "repo:a/b:pull_request", "a'b", &mut Mask::default()).is_empty()
        );
    }

    #[test]
    fn an_audience_that_the_scripts_would_not_choose_is_named() {
        let of = |audience| {
            commands_of(70_021, GITHUB, "repo:a/b:pull_request", audience, &mut Mask::default()).join("\n")
        };
        assert!(!of(USUAL).contains("udience"));
        let other = of("api://own, api://other");
        assert!(other.contains(" -FederatedAudience 'api://own'\n"), "{other}");
        assert!(other.ends_with(" --federated-audience 'api://own'"), "{other}");
    }

    #[test]
    fn one_that_lists_another_audience_is_changed_and_other_refusals_are_left_alone() {
        let of = |code| commands_of(code, GITHUB, "repo:a/b:pull_request", USUAL, &mut Mask::default());
        let [change] = of(700_212).try_into().unwrap();
        let (_, parameters) = change.split_once("--parameters '").unwrap();
        let json: serde_json::Value = serde_json::from_str(parameters.strip_suffix('\'').unwrap()).unwrap();
        assert_eq!(
            (&json["subject"], &json["audiences"][0]),
            (&"repo:a/b:pull_request".into(), &USUAL.into())
        );
        assert_eq!(of(7_000_215), Vec::<String>::new());
    }

    #[test]
    fn who_may_not_see_a_subject_sees_no_part_of_it() {
        let mut mask = Mask::default();
        let subject = "repo:contoso@5544123/decisions@821093847:ref:refs/heads/main";
        for command in commands_of(700_213, GITHUB, subject, "api://elsewhere", &mut mask) {
            let hidden = mask.hide(&command);
            for part in ["contoso", "decisions", "5544123", "821093847", "main", "elsewhere", ID] {
                assert!(!hidden.contains(part), "{hidden}");
            }
        }
    }

    #[test]
    fn a_tenant_by_name_goes_only_where_it_is_taken() {
        let presented = Presented {
            issuer: GITHUB.into(),
            subject: "repo:a/b:pull_request".into(),
            audience: USUAL.into(),
        };
        let steps = steps(70_025, &presented, &application("contoso.com"), &mut Mask::default());
        let [_, Step::Command(power_shell), Step::Command(bash)] = steps.as_slice() else {
            panic!("{steps:?}")
        };
        assert!(power_shell.contains(" -TenantId contoso.com "), "{power_shell}");
        assert!(bash.starts_with(&format!("./scripts/provision.sh --client-id {ID} ")), "{bash}");
    }
}
