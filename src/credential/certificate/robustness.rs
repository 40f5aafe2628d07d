//! Valid inputs, damaged in many ways: no panic, no secret told, and nothing read that is not whole.

use openssl::symm::Cipher;

use super::test_support as make;

const PASSWORD: &str = "correct horse";

/// A fixed sequence (splitmix64), so that a failure can be repeated.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((x ^ (x >> 31)) % u64::try_from(limit).unwrap()).unwrap()
    }
}

fn inputs() -> Vec<Vec<u8>> {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    let pem = make::with_leaf(&make::key_pem());
    let pfx = make::pfx(PASSWORD, |_| {});
    vec![
        STANDARD.encode(&pem).into_bytes(),
        pem,
        make::with_leaf(&make::key().rsa().unwrap().private_key_to_pem().unwrap()),
        make::with_leaf(&make::pkcs8_pbes2(Cipher::aes_256_cbc(), PASSWORD)),
        make::with_leaf(&make::pkcs1_encrypted(Cipher::des_ede3_cbc(), PASSWORD)),
        STANDARD.encode(&pfx).into_bytes(),
        pfx,
    ]
}

/// Reads it or says why not; `parse` checks what is said.
fn survive(bytes: &[u8], password: Option<&str>) -> bool {
    match make::parse(bytes, password) {
        Ok(read) => {
            // Damage may hit what does not matter (a comment, a trailing line), never the pair.
            assert!(read.private_key().public_eq(make::key()));
            true
        }
        Err(_) => false,
    }
}

#[test]
fn truncated() {
    let mut random = Random(1);
    for input in inputs() {
        assert!(survive(&input, Some(PASSWORD)));
        for round in 0..60 {
            let length = if round < 20 { round } else { random.below(input.len() - 20) };
            for password in [Some(PASSWORD), None] {
                assert!(!survive(&input[..length], password), "{length}");
            }
        }
    }
}

#[test]
fn with_bits_flipped() {
    let mut random = Random(2);
    let mut refused = 0;
    for input in inputs() {
        for _ in 0..120 {
            let mut damaged = input.clone();
            for _ in 0..=random.below(3) {
                let at = random.below(damaged.len());
                damaged[at] ^= 1 << random.below(8);
            }
            refused += usize::from(!survive(&damaged, Some(PASSWORD)));
        }
    }
    assert!(refused > 700, "{refused}");
}

#[test]
fn with_bytes_replaced_removed_and_repeated() {
    let mut random = Random(3);
    for input in inputs() {
        for _ in 0..60 {
            let mut damaged = input.clone();
            let start = random.below(damaged.len());
            let end = (start + random.below(80)).min(damaged.len());
            match random.below(3) {
                0 => damaged[start..end].fill_with(|| u8::try_from(random.below(256)).unwrap()),
                1 => drop(damaged.drain(start..end)),
                _ => {
                    let piece = damaged[start..end].to_vec();
                    damaged.splice(start..start, piece);
                }
            }
            survive(&damaged, Some(PASSWORD));
        }
    }
}

#[test]
fn noise() {
    let mut random = Random(4);
    let starts: [&[u8]; 6] = [
        b"",
        b"-----BEGIN PRIVATE KEY-----\n",
        b"-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: DES-CBC,00\n\n",
        &[0x30, 0x82, 1, 0, 2, 1, 3, 0x30],
        &[0x30, 0x80, 2, 1, 3, 0x30, 0x80],
        &[0xFF, 0xFE],
    ];
    for start in starts {
        for _ in 0..60 {
            let tail = (0..random.below(400)).map(|_| u8::try_from(random.below(256)).unwrap());
            let bytes: Vec<u8> = start.iter().copied().chain(tail).collect();
            assert!(!survive(&bytes, Some(PASSWORD)));
        }
    }
}
