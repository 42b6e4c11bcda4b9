//! The log through HTTP: checkpoints, proofs and events as anyone may check them.

use factory_assurance::{
    log::{
        Checkpoint, Hash,
        proof::{Consistency, Inclusion},
        served::{EventProof, Events},
        tree::Edge,
    },
    sample,
    verdict::MAX_EXACT,
};

use crate::{
    log::{filled, sql},
    world::{PARTICIPANT, World, log_signer, named},
};

async fn checkpoint(world: &World) -> Checkpoint {
    let answer = world.get("/api/v1/log/checkpoint", "").await;
    assert_eq!(answer.header("content-type"), "text/plain; charset=utf-8");
    Checkpoint::open(&answer.text, &log_signer().verifier()).unwrap()
}

async fn events(world: &World, query: &str) -> Events {
    world.get(&format!("/api/v1/log/events?{query}"), "").await.json()
}

#[tokio::test]
async fn the_events_that_are_served_give_the_root_that_is_signed() {
    let world = World::start().await;
    let empty = checkpoint(&world).await;
    assert_eq!((empty.size, empty.root), (0, Hash::empty()));
    assert_eq!(events(&world, "from=1").await.events, []);

    let world = filled().await;
    assert_eq!(world.get("/api/v1/log/key", "").await.text, format!("{}\n", log_signer().verifier()));
    let signed = checkpoint(&world).await;
    let mut edge = Edge::default();
    let mut roots = vec![edge.root()];
    while edge.size() < signed.size {
        for event in events(&world, &format!("from={}&limit=3", edge.size() + 1)).await.events {
            edge.push(event.held(edge.size() + 1).unwrap());
            roots.push(edge.root());
        }
    }
    assert_eq!(edge.root(), signed.root);
    for from in 0..=signed.size {
        let path = format!("/api/v1/log/consistency?from={from}&to={}", signed.size);
        let proof: Consistency = world.get(&path, "").await.json();
        proof.verify(&roots[usize::try_from(from).unwrap()], &signed.root).unwrap();
    }
    let all = events(&world, "from=1").await.events;
    for (seq, event) in (1_u64..).zip(&all) {
        let path = format!("/api/v1/log/inclusion?event={seq}&size={}", signed.size);
        let proof: Inclusion = world.get(&path, "").await.json();
        proof.verify(&event.held(seq).unwrap(), &signed.root).unwrap();
    }
    // What is not public is a hash, and nothing else.
    let public: Vec<_> =
        all.iter().filter_map(|event| event.public.as_ref()).map(|event| event.place.kind.as_str()).collect();
    assert_eq!(public, ["standard-issued", "entry"]);
}

#[tokio::test]
async fn an_entry_is_proven_by_one_file() {
    let world = filled().await;
    world.registered(named(sample::passing(), "later"), "later").await;
    let service = sample::passing().subject.service;
    let path = format!("/api/v1/entries/{PARTICIPANT}/{service}/proof");
    let proof: EventProof = world.get(&path, "").await.json();
    let held = proof.verify(&log_signer().verifier(), &[]).unwrap();
    assert_eq!(held, checkpoint(&world).await);
    assert_eq!(proof.public.event["summary"]["subject"]["service"], service);
    assert!(!world.get(&path, "").await.text.contains("\"actor\""), "an account's name is not public");
    assert!(world.get("/api/v1/entries/nobody/nothing/proof", "").await.refused(404).contains("nobody/nothing"));
}

#[tokio::test]
async fn numbers_that_are_not_of_the_log_are_refused() {
    let world = filled().await;
    let size = checkpoint(&world).await.size;
    for (path, status, told) in [
        ("events?from=0".to_owned(), 400, "from: 0, events are numbered from 1"),
        ("events?from=-1".to_owned(), 400, "from"),
        ("events".to_owned(), 400, "from"),
        ("events?from=1&what=2".to_owned(), 400, "what"),
        ("events?from=1&limit=1001".to_owned(), 400, "limit: 1001, must be from 1 to 1000"),
        (format!("events?from={}", u64::MAX), 400, "must be below 2^53"),
        (format!("inclusion?event=0&size={size}"), 404, "event: 0, must be from 1"),
        (format!("inclusion?event={}&size={size}", size + 1), 404, "must be from 1 to size"),
        (format!("inclusion?event=1&size={}", size + 1), 404, "size: 12, must be at most 11"),
        (format!("consistency?from={}&to={size}", size + 1), 404, "from: 12, must be at most 11"),
        (format!("consistency?from=1&to={}", size + 1), 404, "to: 12, must be at most 11"),
        (format!("consistency?from=1&to={MAX_EXACT}"), 404, "must be at most 11"),
    ] {
        let detail = world.get(&format!("/api/v1/log/{path}"), "").await.refused(status);
        assert!(detail.contains(told), "{path}: {detail}");
    }
    assert_eq!(events(&world, &format!("from={MAX_EXACT}")).await.events, []);
}

#[tokio::test]
async fn a_checkpoint_that_contradicts_an_earlier_one_is_never_signed() {
    let world = filled().await;
    checkpoint(&world).await;
    // The tree of another history, as whoever owns the file could write it.
    let harm = "DROP TRIGGER tree_never_changes; UPDATE tree SET hash = zeroblob(32) WHERE level = 3";
    sql(&world.database(), &[harm]).await.unwrap();
    world.submitted(named(sample::passing(), "later"), "later").await;
    assert!(!world.get("/api/v1/log/checkpoint", "").await.refused(500).is_empty());
    // A subtree over the new events alone: what was signed before does not stand on it.
    let world = filled().await;
    checkpoint(&world).await;
    world.submitted(named(sample::passing(), "later"), "later").await;
    let harm = "DROP TRIGGER tree_never_changes; UPDATE tree SET hash = zeroblob(32) WHERE level = 2 AND position = 2";
    sql(&world.database(), &[harm]).await.unwrap();
    assert!(!world.get("/api/v1/log/checkpoint", "").await.refused(500).is_empty());
    // The end cut off.
    let world = filled().await;
    checkpoint(&world).await;
    let harm = "DROP TRIGGER events_are_never_removed; DELETE FROM events WHERE seq = 11";
    sql(&world.database(), &[harm]).await.unwrap();
    assert!(!world.get("/api/v1/log/checkpoint", "").await.refused(500).is_empty());
}

#[tokio::test]
async fn a_log_of_an_earlier_version_gets_its_tree() {
    let world = filled().await;
    let signed = checkpoint(&world).await;
    // As the earlier version left it: without tree and checkpoints.
    let old = "DROP TABLE tree; DROP TABLE checkpoints; DELETE FROM _sqlx_migrations WHERE version = 3";
    sql(&world.database(), &[old]).await.unwrap();
    let world = world.restart().await;
    assert_eq!(checkpoint(&world).await, signed);
}
