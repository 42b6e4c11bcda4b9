//! The log is handed over to another key while the register serves: whoever pinned the first key follows, old
//! checkpoints hold for their time, and the former key signs nothing more.

use factory_assurance::{
    dsse::PrivateKey,
    log::{
        Checkpoint,
        handover::{Handover, Terms},
        note::Signer,
        served::{EventProof, LogKeys},
    },
    sample,
};
use factory_register::{
    arguments,
    metrics::Metrics,
    serve,
    signer::load_or_make,
    store::{Store, WriteError, Written, audit::audit},
    witness::{Alarm, Seen, Witness, WitnessError},
};
use jiff::Timestamp;

use crate::{
    log::{filled, sql},
    program::{self, Cluster, Program},
    server::Database,
    witness::options,
    world::{
        Folder, PARTICIPANT, STANDARDS, World, issuance_by, log_keyring, log_signer, named, pinned, provider, send,
    },
};

const ORIGIN: &str = "register.test/log";

/// Another program hands the log of `world` over to a key in `file` beside the first.
async fn hand_over(world: &World, file: &str) -> (Signer, Result<Written<u64>, WriteError>) {
    let next = load_or_make(ORIGIN, &world.folder.0.join(file)).unwrap();
    let store = Store::open(&world.database(), Timestamp::now, Metrics::default().commits()).await.unwrap();
    let written = store.hand_over("an administrator", &log_keyring(&world.folder.0), &next).await;
    store.close().await;
    (next, written)
}

async fn checkpoint(world: &World) -> String {
    world.get("/api/v1/log/checkpoint", "").await.text
}

async fn keys(world: &World) -> LogKeys {
    world.get("/api/v1/log/keys", "").await.json()
}

#[tokio::test]
async fn whoever_pinned_the_first_key_follows_while_the_register_serves() {
    let world = filled().await;
    let mut witness = Witness::begin(options(&world)).unwrap();
    assert_eq!(witness.look(true).await.unwrap().size, 11);
    let before = checkpoint(&world).await;
    assert_eq!(keys(&world).await, LogKeys { current: log_signer().verifier().to_string(), handovers: Vec::new() });

    let (two, written) = hand_over(&world, "checkpoint-2.pem").await;
    assert_eq!(written.unwrap(), Written::Now(12));
    let after = checkpoint(&world).await;
    assert!(Checkpoint::open(&after, &log_signer().verifier()).is_err());
    assert_eq!(Checkpoint::open(&after, &two.verifier()).unwrap().size, 12);
    assert_eq!(world.get("/api/v1/log/key", "").await.text, format!("{}\n", two.verifier()));
    // What was signed before holds for its time.
    let mut terms = Terms::of(log_signer().verifier());
    assert_eq!(terms.follow(&keys(&world).await.handovers).unwrap(), 1);
    assert_eq!(terms.open(&before).unwrap().0.size, 11);
    assert_eq!(terms.open(&after).unwrap().0.size, 12);
    // Said again, nothing is done; a key that has ended does not come back.
    assert_eq!(hand_over(&world, "checkpoint-2.pem").await.1.unwrap(), Written::Before(12));
    let (three, written) = hand_over(&world, "checkpoint-3.pem").await;
    assert_eq!(written.unwrap(), Written::Now(13));
    let refused = hand_over(&world, "checkpoint-2.pem").await.1.unwrap_err().to_string();
    assert!(refused.contains("has signed it before and handed it over"), "{refused}");

    // The witness goes on through both, and so does another one of its process after a restart of both.
    let known = witness.look(false).await.unwrap();
    assert_eq!((known.size, known.new), (13, 2));
    drop(witness);
    let world = world.restart().await;
    world.registered(named(sample::passing(), "later"), "later").await;
    let mut again = Witness::begin(options(&world)).unwrap();
    assert_eq!(again.look(true).await.unwrap(), Seen { size: 17, new: 4, reread: 13, entries: 2 });

    // One file proves an entry to whoever pinned any of the keys.
    let proof: EventProof = world.get(&format!("/api/v1/entries/{PARTICIPANT}/later/proof"), "").await.json();
    for pinned in [log_signer().verifier(), two.verifier(), three.verifier()] {
        assert_eq!(proof.verify(&pinned, &[]).unwrap().size, 17);
    }
    let without = EventProof { handovers: Vec::new(), ..proof };
    assert!(without.verify(&log_signer().verifier(), &[]).is_err());
    assert_eq!(audit(&world.database()).await.unwrap().events, 17);
}

#[tokio::test]
async fn a_hand_over_that_is_not_in_the_log_is_found() {
    let world = filled().await;
    let mut witness = Witness::begin(options(&world)).unwrap();
    witness.look(true).await.unwrap();
    // Who holds the first key and the database has a note in the view alone.
    let two = load_or_make(ORIGIN, &world.folder.0.join("checkpoint-2.pem")).unwrap();
    let note = Handover::signed(ORIGIN, 11, &log_signer(), &two).unwrap();
    world.submitted(named(sample::passing(), "later"), "later").await;
    sql(&world.database(), &[&format!("INSERT INTO handovers (seq, note) VALUES (12, '{note}')")]).await.unwrap();
    match witness.look(false).await {
        Err(WitnessError::Alarm(alarm)) => {
            assert!(matches!(*alarm, Alarm::NotHandedOver { event: 12, .. }), "{alarm}");
        }
        other => panic!("no alarm: {other:?}"),
    }
    let found = audit(&world.database()).await.unwrap_err().to_string();
    assert!(found.contains("handovers"), "{found}");
}

#[tokio::test]
async fn a_key_that_is_nowhere_signs_nothing_and_is_named() {
    let world = filled().await;
    let (two, written) = hand_over(&world, "checkpoint-2.pem").await;
    written.unwrap();
    let elsewhere = world.folder.0.join("elsewhere");
    std::fs::rename(world.folder.0.join("checkpoint-2.pem"), &elsewhere).unwrap();
    let detail = world.get("/api/v1/log/checkpoint", "").await.refused(503);
    assert!(detail.contains("the key of the log"), "{detail}");
    let error = world.register.store.checkpoint(&log_keyring(&world.folder.0)).await.unwrap_err().to_string();
    assert!(error.contains(&two.verifier().to_string()) && error.contains("put it there"), "{error}");
    // Put back, it is found without a restart.
    std::fs::rename(elsewhere, world.folder.0.join("checkpoint-2.pem")).unwrap();
    assert_eq!(Checkpoint::open(&checkpoint(&world).await, &two.verifier()).unwrap().size, 12);
}

/// What a witness is started with that follows `program`, whose key is `pinned`.
fn witnessing(program: &Program, folder: &Folder, pinned: &str) -> arguments::Witness {
    arguments::Witness {
        register: program.address.clone(),
        log_key: pinned.trim().parse().unwrap(),
        state: folder.0.join("witness"),
        name: "witness.test".to_owned(),
        every: "1m".parse().unwrap(),
        reread: "1h".parse().unwrap(),
        once: true,
        regulator_keys: None,
        ca: None,
    }
}

#[tokio::test]
async fn the_program_hands_over_beside_the_program_that_serves() {
    let (folder, keys) = (Folder::new(), [PrivateKey::generate(), PrivateKey::generate()]);
    provider();
    pinned(&folder.0, &keys[0], &keys[1]);
    let (place, cluster) = (Database::new(&folder.0).await, Cluster::start(&folder.0).await);
    let mut program = Program::new(&cluster, &folder.0, &place.address);
    let running = program.start().await;
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let get = async |program: &Program, path: &str| send(client.get(format!("{}{path}", program.address))).await.text;
    let run = sample::announcement(&sample::passing(), 1);
    let issue = client.post(format!("{}{STANDARDS}", program.address)).bearer_auth("regulator");
    let issuance = serde_json::to_vec(&issuance_by(&keys[1], &run.standard)).unwrap();
    assert_eq!(send(issue.body(issuance)).await.status, reqwest::StatusCode::CREATED);
    let announce = client.post(format!("{}/api/v1/announcements", program.address)).bearer_auth("factory");
    let answer = send(announce.header("idempotency-key", "one").body(serde_json::to_vec(&run).unwrap())).await;
    assert_eq!(answer.status, reqwest::StatusCode::CREATED, "{}", answer.text);

    let first = get(&program, "/api/v1/log/key").await;
    let before = get(&program, "/api/v1/log/checkpoint").await;
    let size = Checkpoint::open(&before, &first.trim().parse().unwrap()).unwrap().size;
    let mut witness = Witness::begin(witnessing(&program, &folder, &first)).unwrap();
    assert_eq!(witness.look(true).await.unwrap().size, size);

    let (next, said) = (folder.0.join("checkpoint-2.pem"), |output: std::process::Output| {
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    });
    let hand_over =
        |first: &str, to: &std::path::Path| program::hand_over(&folder.0, &place.address, (first, to), None);
    let told = said(hand_over("checkpoint.pem", &next));
    let second = get(&program, "/api/v1/log/key").await;
    assert_ne!(second, first);
    assert_eq!(told, format!("event {}: the log was handed over to {second}", size + 1));
    assert_eq!(said(hand_over("checkpoint.pem", &next)), format!("the log is signed by {} already\n", second.trim()));
    let after = get(&program, "/api/v1/log/checkpoint").await;
    assert_eq!(Checkpoint::open(&after, &second.trim().parse().unwrap()).unwrap().size, size + 1);
    assert!(Checkpoint::open(&after, &first.trim().parse().unwrap()).is_err());
    assert_eq!(witness.look(false).await.unwrap().new, 1);

    // What is no hand-over is one line, and changes nothing.
    for (first, to, line) in [
        ("checkpoint.pem", std::env::temp_dir().join("elsewhere.pem"), "must be in the folder of"),
        ("gone.pem", folder.0.join("checkpoint-3.pem"), "not there, but the log has signed checkpoints"),
        ("checkpoint.pem", folder.0.join("checkpoint.pem"), "has signed it before and handed it over"),
    ] {
        let refused = hand_over(first, &to);
        let error = String::from_utf8(refused.stderr).unwrap();
        assert!(!refused.status.success() && error.contains(line), "{error}");
    }
    // Nor is one under another name: whoever pinned the log by its own could not follow.
    let other = arguments::HandOver {
        database: arguments::Database { location: place.location(), password: None },
        log_key: arguments::LogKey {
            log_origin: "other.example/log".to_owned(),
            checkpoint_key: Some(folder.0.join("checkpoint.pem")),
        },
        to: folder.0.join("checkpoint-4.pem"),
    };
    let refused = serve::hand_over(other).await.unwrap_err().to_string();
    assert!(refused.contains("--log-origin: `other.example/log`, must be `"), "{refused}");
    assert!(!folder.0.join("checkpoint-4.pem").exists());
    // A program that starts anew signs with the second key, and the witness, begun anew from the first, follows.
    running.kill();
    drop(witness);
    let running = program.start().await;
    assert_eq!(get(&program, "/api/v1/log/checkpoint").await, after);
    let seen = Witness::begin(witnessing(&program, &folder, &first)).unwrap().look(true).await.unwrap();
    assert_eq!((seen.size, seen.new), (size + 1, 0));
    running.kill();
    assert_eq!(audit(&place.location()).await.unwrap().events, size + 1);
}
