//! What to do about each error. A command has a line of its own, unbroken, ready to be pasted.

use super::{
    CertificateOrigin,
    error::{CertificateError, CertificateFormat, PasswordFlaw},
    lookalike::CertificateLookalike,
    summary::printable,
};

const PASSWORD: &str = "WORKIQ_CLIENT_CERTIFICATE_PASSWORD (option clientCertificatePassword)";

/// A key that only its owner can read, and its certificate.
const NEW: &str = "umask 077\n\
                   openssl req -x509 -newkey rsa:3072 -sha256 -days 365 -nodes -subj /CN=workiq-ci -keyout key.pem \
                   -out cert.pem\n\
                   cat key.pem cert.pem > client.pem";

/// Key and certificate in one file, for its owner alone.
const PAIR: &str = "umask 077\ncat key.pem cert.pem > client.pem";

const UNKNOWN: &str = "<client-id>";

impl CertificateError {
    /// What to do next, in a few lines: sentences, and commands on lines of their own.
    #[must_use]
    pub fn hint(&self) -> String {
        self.hint_for(UNKNOWN)
    }

    /// The same with `client`, the application's client id, in the commands.
    #[must_use]
    pub fn hint_for(&self, client: &str) -> String {
        let file = file(self.origin());
        let upload = upload(client);
        match self {
            Self::FormatUnknown { lookalike, .. } => for_lookalike(lookalike, &file, &upload),
            Self::Malformed { .. } => format!(
                "Make the file again or copy it anew, whole and in binary mode. For a variable, store it as base64 \
                 (macOS: base64 -i):\n\
                 base64 -w0 {file}\n\
                 To see what OpenSSL makes of it, for PEM the first two, for PKCS#12 the last:\n\
                 openssl x509 -in {file} -noout -subject\n\
                 openssl pkey -in {file} -noout\n\
                 openssl pkcs12 -in {file} -noout"
            ),
            Self::PasswordMissing { format, .. } => {
                format!("Set {PASSWORD}. To check a password by hand:\n{}", password_check(*format, &file))
            }
            Self::PasswordWrong { format, flaw, .. } => format!(
                "{}Set {PASSWORD} to the password that it was exported with, and check it by hand; if it is right there \
                 as well as here, the file is damaged:\n{}",
                for_flaw(*flaw),
                password_check(*format, &file)
            ),
            Self::EncryptionUnsupported { .. } => format!(
                "Encrypt it anew with a current algorithm. PKCS#12 is turned into PEM, which holds the key:\n\
                 umask 077\n\
                 openssl pkcs12 -legacy -in {file} -out all.pem\n\
                 PEM:\n\
                 openssl pkcs8 -topk8 -v2 aes-256-cbc -in {file} -out key.pem"
            ),
            Self::PrivateKeyMissing { openssh_key: true, .. } => format!(
                "Convert the key, which rewrites the file, then put it and the certificate into one file:\n\
                 ssh-keygen -p -m PKCS8 -f {file}"
            ),
            Self::PrivateKeyMissing { .. } => format!(
                "Put the private key that the certificate was made with beside it:\n{PAIR}\n\
                 If it is in the Windows certificate store or in Key Vault, export it from there as PFX with private \
                 key. If it is lost, make a new certificate."
            ),
            Self::CertificateMissing { request: true, .. } => {
                format!(
                    "Let the CA sign the request, and put the certificate that it returns beside the key:\n{PAIR}"
                )
            }
            Self::CertificateMissing { .. } => format!(
                "Put the certificate beside the key:\n{PAIR}\n\
                 If there is none yet, make one before, and upload it to the application:\n\
                 openssl req -x509 -key {file} -sha256 -days 365 -subj /CN=workiq-ci -out cert.pem\n{upload}"
            ),
            Self::KeyMismatch { .. } => format!(
                "Put the key and the certificate of one and the same order together. These two must print the same:\n\
                 openssl x509 -in {file} -noout -pubkey\n\
                 openssl pkey -in {file} -pubout"
            ),
            Self::KeyAmbiguous { .. } => "Leave one private key there, that of the certificate that the \
                 application has in Entra."
                .to_owned(),
            Self::KeyUnsupported { .. } => format!(
                "Entra accepts RSA keys of 2048 bits or more and refuses others (AADSTS5002738 for ES256). Make a new \
                 certificate, upload it, and use client.pem here:\n{NEW}\n{upload}"
            ),
            Self::Expired { .. } => format!(
                "If the date above is wrong, set the clock of this machine. Else make a new certificate, upload it \
                 beside the old one, and use client.pem here:\n{NEW}\n{upload}"
            ),
            Self::NotYetValid { .. } => "Set the clock of this machine if the date above is wrong \
                 (date -u); otherwise wait, or make a certificate that is valid from now on."
                .to_owned(),
        }
    }
}

/// Adds cert.pem to the application `client`. In quotes, as an @ is read by `PowerShell`.
fn upload(client: &str) -> String {
    format!("az ad app credential reset --id {client} --cert \"@cert.pem\" --append")
}

fn for_lookalike(lookalike: &CertificateLookalike, file: &str, upload: &str) -> String {
    match lookalike {
        CertificateLookalike::Empty => {
            "Check that the secret it comes from is set for this job; forks and other environments \
             often do not get it."
                .to_owned()
        }
        CertificateLookalike::TooLarge { .. } => {
            "Check the path: a certificate with key and chain has a few thousand bytes.".to_owned()
        }
        CertificateLookalike::DerCertificate(_) => format!(
            "This is the public half, which is uploaded to Entra. Give the PFX that it was exported with, or put it \
             together with its private key:\n\
             openssl x509 -inform der -in {file} -out cert.pem\n{PAIR}"
        ),
        CertificateLookalike::Pkcs7 => format!(
            "Take the certificates out and put the private key beside them (without -inform der if the file is text):\n\
             openssl pkcs7 -inform der -in {file} -print_certs -out cert.pem\n{PAIR}"
        ),
        CertificateLookalike::EncryptedDerKey => format!(
            "Turn it into PEM and put the certificate beside it:\n\
             openssl pkey -inform der -in {file} -aes256 -out key.pem\n{PAIR}"
        ),
        CertificateLookalike::OpenSshKey => format!(
            "An SSH key has no certificate that Entra knows. Better make a new pair, and upload its certificate:\n\
             {NEW}\n{upload}\n\
             To use this key all the same, convert it first, which rewrites the file:\n\
             ssh-keygen -p -m PKCS8 -f {file}"
        ),
        CertificateLookalike::PuttyKey | CertificateLookalike::PublicKey => format!(
            "A certificate and its private key are needed. To make them, and upload the certificate to the \
             application:\n{NEW}\n{upload}"
        ),
        CertificateLookalike::CertificateRequest => format!(
            "Send the request to the CA, and put the certificate that it returns together with the private key:\n{PAIR}"
        ),
        CertificateLookalike::JavaKeyStore => format!(
            "Convert it:\nkeytool -importkeystore -srckeystore {file} -destkeystore client.p12 -deststoretype PKCS12"
        ),
        CertificateLookalike::Html => {
            "The download probably ended at a sign-in page. Open the file in an editor to see.".to_owned()
        }
        CertificateLookalike::Json => {
            "Take the value out of the answer of the secret store; for Key Vault:\n\
             az keyvault secret show --id <id> --query value -o tsv"
                .to_owned()
        }
        CertificateLookalike::Path => {
            "Give the path in WORKIQ_CLIENT_CERTIFICATE_PATH (option clientCertificatePath), or the \
             content here."
                .to_owned()
        }
        CertificateLookalike::OtherPem | CertificateLookalike::Unknown => format!(
            "Give PEM with private key and certificate, or PKCS#12 (PFX); inline the same, or base64 of it. This shows \
             what it is (with -inform der for binary files):\n\
             openssl asn1parse -in {file}"
        ),
    }
}

fn for_flaw(flaw: Option<PasswordFlaw>) -> &'static str {
    match flaw {
        None => "",
        Some(PasswordFlaw::WhiteSpace) => {
            "The password begins or ends with white space, often a line break that was stored with it. "
        }
        Some(PasswordFlaw::Quotes) => "The password is in quotation marks, which are taken as part of it. ",
        Some(PasswordFlaw::Zero) => "The password has a zero character, which no password can have. ",
    }
}

fn password_check(format: CertificateFormat, file: &str) -> String {
    match format {
        CertificateFormat::Pem => format!("openssl pkey -in {file} -noout"),
        CertificateFormat::Pkcs12 => format!("openssl pkcs12 -in {file} -noout"),
    }
}

/// The file as one word of a shell; for a variable, the file that it was made from.
fn file(origin: &CertificateOrigin) -> String {
    let CertificateOrigin::File(path) = origin else {
        return "<file>".to_owned();
    };
    let path = printable(&path.display().to_string());
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+=:@%".contains(c);
    if !path.is_empty() && !path.starts_with('-') && path.chars().all(plain) {
        path
    } else {
        format!("'{}'", path.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{ClientCertificate, test_support as make};
    use super::*;

    fn hint(path: &str, bytes: &[u8], password: Option<&str>) -> String {
        let origin = CertificateOrigin::File(path.into());
        ClientCertificate::parse(bytes, password, &origin, std::time::SystemTime::now()).unwrap_err().hint()
    }

    #[test]
    fn commands_name_the_file_as_one_word() {
        let der = make::leaf().to_der().unwrap();
        assert!(hint("/a/b.cer", &der, None).contains("-in /a/b.cer -out"));
        assert!(hint("/a/my file's.cer", &der, None).contains(r"-in '/a/my file'\''s.cer' -out"));
        assert!(hint("/a/$(x)\n.cer", &der, None).contains(r"-in '/a/$(x)\n.cer' -out"));
    }

    #[test]
    fn commands_stand_on_lines_of_their_own_and_a_key_is_its_owners_alone() {
        const CLIENT: &str = "11111111-2222-4333-8444-555555555555";
        let key = make::key();
        let expired = make::Certificate { days: (-10, -1), ..make::Certificate::new(key) }.make();
        let error = make::refused(&make::pair(key, &[&expired]), None, "certificate_expired");
        let told = error.hint_for(CLIENT);
        assert_eq!(
            told.lines().skip(1).collect::<Vec<_>>(),
            [
                "umask 077",
                "openssl req -x509 -newkey rsa:3072 -sha256 -days 365 -nodes -subj /CN=workiq-ci -keyout key.pem -out \
                 cert.pem",
                "cat key.pem cert.pem > client.pem",
                &format!("az ad app credential reset --id {CLIENT} --cert \"@cert.pem\" --append"),
            ]
        );
        for bytes in [
            make::leaf().to_der().unwrap(),
            make::leaf().to_pem().unwrap(),
            key.private_key_to_pem_pkcs8().unwrap(),
            b"PuTTY-User-Key-File-3: ssh-rsa".to_vec(),
            b"half a cert".to_vec(),
            make::pfx("p", |_| {}),
        ] {
            let hint = hint("/a/b", &bytes, None);
            assert!(hint.lines().count() <= 11 && !hint.contains('`') && !hint.contains("&&"), "{hint}");
            for command in ["openssl ", "cat key", "az ad "] {
                assert!(hint.match_indices(command).all(|(at, _)| hint[..at].ends_with('\n')), "{hint}");
            }
            assert!(hint.find("umask").is_none_or(|at| at < hint.find("> client.pem").unwrap()), "{hint}");
            assert_eq!(hint.contains("umask 077"), hint.contains("> client.pem"), "{hint}");
        }
    }

    #[test]
    fn a_password_that_picked_something_up_is_suspected() {
        let pfx = make::pfx("pässword", |_| {});
        assert!(hint("x", &pfx, Some("pässword\n")).contains("white space"));
        assert!(hint("x", &pfx, Some("\"pässword\"")).contains("quotation marks"));
        assert!(hint("x", &pfx, Some("pässword\0")).contains("zero character"));
        assert!(hint("x", &pfx, Some("guess")).starts_with("Set WORKIQ_CLIENT_CERTIFICATE_PASSWORD"));
        assert!(hint("x", &pfx, None).starts_with("Set WORKIQ_CLIENT_CERTIFICATE_PASSWORD"));
    }
}
