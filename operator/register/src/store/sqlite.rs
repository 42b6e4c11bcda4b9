//! Opens a file of `SQLite`, and checks the settings on which durability rests.

use std::{path::Path, time::Duration};

use sqlx::{
    Connection as _, SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use super::{StoreError, both::Both, both::Pool};

/// Readers at the same time.
const READERS: u32 = 4;
/// Rows that are read before they are asked for: one may have 30 MB.
const READ_AHEAD: usize = 1;
/// How long a statement waits for a lock.
const BUSY: Duration = Duration::from_secs(10);

/// Opens or makes the file at `path` and brings its schema up to date: the writer, and readers that cannot
/// write.
pub(super) async fn open(path: &Path) -> Result<(Pool, Pool), StoreError> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY)
        // Without it, a row replaced by INSERT OR REPLACE is deleted unseen by triggers.
        .pragma("recursive_triggers", "ON")
        // What was forgotten is overwritten, and not only no longer found.
        .pragma("secure_delete", "ON");
    let writer = SqlitePoolOptions::new()
        .max_connections(1)
        // SQLite ends a transaction by itself when the disk is full; the driver then still believes in it,
        // and such a connection would refuse every later one.
        .after_release(|connection, _| Box::pin(async { Ok(!connection.is_in_transaction()) }))
        .connect_with(options.clone())
        .await?;
    sqlx::migrate!("migrations/sqlite").run(&writer).await?;
    check_settings(&writer).await?;
    Ok((Both::Sqlite(writer), readers(options).await?))
}

/// Opens the file at `path`, which must be there, for reading alone.
pub(super) async fn open_to_read(path: &Path) -> Result<Pool, StoreError> {
    readers(SqliteConnectOptions::new().filename(path).busy_timeout(BUSY)).await
}

async fn readers(options: SqliteConnectOptions) -> Result<Pool, StoreError> {
    let options = options.create_if_missing(false).pragma("query_only", "ON").row_buffer_size(READ_AHEAD);
    Ok(Both::Sqlite(SqlitePoolOptions::new().max_connections(READERS).connect_with(options).await?))
}

/// An empty database in memory, for views that are made again. Their references to events are not held.
pub(super) async fn scratch() -> Result<Pool, StoreError> {
    let options = SqliteConnectOptions::new().in_memory(true).foreign_keys(false);
    // One connection for ever: the database goes with it.
    let pool = SqlitePoolOptions::new().max_connections(1).idle_timeout(None).max_lifetime(None);
    let pool = pool.connect_with(options).await?;
    sqlx::migrate!("migrations/sqlite").run(&pool).await?;
    Ok(Both::Sqlite(pool))
}

async fn check_settings(writer: &SqlitePool) -> Result<(), StoreError> {
    let settings = [
        ("PRAGMA journal_mode", "PRAGMA journal_mode", "wal"),
        ("PRAGMA synchronous", "SELECT CAST(synchronous AS TEXT) FROM pragma_synchronous", "2"),
        ("PRAGMA foreign_keys", "SELECT CAST(foreign_keys AS TEXT) FROM pragma_foreign_keys", "1"),
        ("PRAGMA recursive_triggers", "SELECT CAST(recursive_triggers AS TEXT) FROM pragma_recursive_triggers", "1"),
        ("PRAGMA secure_delete", "SELECT CAST(secure_delete AS TEXT) FROM pragma_secure_delete", "1"),
    ];
    for (setting, query, rule) in settings {
        let found: String = sqlx::query_scalar(query).fetch_one(writer).await?;
        if found != rule {
            return Err(StoreError::Setting { setting, found, rule });
        }
    }
    Ok(())
}
