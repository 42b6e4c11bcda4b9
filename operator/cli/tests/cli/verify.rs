//! `verify`, as anyone runs it who got a dossier and, by another way, a key: what holds is shown,
//! and the first thing that does not hold is named.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use factory_assurance::{
    dossier::{Dossier, TestResult},
    dsse::{Envelope, PrivateKey, sign},
    sample,
};
use factory_crds::Outcome;

/// A folder with a dossier and the public key that signed it.
struct Desk {
    folder: PathBuf,
    key: PrivateKey,
}

impl Desk {
    fn new(name: &str) -> Self {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("verify-{name}"));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        let key = PrivateKey::generate();
        fs::write(folder.join("dossier.pub"), key.public().to_pem().unwrap()).unwrap();
        Self { folder, key }
    }

    fn put(&self, envelope: &Envelope) {
        fs::write(self.folder.join("dossier.json"), serde_json::to_vec(envelope).unwrap()).unwrap();
    }

    fn sign(&self, result: TestResult) -> Envelope {
        sign(&result.into_statement().unwrap(), &self.key).unwrap()
    }

    fn verify(&self, more: &[&str]) -> Output {
        run(&self.folder, &[["verify", "dossier.json", "--key", "dossier.pub"].as_slice(), more].concat())
    }
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_kubectl-factory")).current_dir(folder).args(arguments).output().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_dossier_that_holds_is_shown_with_its_verdict_and_figures() {
    let desk = Desk::new("holds");
    desk.put(&desk.sign(sample::passing()));
    let output = desk.verify(&[]);
    let text = out(&output);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    for words in ["The dossier holds", "Verdict: Passed", "latency, 99th percentile", "time to recovery"] {
        assert!(text.contains(words), "{words}\n{text}");
    }
}

#[test]
fn one_that_builds_on_earlier_runs_names_their_dossiers() {
    let desk = Desk::new("earlier");
    let mut silent = sample::pooled();
    silent.announcement.attempt += 5;
    desk.put(&desk.sign(sample::judged(silent)));
    let (text, last) = (out(&desk.verify(&[])), format!("sha256:{:064x}", 28));
    assert!(
        text.contains("it builds on 29 dossiers of earlier runs, of 34 attempts") && text.contains(&last),
        "{text}"
    );
    let json: serde_json::Value = serde_json::from_str(&out(&desk.verify(&["-o", "json"]))).unwrap();
    assert_eq!((json["earlierDossiers"].as_array().unwrap().len(), &json["earlierDossiers"][28]), (29, &last.into()));
    desk.put(&desk.sign(sample::passing()));
    let json: serde_json::Value = serde_json::from_str(&out(&desk.verify(&["-o", "json"]))).unwrap();
    assert!(json.get("earlierDossiers").is_none() && !out(&desk.verify(&[])).contains("earlier runs"));
}

#[test]
fn one_that_failed_holds_too_and_says_why_it_failed() {
    let desk = Desk::new("failed");
    let result = sample::failing();
    let finding = result.verdict.findings[0].clone();
    desk.put(&desk.sign(result));
    let output = desk.verify(&[]);
    assert_eq!(output.status.code(), Some(0));
    assert!(out(&output).contains("Verdict: Failed"));
    assert!(out(&output).contains(&finding.message), "{}", out(&output));
}

#[test]
fn an_edited_payload_is_named() {
    let desk = Desk::new("edited");
    let mut envelope = desk.sign(sample::failing());
    // What somebody would try who wants a failed result to have passed.
    let mut dossier: Dossier = envelope.open(&[desk.key.public()]).unwrap();
    dossier.predicate.verdict.outcome = Outcome::Passed;
    envelope.payload = sign(&dossier, &PrivateKey::generate()).unwrap().payload;
    desk.put(&envelope);
    let output = desk.verify(&[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        err(&output).starts_with("error: the dossier does not hold: signatures: none of 1 fits a pinned key"),
        "{}",
        err(&output)
    );
}

#[test]
fn a_verdict_that_does_not_follow_is_named_although_it_is_signed() {
    let desk = Desk::new("verdict");
    let mut result = sample::failing();
    result.verdict.outcome = Outcome::Passed;
    desk.put(&desk.sign(result));
    let output = desk.verify(&[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(err(&output).contains("predicate.verdict: says"), "{}", err(&output));
}

#[test]
fn flipped_evidence_is_named_although_it_is_signed() {
    let desk = Desk::new("evidence");
    let mut result = sample::passing();
    let verify = result.evidence.verify.as_mut().unwrap();
    verify.checks[0].steps[0].deviations.push("status 500, expected 200".to_owned());
    desk.put(&desk.sign(result));
    let output = desk.verify(&["-o", "json"]);
    assert_eq!(output.status.code(), Some(1));
    let json: serde_json::Value = serde_json::from_str(&out(&output)).unwrap();
    assert_eq!(json["holds"], false);
    assert!(json["reason"].as_str().unwrap().contains("predicate.verdict"), "{json}");
}

#[test]
fn another_bundle_under_the_same_signature_is_named() {
    let desk = Desk::new("bundle");
    let mut statement = sample::passing().into_statement().unwrap();
    statement.predicate.bundle.configuration = format!("sha256:{}", "0".repeat(64));
    desk.put(&sign(&statement, &desk.key).unwrap());
    let output = desk.verify(&[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(err(&output).contains("subject: "), "{}", err(&output));
}

#[test]
fn a_payload_that_is_not_its_own_canonical_form_is_refused_although_it_is_signed() {
    let desk = Desk::new("form");
    let good = serde_json::to_value(sample::passing().into_statement().unwrap()).unwrap();
    for (place, name, value) in [
        ("/predicate/bundle", "databases", serde_json::json!({})),
        ("/predicate/standard/faults/0", "names", serde_json::json!([])),
        ("/subject/0", "remark", serde_json::json!("nobody reads this")),
    ] {
        let mut statement = good.clone();
        statement.pointer_mut(place).unwrap()[name] = value;
        desk.put(&sign(&statement, &desk.key).unwrap());
        let output = desk.verify(&[]);
        assert_eq!(output.status.code(), Some(1), "{name}");
        assert!(err(&output).contains("payload: it is not its own canonical form"), "{name}: {}", err(&output));
    }
    desk.put(&sign(&good, &desk.key).unwrap());
    assert_eq!(desk.verify(&[]).status.code(), Some(0));
}

#[test]
fn the_wrong_key_opens_nothing() {
    let desk = Desk::new("key");
    desk.put(&sign(&sample::passing().into_statement().unwrap(), &PrivateKey::generate()).unwrap());
    let output = desk.verify(&[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(err(&output).contains("none of 1 fits a pinned key"), "{}", err(&output));
}

#[test]
fn one_of_several_keys_is_enough() {
    let desk = Desk::new("keys");
    desk.put(&desk.sign(sample::passing()));
    fs::write(desk.folder.join("old.pub"), PrivateKey::generate().public().to_pem().unwrap()).unwrap();
    let output =
        run(&desk.folder, &["verify", "dossier.json", "--key", "old.pub", "--key", "dossier.pub", "-o", "json"]);
    let json: serde_json::Value = serde_json::from_str(&out(&output)).unwrap();
    assert_eq!(json["holds"], true);
    assert_eq!(json["verdict"]["outcome"], "Passed");
}

#[test]
fn what_is_no_dossier_is_said_in_one_line() {
    let desk = Desk::new("none");
    for (text, words) in
        [("", "is no signed dossier"), ("{}", "is no signed dossier"), ("[1, 2]", "is no signed dossier")]
    {
        fs::write(desk.folder.join("dossier.json"), text).unwrap();
        let output = desk.verify(&[]);
        assert_eq!(output.status.code(), Some(1));
        assert!(err(&output).contains(words) && err(&output).lines().count() == 1, "{}", err(&output));
    }
    let output = run(&desk.folder, &["verify", "nothing.json", "--key", "dossier.pub"]);
    assert!(err(&output).starts_with("error: nothing.json cannot be read: "), "{}", err(&output));
    let output = run(&desk.folder, &["verify", "dossier.json", "--key", "dossier.json"]);
    assert!(err(&output).contains("the key is no PEM"), "{}", err(&output));
}

#[test]
fn a_regulators_key_is_made_for_its_owner_alone_and_never_overwritten() {
    use std::os::unix::fs::PermissionsExt as _;
    let desk = Desk::new("keygen");
    let output = run(&desk.folder, &["keygen", "regulator.pem"]);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    let mode = fs::metadata(desk.folder.join("regulator.pem")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let private = PrivateKey::from_pem(&fs::read_to_string(desk.folder.join("regulator.pem")).unwrap()).unwrap();
    assert_eq!(fs::read_to_string(desk.folder.join("regulator.pub")).unwrap(), private.public().to_pem().unwrap());
    let again = run(&desk.folder, &["keygen", "regulator.pem"]);
    assert_eq!(again.status.code(), Some(1));
    assert!(err(&again).contains("exists and is not overwritten"), "{}", err(&again));
}

#[test]
fn evidence_is_held_against_the_labs_key_where_one_is_pinned() {
    let desk = Desk::new("measured");
    let lab = PrivateKey::generate();
    fs::write(desk.folder.join("lab.pub"), lab.public().to_pem().unwrap()).unwrap();
    desk.put(&desk.sign(sample::measured_by(sample::passing(), &lab)));
    assert!(out(&desk.verify(&[])).contains("Measured: not held against a key of the lab (--lab-key)"));
    let output = desk.verify(&["--lab-key", "lab.pub"]);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    assert!(out(&output).contains("Measured: by the lab, signed with its pinned key"), "{}", out(&output));
    for (result, why) in [
        (sample::passing(), "predicate.measurements.verify: lacks: the lab signs what it measured"),
        (
            sample::measured_by(sample::passing(), &desk.key),
            "predicate.measurements.verify: signatures: none of 1 fits",
        ),
    ] {
        desk.put(&desk.sign(result));
        let output = desk.verify(&["--lab-key", "lab.pub", "-o", "json"]);
        assert_eq!(output.status.code(), Some(1));
        let said: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert!(said["holds"] == false && said["reason"].as_str().unwrap().contains(why), "{said}");
    }
}
