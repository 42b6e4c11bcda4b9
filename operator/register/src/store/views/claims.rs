//! The rows of claims (67).

use super::{View, one, text};
use crate::{
    log::event::{ClaimAnswered, ClaimDecided, ClaimForgotten, ClaimMade},
    store::{
        StoreError,
        both::{Rows, changed},
        claims::{Standing, kind_name},
    },
};

pub(in crate::store) const VIEW: View = (
    "claims",
    &[
        "id",
        "key",
        "seq",
        "participant",
        "service",
        "kind",
        "language",
        "publish",
        "words",
        "contact",
        "state",
        "reason",
        "decided",
        "answer",
        "answered",
        "contact_forgotten",
        "words_forgotten",
    ],
    &["seq"],
);

pub(super) async fn made(rows: &mut Rows<'_>, seq: i64, made: &ClaimMade) -> Result<(), StoreError> {
    let ClaimMade { id, key, participant, service, kind, language, publish, words, contact } = made;
    one(changed!(
        rows,
        sqlx::query(
            "INSERT INTO claims (id, key, seq, participant, service, kind, language, publish, words, contact, state)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        )
        .bind(id)
        .bind(key)
        .bind(seq)
        .bind(participant)
        .bind(service)
        .bind(kind_name(*kind))
        .bind(language)
        .bind(i64::from(*publish))
        .bind(words)
        .bind(contact.as_deref())
        .bind(Standing::Received.name())
    )?)
}

pub(super) async fn decided(rows: &mut Rows<'_>, seq: i64, decided: &ClaimDecided) -> Result<(), StoreError> {
    one(changed!(
        rows,
        sqlx::query("UPDATE claims SET state = $1, reason = $2, decided = $3 WHERE id = $4")
            .bind(Standing::after(decided.decision).name())
            .bind(text(&decided.reason))
            .bind(seq)
            .bind(&decided.claim)
    )?)
}

pub(super) async fn answered(rows: &mut Rows<'_>, seq: i64, answered: &ClaimAnswered) -> Result<(), StoreError> {
    one(changed!(
        rows,
        sqlx::query("UPDATE claims SET answer = $1, answered = $2 WHERE id = $3")
            .bind(&answered.answer)
            .bind(seq)
            .bind(&answered.claim)
    )?)
}

/// The texts go with the event that says so, wherever it is written: live, restored, or copied.
pub(super) async fn forgotten(rows: &mut Rows<'_>, seq: i64, made: &ClaimForgotten) -> Result<(), StoreError> {
    changed!(
        rows,
        sqlx::query("DELETE FROM plaintexts WHERE commitment IN (SELECT contact FROM claims WHERE id = $1)")
            .bind(&made.claim)
    )?;
    one(changed!(
        rows,
        sqlx::query("UPDATE claims SET contact_forgotten = $1 WHERE id = $2").bind(seq).bind(&made.claim)
    )?)?;
    if !made.words {
        return Ok(());
    }
    changed!(
        rows,
        sqlx::query(
            "DELETE FROM plaintexts WHERE commitment IN (
                 SELECT words FROM claims WHERE id = $1
                 UNION ALL SELECT answer FROM claims WHERE id = $1 AND answer IS NOT NULL)",
        )
        .bind(&made.claim)
    )?;
    one(changed!(
        rows,
        sqlx::query("UPDATE claims SET words_forgotten = $1 WHERE id = $2").bind(seq).bind(&made.claim)
    )?)
}
