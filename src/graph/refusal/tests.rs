//! Refusals as Graph words them, and what is made of each.

use http::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::*;

const APP: &str = "11111111-2222-4333-8444-555555555555";

fn holding(roles: &[&str]) -> Granted {
    let id = Uuid::try_parse(APP).ok();
    Granted {
        app_id: id,
        tenant_id: id,
        object_id: id,
        roles: roles.iter().map(|role| (*role).to_owned()).collect(),
    }
}

fn error(code: &str, message: &str) -> Value {
    json!({"error": {"code": code, "message": message, "innerError": {"request-id": "r"}}})
}

fn of(path: &str, status: u16, body: &Value, granted: Option<&Granted>) -> Option<Refusal> {
    let method = if path.starts_with("/search/") { Method::POST } else { Method::GET };
    classify(&Refused { method: &method, path, status, body, challenge: None, granted })
}

const MAIL: &str = "/users/ada@contoso.com/messages?$top=5";
const TRANSCRIPT: &str = "/users/ada@contoso.com/onlineMeetings/m/transcripts/t/content";
const SITE: &str = "/sites/contoso.sharepoint.com,a,b/lists";
const CHANNEL: &str = "/teams/t/channels/c/messages";

const PROTECTED: &str = "Invoked API requires Protected API access in application-only context when not using Resource \
                     Specific Consent. Visit https://docs.microsoft.com/en-us/graph/teams-protected-apis";

/// Path, status, code and text of a refusal, and its kind, for an application that holds the permissions in question.
const TEXTS: &[(&str, u16, &str, &str, RefusalKind)] = &[
    (
        TRANSCRIPT,
        403,
        "Forbidden",
        "No application access policy found for this app.",
        RefusalKind::MeetingPolicy,
    ),
    (
        TRANSCRIPT,
        403,
        "Forbidden",
        "Application is not allowed to perform operations on the user, neither is allowed access through RSC \
         permission evaluation.",
        RefusalKind::MeetingPolicy,
    ),
    (MAIL, 403, "ErrorAccessDenied", "Access to OData is disabled.", RefusalKind::MailboxPolicy),
    (
        MAIL,
        403,
        "ErrorAccessDenied",
        "Access to OData is disabled: [RAOP] : Blocked by tenant configured AppOnly AccessPolicy settings.",
        RefusalKind::MailboxPolicy,
    ),
    (
        MAIL,
        403,
        "ErrorAccessDenied",
        "Access is denied. Check credentials and try again.",
        RefusalKind::MailboxPolicy,
    ),
    (CHANNEL, 403, "Forbidden", PROTECTED, RefusalKind::ProtectedApi),
    (
        "/users/ada",
        400,
        "BadRequest",
        "/me request is only valid with delegated authentication flow.",
        RefusalKind::DelegatedOnly,
    ),
    (
        "/chats/c",
        412,
        "PreconditionFailed",
        "Requested API is not supported in application-only context",
        RefusalKind::DelegatedOnly,
    ),
    (
        "/users/ada/onenote/notebooks",
        401,
        "40001",
        "The request does not contain a valid authentication token. Detailed error information: this API will no \
         longer support app-only tokens starting from March 31st 2025.",
        RefusalKind::DelegatedOnly,
    ),
    (TRANSCRIPT, 402, "PaymentRequired", "Payment is needed.", RefusalKind::LicenceMissing),
    (MAIL, 404, "MailboxNotEnabledForRESTAPI", "The mailbox is inactive.", RefusalKind::LicenceMissing),
    ("/users/ada/drive", 404, "ResourceNotFound", "User's mysite not found.", RefusalKind::LicenceMissing),
    (SITE, 400, "BadRequest", "Tenant does not have a SPO license.", RefusalKind::LicenceMissing),
    (
        MAIL,
        403,
        "Authorization_IdentityNotFound",
        "The identity of the calling application could not be established.",
        RefusalKind::ConsentMissing,
    ),
    (
        MAIL,
        401,
        "InvalidAuthenticationToken",
        "Lifetime validation failed, the token is expired.",
        RefusalKind::TokenRefused,
    ),
    (
        MAIL,
        401,
        "InvalidAuthenticationToken",
        "Continuous access evaluation resulted in challenge with result: InteractionRequired and code: \
         LocationConditionEvaluationSatisfied",
        RefusalKind::ConditionalAccess,
    ),
    (
        SITE,
        403,
        "accessDenied",
        "Due to organizational policies, you can't access these resources from this network location.",
        RefusalKind::ConditionalAccess,
    ),
    (
        SITE,
        403,
        "accessDenied",
        "Access has been blocked by Conditional Access policies.",
        RefusalKind::ConditionalAccess,
    ),
    (SITE, 403, "accessDenied", "Access denied", RefusalKind::Forbidden),
    (
        "/users/ada",
        403,
        "Authorization_RequestDenied",
        "Insufficient privileges to complete the operation.",
        RefusalKind::RoleMissing,
    ),
    ("/nonsense", 403, "Odd", "No.", RefusalKind::Forbidden),
];

#[test]
fn every_text_of_graph_has_its_kind() {
    let all = holding(&[
        "Mail.Read",
        "OnlineMeetingTranscript.Read.All",
        "Sites.Read.All",
        "ChannelMessage.Read.All",
        "Chat.Read.All",
    ]);
    for &(path, status, code, message, kind) in TEXTS {
        let refusal = of(path, status, &error(code, message), Some(&all)).unwrap();
        assert_eq!(refusal.kind, kind, "{message}\n{}", refusal.text());
    }
    for (inner, kind) in [
        ("GraphAccessToTranscriptsDisabled", RefusalKind::TranscriptsDisabled),
        ("SpeakerAttributionNotAllowed", RefusalKind::SpeakerNamesDisabled),
    ] {
        for spelt in ["innerError", "innererror"] {
            let body = json!({"error": {"code": "Forbidden", "message": "No.", spelt: {"code": inner}}});
            assert_eq!(of(TRANSCRIPT, 403, &body, Some(&all)).unwrap().kind, kind);
        }
    }
}

#[test]
fn a_missing_role_names_the_least_permission_its_id_what_is_there_and_the_command() {
    let granted = holding(&["User.Read.All", "Sites.Read.All"]);
    let body = error("Authorization_RequestDenied", "Insufficient privileges to complete the operation.");
    let refusal = of(TRANSCRIPT, 403, &body, Some(&granted)).unwrap();
    assert_eq!(
        refusal.cause,
        "GET /users/ada@contoso.com/onlineMeetings/m/transcripts/t/content needs the application permission \
         OnlineMeetingTranscript.Read.All (app role a4a80d8d-d283-4bd8-8504-555ec3870630); the token has \
         User.Read.All, Sites.Read.All."
    );
    let lines: Vec<_> = refusal.fix.lines().collect();
    assert_eq!(lines.len(), 6, "{}", refusal.fix);
    assert!(
        lines[0].starts_with("A Privileged Role Administrator (a Cloud Application Administrator cannot)")
    );
    assert!(lines[2].contains("New-MgServicePrincipalAppRoleAssignment"), "{}", lines[2]);
    assert!(lines[3].contains("may take away grants that are not in it"), "{}", lines[3]);
    assert!(lines[4].starts_with(&format!("az ad app permission add --id {APP} ")), "{}", lines[4]);
    assert!(lines[4].contains("a4a80d8d-d283-4bd8-8504-555ec3870630=Role"), "{}", lines[4]);
    assert_eq!(lines[5], format!("az ad app permission admin-consent --id {APP}"));
    assert_eq!(
        refusal.to_json(),
        json!({
            "kind": "role_missing",
            "cause": refusal.cause,
            "fix": refusal.fix,
            "link": "https://learn.microsoft.com/graph/permissions-grant-via-msgraph",
            "permission": {
                "name": "OnlineMeetingTranscript.Read.All",
                "appRoleId": "a4a80d8d-d283-4bd8-8504-555ec3870630",
            },
            "granted": ["User.Read.All", "Sites.Read.All"],
        })
    );
}

#[test]
fn what_graph_names_comes_before_what_the_table_says() {
    let said = "Missing role permissions on the request. API requires one of 'ChannelMember.Read.Group, \
                TeamworkTag.Read.All, Odd.Read.All'. Roles on the request 'User.Read.All'.";
    let body = error("Forbidden", said);
    // A path that the table does not know, and a token that cannot be read.
    let refusal = of("/nonsense", 403, &body, None).unwrap();
    assert_eq!(refusal.kind, RefusalKind::RoleMissing);
    assert_eq!(refusal.permission, Some(Wanted { name: "TeamworkTag.Read.All".into(), role_id: None }));
    assert!(refusal.cause.ends_with("the token has User.Read.All."), "{}", refusal.cause);
    assert!(
        refusal.fix.contains("<client-id>") && refusal.link.contains("permissions-reference"),
        "{}",
        refusal.text()
    );
    assert_eq!(refusal.granted, Some(vec!["User.Read.All".into()]));

    // Of several, the least that the table marks, if it is among them.
    let said = "Missing role permissions on the request. API requires one of 'Chat.ReadWrite.All, Chat.Read.All'. \
                Roles on the request ''.";
    let refusal = of("/chats/c/messages", 403, &error("Forbidden", said), None).unwrap();
    assert_eq!(refusal.permission.unwrap().name, "Chat.Read.All");
}

#[test]
fn permissions_for_single_teams_are_told_from_those_for_all() {
    let said = "Missing role permissions on the request. API requires one of 'ChannelMessage.Read.Group'. Roles on the \
                request ''.";
    let refusal = of(CHANNEL, 403, &error("Forbidden", said), Some(&holding(&["User.Read.All"]))).unwrap();
    assert_eq!(refusal.kind, RefusalKind::ResourceConsent);
    assert!(refusal.fix.contains("7b2449af-6ccd-4f4d-9f78-e550c193f0d1=Role"), "{}", refusal.fix);
}

#[test]
fn a_search_that_only_people_may_do_is_told_from_a_missing_role() {
    let text = |what: &str, names: &str| {
        error(
            "Forbidden",
            &format!(
                "Access to {what} in Graph API requires the following permissions: {names}. However, the application \
                 only has the following permissions granted: User.Read.All"
            ),
        )
    };
    let search = |body: &Value| of("/search/query", 403, body, Some(&holding(&["User.Read.All"]))).unwrap();
    let files = search(&text("ListItem", "Sites.Read.All or Sites.ReadWrite.All"));
    assert_eq!(
        (files.kind, files.permission.unwrap().name.as_str()),
        (RefusalKind::RoleMissing, "Sites.Read.All")
    );
    let chat = search(&text("ChatMessage", "Chat.Read or Chat.ReadWrite, ChannelMessage.Read.All"));
    assert_eq!(chat.kind, RefusalKind::DelegatedOnly);
}

#[test]
fn a_token_without_permissions_is_told_from_one_without_the_right_one() {
    for (path, code, message, wanted) in [
        (
            SITE,
            "generalException",
            "Either scp or roles claim need to be present in the token.",
            "Sites.Read.All",
        ),
        (
            MAIL,
            "NoPermissionsInAccessToken",
            "The token contains no permissions, or permissions can not be understood.",
            "Mail.ReadBasic.All",
        ),
    ] {
        let body = error(code, message);
        let kind = |granted: Option<&Granted>| of(path, 401, &body, granted).unwrap();
        assert_eq!(kind(None).kind, RefusalKind::ConsentMissing);
        let none = kind(Some(&holding(&[])));
        assert_eq!(none.kind, RefusalKind::ConsentMissing);
        assert!(none.fix.contains(&format!("az ad app permission admin-consent --id {APP}")), "{}", none.fix);
        let other = kind(Some(&holding(&["Presence.Read.All"])));
        assert_eq!((other.kind, other.permission.unwrap().name.as_str()), (RefusalKind::RoleMissing, wanted));
    }
}

#[test]
fn mail_may_be_scoped_by_exchange_so_a_missing_role_says_so() {
    let body = error("ErrorAccessDenied", "Access is denied. Check credentials and try again.");
    let missing = of(MAIL, 403, &body, Some(&holding(&["User.Read.All"]))).unwrap();
    assert_eq!(missing.kind, RefusalKind::RoleMissing);
    assert!(missing.fix.contains("RBAC for Applications"), "{}", missing.fix);
    let scoped = of(MAIL, 403, &body, Some(&holding(&["Mail.ReadWrite"]))).unwrap();
    assert_eq!(scoped.kind, RefusalKind::MailboxPolicy);
    let command =
        format!("Test-ServicePrincipalAuthorization -Identity \"{APP}\" -Resource \"ada@contoso.com\"");
    assert!(scoped.fix.contains(&command), "{}", scoped.fix);
}

#[test]
fn meetings_are_opened_by_adding_and_a_grant_comes_last_with_its_price() {
    let body = error("Forbidden", "No application access policy found for this app.");
    let refusal = of(TRANSCRIPT, 403, &body, Some(&holding(&["OnlineMeetingTranscript.Read.All"]))).unwrap();
    let lines: Vec<_> = refusal.fix.lines().collect();
    assert_eq!(
        lines[1],
        format!(
            "./scripts/Enable-WorkIQAppOnly.ps1 -TenantId {APP} -ClientId {APP} -For Meetings -MeetingOrganizer \
             \"ada@contoso.com\""
        )
    );
    let at = |text: &str| lines.iter().position(|line| line.contains(text)).unwrap();
    assert!(lines[at("Get-CsOnlineUser")].contains("\"ada@contoso.com\" | Select-Object"), "{}", refusal.fix);
    let add = format!("Set-CsApplicationAccessPolicy -Identity \"<its-policy>\" -AppIds @{{Add=\"{APP}\"}}");
    assert_eq!(lines[at("Set-Cs")], add);
    assert!(at("Get-CsOnlineUser") < at("Set-Cs") && at("Set-Cs") < at("Grant-Cs"), "{}", refusal.fix);
    assert!(lines[at("Grant-Cs") - 1].contains("Only where it shows none"), "{}", refusal.fix);
}

#[test]
fn transcripts_are_opened_with_names_and_a_warning() {
    let body =
        json!({"error": {"code": "Forbidden", "innerError": {"code": "GraphAccessToTranscriptsDisabled"}}});
    let refusal = of(TRANSCRIPT, 403, &body, Some(&holding(&["OnlineMeetingTranscript.Read.All"]))).unwrap();
    let lines: Vec<_> = refusal.fix.lines().collect();
    assert!(lines[0].contains("to every application that was granted them"), "{}", lines[0]);
    assert_eq!(
        lines[1],
        format!("./scripts/Enable-WorkIQAppOnly.ps1 -TenantId {APP} -ClientId {APP} -EnableTranscripts")
    );
    assert!(refusal.fix.contains("-EnableGraphTranscriptAccess $true -EnableAttributedTranscripts $true"));
}

/// The commands above name options of the script by heart.
#[test]
fn the_script_takes_the_options_that_it_is_called_with() {
    let script = include_str!("../../../scripts/Enable-WorkIQAppOnly.ps1");
    let body = error("Forbidden", "No application access policy found for this app.");
    let fix = of(TRANSCRIPT, 403, &body, None).unwrap().fix + "\n./scripts/x -EnableTranscripts";
    for line in fix.lines().filter(|line| line.starts_with("./scripts/")) {
        for option in line.split(" -").skip(1).map(|word| word.split(' ').next().unwrap()) {
            assert!(script.contains(&format!("] ${option}")), "{option}");
        }
    }
}

#[test]
fn chosen_sites_are_told_from_a_missing_role() {
    let body = error("accessDenied", "Access denied");
    let kind = |roles: &[&str]| of(SITE, 403, &body, Some(&holding(roles))).unwrap().kind;
    assert_eq!(kind(&["Sites.Selected"]), RefusalKind::SiteNotGranted);
    assert_eq!(kind(&["Lists.SelectedOperations.Selected", "User.Read.All"]), RefusalKind::SiteNotGranted);
    assert_eq!(kind(&["Sites.Selected", "Sites.Read.All"]), RefusalKind::Forbidden);
    assert_eq!(kind(&["User.Read.All"]), RefusalKind::RoleMissing);
    assert_eq!(kind(&[]), RefusalKind::ConsentMissing);
    assert_eq!(
        of(SITE, 401, &body, Some(&holding(&["User.Read.All"]))).unwrap().kind,
        RefusalKind::RoleMissing
    );
}

#[test]
fn the_chats_of_a_user_need_more_than_the_documentation_says() {
    let body = error("Forbidden", "Access is denied.");
    let refusal = of("/users/ada/chats", 403, &body, Some(&holding(&["Chat.Read.All"]))).unwrap();
    assert_eq!(refusal.permission.unwrap().name, "Chat.ReadBasic.All");
    assert!(refusal.cause.contains("beside Chat.Read.All"), "{}", refusal.cause);
}

#[test]
fn a_challenge_that_stays_is_conditional_access() {
    let body = error("InvalidAuthenticationToken", "Access token is refused.");
    let challenge = Some(r#"Bearer realm="", error="insufficient_claims", claims="e30=""#);
    let refused =
        Refused { method: &Method::GET, path: MAIL, status: 401, body: &body, challenge, granted: None };
    assert_eq!(classify(&refused).unwrap().kind, RefusalKind::ConditionalAccess);
}

#[test]
fn what_is_no_refusal_stays_one_of_graphs_errors() {
    for (status, code, message) in [
        (400, "BadRequest", "Resource not found for the segment 'x'."),
        (
            400,
            "BadRequest",
            "SearchRequest Invalid (Region is required when request with application permission.)",
        ),
        (404, "ErrorItemNotFound", "The specified object was not found in the store."),
        (429, "TooManyRequests", "Too many requests."),
        (500, "generalException", "A valid license is a thing."),
    ] {
        assert!(of(MAIL, status, &error(code, message), None).is_none(), "{message}");
    }
}

#[test]
fn every_refusal_is_short_and_nothing_in_it_is_forged() {
    let flood = "x\n\u{1b}[2Jforged\r\n\u{202e}".repeat(2_000);
    let many: Vec<_> = (0..200).map(|at| format!("Role{at}.Read.All")).collect();
    let many = holding(&many.iter().map(String::as_str).collect::<Vec<_>>());
    let path = format!("/users/{}/messages", "a".repeat(5_000));
    let messages = [
        flood.clone(),
        format!("Missing role permissions. API requires one of '{flood}, Odd.Read.All'. {flood}"),
        format!("Access to OData is disabled. {flood}"),
        "Conditional Access".into(),
        "Protected API access".into(),
        "No application access policy".into(),
        "only valid with delegated".into(),
        "resource-specific consent".into(),
        "Either scp or roles claim".into(),
        "SPO license".into(),
        "premium license".into(),
        "mysite not found".into(),
        "due to organizational policies".into(),
    ];
    let codes = [
        "GraphAccessToTranscriptsDisabled",
        "SpeakerAttributionNotAllowed",
        "Authorization_IdentityNotFound",
        "ErrorAccessDenied",
        "MailboxNotEnabledForRESTAPI",
        &flood,
    ];
    for status in [401, 402, 403] {
        for path in
            [path.as_str(), MAIL, TRANSCRIPT, SITE, CHANNEL, "/nonsense", "/search/query", "\u{202e}\n"]
        {
            for granted in [None, Some(&many), Some(&holding(&["Sites.Selected"])), Some(&holding(&[]))] {
                for (code, message) in messages
                    .iter()
                    .map(|message| ("Forbidden", message.as_str()))
                    .chain(codes.iter().map(|code| (*code, "No.")))
                {
                    let refusal = of(path, status, &error(code, message), granted).unwrap();
                    let text = refusal.text();
                    assert!(refusal.fix.lines().count() <= 8, "{text}");
                    assert!(!refusal.fix.contains("&&") && !refusal.fix.contains("-Global"), "{text}");
                    assert_eq!(refusal.cause.lines().count(), 1, "{text}");
                    assert!(refusal.cause.ends_with('.') && refusal.cause.len() < 700, "{text}");
                    assert!(text.len() < 2_500 && refusal.to_json().to_string().len() < 3_200, "{text}");
                    assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'), "{text}");
                    assert!(!text.lines().any(|line| line.starts_with("forged")), "{text}");
                    assert!(refusal.link.starts_with("https://learn.microsoft.com/"), "{text}");
                }
            }
        }
    }
}
