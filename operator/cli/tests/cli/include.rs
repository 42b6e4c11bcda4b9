//! `include`: a regulator signs exactly the object that is shown, and nothing that needs the factory.

use std::{fs, os::unix::fs::PermissionsExt as _, path::PathBuf, process::Output};

use factory_assurance::{
    dsse::PrivateKey,
    object::{self, Object, ObjectKind},
    sample,
    wire::ConfirmationRequest,
};
use serde_json::{Value, json};

use super::server::{Reply, Request, Server, err, out, status};

/// A register with one object, of which it says what `bend` makes of it, and a regulator's key.
fn office(name: &str, object: &Object, bend: impl FnOnce(&mut Value)) -> (Server, PathBuf, PrivateKey) {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("include-{name}"));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    let (regulator, file) = (PrivateKey::generate(), folder.join("regulator.pem"));
    fs::write(&file, regulator.to_pem().unwrap()).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    let mut held = serde_json::to_value(object).unwrap();
    held["id"] = json!("ab12");
    held["digest"] = json!(object.digest().unwrap());
    held["people"] = json!([]);
    bend(&mut held);
    let server = Server::start(move |request: &Request| match (request.method.as_str(), request.path.as_str()) {
        ("GET", "/api/v1/objects/ab12") => Reply::Json(200, held.clone()),
        ("POST", "/api/v1/objects/ab12/confirmation") => {
            let mut entered = held.clone();
            entered["entry"] = json!("/entries/social-registry/archive");
            Reply::Json(200, entered)
        }
        _ => status(404, "not found"),
    });
    (server, file, regulator)
}

fn include(server: &Server, key: &std::path::Path, more: &[&str]) -> Output {
    let register = format!("http://{}", server.address);
    let key = key.display().to_string();
    let fixed = ["--key", &key, "--office", "Ministry", "--register", &register, "--register-token", "secret"];
    server.run(&[&["include"], more, &fixed[..]].concat())
}

#[test]
fn what_is_signed_is_what_was_shown() {
    let object = sample::object();
    let (server, key, regulator) = office("signs", &object, |_| {});
    let output = include(&server, &key, &["ab12", "--yes"]);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    for text in ["NoStateService (items 7, 57, 63.2)", "Act of acceptance", "Included: the entry is public", "/archive"]
    {
        assert!(out(&output).contains(text), "{text}: {}", out(&output));
    }
    let request: ConfirmationRequest = serde_json::from_value(server.asked("POST")[0].body.clone()).unwrap();
    let held = object::verify(&request.confirmation, &[regulator.public()], &object).unwrap();
    assert_eq!(held.predicate.verifier.office.as_deref(), Some("Ministry"));
}

#[test]
fn nothing_is_signed_that_was_bent_needs_the_factory_or_was_not_asked_for() {
    let service = Object { kind: ObjectKind::Service, ..sample::object() };
    let (server, key, _) = office("service", &service, |_| {});
    let output = include(&server, &key, &["ab12", "--yes"]);
    assert!(err(&output).contains("not included: a Service cannot rest on NoStateService"), "{}", err(&output));
    let (bent, bent_key, _) = office("bent", &sample::object(), |held| held["explanation"] = json!("Another."));
    let output = include(&bent, &bent_key, &["ab12", "--yes"]);
    assert!(err(&output).contains("not included: the register says digest"), "{}", err(&output));
    let (unasked, unasked_key, _) = office("unasked", &sample::object(), |_| {});
    let output = include(&unasked, &unasked_key, &["ab12"]);
    assert!(err(&output).contains("without a terminal, say --yes"), "{}", err(&output));
    for id in ["none", "../submissions/x", "a?b"] {
        let output = include(&unasked, &unasked_key, &[id, "--yes"]);
        assert!(err(&output).contains("is not the id of an object that you may see"), "{}", err(&output));
    }
    for server in [&server, &bent, &unasked] {
        assert!(server.asked("POST").is_empty());
    }
}
