//! `confirm` with a key in a device: the regulator's key never leaves it, and what cannot sign is one clear line.

use std::{fs, os::unix::fs::PermissionsExt as _, process::Output};

use factory_assurance::{dsse::PrivateKey, sample, wire::ConfirmationRequest};
use factory_softhsm::Token;

use super::{decide::Office, server::err};

/// An office whose key is in a token, beside another of the log's kind.
fn office(name: &str) -> (Office, Token) {
    let office = Office::new(name, sample::passing(), |_| {});
    let token = Token::new(&office.folder.join("token")).unwrap();
    token.import(&office.regulator.to_pem().unwrap(), "regulator", "01").unwrap();
    token.import_ed25519([7; 32], "checkpoint", "02").unwrap();
    fs::remove_file(office.file("regulator.pem")).unwrap();
    (office, token)
}

fn confirm(office: &Office, token: &Token, line: &str) -> Output {
    let (key, pinned) = (office.file("regulator.uri"), office.file("dossier.pub"));
    fs::write(&key, line).unwrap();
    let register = format!("http://{}", office.server.address);
    let mut command = office.server.command(&[
        "confirm",
        "submission-1",
        "--key",
        &key,
        "--dossier-key",
        &pinned,
        "--office",
        "Ministry",
        "--yes",
        "--register",
        &register,
        "--register-token",
        "secret",
    ]);
    command.envs([token.environment()]).output().unwrap()
}

#[test]
fn a_confirmation_is_signed_in_a_device_and_holds_under_its_public_half() {
    let (office, token) = office("device");
    let output = confirm(&office, &token, &token.uri("regulator"));
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    let request: ConfirmationRequest = serde_json::from_value(office.decisions()[0].body.clone()).unwrap();
    let open = |key: &PrivateKey| request.confirmation.open::<serde_json::Value>(&[key.public()]);
    assert!(open(&office.regulator).is_ok());
    assert!(open(&PrivateKey::generate()).is_err());
}

#[test]
fn a_device_that_cannot_sign_is_said_in_one_line_before_anything_is_asked() {
    let (office, token) = office("device-refused");
    let good = token.uri("regulator");
    let library = "/usr/lib/softhsm/libsofthsm2.so";
    for (line, said) in [
        (
            token.uri("another"),
            "pkcs11:token=factory;object=another: the token has 0 private keys of this name, must be 1",
        ),
        (token.uri("checkpoint"), "the key is of the kind CKK_EC_EDWARDS, must be ECDSA P-256"),
        (
            good.replace("token=factory", "token=other"),
            "pkcs11:token=other;object=regulator: 0 of the tokens that are there are this one, must be 1; there are: factory",
        ),
        (good.replace(library, "/nowhere.so"), "module-path: /nowhere.so: no PKCS#11 module that can be used"),
        (
            good.replace("pin-source=", "pin-value=9876&pin-source="),
            "pkcs11 URI: pin-value: `…`, is not read: name a file with pin-source",
        ),
    ] {
        let output = confirm(&office, &token, &line);
        assert_eq!(output.status.code(), Some(1), "{line}");
        assert!(err(&output).contains(said), "{line}: {}", err(&output));
    }
    token.write_pin("1111").unwrap();
    let refused = err(&confirm(&office, &token, &good));
    assert!(refused.contains("the token refuses the PIN in ") && refused.contains("PinIncorrect"), "{refused}");
    token.right_pin().unwrap();
    fs::set_permissions(office.folder.join("token/pin"), fs::Permissions::from_mode(0o644)).unwrap();
    let open = err(&confirm(&office, &token, &good));
    assert!(open.contains("can be read by others; run `chmod 600"), "{open}");
    assert!(office.server.asked("GET").is_empty());
}
