//! The words: for each kind its cause, in one sentence, and what to do, in at most eight lines. A command has a line of
//! its own, unbroken.

use super::grant::{GRANTER, WHOLE, admin_consent, app, azure_cli, power_shell, script, user};
use super::{Case, RefusalKind, Wanted};
use crate::error::printable;
use crate::page::page;

/// What is said of one refusal.
pub(super) struct Words {
    pub(super) cause: String,
    pub(super) fix: String,
    /// A page that fits better than the kind's own.
    pub(super) link: Option<&'static str>,
}

fn words(cause: impl Into<String>, fix: impl Into<String>) -> Words {
    Words { cause: cause.into(), fix: fix.into(), link: None }
}

/// Where the script comes from, for the end of a sentence.
const CLONE: &str = concat!("by the script of a clone (", page!("docs/getting-started.md"), ")");

const SIGN_INS: &str = "Entra admin center > Monitoring & health > Sign-in logs > Service principal sign-ins";

/// The words for `kind`.
pub(super) fn of(case: &Case<'_>, kind: RefusalKind, wanted: Option<&Wanted>) -> Words {
    use RefusalKind as Kind;
    match kind {
        Kind::RoleMissing => role_missing(case, wanted),
        Kind::ConsentMissing => consent_missing(case, wanted),
        Kind::TranscriptsDisabled => transcripts_disabled(case),
        Kind::SpeakerNamesDisabled => words(
            "The tenant gives transcripts out through Microsoft Graph without the names of the speakers only.",
            "Ask for the text without names: the header Accept: application/vnd.microsoft.graph.transcript+text \
             ($format does not give it). Or a Teams administrator allows names:\n\
             Connect-MicrosoftTeams; Set-CsTeamsMeetingConfiguration -EnableAttributedTranscripts $true",
        ),
        Kind::MeetingPolicy => meeting_policy(case),
        Kind::MailboxPolicy => mailbox_policy(case),
        Kind::ProtectedApi => words(
            "Applications read the messages of whole teams and chats only after Microsoft has approved them \
             (protected APIs).",
            "Ask for approval with the form on Microsoft's page, whose answers take about a week; whether it is still \
             needed is not documented everywhere.\n\
             Or install a Teams app with resource-specific consent (ChannelMessage.Read.Group, ChatMessage.Read.Chat) \
             in the team or chat, which needs no approval.",
        ),
        Kind::SiteNotGranted => words(
            "The application may read chosen sites, lists or files only (Sites.Selected and its like), and this is \
             none of them.",
            format!(
                "A SharePoint administrator chooses it (PnP PowerShell, or POST /sites/{{id}}/permissions):\n\
                 Grant-PnPEntraIDAppSitePermission -AppId {} -DisplayName WorkIQ -Site <url-of-the-site> -Permissions \
                 Read\n\
                 Searches over the whole tenant do not work with chosen sites.",
                app(case.refused)
            ),
        ),
        Kind::DelegatedOnly => words(
            "Microsoft Graph serves this to signed-in users only, and an application has none.",
            "Write /users/{id} in place of /me, and name the team, chat or site by its id; where that is done \
             already, there is no application permission for this path.",
        ),
        Kind::LicenceMissing => licence(case),
        Kind::ConditionalAccess => conditional_access(case),
        Kind::ResourceConsent => words(
            "The application holds this permission for single teams, chats or meetings only (resource-specific \
             consent), and not for this one.",
            match wanted.and_then(|wanted| azure_cli(case.refused, wanted)) {
                Some(command) => format!(
                    "Install its Teams app, with the permission in the manifest, in this team, chat or meeting.\n\
                     Or for the whole tenant: {GRANTER} grants it. {WHOLE}\n{command}"
                ),
                None => "Install its Teams app, with the permission in the manifest, in this team, chat or meeting."
                    .into(),
            },
        ),
        Kind::TokenRefused => words(
            format!("Microsoft Graph does not take the token ({}).", shown(case)),
            "Sign in anew: a token that has expired or was revoked is of no use, and a grant or policy may have changed.\n\
             If it stays, check that WORKIQ_CLOUD, WORKIQ_TENANT_ID and WORKIQ_GRAPH_ENDPOINT belong together, and \
             the clock.",
        ),
        Kind::Forbidden => forbidden(case),
    }
}

fn transcripts_disabled(case: &Case<'_>) -> Words {
    words(
        "The tenant does not let applications read transcripts through Microsoft Graph: a switch that is off by default \
         and that no permission overrides.",
        format!(
            "A Teams administrator turns it on, which opens transcripts to every application that was granted them, and \
             takes minutes to an hour, {CLONE}:\n{}\n\
             Or in Teams PowerShell, with the speakers' names:\n\
             Connect-MicrosoftTeams\n\
             Set-CsTeamsMeetingConfiguration -EnableGraphTranscriptAccess $true -EnableAttributedTranscripts $true",
            script(case.refused, "-EnableTranscripts")
        ),
    )
}

/// A user has one policy, and a grant replaces it, so what is there is added to
/// (learn.microsoft.com/graph/cloud-communication-online-meeting-application-access-policy).
fn meeting_policy(case: &Case<'_>) -> Words {
    let (app, user) = (app(case.refused), user(case.refused));
    words(
        "No Teams application access policy lets this application read the meetings of that user.",
        format!(
            "A Teams administrator adds the application to the policy that the user has, {CLONE}; it takes up to 30 \
             minutes:\n{}\n\
             Or in Teams PowerShell, where the second line shows the policy for the third:\n\
             Connect-MicrosoftTeams\n\
             Get-CsOnlineUser -Identity \"{user}\" | Select-Object ApplicationAccessPolicy\n\
             Set-CsApplicationAccessPolicy -Identity \"<its-policy>\" -AppIds @{{Add=\"{app}\"}}\n\
             Only where it shows none, as a grant takes away what the policy before it let in:\n\
             New-CsApplicationAccessPolicy -Identity WorkIQ -AppIds \"{app}\"; Grant-CsApplicationAccessPolicy \
             -PolicyName WorkIQ -Identity \"{user}\"",
            script(case.refused, &format!("-For Meetings -MeetingOrganizer \"{user}\""))
        ),
    )
}

/// Graph's own words, for a sentence.
fn shown(case: &Case<'_>) -> String {
    if case.said.shown.is_empty() { format!("HTTP {}", case.refused.status) } else { case.said.shown.clone() }
}

/// The request, for a sentence: the path without its query.
fn request(case: &Case<'_>) -> String {
    let path = case.refused.path.split('?').next().unwrap_or_default();
    format!("{} {}", case.refused.method, printable(path, 100))
}

/// What the token has, for the end of a sentence.
fn has(case: &Case<'_>) -> String {
    match (case.refused.granted, case.said.present.as_slice()) {
        (Some(granted), _) => format!("the token has {}", granted.shown(8)),
        (None, []) => "what the token has cannot be seen".into(),
        (None, present) => format!("the token has {}", present.join(", ")),
    }
}

fn role_missing(case: &Case<'_>, wanted: Option<&Wanted>) -> Words {
    let Some(wanted) = wanted else {
        return words(
            format!("{} needs an application permission that is not there; {}.", request(case), has(case)),
            format!("Microsoft Graph says: {}", shown(case)),
        );
    };
    let role = wanted.role_id.map(|id| format!(" (app role {id})")).unwrap_or_default();
    let is_listed_by_docs = wanted.name == "Chat.ReadBasic.All"
        && case.refused.granted.is_some_and(|granted| granted.has("Chat.Read.All"));
    let beside = if is_listed_by_docs { ", beside Chat.Read.All," } else { "" };
    let cause = format!(
        "{} needs the application permission {}{role}{beside}; {}.",
        request(case),
        wanted.name,
        has(case)
    );
    // Scoped by Exchange itself, an application has no such role in its token, rightly.
    let lead = if case.said.has_code("ErrorAccessDenied") {
        format!(
            "{GRANTER} grants it, unless RBAC for Applications in Exchange opens mailboxes to the application: then this \
             mailbox is outside its scope, which an Exchange administrator widens."
        )
    } else {
        format!("{GRANTER} grants it; tokens that are already out do not get it.")
    };
    let commands = (power_shell(case.refused, wanted), azure_cli(case.refused, wanted));
    let fix = if let (Some(power_shell), Some(azure_cli)) = commands {
        format!(
            "{lead}\nPowerShell, which grants just this one:\n{power_shell}\nOr the Azure CLI. {WHOLE}\n{azure_cli}"
        )
    } else {
        format!(
            "{lead}\nEntra admin center > App registrations > {} > API permissions > Add a permission > Microsoft \
             Graph > Application permissions, then Grant admin consent",
            app(case.refused)
        )
    };
    let link = wanted.role_id.is_none().then_some("https://learn.microsoft.com/graph/permissions-reference");
    Words { cause, fix, link }
}

fn consent_missing(case: &Case<'_>, wanted: Option<&Wanted>) -> Words {
    if case.said.has_code("Authorization_IdentityNotFound") {
        return words(
            "Entra does not find the application in this tenant: it has no service principal there, or a new one has \
             not spread yet.",
            format!(
                "Check WORKIQ_TENANT_ID and WORKIQ_CLIENT_ID; an application of another tenant is added by\n\
                 az ad sp create --id {}",
                app(case.refused)
            ),
        );
    }
    let cause = "The token holds no application permission at all: none was granted with administrator's consent, or \
                 the token is older than the grant.";
    let consent = admin_consent(case.refused);
    let add = wanted.and_then(|wanted| Some((wanted, azure_cli(case.refused, wanted)?)));
    let fix = match add {
        Some((wanted, command)) => format!(
            "{GRANTER} consents to what the application asks for, and the next token has it. {WHOLE}\n{consent}\n\
             If it asks for nothing yet, first for {}, which is needed here:\n{command}",
            wanted.name
        ),
        None => format!(
            "{GRANTER} consents to what the application asks for, and the next token has it. {WHOLE}\n{consent}"
        ),
    };
    words(cause, fix)
}

fn mailbox_policy(case: &Case<'_>) -> Words {
    let (app, user) = (app(case.refused), user(case.refused));
    let is_policy = case.said.tells(&["accesspolicy", "odata is disabled"]);
    let cause = if is_policy {
        "An application access policy of Exchange keeps the application out of this mailbox."
    } else {
        "The token has the permission, so Exchange itself keeps the application out of this mailbox: an application \
         access policy, or the scope of RBAC for Applications."
    };
    let policies = "https://learn.microsoft.com/exchange/permissions-exo/application-access-policies";
    let words = words(
        cause,
        format!(
            "An Exchange administrator sees what holds, and adds the mailbox to the policy's group or the scope (it \
             takes an hour or more to spread):\n\
             Connect-ExchangeOnline; Test-ApplicationAccessPolicy -AppId \"{app}\" -Identity \"{user}\"\n\
             Test-ServicePrincipalAuthorization -Identity \"{app}\" -Resource \"{user}\""
        ),
    );
    Words { link: is_policy.then_some(policies), ..words }
}

fn licence(case: &Case<'_>) -> Words {
    let assign = "https://learn.microsoft.com/microsoft-365/admin/manage/assign-licenses-to-users";
    let (cause, fix, link) = if case.said.has_code("MailboxNotEnabledForRESTAPI") {
        (
            "The user has no mailbox in Exchange Online: no licence, an inactive mailbox, or one on premises.",
            "Ask for a user with a mailbox in the cloud, or have an administrator assign a licence with Exchange Online.",
            Some(assign),
        )
    } else if case.said.tells(&["mysite not found"]) {
        (
            "The user has no OneDrive: no licence, or never opened.",
            "Ask for a site's drive or another user, or have the user, with a licence, open OneDrive once.",
            Some(assign),
        )
    } else if case.said.tells(&["spo license"]) {
        (
            "The tenant has no licence for SharePoint and OneDrive.",
            "Check WORKIQ_TENANT_ID; if it is the right tenant, an administrator buys or assigns one.",
            Some(assign),
        )
    } else if case.said.tells(&["premium"]) {
        (
            "The tenant lacks Microsoft Entra ID P1 or P2, which this API needs.",
            "An administrator buys the licence; leave out what needs it, such as signInActivity in $select.",
            Some("https://learn.microsoft.com/entra/fundamentals/licensing"),
        )
    } else {
        (
            "Microsoft Graph asks for a licence or a payment for this API.",
            "The export, transcript and recording APIs of Teams are not metered since August 25, 2025, but some need \
             licences, which the page lists; Copilot's APIs need a licence for each user.",
            None,
        )
    };
    Words { link, ..words(cause, fix) }
}

fn conditional_access(case: &Case<'_>) -> Words {
    if case.said.tells(&["due to organizational policies"]) || case.said.has_code("blockedIPAddress") {
        return Words {
            link: Some("https://learn.microsoft.com/sharepoint/control-access-based-on-network-location"),
            ..words(
                "SharePoint's policy for networks keeps out the address that the request comes from.",
                "Run where the policy allows it, or have a SharePoint administrator add the address:\n\
                 SharePoint admin center > Policies > Access control > Network location",
            )
        };
    }
    let cause = if case.said.tells(&["locationcondition"]) {
        "Conditional Access keeps the application out because of the address that the request comes from."
    } else if case.said.tells(&["continuous access evaluation"]) || case.said.challenged {
        "Continuous access evaluation refuses the token: a policy, the risk or the permissions of the application have \
         changed since it was issued, or its address is not allowed."
    } else {
        "A Conditional Access policy keeps the application out: by the address that it comes from, or by risk."
    };
    words(
        cause,
        format!(
            "Which policy it was is in {SIGN_INS}.\n\
             A hosted CI runner has another address each time: run on one with an address that the policy allows,\n\
             or have an administrator exclude the application {} from the policy.",
            app(case.refused)
        ),
    )
}

fn forbidden(case: &Case<'_>) -> Words {
    let known = match (case.needed, case.refused.granted) {
        (Some(needed), Some(granted)) if needed.met_by(&granted.roles) => {
            let held = granted.roles.iter().find(|role| needed.accepts(role)).map_or("what it needs", String::as_str);
            format!(
                "The token has {held}, which suffices for this path: the service refuses this object itself (a site or \
                 user that is closed to applications, a protected account), or the grant is only minutes old."
            )
        }
        _ => "Which application permission the path needs is not known here: its page in Microsoft's API reference says \
              so, under Permissions."
            .into(),
    };
    words(
        format!("{} was refused, and why is not known ({}).", request(case), shown(case)),
        format!("{known}\nMicrosoft's support needs the request-id of the error."),
    )
}
