//! What an entry stands on, as the register serves it to everyone: whoever pinned the keys believes it, and a register
//! that hides or turns something in it is found out.

use factory_assurance::{
    delegation,
    dsse::{PrivateKey, sign},
    grounds::{Decided, Grounds, GroundsError, Held, Pinned},
    log::{Included, served::EventProof},
    sample::{self, rebuilt},
    term::Term,
    wire::{Procedure, RevocationRequest},
};
use factory_register::api::objects::ObjectState;
use reqwest::StatusCode;

use crate::{
    page::Page,
    world::{World, inclusion_by, log_signer, object_request, standing},
};

const GROUNDS: &str = "/api/v1/entries/social-registry/registered-address/grounds";

async fn grounds(world: &World) -> Grounds {
    world.get(GROUNDS, "").await.json()
}

fn term(key: &PrivateKey) -> Term {
    Term { key: key.public(), from: None, until: None, seal: None }
}

/// Held against everybody's keys.
fn verify(world: &World, grounds: &Grounds) -> Result<Held, GroundsError> {
    let (log, regulator, factory) =
        (log_signer().verifier(), [term(&world.regulator_key)], [world.factory_key.public()]);
    grounds.verify(&Pinned { log: &log, witnesses: &[], regulator: &regulator, factory: &factory })
}

#[tokio::test]
async fn what_was_confirmed_is_proven_to_everyone() {
    let world = World::start().await;
    world.get(GROUNDS, "").await.refused(404);
    let state = world.registered(sample::passing(), "one").await;
    let served = grounds(&world).await;
    let held = verify(&world, &served).unwrap();
    assert_eq!(held.result.subject, state.subject);
    let Decided::Confirmed { office, .. } = held.decided else { panic!("{:?}", held.decided) };
    assert_eq!(office, "Regulator of the ecosystem");
    // With the keys of others it proves nothing.
    let (log, stranger) = (log_signer().verifier(), [term(&PrivateKey::generate())]);
    let factory = [world.factory_key.public()];
    let said = served.verify(&Pinned { log: &log, witnesses: &[], regulator: &stranger, factory: &factory });
    assert!(said.unwrap_err().to_string().starts_with("confirmation: signatures: none of 1"));
    for lang in ["ky", "ru", "en"] {
        let path = format!("/entries/social-registry/registered-address?lang={lang}");
        let page = Page::read(&world.get(&path, "").await.text).unwrap();
        assert_eq!(page.faults(), Vec::<String>::new());
        assert!(page.values("href").any(|href| href == GROUNDS), "{lang}");
    }
}

#[tokio::test]
async fn what_was_entered_under_a_delegation_is_proven_also_after_its_revocation() {
    let world = World::start().await;
    let first = world.registered(sample::passing(), "one").await;
    let terms = standing();
    let given = world.delegated(&terms).await;
    let state = world.submitted(rebuilt(sample::passing()), "two").await;
    assert_eq!(state.state, Procedure::Registered);
    let served = grounds(&world).await;
    let held = verify(&world, &served).unwrap();
    assert_eq!(held.result.subject, state.subject);
    let Decided::Delegated(by) = held.decided else { panic!("{:?}", held.decided) };
    assert_eq!((&by.id, &by.terms, &by.base), (&given.id, &terms, &first.subject.release));
    assert!(by.revoked.is_none());
    // A register that leaves the delegation out, or tells that of another entry.
    let hidden = Grounds { delegated: None, ..served.clone() };
    assert!(matches!(verify(&world, &hidden), Err(GroundsError::Lacks)));
    let mut turned = served.clone();
    let Included { public, inclusion } = served.delegated.clone().unwrap().base_entry;
    turned.entry = EventProof { public, inclusion, ..served.entry.clone() };
    assert!(matches!(verify(&world, &turned), Err(GroundsError::TooMuch)));

    let statement = delegation::revocation(&terms.digest().unwrap(), "Regulator", "2026-03-04T05:06:07Z", "Over.");
    let body = RevocationRequest { revocation: sign(&statement, &world.regulator_key).unwrap() };
    let path = format!("/api/v1/delegations/{}/revocation", given.id);
    assert_eq!(world.post(&path, "regulator", "", &body).await.status, StatusCode::OK);
    let Decided::Delegated(by) = verify(&world, &grounds(&world).await).unwrap().decided else { panic!() };
    assert!(by.revoked.is_some_and(|(event, _)| event > served.entry.public.place.seq));
}

#[tokio::test]
async fn an_object_that_was_not_tested_stands_on_no_dossier() {
    let world = World::start().await;
    let answer = world.post("/api/v1/objects", "owner", "one", &object_request()).await;
    let state: ObjectState = answer.json();
    let path = format!("/api/v1/objects/{}/confirmation", state.id);
    let included = world.post(&path, "regulator", "", &inclusion_by(&world.regulator_key, &state)).await;
    assert_eq!(included.status, StatusCode::OK, "{}", included.text);
    let entry = format!("/entries/{}/{}", state.participant, state.name);
    let detail = world.get(&format!("/api/v1{entry}/grounds"), "").await.refused(404);
    assert!(detail.ends_with("with a dossier"), "{detail}");
    let page = Page::read(&world.get(&format!("{entry}?lang=en"), "").await.text).unwrap();
    assert!(!page.values("href").any(|href| href.ends_with("/grounds")));
}
