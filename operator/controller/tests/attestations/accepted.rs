//! What cosign accepts, and what it refuses.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use factory_assurance::{
    dossier,
    dsse::{Envelope, PrivateKey, sign},
    provenance::{self, Dependency, Metadata, Parameters, Provenance, Source},
};
use serde_json::Value;

use super::place::{self, Place};

#[tokio::test]
async fn cosign_accepts_the_dossier_beside_its_image_and_hands_it_out_as_it_was_signed() {
    let place = Place::open().await;
    let image = place.image("tested").await;
    let key = PrivateKey::generate();
    let envelope = place::dossier(&image, 1, &key);
    place.artifacts.attach(&image, dossier::PREDICATE, &envelope).await.unwrap();
    let said = place.cosign(&image, dossier::PREDICATE, &key.public()).await;
    assert!(said.accepted, "{said:?}");
    let handed_out: Value = serde_json::from_str(said.out.trim()).unwrap();
    assert_eq!(handed_out["payload"], envelope.payload);
}

#[tokio::test]
async fn cosign_refuses_an_image_without_a_dossier_and_a_dossier_by_another_key() {
    let place = Place::open().await;
    let image = place.image("tested").await;
    let (key, other) = (PrivateKey::generate(), PrivateKey::generate());
    let said = place.cosign(&image, dossier::PREDICATE, &key.public()).await;
    assert!(!said.accepted && said.err.contains("attestation"), "{said:?}");
    place.artifacts.attach(&image, dossier::PREDICATE, &place::dossier(&image, 1, &key)).await.unwrap();
    let said = place.cosign(&image, dossier::PREDICATE, &other.public()).await;
    assert!(!said.accepted && said.err.contains("could not verify envelope"), "{said:?}");
}

/// The verdict is turned, and the signature is the one of the dossier as it was.
fn changed(envelope: &Envelope) -> Envelope {
    let text = String::from_utf8(envelope.payload_bytes().unwrap()).unwrap();
    let turned = text.replacen(r#""attempt":1"#, r#""attempt":2"#, 1);
    assert_ne!(text, turned);
    Envelope { payload: STANDARD.encode(turned), ..envelope.clone() }
}

#[tokio::test]
async fn cosign_refuses_a_changed_dossier() {
    let place = Place::open().await;
    let image = place.image("tested").await;
    let key = PrivateKey::generate();
    let envelope = changed(&place::dossier(&image, 1, &key));
    place.artifacts.attach(&image, dossier::PREDICATE, &envelope).await.unwrap();
    let said = place.cosign(&image, dossier::PREDICATE, &key.public()).await;
    assert!(!said.accepted && said.err.contains("could not verify envelope"), "{said:?}");
}

#[tokio::test]
async fn cosign_refuses_the_dossier_of_another_image() {
    let place = Place::open().await;
    let (tested, other) = (place.image("tested").await, place.image("other").await);
    let key = PrivateKey::generate();
    place.artifacts.attach(&other, dossier::PREDICATE, &place::dossier(&tested, 1, &key)).await.unwrap();
    let said = place.cosign(&other, dossier::PREDICATE, &key.public()).await;
    assert!(!said.accepted && said.err.contains("digest"), "{said:?}");
}

fn built(image: &str, builder: &PrivateKey) -> Envelope {
    let source = Source {
        uri: "https://git.example.kg/registered-address.git".to_owned(),
        reference: "main".to_owned(),
        commit: "c".repeat(40),
    };
    let parameters = Parameters {
        source,
        component: "web".to_owned(),
        strategy: "containerfile".to_owned(),
        context: ".".to_owned(),
        parameters: [].into(),
    };
    let base = Dependency::image("base image", &format!("r/base/debian@sha256:{}", "d".repeat(64))).unwrap();
    let metadata = Metadata {
        invocation_id: "job-1".to_owned(),
        started_on: Some("2026-01-02T03:04:05Z".to_owned()),
        finished_on: None,
    };
    sign(&Provenance::new(parameters, vec![base], metadata).into_statement(image), builder).unwrap()
}

#[tokio::test]
async fn provenance_and_dossier_stand_side_by_side_and_neither_key_speaks_for_the_other() {
    let place = Place::open().await;
    let image = place.image("tested").await;
    let (key, builder) = (PrivateKey::generate(), PrivateKey::generate());
    place.artifacts.attach(&image, provenance::PREDICATE, &built(&image, &builder)).await.unwrap();
    place.artifacts.attach(&image, dossier::PREDICATE, &place::dossier(&image, 1, &key)).await.unwrap();
    for (type_, key, accepted) in [
        ("slsaprovenance1", &builder, true),
        (dossier::PREDICATE, &key, true),
        ("slsaprovenance1", &key, false),
        (dossier::PREDICATE, &builder, false),
    ] {
        let said = place.cosign(&image, type_, &key.public()).await;
        assert_eq!(said.accepted, accepted, "{type_}: {said:?}");
    }
}
