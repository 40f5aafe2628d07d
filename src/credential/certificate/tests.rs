//! Every format that users bring, and every way in which it can be wrong.

use std::sync::LazyLock;

use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::rsa::Rsa;
use openssl::stack::Stack;
use openssl::symm::Cipher;
use openssl::x509::{X509Builder, X509NameBuilder};

use super::*;

const PASSWORD: &str = "pässword 1";

struct Sample {
    key: PKey<Private>,
    leaf: X509,
    issuer: X509,
}

/// A leaf and the CA that issued it.
static SAMPLE: LazyLock<Sample> = LazyLock::new(|| {
    let (ca_key, key) = (rsa(), rsa());
    let issuer = certificate("ca", &ca_key, None, 0, 30);
    let leaf = certificate("ci", &key, Some((&issuer, &ca_key)), 0, 30);
    Sample { key, leaf, issuer }
});

fn rsa() -> PKey<Private> {
    PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap()
}

/// A certificate that is good from `from` to `to`, in days from now.
fn certificate(
    name: &str,
    key: &PKey<Private>,
    issuer: Option<(&X509, &PKey<Private>)>,
    from: i64,
    to: i64,
) -> X509 {
    let mut subject = X509NameBuilder::new().unwrap();
    subject.append_entry_by_text("CN", name).unwrap();
    subject.append_entry_by_text("O", "Contoso").unwrap();
    let subject = subject.build();
    let now =
        i64::try_from(SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs()).unwrap();
    let at = |days: i64| Asn1Time::from_unix(now + days * 86_400).unwrap();
    let mut builder = X509Builder::new().unwrap();
    builder.set_version(2).unwrap();
    builder.set_serial_number(&BigNum::from_u32(7).unwrap().to_asn1_integer().unwrap()).unwrap();
    builder.set_subject_name(&subject).unwrap();
    builder.set_issuer_name(issuer.map_or(&subject, |(certificate, _)| certificate.subject_name())).unwrap();
    builder.set_not_before(&at(from)).unwrap();
    builder.set_not_after(&at(to)).unwrap();
    builder.set_pubkey(key).unwrap();
    let digest = if key.id() == Id::ED25519 { MessageDigest::null() } else { MessageDigest::sha256() };
    builder.sign(issuer.map_or(key, |(_, key)| key), digest).unwrap();
    builder.build()
}

fn origin() -> CertificateOrigin {
    CertificateOrigin::File("/run/secrets/client.pem".into())
}

fn parse(bytes: &[u8], password: Option<&str>) -> Result<ClientCertificate, CertificateError> {
    ClientCertificate::parse(bytes, password, &origin(), SystemTime::now())
}

/// Parses, and holds that it is the sample.
fn good(bytes: &[u8], password: Option<&str>) -> ClientCertificate {
    let parsed = parse(bytes, password).unwrap();
    assert_eq!(parsed.chain[0], SAMPLE.leaf.to_der().unwrap());
    assert!(parsed.private_key().public_eq(&SAMPLE.key));
    parsed
}

fn pem() -> (String, String) {
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (text(SAMPLE.key.private_key_to_pem_pkcs8().unwrap()), text(SAMPLE.leaf.to_pem().unwrap()))
}

fn pfx(password: &str, algorithms: Option<(Nid, Nid)>) -> Vec<u8> {
    let mut chain = Stack::new().unwrap();
    chain.push(SAMPLE.issuer.clone()).unwrap();
    let mut builder = openssl::pkcs12::Pkcs12::builder();
    builder.pkey(&SAMPLE.key).cert(&SAMPLE.leaf).ca(chain);
    if let Some((key, certificate)) = algorithms {
        builder.key_algorithm(key).cert_algorithm(certificate).mac_md(MessageDigest::sha1());
    }
    builder.build2(password).unwrap().to_der().unwrap()
}

#[test]
fn pem_in_any_order_and_form() {
    let (key, leaf) = pem();
    let pkcs1 = String::from_utf8(SAMPLE.key.rsa().unwrap().private_key_to_pem().unwrap()).unwrap();
    let issuer = String::from_utf8(SAMPLE.issuer.to_pem().unwrap()).unwrap();
    for text in [
        format!("{key}{leaf}"),
        format!("{leaf}{key}"),
        format!("{issuer}{pkcs1}{leaf}"),
        format!("\u{feff}Bag Attributes\r\n  friendlyName: x\r\n{leaf}# a comment\n{key}")
            .replace('\n', "\r\n"),
        format!("{key}{leaf}").replace('\n', "\r"),
        format!("{key}{leaf}").replace('\n', "\\n"),
        format!("{key}{leaf}").replace('\n', " "),
    ] {
        good(text.as_bytes(), None);
        good(text.as_bytes(), Some("not needed"));
        good(base64(text.as_bytes()).as_bytes(), None);
    }
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

#[test]
fn the_chain_is_in_order_and_strangers_are_left_out() {
    let (key, leaf) = pem();
    let issuer = String::from_utf8(SAMPLE.issuer.to_pem().unwrap()).unwrap();
    let stranger = String::from_utf8(certificate("other", &rsa(), None, 0, 30).to_pem().unwrap()).unwrap();
    let parsed = good(format!("{stranger}{issuer}{key}{leaf}").as_bytes(), None);
    assert_eq!(parsed.chain, [SAMPLE.leaf.to_der().unwrap(), SAMPLE.issuer.to_der().unwrap()]);
    assert_eq!(parsed.summary().subject(), "O=Contoso, CN=ci");
}

#[test]
fn encrypted_keys_open_with_their_password() {
    let (_, leaf) = pem();
    let pkcs8 =
        SAMPLE.key.private_key_to_pem_pkcs8_passphrase(Cipher::aes_256_cbc(), PASSWORD.as_bytes()).unwrap();
    let old = SAMPLE
        .key
        .rsa()
        .unwrap()
        .private_key_to_pem_passphrase(Cipher::des_ede3_cbc(), PASSWORD.as_bytes())
        .unwrap();
    for key in [pkcs8, old] {
        let text = [&key[..], leaf.as_bytes()].concat();
        good(&text, Some(PASSWORD));
        assert_eq!(parse(&text, None).unwrap_err().code(), "certificate_password_missing");
        for wrong in ["", "wrong"] {
            assert_eq!(parse(&text, Some(wrong)).unwrap_err().code(), "certificate_password_wrong");
        }
    }
}

#[test]
fn pkcs12_new_and_old_opens_with_and_without_password() {
    // Kept by the production code too, once an old file has been opened.
    let _legacy = openssl::provider::Provider::try_load(None, "legacy", true).unwrap();
    let old = Nid::PBE_WITHSHA1AND3_KEY_TRIPLEDES_CBC;
    let oldest = Nid::PBE_WITHSHA1AND40BITRC2_CBC;
    for algorithms in [None, Some((old, old)), Some((old, oldest))] {
        let bytes = pfx(PASSWORD, algorithms);
        assert_eq!(good(&bytes, Some(PASSWORD)).chain.len(), 2);
        good(base64(&bytes).as_bytes(), Some(PASSWORD));
        assert_eq!(parse(&bytes, Some("wrong")).unwrap_err().code(), "certificate_password_wrong");
        assert_eq!(parse(&bytes, None).unwrap_err().code(), "certificate_password_missing");
        for password in [None, Some("not needed")] {
            good(&pfx("", algorithms), password);
        }
    }
}

#[test]
fn what_is_wrong_is_told_with_all_that_is_known() {
    let (key, leaf) = pem();
    let thumbprint = summary::hex(&openssl::sha::sha1(&SAMPLE.leaf.to_der().unwrap()));
    let of = |key: &PKey<Private>, from, to| {
        let certificate = certificate("ci", key, None, from, to);
        [key.private_key_to_pem_pkcs8().unwrap(), certificate.to_pem().unwrap()].concat()
    };
    let ec = PKey::from_ec_key(
        EcKey::generate(&EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap()).unwrap(),
    )
    .unwrap();
    let short = PKey::from_rsa(Rsa::generate(1024).unwrap()).unwrap();
    let other = rsa().private_key_to_pem_pkcs8().unwrap();
    let cases: [(Vec<u8>, &str, &str); 12] = [
        (of(&SAMPLE.key, -30, -1), "certificate_expired", "CN=ci"),
        (of(&SAMPLE.key, 1, 30), "certificate_not_yet_valid", "valid from"),
        (of(&ec, 0, 30), "certificate_key_unsupported", "an EC key"),
        (of(&short, 0, 30), "certificate_key_unsupported", "1024 bits"),
        (of(&PKey::generate_ed25519().unwrap(), 0, 30), "certificate_key_unsupported", "EdDSA"),
        (leaf.clone().into_bytes(), "certificate_private_key_missing", &thumbprint),
        (key.clone().into_bytes(), "certificate_missing", "no certificate"),
        ([&other[..], leaf.as_bytes()].concat(), "certificate_key_mismatch", &thumbprint),
        (SAMPLE.leaf.to_der().unwrap(), "certificate_format_unknown", "without its private key"),
        (b"<html>".to_vec(), "certificate_format_unknown", "web page"),
        (b" \n".to_vec(), "certificate_format_unknown", "empty"),
        (vec![b'x'; LARGEST + 1], "certificate_format_unknown", "larger"),
    ];
    for (bytes, code, part) in cases {
        let error = parse(&bytes, None).unwrap_err();
        let text = error.to_string();
        assert_eq!(error.code(), code, "{text}");
        assert!(text.contains(part) && text.contains("/run/secrets/client.pem"), "{text}");
        assert!(!error.hint().is_empty());
    }
}

/// Damages good input in several hundred ways: no panic, and nothing of key or password in what is said.
#[test]
fn damage_is_survived_and_tells_nothing() {
    let (key, leaf) = pem();
    let secret = base64(&SAMPLE.key.private_key_to_der().unwrap());
    let inputs = [format!("{key}{leaf}").into_bytes(), pfx(PASSWORD, None)];
    for input in &inputs {
        let step = input.len() / 150;
        for at in (0..input.len()).step_by(step) {
            let mut flipped = input.clone();
            flipped[at] ^= 0x15;
            for bytes in [&input[..at], &flipped] {
                if let Err(error) = parse(bytes, Some(PASSWORD)) {
                    let said = format!("{error} {error:?} {}", error.hint());
                    assert!(!said.contains(PASSWORD), "{said}");
                    assert!(
                        !secret
                            .as_bytes()
                            .windows(24)
                            .any(|part| said.contains(std::str::from_utf8(part).unwrap())),
                        "{said}"
                    );
                }
            }
        }
    }
}
