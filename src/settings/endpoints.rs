//! Where tokens come from and where Graph is.

use std::borrow::Cow;

use super::cloud::Cloud;
use super::lookup::{Key, Layer, Lookup};
use super::origin::Origin;
use super::problem::Problem;

pub(super) const CLOUD: Key = Key {
    option: "cloud",
    flag: "--cloud",
    workiq: "WORKIQ_CLOUD",
    azure: "",
    pick: |o| o.cloud.as_deref().map(Cow::from),
};
pub(super) const AUTHORITY: Key = Key {
    option: "authorityHost",
    flag: "--authority-host",
    workiq: "WORKIQ_AUTHORITY_HOST",
    azure: "AZURE_AUTHORITY_HOST",
    pick: |o| o.authority_host.as_deref().map(Cow::from),
};
pub(super) const GRAPH: Key = Key {
    option: "graphEndpoint",
    flag: "--graph-endpoint",
    workiq: "WORKIQ_GRAPH_ENDPOINT",
    azure: "",
    pick: |o| o.graph_endpoint.as_deref().map(Cow::from),
};

/// Cloud, authority and Graph, which change together.
pub(super) struct Endpoints {
    pub(super) cloud: Cloud,
    pub(super) authority: Origin,
    pub(super) graph: Origin,
    pub(super) warnings: Vec<String>,
}

impl Endpoints {
    /// Whether the authority is none of Microsoft's clouds.
    pub(super) fn is_custom(&self) -> bool {
        self.authority != self.cloud.authority()
    }

    /// The cloud whose exchange audience `audience` is, where the authority is not that cloud's.
    pub(super) fn foreign_exchange(&self, audience: &str) -> Option<Cloud> {
        Cloud::foreign_exchange(audience, &self.authority)
    }

    pub(super) fn resolve(lookup: &mut Lookup<'_>) -> Option<Self> {
        const HTTPS: &str = "an https origin, such as https://login.example.com";
        let before = lookup.problems.len();
        let named =
            lookup.optional(&CLOUD, Cloud::CHOICES, |text| Cloud::from_name(text).ok_or("is not a cloud"));
        let from_azure = lookup.find(&AUTHORITY).is_some_and(|found| found.layer == Layer::Azure);
        let host = lookup.optional(&AUTHORITY, HTTPS, |text| {
            // The SDKs that read AZURE_AUTHORITY_HOST take a bare host as well.
            let bare = from_azure && !text.contains("://");
            Origin::parse(&if bare { format!("https://{text}") } else { text.to_owned() })
        });
        let known = host.as_ref().and_then(|origin| Cloud::from_authority(origin.host()));
        if let (Some(origin), None, true) = (&host, known, from_azure) {
            lookup.problems.push(Problem::wrong(
                AUTHORITY.azure,
                &origin.to_string(),
                "is not the authority of a known cloud",
                "a known cloud's authority; any other is named in WORKIQ_AUTHORITY_HOST",
            ));
        }
        let cloud = named.or(known).unwrap_or_default();
        if let (Some(origin), Some(named), Some(known)) = (&host, named, known)
            && named.authority() != known.authority()
        {
            lookup.problems.push(Problem::wrong(
                "WORKIQ_AUTHORITY_HOST",
                &origin.to_string(),
                &format!(
                    "is the authority of the cloud {}, and WORKIQ_CLOUD is {}",
                    known.name(),
                    named.name()
                ),
                "one cloud in both",
            ));
        }
        let endpoint = lookup.optional(&GRAPH, HTTPS, Origin::parse);
        if lookup.problems.len() > before {
            return None;
        }
        let mut warnings = Vec::new();
        let authority = host.filter(|_| known.is_none()).unwrap_or_else(|| cloud.authority());
        if known.is_none() && authority != cloud.authority() {
            warnings
                .push(format!("tokens are asked for at {authority}, which is none of Microsoft's clouds"));
        }
        let graph = endpoint.unwrap_or_else(|| cloud.graph());
        if graph != cloud.graph() {
            warnings.push(format!("Microsoft Graph is taken to be at {graph}"));
        }
        Some(Self { cloud, authority, graph, warnings })
    }
}
