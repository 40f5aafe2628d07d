//! How bytes leave this machine: proxy and trust anchors.

use std::fmt;
use std::path::PathBuf;

use url::Url;

use super::environment::Environment;
use super::problem::Problem;
use crate::secret::Secret;

/// Proxy and trust anchors, from the variables that every tool knows.
#[derive(Clone, Debug, Default)]
pub struct Network {
    /// The proxy for https, with its credentials.
    pub proxy: Option<Proxy>,
    /// `NO_PROXY`, addresses without brackets.
    pub no_proxy: Option<String>,
    /// `NODE_EXTRA_CA_CERTS`: a PEM file whose certificates are trusted besides the system's.
    pub extra_ca: Option<PathBuf>,
    /// `SSL_CERT_FILE`: a PEM file in place of the system's.
    pub ca_file: Option<PathBuf>,
    /// `SSL_CERT_DIR`: hashed directories in place of the system's.
    pub ca_dirs: Vec<PathBuf>,
    /// Trust anchors in PEM for a system that has none: those that Node was built with.
    pub fallback_ca: Option<String>,
}

/// A proxy, its credentials never printed.
#[derive(Clone)]
pub struct Proxy {
    url: Secret,
    shown: String,
}

impl Proxy {
    /// The whole URL, with credentials.
    #[must_use]
    pub fn url(&self) -> &str {
        self.url.expose()
    }
}

/// The proxy without its credentials.
impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl Network {
    /// Reads the variables; what is wrong with them is added to `problems`.
    pub fn from_environment(environment: &Environment, problems: &mut Vec<Problem>) -> Self {
        let proxy = environment.first(&["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"]).and_then(
            |(name, value)| parse_proxy(name, value).map_err(|problem| problems.push(problem)).ok(),
        );
        let path = |name| environment.get(name).map(PathBuf::from);
        Self {
            proxy,
            no_proxy: environment.first(&["NO_PROXY", "no_proxy"]).map(|(_, value)| unbracketed(value)),
            extra_ca: path("NODE_EXTRA_CA_CERTS"),
            ca_file: path("SSL_CERT_FILE"),
            ca_dirs: environment
                .get("SSL_CERT_DIR")
                .map(|dirs| std::env::split_paths(dirs).collect())
                .unwrap_or_default(),
            fallback_ca: None,
        }
    }
}

/// An IPv6 address in a list is often written as in a URL, in brackets, under which the matcher does not know it.
fn unbracketed(list: &str) -> String {
    let bare = |entry: &str| {
        let inner = entry.trim().strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        inner.unwrap_or(entry).to_owned()
    };
    list.split(',').map(bare).collect::<Vec<_>>().join(",")
}

fn parse_proxy(name: &str, value: &str) -> Result<Proxy, Problem> {
    const EXPECTED: &str =
        "http://host:port or https://host:port, with user:password@ where the proxy asks for them";
    let with_scheme = if value.contains("://") { value.to_owned() } else { format!("http://{value}") };
    let mut url = Url::parse(&with_scheme).map_err(|_| Problem::hidden(name, "is not a URL", EXPECTED))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(Problem::hidden(name, format!("names a {} proxy", url.scheme()), EXPECTED));
    }
    let full = Secret::new(url.as_str());
    // Neither can fail for a URL with a host.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    Ok(Proxy { url: full, shown: url.as_str().trim_end_matches('/').to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_read_and_its_password_is_not_shown() {
        let environment: Environment =
            [("https_proxy", "http://ada:hush@proxy.contoso.com:3128")].into_iter().collect();
        let mut problems = Vec::new();
        let network = Network::from_environment(&environment, &mut problems);
        let proxy = network.proxy.unwrap();
        assert_eq!(proxy.to_string(), "http://proxy.contoso.com:3128");
        assert!(proxy.url().contains("hush") && !format!("{proxy:?}").contains("hush"));
        assert!(problems.is_empty());
    }

    #[test]
    fn addresses_go_around_the_proxy_with_brackets_and_without() {
        assert_eq!(unbracketed("[::1], localhost,.contoso.com"), "::1, localhost,.contoso.com");
    }

    #[test]
    fn a_proxy_of_another_kind_is_told() {
        let environment: Environment = [("HTTPS_PROXY", "socks5://hush@proxy")].into_iter().collect();
        let mut problems = Vec::new();
        Network::from_environment(&environment, &mut problems);
        let text = problems[0].to_string();
        assert!(text.contains("socks5") && !text.contains("hush"), "{text}");
    }
}
