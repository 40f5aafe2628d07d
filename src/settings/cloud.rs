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

/// Each cloud with its name in `WORKIQ_CLOUD`, its authority's host, that host's aliases, and Graph's host.
///
/// Sources: learn.microsoft.com/graph/deployments for Graph; the trusted-host lists that every MSAL carries for the
/// authorities.
const CLOUDS: [(Cloud, &str, &str, &[&str], &str); 6] = [
    (
        Cloud::Public,
        "public",
        "login.microsoftonline.com",
        &["login.windows.net", "login.microsoft.com", "sts.windows.net"],
        "graph.microsoft.com",
    ),
    (Cloud::UsGov, "usgov", "login.microsoftonline.us", &["login.usgovcloudapi.net"], "graph.microsoft.us"),
    (Cloud::UsGovDod, "usgov-dod", "login.microsoftonline.us", &[], "dod-graph.microsoft.us"),
    (
        Cloud::China,
        "china",
        "login.partner.microsoftonline.cn",
        &["login.chinacloudapi.cn"],
        "microsoftgraph.chinacloudapi.cn",
    ),
    (Cloud::Bleu, "bleu", "login.sovcloud-identity.fr", &[], "graph.svc.sovcloud.fr"),
    (Cloud::Delos, "delos", "login.sovcloud-identity.de", &[], "graph.svc.sovcloud.de"),
];

impl Cloud {
    /// The values of `WORKIQ_CLOUD`.
    pub const CHOICES: &str = "public, usgov, usgov-dod, china, bleu or delos";

    /// The cloud of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        CLOUDS.iter().find(|row| row.1 == name).map(|row| row.0)
    }

    /// The cloud whose authority has that host; the first, where clouds share one.
    #[must_use]
    pub fn from_authority(host: &str) -> Option<Self> {
        CLOUDS.iter().find(|row| row.2 == host || row.3.contains(&host)).map(|row| row.0)
    }

    /// Its name in `WORKIQ_CLOUD`.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.row().1
    }

    /// Where tokens come from.
    #[must_use]
    pub fn authority(self) -> Origin {
        Origin::known(self.row().2)
    }

    /// Where Microsoft Graph is.
    #[must_use]
    pub fn graph(self) -> Origin {
        Origin::known(self.row().4)
    }

    fn row(self) -> &'static (Self, &'static str, &'static str, &'static [&'static str], &'static str) {
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
            assert_eq!(row.0 as usize, at);
            assert_eq!(Cloud::from_name(row.1), Some(row.0));
            assert_eq!(row.0.authority().host(), row.2);
            assert_eq!(row.0.graph().host(), row.4);
            assert!(Cloud::CHOICES.contains(row.1));
        }
    }

    #[test]
    fn authorities_and_their_aliases_name_their_cloud() {
        assert_eq!(Cloud::from_authority("login.windows.net"), Some(Cloud::Public));
        assert_eq!(Cloud::from_authority("login.chinacloudapi.cn"), Some(Cloud::China));
        assert_eq!(Cloud::from_authority("login.example.com"), None);
    }
}
