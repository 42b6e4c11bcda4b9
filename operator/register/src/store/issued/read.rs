//! Reads of issued standards, for everyone: each as it was signed, out of the log and not out of its row, and none whose
//! row says something else.

use factory_assurance::{
    canonical,
    issuance::{Issuance, Issued},
    wire::{IssuedStandard, SignedStandard},
};

use crate::{
    log::event::{Event, StandardIssued},
    store::{Store, StoreError, both::on, read::unexpected, standards, writing::row_number},
};

/// A row of the view.
#[derive(Debug, PartialEq, Eq, sqlx::FromRow)]
struct Row {
    name: String,
    version: String,
    begins: String,
    content: String,
    seq: i64,
}

const COLUMNS: &str = "SELECT name, version, begins, content, seq FROM issued";

impl Store {
    /// Issued standards, the newest first, before event `before`.
    pub async fn issued_standards(&self, before: Option<u64>, most: u32) -> Result<Vec<IssuedStandard>, StoreError> {
        let query = sqlx::AssertSqlSafe(format!("{COLUMNS} WHERE seq < $1 ORDER BY seq DESC LIMIT $2"));
        let rows: Vec<Row> = on!(self.readers, db => {
            sqlx::query_as(query)
                .bind(before.map_or(i64::MAX, row_number))
                .bind(i64::from(most))
                .fetch_all(db)
                .await
        })?;
        let mut all = Vec::with_capacity(rows.len());
        for row in rows {
            all.push(self.issuance(row).await?.issued);
        }
        Ok(all)
    }

    /// The standard `name` in this `version`, where it was issued.
    pub async fn issued_standard(&self, name: &str, version: &str) -> Result<Option<SignedStandard>, StoreError> {
        let query = sqlx::AssertSqlSafe(format!("{COLUMNS} WHERE name = $1 AND version = $2"));
        let row: Option<Row> = on!(self.readers, db => {
            sqlx::query_as(query).bind(name).bind(version).fetch_optional(db).await
        })?;
        match row {
            Some(row) => self.issuance(row).await.map(Some),
            None => Ok(None),
        }
    }

    async fn issuance(&self, row: Row) -> Result<SignedStandard, StoreError> {
        let held = match self.event(row.seq).await? {
            (time, Event::StandardIssued(made)) => shown(row.seq.unsigned_abs(), time, made)?,
            (_, other) => return Err(unexpected(row.seq, &other)),
        };
        let IssuedStandard { name, version, effective_from: begins, .. } = held.issued.clone();
        let logged = Row { name, version, begins, content: standards::written(&held.standard)?, seq: row.seq };
        // Runs are announced by the row: who reads that it was issued so must not be misled.
        if row == logged {
            return Ok(held);
        }
        Err(StoreError::View { table: "issued", found: format!("{row:?}"), expected: format!("{logged:?}") })
    }
}

/// What everyone is shown of an issuance by its `event`, from the time of that.
pub(crate) fn shown(event: u64, issued_at: String, made: StandardIssued) -> Result<SignedStandard, StoreError> {
    let Issued { verifier, effective_from, standard, .. } = signed(&made)?;
    let class = standard.class.ok_or_else(|| StoreError::Row(format!("event {event}: a standard without a class")))?;
    let issued = IssuedStandard {
        name: standard.name.clone(),
        version: standard.version.clone(),
        class,
        effective_from,
        digest: canonical::digest(&standard)?,
        event,
        issued_by: verifier.office.unwrap_or_default(),
        issued_at,
        sealed_by: made.sealed_by,
    };
    Ok(SignedStandard { issued, standard, signed: made.issuance })
}

/// What was signed: verified when it was taken, and held by the log's hash since.
pub(super) fn signed(made: &StandardIssued) -> Result<Issued, StoreError> {
    let statement: Issuance = made.issuance.unchecked().map_err(|error| StoreError::Row(error.to_string()))?;
    Ok(statement.predicate)
}
