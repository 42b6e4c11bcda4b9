//! `confirm` and `return`: a regulator signs exactly what was verified on this machine, and nothing
//! else; `dossier` hands out what the register keeps.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::PathBuf,
    sync::{Arc, Mutex},
};

use factory_assurance::{
    confirmation::{self, Confirmed},
    dossier::TestResult,
    dsse::{Envelope, PrivateKey, sign},
    sample,
    wire::{ConfirmationRequest, Procedure, SubmissionState},
};
use serde_json::json;

use super::server::{Reply, Request, Server, err, out, status};

/// A register with one submission, a factory that signed its dossier, and a regulator's key.
pub struct Office {
    pub server: Server,
    pub folder: PathBuf,
    pub regulator: PrivateKey,
    pub submission: SubmissionState,
}

impl Office {
    /// The dossier is `result`; `bend` changes what the register says of it.
    pub fn new(name: &str, result: TestResult, bend: impl FnOnce(&mut SubmissionState)) -> Self {
        let (factory, regulator) = (PrivateKey::generate(), PrivateKey::generate());
        let envelope = sign(&result.clone().into_statement().unwrap(), &factory).unwrap();
        let mut submission = SubmissionState {
            id: "submission-1".to_owned(),
            subject: result.subject.clone(),
            bundle: result.bundle.digest().unwrap(),
            dossier: envelope.payload_digest().unwrap(),
            verdict: result.verdict,
            state: Procedure::Submitted,
            reason: String::new(),
            confirmation: None,
            delegated: None,
            entry: None,
            missing: Vec::new(),
        };
        bend(&mut submission);
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("decide-{name}"));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("dossier.pub"), factory.public().to_pem().unwrap()).unwrap();
        let key = folder.join("regulator.pem");
        fs::write(&key, regulator.to_pem().unwrap()).unwrap();
        fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
        let server = register(envelope, submission.clone());
        Self { server, folder, regulator, submission }
    }

    pub fn file(&self, name: &str) -> String {
        self.folder.join(name).display().to_string()
    }

    fn run(&self, arguments: &[&str]) -> std::process::Output {
        let register = format!("http://{}", self.server.address);
        self.server.run(&[arguments, &["--register", &register, "--register-token", "secret"]].concat())
    }

    fn confirm(&self, what: &str) -> std::process::Output {
        let (key, pinned) = (self.file("regulator.pem"), self.file("dossier.pub"));
        self.run(&["confirm", what, "--key", &key, "--dossier-key", &pinned, "--office", "Ministry", "--yes"])
    }

    /// What the server was asked to do, and not only to show.
    pub fn decisions(&self) -> Vec<Request> {
        self.server.asked("POST")
    }
}

fn register(envelope: Envelope, submission: SubmissionState) -> Server {
    let state = Arc::new(Mutex::new(submission));
    let answer = |value: &SubmissionState| Reply::Json(200, serde_json::to_value(value).unwrap());
    Server::start(move |request: &Request| {
        let mut state = state.lock().unwrap();
        if !request.path.starts_with("/api/v1/submissions") {
            return status(404, "not found");
        }
        if !request.headers.to_lowercase().contains("authorization: bearer secret") {
            return Reply::Json(
                401,
                json!({ "type": "about:blank", "title": "Unauthorized", "status": 401, "detail": "no token" }),
            );
        }
        match (request.method.as_str(), request.path.trim_start_matches("/api/v1/submissions")) {
            ("GET", "/submission-1") => answer(&state),
            ("GET", "/submission-1/dossier") => Reply::Json(200, serde_json::to_value(&envelope).unwrap()),
            ("GET", query) if query.starts_with("?state=Submitted") => Reply::Json(200, json!([*state])),
            ("POST", "/submission-1/confirmation") => {
                state.state = Procedure::Registered;
                state.entry = Some("/entries/p/s".to_owned());
                answer(&state)
            }
            ("POST", "/submission-1/return") => {
                state.state = Procedure::Returned;
                state.reason = request.body["reason"].as_str().unwrap_or_default().to_owned();
                answer(&state)
            }
            _ => Reply::Json(
                404,
                json!({ "type": "about:blank", "title": "Not Found", "status": 404, "detail": "no such submission" }),
            ),
        }
    })
}

#[test]
fn what_is_signed_is_what_was_verified() {
    let office = Office::new("signs", sample::passing(), |_| {});
    let service = office.submission.subject.service.clone();
    for what in [service.as_str(), "submission-1"] {
        let output = office.confirm(what);
        assert_eq!(output.status.code(), Some(0), "{}", err(&output));
        assert!(out(&output).contains("Registered: the entry is public."), "{}", out(&output));
        assert!(out(&output).contains("/entries/p/s"));
    }
    // The second call found it confirmed, and confirmed nothing twice.
    let decisions = office.decisions();
    assert_eq!(decisions.len(), 1);
    let request: ConfirmationRequest = serde_json::from_value(decisions[0].body.clone()).unwrap();
    let subject = &office.submission.subject;
    let resource = format!("{}/{}/{}", subject.participant, subject.service, subject.release);
    let standard = &sample::passing().standard;
    let standard = format!("{}@{}", standard.name, standard.version);
    let wanted = Confirmed {
        resource: &resource,
        bundle: &office.submission.bundle,
        dossier: &office.submission.dossier,
        standard: &standard,
    };
    let signed = confirmation::verify(&request.confirmation, &[office.regulator.public()], &wanted).unwrap();
    assert_eq!(signed.predicate.office(), "Ministry");
}

#[test]
fn what_failed_is_not_confirmed() {
    let office = Office::new("failed", sample::failing(), |_| {});
    let output = office.confirm("submission-1");
    assert_eq!(output.status.code(), Some(1));
    assert!(err(&output).contains("not confirmed: the verdict is Failed"), "{}", err(&output));
    assert!(office.decisions().is_empty());
}

#[test]
fn a_register_that_says_something_else_than_the_dossier_is_not_believed() {
    let other = format!("sha256:{}", "0".repeat(64));
    let bends: [(&str, &dyn Fn(&mut SubmissionState)); 3] = [
        ("bundle", &|submission| submission.bundle.clone_from(&other)),
        ("dossier", &|submission| submission.dossier.clone_from(&other)),
        ("subject", &|submission| submission.subject.release = "another".to_owned()),
    ];
    for (field, bend) in bends {
        let office = Office::new(&format!("bent-{field}"), sample::passing(), bend);
        let output = office.confirm("submission-1");
        assert_eq!(output.status.code(), Some(1));
        assert!(err(&output).contains(&format!("not confirmed: the register says {field}")), "{}", err(&output));
        assert!(office.decisions().is_empty());
    }
}

#[test]
fn a_dossier_of_another_factory_is_not_confirmed() {
    let office = Office::new("key", sample::passing(), |_| {});
    fs::write(office.file("dossier.pub"), PrivateKey::generate().public().to_pem().unwrap()).unwrap();
    let output = office.confirm("submission-1");
    assert!(err(&output).contains("none of 1 fits a pinned key"), "{}", err(&output));
    assert!(office.decisions().is_empty());
}

#[test]
fn a_key_that_others_can_read_is_refused_before_anything_is_asked() {
    let office = Office::new("open", sample::passing(), |_| {});
    fs::set_permissions(office.file("regulator.pem"), fs::Permissions::from_mode(0o644)).unwrap();
    let output = office.confirm("submission-1");
    assert!(err(&output).contains("can be read by others; run `chmod 600"), "{}", err(&output));
    assert!(office.server.asked("GET").is_empty());
}

#[test]
fn without_a_terminal_nothing_is_confirmed_unasked() {
    let office = Office::new("unasked", sample::passing(), |_| {});
    let (key, pinned) = (office.file("regulator.pem"), office.file("dossier.pub"));
    let output =
        office.run(&["confirm", "submission-1", "--key", &key, "--dossier-key", &pinned, "--office", "Ministry"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(err(&output).contains("without a terminal, say --yes"), "{}", err(&output));
    assert!(office.decisions().is_empty());
}

#[test]
fn a_return_needs_a_reason_and_carries_it() {
    let office = Office::new("returns", sample::passing(), |_| {});
    let output = office.run(&["return", "submission-1", "--reason", " "]);
    assert!(err(&output).contains("--reason is empty"), "{}", err(&output));
    assert!(office.decisions().is_empty());
    let output = office.run(&["return", "submission-1", "--reason", "item 17.4 names nobody"]);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    assert_eq!(office.decisions()[0].body, json!({ "reason": "item 17.4 names nobody" }));
    assert!(out(&output).contains("Returned: item 17.4 names nobody"));
}

#[test]
fn the_dossier_is_handed_out_as_it_is_kept() {
    let office = Office::new("dossier", sample::passing(), |_| {});
    let output = office.run(&["dossier", "submission-1"]);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    let envelope: Envelope = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(envelope.payload_digest().unwrap(), office.submission.dossier);
}

#[test]
fn a_name_that_means_nothing_is_said_so_and_no_path_gets_into_an_address() {
    let office = Office::new("names", sample::passing(), |_| {});
    for name in ["nothing", "../../healthz", "a/b/c", "x?y"] {
        let output = office.run(&["dossier", name]);
        assert_eq!(output.status.code(), Some(1));
        assert!(err(&output).contains("is neither the id of a submission nor a service"), "{}", err(&output));
    }
    let paths: Vec<_> = office.server.asked("GET").into_iter().map(|request| request.path).collect();
    assert!(paths.iter().all(|path| !path.contains("healthz")), "{paths:?}");
}

#[test]
fn a_refusal_is_told_in_the_registers_own_words() {
    let office = Office::new("refused", sample::passing(), |_| {});
    let register = format!("http://{}", office.server.address);
    let output = office.server.run(&["dossier", "submission-1", "--register", &register, "--register-token", "wrong"]);
    assert_eq!(err(&output), "error: the register refuses: no token; give a token for it with --register-token\n");
    let register = format!("http://register.localhost:{}", office.server.address.port());
    let output = office.server.run(&["dossier", "submission-1", "--register", &register, "--register-token", "secret"]);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    let output =
        office.server.run(&["dossier", "submission-1", "--register", "http://127.0.0.1:9", "--register-token", "x"]);
    assert!(
        err(&output).starts_with("error: the register at http://127.0.0.1:9 does not answer: "),
        "{}",
        err(&output)
    );
}
