//! `delegate` and `revoke`: a regulator signs exactly the terms that are shown, and ends what was shown.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Output,
};

use factory_assurance::{
    delegation::{self, ChangeClass, Terms},
    dsse::{PrivateKey, sign},
    sample,
    wire::{DelegationRequest, DelegationStanding, RevocationRequest, StandingDelegation},
};
use serde_json::json;

use super::server::{Reply, Request, Server, err, out, status};

/// A register that has one delegation, under the id `of` its terms, and a regulator's key.
fn office(name: &str, of: &Terms) -> (Server, PathBuf, PrivateKey, String) {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("delegate-{name}"));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    let (regulator, file) = (PrivateKey::generate(), folder.join("regulator.pem"));
    fs::write(&file, regulator.to_pem().unwrap()).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    let id = of.digest().unwrap().trim_start_matches("sha256:").to_owned();
    let terms = sample::terms();
    let held = StandingDelegation {
        id: id.clone(),
        event: 7,
        signed: sign(&delegation::statement(&terms, "Regulator", "2026-03-04T05:06:07Z").unwrap(), &regulator).unwrap(),
        terms,
        given_by: "Regulator".to_owned(),
        sealed_by: None,
        given_at: "2026-03-04T05:06:07Z".to_owned(),
        standing: DelegationStanding::Standing,
        revoked_at: None,
        reason: String::new(),
        uses: 3,
    };
    let path = format!("/api/v1/delegations/{id}");
    let server = Server::start(move |request: &Request| match (request.method.as_str(), request.path.as_str()) {
        ("GET", asked) if asked == path => Reply::Json(200, json!(held)),
        ("POST", "/api/v1/delegations") => Reply::Json(201, json!(held)),
        ("POST", asked) if asked == format!("{path}/revocation") => {
            let ended = StandingDelegation { standing: DelegationStanding::Revoked, ..held.clone() };
            Reply::Json(200, json!(ended))
        }
        _ => status(404, "not found"),
    });
    (server, file, regulator, id)
}

fn run(server: &Server, key: &Path, arguments: &[&str]) -> Output {
    let register = format!("http://{}", server.address);
    let key = key.display().to_string();
    let fixed = ["--key", &key, "--office", "Ministry", "--register", &register, "--register-token", "secret"];
    server.run(&[arguments, &fixed[..]].concat())
}

#[test]
fn what_is_delegated_is_what_was_shown() {
    let (server, key, regulator, _) = office("gives", &sample::terms());
    let terms = sample::terms();
    let (from, until) = (terms.from.as_str(), terms.until.as_str());
    let asked = ["delegate", "social-registry", "--from", from, "--until", until, "--reason", " Patches. ", "--yes"];
    let output = run(&server, &key, &asked);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    for text in ["social-registry (every service of the participant)", "RebuildOnPatchedBase", "Standing: 3 entries"] {
        assert!(out(&output).contains(text), "{text}: {}", out(&output));
    }
    let request: DelegationRequest = serde_json::from_value(server.asked("POST")[0].body.clone()).unwrap();
    let held = delegation::verify(&request.delegation, &[regulator.public()]).unwrap().predicate;
    assert_eq!(held.verifier.office.as_deref(), Some("Ministry"));
    assert_eq!(
        (held.terms.participant.as_str(), held.terms.service, held.terms.class, held.terms.reason.as_str()),
        ("social-registry", None, ChangeClass::RebuildOnPatchedBase, "Patches.")
    );
}

#[test]
fn terms_that_are_none_are_refused_before_anybody_is_asked() {
    let (server, key, ..) = office("refuses", &sample::terms());
    let terms = sample::terms();
    for (scope, until, reason, said) in [
        ("Social", terms.until.as_str(), "r", "not delegated: participant: must be lower-case letters"),
        ("social-registry/", &terms.until, "r", "not delegated: service: "),
        ("social-registry", "tomorrow", "r", "not delegated: until: must be a moment"),
        ("social-registry", "2028-01-01T00:00:00Z", "r", "not delegated: until: must be at most 366 days"),
        ("social-registry", &terms.until, " ", "not delegated: reason: "),
    ] {
        let asked = ["delegate", scope, "--from", &terms.from, "--until", until, "--reason", reason, "--yes"];
        let output = run(&server, &key, &asked);
        assert!(err(&output).contains(said), "{said}: {}", err(&output));
    }
    let asked = ["delegate", "social-registry", "--from", &terms.from, "--until", &terms.until, "--reason", "r"];
    let unasked = run(&server, &key, &asked);
    assert!(err(&unasked).contains("without a terminal, say --yes"), "{}", err(&unasked));
    let class = [&asked[..], &["--class", "Everything"]].concat();
    assert!(err(&run(&server, &key, &class)).contains("must be one of RebuildOnPatchedBase"));
    assert!(server.asked("POST").is_empty());
}

#[test]
fn what_is_revoked_is_what_was_shown() {
    let (server, key, regulator, id) = office("revokes", &sample::terms());
    let output = run(&server, &key, &["revoke", &id, "--reason", "The base was replaced.", "--yes"]);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    assert!(out(&output).contains("Revoked: 3 entries"), "{}", out(&output));
    let request: RevocationRequest = serde_json::from_value(server.asked("POST")[0].body.clone()).unwrap();
    let digest = sample::terms().digest().unwrap();
    let held = delegation::verify_revocation(&request.revocation, &[regulator.public()], &digest).unwrap();
    assert_eq!(held.predicate.reason, "The base was replaced.");
}

#[test]
fn nothing_is_revoked_that_was_bent_or_is_not_there() {
    // The register shows the terms of another delegation under this id.
    let other = Terms { reason: "Another.".to_owned(), ..sample::terms() };
    let (bent, key, _, id) = office("bent", &other);
    let output = run(&bent, &key, &["revoke", &id, "--reason", "Over.", "--yes"]);
    assert!(err(&output).contains("not revoked: the register says delegation"), "{}", err(&output));
    for none in ["none", "../submissions/x", "ab"] {
        let output = run(&bent, &key, &["revoke", none, "--reason", "Over.", "--yes"]);
        assert!(err(&output).contains("is not the id of a delegation"), "{}", err(&output));
    }
    let output = run(&bent, &key, &["revoke", &id, "--reason", " ", "--yes"]);
    assert!(err(&output).contains("--reason: must be one line"), "{}", err(&output));
    assert!(bent.asked("POST").is_empty());
}
