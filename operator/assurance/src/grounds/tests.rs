use super::*;
use crate::{
    dsse::{PrivateKey, sign},
    log::note::Signer,
    sample::{self, CONFIRMED, Office, Revoked, Story},
};
use serde_json::{Value, json};

fn term(key: &PrivateKey) -> Term {
    Term { key: key.public(), from: None, until: None, seal: None }
}

/// What is said of `grounds` by whoever pinned the keys of `office`.
fn verify(office: &Office, grounds: &Grounds) -> Result<Held, String> {
    let (log, regulator, factory) = (office.log.verifier(), [term(&office.regulator)], [office.factory.public()]);
    let pinned = Pinned { log: &log, witnesses: &[], regulator: &regulator, factory: &factory };
    grounds.verify(&pinned).map_err(|error| error.to_string())
}

fn refused(office: &Office, grounds: &Grounds, begins: &str) {
    let said = verify(office, grounds).expect_err(begins);
    assert!(said.starts_with(begins), "{begins}: {said}");
}

fn told(office: &Office, change: impl FnOnce(&mut Story)) -> Grounds {
    let mut story = office.story();
    change(&mut story);
    office.told(&story).unwrap()
}

fn under(grounds: &mut Grounds) -> &mut Under {
    grounds.delegated.as_mut().unwrap()
}

#[test]
fn what_was_confirmed_stands_on_the_confirmation() {
    let office = Office::new().unwrap();
    let held = verify(&office, &office.confirmed(&office.regulator).unwrap()).unwrap();
    assert_eq!((held.checkpoint.size, held.result), (1, sample::passing()));
    let Decided::Confirmed { office, at, seal } = held.decided else { panic!("{:?}", held.decided) };
    assert_eq!((office.as_str(), at.as_str(), seal), ("Regulator", CONFIRMED, None));
}

#[test]
fn a_seal_is_told_from_a_person_by_whoever_pinned_the_key() {
    let office = Office::new().unwrap();
    let (log, factory) = (office.log.verifier(), [office.factory.public()]);
    let shown = |seal: Option<&str>| {
        office
            .shown(&office.regulator, |entry| {
                if let Some(name) = seal {
                    entry["sealedBy"] = json!(name);
                }
            })
            .unwrap()
    };
    for (said, pinned, refusal) in [
        (None, None, ""),
        (Some("Ministry"), Some("Ministry"), ""),
        (None, Some("Ministry"), "says that a person signed, and the pinned key is the seal of `Ministry`'s"),
        (Some("Ministry"), None, "says that the seal of `Ministry` signed, and the pinned key is a person's"),
        (Some("Ministry"), Some("Other"), "says that the seal of `Ministry` signed, and the pinned key is the seal of"),
    ] {
        let regulator = [Term { seal: pinned.map(str::to_owned), ..term(&office.regulator) }];
        let keys = Pinned { log: &log, witnesses: &[], regulator: &regulator, factory: &factory };
        match shown(said).verify(&keys) {
            Ok(Held { decided: Decided::Confirmed { seal, .. }, .. }) => {
                assert!(refusal.is_empty() && seal.as_deref() == pinned, "{said:?}, {pinned:?}: {seal:?}");
            }
            Ok(held) => panic!("{:?}", held.decided),
            Err(error) => {
                let begins = format!("entry: sealedBy: {refusal}");
                assert!(!refusal.is_empty() && error.to_string().starts_with(&begins), "{begins}: {error}");
            }
        }
        // Of a delegation as well: the sample's was recorded as a person's.
        if pinned.is_some() {
            let error = told(&office, |_| {}).verify(&keys).unwrap_err().to_string();
            assert!(error.starts_with("delegation: sealedBy: says that a person signed"), "{error}");
        }
    }
}

#[test]
fn what_was_delegated_stands_on_the_delegation_also_when_that_was_revoked_later() {
    let office = Office::new().unwrap();
    for revoked in [None, Some(Revoked::After)] {
        let grounds = told(&office, |story| story.revoked = revoked);
        // Through the file, as a person has it.
        let grounds = serde_json::from_str(&serde_json::to_string(&grounds).unwrap()).unwrap();
        let held = verify(&office, &grounds).unwrap();
        assert_eq!(held.result, sample::rebuilt(sample::passing()));
        let Decided::Delegated(by) = held.decided else { panic!("{:?}", held.decided) };
        assert_eq!((by.terms, by.base), (sample::terms(), sample::passing().subject.release));
        assert_eq!(by.revoked.map(|(seq, _)| seq), revoked.map(|_| 5));
    }
}

#[test]
fn a_story_that_is_not_in_order_is_named() {
    let office = Office::new().unwrap();
    for (begins, grounds) in [
        ("delegation: it was revoked by event 3, before event 4", told(&office, |s| s.revoked = Some(Revoked::Before))),
        (
            "dossier: the delegation ended on 2026-06-04",
            told(&office, |s| s.entered = "2026-06-04T00:00:00Z".to_owned()),
        ),
        ("dossier: the delegation begins on", told(&office, |s| s.terms.from = "2026-05-01T00:00:00Z".to_owned())),
        ("dossier: the delegation is for", told(&office, |s| s.terms.service = Some("other".to_owned()))),
        ("dossier: the delegation is for", told(&office, |s| s.terms.participant = "other".to_owned())),
        ("delegation: signatures: none of 1", told(&office, |s| s.delegates = PrivateKey::generate())),
        ("delegation: signatures: none of 1", told(&office, |s| s.delegates = office.factory.clone())),
        ("confirmation: signatures: none of 1", office.confirmed(&PrivateKey::generate()).unwrap()),
    ] {
        refused(&office, &grounds, begins);
    }
}

#[test]
fn another_log_key_or_witness_is_refused() {
    let office = Office::new().unwrap();
    let grounds = told(&office, |_| {});
    // The same origin with another key, as whoever takes the address over would have it.
    let other = Office { log: Signer::new("register.test/log", [8; 32]).unwrap(), ..Office::new().unwrap() };
    let other = Office { regulator: office.regulator.clone(), factory: office.factory.clone(), ..other };
    refused(&other, &grounds, "entry: checkpoint: ");
    refused(&office, &told(&other, |_| {}), "entry: checkpoint: ");
    // The factory's key is another: nobody else's dossier is taken, in neither place.
    let stranger =
        Office { factory: PrivateKey::generate(), log: office.log.clone(), regulator: office.regulator.clone() };
    refused(&stranger, &grounds, "dossier: signatures: none of 1");
    refused(&stranger, &office.confirmed(&office.regulator).unwrap(), "dossier: signatures: none of 1");
    let (log, witness) = (office.log.verifier(), Signer::new("witness.test", [2; 32]).unwrap().witness());
    let (regulator, factory) = ([term(&office.regulator)], [office.factory.public()]);
    let pinned = Pinned { log: &log, witnesses: &[witness], regulator: &regulator, factory: &factory };
    let said = grounds.verify(&pinned).unwrap_err().to_string();
    assert!(said.starts_with("entry: witness witness.test: "), "{said}");
}

#[test]
fn whatever_was_edited_is_named_where_it_stands() {
    type Harm = fn(&mut Grounds);
    let office = Office::new().unwrap();
    let harms: [(&str, Harm); 13] = [
        ("entry: event 4: its contents have the digest", |made| made.entry.public.event["confirmedBy"] = json!("I")),
        ("delegation: event 2: its contents", |made| under(made).delegation.public.event["id"] = json!("00")),
        ("use: event 3: its contents", |made| under(made).used.public.event["base"] = json!("submission-3")),
        ("base entry: event 1: its contents", |made| under(made).base_entry.public.event["record"] = Value::Null),
        ("delegation: event 3: it is of another kind", |made| under(made).delegation = under(made).used.clone()),
        ("base entry: submission: `submission-2`", |made| {
            let EventProof { public, inclusion, .. } = made.entry.clone();
            under(made).base_entry = crate::log::Included { public, inclusion };
        }),
        ("use: inclusion: index is 2, must be 3", |made| under(made).used.inclusion.index -= 1),
        ("use: inclusion: size is 3, must be 4", |made| under(made).used.inclusion.size = 3),
        ("use: inclusion: the proof leads to the root", |made| {
            let other = under(made).delegation.inclusion.hashes.clone();
            under(made).used.inclusion.hashes = other;
        }),
        ("delegated: not there, and the entry says", |made| made.delegated = None),
        ("base entry: summary.dossier: ", |made| under(made).base = made.dossier.clone()),
        ("base: ", |made| made.confirmation = made.dossier.clone()),
        ("dossier: ", |made| made.dossier = under(made).base.clone()),
    ];
    for (begins, harm) in harms {
        let mut grounds = told(&office, |_| {});
        harm(&mut grounds);
        refused(&office, &grounds, begins);
    }
}

#[test]
fn an_entry_that_shows_something_else_than_its_dossier_is_named() {
    let office = Office::new().unwrap();
    let whole = office.confirmed(&office.regulator).unwrap();
    let with = told(&office, |_| {}).delegated;
    refused(&office, &Grounds { delegated: with, ..whole.clone() }, "delegated: is there, and the entry");
    // Another result of the same factory, confirmed and signed as well, in the place of the one that was entered.
    let mut other = sample::passing();
    other.record.host = "elsewhere.example".to_owned();
    let dossier = sign(&other.into_statement().unwrap(), &office.factory).unwrap();
    refused(&office, &Grounds { dossier, ..whole }, "confirmation: predicate.inputAttestations");
}

#[test]
fn an_entry_of_a_register_that_lies_is_named_although_it_is_in_the_log() {
    type Harm = fn(&mut Value);
    let office = Office::new().unwrap();
    let harms: [(&str, Harm); 7] = [
        ("entry: record: not as in the dossier", |entry| entry["record"]["host"] = json!("elsewhere.example")),
        ("entry: summary.verdict: not as", |entry| entry["summary"]["verdict"]["outcome"] = json!("Failed")),
        ("entry: summary.subject: not as", |entry| entry["summary"]["subject"]["commit"] = json!("0")),
        ("entry: summary.attempt: not as", |entry| entry["summary"]["attempt"] = json!(77)),
        ("entry: summary.bundle: `sha256:00`", |entry| entry["summary"]["bundle"] = json!("sha256:00")),
        ("entry: confirmedBy: `Somebody`", |entry| entry["confirmedBy"] = json!("Somebody")),
        ("entry: event 1 cannot be read", |entry| entry["summary"] = json!(1)),
    ];
    for (begins, harm) in harms {
        refused(&office, &office.shown(&office.regulator, harm).unwrap(), begins);
    }
}

#[test]
fn a_key_of_the_regulators_signs_for_its_time_alone() {
    let office = Office::new().unwrap();
    let (log, factory) = (office.log.verifier(), [office.factory.public()]);
    let at = |text: &str| Some(text.parse::<Timestamp>().unwrap());
    let grounds = told(&office, |_| {});
    // By the time that the log gives to each event: it confirmed at five, delegated at six, and was followed by seven.
    for (from, until, begins) in [
        (None, at("2026-03-04T07:00:00Z"), ""),
        (None, at("2026-03-04T05:30:00Z"), "delegation: signatures: the key "),
        (at("2026-03-04T05:30:00Z"), None, "confirmation: signatures: the key "),
    ] {
        let regulator = [Term { from, until, ..term(&office.regulator) }];
        let pinned = Pinned { log: &log, witnesses: &[], regulator: &regulator, factory: &factory };
        match grounds.verify(&pinned) {
            Ok(_) => assert!(begins.is_empty()),
            Err(error) => assert!(!begins.is_empty() && error.to_string().starts_with(begins), "{begins}: {error}"),
        }
    }
}
