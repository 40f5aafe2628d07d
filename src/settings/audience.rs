//! Which audience a federated token is to have.

use std::borrow::Cow;

use super::endpoints::Endpoints;
use super::federation::Audience;
use super::lookup::{Key, Lookup};
use super::problem::Problem;

pub(super) const AUDIENCE: Key = Key {
    option: "federatedAudience",
    flag: "--federated-audience",
    workiq: "WORKIQ_FEDERATED_AUDIENCE",
    azure: "",
    pick: |o| o.federated_audience.as_deref().map(Cow::from),
};

/// The audience: the cloud's own by default. An authority that is no cloud's takes another, so that what it is sent is
/// good for nothing at a cloud. Or the problem; none where it is noted already.
pub(super) fn resolve(lookup: &mut Lookup<'_>, endpoints: &Endpoints) -> Result<Audience, Option<Problem>> {
    let named = match lookup.find(&AUDIENCE) {
        Some(found) => {
            Some((lookup.optional(&AUDIENCE, Audience::EXPECTED, Audience::parse).ok_or(None)?, found.name))
        }
        None => None,
    };
    let authority = &endpoints.authority;
    let audience = match named {
        Some((audience, name)) => match endpoints.foreign_exchange(audience.as_str()) {
            Some(cloud) => {
                return Err(Some(Problem::wrong(
                    name,
                    audience.as_str(),
                    &format!(
                        "is the exchange audience of the cloud {}, and tokens are asked for at {authority}",
                        cloud.name()
                    ),
                    "an audience of that authority's own, as its federated credential has it",
                )));
            }
            None => audience,
        },
        None if endpoints.is_custom() => {
            return Err(Some(Problem::missing(
                AUDIENCE.names(),
                format!("the audience that {authority} takes, as it is none of Microsoft's clouds"),
            )));
        }
        None => Audience::of(endpoints.cloud),
    };
    Ok(audience)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::environment::Environment;
    use crate::settings::options::Options;

    #[test]
    fn the_audience_is_the_clouds_and_never_a_clouds_elsewhere() {
        let audience = |variables: &[(&str, &str)]| {
            let environment: Environment = variables.iter().copied().collect();
            let options = Options::default();
            let mut lookup = Lookup::new(&options, &environment);
            let endpoints = Endpoints::resolve(&mut lookup).unwrap();
            match resolve(&mut lookup, &endpoints) {
                Ok(audience) => Ok(audience.as_str().to_owned()),
                Err(problem) => Err(problem.unwrap_or_else(|| lookup.problems[0].clone()).to_string()),
            }
        };
        let set = |value| ("WORKIQ_FEDERATED_AUDIENCE", value);
        let own = ("WORKIQ_AUTHORITY_HOST", "https://login.example.com");
        assert_eq!(audience(&[]).unwrap(), "api://AzureADTokenExchange");
        assert_eq!(audience(&[("WORKIQ_CLOUD", "usgov-dod")]).unwrap(), "api://AzureADTokenExchangeUSGov");
        assert_eq!(audience(&[set("api://contoso")]).unwrap(), "api://contoso");
        assert_eq!(audience(&[own, set("api://contoso")]).unwrap(), "api://contoso");
        let text = audience(&[own]).unwrap_err();
        assert!(text.starts_with("WORKIQ_FEDERATED_AUDIENCE / --federated-audience: is missing"), "{text}");
        for foreign in ["api://AzureADTokenExchange", "api://azureadtokenexchangechina/"] {
            assert!(audience(&[own, set(foreign)]).unwrap_err().contains("exchange audience of the cloud"));
        }
        let text = audience(&[("WORKIQ_CLOUD", "china"), set("api://AzureADTokenExchange")]).unwrap_err();
        assert!(text.contains("of the cloud public"), "{text}");
        assert!(audience(&[set("a b")]).unwrap_err().contains("is not an audience"));
    }
}
