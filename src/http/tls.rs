//! Whom we trust: the system's anchors, looked up when needed, and those that the user adds.

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

fn read_extra_ca(network: &Network) -> Result<Option<Vec<openssl::x509::X509>>, AuthError> {
    let Some(path) = &network.extra_ca else {
        return Ok(None);
    };
    let fail = |reason: String| {
        AuthError::new(
            ErrorKind::Settings,
            "invalid_settings",
            format!("NODE_EXTRA_CA_CERTS: the file {} cannot be used: {reason}", path.display()),
        )
        .with_hint("It must be a PEM file with the certificate of the CA to trust.")
    };
    let pem = std::fs::read(path).map_err(|error| fail(error.to_string()))?;
    let anchors = openssl::x509::X509::stack_from_pem(&pem).map_err(|_| fail("it is not PEM".into()))?;
    if anchors.is_empty() {
        return Err(fail("no certificate is in it".into()));
    }
    Ok(Some(anchors))
}

fn setup_error(error: impl std::fmt::Display) -> AuthError {
    AuthError::new(ErrorKind::Tls, "tls_error", format!("TLS could not be set up: {error}"))
}

#[cfg(target_os = "linux")]
mod openssl_tls {
    use std::path::Path;

    use openssl::ssl::{SslConnector, SslConnectorBuilder, SslMethod};

    use super::{Alpn, AuthError, Network, Tls, read_extra_ca, setup_error};

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
        Tls::with_connector(dial, builder).map_err(setup_error)
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
        } else if let Some(dir) = DIRECTORIES.iter().map(Path::new).find(|dir| is_hashed(dir)) {
            let _ = builder.load_verify_locations(None, Some(dir));
        } else if let Some(file) = BUNDLES.iter().map(Path::new).find(|file| file.exists()) {
            let _ = builder.load_verify_locations(Some(file), None);
        }
        for anchor in read_extra_ca(network)?.into_iter().flatten() {
            builder.cert_store_mut().add_cert(anchor).map_err(setup_error)?;
        }
        Ok(())
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
        for anchor in read_extra_ca(network)?.into_iter().flatten() {
            let der = anchor.to_der().map_err(setup_error)?;
            builder.add_root_certificate(native_tls::Certificate::from_der(&der).map_err(setup_error)?);
        }
        let tls = builder.build().map_err(setup_error)?;
        Ok(Tls::from((dial, tls.into())))
    }
}
