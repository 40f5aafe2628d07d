//! PKCS#12 (RFC 7292), which Windows and Key Vault call PFX.

use openssl::{error::ErrorStack, pkcs12::Pkcs12};

use super::{
    Material,
    unlock::{self, Failure},
};

const LIBRARY: &str = "PKCS12 routines";

/// Key and certificates of a file.
///
/// A file of several keys gives the first one, with all certificates: OpenSSL reads no further.
pub(super) fn read(der: &[u8], password: Option<&str>) -> Result<Material, Failure> {
    let archive = Pkcs12::from_der(der).map_err(|errors| Failure::Malformed(unlock::reasons(&errors)))?;
    // Empty stands for both an empty password and none at all: these are different keys in
    // PKCS#12 (RFC 7292, appendix B.1), and OpenSSL tries both.
    let password = password.unwrap_or_default();
    if password.contains('\0') {
        // The crate would panic. No file has such a password: it ends at the zero.
        return Err(Failure::PasswordWrong);
    }
    let open = |password| unlock::with_legacy(|| archive.parse2(password));
    // A password that is not needed does no harm, as with PEM.
    let content = open(password)
        .or_else(|errors| open("").map_err(|_| errors))
        .map_err(|errors| explain(&errors, password))?;
    Ok(Material {
        keys: content.pkey.into_iter().collect(),
        certificates: content.cert.into_iter().chain(content.ca.into_iter().flatten()).collect(),
    })
}

/// The MAC is checked before anything is decrypted, so a wrong password shows there; in a file
/// without MAC in the padding of the last block.
fn explain(errors: &ErrorStack, password: &str) -> Failure {
    let of_password = |reason: &str| matches!(reason, "mac verify failure" | "pkcs12 cipherfinal error");
    if unlock::lacks_algorithm(errors) {
        Failure::EncryptionUnsupported(unlock::reasons(errors))
    } else if !unlock::has_reason(errors, LIBRARY, of_password) {
        Failure::Malformed(unlock::reasons(errors))
    } else if password.is_empty() {
        Failure::PasswordMissing
    } else {
        Failure::PasswordWrong
    }
}

#[cfg(test)]
mod tests {
    use openssl::{hash::MessageDigest, nid::Nid, stack::Stack};

    use super::super::{
        der,
        test_support::{self as make, Certificate},
    };

    const PASSWORD: &str = "pässwörd 密码";

    #[test]
    fn modern_files_are_read_with_their_password_only() {
        let pfx = make::pfx(PASSWORD, |builder| {
            builder.mac_md(MessageDigest::sha256());
        });
        make::accepted(&pfx, Some(PASSWORD));
        make::refused(&pfx, Some("another one"), "certificate_password_wrong");
        make::refused(&pfx, Some("null\0inside"), "certificate_password_wrong");
        make::refused(&pfx, Some(""), "certificate_password_missing");
        make::refused(&pfx, None, "certificate_password_missing");
    }

    #[test]
    fn old_macs_are_read() {
        for digest in [MessageDigest::sha1(), MessageDigest::sha512()] {
            let pfx = make::pfx(PASSWORD, |builder| {
                builder.mac_md(digest).key_algorithm(Nid::PBE_WITHSHA1AND3_KEY_TRIPLEDES_CBC);
            });
            make::accepted(&pfx, Some(PASSWORD));
        }
    }

    #[test]
    fn an_empty_password_and_none_are_the_same_to_users() {
        let pfx = make::pfx("", |_| {});
        make::accepted(&pfx, None);
        make::accepted(&pfx, Some(""));
        make::accepted(&pfx, Some("not needed"));
    }

    /// The MAC of RFC 7292, appendix B, with SHA-256 and one iteration; `password` fills a block.
    fn mac(password: &[u8], salt: &[u8], content: &[u8]) -> Vec<u8> {
        let repeated = |bytes: &[u8]| bytes.iter().copied().cycle().take(64).collect::<Vec<u8>>();
        let input = [vec![3; 64], repeated(salt), repeated(password)].concat();
        let key = openssl::pkey::PKey::hmac(&openssl::sha::sha256(&input)).unwrap();
        let mut signer = openssl::sign::Signer::new(MessageDigest::sha256(), &key).unwrap();
        signer.sign_oneshot_to_vec(content).unwrap()
    }

    #[test]
    fn the_mac_may_be_made_with_no_password_at_all() {
        let none = Nid::from_raw(-1);
        let mut pfx = make::pfx("", |builder| {
            builder.key_algorithm(none).cert_algorithm(none).mac_iter(1);
        });
        // PFX: version, ContentInfo with the content in [0] and OCTET STRING, MacData.
        let inside = |der: &[u8]| der::element(der).unwrap().0.content.to_vec();
        let after = |der: &[u8]| der::element(der).unwrap().1.to_vec();
        let info = after(&inside(&pfx));
        let content = inside(&inside(&after(&inside(&info))));
        let salt = inside(&after(&inside(&after(&info))));
        let empty = mac(&[0, 0], &salt, &content);
        let at = super::super::text::find(&pfx, &empty).expect("OpenSSL uses the empty password");
        pfx.splice(at..at + empty.len(), mac(&[], &salt, &content));
        make::accepted(&pfx, None);
        make::accepted(&pfx, Some(""));
    }

    #[test]
    fn nothing_in_it_needs_to_be_encrypted() {
        // NID -1 is none.
        let none = Nid::from_raw(-1);
        let pfx = make::pfx(PASSWORD, |builder| {
            builder.key_algorithm(none).cert_algorithm(none);
        });
        make::accepted(&pfx, Some(PASSWORD));
        make::refused(&pfx, Some("another one"), "certificate_password_wrong");
    }

    #[test]
    fn the_chain_comes_along() {
        let root =
            Certificate { name: &[("CN", "root")], ca: true, ..Certificate::new(make::other_key()) }.make();
        let leaf =
            Certificate { issuer: Some((&root, make::other_key())), ..Certificate::new(make::key()) }.make();
        let unrelated =
            Certificate { name: &[("CN", "unrelated")], ..Certificate::new(make::other_key()) }.make();
        let pfx = make::pfx(PASSWORD, |builder| {
            let mut others = Stack::new().unwrap();
            others.push(unrelated).unwrap();
            others.push(root.clone()).unwrap();
            builder.cert(&leaf).ca(others);
        });
        let read = make::accepted(&pfx, Some(PASSWORD));
        let chain: Vec<_> = read.chain_der().collect();
        assert_eq!(chain, [leaf.to_der().unwrap(), root.to_der().unwrap()]);
    }

    #[test]
    fn a_file_with_one_half_only_says_which_is_missing() {
        let mut builder = openssl::pkcs12::Pkcs12::builder();
        let no_key = builder.cert(make::leaf()).build2(PASSWORD).unwrap().to_der().unwrap();
        let error = make::refused(&no_key, Some(PASSWORD), "certificate_private_key_missing");
        assert!(make::names(&error, make::leaf()), "{error}");

        let mut builder = openssl::pkcs12::Pkcs12::builder();
        let no_certificate = builder.pkey(make::key()).build2(PASSWORD).unwrap().to_der().unwrap();
        make::refused(&no_certificate, Some(PASSWORD), "certificate_missing");
    }

    #[test]
    fn files_that_are_cut_short_are_damaged_whatever_the_password() {
        let pfx = make::pfx(PASSWORD, |_| {});
        for length in [64, 100, 1000, pfx.len() - 1] {
            make::refused(&pfx[..length], Some(PASSWORD), "certificate_malformed");
            make::refused(&pfx[..length], None, "certificate_malformed");
        }
    }

    #[test]
    fn a_line_break_after_the_last_byte_does_no_harm() {
        let mut pfx = make::pfx(PASSWORD, |_| {});
        pfx.push(b'\n');
        make::accepted(&pfx, Some(PASSWORD));
    }
}
