//! The rows of standing delegations and of what was entered under them.

use factory_assurance::delegation::Delegation;
use jiff::Timestamp;

use super::{View, one};
use crate::{
    log::event::{DelegationGiven, DelegationRevoked, DelegationUsed},
    store::{
        StoreError,
        both::{Rows, changed},
    },
};

pub(in crate::store) const VIEW: View =
    ("delegations", &["id", "seq", "participant", "service", "begins", "ends", "revocation"], &["seq"]);

pub(in crate::store) const USES: View = ("delegation_uses", &["seq", "delegation", "submission", "base"], &["seq"]);

pub(super) async fn given(rows: &mut Rows<'_>, seq: i64, given: &DelegationGiven) -> Result<(), StoreError> {
    let row = |error: &dyn std::error::Error| StoreError::Row(error.to_string());
    // Verified when it was taken; the log's hash holds it since.
    let signed: Delegation = given.delegation.unchecked().map_err(|error| row(&error))?;
    let terms = signed.predicate.terms;
    // As the log writes times, so that they are in the order of their texts.
    let moment = |text: &str| text.parse::<Timestamp>().map(|at| format!("{at:.3}")).map_err(|error| row(&error));
    one(changed!(
        rows,
        sqlx::query(
            "INSERT INTO delegations (id, seq, participant, service, begins, ends) VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(&given.id)
        .bind(seq)
        .bind(&terms.participant)
        .bind(terms.service.as_deref())
        .bind(moment(&terms.from)?)
        .bind(moment(&terms.until)?)
    )?)
}

pub(super) async fn revoked(rows: &mut Rows<'_>, seq: i64, made: &DelegationRevoked) -> Result<(), StoreError> {
    one(changed!(
        rows,
        sqlx::query("UPDATE delegations SET revocation = $1 WHERE id = $2").bind(seq).bind(&made.delegation)
    )?)
}

pub(super) async fn used(rows: &mut Rows<'_>, seq: i64, made: &DelegationUsed) -> Result<(), StoreError> {
    one(changed!(
        rows,
        sqlx::query("INSERT INTO delegation_uses (seq, delegation, submission, base) VALUES ($1, $2, $3, $4)")
            .bind(seq)
            .bind(&made.delegation)
            .bind(&made.submission)
            .bind(&made.base)
    )?)
}
