//! The log only grows, whoever holds the database file; and what is done to it all the same is named.

use factory_assurance::sample;
use factory_register::{
    metrics::Metrics,
    store::{Location, Store, StoreError, audit::audit},
};
use jiff::Timestamp;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, SqliteConnection, sqlite::SqliteConnectOptions};

use crate::{
    server::on_postgres,
    world::{World, named},
};

/// A database with the traces of a confirmed, a returned and a failed submission; its server ended.
pub async fn filled() -> World {
    let world = World::start().await;
    world.registered(sample::passing(), "one").await;
    let returned = world.submitted(named(sample::passing(), "returned"), "two").await;
    let reason = serde_json::json!({"reason": "mend it"});
    let answer = world.post(&format!("/api/v1/submissions/{}/return", returned.id), "regulator", "", &reason).await;
    assert_eq!(answer.status.as_u16(), 200);
    world.submitted(named(sample::failing(), "failed"), "three").await;
    world
}

/// Executes statements as whoever owns the database: the file, or all of the server.
pub async fn sql(database: &Location, statements: &[&str]) -> Result<(), sqlx::Error> {
    match database {
        Location::File(path) => {
            let options = SqliteConnectOptions::new().filename(path).foreign_keys(false);
            let mut connection = SqliteConnection::connect_with(&options).await?;
            for &statement in statements {
                sqlx::raw_sql(AssertSqlSafe(statement.to_owned())).execute(&mut connection).await?;
            }
            connection.close().await
        }
        Location::Server(options) => {
            let mut connection = PgConnection::connect_with(options).await?;
            for &statement in statements {
                sqlx::raw_sql(AssertSqlSafe(for_postgres(statement))).execute(&mut connection).await?;
            }
            connection.close().await
        }
    }
}

/// All that holds a row: our triggers, and those of references between tables.
const NO_TRIGGERS: &str = "ALTER TABLE events DISABLE TRIGGER ALL; ALTER TABLE tree DISABLE TRIGGER ALL;
    ALTER TABLE checkpoints DISABLE TRIGGER ALL; ALTER TABLE epochs DISABLE TRIGGER ALL;
    ALTER TABLE announcements DISABLE TRIGGER ALL; ALTER TABLE submissions DISABLE TRIGGER ALL;
    ALTER TABLE entries DISABLE TRIGGER ALL; ALTER TABLE withdrawals DISABLE TRIGGER ALL;
    ALTER TABLE delegations DISABLE TRIGGER ALL; ALTER TABLE delegation_uses DISABLE TRIGGER ALL;
    ALTER TABLE instructions DISABLE TRIGGER ALL; ALTER TABLE claims DISABLE TRIGGER ALL;
    ALTER TABLE observed DISABLE TRIGGER ALL";

/// A statement for SQLite as PostgreSQL has it.
fn for_postgres(statement: &str) -> String {
    let parts = statement.split(';').map(str::trim);
    let parts = parts.map(|part| if part.starts_with("DROP TRIGGER") { NO_TRIGGERS } else { part });
    let replaces = statement.starts_with("INSERT OR REPLACE");
    let text = parts.collect::<Vec<_>>().join("; ");
    let text = text
        .replace("CAST(replace(CAST(bytes AS TEXT)", "convert_to(replace(convert_from(bytes, 'UTF8')")
        .replace(" AS BLOB)", ", 'UTF8')")
        .replace("zeroblob(32)", "decode(repeat('00', 32), 'hex')")
        .replace("INSERT OR REPLACE", "INSERT");
    if replaces { format!("{text} ON CONFLICT (seq) DO UPDATE SET actor = excluded.actor") } else { text }
}

async fn open(database: &Location) -> Result<Store, StoreError> {
    Store::open(database, Timestamp::now, Metrics::default().commits()).await
}

#[tokio::test]
async fn every_step_of_the_procedure_is_an_event_and_the_views_follow_from_them() {
    let world = filled().await;
    let audited = audit(&world.database()).await.unwrap();
    // The standard; the first epoch; announcement and submission of each; confirmation, entry, return.
    assert_eq!(audited.events, 1 + 1 + 3 * 2 + 3);
    let world = world.restart().await;
    assert_eq!(audit(&world.database()).await.unwrap(), audited);
}

#[tokio::test]
async fn sql_neither_changes_nor_removes_nor_replaces_an_event() {
    let world = filled().await;
    let before = audit(&world.database()).await.unwrap();
    let more: &[&str] = if on_postgres() {
        &[
            "TRUNCATE events CASCADE",
            "SET session_replication_role = replica; DELETE FROM events",
            "SET session_replication_role = replica; TRUNCATE events CASCADE",
        ]
    } else {
        &[]
    };
    let all = [
        "UPDATE events SET actor = 'other' WHERE seq = 2",
        "UPDATE events SET bytes = bytes",
        "DELETE FROM events WHERE seq = 2",
        "DELETE FROM events",
        "INSERT OR REPLACE INTO events SELECT seq, time, kind, 'other', bytes, sha256, prev, this FROM events WHERE seq = 2",
        "INSERT OR REPLACE INTO events SELECT seq, time, kind, 'other', bytes, sha256, prev, this FROM events WHERE seq = 11",
        "INSERT INTO events SELECT seq + 100, time, kind, actor, bytes, sha256, this, 'sha256:new' FROM events WHERE seq = 11",
        "INSERT INTO events SELECT seq + 1, time, kind, actor, bytes, sha256, prev, 'sha256:new' FROM events WHERE seq = 11",
        "INSERT INTO events SELECT NULL, time, kind, actor, bytes, sha256, this, 'sha256:new' FROM events WHERE seq = 11",
    ];
    for statement in all.iter().chain(more) {
        let error = sql(&world.database(), &[statement]).await.unwrap_err().to_string();
        assert!(error.contains("events: "), "{statement}: {error}");
    }
    assert_eq!(audit(&world.database()).await.unwrap(), before);
}

#[tokio::test]
async fn who_removes_the_triggers_as_well_is_found_out() {
    let triggers = "DROP TRIGGER events_never_change; DROP TRIGGER events_are_never_removed; DROP TRIGGER events_follow_one_another";
    // With what also keeps the server from starting: the chain of hashes without the contents.
    for (statement, found_at_start) in [
        ("UPDATE events SET actor = 'other' WHERE seq = 2", true),
        ("UPDATE events SET time = '2020-01-01T00:00:00Z' WHERE seq = 2", true),
        ("UPDATE events SET sha256 = 'sha256:00' WHERE seq = 2", true),
        (
            "UPDATE events SET bytes = CAST(replace(CAST(bytes AS TEXT), 'mend', 'keep') AS BLOB) WHERE kind = 'return'",
            false,
        ),
        ("DELETE FROM events WHERE seq = 4", true),
        (
            "UPDATE events SET seq = 100 WHERE seq = 4; UPDATE events SET seq = 4 WHERE seq = 5; UPDATE events SET seq = 5 WHERE seq = 100",
            true,
        ),
        ("UPDATE events SET seq = seq + 1000; UPDATE events SET seq = seq - 999", true),
        ("UPDATE submissions SET state = 'Registered' WHERE service = 'failed'", false),
        ("UPDATE submissions SET reason = '' WHERE service = 'returned'", false),
        ("DELETE FROM entries", false),
        ("UPDATE epochs SET epoch = 0", false),
        ("UPDATE announcements SET attempt = 9 WHERE seq = 3", false),
        ("UPDATE issued SET content = replace(content, '1000', '9000')", false),
        ("UPDATE issued SET begins = '2019-01-01'", false),
        ("DELETE FROM issued", false),
        ("DROP TRIGGER tree_never_changes; UPDATE tree SET hash = zeroblob(32) WHERE level = 3", true),
        (
            "DROP TRIGGER tree_never_changes; UPDATE tree SET hash = zeroblob(32) WHERE level = 0 AND position = 0",
            false,
        ),
        ("DROP TRIGGER tree_is_never_removed; DELETE FROM tree WHERE position = 9", true),
    ] {
        let world = filled().await;
        sql(&world.database(), &[triggers, statement]).await.unwrap();
        assert!(audit(&world.database()).await.is_err(), "{statement}");
        assert_eq!(open(&world.database()).await.is_err(), found_at_start, "{statement}");
    }
}

#[tokio::test]
async fn a_file_that_is_no_database_or_not_there_is_refused() {
    let world = World::start().await;
    let file = world.folder.0.join("text.db");
    std::fs::write(&file, "no database at all, whatever its name says".repeat(100)).unwrap();
    assert!(matches!(open(&file.into()).await, Err(StoreError::Database(_))));
    assert!(audit(&world.folder.0.join("none.db").into()).await.is_err());
    assert!(open(&world.folder.0.join("none/register.db").into()).await.is_err());
}
