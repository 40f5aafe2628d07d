//! PEM (RFC 7468): blocks in any order, with whatever text around them.

use std::fmt::Write as _;

use openssl::pkey::{PKey, Private};
use openssl::x509::X509;
use zeroize::Zeroizing;

use super::text::from_base64;
use super::{CertificateError, CertificateOrigin, Contents};

/// One block, its parts still text.
struct Block<'a> {
    label: &'a str,
    body: &'a str,
}

/// Keys and certificates of `text`. Other blocks (parameters, requests) are passed over.
pub(super) fn read(
    text: &[u8],
    password: Option<&str>,
    origin: &CertificateOrigin,
) -> Result<Contents, CertificateError> {
    let malformed = |what: String| CertificateError::Malformed { origin: origin.to_string(), what };
    // What is not UTF-8 can only stand in the text around blocks.
    let text = Zeroizing::new(String::from_utf8_lossy(text).into_owned());
    let mut contents = Contents::default();
    for block in blocks(&text).map_err(|what| malformed(what.into()))? {
        match block.label {
            "CERTIFICATE" | "X509 CERTIFICATE" | "TRUSTED CERTIFICATE" => {
                let pem = rewrite(&block);
                let certificate = X509::from_pem(pem.as_bytes())
                    .map_err(|_| malformed("a certificate in it is damaged".into()))?;
                contents.certificates.push(certificate);
            }
            "OPENSSH PRIVATE KEY" => {
                return Err(CertificateError::FormatUnknown {
                    origin: origin.to_string(),
                    what: "its key is an OpenSSH key".into(),
                });
            }
            label if label.ends_with("PRIVATE KEY") => contents.keys.push(key(&block, password, origin)?),
            _ => {}
        }
    }
    Ok(contents)
}

fn key(
    block: &Block<'_>,
    password: Option<&str>,
    origin: &CertificateOrigin,
) -> Result<PKey<Private>, CertificateError> {
    let pem = rewrite(block);
    let encrypted = block.label.starts_with("ENCRYPTED") || block.body.contains("ENCRYPTED");
    let origin = || origin.to_string();
    let damaged =
        || CertificateError::Malformed { origin: origin(), what: "the private key in it is damaged".into() };
    if !encrypted {
        // Always with a callback: without one, OpenSSL would ask at the terminal.
        return PKey::private_key_from_pem_callback(pem.as_bytes(), |_| Ok(0)).map_err(|_| damaged());
    }
    let Some(password) = password else {
        return Err(CertificateError::PasswordMissing { origin: origin() });
    };
    let open = || PKey::private_key_from_pem_passphrase(pem.as_bytes(), password.as_bytes());
    // Only what RFC 1421 encrypts has headers in its body; all else must be whole base64.
    let whole =
        block.body.contains(':') || from_base64(block.body.as_bytes()).is_some_and(|der| is_whole(&der));
    if !whole {
        return Err(damaged());
    }
    open()
        .or_else(|_| super::pkcs12::with_legacy(open))
        .map_err(|_| CertificateError::PasswordWrong { origin: origin() })
}

/// Whether `der` is one DER element, nothing cut off: tells a damaged key from a wrong password.
fn is_whole(der: &[u8]) -> bool {
    match der {
        [0x30, 0x82, high, low, rest @ ..] => rest.len() == usize::from(*high) << 8 | usize::from(*low),
        [0x30, 0x81, length, rest @ ..] => rest.len() == usize::from(*length),
        _ => false,
    }
}

/// The blocks of `text`, or what is wrong with it.
fn blocks(text: &str) -> Result<Vec<Block<'_>>, &'static str> {
    const BEGIN: &str = "-----BEGIN ";
    const DASHES: &str = "-----";
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once(BEGIN) {
        let (label, after) = after.split_once(DASHES).ok_or("a BEGIN line is cut off")?;
        let (body, after) = after.split_once("-----END ").ok_or("a block has no END line; it is cut off")?;
        if body.contains(BEGIN) {
            return Err("a block has no END line; it is cut off");
        }
        let (end, after) = after.split_once(DASHES).ok_or("an END line is cut off")?;
        if end != label {
            return Err("the END line of a block is another's");
        }
        found.push(Block { label, body });
        rest = after;
    }
    Ok(found)
}

/// The block as OpenSSL reads it: lines of 64 characters, whatever became of its line breaks on the way.
fn rewrite(block: &Block<'_>) -> Zeroizing<String> {
    let Block { label, body } = block;
    // Writing to a String cannot fail.
    let mut pem = Zeroizing::new(String::with_capacity(body.len() * 2 + 128));
    let _ = writeln!(pem, "-----BEGIN {label}-----");
    // Headers of RFC 1421 ("Proc-Type: 4,ENCRYPTED"), which end at an empty line.
    let base64 = if let (true, Some(at)) = (body.contains("Proc-Type:"), body.find("DEK-Info:")) {
        let value = body[at + "DEK-Info:".len()..].trim_start();
        let (info, base64) = value.split_once(char::is_whitespace).unwrap_or((value, ""));
        let _ = write!(pem, "Proc-Type: 4,ENCRYPTED\nDEK-Info: {info}\n\n");
        base64
    } else {
        body
    };
    for (at, c) in base64.chars().filter(|c| !c.is_whitespace()).enumerate() {
        if at > 0 && at % 64 == 0 {
            pem.push('\n');
        }
        pem.push(c);
    }
    let _ = write!(pem, "\n-----END {label}-----\n");
    pem
}
