//! The subjects of GitHub Actions' tokens.
//!
//! Two default forms and an environment's trap: docs.github.com/actions/reference/openid-connect-reference, and
//! learn.microsoft.com/entra/workload-id/workload-identities-github-immutable-subjects for the form with ids, which
//! repositories made or renamed since 15 July 2026 have.

use crate::error::printable;

const ISSUER: &str = "https://token.actions.githubusercontent.com";

/// Whether `issuer` is GitHub's: its own, or that of an enterprise, which has a path behind it.
pub(super) fn is_issuer(issuer: &str) -> bool {
    issuer.strip_prefix(ISSUER).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// How a subject names its repository.
#[derive(Debug, PartialEq, Eq)]
enum Form {
    /// `repo:owner/name:…`
    Classic,
    /// `repo:owner@id/name@id:…`; owner and name without their ids.
    Immutable(String, String),
    /// What a template of the organization or repository made of it.
    Custom,
}

fn form(subject: &str) -> Form {
    let repository = subject.strip_prefix("repo:").and_then(|rest| rest.split(':').next());
    let Some((owner, name)) = repository.and_then(|repository| repository.split_once('/')) else {
        return Form::Custom;
    };
    let numbered = |part: &str| {
        let (name, id) = part.split_once('@')?;
        (!id.is_empty() && id.bytes().all(|b| b.is_ascii_digit())).then(|| name.to_owned())
    };
    match (numbered(owner), numbered(name)) {
        (Some(owner), Some(name)) => Form::Immutable(owner, name),
        _ if !owner.contains('@') && !name.contains('@') => Form::Classic,
        _ => Form::Custom,
    }
}

/// In which form the repository stands in `subject`, and that the credential must have just that form.
pub(super) fn describe_form(subject: &str) -> String {
    match form(subject) {
        Form::Classic => {
            "This subject has the classic form, repo:owner/name:…; a credential in the immutable form, \
                          repo:owner@id/name@id:…, does not match it."
                .into()
        }
        Form::Immutable(owner, name) => format!(
            "This subject has the immutable form (repositories made or renamed since 15 July 2026); a credential for \
             repo:{}/{}:… does not match it.",
            printable(&owner, 40),
            printable(&name, 100)
        ),
        Form::Custom => "A template makes this subject, not GitHub's default; see what it gives: \
                         gh api repos/OWNER/NAME/actions/oidc/customization/sub"
            .into(),
    }
}

/// Which run a subject stands for, and when it would be another one.
pub(super) fn describe_context(subject: &str) -> &'static str {
    if subject.contains(":environment:") {
        "The job has environment:, so its subject ends in environment:NAME, whatever the branch."
    } else if subject.ends_with(":pull_request") {
        "The run is of a pull request, so its subject ends in pull_request, whatever the branch: every pull request \
         would match."
    } else if subject.contains(":ref:") {
        "The job has no environment:, so its subject ends in its branch or tag; with one it would end in \
         environment:NAME."
    } else {
        "It ends in environment:NAME for a job with environment:, in pull_request for a pull request, else in ref:…"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_issuer_is_github_com_with_or_without_an_enterprise() {
        assert!(is_issuer(ISSUER) && is_issuer(&format!("{ISSUER}/contoso")));
        assert!(
            !is_issuer(&format!("{ISSUER}.evil.example")) && !is_issuer("https://vstoken.dev.azure.com/x")
        );
    }

    #[test]
    fn forms_are_told_apart() {
        assert_eq!(form("repo:contoso/decisions:ref:refs/heads/a@b"), Form::Classic);
        let immutable = form("repo:contoso@12/decisions@345:pull_request");
        assert_eq!(immutable, Form::Immutable("contoso".into(), "decisions".into()));
        for custom in
            ["repository_owner_id:12:repository_id:345:ref:x", "repo:a@1/b:ref:x", "repo:a", "repo:a@/b@:x"]
        {
            assert_eq!(form(custom), Form::Custom, "{custom}");
        }
    }

    #[test]
    fn the_classic_counterpart_of_an_immutable_subject_is_named() {
        let text = describe_form("repo:contoso@12/decisions@345:ref:refs/heads/main");
        assert!(text.contains("immutable form") && text.contains("repo:contoso/decisions:…"), "{text}");
        assert!(describe_form("repo:contoso/decisions:pull_request").contains("classic form"));
        assert!(describe_form("repository_id:1:ref:x").contains("gh api"));
    }

    #[test]
    fn contexts_are_told_apart() {
        for (subject, words) in [
            ("repo:a/b:environment:prod", "has environment:"),
            ("repo:a/b:ref:refs/heads/main", "has no environment:"),
            ("repo:a/b:pull_request", "pull request"),
            ("repository_id:1", "environment:NAME"),
        ] {
            assert!(describe_context(subject).contains(words), "{subject}");
        }
    }
}
