//! Known, and yet not let in: permissions, policies, throttling, and what is no fault of the caller.

use super::Case;

const SIGN_INS: &str = "Entra admin center > Monitoring & health > Sign-in logs > Service principal sign-ins, by the correlation id";

/// Who consents, and what else that does (learn.microsoft.com/entra/identity/enterprise-apps/grant-admin-consent).
const CONSENT: &str = "A Privileged Role Administrator (a Cloud Application Administrator cannot) consents, to the whole \
                       manifest;\ngrants that are not in it may go:";

/// 501051: the resource takes only those who have a role there.
pub(super) fn role(case: &Case<'_>) -> String {
    format!(
        "The resource takes only applications that have one of its roles, and {} has none.\n\
         Add an application permission (Entra admin center > App registrations > the application > API permissions).\n\
         {CONSENT}\naz ad app permission admin-consent --id {}",
        case.application(),
        case.id()
    )
}

/// 65001: nobody consented.
pub(super) fn consent(case: &Case<'_>) -> String {
    format!(
        "Nobody has consented to the permissions of {}.\n{CONSENT}\n\
         az ad app permission admin-consent --id {}\n\
         For an agent the grant belongs to the agent identity itself (WORKIQ_AGENT_ID), not to its blueprint.",
        case.application(),
        case.id()
    )
}

/// 7000112, 70001: the application is disabled.
pub(super) fn disabled(case: &Case<'_>) -> String {
    format!(
        "Somebody disabled {}, or it is not installed in the tenant. An administrator enables it at\n\
         Entra admin center > Enterprise apps > the application > Properties > Enabled for users to sign-in,\n\
         unless Microsoft disabled it, which that page then says. Else name another one in WORKIQ_CLIENT_ID.",
        case.application()
    )
}

/// 53003, 530032: Conditional Access.
pub(super) fn conditional(case: &Case<'_>) -> String {
    if case.code == 530_032 {
        return format!(
            "A policy blocked the sign-in because of risk. An administrator sees it, and can dismiss it, at\n\
             Entra admin center > ID Protection > Risky workload identities; which policy it was is in\n{SIGN_INS}."
        );
    }
    format!(
        "Conditional Access blocked the sign-in: by the address that it came from, or by risk. Which policy it was is \
         in\n{SIGN_INS}.\n\
         A hosted CI runner has another address each time: run on one with an address that the policy allows,\n\
         or have an administrator exclude {} from the policy.",
        case.application()
    )
}

/// 530035: security defaults.
pub(super) fn security_defaults(_: &Case<'_>) -> String {
    format!(
        "The tenant's security defaults blocked the sign-in. They are for people: see whether a user was signed in \
         (WORKIQ_AUTH_MODE), in\n{SIGN_INS}."
    )
}

/// 50034, 50053, 50126: accounts of people.
pub(super) fn person(case: &Case<'_>) -> String {
    let cause = match case.code {
        50_034 => "There is no such user in this tenant",
        50_053 => "The user's account is locked, or the address is blocked",
        _ => "User name or password are wrong",
    };
    format!(
        "{cause}; an application that signs in as itself has no user.\n\
         Check WORKIQ_AUTH_MODE (app-only), WORKIQ_TENANT_ID, and WORKIQ_AGENT_USER in the mode agent-user."
    )
}

/// 90055, 50196: too many requests.
pub(super) fn throttled(case: &Case<'_>) -> String {
    let cause =
        if case.code == 50_196 { "The same request came again and again" } else { "Too many requests" };
    format!(
        "{cause}, and Entra holds {} back.\n\
         Wait a minute, then ask less often: a token is good for an hour and is kept by the process that got it.\n\
         Call createCredential once and share it, and keep one workiq-auth mcp running instead of starting the command for each question.",
        case.application()
    )
}

/// 50000, 90033, 90024, 90090: a fault at Entra.
pub(super) fn passing(_: &Case<'_>) -> String {
    "A fault at Entra that passes. Try again; if it stays, see https://azure.status.microsoft".into()
}

/// 82001: token exchange that app-only does not have.
pub(super) fn exchange(_: &Case<'_>) -> String {
    "Entra refuses the token exchange of RFC 8693 here: an agent identity gets its tokens through its blueprint.\n\
     In WORKIQ_AUTH_MODE=app-only, WORKIQ_CLIENT_ID is an ordinary application, not an agent identity."
        .into()
}

/// 70003: a grant that this application or endpoint does not know.
pub(super) fn grant(case: &Case<'_>) -> String {
    format!(
        "The endpoint does not know this kind of request. Check that WORKIQ_AUTHORITY_HOST, if set, is an Entra \
         authority,\nand that {} is an ordinary application (WORKIQ_CLIENT_ID).",
        case.application()
    )
}

/// 900144, 900561: a request that did not arrive as it was sent.
pub(super) fn mangled(_: &Case<'_>) -> String {
    "The request did not arrive as it was sent, a POST with a form: something in between changes it.\n\
     Check HTTPS_PROXY and WORKIQ_AUTHORITY_HOST; if neither is set, please report this as an error of workiq-auth."
        .into()
}
