//! Opens a database of a `PostgreSQL` server, and checks the settings on which durability rests.

use std::time::Duration;

use sqlx::{
    Connection as _, PgConnection, PgPool, Row as _,
    postgres::{PgConnectOptions, PgPoolOptions},
};

use super::{StoreError, both::Both, both::Pool};

/// Readers at the same time.
const READERS: u32 = 4;
/// How long a request waits for a connection: a server that is away is told soon.
const WAIT: Duration = Duration::from_secs(5);

/// A setting as the server shows it, and what it must be.
type Setting = (&'static str, &'static str, fn(&str) -> bool);

/// What an acknowledged event rests on.
const SETTINGS: [Setting; 5] = [
    ("server_version_num", "150000 or more: PostgreSQL 15 is the oldest", |found| {
        found.parse::<u32>().is_ok_and(|version| version >= 150_000)
    }),
    ("fsync", "on: without it a crash of the machine loses what was acknowledged", |found| found == "on"),
    ("full_page_writes", "on: without it a crash of the machine can tear a page", |found| found == "on"),
    ("synchronous_commit", "on or remote_apply: all else acknowledges before it is on the disk", |found| {
        ["on", "remote_apply"].contains(&found)
    }),
    ("server_encoding", "UTF8", |found| found == "UTF8"),
];

/// Brings the schema of the database up to date: the writer, and readers that cannot write.
pub(super) async fn open(options: &PgConnectOptions) -> Result<(Pool, Pool), StoreError> {
    // Told as what it is; the same check inside the pool would be told as a failed connection.
    let mut connection = PgConnection::connect_with(&session(options)).await?;
    check(&mut connection).await?;
    connection.close().await?;
    let writer = pool(1)
        .after_connect(|connection, _| {
            // A server that comes back with other settings is not written to.
            Box::pin(async { check(connection).await.map_err(|error| sqlx::Error::Configuration(error.into())) })
        })
        .connect_with(session(options))
        .await?;
    bring_up_to_date(&writer).await?;
    Ok((Both::Postgres(writer), open_to_read(options).await?))
}

/// Opens the database for reading alone.
pub(super) async fn open_to_read(options: &PgConnectOptions) -> Result<Pool, StoreError> {
    let options = session(options).options([("default_transaction_read_only", "on")]);
    Ok(Both::Postgres(pool(READERS).connect_with(options).await?))
}

/// At most `most` connections, each of which is kept only while the server answers on it.
fn pool(most: u32) -> PgPoolOptions {
    PgPoolOptions::new()
        .max_connections(most)
        .acquire_timeout(WAIT)
        .after_release(|connection, _| Box::pin(answers(connection)))
}

/// Whether the server still answers on a connection that is given back. One that went silent without closing it
/// would keep its place for ever; an error here gives the place free.
async fn answers(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    match tokio::time::timeout(WAIT, connection.ping()).await {
        Ok(answer) => answer.map(|()| true),
        Err(_) => Err(sqlx::Error::PoolTimedOut),
    }
}

/// What each of our sessions asks for, whatever the server's or the role's defaults are.
fn session(options: &PgConnectOptions) -> PgConnectOptions {
    options.clone().application_name("factory-register").options([
        ("synchronous_commit", "on"),
        ("lock_timeout", "10s"),
        // A register that is cut off keeps its lock no longer.
        ("idle_in_transaction_session_timeout", "60s"),
        ("tcp_keepalives_idle", "30"),
    ])
}

async fn check(connection: &mut PgConnection) -> Result<(), StoreError> {
    for (setting, rule, holds) in SETTINGS {
        let found: String =
            sqlx::query_scalar("SELECT current_setting($1)").bind(setting).fetch_one(&mut *connection).await?;
        if !holds(&found) {
            return Err(StoreError::Setting { setting, found, rule });
        }
    }
    Ok(())
}

/// Makes what lacks of the schema. Where nothing does, nothing is asked for: the role of the register need
/// not be the one that owns the tables.
async fn bring_up_to_date(writer: &PgPool) -> Result<(), StoreError> {
    let migrations = sqlx::migrate!("migrations/postgres");
    let made: bool = sqlx::query_scalar("SELECT to_regclass('_sqlx_migrations') IS NOT NULL").fetch_one(writer).await?;
    if made {
        let rows = sqlx::query("SELECT version, checksum FROM _sqlx_migrations WHERE success ORDER BY version")
            .fetch_all(writer)
            .await?;
        let held = rows
            .iter()
            .map(|row| Ok((row.try_get("version")?, row.try_get("checksum")?)))
            .collect::<Result<Vec<(i64, Vec<u8>)>, sqlx::Error>>()?;
        if migrations.iter().map(|known| (known.version, known.checksum.to_vec())).eq(held) {
            return Ok(());
        }
    }
    Ok(migrations.run(writer).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(settings: &[(&str, &str)]) -> Vec<&'static str> {
        let refused = |(name, _, holds): &Setting| settings.iter().any(|(of, found)| of == name && !holds(found));
        SETTINGS.iter().filter(|setting| refused(setting)).map(|(name, ..)| *name).collect()
    }

    #[test]
    fn settings_that_lose_what_was_acknowledged_are_refused() {
        assert_eq!(refused(&[("server_version_num", "140022"), ("synchronous_commit", "off")]).len(), 2);
        assert_eq!(refused(&[("synchronous_commit", "local")]), ["synchronous_commit"]);
        assert_eq!(refused(&[("synchronous_commit", "remote_write")]), ["synchronous_commit"]);
        assert_eq!(refused(&[("server_encoding", "SQL_ASCII"), ("fsync", "off")]), ["fsync", "server_encoding"]);
        let good = [("server_version_num", "150018"), ("fsync", "on"), ("full_page_writes", "on")];
        assert_eq!(refused(&good), [] as [&str; 0]);
        assert_eq!(refused(&[("synchronous_commit", "remote_apply"), ("server_encoding", "UTF8")]), [] as [&str; 0]);
    }
}
