//! What is public as data: a feed and a table that programs of others read, and answers that are not
//! sent twice.

use std::collections::BTreeSet;

use atom_syndication::{Entry, Feed, Link};
use factory_assurance::{dossier::TestResult, sample, wire::WithdrawalRequest};
use factory_register::{
    metrics::Metrics,
    store::{EntryList, Store},
};
use jiff::Timestamp;
use reqwest::{Method, StatusCode, header::IF_NONE_MATCH};

use crate::world::{Answer, World, named, send};

const PATH: &str = "/entries/social-registry/registered-address";
const FEED: &str = "/entries.atom";
const TABLE: &str = "/api/v1/entries.csv";

fn feed(answer: &Answer) -> Feed {
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    assert_eq!(answer.header("content-type"), "application/atom+xml; charset=utf-8");
    Feed::read_from(answer.text.as_bytes()).unwrap_or_else(|error| panic!("{error}\n{}", answer.text))
}

fn rows(answer: &Answer) -> Vec<csv::StringRecord> {
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    csv::Reader::from_reader(answer.text.as_bytes()).records().collect::<Result<_, _>>().unwrap()
}

fn link<'a>(links: &'a [Link], rel: &str) -> Option<&'a str> {
    links.iter().find(|link| link.rel == rel).map(|link| link.href.as_str())
}

/// The sample with this English title.
fn titled(service: &str, title: &str) -> TestResult {
    let mut result = named(sample::passing(), service);
    title.clone_into(&mut result.record.titles.en);
    result
}

/// Many services, more than one part of a table has.
async fn many(world: &World, count: usize) {
    for number in 0..count {
        world.registered(named(sample::passing(), &format!("s-{number}")), &format!("key-{number}")).await;
    }
}

#[tokio::test]
async fn the_feed_tells_each_change_once_in_the_language_that_was_asked_for() {
    let world = World::start().await;
    assert_eq!(feed(&world.get(FEED, "").await).entries, Vec::<Entry>::new());
    world.registered(sample::passing(), "one").await;
    world.registered(titled("other", "Other & <b>hostile</b>\u{8}title"), "two").await;
    let reason = WithdrawalRequest { reason: "It moved <here> & there.".to_owned() };
    let withdrawn = world.post(&format!("/api/v1{PATH}/withdrawal"), "owner", "key", &reason).await;
    assert_eq!(withdrawn.status, StatusCode::CREATED, "{}", withdrawn.text);

    let english = feed(&world.get("/entries.atom?lang=en", "").await);
    let told: Vec<_> = english.entries.iter().map(|entry| entry.title.value.as_str()).collect();
    let title = sample::passing().record.titles.en;
    assert_eq!(
        told,
        [
            format!("Withdrawn: {title}"),
            "Entered: Other & <b>hostile</b> title".to_owned(),
            format!("Entered: {title}")
        ]
    );
    assert_eq!(english.entries[0].summary.as_ref().unwrap().value, reason.reason);
    assert_eq!(link(&english.entries[0].links, "alternate"), Some(format!("{PATH}?lang=en").as_str()));
    assert!(english.entries.is_sorted_by(|newer, older| newer.updated >= older.updated));
    assert_eq!(english.updated, english.entries[0].updated);

    let russian = feed(&send(world.request(Method::GET, FEED, "").header("accept-language", "ru")).await);
    assert!(russian.entries[2].title.value.ends_with(&sample::passing().record.titles.ru));
    let ids = |feed: &Feed| feed.entries.iter().map(|entry| entry.id.clone()).collect::<Vec<_>>();
    assert_eq!(ids(&english), ids(&russian));
    assert!(english.id.starts_with("tag:register.test,2026-03-04:"), "{}", english.id);
}

#[tokio::test]
async fn whatever_there_is_stands_once_in_the_table_and_once_in_the_pages_of_the_feed() {
    let world = World::start().await;
    many(&world, 103).await;
    let answer = world.get(TABLE, "").await;
    assert_eq!(answer.header("content-type"), "text/csv; charset=utf-8; header=present");
    let services: Vec<_> = rows(&answer).iter().map(|row| row[1].to_owned()).collect();
    assert_eq!((services.len(), services[0].as_str()), (103, "s-102"));
    assert_eq!(services.iter().collect::<BTreeSet<_>>().len(), 103);
    assert_eq!(answer.text.matches("participant,service,").count(), 1, "one head");
    assert_eq!(rows(&world.get("/api/v1/entries.csv?q=s-77", "").await).len(), 1);
    let nothing = world.get("/api/v1/entries.csv?q=nothing", "").await;
    assert!(rows(&nothing).is_empty() && nothing.text.starts_with("participant,service,"), "{}", nothing.text);
    let refused = world.get("/api/v1/entries.csv?limit=7", "").await.refused(400);
    assert!(refused.contains("limit"), "{refused}");

    let (mut told, mut pages) = (Vec::new(), 0);
    let mut next = Some(FEED.to_owned());
    while let Some(path) = next {
        let page = feed(&world.get(&path, "").await);
        told.extend(page.entries.iter().map(|entry| entry.id.clone()));
        next = link(&page.links, "next").map(str::to_owned);
        pages += 1;
    }
    assert_eq!((pages, told.len()), (3, 103));
    assert_eq!(told.iter().collect::<BTreeSet<_>>().len(), 103);
}

#[tokio::test]
async fn no_cell_of_the_table_is_carried_out_as_a_formula() {
    let world = World::start().await;
    world.registered(titled("hostile", "=HYPERLINK(\"http://x\",\"a, b\")\r\n@x"), "one").await;
    let rows = rows(&world.get(TABLE, "").await);
    assert_eq!(&rows[0][4], "'=HYPERLINK(\"http://x\",\"a, b\")\r\n'@x");
}

#[tokio::test]
async fn a_table_is_of_one_moment_although_it_is_read_in_parts() {
    let world = World::start().await;
    world.registered(sample::passing(), "one").await;
    world.registered(named(sample::passing(), "other"), "other").await;
    let store = Store::open(&world.database(), Timestamp::now, Metrics::default().commits()).await.unwrap();
    let as_of = store.size();
    let before = store.index("", None, Some(as_of), 9).await.unwrap();
    let mut next = sample::passing();
    "registered-address-2".clone_into(&mut next.subject.release);
    world.registered(next, "two").await;
    let reason = WithdrawalRequest { reason: "It moved.".to_owned() };
    let path = "/api/v1/entries/social-registry/other/withdrawal";
    assert_eq!(world.post(path, "owner", "key", &reason).await.status, StatusCode::CREATED);
    let seqs = |list: EntryList| list.entries.iter().map(|e| (e.seq, e.withdrawn.is_some())).collect::<Vec<_>>();
    let after = store.index("", None, Some(as_of), 9).await.unwrap();
    assert_eq!(seqs(after), seqs(before));
    let now = store.index("", None, None, 9).await.unwrap();
    assert!(now.entries[0].seq > as_of && now.entries[1].withdrawn.is_some());
}

#[tokio::test]
async fn what_the_caller_has_is_sent_again_only_when_something_changed() {
    let world = World::start().await;
    world.registered(sample::passing(), "one").await;
    let api = format!("/api/v1{PATH}");
    let again = async |world: &World, path: &str, tag: &str, language: &str| {
        let request = world.request(Method::GET, path, "").header(IF_NONE_MATCH, tag);
        send(request.header("accept-language", language)).await
    };
    let mut tags = Vec::new();
    for path in [PATH, "/entries", FEED, "/api/v1/entries", api.as_str()] {
        let first = again(&world, path, "W/\"other\"", "ru").await;
        assert_eq!((first.status, first.header("cache-control")), (StatusCode::OK, "no-cache"), "{path}");
        let tag = first.header("etag").to_owned();
        let second = again(&world, path, &format!("\"x\", {tag}"), "ru").await;
        assert_eq!((second.status, second.text.as_str(), second.header("etag")), (StatusCode::NOT_MODIFIED, "", &*tag));
        assert_eq!(again(&world, path, &tag, "en").await.status, StatusCode::OK, "{path} in another language");
        tags.push((path, tag));
    }
    let of_another = again(&world, "/entries", &tags[0].1, "ru").await;
    assert_eq!(of_another.status, StatusCode::OK, "the tag of another address");
    let missing = again(&world, "/entries/nobody/nothing", "W/\"other\"", "ru").await;
    assert!(missing.status == StatusCode::NOT_FOUND && !missing.headers.contains_key("etag"));
    world.registered(named(sample::passing(), "other"), "other").await;
    for (path, tag) in &tags {
        assert_eq!(again(&world, path, tag, "ru").await.status, StatusCode::OK, "{path} after a change");
    }
    let tag = again(&world, PATH, "*", "ru").await.header("etag").to_owned();
    let world = world.restart().await;
    assert_eq!(again(&world, PATH, &tag, "ru").await.status, StatusCode::OK, "another build may say it otherwise");
}
