//! Text as people and CI systems hand it over, brought back to something that can be read.

use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use zeroize::Zeroizing;

/// Accepts what secret stores and copying do to padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// `bytes` as single-byte text with real line breaks.
///
/// Undoes UTF-16 (what `>` writes in Windows PowerShell 5) and byte order marks, and turns
/// backslashes followed by `n` or `r` into line breaks: PEM has no backslash, and that is what
/// a variable holds after a line break went through JSON or YAML once too often.
pub(super) fn normalise(bytes: &[u8]) -> Zeroizing<Vec<u8>> {
    let utf8 = match bytes {
        [0xFF, 0xFE, rest @ ..] => from_utf16(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => from_utf16(rest, u16::from_be_bytes),
        [0xEF, 0xBB, 0xBF, rest @ ..] => Zeroizing::new(rest.to_vec()),
        all => Zeroizing::new(all.to_vec()),
    };
    // Only ever shrinks, so nothing is left behind in a buffer that was outgrown.
    let mut text = Zeroizing::new(Vec::with_capacity(utf8.len()));
    let mut rest = utf8.as_slice();
    while let Some((&byte, tail)) = rest.split_first() {
        let backslashes = rest.iter().take_while(|byte| **byte == b'\\').count();
        match rest.get(backslashes) {
            Some(b'n' | b'r') if backslashes > 0 => {
                text.push(b'\n');
                rest = rest.get(backslashes + 1..).unwrap_or_default();
            }
            _ if backslashes > 0 => {
                text.extend_from_slice(&rest[..backslashes]);
                rest = &rest[backslashes..];
            }
            _ => {
                text.push(byte);
                rest = tail;
            }
        }
    }
    text
}

fn from_utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Zeroizing<Vec<u8>> {
    let units = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
    // Two bytes of UTF-16 become at most three of UTF-8.
    let mut utf8 = Zeroizing::new(Vec::with_capacity(bytes.len() / 2 * 3));
    for c in char::decode_utf16(units) {
        let c = c.unwrap_or(char::REPLACEMENT_CHARACTER);
        utf8.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
    }
    utf8
}

/// What `text` is in base64, white space and a missing padding aside. None if it is not.
///
/// Both alphabets are read: some secret stores hand out the URL-safe one (RFC 4648, section 5).
pub(super) fn from_base64(text: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let mut compact = Zeroizing::new(Vec::with_capacity(text.len()));
    compact.extend(text.iter().filter(|byte| !byte.is_ascii_whitespace()).map(|byte| match byte {
        b'-' => b'+',
        b'_' => b'/',
        other => *other,
    }));
    let mut decoded = Zeroizing::new(vec![0; base64::decoded_len_estimate(compact.len())]);
    let length = BASE64.decode_slice(compact.as_slice(), &mut decoded).ok()?;
    decoded.truncate(length);
    (!decoded.is_empty()).then_some(decoded)
}

/// Whether every character could be base64, complete or not.
pub(super) fn has_base64_alphabet(text: &[u8]) -> bool {
    text.iter().all(|byte| {
        byte.is_ascii_alphanumeric()
            || byte.is_ascii_whitespace()
            || matches!(byte, b'+' | b'/' | b'-' | b'_' | b'=')
    })
}

/// Where `needle` first occurs in `haystack`.
pub(super) fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_breaks_that_were_escaped_come_back() {
        assert_eq!(*normalise(br"a\nb\r\nc\\nd"), b"a\nb\n\nc\nd");
        assert_eq!(*normalise(br"a\b\"), br"a\b\");
        assert_eq!(*normalise(b""), b"");
    }

    #[test]
    fn byte_order_marks_and_utf16_are_undone() {
        assert_eq!(*normalise(b"\xEF\xBB\xBFpem"), b"pem");
        assert_eq!(*normalise(b"\xFF\xFEp\0e\0m\0"), b"pem");
        assert_eq!(*normalise(b"\xFE\xFF\0p\0e\0m"), b"pem");
        assert_eq!(*normalise(b"\xFF\xFEp\0e\0\x00\xD8"), "pe\u{FFFD}".as_bytes());
    }

    #[test]
    fn base64_is_read_wrapped_unpadded_and_url_safe() {
        assert_eq!(*from_base64(b" +/+/\n AA ").unwrap(), [0xFB, 0xFF, 0xBF, 0]);
        assert_eq!(*from_base64(b"-_-_AA==").unwrap(), [0xFB, 0xFF, 0xBF, 0]);
        assert!(from_base64(b"A").is_none());
        assert!(from_base64(b"a b!").is_none());
        assert!(from_base64(b"").is_none());
    }
}
