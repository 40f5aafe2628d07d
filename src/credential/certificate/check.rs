//! From keys and certificates to the one pair that signs, and whether Entra can accept it.

use std::time::{Duration, SystemTime};

use openssl::{
    hash::MessageDigest,
    pkey::{Id, PKey, PKeyRef, Private},
    sign::{Signer, Verifier},
    x509::X509,
};

use super::{
    CertificateOrigin, Material, chain,
    error::{CertificateError, UnsupportedKey},
    summary::CertificateSummary,
};

/// Signatures by shorter keys are disallowed (NIST SP 800-131A), and no CA certifies them.
const MIN_RSA_BITS: u32 = 2048;

/// How far our clock may be behind that of who made the certificate. Runners are often off by
/// less, and a certificate is used at once after it was made.
const ALLOWED_SKEW: Duration = Duration::from_secs(5 * 60);

/// The pair that signs, and the issuers of its certificate, nearest first.
pub(super) struct Chosen {
    pub(super) key: PKey<Private>,
    pub(super) leaf: X509,
    pub(super) issuers: Vec<X509>,
}

/// The one key of `material` that belongs to a certificate there, if Entra takes such keys.
///
/// Where several certificates have that key, as after a renewal that kept it, the one that is
/// valid longest is taken, before any that is not valid at `now`.
pub(super) fn choose(
    material: Material,
    origin: &CertificateOrigin,
    now: SystemTime,
) -> Result<Chosen, CertificateError> {
    let Material { mut keys, mut certificates } = material;
    dedup(&mut keys, |one, other| one.public_eq(other));
    dedup(&mut certificates, |one, other| one == other);
    let unsupported = |key: &PKeyRef<Private>, certificate| {
        unsupported(key).map(|key| CertificateError::KeyUnsupported {
            origin: origin.clone(),
            key,
            certificate,
        })
    };
    let first = || certificates.first().and_then(|first| CertificateSummary::for_message(first));

    let mut pairs = keys.iter().filter_map(|key| {
        let own = |certificate: &&X509| certificate.public_key().is_ok_and(|public| public.public_eq(key));
        certificates.iter().filter(own).max_by_key(|own| chain::rank(own, now)).map(|leaf| (key, leaf))
    });
    let Some((key, leaf)) = pairs.next() else {
        return Err(match keys.first().map(|key| unsupported(key, first())) {
            // That the key is of no use is to be known before its certificate is looked for.
            Some(Some(error)) => error,
            _ if certificates.is_empty() => {
                CertificateError::CertificateMissing { origin: origin.clone(), request: false }
            }
            None => CertificateError::PrivateKeyMissing {
                origin: origin.clone(),
                certificate: first(),
                openssh_key: false,
            },
            Some(None) => CertificateError::KeyMismatch { origin: origin.clone(), certificate: first() },
        });
    };
    let more = pairs.count();
    let certificate = CertificateSummary::for_message(leaf);
    if more > 0 {
        let (origin, pairs) = (origin.clone(), more + 1);
        return Err(CertificateError::KeyAmbiguous { origin, pairs, certificate });
    }
    if let Some(error) = unsupported(key, certificate.clone()) {
        return Err(error);
    }
    // The public half of a damaged private key can be whole.
    if !signs_for(key, leaf) {
        return Err(CertificateError::Malformed {
            origin: origin.clone(),
            part: "the private key".to_owned(),
            reason: "what it signs does not verify with its own certificate".to_owned(),
        });
    }
    let (key, leaf) = (key.clone(), leaf.clone());
    let issuers = chain::issuers_of(&leaf, certificates, now);
    Ok(Chosen { key, leaf, issuers })
}

/// Fails if `certificate` is not valid at `now`.
pub(super) fn validity(
    certificate: &CertificateSummary,
    origin: &CertificateOrigin,
    now: SystemTime,
) -> Result<(), CertificateError> {
    let facts = || (origin.clone(), Box::new(certificate.clone()));
    if has_ended(certificate, now) {
        let (origin, certificate) = facts();
        Err(CertificateError::Expired { origin, certificate, now })
    } else if ahead(certificate, now) > ALLOWED_SKEW {
        let (origin, certificate) = facts();
        Err(CertificateError::NotYetValid { origin, certificate, now })
    } else {
        Ok(())
    }
}

/// Whether `certificate` is valid at `now`, give or take the skew.
pub(super) fn is_valid(certificate: &CertificateSummary, now: SystemTime) -> bool {
    !has_ended(certificate, now) && ahead(certificate, now) <= ALLOWED_SKEW
}

/// Both moments are part of the validity, to the second (RFC 5280, section 4.1.2.5).
fn has_ended(certificate: &CertificateSummary, now: SystemTime) -> bool {
    now.duration_since(certificate.not_after()).is_ok_and(|past| past.as_secs() >= 1)
}

fn ahead(certificate: &CertificateSummary, now: SystemTime) -> Duration {
    certificate.not_before().duration_since(now).unwrap_or_default()
}

/// Why Entra does not take this key, if it does not.
fn unsupported(key: &PKeyRef<Private>) -> Option<UnsupportedKey> {
    match key.id() {
        Id::RSA if key.bits() >= MIN_RSA_BITS => None,
        Id::RSA => Some(UnsupportedKey::RsaTooShort { bits: key.bits() }),
        Id::RSA_PSS => Some(UnsupportedKey::RsaPss),
        Id::EC => Some(UnsupportedKey::Ec),
        Id::DSA => Some(UnsupportedKey::Dsa),
        Id::ED25519 | Id::ED448 => Some(UnsupportedKey::EdDsa),
        _ => Some(UnsupportedKey::Other),
    }
}

/// Signs something and checks it with the certificate. A millisecond, where OpenSSL's own check of
/// an RSA key tests two numbers for primality and takes fifty.
fn signs_for(key: &PKeyRef<Private>, certificate: &X509) -> bool {
    const PROBE: &[u8] = b"does this key belong to this certificate?";
    let verified = || {
        let signature = Signer::new(MessageDigest::sha256(), key)?.sign_oneshot_to_vec(PROBE)?;
        let public = certificate.public_key()?;
        Verifier::new(MessageDigest::sha256(), &public)?.verify_oneshot(&signature, PROBE)
    };
    verified().unwrap_or(false)
}

/// Keeps the first of those that are the same. There are few.
fn dedup<T>(items: &mut Vec<T>, same: impl Fn(&T, &T) -> bool) {
    let mut kept: Vec<T> = Vec::with_capacity(items.len());
    for item in items.drain(..) {
        if !kept.iter().any(|other| same(other, &item)) {
            kept.push(item);
        }
    }
    *items = kept;
}

#[cfg(test)]
mod tests {
    use openssl::{
        dsa::Dsa,
        ec::{EcGroup, EcKey},
        nid::Nid,
    };

    use super::super::{
        ClientCertificate,
        test_support::{self as make, Certificate},
    };
    use super::*;

    #[test]
    fn keys_that_entra_does_not_take_are_refused() {
        let ec = EcKey::generate(&EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap()).unwrap();
        let sec1 = ec.private_key_to_pem().unwrap();
        let ec = PKey::from_ec_key(ec).unwrap();
        let dsa = PKey::from_dsa(Dsa::generate(2048).unwrap()).unwrap();
        for (key, said) in [
            (&ec, "an elliptic-curve (EC) key"),
            (&dsa, "a DSA key"),
            (&PKey::generate_ed25519().unwrap(), "Ed25519"),
            (&make::rsa(1024), "an RSA key of 1024 bits"),
        ] {
            let certificate = Certificate::new(key).make();
            let error = make::refused(&make::pair(key, &[&certificate]), None, "certificate_key_unsupported");
            assert!(error.to_string().contains(said), "{error}");
            assert!(make::names(&error, &certificate), "{error}");
            assert!(error.hint().contains("openssl req -x509 -newkey rsa:"));
            make::refused(&make::pair(key, &[]), None, "certificate_key_unsupported");
        }
        let certificate = Certificate::new(&ec).make().to_pem().unwrap();
        make::refused(&[sec1, certificate].concat(), None, "certificate_key_unsupported");
    }

    #[test]
    fn a_key_of_another_certificate_is_refused() {
        let error =
            make::refused(&make::pair(make::other_key(), &[make::leaf()]), None, "certificate_key_mismatch");
        assert!(make::names(&error, make::leaf()), "{error}");
        assert!(error.hint().contains("-pubkey"));
    }

    #[test]
    fn a_damaged_private_half_is_found_by_what_it_signs() {
        let der = make::key().rsa().unwrap().private_key_to_der().unwrap();
        let d = make::key().rsa().unwrap().d().to_vec();
        let p = make::key().rsa().unwrap().p().unwrap().to_vec();
        let mut damaged = der.clone();
        for number in [d, p] {
            let at = super::super::text::find(&der, &number).unwrap();
            damaged[at + 40] ^= 4;
        }
        let pem = make::with_leaf(&make::block("RSA PRIVATE KEY", &damaged));
        make::refused(&pem, None, "certificate_malformed");
    }

    #[test]
    fn validity_counts_and_is_told() {
        let expired = Certificate { days: (-10, -1), ..Certificate::new(make::key()) }.make();
        let error = make::refused(&make::pair(make::key(), &[&expired]), None, "certificate_expired");
        assert!(make::names(&error, &expired), "{error}");
        assert!(error.hint().contains("az ad app credential reset"));

        let early = Certificate { days: (1, 10), ..Certificate::new(make::key()) }.make();
        let error = make::refused(&make::pair(make::key(), &[&early]), None, "certificate_not_yet_valid");
        assert!(make::names(&error, &early), "{error}");
        assert!(error.hint().contains("clock"));
    }

    #[test]
    fn both_ends_are_exact_but_for_the_skew_that_is_allowed() {
        let bytes = make::pair(make::key(), &[make::leaf()]);
        let origin = CertificateOrigin::File("x".into());
        let at = |now| ClientCertificate::parse(&bytes, None, &origin, now).map_err(|error| error.code());
        let read = at(SystemTime::now()).unwrap();
        let second = Duration::from_secs(1);
        assert!(at(read.not_after()).is_ok());
        assert_eq!(at(read.not_after() + second).unwrap_err(), "certificate_expired");
        assert!(at(read.not_before() - ALLOWED_SKEW).is_ok());
        assert_eq!(at(read.not_before() - ALLOWED_SKEW - second).unwrap_err(), "certificate_not_yet_valid");
        let now = read.not_after() + second;
        let error = ClientCertificate::parse(&bytes, None, &origin, now).unwrap_err();
        assert!(error.to_string().contains(&format!("it is now {}", crate::time::rfc3339(now))), "{error}");
    }
}
