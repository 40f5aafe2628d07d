//! PEM (RFC 7468), read more generously than the RFC asks: blocks are found by their markers
//! alone, whatever stands around them and wherever lines were broken.

use openssl::{error::ErrorStack, x509::X509};
use zeroize::Zeroizing;

use super::{
    Material,
    key::{self, LegacyEncryption},
    lookalike::CertificateLookalike,
    text::{find, from_base64},
    unlock::{self, Failure},
};

const BEGIN: &[u8] = b"-----BEGIN ";
const END: &[u8] = b"-----END ";
const DASHES: &[u8] = b"-----";

/// The longest label in use has 27 characters.
const LABEL_LIMIT: usize = 64;

/// What a PEM text holds.
#[derive(Default)]
pub(super) struct Content {
    pub(super) material: Material,
    /// Blocks that are of no use here, and explain why something else is missing.
    pub(super) seen: Vec<CertificateLookalike>,
    /// The first key that could not be read, and the label of its block.
    pub(super) failed_key: Option<(String, Failure)>,
}

/// Whether there is a PEM block in `text`, whole or not.
pub(super) fn is_pem(text: &[u8]) -> bool {
    find(text, BEGIN).is_some()
}

/// All keys and certificates in `text`. Fails for a block that is cut off and a certificate that
/// cannot be read, with the label of the block; a key that cannot be read is left to the caller,
/// who can name the certificate beside it.
pub(super) fn read(text: &[u8], password: Option<&str>) -> Result<Content, (String, Failure)> {
    let mut content = Content::default();
    for block in Blocks(text) {
        let block = block?;
        match block.label {
            // The last begins like a plain one and goes on with OpenSSL's trust settings, which
            // the reader leaves alone.
            "CERTIFICATE" | "X509 CERTIFICATE" | "TRUSTED CERTIFICATE" => {
                let certificate = block.certificate().map_err(|failure| block.failed(failure))?;
                content.material.certificates.push(certificate);
            }
            "OPENSSH PRIVATE KEY" => content.seen.push(CertificateLookalike::OpenSshKey),
            label if label.ends_with("PRIVATE KEY") => match block.key(password) {
                Ok(key) => content.material.keys.push(key),
                Err(failure) => {
                    content.failed_key.get_or_insert(block.failed(failure));
                }
            },
            "CERTIFICATE REQUEST" | "NEW CERTIFICATE REQUEST" => {
                content.seen.push(CertificateLookalike::CertificateRequest);
            }
            label if label.ends_with("PUBLIC KEY") => {
                content.seen.push(CertificateLookalike::PublicKey);
            }
            "PKCS7" | "PKCS #7 SIGNED DATA" | "CMS" => {
                content.seen.push(CertificateLookalike::Pkcs7);
            }
            // EC PARAMETERS, DH PARAMETERS, X509 CRL and whatever else people keep together.
            _ => {}
        }
    }
    Ok(content)
}

struct Block<'a> {
    label: &'a str,
    /// All between the two markers.
    body: &'a [u8],
}

impl Block<'_> {
    fn failed(&self, failure: Failure) -> (String, Failure) {
        (self.label.to_owned(), failure)
    }

    fn certificate(&self) -> Result<X509, Failure> {
        X509::from_der(&decode(self.body)?).map_err(|errors| malformed(&errors))
    }

    fn key(&self, password: Option<&str>) -> Result<openssl::pkey::PKey<openssl::pkey::Private>, Failure> {
        let (encryption, body) = split_headers(self.body);
        let der = decode(&body)?;
        match (self.label, encryption) {
            (_, Some(encryption)) => key::legacy_encrypted(self.label, &encryption, &der, password),
            ("ENCRYPTED PRIVATE KEY", None) => key::encrypted(&der, password),
            (_, None) => key::plain(self.label, &der),
        }
    }
}

fn decode(body: &[u8]) -> Result<Zeroizing<Vec<u8>>, Failure> {
    from_base64(body).ok_or_else(|| {
        Failure::Malformed("what stands between its BEGIN and END lines is not base64".to_owned())
    })
}

fn malformed(errors: &ErrorStack) -> Failure {
    Failure::Malformed(unlock::reasons(errors))
}

/// Takes the headers of RFC 1421 off a body. They are found by their colon, which base64 does not
/// have, so that they are still found where line breaks have become spaces.
fn split_headers(body: &[u8]) -> (Option<LegacyEncryption<'_>>, Zeroizing<Vec<u8>>) {
    let mut dek_info = None;
    let mut base64 = Zeroizing::new(Vec::with_capacity(body.len()));
    let mut words = body.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    while let Some(word) = words.next() {
        let Some(colon) = word.iter().position(|byte| *byte == b':') else {
            base64.extend_from_slice(word);
            continue;
        };
        let (name, value) = (&word[..colon], &word[colon + 1..]);
        let value = if value.is_empty() { words.next().unwrap_or_default() } else { value };
        if name == b"DEK-Info" {
            dek_info = std::str::from_utf8(value).ok();
        }
    }
    (dek_info.map(|dek_info| LegacyEncryption { dek_info }), base64)
}

/// The blocks of a text, in order. Ends with the first that is cut off.
struct Blocks<'a>(&'a [u8]);

impl<'a> Iterator for Blocks<'a> {
    type Item = Result<Block<'a>, (String, Failure)>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let start = find(self.0, BEGIN)? + BEGIN.len();
            let text = self.0.get(start..)?;
            self.0 = text;
            // Not a label: somebody writing about PEM.
            let Some(label) = label(text) else { continue };
            let body = text.get(label.len() + DASHES.len()..)?;
            let end = find(body, END).filter(|end| find(&body[..*end], BEGIN).is_none());
            let closed = end.and_then(|end| {
                let after = body.get(end + END.len()..)?;
                after.strip_prefix(label.as_bytes())?.strip_prefix(DASHES).map(|rest| (end, rest))
            });
            let Some((end, rest)) = closed else {
                self.0 = &[];
                let what = "its END line is missing: the text is cut off or mixed up";
                return Some(Err((label.to_owned(), Failure::Malformed(what.to_owned()))));
            };
            self.0 = rest;
            return Some(Ok(Block { label, body: &body[..end] }));
        }
    }
}

fn label(text: &[u8]) -> Option<&str> {
    let label = text.get(..find(text.get(..LABEL_LIMIT).unwrap_or(text), DASHES)?)?;
    let allowed = |byte: &u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || b" #".contains(byte);
    label.iter().all(allowed).then(|| std::str::from_utf8(label).ok())?
}

#[cfg(test)]
mod tests {
    use super::super::test_support::{self as make, Certificate};
    use super::*;

    fn replace(pem: &[u8], from: &str, to: &str) -> Vec<u8> {
        String::from_utf8(pem.to_vec()).unwrap().replace(from, to).into_bytes()
    }

    #[test]
    fn order_does_not_matter_and_neither_does_what_stands_between() {
        let (key, leaf) = (make::key_pem(), make::leaf_pem());
        let pkcs1 = make::key().rsa().unwrap().private_key_to_pem().unwrap();
        let bag = b"Bag Attributes\n    friendlyName: C:\\new\\key\n    localKeyID: 01\nKey Attributes: <No Attributes>\n";
        let parameters = b"-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n";
        let junk = b"-----BEGIN SOMETHING ELSE-----\n???\n-----END SOMETHING ELSE-----\n";
        for parts in [
            &[&key[..], &leaf][..],
            &[&leaf, &key],
            &[&pkcs1, &leaf],
            &[bag, &key, bag, &leaf],
            &[b"\xEF\xBB\xBF# my key, \xE9\n", &key, b"subject=CN = x\n\n", &leaf, b"end"],
            &[parameters, junk, &key, &leaf, junk],
            &[&key, &key, &leaf, &leaf],
            &[b"a text about -----BEGIN and -----BEGIN stuff-----\n", &key, &leaf],
        ] {
            make::accepted(&parts.concat(), None);
        }
    }

    #[test]
    fn line_breaks_of_any_kind_or_none_are_read() {
        for pem in [
            make::with_leaf(&make::key_pem()),
            make::with_leaf(&make::pkcs1_encrypted(openssl::symm::Cipher::aes_256_cbc(), "pässword")),
        ] {
            for line_break in ["\r\n", "\r", r"\n", r"\r\n", r"\\n", " ", "\t", "\n  ", "\n\n"] {
                make::accepted(&replace(&pem, "\n", line_break), Some("pässword"));
            }
            make::accepted(
                &format!("\"{}\"", String::from_utf8(pem).unwrap()).into_bytes(),
                Some("pässword"),
            );
        }
        make::accepted(&replace(&make::with_leaf(&make::key_pem()), "\n", ""), None);
    }

    #[test]
    fn utf16_is_read_as_powershell_writes_it() {
        let pem = make::with_leaf(&make::key_pem());
        let utf16: Vec<u8> = pem.iter().flat_map(|byte| [*byte, 0]).collect();
        make::accepted(&[&[0xFF, 0xFE], &utf16[..]].concat(), None);
    }

    #[test]
    fn trusted_and_old_labels_of_certificates_are_read() {
        // What OpenSSL adds for trust: X509_CERT_AUX with an alias.
        let trusted = [make::leaf().to_der().unwrap(), vec![0x30, 4, 0x0C, 2, b'c', b'i']].concat();
        for block in [
            make::block("TRUSTED CERTIFICATE", &trusted),
            make::block("X509 CERTIFICATE", &make::leaf().to_der().unwrap()),
        ] {
            let read = make::accepted(&[make::key_pem(), block].concat(), None);
            assert_eq!(read.leaf_der(), make::leaf().to_der().unwrap());
        }
    }

    #[test]
    fn blocks_that_are_cut_off_or_mixed_up_are_named() {
        let pem = make::with_leaf(&make::key_pem());
        for (damaged, block) in [
            (pem[..pem.len() - 30].to_vec(), "CERTIFICATE block"),
            (pem[..400].to_vec(), "PRIVATE KEY block"),
            (replace(&pem, "-----END PRIVATE KEY-----\n", ""), "PRIVATE KEY block"),
            (replace(&pem, "END PRIVATE", "END RSA PRIVATE"), "PRIVATE KEY block"),
            (
                replace(&pem, "-----BEGIN CERTIFICATE-----\n", "-----BEGIN CERTIFICATE-----\nMII*"),
                "CERTIFICATE block",
            ),
            (
                replace(&pem, "-----BEGIN PRIVATE KEY-----\n", "-----BEGIN PRIVATE KEY-----\nMIIE"),
                "PRIVATE KEY block",
            ),
        ] {
            let error = make::refused(&damaged, None, "certificate_malformed");
            assert!(error.to_string().contains(block), "{error}");
        }
    }

    #[test]
    fn what_is_missing_is_said_and_what_is_there_instead() {
        let error = make::refused(&make::leaf_pem(), None, "certificate_private_key_missing");
        assert!(make::names(&error, make::leaf()), "{error}");

        make::refused(&make::key_pem(), None, "certificate_missing");

        let ssh = make::block("OPENSSH PRIVATE KEY", b"openssh-key-v1\0none");
        let error = make::refused(&make::with_leaf(&ssh), None, "certificate_private_key_missing");
        assert!(error.to_string().contains("OpenSSH") && error.hint().contains("ssh-keygen"), "{error}");

        let request = make::block("CERTIFICATE REQUEST", b"any");
        let error = make::refused(&[make::key_pem(), request].concat(), None, "certificate_missing");
        assert!(error.to_string().contains("signing request"), "{error}");
    }

    #[test]
    fn one_key_that_cannot_be_read_is_an_error_although_another_can() {
        let broken = make::block("PRIVATE KEY", b"broken");
        make::refused(&[make::with_leaf(&make::key_pem()), broken].concat(), None, "certificate_malformed");
    }

    #[test]
    fn of_several_keys_the_one_with_a_certificate_is_taken() {
        let other = make::other_key().private_key_to_pem_pkcs8().unwrap();
        make::accepted(&[other.clone(), make::with_leaf(&make::key_pem())].concat(), None);
        let others = Certificate::new(make::other_key()).make().to_pem().unwrap();
        let both = [other, make::with_leaf(&make::key_pem()), others].concat();
        make::refused(&both, None, "certificate_key_ambiguous");
    }

    #[test]
    fn labels_end_within_their_line() {
        assert_eq!(label(b"RSA PRIVATE KEY-----\n"), Some("RSA PRIVATE KEY"));
        assert_eq!(label(b"lower-----"), None);
        assert_eq!(label(b"A\nB-----"), None);
        assert_eq!(label(b"A---"), None);
    }
}
