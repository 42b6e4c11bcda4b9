//! Standing delegations: what falls within one is entered at once and says so, everything else waits for a person, and
//! nothing is entered that the regulator's signature does not cover.

use factory_assurance::{
    delegation::{self, Terms, proof::Proof},
    dossier::TestResult,
    dsse::{Envelope, PrivateKey, sign},
    log::served::EventProof,
    sample::{self, rebuilt},
    wire::{
        DelegationStanding, ExclusionRequest, Procedure, RevocationRequest, StandingDelegation, SubmissionState,
        WithdrawalRequest,
    },
};
use factory_register::{api::entries::PublicEntry, store::audit::audit};
use jiff::{SignedDuration, Timestamp};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::{
    page::Page,
    world::{AHEAD_HERE, Answer, World, delegation_by, log_signer, named, standing},
};

const PATH: &str = "/api/v1/delegations";
const ENTRY: &str = "/api/v1/entries/social-registry/registered-address";
const PAGE: &str = "/entries/social-registry/registered-address?lang=en";

async fn give(world: &World, key: &PrivateKey, terms: &Terms) -> Answer {
    world.post(PATH, "regulator", "", &delegation_by(key, terms)).await
}

pub async fn revoke(world: &World, key: &PrivateKey, of: &Terms, at: &StandingDelegation, reason: &str) -> Answer {
    let statement = delegation::revocation(&of.digest().unwrap(), "Regulator", "2026-03-04T05:06:07Z", reason);
    let body = RevocationRequest { revocation: sign(&statement, key).unwrap() };
    world.post(&format!("{PATH}/{}/revocation", at.id), "regulator", "", &body).await
}

/// The sample's service built again, for the `number`th time.
pub fn again(number: u32) -> TestResult {
    (0..number).fold(sample::passing(), |result, _| {
        let mut result = rebuilt(result);
        result.subject.release = format!("registered-address-{number}");
        result.subject.release_uid = format!("uid-{number}");
        result
    })
}

async fn now(world: &World, state: &SubmissionState) -> SubmissionState {
    world.get(&format!("/api/v1/submissions/{}", state.id), "keeper").await.json()
}

async fn dossier(world: &World, id: &str) -> Envelope {
    world.get(&format!("/api/v1/submissions/{id}/dossier"), "keeper").await.json()
}

#[tokio::test]
async fn a_rebuild_is_entered_at_once_and_its_entry_says_under_which_delegation() {
    let world = World::start().await;
    let first = world.registered(sample::passing(), "one").await;
    let given = world.delegated(&standing()).await;
    assert_eq!(
        (given.standing, given.uses, given.given_by.as_str()),
        (DelegationStanding::Standing, 0, "Regulator of the ecosystem")
    );
    let state = world.submitted(again(1), "two").await;
    assert_eq!((state.state, state.confirmation.is_none()), (Procedure::Registered, true));
    assert_eq!(state.entry.as_deref(), Some("/entries/social-registry/registered-address"));
    let delegated = state.delegated.clone().unwrap();
    assert_eq!((&delegated.id, &delegated.base, &delegated.delegation), (&given.id, &first.id, &given.signed));
    assert_eq!(now(&world, &state).await, state);

    // Whoever has the pinned keys believes it without believing the register.
    let (base, own) = (dossier(&world, &first.id).await, dossier(&world, &state.id).await);
    let confirmation = first.confirmation.unwrap();
    let proof = Proof {
        delegation: &delegated.delegation,
        base: &base,
        confirmation: &confirmation,
        dossier: &own,
        at: &delegated.at,
    };
    let (regulator, factory) = ([world.regulator_key.public()], [world.factory_key.public()]);
    assert_eq!(proof.verify(&regulator, &factory).unwrap().result.bundle, again(1).bundle);
    assert!(proof.verify(&factory, &factory).is_err() && proof.verify(&regulator, &regulator).is_err());

    let entry: PublicEntry = world.get(ENTRY, "").await.json();
    assert_eq!(
        (entry.delegation.as_ref(), &entry.confirmed_at, &entry.release),
        (Some(&given.id), &delegated.at, &state.subject.release)
    );
    let page = Page::read(&world.get(PAGE, "").await.text).unwrap();
    assert_eq!(page.faults(), Vec::<String>::new());
    assert!(page.text.contains("Entered under the standing delegation") && page.text.contains(&given.id));
    let proof: EventProof = world.get(&format!("{ENTRY}/proof"), "").await.json();
    proof.verify(&log_signer().verifier(), &[]).unwrap();
    assert_eq!(proof.public.event["under"], json!({"delegation": given.id, "base": first.id}));
    // Everyone reads in the log that it was given and used.
    let events: Value = world.get(&format!("/api/v1/log/events?from={}&limit=9", given.event), "").await.json();
    let kinds: Vec<&str> = events["events"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|event| event["public"]["place"]["kind"].as_str())
        .collect();
    assert_eq!(kinds, ["delegation", "delegation-use", "entry"]);

    // The next one is compared with what the regulator confirmed, and nobody confirms what was entered.
    let next = world.submitted(again(2), "three").await;
    assert_eq!(next.delegated.as_ref().unwrap().base, first.id);
    let detail = world.confirm(&next).await.refused(409);
    assert!(detail.contains("it was entered under a standing delegation"), "{detail}");
    assert_eq!(world.get(&format!("{PATH}/{}", given.id), "").await.json::<StandingDelegation>().uses, 2);
    audit(&world.database()).await.unwrap();
}

#[tokio::test]
async fn every_other_change_waits_for_a_person() {
    type Harm = fn(&mut TestResult);
    let world = World::start().await;
    world.registered(sample::passing(), "base").await;
    world.registered(named(sample::passing(), "other"), "other").await;
    world.delegated(&standing()).await;
    let harms: [(&str, Harm); 9] = [
        ("commit", |result| result.subject.commit = "0".repeat(40)),
        ("source", |result| result.subject.source.push('x')),
        ("spec", |result| result.subject.spec_hash = format!("sha256:{}", "0".repeat(64))),
        ("version", |result| result.standard.version.push('1')),
        ("standard", |result| {
            result.standard.freeze_when_overdue = true;
            result.standard.version.push('2');
        }),
        ("record", |result| result.record.host = "elsewhere.example".to_owned()),
        ("configuration", |result| result.bundle.configuration = format!("sha256:{}", "0".repeat(64))),
        ("same-images", |result| *result = TestResult { subject: result.subject.clone(), ..sample::passing() }),
        ("incomplete", |result| result.record.data.users.clear()),
    ];
    for (number, (key, harm)) in (1..).zip(harms) {
        let mut result = again(number);
        harm(&mut result);
        let state = world.submitted(sample::judged(result), key).await;
        assert_eq!((state.state, state.delegated), (Procedure::Submitted, None), "{key}");
    }
    for (key, result) in [("failed", sample::failing()), ("inconclusive", sample::inconclusive())] {
        let mut result = rebuilt(result);
        key.clone_into(&mut result.subject.release_uid);
        let state = world.submitted(result, key).await;
        assert_eq!((state.state, state.delegated), (Procedure::Submitted, None), "{key}");
    }
    // The delegation is for one service alone.
    let state = world.submitted(rebuilt(named(sample::passing(), "other")), "of-another").await;
    assert_eq!((state.state, &state.delegated), (Procedure::Submitted, &None));
    // A person's confirmation goes on as ever.
    assert_eq!(world.confirm(&state).await.json::<SubmissionState>().state, Procedure::Registered);
    audit(&world.database()).await.unwrap();
}

#[tokio::test]
async fn it_is_used_from_its_beginning_to_its_end_and_not_once_it_was_revoked() {
    let world = World::start().await;
    world.registered(sample::passing(), "one").await;
    let at = |hours| format!("{:.0}", Timestamp::now() + SignedDuration::from_hours(hours));
    let terms = Terms { from: at(24), until: at(72), service: None, ..standing() };
    let given = world.delegated(&terms).await;
    assert_eq!(given.standing, DelegationStanding::Coming);
    let entered = async |number: u32| world.submitted(again(number), &number.to_string()).await.delegated.is_some();
    assert!(!entered(1).await, "it has not begun");
    AHEAD_HERE.set(25 * 3600);
    assert!(entered(2).await);
    AHEAD_HERE.set(73 * 3600);
    assert!(!entered(3).await, "it has ended");
    assert_eq!(
        world.get(&format!("{PATH}/{}", given.id), "").await.json::<StandingDelegation>().standing,
        DelegationStanding::Ended
    );
    let detail = give(&world, &world.regulator_key, &terms).await;
    assert_eq!(
        detail.refused(422),
        format!("delegation: predicate.terms.until: must not be over, not `{}`", terms.until)
    );

    let again = standing();
    let given = world.delegated(&again).await;
    assert!(entered(4).await);
    let stranger = PrivateKey::generate();
    let detail = revoke(&world, &stranger, &again, &given, "Over.").await.refused(422);
    assert!(detail.starts_with("revocation: signatures: none of 1 fits a pinned key"), "{detail}");
    let detail = revoke(&world, &world.regulator_key, &terms, &given, "Over.").await.refused(422);
    assert!(detail.starts_with("revocation: subject: "), "{detail}");
    let ended: StandingDelegation =
        revoke(&world, &world.regulator_key, &again, &given, "The base was replaced.").await.json();
    assert_eq!(
        (ended.standing, ended.reason.as_str(), ended.uses),
        (DelegationStanding::Revoked, "The base was replaced.", 1)
    );
    assert_eq!(
        revoke(&world, &world.regulator_key, &again, &given, "Another.").await.json::<StandingDelegation>(),
        ended
    );
    assert!(!entered(5).await, "it was revoked");
    let detail = give(&world, &world.regulator_key, &again).await.refused(409);
    assert!(detail.ends_with("was revoked: another one needs other terms"), "{detail}");
    revoke(&world, &world.regulator_key, &again, &StandingDelegation { id: "ab".to_owned(), ..ended }, "x")
        .await
        .refused(404);
    audit(&world.database()).await.unwrap();
}

#[tokio::test]
async fn nobody_but_the_regulator_delegates_and_the_same_twice_is_the_same() {
    let world = World::start().await;
    let terms = standing();
    let before = audit(&world.database()).await.unwrap();
    let detail = give(&world, &world.factory_key, &terms).await.refused(422);
    assert!(detail.starts_with("delegation: signatures: none of 1 fits a pinned key"), "{detail}");
    let body = delegation_by(&world.regulator_key, &terms);
    for token in ["factory", "keeper", "owner", "stranger"] {
        world.post(PATH, token, "", &body).await.refused(403);
    }
    world.post(PATH, "", "", &body).await.refused(401);
    let long = Terms { until: format!("{:.0}", Timestamp::now() + SignedDuration::from_hours(24 * 400)), ..standing() };
    let steering = Terms { reason: "a\u{202e}b".to_owned(), ..standing() };
    for (terms, says) in [
        (long, "delegation: predicate.terms.until: must be at most 366 days"),
        (steering, "delegation: predicate.terms.reason: "),
    ] {
        let detail = give(&world, &world.regulator_key, &terms).await.refused(422);
        assert!(detail.starts_with(says), "{detail}");
    }
    assert_eq!(audit(&world.database()).await.unwrap(), before);
    let given = world.delegated(&terms).await;
    // Signed again, the terms are the same delegation, as it was signed first.
    let repeated = give(&world, &world.regulator_key, &terms).await;
    assert_eq!((repeated.status, repeated.json::<StandingDelegation>()), (StatusCode::OK, given));
    audit(&world.database()).await.unwrap();
}

#[tokio::test]
async fn what_was_ended_or_is_frozen_is_entered_by_a_person_alone() {
    let world = World::start().await;
    let whole = Terms { service: None, ..standing() };
    world.delegated(&whole).await;
    let state = world.submitted(again(1), "nothing-was-confirmed-yet").await;
    assert_eq!(state.state, Procedure::Submitted);
    for (service, act) in [("withdrawn", "withdrawal"), ("excluded", "exclusion")] {
        world.registered(named(sample::passing(), service), service).await;
        let path = format!("/api/v1/entries/social-registry/{service}/{act}");
        let ended = if act == "exclusion" {
            let body = ExclusionRequest { reason: "It lies.".to_owned(), item: "21".to_owned() };
            world.post(&path, "regulator", act, &body).await
        } else {
            world.post(&path, "owner", act, &WithdrawalRequest { reason: "It moved.".to_owned() }).await
        };
        assert_eq!(ended.status, StatusCode::CREATED, "{}", ended.text);
        let state = world.submitted(rebuilt(named(sample::passing(), service)), act).await;
        assert_eq!((state.state, state.delegated), (Procedure::Submitted, None), "{service}");
    }
    // A standard that freezes a service with an overdue instruction, and one whose instruction is in time.
    let mut freezing = named(sample::passing(), "frozen");
    freezing.standard.freeze_when_overdue = true;
    freezing.standard.version.push_str("-freezing");
    world.registered(sample::judged(freezing.clone()), "frozen").await;
    let due = jiff::tz::Offset::constant(6).to_datetime(Timestamp::now() + SignedDuration::from_hours(48)).date();
    let wish = json!({
        "participant": "social-registry", "service": "frozen", "finding": "It does not come back.",
        "basis": "Item 56.7", "due": due, "experiment": "PodKill",
    });
    let answer = world.post("/api/v1/instructions", "regulator", "instruction", &wish).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
    let mut first = rebuilt(freezing);
    let state = world.submitted(sample::judged(first.clone()), "in-time").await;
    assert_eq!(state.state, Procedure::Registered);
    let held: Value = world
        .get(&format!("/api/v1/instructions/{}", answer.json::<Value>()["id"].as_str().unwrap()), "regulator")
        .await
        .json();
    assert_eq!(held["state"], "Open", "no delegation closes an instruction");
    AHEAD_HERE.set(3 * 86_400);
    first = rebuilt(first);
    "overdue".clone_into(&mut first.subject.release_uid);
    let state = world.submitted(sample::judged(first), "overdue").await;
    assert_eq!((state.state, state.delegated), (Procedure::Submitted, None));
    audit(&world.database()).await.unwrap();
}

#[tokio::test]
async fn a_delegation_whose_key_is_not_pinned_any_more_covers_nothing() {
    let world = World::start().await;
    world.registered(sample::passing(), "one").await;
    world.delegated(&standing()).await;
    let other = PrivateKey::generate();
    std::fs::write(world.folder.0.join("regulator").join("key.pub"), other.public().to_pem().unwrap()).unwrap();
    let state = world.submitted(again(1), "two").await;
    assert_eq!((state.state, state.delegated), (Procedure::Submitted, None));
}

#[tokio::test]
async fn everyone_reads_them_page_by_page_in_three_languages() {
    let world = World::start().await;
    for (lang, words) in [("en", "has delegated nothing"), ("ru", "ничего не делегировал"), ("ky", "ыйгарган эмес")]
    {
        let page = Page::read(&world.get(&format!("/delegations?lang={lang}"), "").await.text).unwrap();
        assert_eq!(page.faults(), Vec::<String>::new());
        assert!(page.text.contains(words), "{lang}");
    }
    let mut ids = Vec::new();
    for number in 0..51 {
        let terms = Terms { reason: format!("<b>Patch {number}.</b>"), ..standing() };
        ids.push(world.delegated(&terms).await.id);
    }
    let first = Page::read(&world.get("/delegations?lang=en", "").await.text).unwrap();
    assert_eq!((first.faults(), first.count("tr"), first.count("b")), (Vec::new(), 51, 0));
    let older = first.values("href").find(|href| href.contains("before=")).unwrap().to_owned();
    let last = Page::read(&world.get(&older, "").await.text).unwrap();
    assert!(last.count("tr") == 2 && last.text.contains("<b>Patch 0.</b>"), "{}", last.text);
    let page = Page::read(&world.get(&format!("/delegations/{}?lang=en", ids[0]), "").await.text).unwrap();
    assert_eq!(page.faults(), Vec::<String>::new());
    assert!(page.text.contains("In force") && page.text.contains(&ids[0]));
    assert_eq!(world.get("/delegations/none", "").await.status, StatusCode::NOT_FOUND);
    let listed: Value = world.get(&format!("{PATH}?limit=2"), "").await.json();
    assert_eq!(listed["delegations"].as_array().unwrap().len(), 2);
    let next = listed["next"].as_str().unwrap();
    assert_eq!(world.get(next, "").await.json::<Value>()["delegations"][0]["id"], json!(ids[48]));
}
