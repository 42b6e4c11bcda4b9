//! A payload that is not its own canonical form is refused, by both verifiers alike: in bytes that can be read in two
//! ways each would judge another document.

use std::{collections::BTreeMap, fs, path::Path};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use factory_assurance::{
    canonical,
    dossier::{DossierError, TestResult, Verified},
    dsse::{Envelope, IN_TOTO},
    sample,
};
use serde_json::{Value, json};

use super::{
    closed, drawn,
    second_verifier::{temporary, verifier},
    shaped,
};

/// What the second verifier says of each payload: `None` where it is refused.
fn second(payloads: &[Vec<u8>]) -> Vec<Option<String>> {
    let file = temporary("payloads");
    let lines: String = payloads.iter().map(|payload| STANDARD.encode(payload) + "\n").collect();
    fs::write(&file, lines).unwrap();
    let output = verifier(&[Path::new("--open-lines"), &file]);
    fs::remove_file(&file).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(said.lines().count(), payloads.len());
    said.lines().map(|line| (!line.starts_with("refused: ")).then(|| line.to_owned())).collect()
}

/// What the first makes of it.
fn read(payload: &[u8]) -> Result<Verified, DossierError> {
    let (payload_type, payload) = (IN_TOTO.to_owned(), STANDARD.encode(payload));
    Verified::unsigned(&Envelope { payload_type, payload, signatures: Vec::new() })
}

/// The verdict of the first.
fn first(payload: &[u8]) -> Option<String> {
    let verdict = read(payload).ok()?.verdict;
    Some(String::from_utf8(canonical::bytes(&verdict).unwrap()).unwrap())
}

/// A dossier whose standard has no fault with names and whose bundle has no database; the verdict is `v1`'s.
fn dossier() -> Value {
    let mut result = sample::passing();
    result.rules = "factory.gov.kg/verdict/v1".to_owned();
    serde_json::to_value(sample::judged(result).into_statement().unwrap()).unwrap()
}

fn bytes(document: &Value) -> Vec<u8> {
    canonical::bytes(document).unwrap()
}

#[test]
fn whatever_is_written_otherwise_is_refused_by_both() {
    let good = bytes(&dossier());
    let text = String::from_utf8(good.clone()).unwrap();
    let with = |place: &str, name: &str, value: Value| {
        let mut document = dossier();
        document.pointer_mut(place).unwrap()[name] = value;
        bytes(&document)
    };
    let payloads = [
        ("a blank", format!("{text} ").into_bytes()),
        ("a line feed after a comma", text.replacen(',', ",\n", 1).into_bytes()),
        ("laid out", serde_json::to_vec_pretty(&dossier()).unwrap()),
        ("another order", {
            let (before, after) = text.split_once("\"_type\":\"https://in-toto.io/Statement/v1\",").unwrap();
            format!("{before}{},\"_type\":\"https://in-toto.io/Statement/v1\"}}", &after[..after.len() - 1])
                .into_bytes()
        }),
        ("a letter as a number", text.replacen("basic", "b\\u0061sic", 1).into_bytes()),
        ("a number with a point", text.replacen("\"attempt\":1", "\"attempt\":1.0", 1).into_bytes()),
        ("a field twice", text.replacen("\"attempt\":1", "\"attempt\":2,\"attempt\":1", 1).into_bytes()),
        ("names of nothing", with("/predicate/standard/faults/0", "names", json!([]))),
        ("no database", with("/predicate/bundle", "databases", json!({}))),
        ("a weight that says nothing", with("/predicate/plan/verify/checks/0", "weight", json!(1))),
        ("a pause of nothing", with("/predicate/plan/prove/load", "pauseMs", json!(0))),
        ("a peer that is none", with("/predicate/standard/faults/0", "peer", Value::Null)),
        ("a field that nobody knows", with("/predicate", "remark", json!("passed"))),
        ("one in a fault of the standard", with("/predicate/standard/faults/0", "strict", json!(false))),
        ("one in a request", with("/predicate/plan/verify/checks/0/steps/0/request", "retries", json!(9))),
        ("one in the subject", with("/subject/0", "uri", json!("x"))),
        ("a text where a number is", with("/predicate/announcement", "attempt", json!("1"))),
        ("a set out of order", with("/predicate/plan/prove", "calls", json!({"web": ["web", "registry"]}))),
    ];
    let refused: Vec<_> = payloads.iter().map(|(_, payload)| payload.clone()).collect();
    assert!(first(&good).is_some());
    assert_eq!(second(std::slice::from_ref(&good)), [first(&good)]);
    for ((what, payload), theirs) in payloads.iter().zip(second(&refused)) {
        assert_ne!(*payload, good, "{what}");
        assert_eq!((first(payload), theirs), (None, None), "{what}");
    }
}

/// Takes each field of each object out, and puts one in: both verifiers know the same form.
#[test]
fn both_know_the_same_fields() {
    let (mut payloads, mut seen) = (Vec::new(), BTreeMap::<String, u32>::new());
    let samples: [fn() -> TestResult; 17] = [
        sample::passing,
        sample::apart,
        sample::answering,
        sample::watched,
        sample::stored,
        sample::twinned,
        sample::climbed,
        sample::soaked,
        sample::rotated,
        sample::cut_off,
        shaped::spike,
        closed::passing,
        drawn::passing,
        sample::compared,
        super::comparison::beside_nothing,
        sample::pooled,
        || sample::measured_by(sample::passing(), sample::lab()),
    ];
    for sample in samples {
        let result = sample();
        let mut document = serde_json::to_value(result.into_statement().unwrap()).unwrap();
        shorten(&mut document);
        payloads.push(bytes(&document));
        let mut places = Vec::new();
        objects(&document, "", &mut places);
        for place in places {
            let times = seen.entry(place.replace(|c: char| c.is_ascii_digit(), "#")).or_default();
            *times += 1;
            if *times > 2 {
                continue;
            }
            let mut more = document.clone();
            more.pointer_mut(&place).unwrap()["somethingElse"] = json!(1);
            payloads.push(bytes(&more));
            let names: Vec<String> = document.pointer(&place).unwrap().as_object().unwrap().keys().cloned().collect();
            for name in names {
                for value in [None, Some(Value::Null), Some(json!([]))] {
                    let mut other = document.clone();
                    let fields = other.pointer_mut(&place).unwrap().as_object_mut().unwrap();
                    match value {
                        None => drop(fields.remove(&name)),
                        Some(value) => drop(fields.insert(name.clone(), value)),
                    }
                    payloads.push(bytes(&other));
                }
            }
        }
    }
    assert!(payloads.len() > 500, "{}", payloads.len());
    let ours: Vec<_> = payloads.iter().map(|payload| has_form(payload)).collect();
    let theirs = forms(&payloads);
    for ((payload, ours), theirs) in payloads.iter().zip(&ours).zip(theirs) {
        assert_eq!(*ours, theirs, "{}", String::from_utf8_lossy(payload).chars().take(3_000).collect::<String>());
    }
    assert!(ours.iter().filter(|holds| **holds).count() > 20);
}

fn has_form(payload: &[u8]) -> bool {
    !matches!(read(payload), Err(DossierError::Envelope(_) | DossierError::Form(_)))
}

/// Whether the second verifier finds each payload in its form, whatever else it says of it.
fn forms(payloads: &[Vec<u8>]) -> Vec<bool> {
    let file = temporary("forms");
    let lines: String = payloads.iter().map(|payload| STANDARD.encode(payload) + "\n").collect();
    fs::write(&file, lines).unwrap();
    let output = verifier(&[Path::new("--form-lines"), &file]);
    fs::remove_file(&file).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(|line| line == "holds").collect()
}

/// Only the first two elements of each list but those of numbers: a form does not depend on how many there are.
fn shorten(value: &mut Value) {
    match value {
        Value::Array(items) => {
            if !items.iter().all(Value::is_number) {
                items.truncate(2);
            }
            items.iter_mut().for_each(shorten);
        }
        Value::Object(fields) => fields.values_mut().for_each(shorten),
        _ => {}
    }
}

/// Places of all objects.
fn objects(value: &Value, at: &str, places: &mut Vec<String>) {
    match value {
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, item)| objects(item, &format!("{at}/{index}"), places));
        }
        Value::Object(fields) => {
            places.push(at.to_owned());
            let inside = |name: &String| name.replace('~', "~0").replace('/', "~1");
            fields.iter().for_each(|(name, field)| objects(field, &format!("{at}/{}", inside(name)), places));
        }
        _ => {}
    }
}

#[test]
fn why_it_is_refused_is_said() {
    let mut document = dossier();
    document["predicate"]["bundle"]["databases"] = json!({});
    let laid_out = serde_json::to_vec_pretty(&dossier()).unwrap();
    assert!(matches!(read(&bytes(&document)), Err(DossierError::Form(why)) if why.contains("left out")));
    assert!(matches!(read(&laid_out), Err(DossierError::Form(why)) if why.contains("RFC 8785")));
    assert!(matches!(read(b"no JSON"), Err(DossierError::Envelope(_))));
}
