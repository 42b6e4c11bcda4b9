//! Writes the regulator's decision: a confirmation, with the entry where the data are complete, or
//! a return. Each is taken once.

use factory_assurance::{dsse::Envelope, wire::Procedure};

use super::{
    Store, WriteError, Written,
    both::on,
    instructions::{self, Proven},
    read::parse_state,
    writing::Writing,
};
use crate::log::event::{ConfirmationGiven, EntryMade, Event, ReturnMade, Sealed};

impl Store {
    /// Confirms submission `id` for `actor` with a verified confirmation. In the same transaction `entry` is
    /// made, and instructions are closed that its dossier has `proven` to be carried out; an overdue one that
    /// it has not is a refusal, where the standard says so. A confirmed submission stays as it is: whoever
    /// confirmed it is answered the same again, and anyone else is told who did.
    pub async fn confirm(
        &self,
        actor: &str,
        id: &str,
        confirmation: Envelope,
        entry: Option<EntryMade>,
        proven: &Proven,
    ) -> Result<Written<()>, WriteError> {
        let mut writing = Writing::begin(self, actor).await?;
        match decision(&mut writing, id).await?.0 {
            Procedure::Submitted => {}
            Procedure::Confirmed | Procedure::Registered => {
                return match confirmed(&mut writing, id).await? {
                    Some((by, _)) if by == actor => Ok(Written::Before(())),
                    Some((by, at)) => Err(WriteError::Confirmed { id: id.to_owned(), by, at }),
                    None => {
                        let (state, rule) = (Procedure::Registered, "it was entered under a standing delegation");
                        Err(WriteError::Decided { id: id.to_owned(), state, rule })
                    }
                };
            }
            state @ (Procedure::Returned | Procedure::Revoked | Procedure::Withdrawn) => {
                let rule = "a new attempt is needed before anything can be confirmed";
                return Err(WriteError::Decided { id: id.to_owned(), state, rule });
            }
        }
        let closed = instructions::carried_out(&mut writing, id, proven).await?;
        let given = ConfirmationGiven { submission: id.to_owned(), confirmation };
        writing.append(&Sealed::of(Event::Confirmation(given))?).await?;
        for closed in closed {
            writing.append(&Sealed::of(Event::InstructionClosed(closed))?).await?;
        }
        if let Some(entry) = entry {
            writing.append(&Sealed::of(Event::Entry(Box::new(entry)))?).await?;
        }
        writing.commit().await?;
        Ok(Written::Now(()))
    }

    /// Sends submission `id` back for `actor` with a `reason`. The same return again changes nothing.
    pub async fn send_back(&self, actor: &str, id: &str, reason: &str) -> Result<Written<()>, WriteError> {
        let mut writing = Writing::begin(self, actor).await?;
        let decided = |state, rule| Err(WriteError::Decided { id: id.to_owned(), state, rule });
        match decision(&mut writing, id).await? {
            (Procedure::Submitted, _) => {}
            (Procedure::Returned, before) if before == reason => return Ok(Written::Before(())),
            (state @ Procedure::Returned, _) => return decided(state, "with another reason, which stays"),
            (state, _) => return decided(state, "what was confirmed cannot be returned"),
        }
        let made = ReturnMade { submission: id.to_owned(), reason: reason.to_owned() };
        writing.append(&Sealed::of(Event::Return(made))?).await?;
        writing.commit().await?;
        Ok(Written::Now(()))
    }
}

/// Who confirmed submission `id`, and when; nobody where it was entered under a delegation.
async fn confirmed(writing: &mut Writing<'_>, id: &str) -> Result<Option<(String, String)>, WriteError> {
    Ok(on!(writing.transaction, db => {
        sqlx::query_as(
            "SELECT events.actor, events.time FROM submissions JOIN events ON events.seq = submissions.confirmation
             WHERE submissions.id = $1",
        )
        .bind(id)
        .fetch_optional(db)
        .await
    })?)
}

/// Where submission `id` stands, with the reason of a return.
async fn decision(writing: &mut Writing<'_>, id: &str) -> Result<(Procedure, String), WriteError> {
    let row: Option<(String, String)> = on!(writing.transaction, db => {
        sqlx::query_as("SELECT state, reason FROM submissions WHERE id = $1").bind(id).fetch_optional(db).await
    })?;
    let (state, reason) = row.ok_or_else(|| WriteError::Unknown(id.to_owned()))?;
    Ok((parse_state(&state)?, reason))
}
