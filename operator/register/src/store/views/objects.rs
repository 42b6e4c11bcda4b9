//! The rows of objects that the factory did not build, and of contacts that came with them.

use factory_assurance::wire::Procedure;
use factory_crds::state_service::ProtectionContact;

use super::{View, entered, one, text};
use crate::{
    log::event::{ContactsForgotten, ObjectConfirmed, ObjectEntered, ObjectReturned, ObjectTaken},
    store::{
        StoreError,
        both::{Rows, changed},
        objects,
        read::state_name,
    },
};

pub(in crate::store) const VIEW: View = (
    "objects",
    &["id", "key", "seq", "participant", "name", "sketch", "state", "reason", "confirmation", "entry"],
    &["seq"],
);

pub(in crate::store) const CONTACTS: View = ("contacts", &["commitment", "source", "forgotten"], &["commitment"]);

pub(super) async fn taken(rows: &mut Rows<'_>, seq: i64, taken: &ObjectTaken) -> Result<(), StoreError> {
    let ObjectTaken { id, key, object } = taken;
    one(changed!(
        rows,
        sqlx::query(
            "INSERT INTO objects (id, key, seq, participant, name, sketch, state) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(id)
        .bind(key)
        .bind(seq)
        .bind(&object.participant)
        .bind(&object.name)
        .bind(objects::sketch(object)?)
        .bind(state_name(Procedure::Submitted))
    )?)?;
    for ProtectionContact { position: _, name, email, phone } in &object.register.protection {
        for commitment in [name, email, phone] {
            contact(rows, commitment, id).await?;
        }
    }
    Ok(())
}

/// Remembers which `source` a contact came with.
pub(super) async fn contact(rows: &mut Rows<'_>, commitment: &str, source: &str) -> Result<(), StoreError> {
    one(changed!(
        rows,
        sqlx::query("INSERT INTO contacts (commitment, source) VALUES ($1, $2)").bind(commitment).bind(source)
    )?)
}

pub(super) async fn returned(rows: &mut Rows<'_>, made: &ObjectReturned) -> Result<(), StoreError> {
    one(changed!(
        rows,
        sqlx::query("UPDATE objects SET state = $1, reason = $2 WHERE id = $3")
            .bind(state_name(Procedure::Returned))
            .bind(text(&made.reason))
            .bind(&made.object)
    )?)
}

pub(super) async fn confirmed(rows: &mut Rows<'_>, seq: i64, made: &ObjectConfirmed) -> Result<(), StoreError> {
    one(changed!(
        rows,
        sqlx::query("UPDATE objects SET state = $1, confirmation = $2 WHERE id = $3")
            .bind(state_name(Procedure::Confirmed))
            .bind(seq)
            .bind(&made.object)
    )?)
}

/// The entry of an object stands among all others, for everyone to find.
pub(super) async fn entry(rows: &mut Rows<'_>, seq: i64, made: &ObjectEntered) -> Result<(), StoreError> {
    one(changed!(
        rows,
        sqlx::query("UPDATE objects SET state = $1, entry = $2 WHERE id = $3")
            .bind(state_name(Procedure::Registered))
            .bind(seq)
            .bind(&made.submission)
    )?)?;
    let object = &made.object;
    entered(rows, seq, (&object.participant, &object.name), &object.titles, &object.register).await
}

/// Everything of the object that was entered ends.
pub(super) async fn ended(
    rows: &mut Rows<'_>,
    (participant, name): (&str, &str),
    reason: &str,
) -> Result<(), StoreError> {
    changed!(
        rows,
        sqlx::query("UPDATE objects SET state = $1, reason = $2 WHERE participant = $3 AND name = $4 AND state = $5")
            .bind(state_name(Procedure::Withdrawn))
            .bind(reason)
            .bind(participant)
            .bind(name)
            .bind(state_name(Procedure::Registered))
    )?;
    Ok(())
}

/// The texts go with the event that says so, wherever it is written: live, restored, or copied.
pub(super) async fn forgotten(rows: &mut Rows<'_>, seq: i64, made: &ContactsForgotten) -> Result<(), StoreError> {
    changed!(
        rows,
        sqlx::query("DELETE FROM plaintexts WHERE commitment IN (SELECT commitment FROM contacts WHERE source = $1)")
            .bind(&made.of)
    )?;
    changed!(rows, sqlx::query("UPDATE contacts SET forgotten = $1 WHERE source = $2").bind(seq).bind(&made.of))?;
    Ok(())
}
