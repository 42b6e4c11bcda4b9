//! Issued standards beside the log: one that is changed, hidden or invented raises an alarm, and one that the regulator
//! has not signed does where the witness has their keys.

use std::path::{Path, PathBuf};

use factory_assurance::{dsse::PrivateKey, sample, term::Term, wire::SignedStandard};
use factory_register::{
    arguments,
    witness::{Alarm, Witness},
};

use super::{
    TRIGGERS, alarm, options, rewrite,
    views::{all_told, lying},
    witness,
};
use crate::{
    log::{filled, sql},
    world::{STANDARDS, World, issuance_by},
};

const BASIC: &str = "/api/v1/standards/basic/1";

#[tokio::test]
async fn a_standard_that_is_changed_hidden_or_invented_in_the_database_raises_an_alarm() {
    let unable = "the register cannot show its log, /api/v1/standards: ";
    let statements = [
        ("DELETE FROM issued", "the issued standards show nothing for basic@1; it must be event 1 (basic@1, sha256:"),
        // Runs would be announced by these: the register does not show them as they were signed.
        ("UPDATE issued SET content = replace(content, '\"maxFailedPpm\":1000,', '\"maxFailedPpm\":50000,')", unable),
        ("UPDATE issued SET begins = '2019-01-01'", unable),
        ("UPDATE issued SET name = 'lax'", unable),
        ("UPDATE issued SET seq = 9", unable),
        (
            "INSERT INTO issued (name, version, begins, content, seq)
             SELECT 'lax', version, begins, content, 9 FROM issued",
            unable,
        ),
    ];
    all_told(filled, &statements).await;
}

#[tokio::test]
async fn a_program_that_shows_another_standard_than_was_issued_raises_an_alarm() {
    let world = filled().await;
    witness(&world).look(true).await.unwrap();
    for (at, (path, change, told)) in [
        (STANDARDS, ("\"name\":\"basic\"", "\"name\":\"lax\""), "show event 1 (lax@1, "),
        (STANDARDS, ("\"event\":1,", "\"event\":2,"), "for basic@1; it must be nothing"),
        (
            STANDARDS,
            ("\"2020-01-01\"", "\"2019-01-01\""),
            "from 2019-01-01 on) for basic@1; it must be event 1 (basic@1, ",
        ),
        (STANDARDS, ("\"digest\":\"sha256:", "\"digest\":\"sha256:0"), "show event 1 (basic@1, sha256:0"),
        (
            BASIC,
            ("\"maxFailedPpm\":1000,", "\"maxFailedPpm\":50000,"),
            "from 2020-01-01 on) with other contents for basic@1",
        ),
        (BASIC, ("\"sig\":\"", "\"sig\":\"A"), "from 2020-01-01 on) with other contents for basic@1"),
    ]
    .into_iter()
    .enumerate()
    {
        let mut options = options(&world);
        options.register = lying(&world, path, change).await;
        options.state = world.folder.0.join(format!("witness-{at}"));
        let found = alarm(Witness::begin(options).unwrap().look(true).await).to_string();
        assert!(found.starts_with("the issued standards show ") && found.contains(told), "{change:?}: {found}");
    }
}

/// A witness that knows nothing yet, with the keys in `regulator`.
fn pinning(world: &World, regulator: Option<PathBuf>) -> Witness {
    let name = regulator.as_deref().and_then(Path::file_name).unwrap_or_default();
    let state = world.folder.0.join(format!("witness-{}", name.display()));
    Witness::begin(arguments::Witness { state, regulator_keys: regulator, ..options(world) }).unwrap()
}

/// A folder with these keys.
fn pinned(world: &World, name: &str, key: &Term) -> PathBuf {
    let folder = world.folder.0.join(name);
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("key.pub"), key.write().unwrap()).unwrap();
    folder
}

async fn not_issued(world: &World, regulator: PathBuf, told: &str) {
    // Also where nothing but what is new is read.
    match alarm(pinning(world, Some(regulator)).look(false).await) {
        Alarm::NotIssued { event: 1, standard, reason } => {
            assert_eq!(standard, "basic@1");
            assert!(reason.starts_with(told), "{told}: {reason}");
        }
        other => panic!("{told}: {other}"),
    }
}

#[tokio::test]
async fn an_issuance_must_be_signed_with_a_key_of_the_regulators_where_these_are_pinned() {
    let world = filled().await;
    let own = world.regulator_key.public();
    pinning(&world, Some(pinned(&world, "own", &Term::at_all_times(own.clone())))).look(true).await.unwrap();
    let stranger = pinned(&world, "stranger", &Term::at_all_times(PrivateKey::generate().public()));
    not_issued(&world, stranger, "issuance: signatures: none of 1 fits a pinned key").await;
    let ended = Term { until: Some("2020-01-01T00:00:00Z".parse().unwrap()), ..Term::at_all_times(own.clone()) };
    not_issued(&world, pinned(&world, "ended", &ended), "issuance: signatures: the key ").await;
    let seal = Term { seal: Some("Ministry".to_owned()), ..Term::at_all_times(own) };
    let told = "issuance: sealedBy: says that a person signed, and the pinned key is the seal of `Ministry`'s";
    not_issued(&world, pinned(&world, "seal", &seal), told).await;
}

/// Whoever has the database and the log's key can write a log of their own; the regulator's signature they cannot make.
#[tokio::test]
async fn an_issuance_that_was_written_into_the_database_is_found_by_its_signature() {
    let world = filled().await;
    let signed = world.get(BASIC, "").await.json::<SignedStandard>().signed;
    let forged = issuance_by(&PrivateKey::generate(), &sample::passing().standard).issuance;
    assert_eq!(signed.payload, forged.payload);
    sql(&world.database(), &[TRIGGERS, "DELETE FROM checkpoints; DELETE FROM tree"]).await.unwrap();
    rewrite(&world.database(), 1, &signed.signatures[0].sig, &forged.signatures[0].sig).await;
    let world = world.restart().await;
    assert_eq!(world.get(BASIC, "").await.json::<SignedStandard>().signed.signatures[0].sig, forged.signatures[0].sig);
    // Everything else fits together.
    pinning(&world, None).look(true).await.unwrap();
    let folder = pinned(&world, "own", &Term::at_all_times(world.regulator_key.public()));
    not_issued(&world, folder, "issuance: signatures: none of 1 fits a pinned key").await;
}
