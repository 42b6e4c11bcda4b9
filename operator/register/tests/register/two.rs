//! Two registers over one database, as for a moment when one takes the other's place: they write one after
//! the other, and the log stays one. And what differs between databases is not seen from outside.

use factory_assurance::{dsse::PrivateKey, issuance::Issuance, sample, wire::IssuanceRequest};
use factory_register::{
    intake,
    log::event::StandardIssued,
    metrics::Metrics,
    store::{Location, Prepared, Store, Written, audit::audit},
};
use jiff::Timestamp;

use crate::{
    log::filled,
    server::Database,
    world::{FACTORY, Folder, issuance_by, log_keyring, named},
};

/// Announcements by each.
const EACH: u64 = 20;

async fn open(database: &Location) -> Store {
    Store::open(database, Timestamp::now, Metrics::default().commits()).await.unwrap()
}

async fn announce(store: &Store, who: &str) {
    for count in 0..EACH {
        let name = format!("{who}-{count}");
        let run = intake::announced(sample::announcement(&named(sample::passing(), &name), 1)).unwrap();
        let prepared = Prepared::of(run).unwrap();
        let Written::Now(_) = store.announce(FACTORY, &name, 1, prepared).await.unwrap() else { panic!("new") };
    }
}

#[tokio::test]
async fn two_registers_over_one_database_do_not_fork_the_log() {
    let folder = Folder::new();
    let place = Database::new(&folder.0).await;
    let database = place.location();
    let (first, second) = (open(&database).await, open(&database).await);
    let IssuanceRequest { issuance } = issuance_by(&PrivateKey::generate(), &sample::passing().standard);
    let issued = issuance.unchecked::<Issuance>().unwrap().predicate;
    let made = StandardIssued { standard: "basic@1".to_owned(), issuance, sealed_by: None };
    first.issue("regulator", &issued, made).await.unwrap();
    tokio::join!(announce(&first, "first"), announce(&second, "second"));
    // Each learns of what the other wrote when it is next asked for a checkpoint.
    for store in [&first, &second] {
        store.checkpoint(&log_keyring(&folder.0)).await.unwrap();
        assert_eq!(store.size(), 2 + 2 * EACH);
        store.consistency(1, 2 + 2 * EACH).await.unwrap();
        store.close().await;
    }
    assert_eq!(audit(&database).await.unwrap().events, 2 + 2 * EACH);
}

#[tokio::test]
async fn a_text_that_is_none_finds_nothing_and_harms_nothing() {
    let world = filled().await;
    for path in ["/api/v1/entries?q=%00", "/api/v1/entries/%00/x", "/api/v1/submissions/%00"] {
        let answer = world.get(path, "factory").await;
        assert!([200, 400, 404].contains(&answer.status.as_u16()), "{path}: {answer:?}");
    }
    let state = world.submitted(named(sample::passing(), "zero"), "zero").await;
    let reason = serde_json::json!({"reason": "mend \0 it"});
    let answer = world.post(&format!("/api/v1/submissions/{}/return", state.id), "regulator", "", &reason).await;
    assert_eq!(answer.refused(422), "reason: must be plain text, not `U+0000`");
    audit(&world.database()).await.unwrap();
}
