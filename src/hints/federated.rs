//! Tokens of other identity providers: what was presented, beside what a federated credential must say.
//!
//! Source: learn.microsoft.com/entra/workload-id/workload-identity-federation-considerations, and of the codes
//! learn.microsoft.com/azure/devops/pipelines/release/troubleshoot-workload-identity.

use super::secret::CREDENTIALS;
use super::{Case, Evidence, github, is_plain, place};
use crate::error::printable;

/// As much of a claim as is shown. Longer ones are cut, and then not made into a command.
const LIMIT: usize = 300;

/// No federated credential of the application is for the presented token.
pub(crate) const NO_MATCH: [u32; 5] = [70_021, 70_025, 700_211, 700_213, 7_002_138];

/// One is, but for the audience.
pub(crate) const OTHER_AUDIENCE: [u32; 2] = [700_212, 7_002_121];

/// Issuer, subject and audience, each on a line of its own, to be compared character by character.
pub(super) fn claims(case: &Case<'_>) -> String {
    let Evidence::Federated { issuer, subject, audience, .. } = &case.facts.evidence else {
        return String::new();
    };
    let show = |claim: &str| printable(claim, LIMIT);
    format!("  issuer   {}\n  subject  {}\n  audience {}\n", show(issuer), show(subject), show(audience))
}

/// `cause` as a sentence, and below it the claims where they are known.
fn with_claims(cause: &str, case: &Case<'_>) -> String {
    let claims = claims(case);
    if claims.is_empty() { format!("{cause}.\n") } else { format!("{cause}:\n{claims}") }
}

/// [`NO_MATCH`].
pub(super) fn no_match(case: &Case<'_>) -> String {
    let cause = match case.code {
        700_211 => "No federated credential of the application has the issuer of the presented token",
        700_213 => "A federated credential has the issuer of the presented token, and none has its subject",
        7_002_138 => {
            "A federated credential has the subject of the presented token but for upper and lower case, which count"
        }
        70_025 => "The application has no federated credential at all, and so none for the presented token",
        _ => {
            "No federated credential matches the presented token (one just made takes minutes to work: try again)"
        }
    };
    format!("{}{}{}", with_claims(cause, case), remarks(case), remedy(case))
}

/// What is peculiar to tokens of this issuer; a line each, at most two.
fn remarks(case: &Case<'_>) -> String {
    let Evidence::Federated { issuer, subject, .. } = &case.facts.evidence else {
        return String::new();
    };
    let slash = if issuer.ends_with('/') {
        "The slash at the end of the issuer belongs to it."
    } else {
        "The issuer has no slash at its end, and a credential with one does not match."
    };
    let context = || github::describe_context(subject).to_owned();
    let lines: Vec<String> = if case.code == 7_002_138 {
        let id = case.id();
        vec![
            "Delete it first:".to_owned(),
            format!("az ad app federated-credential delete --id {id} --federated-credential-id NAME"),
        ]
    } else if github::is_issuer(issuer) {
        match case.code {
            700_211 => vec![slash.into(), context()],
            70_025 => vec![context()],
            _ => vec![github::describe_form(subject), context()],
        }
    } else if subject.starts_with("system:serviceaccount:") {
        vec![
            "The subject is a Kubernetes service account: system:serviceaccount:NAMESPACE:NAME, that of this pod.".into(),
            slash.into(),
        ]
    } else if subject.starts_with("sc://") || subject.contains("/sc/") {
        vec![
            "The subject is an Azure Pipelines service connection; its page shows issuer and subject under \
             Edit > Workload identity federation."
                .into(),
        ]
    } else {
        vec![slash.into()]
    };
    lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect()
}

/// The commands that show what is registered and add what is missing.
fn remedy(case: &Case<'_>) -> String {
    let id = case.id();
    let list = format!("az ad app federated-credential list --id {id}");
    let Evidence::Federated { issuer, subject, audience, .. } = &case.facts.evidence else {
        return format!(
            "Issuer, subject and audience must be equal in token and credential, to the character. Registered are:\n\
             {list}"
        );
    };
    let audience = audience.split(',').next().unwrap_or_default().trim();
    let whole =
        |claim: &str| is_plain(claim) && claim.chars().count() <= LIMIT && printable(claim, LIMIT) == claim;
    if ![issuer, subject, audience].into_iter().all(whole) {
        return format!(
            "Add one with just these values at {CREDENTIALS} > Federated credentials\nRegistered are:\n{list}"
        );
    }
    format!(
        "The first lists what is registered, the second adds this one:\n{list}\n\
         az ad app federated-credential create --id {id} --parameters '{{\"name\":\"workiq-auth\",\
         \"issuer\":\"{issuer}\",\"subject\":\"{subject}\",\"audiences\":[\"{audience}\"]}}'"
    )
}

/// [`OTHER_AUDIENCE`].
pub(super) fn audience(case: &Case<'_>) -> String {
    let presented = match &case.facts.evidence {
        Evidence::Federated { audience, .. } => audience.as_str(),
        _ => "",
    };
    let other = place::EXCHANGE.iter().any(|(_, audience)| *audience == presented);
    let usual = place::exchange_audience(&case.facts.authority);
    let todo = match usual {
        Some(usual) if usual == presented => format!(
            "{usual} is the usual one at {}, and the credential lists another: let it list this one,\n\
             or set WORKIQ_FEDERATED_AUDIENCE to the one that it lists.",
            case.authority()
        ),
        Some(usual) if other => format!(
            "That is the audience of another cloud; at {} it is {usual}.\n\
             Check WORKIQ_CLOUD, and unset WORKIQ_FEDERATED_AUDIENCE.",
            case.authority()
        ),
        Some(usual) => format!(
            "Usual at {} is {usual}: unset WORKIQ_FEDERATED_AUDIENCE where the credential lists that,\n\
             or let the credential list the presented one.",
            case.authority()
        ),
        None => "The credential must list the presented audience, or WORKIQ_FEDERATED_AUDIENCE name the one that it \
                 lists."
            .into(),
    };
    let file = if case.facts.credential_name.to_ascii_uppercase().replace('_', "").contains("TOKENFILE") {
        "\nOf a token file the audience is chosen where the file is made (Kubernetes: audience of the projected token)."
    } else {
        ""
    };
    format!(
        "{}{todo}{file}\nRegistered are:\naz ad app federated-credential list --id {}",
        with_claims(
            "A federated credential has issuer and subject of the presented token, and lists another audience",
            case
        ),
        case.id()
    )
}

/// 70023: the token lives longer than Entra takes.
pub(super) fn lifetime(case: &Case<'_>) -> String {
    format!(
        "The federated token from {} is good for more than the 25 hours that Entra takes.\n{}\
         Have a shorter one made (Kubernetes: expirationSeconds of the projected token), for WORKIQ_FEDERATED_TOKEN_FILE.",
        case.setting("WORKIQ_FEDERATED_TOKEN_FILE"),
        claims(case)
    )
}

/// 700222, 700226, 700227, 700229, 700231: tokens of Entra itself that may not be federated.
pub(super) fn of_entra(case: &Case<'_>) -> String {
    let cause = match case.code {
        700_226 => "Of Entra's own tokens, only a managed identity's may be presented here",
        700_227 => "The presented token of Entra is for an audience that may not be exchanged",
        700_229 => "The presented token of Entra is a person's, and only an application's may be exchanged",
        700_231 => {
            "The presented token was itself got with a federated credential, and those cannot be chained"
        }
        _ => "The presented token is Entra's own, which may not be exchanged here",
    };
    let usual = place::exchange_audience(&case.facts.authority).unwrap_or("api://AzureADTokenExchange");
    format!(
        "{}Present the token of the host (GitHub, Pipelines, Kubernetes) itself, or a managed identity's for {usual};\n\
         see what {} holds. On an Azure host without federation: WORKIQ_CREDENTIAL=managed-identity.",
        with_claims(cause, case),
        case.setting("WORKIQ_FEDERATED_TOKEN_FILE")
    )
}

/// 700223, 700236, 700238, 7002381, 70052: a policy of the tenant.
pub(super) fn policy(case: &Case<'_>) -> String {
    let cause = match case.code {
        700_236 => "A policy of the tenant refuses tokens of Entra itself as federated tokens",
        700_238 => "A policy of the tenant refuses federated tokens of this issuer",
        7_002_381 => {
            "A policy of the tenant takes GitHub's tokens only of certain enterprises, and issuer, subject and audience \
             do not change that"
        }
        70_052 => {
            "A policy of the tenant refuses federated credentials of this application, which is multi-tenant"
        }
        _ => "A policy of the tenant refuses federated credentials for this application",
    };
    format!(
        "{}An administrator of {} can allow it.\n\
         Else use a managed identity (WORKIQ_CREDENTIAL=managed-identity) or a certificate \
         (WORKIQ_CLIENT_CERTIFICATE_PATH).",
        with_claims(cause, case),
        case.tenant()
    )
}

#[cfg(test)]
mod tests {
    use super::super::Facts;
    use super::*;

    const GITHUB: &str = "https://token.actions.githubusercontent.com";
    const CLIENT: &str = "11111111-2222-4333-8444-555555555555";

    fn facts(issuer: &str, subject: &str, audience: &str) -> Facts {
        Facts {
            client: CLIENT.into(),
            authority: "https://login.microsoftonline.com".into(),
            evidence: Evidence::Federated {
                issuer: issuer.into(),
                subject: subject.into(),
                audience: audience.into(),
                expires_in: Some(280),
            },
            ..Facts::default()
        }
    }

    fn case(code: u32, facts: &Facts) -> Case<'_> {
        Case { code, facts, message: "" }
    }

    #[test]
    fn what_was_presented_stands_line_by_line_and_in_a_command() {
        let facts =
            facts(GITHUB, "repo:contoso@1/decisions@2:environment:prod", "api://AzureADTokenExchange");
        let text = no_match(&case(700_213, &facts));
        assert!(text.contains(
            "\n  issuer   https://token.actions.githubusercontent.com\n  subject  repo:contoso@1/decisions@2:environment:prod\n  \
             audience api://AzureADTokenExchange\n"
        ), "{text}");
        assert!(text.contains("immutable form") && text.contains("has environment:"), "{text}");
        let parameters = text.split_once("--parameters '").unwrap().1.strip_suffix('\'').unwrap();
        assert!(!parameters.contains('\n'), "a command is one line: {text}");
        let json: serde_json::Value = serde_json::from_str(parameters).unwrap();
        assert_eq!(json["issuer"], GITHUB);
        assert_eq!(json["subject"], "repo:contoso@1/decisions@2:environment:prod");
        assert_eq!(json["audiences"][0], "api://AzureADTokenExchange");
        assert!(text.contains(&format!("create --id {CLIENT} ")), "{text}");
    }

    #[test]
    fn claims_that_a_shell_would_read_are_in_no_command() {
        for subject in
            ["repo:a/b:ref:refs/heads/x';rm -rf ~;'", "repo:a/b:ref:refs/heads/\"", &"s".repeat(301)]
        {
            let facts = facts(GITHUB, subject, "a");
            let text = no_match(&case(700_213, &facts));
            assert!(!text.contains("create --id") && text.contains("> Federated credentials\n"), "{text}");
        }
    }

    #[test]
    fn claims_are_printable_and_bounded() {
        let facts = facts(&"i".repeat(5_000), "a\nWhat to do: nothing\u{1b}[2J\u{202e}", "b\r\nc");
        let text = claims(&case(700_213, &facts));
        assert_eq!(text.lines().count(), 3, "{text}");
        assert!(text.lines().all(|line| line.chars().count() < 320 && !line.contains('\u{1b}')), "{text}");
    }

    #[test]
    fn kubernetes_and_pipelines_have_their_own_remark() {
        let aks = facts("https://oidc.prod-aks.azure.com/x/", "system:serviceaccount:ci:workiq", "a");
        let text = no_match(&case(700_213, &aks));
        assert!(text.contains("Kubernetes") && text.contains("slash at the end"), "{text}");
        let pipelines = facts("https://vstoken.dev.azure.com/x", "sc://contoso/decisions/workiq", "a");
        assert!(no_match(&case(700_211, &pipelines)).contains("service connection"));
    }

    #[test]
    fn an_audience_is_compared_with_the_usual_one() {
        let of = |authority: &str, presented: &str, name: &str| {
            let mut facts = facts(GITHUB, "repo:a/b:pull_request", presented);
            facts.authority = authority.into();
            facts.credential_name = name.into();
            audience(&case(700_212, &facts))
        };
        let public = "https://login.microsoftonline.com";
        let text = of(public, "api://AzureADTokenExchange", "ACTIONS_ID_TOKEN_REQUEST_URL");
        assert!(text.contains("the credential lists another") && !text.contains("token file"), "{text}");
        let text = of("https://login.microsoftonline.us", "api://AzureADTokenExchange", "");
        assert!(
            text.contains("another cloud") && text.contains("is api://AzureADTokenExchangeUSGov."),
            "{text}"
        );
        let text = of(public, "api://own", "AZURE_FEDERATED_TOKEN_FILE");
        assert!(text.contains("Usual at") && text.contains("token file"), "{text}");
        let text = of("https://login.example.com", "api://own", "");
        assert!(
            text.contains("WORKIQ_FEDERATED_AUDIENCE") && !text.contains("AzureADTokenExchange"),
            "{text}"
        );
    }
}
