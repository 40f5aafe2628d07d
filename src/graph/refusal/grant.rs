//! Commands that grant, with the ids that are known filled in. What is not known stays a name in angle brackets.

use percent_encoding::percent_decode_str;

use super::{Refused, Wanted};

/// Microsoft Graph's own application id, the same in every tenant and cloud.
pub(crate) const GRAPH: &str = "00000003-0000-0000-c000-000000000000";

/// The application (client) id.
pub(super) fn app(refused: &Refused<'_>) -> String {
    let id = refused.granted.and_then(|granted| granted.app_id);
    id.map_or_else(|| "<client-id>".to_owned(), |id| id.to_string())
}

/// Who may consent to application permissions of Microsoft Graph, which other administrators of applications may not
/// (learn.microsoft.com/entra/identity/enterprise-apps/grant-admin-consent#prerequisites).
pub(crate) const GRANTER: &str = "A Privileged Role Administrator (a Cloud Application Administrator cannot)";

/// What consent does beside what it is meant for (the same page).
pub(crate) const WHOLE: &str =
    "Admin consent is to the whole manifest of the application, and may take away grants that are not in it.";

/// The tenant.
pub(super) fn tenant(refused: &Refused<'_>) -> String {
    let id = refused.granted.and_then(|granted| granted.tenant_id);
    id.map_or_else(|| "<tenant-id>".to_owned(), |id| id.to_string())
}

/// Azure CLI: asks for the permission and consents (learn.microsoft.com/cli/azure/ad/app/permission), on a line each.
/// None where the id of the role is not known.
pub(super) fn azure_cli(refused: &Refused<'_>, wanted: &Wanted) -> Option<String> {
    Some(commands(&app(refused), &[wanted.role_id?]).join("\n"))
}

/// Asking for `roles`, and consent: two commands, since `PowerShell` 5.1 knows no `&&`.
pub(crate) fn commands(app: &str, roles: &[&str]) -> [String; 2] {
    let roles: Vec<_> = roles.iter().map(|role| format!("{role}=Role")).collect();
    [
        format!("az ad app permission add --id {app} --api {GRAPH} --api-permissions {}", roles.join(" ")),
        consent_for(app),
    ]
}

/// Azure CLI: consents to what the application asks for.
pub(super) fn admin_consent(refused: &Refused<'_>) -> String {
    consent_for(&app(refused))
}

fn consent_for(app: &str) -> String {
    format!("az ad app permission admin-consent --id {app}")
}

/// The script of this repository with `options`, which only adds.
pub(super) fn script(refused: &Refused<'_>, options: &str) -> String {
    format!(
        "./scripts/Enable-WorkIQAppOnly.ps1 -TenantId {} -ClientId {} {options}",
        tenant(refused),
        app(refused)
    )
}

/// Microsoft Graph PowerShell: assigns this one role, to a managed identity as well
/// (learn.microsoft.com/powershell/module/microsoft.graph.applications/new-mgserviceprincipalapproleassignment).
pub(super) fn power_shell(refused: &Refused<'_>, wanted: &Wanted) -> Option<String> {
    let role = wanted.role_id?;
    let (find, id) = if let Some(id) = refused.granted.and_then(|granted| granted.object_id) {
        (String::new(), id.to_string())
    } else {
        let app = app(refused);
        (format!("$a = Get-MgServicePrincipal -Filter \"appId eq '{app}'\"; "), "$a.Id".to_owned())
    };
    Some(format!(
        "Connect-MgGraph -Scopes AppRoleAssignment.ReadWrite.All,Application.Read.All; {find}$g = \
         Get-MgServicePrincipal -Filter \"appId eq '{GRAPH}'\"; New-MgServicePrincipalAppRoleAssignment \
         -ServicePrincipalId {id} -PrincipalId {id} -ResourceId $g.Id -AppRoleId {role}"
    ))
}

/// The user whose path it is, fit to stand between quotes in PowerShell.
pub(super) fn user(refused: &Refused<'_>) -> String {
    let unknown = || "<user>".to_owned();
    let path = refused.path.split('?').next().unwrap_or_default().trim_start_matches('/');
    let rest = match path.get(..5) {
        Some(users) if users.eq_ignore_ascii_case("users") => &path[5..],
        _ => return unknown(),
    };
    let id = match rest.strip_prefix("('") {
        Some(key) => key.split("')").next(),
        None => rest.strip_prefix('/').and_then(|rest| rest.split('/').next()),
    };
    let id = percent_decode_str(id.unwrap_or_default()).decode_utf8_lossy().into_owned();
    let is_plain = !id.is_empty()
        && id.len() <= 120
        && !id.starts_with('-')
        && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"@._+-#".contains(&b));
    if is_plain { id } else { unknown() }
}

#[cfg(test)]
mod tests {
    use http::Method;
    use serde_json::Value;
    use uuid::Uuid;

    use super::*;
    use crate::graph::granted::Granted;

    fn refused<'a>(path: &'a str, granted: Option<&'a Granted>) -> Refused<'a> {
        Refused { method: &Method::GET, path, status: 403, body: &Value::Null, challenge: None, granted }
    }

    #[test]
    fn the_commands_have_what_is_known_and_no_more() {
        let wanted =
            Wanted { name: "Mail.Read".into(), role_id: Some("810c84a8-4a9e-49e6-bf7d-12d183f40d01") };
        let id = Uuid::from_u128(7);
        let granted = Granted { app_id: Some(id), object_id: Some(id), ..Granted::default() };
        let known = refused("/", Some(&granted));
        assert_eq!(
            azure_cli(&known, &wanted).unwrap(),
            "az ad app permission add --id 00000000-0000-0000-0000-000000000007 --api \
             00000003-0000-0000-c000-000000000000 --api-permissions 810c84a8-4a9e-49e6-bf7d-12d183f40d01=Role\n\
             az ad app permission admin-consent --id 00000000-0000-0000-0000-000000000007"
        );
        assert_eq!(
            power_shell(&known, &wanted).unwrap(),
            "Connect-MgGraph -Scopes AppRoleAssignment.ReadWrite.All,Application.Read.All; $g = \
             Get-MgServicePrincipal -Filter \"appId eq '00000003-0000-0000-c000-000000000000'\"; \
             New-MgServicePrincipalAppRoleAssignment -ServicePrincipalId 00000000-0000-0000-0000-000000000007 \
             -PrincipalId 00000000-0000-0000-0000-000000000007 -ResourceId $g.Id -AppRoleId \
             810c84a8-4a9e-49e6-bf7d-12d183f40d01"
        );
        let unknown = power_shell(&refused("/", None), &wanted).unwrap();
        assert!(
            unknown.contains("appId eq '<client-id>'") && unknown.contains("-PrincipalId $a.Id"),
            "{unknown}"
        );
        let nameless = Wanted { name: "Odd.Read".into(), role_id: None };
        assert_eq!((azure_cli(&known, &nameless), power_shell(&known, &nameless)), (None, None));
    }

    #[test]
    fn the_user_of_a_path_is_one_or_a_place_for_one() {
        for (path, user_id) in [
            ("/users/ada@contoso.com/messages", "ada@contoso.com"),
            ("/Users('ada%40contoso.com')/messages", "ada@contoso.com"),
            ("/users/ada_x.com%23EXT%23@contoso.com", "ada_x.com#EXT#@contoso.com"),
            ("/users/$(rm)/messages", "<user>"),
            ("/users/-Force/messages", "<user>"),
            ("/users/a%22b", "<user>"),
            ("/users", "<user>"),
            ("/teams/t", "<user>"),
            ("/\u{fc}\u{fc}\u{fc}sers/x", "<user>"),
        ] {
            assert_eq!(user(&refused(path, None)), user_id, "{path}");
        }
    }
}
