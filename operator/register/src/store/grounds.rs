//! What a public entry stands on: documents that only those who may see its submission read elsewhere, and that are
//! public once the entry is, with the numbers of the events that they rest on.

use factory_assurance::dsse::Envelope;

use super::{Store, StoreError, both::on};
use crate::log::event::{EntryMade, UnderDelegation};

/// The documents behind an entry.
#[derive(Clone, Debug)]
pub struct Documents {
    /// The dossier that was entered.
    pub dossier: Envelope,
    /// The regulator's confirmation of it, or of the one that it was compared with.
    pub confirmation: Envelope,
    /// The delegation in place of a confirmation.
    pub under: Option<Standing>,
}

/// What an entry under a delegation rests on.
#[derive(Clone, Debug)]
pub struct Standing {
    /// Number of the delegation's event.
    pub delegation: u64,
    /// Number of the event by which it was used for this entry.
    pub used: u64,
    /// Number of its revocation, if there is one by now.
    pub revocation: Option<u64>,
    /// Number of the entry that the regulator confirmed.
    pub base_entry: u64,
    /// Its dossier.
    pub base: Envelope,
}

impl Store {
    /// What the entry `made` stands on.
    pub async fn documents(&self, made: &EntryMade) -> Result<Documents, StoreError> {
        let (dossier, confirmation) = self.of_entered(&made.submission).await?;
        let Some(UnderDelegation { delegation, base: base_id }) = &made.under else {
            let confirmation = confirmation.ok_or_else(|| lacks("confirmation", &made.submission))?;
            return Ok(Documents { dossier, confirmation, under: None });
        };
        let (base, confirmation) = self.of_entered(base_id).await?;
        let confirmation = confirmation.ok_or_else(|| lacks("confirmation", base_id))?;
        let (given, revocation): (i64, Option<i64>) = on!(self.readers, db => {
            sqlx::query_as("SELECT seq, revocation FROM delegations WHERE id = $1").bind(delegation).fetch_one(db).await
        })?;
        let used: i64 = on!(self.readers, db => {
            sqlx::query_scalar("SELECT seq FROM delegation_uses WHERE submission = $1")
                .bind(&made.submission)
                .fetch_one(db)
                .await
        })?;
        let entry: Option<i64> = on!(self.readers, db => {
            sqlx::query_scalar("SELECT entry FROM submissions WHERE id = $1").bind(base_id).fetch_one(db).await
        })?;
        let under = Standing {
            delegation: given.unsigned_abs(),
            used: used.unsigned_abs(),
            revocation: revocation.map(i64::unsigned_abs),
            base_entry: entry.ok_or_else(|| lacks("entry", base_id))?.unsigned_abs(),
            base,
        };
        Ok(Documents { dossier, confirmation, under: Some(under) })
    }

    /// Dossier and confirmation of a submission that has an entry.
    async fn of_entered(&self, id: &str) -> Result<(Envelope, Option<Envelope>), StoreError> {
        let held = self.submission(id).await?.ok_or_else(|| lacks("row", id))?;
        let dossier = self.dossier(&held).await?;
        Ok((dossier, self.state_of(held).await?.confirmation))
    }
}

fn lacks(what: &str, submission: &str) -> StoreError {
    StoreError::Row(format!("submission {submission} has no {what}, and an entry stands on it"))
}
