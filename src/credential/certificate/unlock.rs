//! One attempt to decrypt, and what its failure means.

use std::sync::OnceLock;

use openssl::{error::ErrorStack, provider::Provider};

/// Why bytes of a known format gave no key.
#[derive(Debug)]
pub(super) enum Failure {
    /// Not what it says it is, or damaged. What is wrong, for a person.
    Malformed(String),
    /// Encrypted, and no password is given.
    PasswordMissing,
    /// Encrypted, and not with the password given.
    PasswordWrong,
    /// Encrypted with something that OpenSSL does not know. Its words.
    EncryptionUnsupported(String),
}

/// Runs `attempt`, and once more with the legacy provider if the first time failed for an
/// algorithm that OpenSSL 3 keeps there: RC2-40, which Windows and OpenSSL 1 put into PKCS#12
/// files, and single DES.
pub(super) fn with_legacy<T>(attempt: impl Fn() -> Result<T, ErrorStack>) -> Result<T, ErrorStack> {
    match attempt() {
        Err(errors) if lacks_algorithm(&errors) && load_legacy() => attempt(),
        outcome => outcome,
    }
}

/// Whether the failure is for want of an algorithm.
pub(super) fn lacks_algorithm(errors: &ErrorStack) -> bool {
    has_reason(errors, "digital envelope routines", |reason| {
        reason.starts_with("unsupported") || reason.starts_with("unknown")
    }) || has_reason(errors, "PEM routines", |reason| reason.starts_with("unsupported enc"))
        || has_reason(errors, "PKCS12 routines", |reason| reason.starts_with("unknown digest"))
}

/// Whether `library` reports a reason that `is_it` knows.
pub(super) fn has_reason(errors: &ErrorStack, library: &str, is_it: impl Fn(&str) -> bool) -> bool {
    errors.errors().iter().any(|error| error.library() == Some(library) && error.reason().is_some_and(&is_it))
}

/// OpenSSL's reasons, which are constants of its own and hold nothing of the input.
pub(super) fn reasons(errors: &ErrorStack) -> String {
    let mut reasons: Vec<&str> = errors.errors().iter().filter_map(openssl::error::Error::reason).collect();
    reasons.dedup();
    if reasons.is_empty() { "no reason given".to_owned() } else { reasons.join(", ") }
}

/// Kept for the life of the process: dropping it would take the algorithms away again.
static LEGACY: OnceLock<Option<Provider>> = OnceLock::new();

/// Makes the legacy algorithms available. False if this build has none.
///
/// The safe API decrypts in OpenSSL's default context only, so this is for the whole process. That
/// is harmless: it adds names that were unknown before, replaces none (`retain_fallbacks` keeps
/// the default provider), and none of them is in a default list of TLS. It is loaded once and for
/// good, because other threads may be using what it provides.
fn load_legacy() -> bool {
    LEGACY.get_or_init(|| Provider::try_load(None, "legacy", true).ok()).is_some()
}

#[cfg(test)]
mod tests {
    use std::{process::Command, time::SystemTime};

    use base64::{Engine as _, engine::general_purpose::STANDARD};
    use openssl::nid::Nid;

    use super::{super::test_support as make, *};
    use crate::credential::certificate::{CertificateOrigin, ClientCertificate};

    const INPUT: &str = "CERTIFICATE_TEST_INPUT";
    const NEEDS_LEGACY: &str = "CERTIFICATE_TEST_NEEDS_LEGACY";
    const PASSWORD: &str = "pässword";

    /// The provider is for the whole process, so only a fresh one shows that it is loaded when it
    /// is needed, and only then: this test makes the inputs and runs [`fresh_process`] there.
    #[test]
    fn the_legacy_provider_is_loaded_by_the_first_input_that_needs_it() {
        assert!(load_legacy());
        let rc2 = Nid::PBE_WITHSHA1AND40BITRC2_CBC;
        let des3 = Nid::PBE_WITHSHA1AND3_KEY_TRIPLEDES_CBC;
        let pfx = |keys, certificates| {
            make::pfx(PASSWORD, |builder| {
                builder.key_algorithm(keys).cert_algorithm(certificates);
            })
        };
        for (needs_legacy, input) in [
            (true, pfx(rc2, rc2)),
            (true, pfx(des3, rc2)),
            (true, pfx(rc2, des3)),
            (false, pfx(des3, des3)),
            (true, make::with_leaf(&make::pkcs8_pbe_sha1(rc2, PASSWORD))),
            (false, make::with_leaf(&make::pkcs8_pbe_sha1(des3, PASSWORD))),
            (true, make::with_leaf(&make::pkcs8_pbe_md5_des(PASSWORD))),
            (true, make::with_leaf(&make::pkcs1_encrypted(openssl::symm::Cipher::des_cbc(), PASSWORD))),
            (false, make::with_leaf(&make::pkcs8_scrypt(PASSWORD))),
        ] {
            let (_, module) = module_path!().split_once("::").unwrap();
            let output = Command::new(std::env::current_exe().unwrap())
                .args(["--exact", &format!("{module}::fresh_process"), "--ignored", "--nocapture"])
                .env(INPUT, STANDARD.encode(input))
                .env(NEEDS_LEGACY, needs_legacy.to_string())
                .output()
                .unwrap();
            let (out, err) =
                (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
            assert!(output.status.success() && out.contains("1 passed"), "{out}{err}");
        }
    }

    #[test]
    #[ignore = "run by the test above, in a process of its own"]
    fn fresh_process() {
        let input = STANDARD.decode(std::env::var(INPUT).unwrap()).unwrap();
        let needs_legacy = std::env::var(NEEDS_LEGACY).unwrap() == "true";
        let origin = CertificateOrigin::File("legacy".into());
        let parse = |password| ClientCertificate::parse(&input, Some(password), &origin, SystemTime::now());
        assert!(LEGACY.get().is_none());
        assert_eq!(parse(PASSWORD).unwrap().subject(), make::SUBJECT);
        assert_eq!(LEGACY.get().is_some(), needs_legacy);
        assert_eq!(parse("other").unwrap_err().code(), "certificate_password_wrong");
    }
}
