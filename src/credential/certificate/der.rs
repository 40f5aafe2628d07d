//! As much DER (ITU-T X.690) as is needed to say what something is before it is decrypted.

pub(super) const INTEGER: u8 = 0x02;
pub(super) const OCTET_STRING: u8 = 0x04;
pub(super) const OBJECT_IDENTIFIER: u8 = 0x06;
pub(super) const SEQUENCE: u8 = 0x30;

/// One element: its tag and its content.
pub(super) struct Element<'a> {
    pub(super) tag: u8,
    pub(super) content: &'a [u8],
}

/// The first element of `input`, if all of it is there, and what follows.
pub(super) fn element(input: &[u8]) -> Option<(Element<'_>, &[u8])> {
    let (tag, length, rest) = header(input)?;
    let (content, rest) = rest.split_at_checked(length?)?;
    Some((Element { tag, content }, rest))
}

/// Tag and length of the first element, and what follows the two. The length is None where it is
/// indefinite, which BER allows and some PKCS#12 writers use.
fn header(input: &[u8]) -> Option<(u8, Option<usize>, &[u8])> {
    let [tag, first, rest @ ..] = input else {
        return None;
    };
    match first {
        0x80 => Some((*tag, None, rest)),
        0x81..=0x84 => {
            let (octets, rest) = rest.split_at_checked(usize::from(first & 0x7F))?;
            let length = octets.iter().fold(0_usize, |length, octet| length << 8 | usize::from(*octet));
            Some((*tag, Some(length), rest))
        }
        0x85.. => None,
        short => Some((*tag, Some(usize::from(*short)), rest)),
    }
}

/// What a sequence begins with tells these apart; each is defined by the RFC named.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Shape {
    /// `PFX`: version 3, then a sequence (RFC 7292, section 4).
    Pfx,
    /// `PrivateKeyInfo` (RFC 5958), `RSAPrivateKey` (RFC 8017) or `ECPrivateKey` (RFC 5915):
    /// version 0 or 1, then anything.
    PrivateKey,
    /// `ContentInfo`: an object identifier (RFC 5652).
    Pkcs7,
    /// Anything else that begins with two sequences: certificate, request, public key,
    /// encrypted private key.
    Nested,
}

/// The shape of `input`, which may be cut off. None if it is not a DER or BER sequence.
pub(super) fn shape(input: &[u8]) -> Option<Shape> {
    let (SEQUENCE, length, inner) = header(input)? else {
        return None;
    };
    // Text can begin with the same byte (it is the digit 0): anything of this kind is longer than
    // the short form of a length can say.
    if input.get(1).is_some_and(|first| *first < 0x80) || length.is_some_and(|length| length < 64) {
        return None;
    }
    match inner {
        [INTEGER, 1, 3, SEQUENCE, ..] => Some(Shape::Pfx),
        [INTEGER, 1, 0 | 1, ..] => Some(Shape::PrivateKey),
        [OBJECT_IDENTIFIER, ..] => Some(Shape::Pkcs7),
        [SEQUENCE, ..] => Some(Shape::Nested),
        _ => None,
    }
}

/// Whether `der` is a whole `EncryptedPrivateKeyInfo` (RFC 5958, section 3): an algorithm and a
/// ciphertext, nothing cut off. Lets a damaged file be told from a wrong
/// password.
pub(super) fn is_encrypted_private_key(der: &[u8]) -> bool {
    let parts = || {
        let (outer, _) = element(der)?;
        let (algorithm, rest) = element(outer.content)?;
        let (ciphertext, rest) = element(rest)?;
        Some((outer.tag, algorithm.tag, ciphertext, rest))
    };
    parts().is_some_and(|(outer, algorithm, ciphertext, rest)| {
        (outer, algorithm, ciphertext.tag) == (SEQUENCE, SEQUENCE, OCTET_STRING)
            && rest.is_empty()
            && !ciphertext.content.is_empty()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_whole_or_nothing() {
        let (first, rest) = element(&[INTEGER, 1, 7, 9]).unwrap();
        assert_eq!((first.tag, first.content, rest), (INTEGER, &[7][..], &[9][..]));
        for cut in [&[][..], &[2], &[2, 2, 0], &[2, 0x80, 0], &[2, 0x82, 1], &[2, 0x85, 0, 0, 0, 0, 0]] {
            assert!(element(cut).is_none(), "{cut:?}");
        }
    }

    #[test]
    fn shapes_are_told_apart_even_when_cut_off() {
        let after = |start: &[u8]| shape(&[&[SEQUENCE, 0x82, 9, 0], start].concat());
        assert_eq!(after(&[INTEGER, 1, 3, SEQUENCE]), Some(Shape::Pfx));
        assert_eq!(after(&[INTEGER, 1, 0]), Some(Shape::PrivateKey));
        assert_eq!(after(&[OBJECT_IDENTIFIER]), Some(Shape::Pkcs7));
        assert_eq!(after(&[SEQUENCE]), Some(Shape::Nested));
        assert_eq!(after(&[]), None);
        assert_eq!(shape(b"0123 plain text"), None);
        assert_eq!(shape(&[SEQUENCE, 0x80, INTEGER, 1, 3, SEQUENCE]), Some(Shape::Pfx));
    }
}
