//! Reads of issued standards, for everyone: each as it was signed, out of the log and not out of its row.

use factory_assurance::{
    canonical,
    issuance::{Issuance, Issued},
    wire::{IssuedStandard, SignedStandard},
};

use crate::{
    log::event::{Event, StandardIssued},
    store::{Store, StoreError, both::on, read::unexpected, writing::row_number},
};

impl Store {
    /// Issued standards, the newest first, before event `before`.
    pub async fn issued_standards(&self, before: Option<u64>, most: u32) -> Result<Vec<IssuedStandard>, StoreError> {
        let rows: Vec<i64> = on!(self.readers, db => {
            sqlx::query_scalar("SELECT seq FROM issued WHERE seq < $1 ORDER BY seq DESC LIMIT $2")
                .bind(before.map_or(i64::MAX, row_number))
                .bind(i64::from(most))
                .fetch_all(db)
                .await
        })?;
        let mut all = Vec::with_capacity(rows.len());
        for seq in rows {
            all.push(self.issuance(seq).await?.issued);
        }
        Ok(all)
    }

    /// The standard `name` in this `version`, where it was issued.
    pub async fn issued_standard(&self, name: &str, version: &str) -> Result<Option<SignedStandard>, StoreError> {
        let seq: Option<i64> = on!(self.readers, db => {
            sqlx::query_scalar("SELECT seq FROM issued WHERE name = $1 AND version = $2")
                .bind(name)
                .bind(version)
                .fetch_optional(db)
                .await
        })?;
        match seq {
            Some(seq) => self.issuance(seq).await.map(Some),
            None => Ok(None),
        }
    }

    async fn issuance(&self, seq: i64) -> Result<SignedStandard, StoreError> {
        let (issued_at, made) = match self.event(seq).await? {
            (time, Event::StandardIssued(made)) => (time, made),
            (_, other) => return Err(unexpected(seq, &other)),
        };
        let Issued { verifier, effective_from, standard, .. } = signed(&made)?;
        let class =
            standard.class.ok_or_else(|| StoreError::Row(format!("event {seq}: a standard without a class")))?;
        let issued = IssuedStandard {
            name: standard.name.clone(),
            version: standard.version.clone(),
            class,
            effective_from,
            digest: canonical::digest(&standard)?,
            event: seq.unsigned_abs(),
            issued_by: verifier.office.unwrap_or_default(),
            issued_at,
            sealed_by: made.sealed_by,
        };
        Ok(SignedStandard { issued, standard, signed: made.issuance })
    }
}

/// What was signed: verified when it was taken, and held by the log's hash since.
pub(super) fn signed(made: &StandardIssued) -> Result<Issued, StoreError> {
    let statement: Issuance = made.issuance.unchecked().map_err(|error| StoreError::Row(error.to_string()))?;
    Ok(statement.predicate)
}
