//! `issue`: a regulator signs exactly the standard of the manifest, once, and no other under its version.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Output,
};

use factory_assurance::{
    canonical,
    dsse::{PrivateKey, sign},
    issuance,
    standard::Standard,
    wire::{IssuanceRequest, IssuedStandard, SignedStandard},
};
use factory_crds::ResilienceStandard;
use serde_json::{Value, json};

use super::server::{Reply, Request, Server, err, out, status};

/// As the register answers it, signed with `key` from the day `from` on.
fn held(standard: &Standard, from: &str, key: &PrivateKey) -> SignedStandard {
    let statement = issuance::statement(standard, from, "Regulator", "2026-03-04T05:06:07Z").unwrap();
    let issued = IssuedStandard {
        name: standard.name.clone(),
        version: standard.version.clone(),
        class: standard.class.unwrap(),
        effective_from: from.to_owned(),
        digest: canonical::digest(standard).unwrap(),
        event: 7,
        issued_by: "Regulator".to_owned(),
        issued_at: "2026-03-04T05:06:07Z".to_owned(),
        sealed_by: None,
    };
    SignedStandard { issued, standard: standard.clone(), signed: sign(&statement, key).unwrap() }
}

/// A shipped manifest, changed.
fn manifest(change: impl FnOnce(&mut Value)) -> Value {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../pipelines/standards/basic.yaml");
    let object: ResilienceStandard = serde_saphyr::from_str(&fs::read_to_string(file).unwrap()).unwrap();
    let mut object = json!({
        "apiVersion": "factory.gov.kg/v1alpha1", "kind": "ResilienceStandard", "metadata": {"name": "basic"},
        "spec": object.spec,
    });
    change(&mut object);
    object
}

/// The judged part of a manifest, and its first day.
fn judged(manifest: &Value) -> (Standard, String) {
    let object: ResilienceStandard = serde_json::from_value(manifest.clone()).unwrap();
    (Standard::of("basic", &object.spec), object.spec.effective_from)
}

struct Office {
    server: Server,
    folder: PathBuf,
    regulator: PrivateKey,
}

impl Office {
    /// A register that has issued `before`, and answers every issuance with it or with the shipped standard.
    fn new(name: &str, before: Option<&Value>) -> Self {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("issue-{name}"));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        let (regulator, file) = (PrivateKey::generate(), folder.join("regulator.pem"));
        fs::write(&file, regulator.to_pem().unwrap()).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        let known = before.map(judged).map(|(standard, from)| held(&standard, &from, &regulator));
        let (standard, from) = judged(&manifest(|_| {}));
        let path = format!("/api/v1/standards/basic/{}", standard.version);
        let answer = held(&standard, &from, &regulator);
        let server = Server::start(move |request: &Request| match (request.method.as_str(), request.path.as_str()) {
            ("GET", asked) if asked == path && known.is_some() => Reply::Json(200, json!(known)),
            ("POST", "/api/v1/standards") => Reply::Json(201, json!(answer)),
            _ => status(404, "not found"),
        });
        Self { server, folder, regulator }
    }

    /// Issues `manifest` out of a file.
    fn issue(&self, manifest: &Value, more: &[&str]) -> Output {
        let file = self.folder.join("standard.yaml");
        fs::write(&file, manifest.to_string()).unwrap();
        let (file, key) = (file.display().to_string(), self.folder.join("regulator.pem").display().to_string());
        let register = format!("http://{}", self.server.address);
        let fixed = ["--key", &key, "--office", "Ministry", "--register", &register, "--register-token", "secret"];
        self.server.run(&[&["issue", &file], &fixed[..], more].concat())
    }
}

#[test]
fn what_is_issued_is_what_the_manifest_says() {
    let office = Office::new("new", None);
    let shipped = manifest(|_| {});
    let output = office.issue(&shipped, &["--yes"]);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    let (standard, from) = judged(&shipped);
    let digest = canonical::digest(&standard).unwrap();
    for text in ["PodKill, RollingRestart", digest.as_str(), "Issued: basic@", "(event 7)", "/glossary"] {
        assert!(out(&output).contains(text), "{text}: {}", out(&output));
    }
    let request: IssuanceRequest = serde_json::from_value(office.server.asked("POST")[0].body.clone()).unwrap();
    let signed = issuance::verify(&request.issuance, &[office.regulator.public()]).unwrap().predicate;
    assert_eq!((signed.standard, signed.effective_from), (standard, from));
    assert_eq!(signed.verifier.office.as_deref(), Some("Ministry"));
}

#[test]
fn what_was_issued_before_is_said_and_not_signed_again() {
    let shipped = manifest(|_| {});
    let office = Office::new("again", Some(&shipped));
    let output = office.issue(&shipped, &[]);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    assert!(out(&output).starts_with("Was issued before: basic@"), "{}", out(&output));
    assert!(office.server.asked("POST").is_empty());
}

#[test]
fn a_version_that_says_something_else_is_not_issued_again() {
    type Change = fn(&mut Value);
    let changes: [(&str, Change); 3] = [
        ("standard.steady: not as `basic@", |object| object["spec"]["steady"]["maxFailedPpm"] = json!(50_000)),
        ("standard.maxAttempts: not as `basic@", |object| {
            drop(object["spec"].as_object_mut().unwrap().remove("maxAttempts"));
        }),
        ("effectiveFrom: not as `basic@", |object| object["spec"]["effectiveFrom"] = json!("2025-01-01")),
    ];
    let office = Office::new("other", Some(&manifest(|_| {})));
    for (said, change) in changes {
        let output = office.issue(&manifest(change), &["--yes"]);
        assert_eq!(output.status.code(), Some(1), "{}", out(&output));
        assert!(err(&output).contains(&format!("not issued: {said}")), "{said}: {}", err(&output));
    }
    assert!(office.server.asked("POST").is_empty());
}

#[test]
fn a_manifest_that_is_no_standard_is_refused_before_anybody_is_asked() {
    type Change = fn(&mut Value);
    let office = Office::new("refuses", None);
    let changes: [(&str, Change); 4] = [
        ("spec.faults", |object| object["spec"]["faults"] = json!([])),
        ("spec.steady.p99Ms", |object| object["spec"]["steady"]["p99Ms"] = json!(0)),
        ("predicate.standard.version: must be", |object| object["spec"]["version"] = json!("1/2")),
        ("kind: must be ResilienceStandard, not `Participant`", |object| {
            *object = json!({
                "apiVersion": "factory.gov.kg/v1alpha1", "kind": "Participant", "metadata": {"name": "registry"},
                "spec": {
                    "title": {"ky": "a", "ru": "a", "en": "a"}, "kind": "StateBody", "groups": ["a"],
                    "contact": "office@registry.gov.kg",
                },
            });
        }),
    ];
    for (said, change) in changes {
        let output = office.issue(&manifest(change), &["--yes"]);
        assert_eq!(output.status.code(), Some(1), "{said}: {}", out(&output));
        assert!(err(&output).contains("not issued: ") && err(&output).contains(said), "{said}: {}", err(&output));
    }
    let unasked = office.issue(&manifest(|_| {}), &[]);
    assert!(err(&unasked).contains("without a terminal, say --yes"), "{}", err(&unasked));
    assert!(office.server.asked("POST").is_empty());
}
