//! Every field of a dossier in turn, changed: none is taken. A signature covers all of it.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use factory_assurance::{dsse::Envelope, sample, term::Term, wire::SubmissionState};
use factory_register::intake;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::world::World;

/// JSON pointers of all values in `value` that hold no others.
fn leaves(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            for (name, inner) in fields {
                leaves(inner, &format!("{at}/{}", name.replace('~', "~0").replace('/', "~1")), found);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for (index, inner) in items.iter().enumerate() {
                leaves(inner, &format!("{at}/{index}"), found);
            }
        }
        _ => found.push(at.to_owned()),
    }
}

/// Another value of the same kind.
fn other(value: &Value) -> Value {
    match value {
        Value::Null => json!(1),
        Value::Bool(held) => json!(!held),
        Value::Number(number) => json!(number.as_u64().map_or(0, |number| number ^ 1)),
        Value::String(text) => json!(format!("{text}x")),
        Value::Array(_) => json!([1]),
        Value::Object(_) => json!({"more": 1}),
    }
}

#[tokio::test]
async fn whatever_field_of_a_signed_dossier_is_changed_it_is_not_taken() {
    let world = World::start().await;
    let dossier = world.dossier(&world.announce(sample::passing(), "one").await);
    let (keys, lab) = ([world.factory_key.public()], [Term::at_all_times(sample::lab().public())]);
    let open = |dossier: &Envelope| intake::open(dossier, &keys, &lab, Timestamp::now());
    open(&dossier).unwrap();
    let statement: Value = serde_json::from_slice(&dossier.payload_bytes().unwrap()).unwrap();
    let mut fields = Vec::new();
    leaves(&statement, "", &mut fields);
    assert!(fields.len() > 500, "{} fields are too few for a dossier", fields.len());
    for field in &fields {
        let mut changed = statement.clone();
        let value = changed.pointer_mut(field).unwrap();
        *value = other(value);
        let payload = STANDARD.encode(serde_json::to_vec(&changed).unwrap());
        let error = open(&Envelope { payload, ..dossier.clone() }).unwrap_err().to_string();
        assert!(error.contains("signatures: none of 1 fits"), "{field}: {error}");
    }
}

#[tokio::test]
async fn whatever_is_changed_around_a_dossier_it_is_refused_and_nothing_is_kept() {
    let world = World::start().await;
    let dossier = world.dossier(&world.announce(sample::passing(), "one").await);
    let sent = json!({"dossier": dossier, "epoch": 1});
    let mut fields = Vec::new();
    leaves(&sent, "", &mut fields);
    // The key's id is a hint that is never trusted, and another epoch is another leader's, as it should be.
    let harmless = ["/dossier/signatures/0/keyid", "/epoch"];
    let mut refused = 0;
    for field in fields.iter().filter(|field| !harmless.contains(&field.as_str())) {
        for value in [other(sent.pointer(field).unwrap()), Value::Null, json!("")] {
            let mut changed = sent.clone();
            *changed.pointer_mut(field).unwrap() = value;
            let answer = world.post("/api/v1/submissions", "factory", "one", &changed).await;
            assert!([400, 422].contains(&answer.status.as_u16()), "{field}: {answer:?}");
            refused += 1;
        }
    }
    assert_eq!(refused, 9);
    let all: Vec<SubmissionState> = world.get("/api/v1/submissions", "factory").await.json();
    assert!(all.is_empty());
}
