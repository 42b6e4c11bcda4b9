//! The regulator's confirmation is a verification summary that the real cosign checks with the regulator's public
//! key, and with nothing of ours: neither the factory's key nor another bundle passes.

use std::{path::Path, process::Stdio};

use factory_assurance::{
    confirmation::{self, Confirmed},
    dsse::{Envelope, PrivateKey, PublicKey, sign},
};
use serde_json::json;
use tokio::process::Command;

use super::place::cosign;

const BUNDLE: &str = "sha256:abababababababababababababababababababababababababababababababab";
const OTHER: &str = "sha256:cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd";

fn signed(key: &PrivateKey) -> Envelope {
    let confirmed = Confirmed { resource: "p/s/r", bundle: BUNDLE, dossier: OTHER, standard: "basic@1" };
    sign(&confirmation::statement(&confirmed, "Regulator", "2026-03-04T05:06:07Z"), key).unwrap()
}

/// Whether cosign accepts `envelope` as a summary about `bundle` by `key`, and what it says.
async fn accepts(folder: &Path, envelope: &Envelope, key: &PublicKey, bundle: &str) -> (bool, String) {
    let (pinned, file) = (folder.join("regulator.pub"), folder.join("confirmation.json"));
    std::fs::write(&pinned, key.to_pem().unwrap()).unwrap();
    let signatures: Vec<_> = envelope.signatures.iter().map(|signature| json!({"sig": signature.sig})).collect();
    let handed_over = json!({
        "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
        "verificationMaterial": {"publicKey": {"hint": ""}},
        "dsseEnvelope": {"payload": envelope.payload, "payloadType": envelope.payload_type, "signatures": signatures},
    });
    std::fs::write(&file, handed_over.to_string()).unwrap();
    let output = Command::new(cosign())
        .args(["verify-blob-attestation", "--insecure-ignore-tlog=true", "--type", confirmation::PREDICATE])
        .arg("--key")
        .arg(&pinned)
        .arg("--bundle")
        .arg(&file)
        .args(["--digestAlg", "sha256", "--digest", bundle.trim_start_matches("sha256:")])
        .env_clear()
        .env("HOME", folder)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .unwrap();
    (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[tokio::test]
async fn cosign_accepts_the_confirmation_of_its_bundle_by_the_regulators_key_alone() {
    let folder = tempfile::tempdir().unwrap();
    let (regulator, factory) = (PrivateKey::generate(), PrivateKey::generate());
    let envelope = signed(&regulator);
    let (accepted, said) = accepts(folder.path(), &envelope, &regulator.public(), BUNDLE).await;
    assert!(accepted, "{said}");
    let (accepted, said) = accepts(folder.path(), &envelope, &regulator.public(), OTHER).await;
    assert!(!accepted && said.contains("does not match any digest"), "{said}");
    let (accepted, said) = accepts(folder.path(), &envelope, &factory.public(), BUNDLE).await;
    assert!(!accepted && said.contains("could not verify envelope"), "{said}");
    let (accepted, said) = accepts(folder.path(), &signed(&factory), &regulator.public(), BUNDLE).await;
    assert!(!accepted, "{said}");
}
