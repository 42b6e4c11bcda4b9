//! The rows of requests for access (14, 23).

use super::{View, objects::contact, one, text};
use crate::{
    log::event::{AccessGranted, AccessRefused, AccessRequested, AccessTaken},
    store::{
        StoreError,
        both::{Rows, changed},
        membership::Standing,
    },
};

pub(in crate::store) const VIEW: View =
    ("access_requests", &["id", "key", "seq", "state", "reason", "participant", "decided"], &["seq"]);

pub(super) async fn asked(rows: &mut Rows<'_>, seq: i64, asked: &AccessRequested) -> Result<(), StoreError> {
    one(changed!(
        rows,
        sqlx::query("INSERT INTO access_requests (id, key, seq, state) VALUES ($1, $2, $3, $4)")
            .bind(&asked.id)
            .bind(&asked.key)
            .bind(seq)
            .bind(Standing::Received.row())
    )?)?;
    for commitment in [&asked.name, &asked.contact] {
        contact(rows, commitment, &asked.id).await?;
    }
    Ok(())
}

pub(super) async fn granted(rows: &mut Rows<'_>, seq: i64, made: &AccessGranted) -> Result<(), StoreError> {
    one(changed!(
        rows,
        sqlx::query("UPDATE access_requests SET state = $1, participant = $2, decided = $3 WHERE id = $4")
            .bind(Standing::Granted.row())
            .bind(&made.participant)
            .bind(seq)
            .bind(&made.request)
    )?)
}

pub(super) async fn refused(rows: &mut Rows<'_>, seq: i64, made: &AccessRefused) -> Result<(), StoreError> {
    ended(rows, seq, (&made.request, Standing::Refused, &made.reason)).await
}

pub(super) async fn taken(rows: &mut Rows<'_>, seq: i64, made: &AccessTaken) -> Result<(), StoreError> {
    ended(rows, seq, (&made.request, Standing::Taken, &made.reason)).await
}

async fn ended(
    rows: &mut Rows<'_>,
    seq: i64,
    (request, state, reason): (&str, Standing, &str),
) -> Result<(), StoreError> {
    one(changed!(
        rows,
        sqlx::query("UPDATE access_requests SET state = $1, reason = $2, decided = $3 WHERE id = $4")
            .bind(state.row())
            .bind(text(reason))
            .bind(seq)
            .bind(request)
    )?)
}
