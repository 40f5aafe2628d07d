//! From bytes of any kind to a certificate: finds the format, and puts the steps together.

use std::time::SystemTime;

use openssl::x509::X509;

use super::{
    CertificateError, CertificateFormat, CertificateLookalike, CertificateOrigin, CertificateSummary,
    ClientCertificate, Material, check,
    der::{self, Shape},
    key, pem, pkcs12, text,
    unlock::{self, Failure},
};

/// More than any certificate with its chain has; what is larger is another file.
pub(super) const MAX_BYTES: usize = 1 << 20;

/// What is to be read, and what messages about it need.
pub(super) struct Source<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) password: Option<&'a str>,
    pub(super) origin: &'a CertificateOrigin,
    pub(super) now: SystemTime,
}

impl Source<'_> {
    /// The checked pair.
    pub(super) fn parse(&self) -> Result<ClientCertificate, CertificateError> {
        if self.bytes.len() > MAX_BYTES {
            return Err(self.unknown(CertificateLookalike::recognise(self.bytes, &[])));
        }
        let text = text::normalise(self.bytes);
        if let Some(outcome) = self.read(self.bytes, &text) {
            return outcome;
        }
        let Some(decoded) = text::from_base64(&text) else {
            let inside = text.trim_ascii();
            // "MI" begins any DER of this size in base64, "LS0tLS1" five dashes.
            let begins = inside.starts_with(b"MI") || inside.starts_with(b"LS0tLS1");
            return Err(if begins && text::has_base64_alphabet(inside) {
                let reason = "its length is not possible: the text is cut off".to_owned();
                self.failed(Failure::Malformed(reason), CertificateFormat::Pem, "the base64")
            } else {
                self.unknown(CertificateLookalike::recognise(self.bytes, &text))
            });
        };
        let inner = text::normalise(&decoded);
        self.read(&decoded, &inner).unwrap_or_else(|| {
            // A word like "password" is base64 too: then it is what it looks like outside.
            let lookalike = CertificateLookalike::recognise_binary(&decoded)
                .unwrap_or_else(|| CertificateLookalike::recognise(self.bytes, &text));
            Err(self.unknown(lookalike))
        })
    }

    /// None if it is not of a format that is read here.
    fn read(&self, bytes: &[u8], text: &[u8]) -> Option<Result<ClientCertificate, CertificateError>> {
        if pem::is_pem(text) {
            return Some(self.read_pem(text));
        }
        match der::shape(bytes)? {
            Shape::Pfx => Some(
                pkcs12::read(bytes, self.password)
                    .map_err(|failure| self.failed(failure, CertificateFormat::Pkcs12, "the PKCS#12 content"))
                    .and_then(|material| self.finish(material)),
            ),
            Shape::PrivateKey => Some(
                key::plain("PRIVATE KEY", bytes)
                    .map_err(|failure| self.failed(failure, CertificateFormat::Pem, "the DER private key"))
                    .and_then(|key| self.finish(Material { keys: vec![key], certificates: vec![] })),
            ),
            Shape::Pkcs7 | Shape::Nested => None,
        }
    }

    fn read_pem(&self, text: &[u8]) -> Result<ClientCertificate, CertificateError> {
        let block = |label: &str| format!("the {label} block");
        let pem::Content { material, seen, failed_key } = pem::read(text, self.password)
            .map_err(|(label, failure)| self.failed(failure, CertificateFormat::Pem, &block(&label)))?;
        if let Some((label, failure)) = failed_key {
            let certificate =
                material.certificates.first().and_then(|first| CertificateSummary::for_message(first));
            return Err(CertificateError::new(
                failure,
                CertificateFormat::Pem,
                block(&label),
                self.password,
                certificate,
                self.origin,
            ));
        }
        if material.keys.is_empty() && material.certificates.is_empty() {
            return Err(self.unknown(CertificateLookalike::of_pem(&seen)));
        }
        self.finish(material).map_err(|mut error| {
            match &mut error {
                CertificateError::PrivateKeyMissing { openssh_key, .. } => {
                    *openssh_key = seen.contains(&CertificateLookalike::OpenSshKey);
                }
                CertificateError::CertificateMissing { request, .. } => {
                    *request = seen.contains(&CertificateLookalike::CertificateRequest);
                }
                _ => {}
            }
            error
        })
    }

    fn finish(&self, material: Material) -> Result<ClientCertificate, CertificateError> {
        let chosen = check::choose(material, self.origin, self.now)?;
        let unreadable = |reason: String| {
            self.failed(Failure::Malformed(reason), CertificateFormat::Pem, "the certificate")
        };
        let der =
            |certificate: &X509| certificate.to_der().map_err(|errors| unreadable(unlock::reasons(&errors)));
        let leaf = der(&chosen.leaf)?;
        let summary = CertificateSummary::new(&chosen.leaf, &leaf)
            .ok_or_else(|| unreadable("its validity is not a pair of dates".to_owned()))?;
        check::validity(&summary, self.origin, self.now)?;
        let issuers = chosen.issuers.iter().map(der).collect::<Result<_, _>>()?;
        Ok(ClientCertificate { key: chosen.key, summary, leaf, issuers })
    }

    fn unknown(&self, lookalike: CertificateLookalike) -> CertificateError {
        CertificateError::FormatUnknown { origin: self.origin.clone(), lookalike }
    }

    fn failed(&self, failure: Failure, format: CertificateFormat, part: &str) -> CertificateError {
        CertificateError::new(failure, format, part.to_owned(), self.password, None, self.origin)
    }
}

#[cfg(test)]
mod tests {
    use base64::{
        Engine as _,
        engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
    };

    use super::super::test_support as make;

    #[test]
    fn base64_of_pem_and_of_pkcs12_is_read() {
        for (bytes, password) in
            [(make::with_leaf(&make::key_pem()), None), (make::pfx("pässword", |_| {}), Some("pässword"))]
        {
            let base64 = STANDARD.encode(&bytes);
            let wrapped = base64.as_bytes().chunks(76).collect::<Vec<_>>().join(&b"\r\n"[..]);
            let escaped = base64.as_bytes().chunks(76).collect::<Vec<_>>().join(&br"\n"[..]);
            make::accepted(base64.as_bytes(), password);
            make::accepted(&wrapped, password);
            make::accepted(&escaped, password);
            make::accepted(format!("{base64}\n").as_bytes(), password);
            make::accepted(URL_SAFE_NO_PAD.encode(&bytes).as_bytes(), password);
        }
    }

    #[test]
    fn base64_that_is_cut_off_is_damaged() {
        let base64 = STANDARD.encode(make::with_leaf(&make::key_pem()));
        make::refused(&base64.as_bytes()[..1001], None, "certificate_malformed");
        let base64 = STANDARD.encode(make::pfx("pässword", |_| {}));
        make::refused(&base64.as_bytes()[..1000], Some("pässword"), "certificate_malformed");
        make::refused(&base64.as_bytes()[..1001], Some("pässword"), "certificate_malformed");
    }

    #[test]
    fn a_der_key_alone_has_no_certificate() {
        for der in [
            make::key().private_key_to_pkcs8().unwrap(),
            make::key().rsa().unwrap().private_key_to_der().unwrap(),
        ] {
            make::refused(&der, None, "certificate_missing");
            make::refused(STANDARD.encode(der).as_bytes(), None, "certificate_missing");
        }
    }
}
