//! The commands that grant what is missing, with the ids of this application.

use uuid::Uuid;

use super::check::{Privacy, Step};
use crate::graph::granted::Granted;
use crate::graph::refusal::grant::{GRANTER, WHOLE, commands};
use crate::settings::Settings;
use crate::settings::cloud::Cloud;

/// The application that permissions are granted to.
pub(super) struct Application {
    tenant: String,
    client: String,
    authority: String,
    cloud: Cloud,
}

impl Application {
    /// By its settings, or else by its token.
    pub(super) fn new(settings: &Settings, granted: Option<&Granted>) -> Self {
        let tenant = settings.tenant().map(ToString::to_string);
        let client = settings.client().map(|id| id.to_string());
        let of_token = |id: fn(&Granted) -> Option<uuid::Uuid>| granted.and_then(id).map(|id| id.to_string());
        Self {
            tenant: tenant
                .or_else(|| of_token(|granted| granted.tenant_id))
                .unwrap_or_else(|| "<tenant>".into()),
            client: client
                .or_else(|| of_token(|granted| granted.app_id))
                .unwrap_or_else(|| "<client-id>".into()),
            authority: settings.authority.to_string(),
            cloud: settings.cloud,
        }
    }

    /// Grants `roles` (app role ids), which are those of `areas`; with `names` the roles that turn ids into names.
    pub(super) fn grant(&self, areas: &[&str], names: bool, roles: &[&str]) -> Vec<Step> {
        let words = |text: String| Step::Words(text, Privacy::Open);
        let [ask, consent] = commands(&self.client, roles);
        vec![
            words(format!(
                "{GRANTER} grants it, in one of these ways; the next token has it. The script is in \
                 https://github.com/workiq-auth/workiq-auth:"
            )),
            Step::Command(self.enable(areas, names)),
            words(format!("Or with the Azure CLI. {WHOLE}")),
            Step::Command(ask),
            Step::Command(consent),
            words("Where the application asks for it already, consent is enough:".into()),
            Step::Url(self.consent()),
        ]
    }

    /// Its client id.
    pub(super) fn client(&self) -> &str {
        &self.client
    }

    /// Where it signs in, as an origin.
    pub(super) fn authority(&self) -> &str {
        &self.authority
    }

    /// The same script for bash and the Azure CLI, without what it is to do. It takes a tenant by its id only, and
    /// without one that which `az` is signed in to.
    pub(super) fn provision(&self) -> String {
        let tenant = Uuid::try_parse(&self.tenant).map(|_| format!(" --tenant-id {}", self.tenant));
        format!("./scripts/provision.sh{} --client-id {}", tenant.unwrap_or_default(), self.client)
    }

    /// The script of this repository, which adds and grants. It is not in the package.
    pub(super) fn enable(&self, areas: &[&str], names: bool) -> String {
        let Self { tenant, client, cloud, .. } = self;
        let mut command = format!("./scripts/Enable-WorkIQAppOnly.ps1 -TenantId {tenant} -ClientId {client}");
        if matches!(cloud, Cloud::UsGov | Cloud::UsGovDod | Cloud::China) {
            command.push_str(" -Cloud ");
            command.push_str(cloud.name());
        }
        if areas.len() == ALL {
            command.push_str(" -All");
        } else if !areas.is_empty() {
            command.push_str(" -For ");
            command.push_str(&areas.join(","));
        }
        if names {
            command.push_str(" -WithNames");
        }
        command
    }

    /// Where an administrator consents to what the application asks for
    /// (learn.microsoft.com/entra/identity-platform/v2-admin-consent).
    fn consent(&self) -> String {
        format!("{}/{}/adminconsent?client_id={}", self.authority, self.tenant, self.client)
    }
}

/// All areas of the script.
const ALL: usize = 7;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_commands_name_the_application_and_what_is_missing() {
        let application = Application {
            tenant: "contoso.com".into(),
            client: "c".into(),
            authority: "https://login.microsoftonline.com".into(),
            cloud: Cloud::Public,
        };
        let steps = application.grant(&["Mail", "Chats"], false, &["r1", "r2"]);
        let commands: Vec<_> = steps
            .iter()
            .filter_map(|step| match step {
                Step::Command(command) => Some(command.as_str()),
                Step::Words(..) | Step::Url(_) => None,
            })
            .collect();
        assert_eq!(
            commands[0],
            "./scripts/Enable-WorkIQAppOnly.ps1 -TenantId contoso.com -ClientId c -For Mail,Chats"
        );
        assert!(commands[1].ends_with("--api-permissions r1=Role r2=Role"), "{}", commands[1]);
        assert!(commands[2].starts_with("az ad app permission admin-consent"), "{}", commands[2]);
        assert_eq!(commands.len(), 3);
        let url = "https://login.microsoftonline.com/contoso.com/adminconsent?client_id=c";
        assert_eq!(steps.last(), Some(&Step::Url(url.into())));
        assert!(application.enable(&["x"; 7], true).ends_with("-ClientId c -All -WithNames"));
        let elsewhere = Application { cloud: Cloud::UsGovDod, ..application };
        assert!(elsewhere.enable(&["Mail"], false).ends_with("-ClientId c -Cloud usgov-dod -For Mail"));
    }
}
