//! `verify-entry`, as anyone runs it who saved the proof of an entry and, by another way, got the key of
//! the log.

use std::{fs, path::PathBuf, process::Command};

use factory_assurance::{
    canonical,
    log::{
        Checkpoint, Link,
        link::ORIGIN,
        note::{Signer, cosign},
        proof::Inclusion,
        served::{EventProof, PublicEvent},
    },
};
use serde_json::{Value, json};

use super::server::{err, out};

/// The proof of the one event of a log.
fn proof() -> (EventProof, Signer, Signer) {
    proof_of(|_| {})
}

/// The same of an event with a change.
fn proof_of(change: impl FnOnce(&mut Value)) -> (EventProof, Signer, Signer) {
    let (log, witness) =
        (Signer::new("register.test/log", [1; 32]).unwrap(), Signer::new("witness.test", [2; 32]).unwrap());
    let subject = json!({"participant": "social-registry", "service": "address", "release": "address-\u{202e}1"});
    let mut event = json!({"summary": {"subject": subject, "bundle": "sha256:b", "dossier": "sha256:d"}});
    change(&mut event);
    let link = Link {
        seq: 1,
        time: "2026-03-04T05:06:07Z".to_owned(),
        kind: "entry".to_owned(),
        actor: "regulator".to_owned(),
        sha256: canonical::digest(&event).unwrap(),
        prev: ORIGIN.to_owned(),
    };
    let place = link.leaf().unwrap();
    let root = place.hash().unwrap();
    let note = Checkpoint { origin: "register.test/log".to_owned(), size: 1, root }.signed(&log).unwrap();
    let checkpoint = cosign(&note, &witness, 1_772_600_000).unwrap();
    (
        EventProof {
            public: PublicEvent { place, event },
            inclusion: Inclusion { index: 0, size: 1, hashes: Vec::new() },
            checkpoint,
            handovers: Vec::new(),
        },
        log,
        witness,
    )
}

fn verify(name: &str, proof: &EventProof, more: &[&str]) -> std::process::Output {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("verify-entry-{name}"));
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("proof.json"), serde_json::to_vec(proof).unwrap()).unwrap();
    let arguments = [["verify-entry", "proof.json"].as_slice(), more].concat();
    Command::new(env!("CARGO_BIN_EXE_kubectl-factory")).current_dir(folder).args(arguments).output().unwrap()
}

#[test]
fn a_proof_that_holds_is_shown_with_what_the_entry_says() {
    let (proof, log, witness) = proof();
    let (log, witness) = (log.verifier().to_string(), witness.witness().to_string());
    let output = verify("holds", &proof, &["--log-key", &log, "--witness", &witness]);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    let text = out(&output);
    for told in [
        "The proof holds",
        "Log:      register.test/log, 1 events, root ",
        "Witness:  witness.test has co-signed",
        "Event:    1 (entry), 2026-03-04T05:06:07Z",
        "Service:  social-registry/address, release address-",
        "Dossier:  sha256:d",
    ] {
        assert!(text.contains(told), "{told}: {text}");
    }
    assert!(!text.contains('\u{202e}'), "a mark of direction reaches the terminal");
    let output = verify("holds", &proof, &["--log-key", &log, "-o", "json"]);
    let value: Value = serde_json::from_str(&out(&output)).unwrap();
    assert_eq!((&value["holds"], &value["log"]["size"]), (&json!(true), &json!(1)));
}

#[test]
fn a_seal_is_said_to_be_one() {
    let (proof, log, _) = proof_of(|event| event["sealedBy"] = json!("Ministry"));
    let output = verify("sealed", &proof, &["--log-key", &log.verifier().to_string()]);
    let said = "Signed:   sealed by Ministry, by a server and not by a person";
    assert!(out(&output).contains(said), "{}", out(&output));
}

#[test]
fn the_first_thing_that_does_not_hold_is_named() {
    let (proof, log, _) = proof();
    let key = log.verifier().to_string();
    let mut changed = proof.clone();
    changed.public.event["summary"]["dossier"] = json!("sha256:e");
    let output = verify("changed", &changed, &["--log-key", &key]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        err(&output).starts_with("error: the proof does not hold: event 1: its contents have the digest"),
        "{}",
        err(&output)
    );
    let output = verify("changed", &changed, &["--log-key", &key, "-o", "json"]);
    assert_eq!(output.status.code(), Some(1));
    let value: Value = serde_json::from_str(&out(&output)).unwrap();
    assert_eq!(value["holds"], json!(false));
    let other = Signer::new("register.test/log", [3; 32]).unwrap().verifier().to_string();
    let output = verify("other", &proof, &["--log-key", &other]);
    assert!(err(&output).contains("no pinned key has signed it"), "{}", err(&output));
    let output = verify("key", &proof, &["--log-key", "no key"]);
    assert!(err(&output).contains("is not of the form name+id+base64"), "{}", err(&output));
}
