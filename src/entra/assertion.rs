//! The assertion that a certificate's key signs in place of a secret.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKeyRef, Private};
use openssl::rsa::Padding;
use openssl::sign::{RsaPssSaltlen, Signer};
use serde_json::json;

use crate::secret::Secret;
use crate::settings::credential::AssertionAlg;

/// How long an assertion is good for. Microsoft asks for five to ten minutes
/// (learn.microsoft.com/entra/identity-platform/certificate-credentials).
const LIFETIME: Duration = Duration::from_secs(600);

/// What signs an assertion, and how the header names it.
pub struct AssertionKey<'a> {
    /// The RSA key.
    pub key: &'a PKeyRef<Private>,
    /// The certificate's SHA-256 thumbprint, for PS256.
    pub sha256: &'a [u8; 32],
    /// The certificate's SHA-1 thumbprint, for RS256.
    pub sha1: &'a [u8; 20],
    /// The chain in DER, leaf first, where it is to be sent (`x5c`, RFC 7515 section 4.1.6).
    pub chain: Option<Vec<&'a [u8]>>,
    /// The algorithm.
    pub algorithm: AssertionAlg,
}

/// Signs a fresh assertion: `client` says of itself, to `audience`, that it is itself. Its `jti` is new each time.
///
/// # Errors
/// OpenSSL's, where the key cannot sign.
pub fn sign(
    key: &AssertionKey<'_>,
    client: &str,
    audience: &str,
    now: SystemTime,
) -> Result<Secret, ErrorStack> {
    let seconds = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let mut header = match key.algorithm {
        AssertionAlg::Ps256 => {
            json!({"alg": "PS256", "typ": "JWT", "x5t#S256": URL_SAFE_NO_PAD.encode(key.sha256)})
        }
        AssertionAlg::Rs256 => {
            json!({"alg": "RS256", "typ": "JWT", "x5t": URL_SAFE_NO_PAD.encode(key.sha1)})
        }
    };
    if let Some(chain) = &key.chain {
        // Standard base64 here, unlike everywhere else in a JWT (RFC 7515, section 4.1.6).
        header["x5c"] = chain.iter().map(|der| STANDARD.encode(der)).collect();
    }
    let claims = json!({
        "aud": audience,
        "iss": client,
        "sub": client,
        "jti": uuid::Uuid::new_v4().to_string(),
        "iat": seconds,
        "nbf": seconds,
        "exp": seconds + LIFETIME.as_secs(),
    });
    let part = |value: &serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(&header), part(&claims));
    let mut signer = Signer::new(MessageDigest::sha256(), key.key)?;
    if key.algorithm == AssertionAlg::Ps256 {
        signer.set_rsa_padding(Padding::PKCS1_PSS)?;
        // As long as the hash: RFC 7518, section 3.5.
        signer.set_rsa_pss_saltlen(RsaPssSaltlen::DIGEST_LENGTH)?;
    }
    let signature = signer.sign_oneshot_to_vec(signed.as_bytes())?;
    Ok(Secret::new(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use openssl::pkey::PKey;
    use openssl::rsa::Rsa;
    use openssl::sign::Verifier;

    fn decode(part: &str) -> serde_json::Value {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
    }

    #[test]
    fn an_assertion_says_what_entra_wants_and_verifies() {
        let pkey = PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
        for algorithm in [AssertionAlg::Ps256, AssertionAlg::Rs256] {
            let chain: &[u8] = &[0x30, 0xff, 0xfe];
            let key = AssertionKey {
                key: &pkey,
                sha256: &[0xfb; 32],
                sha1: &[0xfb; 20],
                chain: Some(vec![chain]),
                algorithm,
            };
            let now = UNIX_EPOCH + Duration::from_secs(1_800_000_000);
            let jwt = sign(&key, "client", "https://login/t", now).unwrap();
            let again = sign(&key, "client", "https://login/t", now).unwrap();
            let parts: Vec<_> = jwt.expose().split('.').collect();
            let (header, claims) = (decode(parts[0]), decode(parts[1]));
            let name = if algorithm == AssertionAlg::Ps256 { "x5t#S256" } else { "x5t" };
            let thumbprint = header[name].as_str().unwrap();
            assert!(thumbprint.starts_with("-_v7") && !thumbprint.contains('='), "{thumbprint}");
            assert_eq!(header["x5c"][0], STANDARD.encode(chain));
            assert_eq!(
                (&claims["iss"], &claims["sub"], &claims["aud"]),
                (&json!("client"), &json!("client"), &json!("https://login/t"))
            );
            assert_eq!(claims["exp"].as_u64().unwrap() - claims["nbf"].as_u64().unwrap(), 600);
            assert_ne!(claims["jti"], decode(again.expose().split('.').nth(1).unwrap())["jti"]);

            let mut verifier = Verifier::new(MessageDigest::sha256(), &pkey).unwrap();
            if algorithm == AssertionAlg::Ps256 {
                verifier.set_rsa_padding(Padding::PKCS1_PSS).unwrap();
                verifier.set_rsa_pss_saltlen(RsaPssSaltlen::DIGEST_LENGTH).unwrap();
            }
            let signature = URL_SAFE_NO_PAD.decode(parts[2]).unwrap();
            assert!(
                verifier.verify_oneshot(&signature, format!("{}.{}", parts[0], parts[1]).as_bytes()).unwrap()
            );
        }
    }
}
