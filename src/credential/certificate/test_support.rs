//! Keys, certificates and files for the tests, made at run time; keys once for all of them.

use std::{
    collections::HashSet,
    path::PathBuf,
    sync::LazyLock,
    time::{SystemTime, UNIX_EPOCH},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use openssl::{
    asn1::Asn1Time,
    bn::{BigNum, BigNumRef},
    hash::{MessageDigest, hash},
    nid::Nid,
    pkcs12::{Pkcs12, Pkcs12Builder},
    pkey::{PKey, PKeyRef, Private},
    provider::Provider,
    rsa::Rsa,
    symm::{Cipher, encrypt},
    x509::{X509, X509NameBuilder, extension::BasicConstraints},
};

use super::{CertificateError, CertificateOrigin, ClientCertificate, summary::hex};

/// The subject of [`leaf`].
pub(super) const SUBJECT: &str = r"CN=contoso-ci, O=Contoso\, Ltd";

pub(super) const FILE: &str = "/secrets/client.pem";

const DAY: i64 = 86_400;

static KEY: LazyLock<PKey<Private>> = LazyLock::new(|| rsa(2048));
static OTHER_KEY: LazyLock<PKey<Private>> = LazyLock::new(|| rsa(2048));
static LEAF: LazyLock<X509> = LazyLock::new(|| Certificate::new(key()).make());
static LEGACY: LazyLock<Provider> = LazyLock::new(|| Provider::try_load(None, "legacy", true).unwrap());

pub(super) fn rsa(bits: u32) -> PKey<Private> {
    PKey::from_rsa(Rsa::generate(bits).unwrap()).unwrap()
}

pub(super) fn key() -> &'static PKey<Private> {
    &KEY
}

pub(super) fn other_key() -> &'static PKey<Private> {
    &OTHER_KEY
}

/// A certificate of [`key`], valid now, with [`SUBJECT`].
pub(super) fn leaf() -> &'static X509 {
    &LEAF
}

/// What a certificate is to be; self-signed unless it has an issuer.
pub(super) struct Certificate<'a> {
    pub(super) key: &'a PKeyRef<Private>,
    pub(super) name: &'a [(&'a str, &'a str)],
    pub(super) days: (i64, i64),
    pub(super) issuer: Option<(&'a X509, &'a PKeyRef<Private>)>,
    pub(super) ca: bool,
}

impl<'a> Certificate<'a> {
    pub(super) fn new(key: &'a PKeyRef<Private>) -> Self {
        let name = &[("O", "Contoso, Ltd"), ("CN", "contoso-ci")];
        Self { key, name, days: (-1, 365), issuer: None, ca: false }
    }

    pub(super) fn make(&self) -> X509 {
        let now = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap();
        let mut name = X509NameBuilder::new().unwrap();
        for (attribute, value) in self.name {
            name.append_entry_by_text(attribute, value).unwrap();
        }
        let name = name.build();
        let mut builder = X509::builder().unwrap();
        builder.set_version(2).unwrap();
        let mut serial = BigNum::new().unwrap();
        serial.rand(64, openssl::bn::MsbOption::ONE, false).unwrap();
        builder.set_serial_number(&serial.to_asn1_integer().unwrap()).unwrap();
        builder.set_subject_name(&name).unwrap();
        builder.set_issuer_name(self.issuer.map_or(&*name, |(issuer, _)| issuer.subject_name())).unwrap();
        let at = |days| Asn1Time::from_unix(now + days * DAY).unwrap();
        builder.set_not_before(&at(self.days.0)).unwrap();
        builder.set_not_after(&at(self.days.1)).unwrap();
        builder.set_pubkey(self.key).unwrap();
        if self.ca {
            builder.append_extension(BasicConstraints::new().ca().build().unwrap()).unwrap();
        }
        let signer = self.issuer.map_or(self.key, |(_, key)| key);
        let ed25519 = signer.id() == openssl::pkey::Id::ED25519;
        let digest = if ed25519 { MessageDigest::null() } else { MessageDigest::sha256() };
        builder.sign(signer, digest).unwrap();
        builder.build()
    }
}

pub(super) fn thumbprint(certificate: &X509) -> String {
    hex(&certificate.digest(MessageDigest::sha1()).unwrap())
}

pub(super) fn key_pem() -> Vec<u8> {
    key().private_key_to_pem_pkcs8().unwrap()
}

pub(super) fn leaf_pem() -> Vec<u8> {
    leaf().to_pem().unwrap()
}

/// `key` and then the certificate of [`leaf`].
pub(super) fn with_leaf(key: &[u8]) -> Vec<u8> {
    [key, &leaf_pem()].concat()
}

/// `key` and then `certificates`.
pub(super) fn pair(key: &PKeyRef<Private>, certificates: &[&X509]) -> Vec<u8> {
    let mut pem = key.private_key_to_pem_pkcs8().unwrap();
    for certificate in certificates {
        pem.extend(certificate.to_pem().unwrap());
    }
    pem
}

/// PEM of a key and a certificate of that name, for a file.
pub(in crate::credential) fn named(name: &str) -> Vec<u8> {
    let made = Certificate { name: &[("CN", name)], ..Certificate::new(key()) }.make();
    pair(key(), &[&made])
}

pub(super) fn pfx(password: &str, adjust: impl FnOnce(&mut Pkcs12Builder)) -> Vec<u8> {
    let mut builder = Pkcs12::builder();
    builder.name("contoso").pkey(key()).cert(leaf());
    adjust(&mut builder);
    builder.build2(password).unwrap().to_der().unwrap()
}

pub(super) fn block(label: &str, der: &[u8]) -> Vec<u8> {
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", STANDARD.encode(der)).into_bytes()
}

/// PKCS#1 in the encryption of old OpenSSL versions.
pub(super) fn pkcs1_encrypted(cipher: Cipher, password: &str) -> Vec<u8> {
    LazyLock::force(&LEGACY);
    key().rsa().unwrap().private_key_to_pem_passphrase(cipher, password.as_bytes()).unwrap()
}

/// PKCS#8 in PBES2.
pub(super) fn pkcs8_pbes2(cipher: Cipher, password: &str) -> Vec<u8> {
    LazyLock::force(&LEGACY);
    key().private_key_to_pem_pkcs8_passphrase(cipher, password.as_bytes()).unwrap()
}

/// PKCS#8 in a PKCS#12 cipher: a PKCS#12 file keeps its key in just this form.
pub(super) fn pkcs8_pbe_sha1(nid: Nid, password: &str) -> Vec<u8> {
    LazyLock::force(&LEGACY);
    let pfx = pfx(password, |builder| {
        builder.key_algorithm(nid);
    });
    // pkcs-12PbeIds, after the headers of EncryptedPrivateKeyInfo and AlgorithmIdentifier.
    let pbe = [6, 10, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 12, 1];
    let start = super::text::find(&pfx, &pbe).unwrap() - 6;
    let (_, rest) = super::der::element(&pfx[start..]).unwrap();
    block("ENCRYPTED PRIVATE KEY", &pfx[start..pfx.len() - rest.len()])
}

/// PKCS#8 in PBES1 with MD5 and DES (RFC 8018, section 6.1).
pub(super) fn pkcs8_pbe_md5_des(password: &str) -> Vec<u8> {
    LazyLock::force(&LEGACY);
    let salt = *b"saltsalt";
    let mut derived = [password.as_bytes(), &salt].concat();
    for _ in 0..1000 {
        derived = hash(MessageDigest::md5(), &derived).unwrap().to_vec();
    }
    let (des_key, iv) = derived.split_at(8);
    let oid = [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 5, 3];
    let parameters = sequence(&[tlv(4, &salt), tlv(2, &[3, 0xE8])]);
    encrypted_private_key(
        &[tlv(6, &oid), parameters],
        &encrypt(Cipher::des_cbc(), des_key, Some(iv), &pkcs8()).unwrap(),
    )
}

/// PKCS#8 in PBES2 with scrypt (RFC 7914, section 7).
pub(super) fn pkcs8_scrypt(password: &str) -> Vec<u8> {
    let (salt, iv) = (*b"saltsalt", *b"0123456789abcdef");
    let mut aes_key = [0; 32];
    openssl::pkcs5::scrypt(password.as_bytes(), &salt, 1024, 8, 1, 1 << 25, &mut aes_key).unwrap();
    let scrypt = sequence(&[
        tlv(6, &[0x2B, 6, 1, 4, 1, 0xDA, 0x47, 4, 11]),
        sequence(&[tlv(4, &salt), tlv(2, &[4, 0]), tlv(2, &[8]), tlv(2, &[1])]),
    ]);
    let aes = sequence(&[tlv(6, &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 1, 0x2A]), tlv(4, &iv)]);
    encrypted_private_key(
        &[tlv(6, &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 5, 13]), sequence(&[scrypt, aes])],
        &encrypt(Cipher::aes_256_cbc(), &aes_key, Some(&iv), &pkcs8()).unwrap(),
    )
}

fn pkcs8() -> Vec<u8> {
    key().private_key_to_pkcs8().unwrap()
}

fn encrypted_private_key(algorithm: &[Vec<u8>], ciphertext: &[u8]) -> Vec<u8> {
    let der = sequence(&[sequence(algorithm), tlv(4, ciphertext)]);
    block("ENCRYPTED PRIVATE KEY", &der)
}

fn sequence(elements: &[Vec<u8>]) -> Vec<u8> {
    tlv(0x30, &elements.concat())
}

fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap().to_be_bytes();
    let header: &[u8] =
        if content.len() < 0x80 { &[tag, length[1]] } else { &[tag, 0x82, length[0], length[1]] };
    [header, content].concat()
}

/// Parses `bytes` as [`FILE`], and checks that an error tells nothing.
pub(super) fn parse(bytes: &[u8], password: Option<&str>) -> Result<ClientCertificate, CertificateError> {
    let origin = CertificateOrigin::File(PathBuf::from(FILE));
    let parsed = ClientCertificate::parse(bytes, password, &origin, SystemTime::now());
    assert!(openssl::error::ErrorStack::get().errors().is_empty(), "an error is left behind");
    if let Err(error) = &parsed {
        tells_nothing(error, password);
    }
    parsed
}

/// As [`parse`], of what must be read.
pub(super) fn accepted(bytes: &[u8], password: Option<&str>) -> ClientCertificate {
    let certificate = parse(bytes, password).unwrap_or_else(|error| panic!("{error}\n{}", error.hint()));
    assert!(certificate.private_key().public_eq(key()));
    certificate
}

/// As [`parse`], of what must not be read. The message names the file.
pub(super) fn refused(bytes: &[u8], password: Option<&str>, code: &str) -> CertificateError {
    let error = parse(bytes, password).unwrap_err();
    assert_eq!(error.code(), code, "{error}");
    assert!(error.to_string().contains(FILE), "{error}");
    error
}

/// Whether the message has subject, thumbprint and dates of `certificate`.
pub(super) fn names(error: &CertificateError, certificate: &X509) -> bool {
    let text = error.to_string();
    text.contains("CN=") && text.contains(&thumbprint(certificate)) && text.contains("Z to ")
}

/// Looks for any 6 bytes of the key in a row, in hexadecimal or base64, and for the password.
fn tells_nothing(error: &CertificateError, password: Option<&str>) {
    static PIECES: LazyLock<HashSet<Vec<u8>>> = LazyLock::new(|| {
        let rsa = key().rsa().unwrap();
        let numbers = [rsa.d(), rsa.p().unwrap(), rsa.q().unwrap()].map(BigNumRef::to_vec);
        let mut pieces = HashSet::new();
        for secret in [pkcs8(), rsa.private_key_to_der().unwrap()].iter().chain(&numbers) {
            // The beginning is the same for all keys and says nothing.
            let secret = &secret[36..];
            for start in [secret, &secret[1..], &secret[2..]] {
                for chunk in start.chunks_exact(6) {
                    pieces.extend([hex(chunk).into_bytes(), STANDARD.encode(chunk).into_bytes()]);
                }
            }
        }
        pieces
    });
    let said = format!("{error}\n{error:?}\n{}", error.hint());
    let upper = said.to_uppercase();
    for window in said.as_bytes().windows(8).chain(upper.as_bytes().windows(12)) {
        assert!(!PIECES.contains(window), "a piece of the key is in {said}");
    }
    if let Some(password) = password.filter(|password| password.len() > 3) {
        assert!(!said.contains(password), "the password is in {said}");
    }
}
