//! Microsoft's clouds: authority and Graph change together.

use super::origin::Origin;

/// One of Microsoft's national clouds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Cloud {
    /// The worldwide cloud.
    #[default]
    Public,
    /// US Government, L4 (GCC High).
    UsGov,
    /// US Government, L5 (Department of Defense).
    UsGovDod,
    /// China, operated by 21Vianet.
    China,
    /// Bleu, France.
    Bleu,
    /// Delos, Germany.
    Delos,
}

/// What is known of one cloud.
struct Row {
    cloud: Cloud,
    /// Its name in `WORKIQ_CLOUD`.
    name: &'static str,
    authority: &'static str,
    /// Other hosts of the same authority.
    aliases: &'static [&'static str],
    graph: &'static str,
    /// The audience of federated tokens that its authority exchanges.
    exchange: &'static str,
}

/// All clouds, in the order of the variants.
///
/// Sources: learn.microsoft.com/graph/deployments for Graph; the trusted-host lists that every MSAL carries for the
/// authorities, and their lists of exchange audiences.
const CLOUDS: [Row; 6] = [
    Row {
        cloud: Cloud::Public,
        name: "public",
        authority: "login.microsoftonline.com",
        aliases: &["login.windows.net", "login.microsoft.com", "sts.windows.net"],
        graph: "graph.microsoft.com",
        exchange: "api://AzureADTokenExchange",
    },
    Row {
        cloud: Cloud::UsGov,
        name: "usgov",
        authority: "login.microsoftonline.us",
        aliases: &["login.usgovcloudapi.net"],
        graph: "graph.microsoft.us",
        exchange: "api://AzureADTokenExchangeUSGov",
    },
    Row {
        cloud: Cloud::UsGovDod,
        name: "usgov-dod",
        authority: "login.microsoftonline.us",
        aliases: &[],
        graph: "dod-graph.microsoft.us",
        exchange: "api://AzureADTokenExchangeUSGov",
    },
    Row {
        cloud: Cloud::China,
        name: "china",
        authority: "login.partner.microsoftonline.cn",
        aliases: &["login.chinacloudapi.cn"],
        graph: "microsoftgraph.chinacloudapi.cn",
        exchange: "api://AzureADTokenExchangeChina",
    },
    Row {
        cloud: Cloud::Bleu,
        name: "bleu",
        authority: "login.sovcloud-identity.fr",
        aliases: &[],
        graph: "graph.svc.sovcloud.fr",
        exchange: "api://AzureADTokenExchangeFrance",
    },
    Row {
        cloud: Cloud::Delos,
        name: "delos",
        authority: "login.sovcloud-identity.de",
        aliases: &[],
        graph: "graph.svc.sovcloud.de",
        exchange: "api://AzureADTokenExchangeGermany",
    },
];

/// The application id of the public cloud's token exchange. Entra writes it into `aud` where it issues the federated
/// token itself, as for a service connection of Azure Pipelines.
const PUBLIC_EXCHANGE_APP: &str = "fb60f99c-7a34-4190-8149-302f77469936";

impl Cloud {
    /// The values of `WORKIQ_CLOUD`.
    pub const CHOICES: &str = "public, usgov, usgov-dod, china, bleu or delos";

    /// The cloud of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        CLOUDS.iter().find(|row| row.name == name).map(|row| row.cloud)
    }

    /// The cloud whose authority has that host; the first, where clouds share one.
    #[must_use]
    pub fn from_authority(host: &str) -> Option<Self> {
        CLOUDS.iter().find(|row| row.authority == host || row.aliases.contains(&host)).map(|row| row.cloud)
    }

    /// Its name in `WORKIQ_CLOUD`.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// Where tokens come from.
    #[must_use]
    pub fn authority(self) -> Origin {
        Origin::known(self.row().authority)
    }

    /// Where Microsoft Graph is.
    #[must_use]
    pub fn graph(self) -> Origin {
        Origin::known(self.row().graph)
    }

    /// The audience of federated tokens that its authority exchanges.
    #[must_use]
    pub fn exchange_audience(self) -> &'static str {
        self.row().exchange
    }

    /// The clouds that take `audience` as that of a federated token. Case and a slash at the end are passed over: a
    /// token is better held back once too often than sent to the wrong host.
    pub fn of_exchange_audience(audience: &str) -> impl Iterator<Item = Self> {
        let named = audience.trim_end_matches('/');
        let app = named.strip_prefix("api://").unwrap_or(named).eq_ignore_ascii_case(PUBLIC_EXCHANGE_APP);
        CLOUDS
            .iter()
            .filter(move |row| row.exchange.eq_ignore_ascii_case(named) || (app && row.cloud == Self::Public))
            .map(|row| row.cloud)
    }

    /// The cloud that takes `audience` as that of a federated token, where `authority` is not that cloud's: there such a
    /// token must not go.
    #[must_use]
    pub fn foreign_exchange(audience: &str, authority: &Origin) -> Option<Self> {
        let mut clouds = Self::of_exchange_audience(audience).peekable();
        let first = clouds.peek().copied()?;
        clouds.all(|cloud| cloud.authority() != *authority).then_some(first)
    }

    fn row(self) -> &'static Row {
        // The table is in the order of the variants; a test holds it there.
        &CLOUDS[self as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_whole() {
        for (at, row) in CLOUDS.iter().enumerate() {
            assert_eq!(row.cloud as usize, at);
            assert_eq!(Cloud::from_name(row.name), Some(row.cloud));
            assert_eq!(row.cloud.authority().host(), row.authority);
            assert_eq!(row.cloud.graph().host(), row.graph);
            assert!(Cloud::CHOICES.contains(row.name));
            assert!(Cloud::of_exchange_audience(row.cloud.exchange_audience()).any(|c| c == row.cloud));
        }
    }

    #[test]
    fn authorities_and_their_aliases_name_their_cloud() {
        assert_eq!(Cloud::from_authority("login.windows.net"), Some(Cloud::Public));
        assert_eq!(Cloud::from_authority("login.chinacloudapi.cn"), Some(Cloud::China));
        assert_eq!(Cloud::from_authority("login.example.com"), None);
    }
    #[test]
    fn an_exchange_audience_names_its_clouds_and_nothing_else_does() {
        let of = |audience: &str| Cloud::of_exchange_audience(audience).collect::<Vec<_>>();
        assert_eq!(of("api://AzureADTokenExchange"), [Cloud::Public]);
        assert_eq!(of("API://azureadtokenexchange/"), [Cloud::Public]);
        assert_eq!(of(PUBLIC_EXCHANGE_APP), [Cloud::Public]);
        assert_eq!(of("api://FB60F99C-7A34-4190-8149-302F77469936"), [Cloud::Public]);
        assert_eq!(of("api://AzureADTokenExchangeUSGov"), [Cloud::UsGov, Cloud::UsGovDod]);
        assert_eq!(of("api://AzureADTokenExchangeGermany"), [Cloud::Delos]);
        assert_eq!(of("api://contoso-exchange"), []);
    }
}
