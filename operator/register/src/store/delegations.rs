//! Writes of standing delegations: what the regulator gives and revokes, and the entry of a submission that falls
//! within one, in the transaction that takes the submission.

mod read;

use factory_assurance::{delegation::Delegated, dsse::Envelope};

use super::{
    Store, StoreError, WriteError, Written,
    both::on,
    instructions::{self, Proven},
    read::state_name,
    writing::{Writing, row_number},
};
use crate::log::event::{
    DelegationGiven, DelegationRevoked, DelegationUsed, EntryMade, Event, Sealed, Summary, UnderDelegation,
};
use factory_assurance::{dossier::Record, wire::Procedure};

/// Why nothing was done with a delegation.
#[derive(Debug, thiserror::Error)]
pub enum DelegationError {
    /// No delegation has this id.
    #[error("no delegation has the id `{0}`")]
    Unknown(String),
    /// It was revoked.
    #[error("delegation {0} was revoked: another one needs other terms")]
    Revoked(String),
}

/// A delegation that a submission falls within, as it was found before the database was locked.
#[derive(Clone, Debug)]
pub struct Offer {
    /// Id of the delegation.
    pub id: String,
    /// What the regulator signed.
    pub delegated: Delegated,
    /// Whose seal that has, where no person signed it.
    pub sealed_by: Option<String>,
    /// Id of the submission that the regulator confirmed.
    pub base: String,
    /// Number of the entry that was in force.
    pub in_force: u64,
    /// Whether the standard freezes a service with an overdue instruction.
    pub freezes: bool,
    /// What the entry will show.
    pub summary: Summary,
    /// What the entry will say.
    pub record: Record,
}

impl Store {
    /// Writes a verified delegation for `actor`, with whose seal it has. The same terms again are the same delegation.
    pub async fn delegate(
        &self,
        actor: &str,
        id: &str,
        delegation: Envelope,
        sealed_by: Option<String>,
    ) -> Result<Written<()>, WriteError> {
        let mut writing = Writing::begin(self, actor).await?;
        match revocation(&mut writing, id).await? {
            Some(None) => return Ok(Written::Before(())),
            Some(Some(_)) => return Err(DelegationError::Revoked(id.to_owned()).into()),
            None => {}
        }
        let given = DelegationGiven { id: id.to_owned(), delegation, sealed_by };
        writing.append(&Sealed::of(Event::Delegation(given))?).await?;
        writing.commit().await?;
        Ok(Written::Now(()))
    }

    /// Writes a verified revocation for `actor`. A delegation is revoked once; what was entered under it stays.
    pub async fn revoke(&self, actor: &str, id: &str, revoked: Envelope) -> Result<Written<()>, WriteError> {
        let mut writing = Writing::begin(self, actor).await?;
        match revocation(&mut writing, id).await? {
            None => return Err(DelegationError::Unknown(id.to_owned()).into()),
            Some(Some(_)) => return Ok(Written::Before(())),
            Some(None) => {}
        }
        let made = DelegationRevoked { delegation: id.to_owned(), revocation: revoked };
        writing.append(&Sealed::of(Event::Revocation(made))?).await?;
        writing.commit().await?;
        Ok(Written::Now(()))
    }
}

/// Enters the submission `id`, which was just taken, under the delegation that is offered, if everything still stands
/// as it was found; whether it was.
pub(super) async fn enter(writing: &mut Writing<'_>, id: &str, offer: Offer) -> Result<bool, WriteError> {
    if !stands(writing, &offer).await? {
        return Ok(false);
    }
    // A person decides where an instruction is overdue, also of what would carry it out.
    let nothing = Proven { freezes: offer.freezes, ..Proven::default() };
    match instructions::carried_out(writing, id, &nothing).await {
        Ok(_) => {}
        Err(WriteError::Frozen { .. }) => return Ok(false),
        Err(error) => return Err(error),
    }
    let Offer { id: delegation, delegated, sealed_by, base, summary, record, .. } = offer;
    let used = DelegationUsed { delegation: delegation.clone(), submission: id.to_owned(), base: base.clone() };
    writing.append(&Sealed::of(Event::DelegationUse(used))?).await?;
    let entry = EntryMade {
        submission: id.to_owned(),
        summary,
        record,
        confirmed_by: delegated.verifier.office.unwrap_or_default(),
        confirmed_at: writing.time().to_owned(),
        under: Some(UnderDelegation { delegation, base }),
        sealed_by,
    };
    writing.append(&Sealed::of(Event::Entry(Box::new(entry)))?).await?;
    Ok(true)
}

/// Whether the delegation is in force now, and the entry that was compared is the newest one and in force.
async fn stands(writing: &mut Writing<'_>, offer: &Offer) -> Result<bool, WriteError> {
    let subject = &offer.summary.subject;
    let now = writing.time().to_owned();
    let standing: i64 = on!(writing.transaction, db => {
        sqlx::query_scalar(
            "SELECT COUNT(*) FROM delegations WHERE id = $1 AND revocation IS NULL AND begins <= $2 AND $2 < ends",
        )
        .bind(&offer.id)
        .bind(&now)
        .fetch_one(db)
        .await
    })?;
    let newest: Option<i64> = on!(writing.transaction, db => {
        sqlx::query_scalar("SELECT MAX(seq) FROM entries WHERE participant = $1 AND service = $2")
            .bind(&subject.participant)
            .bind(&subject.service)
            .fetch_one(db)
            .await
    })?;
    let registered: i64 = on!(writing.transaction, db => {
        sqlx::query_scalar("SELECT COUNT(*) FROM submissions WHERE entry = $1 AND state = $2")
            .bind(row_number(offer.in_force))
            .bind(state_name(Procedure::Registered))
            .fetch_one(db)
            .await
    })?;
    Ok(standing == 1 && newest == Some(row_number(offer.in_force)) && registered == 1)
}

/// The number of the revocation of delegation `id`, if there is such a delegation.
async fn revocation(writing: &mut Writing<'_>, id: &str) -> Result<Option<Option<i64>>, StoreError> {
    let query = "SELECT revocation FROM delegations WHERE id = $1";
    Ok(on!(writing.transaction, db => sqlx::query_scalar(query).bind(id).fetch_optional(db).await)?)
}
