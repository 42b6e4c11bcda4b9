//! Chains as a client judges them, at times of the test's choosing.

use std::{sync::Arc, time::Duration};

use rustls::{
    RootCertStore,
    client::{WebPkiServerVerifier, danger::ServerCertVerifier as _},
    crypto::ring,
    pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject as _},
};

use super::*;
use crate::authority::{kept, pair::Certificate};

const NOW: i64 = 1_800_000_000;
const SERVICE: &str = "factory-register.factory-system.svc";

fn pair(issued: &Issued) -> Pair {
    Pair::read(issued.certificate.as_bytes(), issued.key.as_bytes()).unwrap()
}

fn names() -> Vec<String> {
    vec![SERVICE.to_owned(), "factory-register".to_owned()]
}

/// Whether a client that trusts `bundle` and nothing else takes `leaf` for the server `name` at `now`.
fn trusts(bundle: &str, leaf: &Certificate, name: &str, now: i64) -> bool {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(bundle.as_bytes()) {
        roots.add(certificate.unwrap()).unwrap();
    }
    let provider = Arc::new(ring::default_provider());
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
    let now = UnixTime::since_unix_epoch(Duration::from_secs(now.unsigned_abs()));
    let name = ServerName::try_from(name.to_owned()).unwrap();
    verifier.verify_server_cert(&leaf.der, &[], &name, &[], now).is_ok()
}

#[test]
fn who_trusts_the_ca_alone_takes_its_leaf_by_its_names_and_in_its_time() {
    let ca = pair(&authority(NOW).unwrap());
    let leaf = pair(&leaf(&names(), &ca, NOW).unwrap()).certificate;
    let bundle = kept::bundle(&ca.certificate, None);
    assert!(trusts(&bundle, &leaf, SERVICE, NOW));
    assert!(trusts(&bundle, &leaf, "factory-register", NOW + LEAF_LIFE - 1));
    assert!(!trusts(&bundle, &leaf, "factory-operator", NOW));
    assert!(!trusts(&bundle, &leaf, SERVICE, NOW + LEAF_LIFE + 1));
    assert!(!trusts(&bundle, &leaf, SERVICE, NOW - SKEW - 1));
    leaf.serves(&names(), [&ca.certificate]).unwrap();
}

#[test]
fn a_leaf_of_another_ca_is_refused() {
    let (ours, another) = (pair(&authority(NOW).unwrap()), pair(&authority(NOW).unwrap()));
    let leaf = pair(&leaf(&names(), &another, NOW).unwrap()).certificate;
    assert!(!trusts(&kept::bundle(&ours.certificate, None), &leaf, SERVICE, NOW));
    assert!(leaf.serves(&names(), [&ours.certificate]).unwrap_err().to_string().contains("none of the CAs"));
}

#[test]
fn while_a_ca_is_replaced_both_its_leaf_and_the_next_one_are_taken() {
    let (old, new) = (pair(&authority(NOW).unwrap()), pair(&authority(NOW).unwrap()));
    let bundle = kept::bundle(&new.certificate, Some(&old.certificate));
    for ca in [&old, &new] {
        let leaf = pair(&leaf(&names(), ca, NOW).unwrap()).certificate;
        assert!(trusts(&bundle, &leaf, SERVICE, NOW));
        leaf.serves(&names(), [&new.certificate, &old.certificate]).unwrap();
    }
}

#[test]
fn what_cannot_be_used_is_told_apart() {
    let ca = pair(&authority(NOW).unwrap());
    let (one, other) = (leaf(&names(), &ca, NOW).unwrap(), leaf(&names(), &ca, NOW).unwrap());
    let read = |certificate: &str, key: &str| match Pair::read(certificate.as_bytes(), key.as_bytes()) {
        Ok(_) => "fit".to_owned(),
        Err(unfit) => unfit.to_string(),
    };
    assert_eq!(read(&one.certificate, &one.key), "fit");
    assert_eq!(read(&one.certificate, &other.key), "its key belongs to another certificate");
    assert_eq!(read(&one.certificate, ""), "it holds no private key");
    assert_eq!(read("", &one.key), "it holds no certificate");
    let more = [names(), vec!["other.example".to_owned()]].concat();
    let lacks = pair(&one).certificate.serves(&more, [&ca.certificate]).unwrap_err();
    assert_eq!(lacks.to_string(), "its certificate is not for other.example");
}

#[test]
fn a_certificate_holds_for_as_long_as_it_should() {
    let ca = pair(&authority(NOW).unwrap());
    let leaf = pair(&leaf(&names(), &ca, NOW).unwrap());
    for (certificate, life) in [(&ca.certificate, AUTHORITY_LIFE), (&leaf.certificate, LEAF_LIFE)] {
        assert_eq!((certificate.from, certificate.until), (NOW - SKEW, NOW + life));
    }
}
