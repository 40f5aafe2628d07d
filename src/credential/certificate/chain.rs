//! Issuers, and which of several certificates is the better one.

use std::time::SystemTime;

use openssl::x509::{X509, X509VerifyResult};

use super::{check, summary::CertificateSummary};

/// The chain from `leaf` to its root as far as `pool` has it, each certificate by the name and the
/// signature of the next. What does not belong to it is left out.
pub(super) fn issuers_of(leaf: &X509, mut pool: Vec<X509>, now: SystemTime) -> Vec<X509> {
    pool.retain(|certificate| certificate != leaf);
    let mut chain = Vec::new();
    let mut current = leaf.clone();
    // Each turn takes one out of the pool, so certificates that issue each other end it too.
    while !issued(&current, &current) {
        let issuers = pool.iter().enumerate().filter(|(_, issuer)| issued(issuer, &current));
        let Some((index, _)) = issuers.max_by_key(|(_, issuer)| rank(issuer, now)) else {
            break;
        };
        current = pool.swap_remove(index);
        chain.push(current.clone());
    }
    chain
}

fn issued(issuer: &X509, certificate: &X509) -> bool {
    issuer.issued(certificate) == X509VerifyResult::OK
        && issuer.public_key().is_ok_and(|key| certificate.verify(&key).unwrap_or(false))
}

/// Valid before not valid, then the later end.
pub(super) fn rank(certificate: &X509, now: SystemTime) -> Option<(bool, SystemTime)> {
    let summary = CertificateSummary::for_message(certificate)?;
    let valid = check::is_valid(&summary, now);
    Some((valid, summary.not_after()))
}

#[cfg(test)]
mod tests {
    use super::super::test_support::{self as make, Certificate};

    #[test]
    fn the_chain_goes_from_the_leaf_to_the_root_without_strangers() {
        let (ca_key, root_key) = (make::other_key(), &make::rsa(2048));
        let ca = |name, key, issuer| Certificate { name, issuer, ca: true, ..Certificate::new(key) }.make();
        let root = ca(&[("CN", "root")], root_key, None);
        let middle = ca(&[("CN", "middle")], ca_key, Some((&root, root_key)));
        // Has the name and not the key.
        let impostor = ca(&[("CN", "middle")], root_key, None);
        let stranger = ca(&[("CN", "stranger")], ca_key, None);
        let leaf = Certificate { issuer: Some((&middle, ca_key)), ..Certificate::new(make::key()) }.make();
        let expected = [&leaf, &middle, &root].map(|certificate| certificate.to_der().unwrap());
        for order in [
            [&leaf, &middle, &root, &impostor, &stranger],
            [&stranger, &root, &impostor, &middle, &leaf],
            [&impostor, &leaf, &root, &stranger, &middle],
        ] {
            let read = make::accepted(&make::pair(make::key(), &order), None);
            assert_eq!(read.chain_der().collect::<Vec<_>>(), expected);
        }
        // Without the link the chain ends.
        let read = make::accepted(&make::pair(make::key(), &[&root, &leaf]), None);
        assert_eq!(read.chain_der().count(), 1);
    }

    #[test]
    fn certificates_that_issue_each_other_end() {
        let (one, two) = (make::other_key(), &make::rsa(2048));
        let ca = |name, key, issuer| Certificate { name, issuer, ca: true, ..Certificate::new(key) }.make();
        let first = ca(&[("CN", "one")], one, None);
        let second = ca(&[("CN", "two")], two, Some((&first, one)));
        let first_again = ca(&[("CN", "one")], one, Some((&second, two)));
        let leaf = Certificate { issuer: Some((&second, two)), ..Certificate::new(make::key()) }.make();
        let read = make::accepted(&make::pair(make::key(), &[&leaf, &second, &first_again]), None);
        assert_eq!(read.chain_der().count(), 3);
    }

    #[test]
    fn of_a_renewed_certificate_the_one_that_is_valid_longest_is_taken() {
        let of = |days| Certificate { days, ..Certificate::new(make::key()) }.make();
        let (old, current, longer, future) = (of((-9, -1)), of((-9, 9)), of((-5, 99)), of((9, 999)));
        let read = make::accepted(&make::pair(make::key(), &[&old, &current, &longer, &future]), None);
        assert_eq!(read.leaf_der(), longer.to_der().unwrap());
        let error = make::refused(&make::pair(make::key(), &[&old]), None, "certificate_expired");
        assert!(make::names(&error, &old));
    }
}
