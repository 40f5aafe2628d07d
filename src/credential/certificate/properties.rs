//! PEM as it comes out of editors, secret stores and copying: whole blocks in any order and dress are read, and
//! everything else is an error that says why. `make::parse` checks that no error tells a secret.

use std::fmt::Write as _;
use std::sync::LazyLock;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use openssl::symm::Cipher;
use proptest::prelude::*;

use super::test_support::{self as make, Certificate};
use super::{CertificateError, CertificateLookalike};

const PASSWORD: &str = "correct horse";

/// What lies in the files of these tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Block {
    Key,
    Pkcs1Key,
    EncryptedKey,
    LegacyKey,
    Leaf,
    OtherKey,
    OtherLeaf,
    Stranger,
    Parameters,
    Request,
}

use Block::{
    EncryptedKey, Key, Leaf, LegacyKey, OtherKey, OtherLeaf, Parameters, Pkcs1Key, Request, Stranger,
};

impl Block {
    const KEYS: [Self; 4] = [Key, Pkcs1Key, EncryptedKey, LegacyKey];
    const ALL: [Self; 10] =
        [Key, Pkcs1Key, EncryptedKey, LegacyKey, Leaf, OtherKey, OtherLeaf, Stranger, Parameters, Request];

    fn pem(self) -> &'static str {
        static TEXTS: LazyLock<Vec<String>> = LazyLock::new(|| {
            let other = Certificate::new(make::other_key()).make();
            let third = make::rsa(2048);
            let stranger = Certificate { name: &[("CN", "stranger")], ..Certificate::new(&third) };
            [
                make::key_pem(),
                make::key().rsa().unwrap().private_key_to_pem().unwrap(),
                make::pkcs8_pbes2(Cipher::aes_256_cbc(), PASSWORD),
                make::pkcs1_encrypted(Cipher::aes_128_cbc(), PASSWORD),
                make::leaf_pem(),
                make::other_key().private_key_to_pem_pkcs8().unwrap(),
                other.to_pem().unwrap(),
                stranger.make().to_pem().unwrap(),
                make::block("EC PARAMETERS", b"any"),
                make::block("CERTIFICATE REQUEST", b"any"),
            ]
            .map(|pem| String::from_utf8(pem).unwrap())
            .into()
        });
        &TEXTS[self as usize]
    }
}

/// What happened to a text on its way here.
#[derive(Clone, Debug)]
struct Dress {
    line_break: &'static str,
    indentation: String,
    mark: bool,
    base64: Option<usize>,
}

impl Dress {
    fn put_on(&self, text: &str) -> Vec<u8> {
        let mut dressed = String::from(if self.mark { "\u{feff}" } else { "" });
        for line in text.lines() {
            let _ = write!(dressed, "{}{line}{}", self.indentation, self.line_break);
        }
        match self.base64 {
            None => dressed.into_bytes(),
            Some(width) => {
                STANDARD.encode(dressed).as_bytes().chunks(width).collect::<Vec<_>>().join(&b"\n"[..])
            }
        }
    }
}

fn dress() -> impl Strategy<Value = Dress> {
    let line_break = proptest::sample::select(vec!["\n", "\r\n", "\r", "\n\n", r"\n", r"\r\n", " ", "\t"]);
    let base64 = proptest::option::weighted(0.3, proptest::sample::select(vec![64_usize, 76, 1 << 20]));
    (line_break, "[ \t]{0,8}", any::<bool>(), base64)
        .prop_map(|(line_break, indentation, mark, base64)| Dress { line_break, indentation, mark, base64 })
}

/// What people and tools leave between blocks. A marker would be another block.
fn garbage() -> impl Strategy<Value = String> {
    prop_oneof![
        2 => Just(String::new()),
        1 => Just("Bag Attributes\n    friendlyName: C:\\new\\key\nKey Attributes: <No Attributes>\n".to_owned()),
        1 => Just("a text about -----BEGIN and -----BEGIN stuff-----\n".to_owned()),
        1 => "\\PC{0,40}\n".prop_filter("no marker", |text| !text.contains("-----BEGIN")),
    ]
}

/// Blocks with garbage before, between and behind.
fn soup(blocks: impl Strategy<Value = Vec<Block>>) -> impl Strategy<Value = (Vec<Block>, String)> {
    (blocks, proptest::collection::vec(garbage(), 8)).prop_map(|(blocks, garbage)| {
        let mut text = garbage[0].clone();
        for (block, garbage) in blocks.iter().zip(garbage.iter().cycle().skip(1)) {
            text += block.pem();
            text += garbage;
        }
        (blocks, text)
    })
}

/// What is to come of whole blocks: the code of an error, or the pair.
fn expected(blocks: &[Block]) -> Result<(), &'static str> {
    let has = |some: &[Block]| blocks.iter().any(|block| some.contains(block));
    let pairs =
        usize::from(has(&Block::KEYS) && has(&[Leaf])) + usize::from(has(&[OtherKey]) && has(&[OtherLeaf]));
    let (keys, certificates) =
        (has(&Block::KEYS) || has(&[OtherKey]), has(&[Leaf, OtherLeaf]) || has(&[Stranger]));
    match (pairs, keys, certificates) {
        (1, ..) => Ok(()),
        (2.., ..) => Err("certificate_key_ambiguous"),
        (_, true, true) => Err("certificate_key_mismatch"),
        (_, true, false) => Err("certificate_missing"),
        (_, false, true) => Err("certificate_private_key_missing"),
        (_, false, false) => Err("certificate_format_unknown"),
    }
}

/// One line of a readable length, and a hint of a few, whatever was in the input.
fn fit_to_show(error: &CertificateError) -> Result<(), TestCaseError> {
    let (told, hint) = (error.to_string(), error.hint());
    prop_assert!(hint.lines().count() <= 11, "{}", hint);
    for said in std::iter::once(told.as_str()).chain(hint.split('\n')) {
        prop_assert!(!said.is_empty() && said.chars().count() < 1200, "{}", said);
        prop_assert!(!said.contains(char::is_control), "{:?}", said);
    }
    Ok(())
}

proptest! {
    #[test]
    fn whole_blocks_in_any_order_and_dress_are_what_they_are(
        (blocks, text) in soup(proptest::collection::vec(proptest::sample::select(&Block::ALL[..]), 0..6)),
        dress in dress(),
    ) {
        match (make::parse(&dress.put_on(&text), Some(PASSWORD)), expected(&blocks)) {
            (Ok(read), Ok(())) => {
                let key = if blocks.contains(&Leaf) && Block::KEYS.iter().any(|key| blocks.contains(key)) {
                    make::key()
                } else {
                    make::other_key()
                };
                prop_assert!(read.private_key().public_eq(key));
            }
            (Err(error), Err(code)) => {
                fit_to_show(&error)?;
                // Without blocks it depends on the garbage what it is taken for.
                prop_assert!(error.code() == code || blocks.is_empty(), "{error}, not {code}");
            }
            (read, expected) => prop_assert!(false, "{read:?} in place of {expected:?}"),
        }
    }

    #[test]
    fn a_key_with_its_certificate_is_accepted(
        (blocks, text) in soup(
            (proptest::sample::select(&Block::KEYS[..]), proptest::collection::vec(
                proptest::sample::select(vec![Leaf, Stranger, OtherLeaf, Parameters, Request]), 0..4))
            .prop_map(|(key, mut rest)| { rest.extend([key, Leaf]); rest })
            .prop_shuffle(),
        ),
        dress in dress(),
    ) {
        let read = make::accepted(&dress.put_on(&text), Some(PASSWORD));
        prop_assert_eq!(read.leaf_der(), make::leaf().to_der().unwrap(), "{:?}", blocks);
    }

    #[test]
    fn a_block_that_is_cut_is_named(
        (blocks, text) in soup(proptest::sample::select(&Block::KEYS[..]).prop_map(|key| vec![key, Leaf]).prop_shuffle()),
        keep in 0.0..1.0,
        dress in dress().prop_filter("whole lines", |dress| dress.base64.is_none()),
    ) {
        // Somewhere within the last block, its markers included.
        let last = blocks[1].pem();
        let start = text.rfind(last).unwrap();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "a share of a length")]
        let length = 20 + (keep * (last.len() - 26) as f64) as usize;
        let error = make::parse(&dress.put_on(&text[..start + length]), Some(PASSWORD)).unwrap_err();
        fit_to_show(&error)?;
        // Cut within its own marker, a block is not there at all.
        let missing = ["certificate_private_key_missing", "certificate_missing"];
        prop_assert!(error.code() == "certificate_malformed" || (length < 40 && missing.contains(&error.code())), "{error}");
    }

    #[test]
    fn pieces_and_noise_are_a_pair_or_a_reason(
        pieces in proptest::collection::vec(
            prop_oneof![
                3 => proptest::sample::select(&Block::ALL[..]).prop_map(|block| block.pem().as_bytes().to_vec()),
                3 => (proptest::sample::select(&Block::ALL[..]), 0_usize..1700, 0_usize..1700).prop_map(|(block, one, other)| {
                    let pem = block.pem().as_bytes();
                    let (start, end) = (one.min(other).min(pem.len()), one.max(other).min(pem.len()));
                    pem[start..end].to_vec()
                }),
                1 => "-----(BEGIN|END) (CERTIFICATE|(RSA |ENCRYPTED |EC )?PRIVATE KEY|[A-Z #0-9]{0,70}|\\PC{0,9})-----\n?".prop_map(String::into_bytes),
                1 => "(Proc-Type|DEK-Info|[a-zA-Z-]{0,9}): ?(4,ENCRYPTED|AES-256-CBC,[0-9A-F]{0,32}|\\PC{0,20})\n".prop_map(String::into_bytes),
                1 => "[A-Za-z0-9+/\n]{0,80}={0,2}".prop_map(String::into_bytes),
                1 => proptest::collection::vec(any::<u8>(), 0..60),
            ],
            0..6,
        ),
        password in prop_oneof![Just(None), Just(Some(PASSWORD.to_owned())), any::<String>().prop_map(Some)],
        base64 in any::<bool>(),
    ) {
        let mut bytes = pieces.concat();
        if base64 {
            bytes = STANDARD.encode(bytes).into_bytes();
        }
        match make::parse(&bytes, password.as_deref()) {
            Ok(read) => {
                let public = openssl::x509::X509::from_der(read.leaf_der()).unwrap().public_key().unwrap();
                prop_assert!(read.private_key().public_eq(&public));
            }
            Err(error) => fit_to_show(&error)?,
        }
    }

    #[test]
    fn text_that_is_no_certificate_is_said_to_be_none(text in any::<String>(), password in proptest::option::of(any::<String>())) {
        let error = make::parse(text.as_bytes(), password.as_deref()).unwrap_err();
        fit_to_show(&error)?;
        if text.trim().is_empty() && text.is_ascii() {
            let empty = matches!(error, CertificateError::FormatUnknown { lookalike: CertificateLookalike::Empty, .. });
            prop_assert!(empty, "{error}");
        }
    }
}
