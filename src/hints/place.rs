//! The wrong place: tenants, applications, clouds and resources that do not go together.

use super::{Case, named};
use crate::error::printable;
use crate::settings::cloud::Cloud;
use crate::settings::origin::Origin;

const CLOUDS: [Cloud; 6] =
    [Cloud::Public, Cloud::UsGov, Cloud::UsGovDod, Cloud::China, Cloud::Bleu, Cloud::Delos];

/// Audience of a federated token in each cloud, where Microsoft names one
/// (learn.microsoft.com/entra/workload-id/workload-identity-federation-considerations).
pub(super) const EXCHANGE: [(Cloud, &str); 4] = [
    (Cloud::Public, "api://AzureADTokenExchange"),
    (Cloud::UsGov, "api://AzureADTokenExchangeUSGov"),
    (Cloud::UsGovDod, "api://AzureADTokenExchangeUSGov"),
    (Cloud::China, "api://AzureADTokenExchangeChina"),
];

/// The audience that federated tokens have at `authority`, where that is a cloud with one.
pub(crate) fn exchange_audience(authority: &str) -> Option<&'static str> {
    let cloud = cloud_of(authority)?;
    EXCHANGE.iter().find(|row| row.0 == cloud).map(|row| row.1)
}

/// The cloud whose authority that is.
fn cloud_of(authority: &str) -> Option<Cloud> {
    Cloud::from_authority(Origin::parse(authority).ok()?.host())
}

/// The cloud that gave a tenant its first domain.
fn cloud_of_domain(tenant: &str) -> Option<Cloud> {
    let ends = |suffix| tenant.to_ascii_lowercase().ends_with(suffix);
    if ends(".onmicrosoft.com") {
        Some(Cloud::Public)
    } else if ends(".onmicrosoft.us") {
        Some(Cloud::UsGov)
    } else if ends(".onmschina.cn") {
        Some(Cloud::China)
    } else {
        None
    }
}

/// The cloud whose Graph a scope is for.
fn cloud_of_graph(scope: &str) -> Option<Cloud> {
    let resource = Origin::parse(scope.strip_suffix("/.default")?).ok()?;
    CLOUDS.into_iter().find(|cloud| cloud.graph() == resource)
}

/// What the tenant's own domain says of its cloud, where the authority is another's; a line.
fn crossed(case: &Case<'_>) -> Option<String> {
    let own = cloud_of_domain(&case.facts.tenant)?;
    let used = cloud_of(&case.facts.authority)?;
    let choice = if own == Cloud::UsGov { "usgov or usgov-dod" } else { own.name() };
    (own.authority() != used.authority()).then(|| {
        format!(
            "The domain {} is of the cloud {}, and the authority is of {}: set WORKIQ_CLOUD={choice}.",
            printable(&case.facts.tenant, 80),
            own.name(),
            used.name()
        )
    })
}

/// How to find out in which cloud a tenant is; a line.
fn look_up(tenant: &str) -> String {
    let tenant = if super::is_plain(tenant) && !tenant.contains(' ') { tenant } else { "<tenant>" };
    format!(
        "Its cloud is cloud_instance_name in \
         https://login.microsoftonline.com/{tenant}/v2.0/.well-known/openid-configuration"
    )
}

/// 90002, 700011, 900023: no such tenant here.
pub(super) fn tenant(case: &Case<'_>) -> String {
    let cloud = cloud_of(&case.facts.authority)
        .map_or_else(String::new, |cloud| format!(" (the cloud {})", cloud.name()));
    let crossed = crossed(case).unwrap_or_else(|| {
        format!("If the tenant is in another cloud, set WORKIQ_CLOUD to {}.", Cloud::CHOICES)
    });
    format!(
        "There is no {} at {}{cloud}.\n\
         Check WORKIQ_TENANT_ID: Entra admin center > Overview > Tenant ID.\n{crossed}\n{}",
        named("tenant", &case.facts.tenant),
        case.authority(),
        look_up(&case.facts.tenant)
    )
}

/// 90038, 900382, 900432: the tenant is in another cloud.
pub(super) fn other_cloud(case: &Case<'_>) -> String {
    let crossed = crossed(case).unwrap_or_else(|| format!("Set WORKIQ_CLOUD to {}.", Cloud::CHOICES));
    format!(
        "Wrong cloud: {} is not at {}.\n{crossed}\n{}",
        case.tenant(),
        case.authority(),
        look_up(&case.facts.tenant)
    )
}

/// 9001023, 90124: an endpoint of many tenants.
pub(super) fn many_tenants(_: &Case<'_>) -> String {
    "An application signs in to one tenant. Set WORKIQ_TENANT_ID to its GUID or domain instead of common, \
     organizations or consumers."
        .into()
}

/// 700016: no such application in this tenant.
pub(super) fn application(case: &Case<'_>) -> String {
    let crossed = crossed(case).map_or_else(String::new, |line| format!("\n{line}"));
    format!(
        "There is no {} in {}.\n\
         Check WORKIQ_CLIENT_ID (Application ID, not object id) and WORKIQ_TENANT_ID.\n\
         In another tenant than its home it needs an administrator's consent first; in its home, if it was just made, \
         wait a minute.{crossed}\nTo see it there:\naz ad sp show --id {}",
        named("application", &case.facts.client),
        case.tenant(),
        case.id()
    )
}

/// 500011, 650057, 50001: the resource has no service principal in the tenant.
pub(super) fn resource(case: &Case<'_>) -> String {
    let scope = &case.facts.scope;
    let asked = if scope.is_empty() { "A resource" } else { scope };
    let first = format!("{} was asked for, and {} does not know it.", printable(asked, 200), case.tenant());
    let graph = cloud_of_graph(scope);
    let authority = cloud_of(&case.facts.authority);
    match (graph, authority) {
        (Some(graph), Some(authority)) if graph.authority() != authority.authority() => format!(
            "{first}\nThat is Microsoft Graph of the cloud {}, and {} is of {}; its Graph is {}.\n\
             Set WORKIQ_CLOUD, which brings both, and unset WORKIQ_GRAPH_ENDPOINT and WORKIQ_AUTHORITY_HOST.",
            graph.name(),
            case.authority(),
            authority.name(),
            authority.graph()
        ),
        _ => format!(
            "{first}\nCheck WORKIQ_GRAPH_ENDPOINT and WORKIQ_CLOUD, and the scope if one was given (--scope).\n\
             For an API of your own, check its Application ID URI; it needs a service principal in the tenant:\n\
             az ad sp create --id <client id of the API>"
        ),
    }
}

/// 1002012, 70011, 700022: a scope that an application cannot ask for.
pub(super) fn scope(case: &Case<'_>) -> String {
    let asked = if case.facts.scope.is_empty() {
        String::new()
    } else {
        format!(" Asked for was {}.", printable(&case.facts.scope, 200))
    };
    let graph = cloud_of(&case.facts.authority).unwrap_or_default().graph();
    format!(
        "An application asks for all it was granted at one resource: <resource>/.default.{asked}\n\
         For Microsoft Graph that is {graph}/.default; unset WORKIQ_GRAPH_ENDPOINT unless it is meant."
    )
}

/// 100007: a regional endpoint.
pub(super) fn regional(case: &Case<'_>) -> String {
    format!(
        "Regional endpoints serve Microsoft's own applications only, and {} is one.\n\
         Unset WORKIQ_AUTHORITY_HOST to use that of the cloud (WORKIQ_CLOUD).",
        case.authority()
    )
}

#[cfg(test)]
mod tests {
    use super::super::Facts;
    use super::*;

    fn facts(tenant: &str, authority: &str, scope: &str) -> Facts {
        Facts { tenant: tenant.into(), authority: authority.into(), scope: scope.into(), ..Facts::default() }
    }

    fn case(facts: &Facts) -> Case<'_> {
        Case { code: 0, facts, message: "" }
    }

    #[test]
    fn every_cloud_is_looked_through() {
        assert!(CLOUDS.iter().all(|cloud| Cloud::CHOICES.contains(cloud.name())));
        assert_eq!(
            CLOUDS.len(),
            Cloud::CHOICES.split([',', ' ']).filter(|w| !w.is_empty() && *w != "or").count()
        );
    }

    #[test]
    fn a_domain_of_another_cloud_is_noticed() {
        let of = |tenant_name: &str, authority: &str| tenant(&case(&facts(tenant_name, authority, "")));
        let public = "https://login.microsoftonline.com";
        let text = of("contoso.onmicrosoft.us", public);
        assert!(
            text.contains("WORKIQ_CLOUD=usgov or usgov-dod") && text.contains("the cloud public"),
            "{text}"
        );
        assert!(of("contoso.partner.onmschina.cn", public).contains("WORKIQ_CLOUD=china"));
        assert!(
            of("contoso.onmicrosoft.com", "https://login.microsoftonline.us").contains("WORKIQ_CLOUD=public")
        );
        for same in [of("contoso.onmicrosoft.com", public), of("contoso.com", public)] {
            assert!(same.contains(Cloud::CHOICES) && same.contains("openid-configuration"), "{same}");
        }
    }

    #[test]
    fn graph_of_another_cloud_is_noticed() {
        let us = "https://login.microsoftonline.us";
        let of = |scope: &str| resource(&case(&facts("contoso.com", us, scope)));
        let text = of("https://graph.microsoft.com/.default");
        assert!(
            text.contains("of the cloud public") && text.contains("its Graph is https://graph.microsoft.us.")
        );
        // Two clouds share that authority, and Graph of either may be meant.
        assert!(!of("https://dod-graph.microsoft.us/.default").contains("of the cloud"));
        assert!(
            of("api://own/.default")
                .starts_with("api://own/.default was asked for, and the tenant contoso.com does not")
        );
    }
}
