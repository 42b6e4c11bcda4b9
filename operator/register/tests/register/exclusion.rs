//! The regulator excludes a service (21): on a ground and an item of law that everyone reads, once and for good, and
//! programs read of it what they read of a withdrawal.

use factory_assurance::{
    sample,
    wire::{ExclusionRequest, NewestEntry, Procedure, SubmissionState, WithdrawalRequest},
};
use factory_register::{api::entries::PublicEntry, store::audit::audit};
use reqwest::StatusCode;
use serde_json::json;

use crate::{
    page::Page,
    world::{Answer, World},
};

const ENTRY: &str = "/api/v1/entries/social-registry/registered-address";
const PAGE: &str = "/entries/social-registry/registered-address?lang=en";
const REASON: &str = "It gives out <b>false</b> certificates.";
const ITEM: &str = "20.3 of Resolution No. 145";

pub async fn exclude(world: &World, token: &str, key: &str, (reason, item): (&str, &str)) -> Answer {
    let body = ExclusionRequest { reason: reason.to_owned(), item: item.to_owned() };
    world.post(&format!("{ENTRY}/exclusion"), token, key, &body).await
}

#[tokio::test]
async fn an_excluded_service_stays_public_and_says_by_whom_why_and_under_what() {
    let world = World::start().await;
    let submission = world.registered(sample::passing(), "one").await;
    let answer = exclude(&world, "regulator", "key", (REASON, ITEM)).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
    let ended = answer.json::<PublicEntry>().withdrawn.unwrap();
    assert_eq!((ended.reason.as_str(), ended.item.as_deref()), (REASON, Some(ITEM)));

    // What the permit keeper reads of the submission, and the operator of the entry: an end, as of a withdrawal.
    let path = format!("/api/v1/submissions/{}", submission.id);
    let after: SubmissionState = world.get(&path, "keeper").await.json();
    assert_eq!(after.state, Procedure::Withdrawn);
    assert_eq!(after.reason, format!("excluded by the regulator (item {ITEM}): {REASON}"));
    assert_eq!(world.get(ENTRY, "").await.json::<NewestEntry>().withdrawn, Some(ended.clone()));

    let page = Page::read(&world.get(PAGE, "").await.text).unwrap();
    assert_eq!(page.faults(), Vec::<String>::new());
    assert!(
        page.text.contains("Excluded by the regulator on ") && page.text.contains(&format!("{REASON} (item {ITEM})"))
    );
    let feed = world.get("/entries.atom?lang=en", "").await.text;
    assert!(
        feed.contains("<title>Excluded by the regulator: ") && feed.contains(&format!("(item {ITEM})</summary>")),
        "{feed}"
    );
    let index = Page::read(&world.get("/entries?lang=en", "").await.text).unwrap();
    assert!(index.text.contains("Excluded by the regulator on "), "{}", index.text);
    let table = world.get("/api/v1/entries.csv", "").await.text;
    assert!(table.contains(&format!("{},{ITEM},", ended.at)), "{table}");
    assert!(world.get(&format!("{ENTRY}/entry.jsonld"), "").await.text.contains("adms/status/Withdrawn"));
    // The event is public in the log, as it stands.
    let events = world.get(&format!("/api/v1/log/events?from={}&limit=1", ended.event), "").await;
    assert!(events.text.contains("\"kind\":\"exclusion\"") && events.text.contains(ITEM), "{}", events.text);
    audit(&world.database()).await.unwrap();
    let world = world.restart().await;
    assert_eq!(world.get(ENTRY, "").await.json::<PublicEntry>().withdrawn, Some(ended));
}

#[tokio::test]
async fn only_the_regulator_excludes_and_what_is_no_ground_is_refused_by_its_field() {
    let world = World::start().await;
    exclude(&world, "regulator", "key", (REASON, ITEM)).await.refused(404);
    world.registered(sample::passing(), "one").await;
    for token in ["owner", "reader", "stranger", "factory", "keeper"] {
        exclude(&world, token, "key", (REASON, ITEM)).await.refused(403);
    }
    exclude(&world, "", "key", (REASON, ITEM)).await.refused(401);
    let long = "9".repeat(101);
    for (reason, item, says) in [
        (" ", ITEM, "reason: must say in 1 to 500 characters why"),
        ("a\u{202e}b", ITEM, "reason: must be one line of plain text, without the character U+202E"),
        (REASON, "", "item: must say in 1 to 500 characters"),
        (REASON, "2\n1", "item: must be one line of plain text, without the character U+000A"),
        (REASON, &long, "item: must name an item of law in 1 to 100 characters, not in 101"),
    ] {
        let refused = exclude(&world, "regulator", "key", (reason, item)).await.refused(422);
        assert!(refused.starts_with(says), "{refused}");
    }
    let path = format!("{ENTRY}/exclusion");
    world.post(&path, "regulator", "key", &json!({"reason": REASON})).await.refused(400);
    world.post(&path, "regulator", "", &json!({"reason": REASON, "item": ITEM})).await.refused(400);
    assert_eq!(world.get(ENTRY, "").await.json::<PublicEntry>().withdrawn, None);
}

#[tokio::test]
async fn an_exclusion_is_made_once_and_neither_end_becomes_the_other() {
    let world = World::start().await;
    let submission = world.registered(sample::passing(), "one").await;
    let first: PublicEntry = exclude(&world, "regulator", "key", (REASON, ITEM)).await.json();
    for key in ["key", "another"] {
        let again = exclude(&world, "regulator", key, (REASON, ITEM)).await;
        assert_eq!((again.status, again.json::<PublicEntry>()), (StatusCode::OK, first.clone()), "{key}");
    }
    exclude(&world, "regulator", "key", (REASON, "21")).await.refused(409);
    exclude(&world, "regulator", "new", (REASON, "21")).await.refused(409);
    let body = WithdrawalRequest { reason: REASON.to_owned() };
    world.post(&format!("{ENTRY}/withdrawal"), "owner", "new", &body).await.refused(409);
    let refused = world.confirm(&submission).await.refused(409);
    assert!(refused.contains("is Withdrawn already"), "{refused}");
    // What is submitted and confirmed anew is entered anew, and the history stays.
    let mut next = sample::passing();
    "registered-address-2".clone_into(&mut next.subject.release);
    world.registered(next, "two").await;
    assert_eq!(world.get(ENTRY, "").await.json::<PublicEntry>().withdrawn, None);
    let page = world.get(PAGE, "").await.text;
    assert!(page.contains("Excluded by the regulator on") && !page.contains("class=\"withdrawn\""), "{page}");
    world.post(&format!("{ENTRY}/withdrawal"), "owner", "last", &body).await;
    exclude(&world, "regulator", "late", (REASON, ITEM)).await.refused(409);
    audit(&world.database()).await.unwrap();
}
