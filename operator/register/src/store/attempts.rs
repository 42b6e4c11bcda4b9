//! Attempts at a bundle: which one a run is, and whether its standard allows it. Each is counted, whatever became of it; the
//! limit is of those that did not pass since the last one that did. To repeat what passed is free, to go on until
//! something passes is not.
//!
//! *Architecture invariant:* asked in the transaction that writes the announcement, and whether one passed is what the
//! register itself computed from its dossier.

use factory_assurance::standard::Standard;

use super::{StoreError, WriteError, both::on, writing::Writing};

/// Number of the next attempt at `bundle`, a digest. An error where `standard` does not allow it.
pub(super) async fn next(writing: &mut Writing<'_>, bundle: String, standard: &Standard) -> Result<u32, WriteError> {
    let attempt: i64 = on!(writing.transaction, db => {
        sqlx::query_scalar("SELECT COALESCE(MAX(attempt), 0) + 1 FROM announcements WHERE bundle = $1")
            .bind(&bundle)
            .fetch_one(db)
            .await
    })?;
    if let Some(most) = standard.max_attempts
        && in_vain(writing, &bundle, &standard.name).await? >= i64::from(most)
    {
        return Err(WriteError::Attempts { bundle, most, standard: standard.named() });
    }
    Ok(count(attempt)?)
}

/// How many attempts at `bundle` did not pass, or not yet, since the last one that passed by whatever version of `standard`.
/// One that passed by another standard is no attempt in vain, and does not begin anew: that may be an easier one.
async fn in_vain(writing: &mut Writing<'_>, bundle: &str, standard: &str) -> Result<i64, StoreError> {
    let rows = &mut writing.transaction.executor();
    let passed = rows.either(
        "json_extract(taken.summary, '$.verdict.outcome') = 'Passed'",
        "(taken.summary::jsonb -> 'verdict' ->> 'outcome') = 'Passed'",
    );
    let of_the_standard = rows.either(
        "instr(json_extract(taken.summary, '$.standard'), $2) = 1",
        "strpos(taken.summary::jsonb ->> 'standard', $2) = 1",
    );
    let last = sqlx::AssertSqlSafe(format!(
        "SELECT this.attempt FROM announcements AS this JOIN submissions AS taken ON taken.announcement = this.id
         WHERE this.bundle = $1 AND {passed} AND {of_the_standard} ORDER BY this.attempt DESC LIMIT 1"
    ));
    let last: Option<i64> = on!(rows, db => {
        sqlx::query_scalar(last).bind(bundle).bind(format!("{standard}@")).fetch_optional(db).await
    })?;
    let since = sqlx::AssertSqlSafe(format!(
        "SELECT COUNT(*) FROM announcements AS this WHERE this.bundle = $1 AND this.attempt > $2
         AND NOT EXISTS (SELECT 1 FROM submissions AS taken WHERE taken.announcement = this.id AND {passed})"
    ));
    Ok(on!(rows, db => {
        sqlx::query_scalar(since).bind(bundle).bind(last.unwrap_or(0)).fetch_one(db).await
    })?)
}

/// An attempt's number, as a row has it.
pub(super) fn count(attempt: i64) -> Result<u32, StoreError> {
    u32::try_from(attempt).map_err(|error| StoreError::Row(format!("attempt {attempt}: {error}")))
}
