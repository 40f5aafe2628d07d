//! What to do about each error, with the command where there is one.

use super::{
    CertificateOrigin,
    error::{CertificateError, CertificateFormat, PasswordFlaw},
    lookalike::CertificateLookalike,
    summary::printable,
};

const PASSWORD: &str = "WORKIQ_CLIENT_CERTIFICATE_PASSWORD (option clientCertificatePassword)";

const NEW: &str = "openssl req -x509 -newkey rsa:3072 -sha256 -days 365 -nodes -subj /CN=workiq-ci \
                   -keyout key.pem -out cert.pem && cat key.pem cert.pem > client.pem";

const UPLOAD: &str = "az ad app credential reset --id <client-id> --cert @cert.pem --append";

impl CertificateError {
    /// What to do next, in one or more sentences.
    #[must_use]
    pub fn hint(&self) -> String {
        let file = file(self.origin());
        match self {
            Self::FormatUnknown { lookalike, .. } => for_lookalike(lookalike, &file),
            Self::Malformed { .. } => format!(
                "Make the file again or copy it anew, whole and in binary mode; for a variable, \
                 store `base64 -w0 {file}` (macOS: `base64 -i {file}`). To see what OpenSSL makes \
                 of it: `openssl x509 -in {file} -noout -subject` and `openssl pkey -in {file} \
                 -noout` for PEM, `openssl pkcs12 -in {file} -noout` for PKCS#12."
            ),
            Self::PasswordMissing { format, .. } => {
                format!("Set {PASSWORD}. To check a password by hand: `{}`.", password_check(*format, &file))
            }
            Self::PasswordWrong { format, flaw, .. } => format!(
                "{}Set {PASSWORD} to the password that it was exported with, and check it by hand: \
                 `{}`. If the password is right there as well as here, the file is damaged.",
                for_flaw(*flaw),
                password_check(*format, &file)
            ),
            Self::EncryptionUnsupported { .. } => format!(
                "Encrypt it anew with a current algorithm. PKCS#12: `openssl pkcs12 -legacy -in \
                 {file} -out all.pem`; PEM: `openssl pkcs8 -topk8 -v2 aes-256-cbc -in {file} -out \
                 key.pem`."
            ),
            Self::PrivateKeyMissing { openssh_key: true, .. } => format!(
                "Convert the key, which rewrites the file: `ssh-keygen -p -m PKCS8 -f {file}`; then \
                 put it and the certificate into one file."
            ),
            Self::PrivateKeyMissing { .. } => "Put the private key that the certificate was made with \
                 beside it: `cat key.pem cert.pem > client.pem`. If it is in the Windows certificate \
                 store or in Key Vault, export it from there as PFX with private key. If it is lost, \
                 make a new certificate."
                .to_owned(),
            Self::CertificateMissing { request: true, .. } => "Let the CA sign the request, and put the \
                 certificate that it returns beside the key: `cat key.pem cert.pem > client.pem`."
                .to_owned(),
            Self::CertificateMissing { .. } => format!(
                "Put the certificate beside the key: `cat key.pem cert.pem > client.pem`. If there is \
                 none yet, make one: `openssl req -x509 -key {file} -sha256 -days 365 -subj \
                 /CN=workiq-ci -out cert.pem`, and upload cert.pem to the application: `{UPLOAD}`."
            ),
            Self::KeyMismatch { .. } => format!(
                "These two must print the same: `openssl x509 -in {file} -noout -pubkey` and `openssl \
                 pkey -in {file} -pubout`. Put the key and the certificate of one and the same order \
                 together."
            ),
            Self::KeyAmbiguous { .. } => "Leave one private key there, that of the certificate that the \
                 application has in Entra."
                .to_owned(),
            Self::KeyUnsupported { .. } => format!(
                "Entra accepts RSA keys of 2048 bits or more and refuses others (AADSTS5002738 for \
                 ES256). Make a new certificate: `{NEW}`, and upload cert.pem to the application: \
                 `{UPLOAD}`."
            ),
            Self::Expired { .. } => format!(
                "Make a new certificate: `{NEW}`, upload cert.pem to the application: `{UPLOAD}`, and \
                 use client.pem here. If the date above is wrong, set the clock of this machine."
            ),
            Self::NotYetValid { .. } => "Set the clock of this machine if the date above is wrong \
                 (`date -u`); otherwise wait, or make a certificate that is valid from now on."
                .to_owned(),
        }
    }
}

fn for_lookalike(lookalike: &CertificateLookalike, file: &str) -> String {
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
            "This is the public half, which is uploaded to Entra. Give the PFX that it was exported \
             with, or put it together with its private key: `openssl x509 -inform der -in {file} -out \
             cert.pem && cat key.pem cert.pem > client.pem`."
        ),
        CertificateLookalike::Pkcs7 => format!(
            "Take the certificates out and put the private key beside them: `openssl pkcs7 -inform \
             der -in {file} -print_certs -out cert.pem && cat key.pem cert.pem > client.pem` (leave \
             out -inform der if the file is text)."
        ),
        CertificateLookalike::EncryptedDerKey => format!(
            "Turn it into PEM and put the certificate beside it: `openssl pkey -inform der -in {file} \
             -aes256 -out key.pem && cat key.pem cert.pem > client.pem`."
        ),
        CertificateLookalike::OpenSshKey => format!(
            "An SSH key has no certificate that Entra knows. Better make a new pair: `{NEW}`, and \
             upload cert.pem: `{UPLOAD}`. To use this key all the same, convert it first: `ssh-keygen \
             -p -m PKCS8 -f {file}`."
        ),
        CertificateLookalike::PuttyKey | CertificateLookalike::PublicKey => format!(
            "A certificate and its private key are needed. To make them: `{NEW}`; then upload cert.pem \
             to the application: `{UPLOAD}`."
        ),
        CertificateLookalike::CertificateRequest => {
            "Send the request to the CA, and put the certificate that it returns together with the \
             private key: `cat key.pem cert.pem > client.pem`."
                .to_owned()
        }
        CertificateLookalike::JavaKeyStore => format!(
            "Convert it: `keytool -importkeystore -srckeystore {file} -destkeystore client.p12 \
             -deststoretype PKCS12`."
        ),
        CertificateLookalike::Html => {
            "The download probably ended at a sign-in page. Open the file in an editor to see.".to_owned()
        }
        CertificateLookalike::Json => {
            "Take the value out of the answer of the secret store; for Key Vault: `az keyvault secret \
             show --id <id> --query value -o tsv`."
                .to_owned()
        }
        CertificateLookalike::Path => {
            "Give the path in WORKIQ_CLIENT_CERTIFICATE_PATH (option clientCertificatePath), or the \
             content here."
                .to_owned()
        }
        CertificateLookalike::OtherPem | CertificateLookalike::Unknown => format!(
            "Give PEM with private key and certificate, or PKCS#12 (PFX); inline the same, or base64 \
             of it. `openssl asn1parse -in {file}` (with -inform der for binary files) shows what it \
             is."
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
    fn a_password_that_picked_something_up_is_suspected() {
        let pfx = make::pfx("pässword", |_| {});
        assert!(hint("x", &pfx, Some("pässword\n")).contains("white space"));
        assert!(hint("x", &pfx, Some("\"pässword\"")).contains("quotation marks"));
        assert!(hint("x", &pfx, Some("pässword\0")).contains("zero character"));
        assert!(hint("x", &pfx, Some("guess")).starts_with("Set WORKIQ_CLIENT_CERTIFICATE_PASSWORD"));
        assert!(hint("x", &pfx, None).starts_with("Set WORKIQ_CLIENT_CERTIFICATE_PASSWORD"));
    }
}
