//! `verify` of what an entry stands on, as anyone runs it who saved that file from the entry's page and, by other
//! ways, got the keys of log, regulator and factory.

use std::{fs, path::PathBuf, process::Output};

use factory_assurance::{
    dsse::PrivateKey,
    grounds::Grounds,
    log::note::Signer,
    sample::{self, Office, Revoked, Story},
};
use serde_json::{Value, json};

use super::server::{err, out};

/// A folder with the public keys of an office.
struct Desk {
    folder: PathBuf,
    office: Office,
}

impl Desk {
    fn new(name: &str) -> Self {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("verify-grounds-{name}"));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        let office = Office::new().unwrap();
        for (file, key) in [("dossier.pub", &office.factory), ("regulator.pub", &office.regulator)] {
            fs::write(folder.join(file), key.public().to_pem().unwrap()).unwrap();
        }
        Self { folder, office }
    }

    fn told(&self, change: impl FnOnce(&mut Story)) -> Grounds {
        let mut story = self.office.story();
        change(&mut story);
        self.office.told(&story).unwrap()
    }

    fn run(&self, file: &str, more: &[&str]) -> Output {
        let program = std::process::Command::new(env!("CARGO_BIN_EXE_kubectl-factory"))
            .current_dir(&self.folder)
            .args(["verify", file, "--key", "dossier.pub"])
            .args(more)
            .output();
        program.unwrap()
    }

    /// With the keys of everybody.
    fn verify(&self, grounds: &Grounds, more: &[&str]) -> Output {
        fs::write(self.folder.join("grounds.json"), serde_json::to_vec(grounds).unwrap()).unwrap();
        let log = self.office.log.verifier().to_string();
        let keys = ["--regulator-key", "regulator.pub", "--log-key", &log];
        self.run("grounds.json", &[keys.as_slice(), more].concat())
    }

    fn refused(&self, grounds: &Grounds, says: &str) {
        let output = self.verify(grounds, &[]);
        let (code, said) = (output.status.code(), err(&output));
        assert!(code == Some(1) && said.starts_with("error: the entry does not hold: "), "{says}: {code:?}: {said}");
        assert!(said.contains(says) && said.lines().count() == 1, "{says}: {said}");
    }
}

#[test]
fn what_was_entered_under_a_delegation_says_so_with_everything_that_it_rests_on() {
    let desk = Desk::new("holds");
    let id = sample::terms().digest().unwrap().trim_start_matches("sha256:").to_owned();
    let output = desk.verify(&desk.told(|_| {}), &[]);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    for words in [
        "The entry holds: ",
        "Log:      register.test/log, 4 events, root ",
        "Event:    4 (entry), 2026-04-01T00:00:00.000Z",
        &format!("Decided:  entered without a person, under the delegation {id}"),
        "Given by: Regulator",
        "Signed:   by a person",
        "Covers:   social-registry/registered-address, RebuildOnPatchedBase, from 2026-03-04T00:00:00Z until ",
        "Reason:   Patched base images of the distribution.",
        &format!(
            "Compared: with release {}, which the regulator confirmed (by a person)",
            sample::passing().subject.release
        ),
        "Revoked:  not as this file says",
        "Verdict: Passed",
    ] {
        assert!(out(&output).contains(words), "{words}: {}", out(&output));
    }
    let output = desk.verify(&desk.told(|story| story.revoked = Some(Revoked::After)), &[]);
    assert!(out(&output).contains("Revoked:  by event 5, "), "{}", out(&output));
    let output = desk.verify(&desk.told(|_| {}), &["-o", "json"]);
    let value: Value = serde_json::from_str(&out(&output)).unwrap();
    assert_eq!(
        (&value["holds"], &value["decided"]["delegation"], &value["verdict"]["outcome"]),
        (&json!(true), &json!(id), &json!("Passed"))
    );
}

#[test]
fn what_was_confirmed_says_by_whom() {
    let desk = Desk::new("confirmed");
    let output = desk.verify(&desk.office.confirmed(&desk.office.regulator).unwrap(), &[]);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    assert!(out(&output).contains("Decided:  confirmed by Regulator, 2026-03-04T05:06:07"), "{}", out(&output));
    assert!(out(&output).contains("Signed:   by a person\n"), "{}", out(&output));
}

#[test]
fn what_a_seal_confirmed_says_so_and_is_no_persons() {
    let desk = Desk::new("sealed");
    let (key, grounds) = (&desk.office.regulator, |name: Option<&str>| {
        desk.office.shown(&desk.office.regulator, |entry| entry["sealedBy"] = json!(name)).unwrap()
    });
    let pem = key.public().to_pem().unwrap();
    fs::write(desk.folder.join("regulator.pub"), format!("Seal: Ministry\n{pem}")).unwrap();
    let output = desk.verify(&grounds(Some("Ministry")), &[]);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    let said = "Signed:   sealed by Ministry, by a server and not by a person";
    assert!(out(&output).contains(said), "{}", out(&output));
    let output = desk.verify(&grounds(Some("Ministry")), &["-o", "json"]);
    assert_eq!(serde_json::from_str::<Value>(&out(&output)).unwrap()["decided"]["sealedBy"], "Ministry");
    // The register says the one, whoever pinned the key knows the other.
    desk.refused(&grounds(None), "entry: sealedBy: says that a person signed, and the pinned key is the seal of");
    desk.refused(&grounds(Some("Other")), "says that the seal of `Other` signed");
    fs::write(desk.folder.join("regulator.pub"), &pem).unwrap();
    desk.refused(
        &grounds(Some("Ministry")),
        "says that the seal of `Ministry` signed, and the pinned key is a person's",
    );
    // Nobody can hold it against a key that is both.
    fs::write(desk.folder.join("other.pub"), format!("Seal: Ministry\n{pem}")).unwrap();
    let output = desk.verify(&grounds(Some("Ministry")), &["--regulator-key", "other.pub"]);
    assert!(err(&output).contains("is pinned as a person's and as a seal"), "{}", err(&output));
}

#[test]
fn the_first_thing_that_does_not_hold_is_named() {
    let desk = Desk::new("refused");
    desk.refused(&desk.told(|story| story.delegates = PrivateKey::generate()), "delegation: signatures: none of 1");
    desk.refused(
        &desk.told(|story| story.terms.service = Some("other".to_owned())),
        "the delegation is for social-registry/other, not for social-registry/registered-address",
    );
    desk.refused(
        &desk.told(|story| story.entered = "2026-07-01T00:00:00Z".to_owned()),
        "the delegation ended on 2026-06-04T00:00:00Z",
    );
    desk.refused(
        &desk.told(|story| story.revoked = Some(Revoked::Before)),
        "delegation: it was revoked by event 3, before event 4 used it",
    );
    let mut edited = desk.told(|_| {});
    edited.entry.public.event["record"]["host"] = json!("elsewhere.example");
    desk.refused(&edited, "entry: event 4: its contents have the digest");
    let mut bent = desk.told(|_| {});
    bent.dossier.payload = desk.office.confirmed(&desk.office.regulator).unwrap().dossier.payload;
    desk.refused(&bent, "dossier: signatures: none of 1");
    // The register of another log, with the same name and everybody's keys.
    let log = Signer::new("register.test/log", [3; 32]).unwrap();
    let (regulator, factory) = (desk.office.regulator.clone(), desk.office.factory.clone());
    let other = Office { log, regulator, factory };
    desk.refused(&other.told(&other.story()).unwrap(), "entry: checkpoint: ");
    let output = desk.verify(&edited, &["-o", "json"]);
    let value: Value = serde_json::from_str(&out(&output)).unwrap();
    assert_eq!((output.status.code(), &value["holds"]), (Some(1), &json!(false)));
    assert!(value["reason"].as_str().unwrap().contains("entry: event 4"), "{value}");
}

#[test]
fn keys_that_lack_or_would_not_be_looked_at_are_said() {
    let desk = Desk::new("keys");
    let grounds = desk.told(|_| {});
    let log = desk.office.log.verifier().to_string();
    desk.verify(&grounds, &[]);
    for more in [&[][..], &["--log-key", &log], &["--regulator-key", "regulator.pub"]] {
        let output = desk.run("grounds.json", more);
        let said = err(&output);
        assert!(output.status.code() == Some(1) && said.contains("give --regulator-key and --log-key"), "{said}");
    }
    // Nobody shall believe that a dossier alone was held against the regulator's key.
    fs::write(desk.folder.join("dossier.json"), serde_json::to_vec(&grounds.dossier).unwrap()).unwrap();
    assert_eq!(desk.run("dossier.json", &[]).status.code(), Some(0));
    for more in [&["--log-key", &log][..], &["--regulator-key", "regulator.pub"]] {
        let output = desk.run("dossier.json", more);
        assert!(output.status.code() == Some(1) && err(&output).contains("is a dossier alone"), "{}", err(&output));
    }
    fs::write(desk.folder.join("half.json"), r#"{"entry": 1}"#).unwrap();
    let output = desk.run("half.json", &["--log-key", &log, "--regulator-key", "regulator.pub"]);
    assert!(err(&output).contains("half.json is not what an entry stands on"), "{}", err(&output));
    fs::write(desk.folder.join("broken.pub"), "Not-After: tomorrow\n").unwrap();
    let output = desk.run("grounds.json", &["--log-key", &log, "--regulator-key", "broken.pub"]);
    assert!(err(&output).starts_with("error: broken.pub: "), "{}", err(&output));
}
