//! Binding instructions (56.7): the regulator issues them, nothing but a confirmed release that carries one out
//! closes it, and an overdue one stands out and may freeze what does not.

use factory_assurance::{
    dossier::TestResult,
    sample,
    wire::{BindingInstruction, InstructionState, Procedure, SubmissionState},
};
use factory_crds::resilience_standard::FaultKind;
use factory_register::store::audit::audit;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::{
    page::Page,
    world::{AHEAD_HERE, Answer, World, named},
};

const PATH: &str = "/api/v1/instructions";
const PAGE: &str = "/entries/social-registry/registered-address?lang=en";
const FINDING: &str = "It does not come back <b>after</b> a pod is killed.";

fn wish(experiment: &str) -> Value {
    json!({
        "participant": "social-registry", "service": "registered-address", "finding": FINDING,
        "basis": "Item 56.7, measurement of 1 June", "due": "2099-06-30", "experiment": experiment,
    })
}

async fn issue(world: &World, key: &str, wish: &Value) -> Answer {
    world.post(PATH, "regulator", key, wish).await
}

pub async fn issued(world: &World, key: &str, experiment: &str) -> BindingInstruction {
    let answer = issue(world, key, &wish(experiment)).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
    answer.json()
}

async fn now(world: &World, held: &BindingInstruction) -> BindingInstruction {
    world.get(&format!("{PATH}/{}", held.id), "regulator").await.json()
}

/// The sample's service once more, as release `number`.
fn release(mut result: TestResult, number: u32) -> TestResult {
    result.subject.release = format!("registered-address-{number}");
    result.bundle.configuration = factory_assurance::canonical::sha256(&number.to_be_bytes());
    sample::judged(result)
}

#[tokio::test]
async fn a_confirmed_release_that_survives_the_fault_closes_what_was_issued_before_its_run() {
    let world = World::start().await;
    world.registered(sample::passing(), "one").await;
    // Announced before: its measurements are older than the finding.
    let early = world.announce(release(sample::passing(), 2), "early").await;
    let kill = issued(&world, "kill", "PodKill").await;
    let freeze = issued(&world, "freeze", "Freeze").await;
    assert_eq!((kill.state, kill.overdue, kill.experiment), (InstructionState::Open, false, FaultKind::PodKill));

    let early: SubmissionState = world.submit(world.dossier(&early), "early").await.json();
    let early: SubmissionState = world.confirm(&early).await.json();
    assert_eq!(early.state, Procedure::Registered);
    assert_eq!(now(&world, &kill).await.state, InstructionState::Open, "the run was announced before");

    let failed = world.submitted(release(sample::failing(), 3), "failed").await;
    world.confirm(&failed).await.refused(422);
    assert_eq!(now(&world, &kill).await.state, InstructionState::Open, "it failed");

    let other = world.registered(named(sample::passing(), "other"), "other").await;
    assert_eq!(now(&world, &kill).await.state, InstructionState::Open, "{} is another service", other.id);

    let mended = world.submitted(release(sample::passing(), 4), "mended").await;
    assert_eq!(now(&world, &kill).await.state, InstructionState::Open, "nobody confirmed it");
    assert_eq!(world.confirm(&mended).await.status, StatusCode::OK);
    let closed = now(&world, &kill).await;
    assert_eq!((closed.state, closed.closed_by.as_ref()), (InstructionState::Closed, Some(&mended.id)));
    assert!(closed.ended_at.is_some() && !closed.overdue);
    assert_eq!(now(&world, &freeze).await.state, InstructionState::Open, "another fault");
    // Confirmed once more, it closes nothing twice.
    assert_eq!(world.confirm(&mended).await.status, StatusCode::OK);
    audit(&world.database()).await.unwrap();

    let world = world.restart().await;
    assert_eq!(now(&world, &kill).await, closed);
    let open: Vec<BindingInstruction> = world.get(&format!("{PATH}?state=Open"), "factory").await.json();
    assert_eq!(open, [freeze]);
}

#[tokio::test]
async fn only_the_regulator_issues_and_withdraws_and_only_owner_and_factory_read() {
    let world = World::start().await;
    world.submitted(sample::failing(), "one").await;
    let held = issued(&world, "key", "PodKill").await;
    let (one, withdrawal) = (format!("{PATH}/{}", held.id), format!("{PATH}/{}/withdrawal", held.id));
    let reason = json!({"reason": "By mistake."});
    for token in ["owner", "reader", "stranger", "factory", "keeper"] {
        let detail = world.post(PATH, token, "another", &wish("PodKill")).await.refused(403);
        assert!(detail.contains("item 63.3"), "{detail}");
        world.post(&withdrawal, token, "", &reason).await.refused(403);
    }
    world.post(PATH, "", "another", &wish("PodKill")).await.refused(401);
    for token in ["regulator", "owner", "reader", "factory", "keeper"] {
        assert_eq!(world.get(&one, token).await.json::<BindingInstruction>(), held, "{token}");
        assert_eq!(
            world.get(PATH, token).await.json::<Vec<BindingInstruction>>(),
            std::slice::from_ref(&held),
            "{token}"
        );
    }
    world.get(&one, "stranger").await.refused(403);
    world.get(&one, "").await.refused(401);
    assert_eq!(world.get(PATH, "stranger").await.json::<Vec<BindingInstruction>>(), []);
    // Its service has no entry, so nothing of it is public.
    world.get("/api/v1/entries/social-registry/registered-address/binding-instructions", "").await.refused(404);
    assert_eq!(now(&world, &held).await, held);
}

#[tokio::test]
async fn what_is_no_instruction_is_refused_by_its_field_and_nothing_is_written() {
    let world = World::start().await;
    world.submitted(sample::passing(), "one").await;
    let events = audit(&world.database()).await.unwrap();
    for (field, value, says) in [
        ("service", json!("address"), "service: `social-registry/address`: must be a service of which"),
        ("service", json!("../x"), "service: must be lower-case letters"),
        ("finding", json!(" "), "finding: must have 1 to 2000 characters, not 0"),
        ("finding", json!("a\u{202e}b"), "finding: must be one line of plain text, without the character U+202E"),
        ("basis", json!("x".repeat(1001)), "basis: must have 1 to 1000 characters"),
        ("due", json!("2020-01-01"), "due: must be after today (item 56.7), not `2020-01-01`"),
        ("due", json!("2099-02-30"), "due: must be a day as YYYY-MM-DD"),
    ] {
        let mut wish = wish("PodKill");
        wish[field] = value;
        let detail = issue(&world, "key", &wish).await.refused(422);
        assert!(detail.starts_with(says), "{detail}");
    }
    let detail = issue(&world, "key", &wish("Earthquake")).await.refused(400);
    assert!(detail.contains("unknown variant `Earthquake`"), "{detail}");
    let mut more = wish("PodKill");
    more["closed"] = json!(true);
    issue(&world, "key", &more).await.refused(400);
    let detail = issue(&world, "", &wish("PodKill")).await.refused(400);
    assert!(detail.starts_with("Idempotency-Key: "), "{detail}");
    assert_eq!(audit(&world.database()).await.unwrap(), events);
}

#[tokio::test]
async fn a_repeated_request_is_the_same_instruction_and_a_withdrawal_ends_it_once() {
    let world = World::start().await;
    world.submitted(sample::passing(), "one").await;
    let held = issued(&world, "key", "PodKill").await;
    let again = issue(&world, "key", &wish("PodKill")).await;
    assert_eq!((again.status, again.json::<BindingInstruction>()), (StatusCode::OK, held.clone()));
    let detail = issue(&world, "key", &wish("Freeze")).await.refused(409);
    assert!(detail.contains("`key` was used before, with another body"), "{detail}");

    let path = format!("{PATH}/{}/withdrawal", held.id);
    let withdraw = async |reason: &str| world.post(&path, "regulator", "", &json!({"reason": reason})).await;
    for reason in ["", "a\nb", &"x".repeat(501)] {
        let detail = withdraw(reason).await.refused(422);
        assert!(detail.starts_with("reason: "), "{detail}");
    }
    let ended: BindingInstruction = withdraw(" The measurement was wrong. ").await.json();
    assert_eq!((ended.state, ended.reason.as_str()), (InstructionState::Withdrawn, "The measurement was wrong."));
    assert_eq!(withdraw("The measurement was wrong.").await.json::<BindingInstruction>(), ended);
    let detail = withdraw("Another.").await.refused(409);
    assert!(detail.contains("is Withdrawn already: with another reason"), "{detail}");
    let path = format!("{PATH}/none/withdrawal");
    world.post(&path, "regulator", "", &json!({"reason": "x"})).await.refused(404);
    // What ended is closed by no release.
    assert_eq!(
        world.confirm(&world.submitted(release(sample::passing(), 2), "two").await).await.status,
        StatusCode::OK
    );
    assert_eq!(now(&world, &held).await, ended);
    audit(&world.database()).await.unwrap();
}

#[tokio::test]
async fn an_overdue_instruction_stands_out_and_freezes_what_does_not_carry_it_out() {
    let world = World::start().await;
    world.registered(sample::passing(), "one").await;
    let mut due_soon = wish("ContainerKill");
    due_soon["due"] = json!(
        jiff::tz::Offset::constant(6).to_datetime(jiff::Timestamp::now() + jiff::SignedDuration::from_hours(48)).date()
    );
    let held: BindingInstruction = issue(&world, "key", &due_soon).await.json();
    let page = world.get(PAGE, "").await;
    let tag = page.header("etag").to_owned();
    let text = Page::read(&page.text).unwrap();
    assert_eq!(text.faults(), Vec::<String>::new());
    assert!(text.text.contains(FINDING) && text.text.contains(&held.due), "{}", text.text);
    assert!(!text.text.contains("Overdue"), "{}", text.text);
    let public: Vec<BindingInstruction> =
        world.get("/api/v1/entries/social-registry/registered-address/binding-instructions", "").await.json();
    assert_eq!(public, std::slice::from_ref(&held));

    let freezing = |mut result: TestResult, number| {
        result.standard.freeze_when_overdue = true;
        result.standard.version.push_str(if result.standard.faults.len() > 2 { "-on-nodes" } else { "-freezing" });
        release(result, number)
    };
    // In time, nothing is frozen.
    world.registered(freezing(sample::passing(), 2), "two").await;
    let (plain, frozen) = (
        world.submitted(release(sample::passing(), 3), "three").await,
        world.submitted(freezing(sample::passing(), 4), "four").await,
    );
    let other = world.submitted(named(freezing(sample::passing(), 5), "other"), "five").await;
    let mended = world.submitted(freezing(sample::struck(), 6), "six").await;

    AHEAD_HERE.set(3 * 86_400);
    // The same log, another day: who has the page is told that it is another.
    let request = world.request(reqwest::Method::GET, PAGE, "").header("if-none-match", tag);
    let page = crate::world::send(request).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(Page::read(&page.text).unwrap().text.contains("Overdue"), "{}", page.text);
    assert!(now(&world, &held).await.overdue);

    let events = audit(&world.database()).await.unwrap();
    let detail = world.confirm(&frozen).await.refused(409);
    assert!(detail.contains("was due on") && detail.contains("survives ContainerKill (item 56.7)"), "{detail}");
    assert_eq!(audit(&world.database()).await.unwrap(), events, "a refusal writes nothing");
    // Where the standard does not say so, and of another service, nothing is frozen.
    for state in [&plain, &other, &mended] {
        let answer = world.confirm(state).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    }
    assert_eq!(now(&world, &held).await.state, InstructionState::Closed);
    assert_eq!(world.confirm(&frozen).await.status, StatusCode::OK, "it was carried out");
    audit(&world.database()).await.unwrap();
}
