//! What the register shows beside its entries: whatever is changed, hidden or invented in the database raises an alarm
//! that names the view, and nothing that happens in order does.

use axum::{Router, extract::Request, http::header::CONTENT_TYPE};
use factory_assurance::{
    delegation::Terms,
    wire::{BindingInstruction, StandingDelegation},
};
use factory_register::{
    log::event::{ClaimDecision, DayObserved, ServiceObserved},
    observed::Minutes,
    witness::{Alarm, Witness},
};
use jiff::{ToSpan as _, civil::Date, tz::Offset};
use serde_json::json;
use tokio::net::TcpListener;

use super::{TRIGGERS, alarm, options, witness};
use crate::{
    claims, delegations, exclusion, instructions,
    log::{filled, sql},
    objects,
    world::{World, standing},
};

const SERVICE: (&str, &str) = ("social-registry", "registered-address");
const ENTRY: &str = "/api/v1/entries/social-registry/registered-address";

/// Whole looks at fresh worlds, each before and after one of these statements, which have to be told as they are.
pub(super) async fn all_told<F: Future<Output = World>>(prepared: impl Fn() -> F, statements: &[(&str, &str)]) {
    for (statement, told) in statements {
        let world = Box::pin(prepared()).await;
        witness(&world).look(true).await.unwrap();
        sql(&world.database(), &[TRIGGERS, statement]).await.unwrap();
        let found = alarm(witness(&world).look(true).await).to_string();
        assert!(found.contains(told), "{statement}: {found}");
        assert!(options(&world).state.join("alarm").exists(), "{statement}: it does not stand");
    }
}

/// One delegation with an entry under it, and one that was revoked.
async fn delegated() -> World {
    let world = filled().await;
    let given = world.delegated(&standing()).await;
    world.submitted(delegations::again(1), "under").await;
    let terms = Terms { reason: "Another one.".to_owned(), ..standing() };
    let other = world.delegated(&terms).await;
    delegations::revoke(&world, &world.regulator_key, &terms, &other, "By mistake.").await;
    let list = world.get("/api/v1/delegations", "").await.text;
    assert!(list.contains("\"uses\":1") && list.contains("By mistake."), "{list}");
    assert_ne!(given.id, other.id);
    world
}

#[tokio::test]
async fn a_delegation_that_is_changed_hidden_or_invented_raises_an_alarm() {
    let statements = [
        ("DELETE FROM delegations WHERE revocation IS NOT NULL", "the delegations show nothing for "),
        ("UPDATE delegations SET revocation = NULL", "revoked at "),
        (
            "UPDATE delegations SET revocation = (SELECT MAX(revocation) FROM delegations) WHERE revocation IS NULL",
            "revoked at ",
        ),
        ("DELETE FROM delegation_uses", "with 1 entries"),
        (
            "INSERT INTO delegation_uses (seq, delegation, submission, base)
             SELECT 1, id, 'another', 'base' FROM delegations WHERE revocation IS NOT NULL",
            "with 1 entries, revoked at ",
        ),
        ("UPDATE delegations SET id = 'x' WHERE revocation IS NOT NULL", " for x; it must be nothing"),
        (
            "INSERT INTO delegations (id, seq, participant, begins, ends) VALUES ('x', 6, 'social-registry', 'a', 'b')",
            "the register cannot show its log, /api/v1/delegations",
        ),
    ];
    all_told(delegated, &statements).await;
}

/// The sample's service, excluded.
async fn excluded() -> World {
    let world = filled().await;
    let answer = exclusion::exclude(&world, "regulator", "key", ("It forges.", "20.3")).await;
    assert_eq!(answer.status.as_u16(), 201, "{}", answer.text);
    world
}

#[tokio::test]
async fn an_exclusion_that_is_changed_hidden_or_invented_raises_an_alarm() {
    let statements = [
        ("UPDATE withdrawals SET item = '20.4'", "the public index shows entry 6, excluded (20.4) by event 12"),
        ("UPDATE withdrawals SET item = NULL", "; the log says entry 6, excluded (20.3) by event 12"),
        ("DELETE FROM withdrawals", "; the log says entry 6, excluded (20.3) by event 12"),
    ];
    all_told(excluded, &statements).await;
    let invented = "INSERT INTO withdrawals (seq, key, participant, service, entry, reason, item)
        VALUES (9, 'x', 'social-registry', 'registered-address', 6, 'It is over.', '20')";
    let told = "excluded (20) by event 9";
    all_told(filled, &[(invented, told)]).await;
}

/// One object, entered by event 15.
async fn with_an_object() -> World {
    let world = filled().await;
    objects::entered(&world).await;
    world
}

#[tokio::test]
async fn an_object_that_is_changed_hidden_or_invented_raises_an_alarm() {
    let statements = [
        (
            "UPDATE entries SET service = 'another' WHERE service = 'archive'",
            "shows nothing for social-registry/archive",
        ),
        ("DELETE FROM entries WHERE service = 'archive'", "shows nothing for social-registry/archive"),
        (
            "INSERT INTO withdrawals (seq, key, participant, service, entry, reason)
             SELECT 9, 'x', participant, service, seq, 'It is over.' FROM entries WHERE service = 'archive'",
            ", withdrawn by event 9",
        ),
    ];
    all_told(with_an_object, &statements).await;
}

/// A service that was withdrawn and entered anew: its first entry and that end stand in no list of the newest.
async fn entered_anew() -> World {
    let world = filled().await;
    let reason = json!({"reason": "It moved."});
    assert_eq!(world.post(&format!("{ENTRY}/withdrawal"), "owner", "key", &reason).await.status.as_u16(), 201);
    world.registered(delegations::again(1), "anew").await;
    world
}

#[tokio::test]
async fn an_older_entry_or_end_that_is_hidden_raises_an_alarm() {
    for (statement, told) in [
        ("DELETE FROM entries WHERE seq = 6", "the statistics show 1 entries and 1 ends for "),
        ("DELETE FROM withdrawals", "the statistics show 2 entries and 0 ends for "),
    ] {
        let world = entered_anew().await;
        witness(&world).look(true).await.unwrap();
        sql(&world.database(), &[TRIGGERS, statement]).await.unwrap();
        // They are counted again when something happens, or when the register starts.
        let world = world.restart().await;
        let found = alarm(witness(&world).look(true).await).to_string();
        assert!(found.contains(told) && found.contains("; it must be 2 entries and 1 ends"), "{statement}: {found}");
    }
}

/// One instruction that stands, and one that was withdrawn.
async fn instructed() -> World {
    let world = filled().await;
    instructions::issued(&world, "kill", "PodKill").await;
    let other = instructions::issued(&world, "freeze", "Freeze").await;
    let path = format!("/api/v1/instructions/{}/withdrawal", other.id);
    let answer = world.post(&path, "regulator", "", &json!({"reason": "By mistake."})).await;
    assert_eq!(answer.status.as_u16(), 200, "{}", answer.text);
    world
}

#[tokio::test]
async fn an_instruction_that_is_changed_hidden_or_invented_raises_an_alarm() {
    let statements = [
        ("UPDATE instructions SET finding = 'Nothing.'", "the binding instructions show something else for "),
        ("UPDATE instructions SET due = '2098-01-01' WHERE ended IS NULL", "show something else for "),
        (
            "UPDATE instructions SET state = 'Open', reason = '', ended = NULL",
            "the binding instructions show something else for social-registry/registered-address, 13",
        ),
        ("DELETE FROM instructions WHERE ended IS NULL", "the binding instructions show nothing for "),
        (
            "UPDATE instructions SET state = 'Withdrawn', reason = 'x', ended = 9 WHERE ended IS NULL",
            "1 changes are shown, the last one in the binding instructions of social-registry/registered-address",
        ),
        (
            "INSERT INTO instructions (id, key, seq, participant, service, finding, basis, due, experiment, state)
             SELECT 'x', 'x', 9, participant, service, finding, basis, due, experiment, 'Open'
             FROM instructions WHERE ended IS NULL",
            "it must be nothing, as when the log had ",
        ),
        ("UPDATE instructions SET seq = 6 WHERE ended IS NULL", "it must be nothing: that event says something else"),
    ];
    all_told(instructed, &statements).await;
}

async fn decided(world: &World, key: &str, words: &str) -> String {
    let id = claims::taken(world, key, |body| body["words"] = json!(words)).await.id;
    assert_eq!(claims::decided(world, &id, ClaimDecision::Publish, "").await.status.as_u16(), 200);
    id
}

/// Two published claims, one of them answered, and one that waits.
async fn claimed() -> World {
    let world = filled().await;
    let first = decided(&world, "one", "No seal.").await;
    decided(&world, "two", "No date.").await;
    claims::taken(&world, "three", |body| body["words"] = json!("No name.")).await;
    assert_eq!(claims::answered(&world, "owner", &first, "It is there again.").await.status.as_u16(), 200);
    world
}

#[tokio::test]
async fn a_claim_that_is_changed_hidden_or_invented_raises_an_alarm() {
    let statements = [
        ("UPDATE claims SET language = 'ru'", "the published claims show something else for "),
        ("DELETE FROM plaintexts WHERE commitment IN (SELECT words FROM claims)", "show something else for "),
        ("UPDATE claims SET answer = NULL, answered = NULL", "the published claims show something else for "),
        (
            "DELETE FROM claims WHERE decided IS NOT NULL AND answered IS NULL",
            "1 changes are shown, the last one in the published claims",
        ),
        (
            "UPDATE claims SET state = 'Kept' WHERE decided IS NOT NULL",
            "2 changes are shown, the last one in the published claims",
        ),
        (
            "UPDATE claims SET state = 'Published', decided = 9 WHERE decided IS NULL",
            "the published claims of social-registry/registered-address; the log has 0 events for them",
        ),
        ("UPDATE claims SET seq = 6 WHERE answered IS NOT NULL", "it must be nothing: that event says something else"),
    ];
    all_told(claimed, &statements).await;
}

fn yesterday() -> Date {
    Offset::constant(6).to_datetime(jiff::Timestamp::now()).date().checked_sub(1.days()).unwrap()
}

async fn observed() -> World {
    let world = filled().await;
    let minutes = Minutes { measured: 1440, up: 1430, longest_down: 10 };
    let service = ServiceObserved { participant: SERVICE.0.to_owned(), service: SERVICE.1.to_owned(), minutes };
    let (day, source) = (yesterday().to_string(), "prometheus".to_owned());
    let made = DayObserved { day, source, expression: "up".to_owned(), services: vec![service] };
    assert!(world.register.store.observe("test", made).await.unwrap());
    world
}

#[tokio::test]
async fn an_observed_day_that_is_changed_hidden_or_invented_raises_an_alarm() {
    let another = yesterday().checked_sub(1.days()).unwrap();
    let invented = format!(
        "INSERT INTO observed (day, participant, service, measured, up, longest_down, seq)
         SELECT '{another}', participant, service, measured, up, longest_down, seq FROM observed"
    );
    let statements = [
        ("UPDATE observed SET up = 1440, longest_down = 0", "the observed days show something else for "),
        ("DELETE FROM observed", "the observed days show nothing for "),
        (invented.as_str(), "it must be nothing, as when the log had 12 events"),
    ];
    all_told(observed, &statements).await;
}

#[tokio::test]
async fn what_happens_in_order_raises_none() {
    let world = filled().await;
    let looked = async || witness(&world).look(true).await.unwrap();
    looked().await;
    let one = decided(&world, "one", "No seal.").await;
    let instruction: BindingInstruction = instructions::issued(&world, "freeze", "Freeze").await;
    let given: StandingDelegation = world.delegated(&standing()).await;
    looked().await;
    looked().await;
    assert_eq!(claims::answered(&world, "owner", &one, "It is there again.").await.status.as_u16(), 200);
    world.submitted(delegations::again(1), "under").await;
    objects::entered(&world).await;
    looked().await;
    let path = format!("/api/v1/instructions/{}/withdrawal", instruction.id);
    assert_eq!(world.post(&path, "regulator", "", &json!({"reason": "Done."})).await.status.as_u16(), 200);
    delegations::revoke(&world, &world.regulator_key, &given.terms, &given, "Over.").await;
    let forgetting = json!({"words": true, "reason": "Asked for."});
    let path = format!("/api/v1/claims/{one}/forgetting");
    assert_eq!(world.post(&path, "regulator", "", &forgetting).await.status.as_u16(), 200);
    assert!(claims::published(&world).await.claims.is_empty());
    looked().await;
    assert_eq!(exclusion::exclude(&world, "regulator", "end", ("It forges.", "20.3")).await.status.as_u16(), 201);
    looked().await;
    looked().await;
}

/// A register in front of `world` that shows another text in the place of what stands at one address.
pub(super) async fn lying(world: &World, path: &'static str, (old, new): (&'static str, &'static str)) -> String {
    let (client, register) = (world.client.clone(), world.address.clone());
    let answer = move |request: Request| {
        let (client, asked) = (client.clone(), request.uri().path_and_query().unwrap().as_str().to_owned());
        let address = format!("{register}{asked}");
        async move {
            let answer = client.get(address).send().await.unwrap();
            let (status, text) = (answer.status(), answer.text().await.unwrap());
            let text = if asked == path { text.replace(old, new) } else { text };
            (status, [(CONTENT_TYPE, "application/json")], text)
        }
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(answer)).await.unwrap() });
    address
}

/// No statement changes what an entry says, for it is read from its event; a program that was changed can show another.
#[tokio::test]
async fn an_entry_that_says_something_else_than_its_event_raises_an_alarm() {
    let world = filled().await;
    witness(&world).look(true).await.unwrap();
    let mut options = options(&world);
    options.register = lying(&world, ENTRY, ("Regulator of the ecosystem", "Another office")).await;
    match alarm(Witness::begin(options).unwrap().look(true).await) {
        Alarm::Index { shown, .. } => assert_eq!(shown, "entry 6 with other contents"),
        other => panic!("{other}"),
    }
}
