//! Private keys: the encodings of RFC 8017, RFC 5915 and RFC 5958, plain and encrypted.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use openssl::{
    error::ErrorStack,
    pkey::{PKey, Private},
    rsa::Rsa,
};
use zeroize::Zeroizing;

use super::{
    der,
    unlock::{self, Failure},
};

/// OpenSSL takes a password in a buffer of 1024 bytes.
const PASSWORD_LIMIT: usize = 1023;

const BASE64_LINE: usize = 64;

/// The encryption that old OpenSSL versions put around PKCS#1: the value of the `DEK-Info` header,
/// `AES-256-CBC,0123…` (RFC 1421, section 4.6.1.3).
#[derive(Debug)]
pub(super) struct LegacyEncryption<'a> {
    pub(super) dek_info: &'a str,
}

/// A private key that is not encrypted.
///
/// `label` is what its PEM block says it is. Some tools say `PRIVATE KEY` over PKCS#1 and the other
/// way round, so the content decides.
pub(super) fn plain(label: &str, der: &[u8]) -> Result<PKey<Private>, Failure> {
    PKey::private_key_from_pkcs8(der)
        .or_else(|_| Rsa::private_key_from_der(der).and_then(PKey::from_rsa))
        // For DSA and EC in their own encodings the crate has PEM only.
        .or_else(|_| from_pem(label, None, der, ""))
        .map_err(|errors| Failure::Malformed(unlock::reasons(&errors)))
}

/// A key in PKCS#8 encryption (RFC 8018): PBES2, and PBES1 with the PKCS#12 ciphers.
pub(super) fn encrypted(der: &[u8], password: Option<&str>) -> Result<PKey<Private>, Failure> {
    if !der::is_encrypted_private_key(der) {
        return Err(Failure::Malformed("its end is missing, or it is damaged".to_owned()));
    }
    // A callback rather than a passphrase: the latter is copied to memory that nobody wipes.
    decrypt(password, |password| PKey::private_key_from_pkcs8_callback(der, |buffer| copy(password, buffer)))
}

/// A key in the encryption of old OpenSSL versions.
pub(super) fn legacy_encrypted(
    label: &str,
    encryption: &LegacyEncryption<'_>,
    ciphertext: &[u8],
    password: Option<&str>,
) -> Result<PKey<Private>, Failure> {
    let block = if encryption.dek_info.starts_with("AES") { 16 } else { 8 };
    if ciphertext.is_empty() || !ciphertext.len().is_multiple_of(block) {
        return Err(Failure::Malformed("its end is missing, or it is damaged".to_owned()));
    }
    decrypt(password, |password| from_pem(label, Some(encryption), ciphertext, password))
}

/// Without a password an empty one is tried: it is a password too.
fn decrypt(
    password: Option<&str>,
    attempt: impl Fn(&str) -> Result<PKey<Private>, ErrorStack>,
) -> Result<PKey<Private>, Failure> {
    let tried = password.unwrap_or_default();
    if tried.len() > PASSWORD_LIMIT {
        return Err(Failure::PasswordWrong);
    }
    unlock::with_legacy(|| attempt(tried)).map_err(|errors| {
        if unlock::lacks_algorithm(&errors) {
            Failure::EncryptionUnsupported(unlock::reasons(&errors))
        } else if tried.is_empty() {
            Failure::PasswordMissing
        } else {
            // The envelope is whole. Decryption with a wrong password ends in bad padding, or
            // one time in 256 in a key that makes no sense.
            Failure::PasswordWrong
        }
    })
}

/// OpenSSL's PEM reader, over a block that is laid out as it likes it. The callback is always there,
/// because without one OpenSSL asks the terminal.
fn from_pem(
    label: &str,
    encryption: Option<&LegacyEncryption<'_>>,
    content: &[u8],
    password: &str,
) -> Result<PKey<Private>, ErrorStack> {
    let base64 = Zeroizing::new(STANDARD.encode(content));
    let headers = encryption.map_or_else(String::new, |encryption| {
        format!("Proc-Type: 4,ENCRYPTED\nDEK-Info: {}\n\n", encryption.dek_info)
    });
    let layout = headers.len() + 2 * label.len() + 64 + base64.len() / BASE64_LINE;
    let mut pem = Zeroizing::new(Vec::with_capacity(base64.len() + layout));
    pem.extend_from_slice(format!("-----BEGIN {label}-----\n{headers}").as_bytes());
    for line in base64.as_bytes().chunks(BASE64_LINE) {
        pem.extend_from_slice(line);
        pem.push(b'\n');
    }
    pem.extend_from_slice(format!("-----END {label}-----\n").as_bytes());
    PKey::private_key_from_pem_callback(&pem, |buffer| copy(password, buffer))
}

fn copy(password: &str, buffer: &mut [u8]) -> Result<usize, ErrorStack> {
    let Some(start) = buffer.get_mut(..password.len()) else {
        return Err(ErrorStack::get());
    };
    start.copy_from_slice(password.as_bytes());
    Ok(password.len())
}

#[cfg(test)]
mod tests {
    use openssl::{nid::Nid, symm::Cipher};

    use super::super::test_support as make;

    const PASSWORD: &str = "pässword";

    fn encrypted_keys() -> Vec<Vec<u8>> {
        vec![
            make::pkcs8_pbes2(Cipher::aes_256_cbc(), PASSWORD),
            make::pkcs8_pbes2(Cipher::aes_128_cbc(), PASSWORD),
            make::pkcs8_pbes2(Cipher::des_ede3_cbc(), PASSWORD),
            make::pkcs8_pbes2(Cipher::des_cbc(), PASSWORD),
            make::pkcs8_scrypt(PASSWORD),
            make::pkcs8_pbe_sha1(Nid::PBE_WITHSHA1AND3_KEY_TRIPLEDES_CBC, PASSWORD),
            make::pkcs8_pbe_sha1(Nid::PBE_WITHSHA1AND40BITRC2_CBC, PASSWORD),
            make::pkcs8_pbe_md5_des(PASSWORD),
            make::pkcs1_encrypted(Cipher::aes_256_cbc(), PASSWORD),
            make::pkcs1_encrypted(Cipher::des_ede3_cbc(), PASSWORD),
            make::pkcs1_encrypted(Cipher::des_cbc(), PASSWORD),
        ]
    }

    #[test]
    fn every_encryption_is_read_and_wants_its_password() {
        for key in encrypted_keys() {
            let pem = make::with_leaf(&key);
            make::accepted(&pem, Some(PASSWORD));
            for (password, code) in [
                (Some("another one"), "certificate_password_wrong"),
                (Some(""), "certificate_password_missing"),
                (None, "certificate_password_missing"),
            ] {
                let error = make::refused(&pem, password, code);
                assert!(make::names(&error, make::leaf()), "{error}");
            }
        }
    }

    #[test]
    fn wrong_passwords_are_never_taken_for_damage() {
        // One in 256 decrypts to valid padding.
        let pem = make::with_leaf(&make::pkcs1_encrypted(Cipher::aes_128_cbc(), PASSWORD));
        for attempt in 0..600 {
            let password = format!("wrong {attempt}");
            make::refused(&pem, Some(&password), "certificate_password_wrong");
        }
    }

    #[test]
    fn an_empty_password_is_tried_where_none_is_given() {
        make::accepted(&make::with_leaf(&make::pkcs8_pbes2(Cipher::aes_256_cbc(), "")), None);
    }

    #[test]
    fn a_password_that_is_not_needed_is_ignored() {
        make::accepted(&make::with_leaf(&make::key_pem()), Some("whatever"));
        let pkcs1 = make::key().rsa().unwrap().private_key_to_pem().unwrap();
        make::accepted(&make::with_leaf(&pkcs1), Some("whatever"));
    }

    #[test]
    fn a_password_that_cannot_be_one_is_wrong() {
        let pem = make::with_leaf(&make::pkcs8_pbes2(Cipher::aes_256_cbc(), PASSWORD));
        make::refused(&pem, Some(&"x".repeat(1024)), "certificate_password_wrong");
        make::refused(&pem, Some(&"x".repeat(100_000)), "certificate_password_wrong");
        make::refused(&pem, Some("pass\0word"), "certificate_password_wrong");
        let longest = "x".repeat(1023);
        let pem = make::with_leaf(&make::pkcs8_pbes2(Cipher::aes_256_cbc(), &longest));
        make::accepted(&pem, Some(&longest));
    }

    #[test]
    fn the_content_decides_between_pkcs1_and_pkcs8_and_not_the_label() {
        let pkcs1 = make::key().rsa().unwrap().private_key_to_der().unwrap();
        let pkcs8 = make::key().private_key_to_pkcs8().unwrap();
        make::accepted(&make::with_leaf(&make::block("PRIVATE KEY", &pkcs1)), None);
        make::accepted(&make::with_leaf(&make::block("RSA PRIVATE KEY", &pkcs8)), None);
    }

    #[test]
    fn encrypted_keys_that_are_cut_short_are_damaged_whatever_the_password() {
        let pem = make::pkcs8_pbes2(Cipher::aes_256_cbc(), PASSWORD);
        let der = openssl::base64::decode_block(
            &String::from_utf8(pem)
                .unwrap()
                .lines()
                .filter(|line| !line.starts_with('-'))
                .collect::<String>(),
        )
        .unwrap();
        for length in [1, 10, 100, der.len() - 8, der.len() - 1] {
            let cut = make::with_leaf(&make::block("ENCRYPTED PRIVATE KEY", &der[..length]));
            let error = make::refused(&cut, Some(PASSWORD), "certificate_malformed");
            assert!(error.to_string().contains("ENCRYPTED PRIVATE KEY block"), "{error}");
        }
    }

    #[test]
    fn encryption_that_nobody_knows_is_named_as_such() {
        let pem = make::pkcs1_encrypted(Cipher::aes_256_cbc(), PASSWORD);
        let pem = String::from_utf8(pem).unwrap().replace("AES-256-CBC", "AES-257-XYZ");
        let pem = make::with_leaf(pem.as_bytes());
        let error = make::refused(&pem, Some(PASSWORD), "certificate_encryption_unsupported");
        assert!(make::names(&error, make::leaf()), "{error}");
    }
}
