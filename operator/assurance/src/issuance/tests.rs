use base64::{Engine as _, engine::general_purpose::STANDARD};
use p256::ecdsa::{DerSignature, signature::Signer as _};
use serde_json::json;

use super::*;
use crate::{
    confirmation::{self, Confirmed},
    delegation,
    dsse::{IN_TOTO, PrivateKey, Signature, pae, sign},
    sample,
};

const TIME: &str = "2026-03-04T05:06:07Z";
const FROM: &str = "2026-04-01";

fn made() -> Issuance {
    statement(&sample::passing().standard, FROM, "Regulator", TIME).unwrap()
}

fn refused(made: &Issuance, key: &PrivateKey) -> String {
    verify(&sign(made, key).unwrap(), &[key.public()]).unwrap_err().to_string()
}

#[test]
fn what_is_issued_is_the_whole_content_and_the_day_from_which_it_holds() {
    let key = PrivateKey::generate();
    let held = verify(&sign(&made(), &key).unwrap(), &[key.public()]).unwrap();
    let issued = &held.predicate;
    assert_eq!((&issued.standard, issued.effective_from.as_str()), (&sample::passing().standard, FROM));
    assert_eq!(issued.verifier.office.as_deref(), Some("Regulator"));
    let digest = canonical::digest(&sample::passing().standard).unwrap();
    assert_eq!(held.subject[0].digest["sha256"], digest.trim_start_matches("sha256:"));
}

#[test]
fn nothing_that_was_changed_is_issued_and_the_field_is_named() {
    type Harm = fn(&mut Issuance);
    let key = PrivateKey::generate();
    let harms: [(&str, Harm); 7] = [
        ("_type: ", |made| made.type_.push('x')),
        ("predicateType: ", |made| delegation::PREDICATE.clone_into(&mut made.predicate_type)),
        ("predicate.verifier.id: ", |made| made.predicate.verifier.id = "https://elsewhere.example".to_owned()),
        ("subject: ", |made| made.subject.clear()),
        ("subject: ", |made| made.subject[0].name = "bundle".to_owned()),
        // Lowered after the digest was computed.
        ("subject: ", |made| made.predicate.standard.steady.max_failed_ppm *= 50),
        ("subject: ", |made| made.predicate.standard.version.push('1')),
    ];
    for (begins, harm) in harms {
        let mut made = made();
        harm(&mut made);
        let said = refused(&made, &key);
        assert!(said.starts_with(begins), "{begins}: {said}");
    }
}

#[test]
fn a_standard_that_is_none_is_named_by_its_field() {
    type Harm = fn(&mut Standard);
    let key = PrivateKey::generate();
    let harms: [(&str, Harm); 7] = [
        ("standard.name", |standard| standard.name = "../basic".to_owned()),
        ("standard.name", |standard| standard.name.clear()),
        ("standard.version", |standard| standard.version.clear()),
        ("standard.version", |standard| standard.version = "1/2".to_owned()),
        ("standard.version", |standard| standard.version = "..".to_owned()),
        ("standard.class", |standard| standard.class = None),
        ("standard.load", |standard| standard.load = None),
    ];
    for (field, harm) in harms {
        let mut standard = sample::passing().standard;
        harm(&mut standard);
        let said = refused(&statement(&standard, FROM, "Regulator", TIME).unwrap(), &key);
        assert!(said.starts_with(&format!("predicate.{field}: must ")), "{field}: {said}");
    }
    for from in ["", "soon", "2026-02-30", "20260401", "2026-04-01T00:00:00Z"] {
        let said = refused(&statement(&sample::passing().standard, from, "Regulator", TIME).unwrap(), &key);
        assert!(said.starts_with("predicate.effectiveFrom: must be a day"), "{from}: {said}");
    }
}

#[test]
fn nobody_but_the_regulator_issues() {
    let (key, stranger) = (PrivateKey::generate(), PrivateKey::generate());
    let said = verify(&sign(&made(), &stranger).unwrap(), &[key.public()]).unwrap_err().to_string();
    assert!(said.starts_with("signatures: none of 1 fits a pinned key"), "{said}");
    let mut bent = sign(&made(), &key).unwrap();
    bent.payload =
        sign(&statement(&sample::struck().standard, FROM, "Regulator", TIME).unwrap(), &key).unwrap().payload;
    assert!(verify(&bent, &[key.public()]).is_err());
}

#[test]
fn a_payload_that_could_be_read_in_more_than_one_way_is_refused_although_it_was_signed() {
    let key = PrivateKey::generate();
    let payload = serde_json::to_vec_pretty(&made()).unwrap();
    let envelope = signed(&payload, &key);
    let said = verify(&envelope, &[key.public()]).unwrap_err().to_string();
    assert_eq!(said, "payload: not in canonical form (RFC 8785)");
    // A limit that this version does not know, within a part of the standard.
    let mut more = serde_json::to_value(made()).unwrap();
    more["predicate"]["standard"]["steady"]["maxP999Ms"] = 1.into();
    let envelope = signed(&canonical::bytes(&more).unwrap(), &key);
    assert!(verify(&envelope, &[key.public()]).is_err());
}

#[test]
fn none_of_the_regulators_statements_passes_for_another() {
    let key = PrivateKey::generate();
    let (pinned, terms) = ([key.public()], sample::terms());
    let digest = terms.digest().unwrap();
    let expected = Confirmed { resource: "p/s/r", bundle: &digest, dossier: &digest, standard: "basic@1" };
    let issued = sign(&made(), &key).unwrap();
    assert!(confirmation::verify(&issued, &pinned, &expected).is_err());
    assert!(delegation::verify(&issued, &pinned).is_err());
    assert!(delegation::verify_revocation(&issued, &pinned, &digest).is_err());
    let given = sign(&delegation::statement(&terms, "Regulator", TIME).unwrap(), &key).unwrap();
    let confirmed = sign(&confirmation::statement(&expected, "Regulator", TIME), &key).unwrap();
    for envelope in [&given, &confirmed] {
        assert!(verify(envelope, &pinned).is_err());
    }
}

/// These bytes as they are, signed.
fn signed(payload: &[u8], key: &PrivateKey) -> Envelope {
    let signature = DerSignature::from(key.sign(&pae(IN_TOTO, payload)));
    Envelope {
        payload_type: IN_TOTO.to_owned(),
        payload: STANDARD.encode(payload),
        signatures: vec![Signature { keyid: String::new(), sig: STANDARD.encode(signature.as_bytes()) }],
    }
}

#[test]
fn what_was_said_stays_and_what_was_not_known_may_be_added() {
    let of = |value: Value| value.as_object().unwrap().clone();
    let known = of(json!({"name": "basic", "faults": [{"kind": "PodKill"}], "minRequests": 20}));
    for (now, field) in [
        (json!({"name": "basic", "faults": [{"kind": "PodKill"}], "minRequests": 20}), None),
        (json!({"name": "basic", "faults": [{"kind": "PodKill"}], "minRequests": 20, "soak": 1}), None),
        (json!({"name": "basic", "faults": [{"kind": "PodKill"}], "minRequests": 19}), Some("minRequests")),
        (json!({"name": "basic", "faults": [{"kind": "PodKill", "peer": "*"}], "minRequests": 20}), Some("faults")),
        (json!({"name": "basic", "minRequests": 20}), Some("faults")),
    ] {
        assert_eq!(differs(&known, &of(now.clone())), field, "{now}");
    }
    let more = of(json!({"name": "basic", "faults": [{"kind": "PodKill"}], "minRequests": 20, "soak": 1}));
    assert_eq!(
        (first_other(&known, &more), first_other(&more, &known)),
        ("standard.soak".into(), "standard.soak".into())
    );
}
