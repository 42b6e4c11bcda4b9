//! `report` and `compare`, as a person or a pipeline runs them: from a file or a service, with a key
//! or without, to the screen or into a file.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use factory_assurance::{
    dossier::TestResult,
    dsse::{PrivateKey, sign},
    evidence::Failure,
    sample,
};
use factory_crds::Outcome;
use serde_json::{Value, json};

use super::{
    server::{Reply, Request, Server, err, out, status},
    watch::release,
};

/// A folder with dossiers and the public key that signed them.
struct Desk {
    folder: PathBuf,
    key: PrivateKey,
}

impl Desk {
    fn new(name: &str) -> Self {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("report-{name}"));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        let key = PrivateKey::generate();
        fs::write(folder.join("dossier.pub"), key.public().to_pem().unwrap()).unwrap();
        Self { folder, key }
    }

    fn put(&self, file: &str, result: TestResult) {
        let envelope = sign(&result.into_statement().unwrap(), &self.key).unwrap();
        fs::write(self.folder.join(file), serde_json::to_vec(&envelope).unwrap()).unwrap();
    }

    fn run(&self, arguments: &[&str]) -> Output {
        run(&self.folder, arguments)
    }

    fn read(&self, file: &str) -> String {
        fs::read_to_string(self.folder.join(file)).unwrap()
    }
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_kubectl-factory")).current_dir(folder).args(arguments).output().unwrap()
}

#[test]
fn a_report_is_a_page_in_the_language_that_was_asked_for() {
    let desk = Desk::new("page");
    desk.put("dossier.json", sample::failing());
    for (language, words) in
        [("en", "Report of a test run"), ("ru", "Отчёт об испытаниях"), ("ky", "Сыноо жөнүндө отчёт")]
    {
        let output = desk.run(&["report", "dossier.json", "--key", "dossier.pub", "--language", language]);
        assert_eq!(output.status.code(), Some(0), "{}", err(&output));
        let page = out(&output);
        assert!(page.starts_with("<!DOCTYPE html>") && page.contains(words), "{page}");
        assert!(page.contains("FaultCostTooHigh"));
    }
}

#[test]
fn without_a_key_the_page_says_that_nobody_checked_the_signature() {
    let desk = Desk::new("unchecked");
    desk.put("dossier.json", sample::passing());
    let words = "The signature of the dossier was not checked";
    assert!(out(&desk.run(&["report", "dossier.json"])).contains(words));
    let output = desk.run(&["report", "dossier.json", "-k", "dossier.pub", "--output", "report.html"]);
    assert_eq!((output.status.code(), out(&output).as_str()), (Some(0), ""), "{}", err(&output));
    assert_eq!(err(&output), "report.html: Passed\n");
    assert!(!desk.read("report.html").contains(words));
}

#[test]
fn a_signature_that_does_not_hold_gives_no_report() {
    let desk = Desk::new("forged");
    desk.put("dossier.json", sample::passing());
    fs::write(desk.folder.join("other.pub"), PrivateKey::generate().public().to_pem().unwrap()).unwrap();
    let output = desk.run(&["report", "dossier.json", "--key", "other.pub", "--output", "report.html"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(err(&output).contains("none of 1 fits a pinned key"), "{}", err(&output));
    assert!(!desk.folder.join("report.html").exists());
}

#[test]
fn a_verdict_that_does_not_follow_is_reported_and_is_an_error() {
    let desk = Desk::new("differs");
    let mut result = sample::failing();
    result.verdict.outcome = Outcome::Passed;
    desk.put("dossier.json", result);
    let output = desk.run(&["report", "dossier.json", "--key", "dossier.pub"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(out(&output).contains("does not follow from its evidence"));
    assert!(err(&output).contains("it says Passed, the evidence gives Failed"), "{}", err(&output));
}

#[test]
fn programs_and_pipelines_get_their_own_forms() {
    let desk = Desk::new("forms");
    desk.put("dossier.json", sample::failing());
    let output = desk.run(&["report", "dossier.json", "-o", "json"]);
    let json: Value = serde_json::from_str(&out(&output)).unwrap();
    assert_eq!((&json["outcome"], &json["signatureChecked"]), (&json!("Failed"), &json!(false)));
    let output = desk.run(&["report", "dossier.json", "-o", "junit", "--output", "junit.xml"]);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    let junit = desk.read("junit.xml");
    assert!(junit.starts_with("<?xml") && junit.contains("<failure type=\"FaultCostTooHigh\""), "{junit}");
}

#[test]
fn what_is_meant_is_said_in_one_line_where_it_is_unclear() {
    let desk = Desk::new("unclear");
    desk.put("dossier.json", sample::passing());
    for (arguments, words) in [
        (["report", "nothing.json"].as_slice(), "error: nothing.json cannot be read"),
        (&["report", "dossier.pub"], "error: dossier.pub is no signed dossier"),
        (&["report", "dossier.json", "--output", "json"], "error: --output json names a file here; say `-o json`"),
        (
            &["report", "dossier.json", "--output", "no/such/folder.html"],
            "error: no/such/folder.html cannot be written",
        ),
        (&["compare", "dossier.json", "nothing.json"], "error: nothing.json cannot be read"),
    ] {
        let output = desk.run(arguments);
        assert_eq!(output.status.code(), Some(1));
        assert!(err(&output).starts_with(words) && err(&output).lines().count() == 1, "{}", err(&output));
    }
}

#[test]
fn the_dossier_of_a_service_or_a_release_is_fetched_from_the_register() {
    let key = PrivateKey::generate();
    let result = sample::passing();
    let envelope = sign(&result.clone().into_statement().unwrap(), &key).unwrap();
    let submission = json!({
        "id": "submission-1", "subject": result.subject, "bundle": "", "dossier": "", "verdict": result.verdict,
        "state": "Confirmed", "reason": "", "confirmation": null, "entry": null, "missing": [],
    });
    let server = Server::start(move |request: &Request| match request.path.split('?').next().unwrap_or_default() {
        "/api/v1/submissions/submission-1" => Reply::Json(200, submission.clone()),
        "/api/v1/submissions/submission-1/dossier" => Reply::Json(200, serde_json::to_value(&envelope).unwrap()),
        "/api/v1/submissions" => Reply::Json(200, json!([])),
        path if path.ends_with("/releases/registered-address-1") => {
            Reply::Json(200, release("registered-address-1", 1, &json!({ "submission": "submission-1" })))
        }
        _ => status(404, "not found"),
    });
    let register = format!("http://{}", server.address);
    let connection = ["--register", &register, "--register-token", "secret"];
    for name in ["submission-1", "registered-address-1", "social-registry/registered-address-1"] {
        let output = server.run(&[["report", name].as_slice(), &connection].concat());
        assert_eq!(output.status.code(), Some(0), "{name}: {}", err(&output));
        assert!(out(&output).contains("Certificate of registered address"));
    }
    let output = server.run(&[["report", "unknown"].as_slice(), &connection].concat());
    assert_eq!(output.status.code(), Some(1));
    assert!(err(&output).starts_with("error: `unknown` is neither the id of a submission"), "{}", err(&output));
}

#[test]
fn two_runs_of_the_same_are_within_noise() {
    let desk = Desk::new("same");
    desk.put("a.json", sample::passing());
    let mut again = sample::passing();
    again.announcement.attempt = 2;
    desk.put("b.json", again);
    let output = desk.run(&["compare", "a.json", "b.json", "--key", "dossier.pub"]);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    let text = out(&output);
    assert!(text.contains("The second is within noise") && text.contains("latency, 50th percentile"), "{text}");
    assert!(!text.contains("Caution"), "{text}");
}

#[test]
fn a_run_that_is_worse_says_so_with_its_exit_code() {
    let desk = Desk::new("worse");
    desk.put("a.json", sample::passing());
    let mut worse = sample::passing();
    sample::fail(&mut worse, 0, 20..70, Failure::Status);
    sample::fail(&mut worse, 0, 310..360, Failure::Status);
    desk.put("b.json", sample::judged(worse));
    let output = desk.run(&["compare", "a.json", "b.json", "-o", "json"]);
    assert_eq!(output.status.code(), Some(2), "{}", err(&output));
    let json: Value = serde_json::from_str(&out(&output)).unwrap();
    let failed = json["steady"].as_array().unwrap().iter().find(|figure| figure["name"] == "failedPpm").unwrap();
    assert_eq!((&failed["values"], &failed["judgement"]), (&json!([0, 500_000]), &json!("Worse")));
    assert_eq!(json["cautions"], json!(["no signature was checked; give --key"]));
    let back = desk.run(&["compare", "b.json", "a.json"]);
    assert_eq!(back.status.code(), Some(0));
    assert!(out(&back).contains("The second is better"), "{}", out(&back));
}

#[test]
fn two_services_are_compared_with_a_caution_and_no_load_cannot_be_judged() {
    let desk = Desk::new("cautions");
    desk.put("a.json", sample::passing());
    let mut other = sample::inconclusive();
    other.subject.service = "another".to_owned();
    other.standard.version = "2".to_owned();
    desk.put("b.json", sample::judged(other));
    let output = desk.run(&["compare", "a.json", "b.json", "--key", "dossier.pub"]);
    assert_eq!(output.status.code(), Some(3), "{}", err(&output));
    let text = out(&output);
    for words in [
        "Caution: these are two services: social-registry/registered-address and social-registry/another",
        "Caution: the standards are not the same: basic version 1 and basic version 2",
        "Caution: the second run is Inconclusive",
        "not to be judged",
    ] {
        assert!(text.contains(words), "{words}\n{text}");
    }
}

#[test]
fn how_it_is_judged_stands_in_the_help() {
    let desk = Desk::new("help");
    let help = out(&desk.run(&["compare", "--help"]));
    assert!(help.contains("stationary bootstrap") && help.contains("2 worse"), "{help}");
}
