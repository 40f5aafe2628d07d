//! Whom we trust: the system's anchors, looked up when needed, and those that the user adds.

use std::path::Path;

use crate::error::{AuthError, ErrorKind};
use crate::settings::network::Network;

#[cfg(target_os = "linux")]
pub(super) use openssl_tls::connector;
#[cfg(not(target_os = "linux"))]
pub(super) use system_tls::connector;

/// The TLS connector over `dial`.
#[cfg(target_os = "linux")]
pub(super) type Tls<D> = hyper_openssl::client::legacy::HttpsConnector<D>;
/// The TLS connector over `dial`.
#[cfg(not(target_os = "linux"))]
pub(super) type Tls<D> = hyper_tls::HttpsConnector<D>;

/// A stream with TLS or without.
#[cfg(target_os = "linux")]
pub(super) type MaybeTls<S> = hyper_openssl::client::legacy::MaybeHttpsStream<S>;
/// A stream with TLS or without.
#[cfg(not(target_os = "linux"))]
pub(super) type MaybeTls<S> = hyper_tls::MaybeHttpsStream<S>;

/// Which protocols are offered in the handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Alpn {
    /// HTTP/2 and HTTP/1.1.
    Any,
    /// HTTP/1.1 only.
    Http1,
}

/// Whether the system has trust anchors of its own. A minimal container has none, and what brings a set of its own may
/// lend it: see [`Network::fallback_ca`].
#[must_use]
pub fn has_system_anchors() -> bool {
    #[cfg(target_os = "linux")]
    return openssl_tls::has_system_anchors();
    #[cfg(not(target_os = "linux"))]
    return true;
}

/// Whether the settings look usable, told without setting anything up.
pub(super) fn check(network: &Network) -> Result<(), AuthError> {
    let Some(path) = &network.extra_ca else {
        return Ok(());
    };
    let pem = std::fs::read(path).map_err(|error| unusable(path, &error.to_string()))?;
    let marks: [&[u8]; 2] = [b"-----BEGIN CERTIFICATE-----", b"-----BEGIN TRUSTED CERTIFICATE-----"];
    let has = |mark: &[u8]| pem.windows(mark.len()).any(|window| window == mark);
    if marks.into_iter().any(has) { Ok(()) } else { Err(unusable(path, "no certificate in PEM is in it")) }
}

fn read_extra_ca(network: &Network) -> Result<Vec<openssl::x509::X509>, AuthError> {
    let Some(path) = &network.extra_ca else {
        return Ok(Vec::new());
    };
    let pem = std::fs::read(path).map_err(|error| unusable(path, &error.to_string()))?;
    let anchors = openssl::x509::X509::stack_from_pem(&pem).map_err(|_| unusable(path, "it is not PEM"))?;
    if anchors.is_empty() {
        return Err(unusable(path, "no certificate in PEM is in it"));
    }
    Ok(anchors)
}

fn unusable(path: &Path, reason: &str) -> AuthError {
    AuthError::new(
        ErrorKind::Settings,
        "invalid_settings",
        format!("NODE_EXTRA_CA_CERTS: the file {} cannot be used: {reason}", path.display()),
    )
    .with_hint("It must be a PEM file with the certificate of the CA to trust.")
}

/// The certificates in `pem`, or none where it is not PEM.
#[cfg(target_os = "linux")]
fn parse_pem(pem: &str) -> Vec<openssl::x509::X509> {
    openssl::x509::X509::stack_from_pem(pem.as_bytes()).unwrap_or_default()
}

fn setup_error(error: impl std::fmt::Display) -> AuthError {
    AuthError::new(ErrorKind::Tls, "tls_error", format!("TLS could not be set up: {error}"))
}

#[cfg(target_os = "linux")]
mod openssl_tls {
    use std::path::Path;
    use std::sync::OnceLock;

    use openssl::error::ErrorStack;
    use openssl::ssl::{ConnectConfiguration, SslConnector, SslConnectorBuilder, SslMethod};
    use openssl::x509::X509;

    use super::{Alpn, AuthError, Network, Tls, parse_pem, read_extra_ca, setup_error};

    /// Hashed directories of trust anchors, where distributions keep them.
    const DIRECTORIES: [&str; 3] =
        ["/etc/ssl/certs", "/etc/pki/ca-trust/extracted/pem/directory-hash", "/etc/pki/tls/certs"];

    /// Bundles, for systems that have no hashed directory.
    const BUNDLES: [&str; 5] = [
        "/etc/ssl/certs/ca-certificates.crt",
        "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
        "/etc/pki/tls/certs/ca-bundle.crt",
        "/etc/ssl/ca-bundle.pem",
        "/etc/ssl/cert.pem",
    ];

    pub(in crate::http) fn connector<D>(dial: D, network: &Network, alpn: Alpn) -> Result<Tls<D>, AuthError> {
        let mut builder = SslConnector::builder(SslMethod::tls_client()).map_err(setup_error)?;
        let protocols: &[u8] = if alpn == Alpn::Any { b"\x02h2\x08http/1.1" } else { b"\x08http/1.1" };
        builder.set_alpn_protos(protocols).map_err(setup_error)?;
        trust(&mut builder, network)?;
        let mut connector = Tls::with_connector(dial, builder).map_err(setup_error)?;
        connector.set_callback(|connection, uri| expect_address(connection, uri.host().unwrap_or_default()));
        Ok(connector)
    }

    /// An IPv6 address stands in brackets in a URL, and without them in a certificate.
    fn expect_address(connection: &mut ConnectConfiguration, host: &str) -> Result<(), ErrorStack> {
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        let Some(address) = bare.and_then(|host| host.parse().ok()) else { return Ok(()) };
        // The name of the URL is replaced as what the certificate is held against, not left out.
        connection.set_verify_hostname(false);
        connection.set_use_server_name_indication(false);
        connection.param_mut().set_ip(address)
    }

    /// Where the system keeps its anchors.
    enum SystemStore {
        /// Looked up by name when a handshake needs one.
        Directory(&'static Path),
        /// Read whole.
        Bundle(&'static Path),
    }

    fn system_store() -> Option<&'static SystemStore> {
        static STORE: OnceLock<Option<SystemStore>> = OnceLock::new();
        let find = || {
            let directory = DIRECTORIES.iter().map(Path::new).find(|dir| is_hashed(dir));
            let bundle = || BUNDLES.iter().map(Path::new).find(|file| file.exists());
            directory.map(SystemStore::Directory).or_else(|| bundle().map(SystemStore::Bundle))
        };
        STORE.get_or_init(find).as_ref()
    }

    pub(in crate::http) fn has_system_anchors() -> bool {
        system_store().is_some()
    }

    fn trust(builder: &mut SslConnectorBuilder, network: &Network) -> Result<(), AuthError> {
        if network.ca_file.is_some() || !network.ca_dirs.is_empty() {
            // A path that cannot be read is no anchor, and the handshake will say so.
            for dir in &network.ca_dirs {
                let _ = builder.load_verify_locations(None, Some(dir));
            }
            if let Some(file) = &network.ca_file {
                let _ = builder.load_verify_locations(Some(file), None);
            }
        } else {
            match system_store() {
                Some(SystemStore::Directory(dir)) => drop(builder.load_verify_locations(None, Some(dir))),
                Some(SystemStore::Bundle(file)) => drop(builder.load_verify_locations(Some(file), None)),
                None => add(builder, parse_pem(network.fallback_ca.as_deref().unwrap_or_default()))?,
            }
        }
        add(builder, read_extra_ca(network)?)
    }

    fn add(builder: &mut SslConnectorBuilder, anchors: Vec<X509>) -> Result<(), AuthError> {
        let store = builder.cert_store_mut();
        anchors.into_iter().try_for_each(|anchor| store.add_cert(anchor)).map_err(setup_error)
    }

    /// Whether `dir` has the hashed names (`5ed36f99.0`) by which OpenSSL looks anchors up.
    fn is_hashed(dir: &Path) -> bool {
        std::fs::read_dir(dir).is_ok_and(|entries| {
            entries.flatten().any(|entry| {
                let name = entry.file_name();
                let name = name.as_encoded_bytes();
                name.len() == 10 && name.ends_with(b".0") && name[..8].iter().all(u8::is_ascii_hexdigit)
            })
        })
    }
}

#[cfg(not(target_os = "linux"))]
mod system_tls {
    use super::{Alpn, AuthError, Network, Tls, read_extra_ca, setup_error};

    pub(in crate::http) fn connector<D>(dial: D, network: &Network, alpn: Alpn) -> Result<Tls<D>, AuthError> {
        let mut builder = native_tls::TlsConnector::builder();
        builder.request_alpns(if alpn == Alpn::Any { &["h2", "http/1.1"] } else { &["http/1.1"] });
        for anchor in read_extra_ca(network)? {
            let der = anchor.to_der().map_err(setup_error)?;
            builder.add_root_certificate(native_tls::Certificate::from_der(&der).map_err(setup_error)?);
        }
        let tls = builder.build().map_err(setup_error)?;
        Ok(Tls::from((dial, tls.into())))
    }
}
