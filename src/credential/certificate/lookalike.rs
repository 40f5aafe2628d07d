//! What it is that is neither PEM nor PKCS#12, so that the message can say so.

use std::fmt;

use openssl::{
    pkey::PKey,
    x509::{X509, X509Req},
};

use super::{
    der::{self, Shape},
    read::MAX_BYTES,
    summary::CertificateSummary,
    text::find,
};

/// Something that users take for a certificate with its key.
///
/// Its `Display` ends a sentence that begins "it is".
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CertificateLookalike {
    /// Nothing, or white space.
    Empty,
    /// More bytes than any certificate has.
    TooLarge {
        /// How many.
        bytes: usize,
    },
    /// A certificate in DER, which is public and has no key: a `.cer` or `.crt` file.
    DerCertificate(Option<Box<CertificateSummary>>),
    /// Certificates without key in PKCS#7, a `.p7b` file.
    Pkcs7,
    /// A private key that is encrypted, in DER.
    EncryptedDerKey,
    /// A private key in OpenSSH's own format.
    OpenSshKey,
    /// A private key in `PuTTY`'s own format.
    PuttyKey,
    /// A public key, PEM, DER or OpenSSH's.
    PublicKey,
    /// A certificate signing request.
    CertificateRequest,
    /// A Java key store, JKS or JCEKS.
    JavaKeyStore,
    /// A web page, often that of a sign-in in front of the download.
    Html,
    /// JSON, often the answer of a secret store instead of its value.
    Json,
    /// The path of a file, in a variable that takes its content.
    Path,
    /// PEM blocks of other kinds only.
    OtherPem,
    /// Nothing known here.
    Unknown,
}

impl CertificateLookalike {
    /// Recognises `bytes`; `text` is the same as text.
    pub(super) fn recognise(bytes: &[u8], text: &[u8]) -> Self {
        let text = text.trim_ascii();
        let begins = |start: &[u8]| text.get(..start.len()).is_some_and(|t| t.eq_ignore_ascii_case(start));
        // RFC 4253 and OpenSSH's sshd(8): the type of the key, then base64.
        let ssh = [&b"ssh-rsa "[..], b"ssh-ed25519 ", b"ecdsa-sha2-", b"ssh-dss ", b"---- BEGIN SSH2 PUBLIC"];
        if bytes.len() > MAX_BYTES {
            Self::TooLarge { bytes: bytes.len() }
        } else if text.iter().all(|byte| *byte == 0 || byte.is_ascii_whitespace()) {
            Self::Empty
        } else if let Some(known) = Self::recognise_binary(bytes) {
            known
        } else if begins(b"<") {
            Self::Html
        } else if begins(b"{") || begins(b"[") {
            Self::Json
        } else if begins(b"PuTTY-User-Key-File") {
            Self::PuttyKey
        } else if ssh.iter().any(|start| begins(start)) {
            Self::PublicKey
        } else if is_path(text) {
            Self::Path
        } else {
            Self::Unknown
        }
    }

    /// Recognises DER and other binary formats.
    pub(super) fn recognise_binary(bytes: &[u8]) -> Option<Self> {
        if matches!(bytes, [0xFE, 0xED, 0xFE, 0xED, ..] | [0xCE, 0xCE, 0xCE, 0xCE, ..]) {
            return Some(Self::JavaKeyStore);
        }
        match der::shape(bytes)? {
            Shape::Pkcs7 => Some(Self::Pkcs7),
            Shape::Nested => {
                if let Ok(certificate) = X509::from_der(bytes) {
                    Some(Self::DerCertificate(CertificateSummary::for_message(&certificate)))
                } else if X509Req::from_der(bytes).is_ok() {
                    Some(Self::CertificateRequest)
                } else if PKey::public_key_from_der(bytes).is_ok() {
                    Some(Self::PublicKey)
                } else {
                    der::is_encrypted_private_key(bytes).then_some(Self::EncryptedDerKey)
                }
            }
            Shape::Pfx | Shape::PrivateKey => None,
        }
    }

    /// What PEM is that has neither a key nor a certificate of use, from the blocks `seen` in it.
    pub(super) fn of_pem(seen: &[Self]) -> Self {
        let order = [Self::OpenSshKey, Self::CertificateRequest, Self::PublicKey, Self::Pkcs7];
        order.into_iter().find(|kind| seen.contains(kind)).unwrap_or(Self::OtherPem)
    }
}

/// One line that ends like a file name or begins like a path.
fn is_path(text: &[u8]) -> bool {
    let lower = text.to_ascii_lowercase();
    let extensions = [&b".pem"[..], b".pfx", b".p12", b".crt", b".cer", b".key"];
    let starts = [&b"/"[..], b"./", b"../", b"~/", b"\\\\"];
    text.len() < 1024
        && find(text, b"\n").is_none()
        && (extensions.iter().any(|end| lower.ends_with(end))
            || starts.iter().any(|start| text.starts_with(start))
            || matches!(text, [b'A'..=b'Z' | b'a'..=b'z', b':', b'\\' | b'/', ..]))
}

impl fmt::Display for CertificateLookalike {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "empty",
            Self::TooLarge { bytes } => {
                return write!(f, "{bytes} bytes long, more than the {MAX_BYTES} allowed");
            }
            Self::DerCertificate(None) => "a DER certificate without private key",
            Self::DerCertificate(Some(summary)) => {
                return write!(f, "a DER certificate without private key: {summary}");
            }
            Self::Pkcs7 => "a PKCS#7 bundle, which has certificates and no private key",
            Self::EncryptedDerKey => "an encrypted private key in DER, without certificate",
            Self::OpenSshKey => "a private key in OpenSSH's own format, without certificate",
            Self::PuttyKey => "a private key in PuTTY's own format, without certificate",
            Self::PublicKey => "a public key",
            Self::CertificateRequest => "a certificate signing request, not a certificate",
            Self::JavaKeyStore => "a Java key store",
            Self::Html => "HTML or XML",
            Self::Json => "JSON",
            Self::Path => "the path of a file, not its content",
            Self::OtherPem => "PEM that holds neither a certificate nor a private key",
            Self::Unknown => "nothing that is known here",
        })
    }
}

#[cfg(test)]
mod tests {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    use openssl::{hash::MessageDigest, x509::X509ReqBuilder};

    use super::super::{CertificateError, test_support as make};
    use super::*;

    fn recognised(bytes: &[u8]) -> CertificateLookalike {
        let error = make::refused(bytes, None, "certificate_format_unknown");
        assert!(!error.hint().is_empty());
        match error {
            CertificateError::FormatUnknown { lookalike, .. } => lookalike,
            other => panic!("{other}"),
        }
    }

    fn request() -> openssl::x509::X509Req {
        let mut builder = X509ReqBuilder::new().unwrap();
        builder.set_pubkey(make::key()).unwrap();
        builder.sign(make::key(), MessageDigest::sha256()).unwrap();
        builder.build()
    }

    #[test]
    fn der_is_told_apart_also_in_base64() {
        let pem = make::pkcs8_scrypt("pässword");
        let encrypted: String =
            String::from_utf8(pem).unwrap().lines().filter(|line| !line.starts_with('-')).collect();
        let summary = CertificateSummary::for_message(make::leaf());
        for (der, expected) in [
            (make::leaf().to_der().unwrap(), CertificateLookalike::DerCertificate(summary)),
            (request().to_der().unwrap(), CertificateLookalike::CertificateRequest),
            (make::key().public_key_to_der().unwrap(), CertificateLookalike::PublicKey),
            (STANDARD.decode(encrypted).unwrap(), CertificateLookalike::EncryptedDerKey),
            ([&[0x30, 0x82, 1, 0, 6, 9][..], &[1; 254]].concat(), CertificateLookalike::Pkcs7),
            ([&[0xFE, 0xED, 0xFE, 0xED][..], &[0; 99]].concat(), CertificateLookalike::JavaKeyStore),
        ] {
            assert_eq!(recognised(&der), expected);
            assert_eq!(recognised(STANDARD.encode(der).as_bytes()), expected);
        }
        let error = make::refused(&make::leaf().to_der().unwrap(), None, "certificate_format_unknown");
        assert!(make::names(&error, make::leaf()), "{error}");
    }

    #[test]
    fn pem_of_other_kinds_is_told_apart() {
        for (pem, expected) in [
            (make::block("OPENSSH PRIVATE KEY", b"openssh-key-v1"), CertificateLookalike::OpenSshKey),
            (make::key().public_key_to_pem().unwrap(), CertificateLookalike::PublicKey),
            (make::block("RSA PUBLIC KEY", b"x"), CertificateLookalike::PublicKey),
            (request().to_pem().unwrap(), CertificateLookalike::CertificateRequest),
            (make::block("PKCS7", b"x"), CertificateLookalike::Pkcs7),
            (make::block("X509 CRL", b"x"), CertificateLookalike::OtherPem),
        ] {
            assert_eq!(recognised(&pem), expected);
        }
    }

    #[test]
    fn texts_are_told_apart() {
        for (text, expected) in [
            ("", CertificateLookalike::Empty),
            (" \r\n\0", CertificateLookalike::Empty),
            (r"\n", CertificateLookalike::Empty),
            ("\u{FEFF}", CertificateLookalike::Empty),
            ("<!DOCTYPE html><html>", CertificateLookalike::Html),
            ("\n<?xml version='1.0'?>", CertificateLookalike::Html),
            (r#"{"value": "MII"}"#, CertificateLookalike::Json),
            ("PuTTY-User-Key-File-3: ssh-rsa", CertificateLookalike::PuttyKey),
            ("ssh-rsa AAAAB3NzaC1yc2E me@here", CertificateLookalike::PublicKey),
            ("/home/me/cert.pem", CertificateLookalike::Path),
            (r"C:\certs\ci.pfx", CertificateLookalike::Path),
            ("certs/ci.p12", CertificateLookalike::Path),
            ("Xy8Q~a-client-secret", CertificateLookalike::Unknown),
            ("cGFzc3dvcmQ=", CertificateLookalike::Unknown),
            ("0", CertificateLookalike::Unknown),
        ] {
            assert_eq!(recognised(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn what_is_too_large_is_not_even_looked_at() {
        let mut pem = make::with_leaf(&make::key_pem());
        pem.resize(MAX_BYTES, b'\n');
        make::accepted(&pem, None);
        pem.push(b'\n');
        assert_eq!(recognised(&pem), CertificateLookalike::TooLarge { bytes: MAX_BYTES + 1 });
    }
}
