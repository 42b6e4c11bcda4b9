//! One set of queries for two databases. `on!` writes a query out twice, once for each driver, so that the
//! compiler checks both and neither pays for the other. Texts of queries are the same for both: `$1` for
//! values, `i64` and `bool` and text and bytes in them, `ON CONFLICT`, names for subqueries; where the
//! dialects part, `either` chooses between two texts that stand side by side.
//!
//! *Architecture invariant:* nothing else in the store asks which database it is.

use sqlx::{PgConnection, PgPool, Postgres, Sqlite, SqliteConnection, SqlitePool, pool::PoolConnection};

/// The one lock under which a log on `PostgreSQL` is written: `register`, as a number.
const LOCK: i64 = 0x7265_6769_7374_6572;

/// The same thing of either driver.
#[derive(Debug)]
pub(super) enum Both<S, P> {
    Sqlite(S),
    Postgres(P),
}

/// Connections that any statement may take one of.
pub(super) type Pool = Both<SqlitePool, PgPool>;
/// A connection of one's own.
pub(super) type Connection = Both<PoolConnection<Sqlite>, PoolConnection<Postgres>>;
/// A transaction. Dropped without `commit`, it leaves nothing behind.
pub(super) type Transaction = Both<sqlx::Transaction<'static, Sqlite>, sqlx::Transaction<'static, Postgres>>;
/// A borrowed connection: what functions take that read or write rows.
pub(super) type Rows<'c> = Both<&'c mut SqliteConnection, &'c mut PgConnection>;

/// `on!(rows, db => query.fetch_one(db).await)`: the query on whichever database `rows` is of.
macro_rules! on {
    ($rows:expr, $db:ident => $query:expr) => {
        match $rows.executor() {
            $crate::store::both::Both::Sqlite($db) => $query,
            $crate::store::both::Both::Postgres($db) => $query,
        }
    };
}

/// `changed!(rows, query)`: executes it and answers how many rows it wrote.
macro_rules! changed {
    ($rows:expr, $query:expr) => {
        $crate::store::both::on!($rows, db => $query.execute(db).await.map(|done| done.rows_affected()))
    };
}

pub(super) use {changed, on};

impl<S, P> Both<S, P> {
    /// The text for the database that this is of.
    pub(super) const fn either(&self, sqlite: &'static str, postgres: &'static str) -> &'static str {
        match self {
            Self::Sqlite(_) => sqlite,
            Self::Postgres(_) => postgres,
        }
    }
}

impl Pool {
    pub(super) const fn executor(&self) -> Both<&SqlitePool, &PgPool> {
        match self {
            Self::Sqlite(pool) => Both::Sqlite(pool),
            Self::Postgres(pool) => Both::Postgres(pool),
        }
    }

    pub(super) async fn acquire(&self) -> Result<Connection, sqlx::Error> {
        Ok(match self {
            Self::Sqlite(pool) => Both::Sqlite(pool.acquire().await?),
            Self::Postgres(pool) => Both::Postgres(pool.acquire().await?),
        })
    }

    /// A transaction that writes, alone: it begins with the lock, so that what is read from there on still
    /// holds at the commit, and two registers over one database cannot fork the log.
    pub(super) async fn write(&self) -> Result<Transaction, sqlx::Error> {
        match self {
            Self::Sqlite(pool) => Ok(Both::Sqlite(pool.begin_with("BEGIN IMMEDIATE").await?)),
            Self::Postgres(pool) => {
                // Each statement after the lock sees what was committed before it, as this level has it.
                let mut transaction = pool.begin_with("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE").await?;
                sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(LOCK).execute(&mut *transaction).await?;
                Ok(Both::Postgres(transaction))
            }
        }
    }

    /// A transaction whose reads all see one moment.
    pub(super) async fn snapshot(&self) -> Result<Transaction, sqlx::Error> {
        Ok(match self {
            Self::Sqlite(pool) => Both::Sqlite(pool.begin().await?),
            Self::Postgres(pool) => {
                Both::Postgres(pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?)
            }
        })
    }

    pub(super) async fn close(&self) {
        match self {
            Self::Sqlite(pool) => pool.close().await,
            Self::Postgres(pool) => pool.close().await,
        }
    }
}

impl Connection {
    pub(super) fn executor(&mut self) -> Rows<'_> {
        match self {
            Self::Sqlite(connection) => Both::Sqlite(connection),
            Self::Postgres(connection) => Both::Postgres(connection),
        }
    }
}

impl Transaction {
    pub(super) fn executor(&mut self) -> Rows<'_> {
        match self {
            Self::Sqlite(transaction) => Both::Sqlite(transaction),
            Self::Postgres(transaction) => Both::Postgres(transaction),
        }
    }

    pub(super) async fn commit(self) -> Result<(), sqlx::Error> {
        match self {
            Self::Sqlite(transaction) => transaction.commit().await,
            Self::Postgres(transaction) => transaction.commit().await,
        }
    }
}

impl Rows<'_> {
    pub(super) fn executor(&mut self) -> Rows<'_> {
        match self {
            Self::Sqlite(connection) => Both::Sqlite(connection),
            Self::Postgres(connection) => Both::Postgres(connection),
        }
    }
}
