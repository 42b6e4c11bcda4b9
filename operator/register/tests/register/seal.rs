//! An organisation's seal: a key of the regulator's that a server signs with. What it signs is taken as a person's is,
//! and the register says of it that it is a seal's, by what it was told of the key and by nothing that was signed.

use factory_assurance::{
    confirmation::{self, Confirmed},
    dossier::Dossier,
    dsse::{Envelope, PrivateKey, PublicKey, sign},
    grounds::{Decided, Grounds, Pinned},
    log::served::EventProof,
    sample::{self, rebuilt},
    signing::P256,
    term::Term,
    wire::{ConfirmationRequest, DelegationRequest, Procedure, StandingDelegation, SubmissionState},
};
use factory_crds::Outcome;
use factory_register::{
    api::{entries::PublicEntry, objects::ObjectState},
    store::audit::audit,
};
use jiff::{SignedDuration, Timestamp};
use reqwest::StatusCode;
use serde_json::Value;

use crate::{
    page::Page,
    world::{Answer, World, confirmation_by, delegation_by, inclusion_by, log_signer, named, object_request, standing},
};

const MINISTRY: &str = "Министерство цифрового развития";
const ENTRY: &str = "/entries/social-registry/registered-address";

/// Pins a key in the file `name` of the regulator's; as a seal where `seal` names whose.
fn pin(world: &World, name: &str, term: &Term) {
    std::fs::write(world.folder.0.join("regulator").join(name), term.write().unwrap()).unwrap();
}

/// A seal's key that signs from so many hours from now on, until so many.
fn seal(key: &PrivateKey, from: i64, until: i64) -> Term {
    let moment = |hours| Some(Timestamp::now() + SignedDuration::from_hours(hours));
    Term { key: key.public(), from: moment(from), until: moment(until), seal: Some(MINISTRY.to_owned()) }
}

/// The program of an organisation's server, whole: it looks at what waits, holds each dossier against the factory's
/// key, and seals what passed. Its `key` is in a file or in a device: it is asked by the one trait that both have.
async fn the_server_seals(world: &World, account: &str, key: &P256, factory: &PublicKey) -> Vec<SubmissionState> {
    let waiting: Vec<SubmissionState> = world.get("/api/v1/submissions?state=Submitted", account).await.json();
    let mut sealed = Vec::new();
    for state in waiting {
        let path = format!("/api/v1/submissions/{}", state.id);
        let envelope: Envelope = world.get(&format!("{path}/dossier"), account).await.json();
        let dossier: Dossier = envelope.open(std::slice::from_ref(factory)).unwrap();
        if dossier.verify().unwrap().outcome != Outcome::Passed {
            continue;
        }
        let result = dossier.predicate;
        let subject = &result.subject;
        let confirmed = Confirmed {
            resource: &format!("{}/{}/{}", subject.participant, subject.service, subject.release),
            bundle: &result.bundle.digest().unwrap(),
            dossier: &envelope.payload_digest().unwrap(),
            standard: &format!("{}@{}", result.standard.name, result.standard.version),
        };
        let statement = confirmation::statement(&confirmed, "Regulator", &Timestamp::now().to_string());
        let body = ConfirmationRequest { confirmation: sign(&statement, key).unwrap() };
        let answer = world.post(&format!("{path}/confirmation"), account, "", &body).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        sealed.push(answer.json());
    }
    sealed
}

async fn confirm(world: &World, key: &PrivateKey, state: &SubmissionState) -> Answer {
    let path = format!("/api/v1/submissions/{}/confirmation", state.id);
    world.post(&path, "regulator", "", &confirmation_by(key, state)).await
}

async fn entry(world: &World, path: &str) -> PublicEntry {
    world.get(&format!("/api/v1{path}"), "").await.json()
}

#[tokio::test]
async fn a_server_with_a_seal_confirms_what_passed_and_the_entry_says_so_to_everyone() {
    let world = World::start().await;
    let file = PrivateKey::generate().to_pem().unwrap();
    let key = PrivateKey::from_pem(&file).unwrap();
    pin(&world, "seal.pub", &seal(&key, -1, 1));
    world.submitted(sample::passing(), "one").await;
    world.submitted(named(sample::failing(), "failed"), "two").await;
    let sealed = the_server_seals(&world, "deputy", &key, &world.factory_key.public()).await;
    assert_eq!(sealed.iter().map(|state| state.state).collect::<Vec<_>>(), [Procedure::Registered]);

    let shown = entry(&world, ENTRY).await;
    assert_eq!((shown.sealed_by.as_deref(), shown.confirmed_by.as_str()), (Some(MINISTRY), "Regulator"));
    for (lang, words) in
        [("en", "by a server and not by a person"), ("ru", "сервером, а не человеком"), ("ky", "адам эмес, сервер")]
    {
        let page = Page::read(&world.get(&format!("{ENTRY}?lang={lang}"), "").await.text).unwrap();
        assert_eq!(page.faults(), Vec::<String>::new());
        assert!(page.text.contains(MINISTRY) && page.text.contains(words), "{lang}: {}", page.text);
    }
    let table = world.get("/api/v1/entries.csv", "").await.text;
    assert!(table.lines().nth(1).unwrap().ends_with(&format!(",{MINISTRY}")), "{table}");
    let proof: EventProof = world.get(&format!("/api/v1{ENTRY}/proof"), "").await.json();
    assert_eq!(proof.public.event["sealedBy"], MINISTRY);
    // Whoever pinned the key as a seal's believes it, and nobody who took it for a person's.
    let grounds: Grounds = world.get(&format!("/api/v1{ENTRY}/grounds"), "").await.json();
    let (log, factory) = (log_signer().verifier(), [world.factory_key.public()]);
    for (regulator, good) in [(seal(&key, -1, 1), true), (Term { seal: None, ..seal(&key, -1, 1) }, false)] {
        let pinned = Pinned { log: &log, witnesses: &[], regulator: &[regulator], factory: &factory };
        match grounds.verify(&pinned) {
            Ok(held) => {
                let Decided::Confirmed { seal, .. } = held.decided else { panic!("{:?}", held.decided) };
                assert!(good && seal.as_deref() == Some(MINISTRY), "{seal:?}");
            }
            Err(error) => assert!(!good && error.to_string().starts_with("entry: sealedBy: "), "{error}"),
        }
    }
    audit(&world.database()).await.unwrap();
}

#[tokio::test]
async fn a_persons_signature_is_no_seal_whatever_it_says_and_the_reverse() {
    let world = World::start().await;
    let key = PrivateKey::generate();
    pin(&world, "seal.pub", &seal(&key, -1, 1));
    // The names in a statement are the signer's words. A field that would say more has no place in it.
    let state = world.submitted(sample::passing(), "person").await;
    let mut request = serde_json::to_value(confirmation_by(&world.regulator_key, &state)).unwrap();
    request["sealedBy"] = MINISTRY.into();
    let path = format!("/api/v1/submissions/{}/confirmation", state.id);
    let refused = world.post(&path, "regulator", "", &request).await;
    assert!(refused.status.is_client_error(), "{}", refused.text);
    assert_eq!(confirm(&world, &world.regulator_key, &state).await.status, StatusCode::OK);
    let shown: Value = world.get(&format!("/api/v1{ENTRY}"), "").await.json();
    assert!(shown.get("sealedBy").is_none(), "{shown}");
    let page = Page::read(&world.get(&format!("{ENTRY}?lang=en"), "").await.text).unwrap();
    assert!(!page.text.contains("by a server"), "{}", page.text);
    // The same words of the same office, by the seal.
    let state = world.submitted(named(sample::passing(), "sealed"), "sealed").await;
    assert_eq!(confirm(&world, &key, &state).await.status, StatusCode::OK);
    let shown = entry(&world, "/entries/social-registry/sealed").await;
    assert_eq!(shown.sealed_by.as_deref(), Some(MINISTRY));
    // Signed by both, it is a person's.
    let state = world.submitted(named(sample::passing(), "both"), "both").await;
    let mut request = confirmation_by(&key, &state);
    let person = confirmation_by(&world.regulator_key, &state).confirmation;
    assert_eq!(request.confirmation.payload, person.payload);
    request.confirmation.signatures.extend(person.signatures);
    let path = format!("/api/v1/submissions/{}/confirmation", state.id);
    assert_eq!(world.post(&path, "regulator", "", &request).await.status, StatusCode::OK);
    assert_eq!(entry(&world, "/entries/social-registry/both").await.sealed_by, None);
}

#[tokio::test]
async fn a_seal_signs_in_its_time_and_with_the_regulators_rights_alone() {
    let world = World::start().await;
    let (key, stranger) = (PrivateKey::generate(), PrivateKey::generate());
    let state = world.submitted(sample::passing(), "one").await;
    for (from, until) in [(1, 2), (-2, -1)] {
        pin(&world, "seal.pub", &seal(&key, from, until));
        let detail = confirm(&world, &key, &state).await.refused(422);
        let id = key.public().id().unwrap();
        assert!(detail.starts_with(&format!("confirmation: signatures: the key {id} signs from 2")), "{detail}");
    }
    pin(&world, "seal.pub", &seal(&key, -1, 1));
    let detail = confirm(&world, &stranger, &state).await.refused(422);
    assert!(detail.starts_with("confirmation: signatures: none of 1 fits a pinned key"), "{detail}");
    let path = format!("/api/v1/submissions/{}/confirmation", state.id);
    for account in ["factory", "keeper", "owner", "stranger"] {
        world.post(&path, account, "", &confirmation_by(&key, &state)).await.refused(403);
    }
    // Another dossier's confirmation is none, whoever signed it.
    let mut other = state.clone();
    other.dossier = format!("sha256:{}", "0".repeat(64));
    confirm(&world, &key, &other).await.refused(422);
    // A key that is pinned as both confirms nothing, and nothing else does until that is mended.
    pin(&world, "again.pub", &Term { seal: None, ..seal(&key, -1, 1) });
    for key in [&key, &world.regulator_key] {
        confirm(&world, key, &state).await.refused(503);
    }
    std::fs::remove_file(world.folder.0.join("regulator").join("again.pub")).unwrap();
    assert_eq!(confirm(&world, &key, &state).await.status, StatusCode::OK);
    // What was sealed stays sealed when the key is pinned as a person's afterwards.
    pin(&world, "seal.pub", &Term { seal: None, ..seal(&key, -1, 1) });
    assert_eq!(entry(&world, ENTRY).await.sealed_by.as_deref(), Some(MINISTRY));
}

#[tokio::test]
async fn what_a_seal_delegates_or_includes_says_so_too() {
    let world = World::start().await;
    let key = PrivateKey::generate();
    pin(&world, "seal.pub", &seal(&key, -1, 1));
    world.registered(sample::passing(), "one").await;
    let body: DelegationRequest = delegation_by(&key, &standing());
    let given: StandingDelegation = world.post("/api/v1/delegations", "regulator", "", &body).await.json();
    assert_eq!(given.sealed_by.as_deref(), Some(MINISTRY));
    let page = Page::read(&world.get(&format!("/delegations/{}?lang=en", given.id), "").await.text).unwrap();
    assert_eq!(page.faults(), Vec::<String>::new());
    assert!(page.text.contains("by a server and not by a person"), "{}", page.text);
    assert_eq!(world.submitted(rebuilt(sample::passing()), "two").await.state, Procedure::Registered);
    assert_eq!(entry(&world, ENTRY).await.sealed_by.as_deref(), Some(MINISTRY));
    let grounds: Grounds = world.get(&format!("/api/v1{ENTRY}/grounds"), "").await.json();
    let (log, factory) = (log_signer().verifier(), [world.factory_key.public()]);
    let person = Term { key: world.regulator_key.public(), from: None, until: None, seal: None };
    let pinned = Pinned { log: &log, witnesses: &[], regulator: &[person, seal(&key, -1, 1)], factory: &factory };
    let Decided::Delegated(by) = grounds.verify(&pinned).unwrap().decided else { panic!("not delegated") };
    assert_eq!((by.seal.as_deref(), by.base_seal), (Some(MINISTRY), None));

    let answer = world.post("/api/v1/objects", "owner", "three", &object_request()).await;
    let state: ObjectState = answer.json();
    let path = format!("/api/v1/objects/{}/confirmation", state.id);
    assert_eq!(world.post(&path, "regulator", "", &inclusion_by(&key, &state)).await.status, StatusCode::OK);
    let shown = entry(&world, &format!("/entries/{}/{}", state.participant, state.name)).await;
    assert_eq!(shown.sealed_by.as_deref(), Some(MINISTRY));
    audit(&world.database()).await.unwrap();
}
