//! Writes the withdrawal of a service's entry (21), once for each entry. Everything of the service
//! that was confirmed until then ends with it; what is confirmed after it is entered anew.

use super::{Store, WriteError, Written, both::on, writing::Writing};
use crate::log::event::{Event, Sealed, WithdrawalMade};

/// What the owner of a service asks for.
#[derive(Clone, Debug)]
pub struct Wish {
    /// Idempotency key.
    pub key: String,
    /// Participant.
    pub participant: String,
    /// Name of the service.
    pub service: String,
    /// Why, in words that the public reads.
    pub reason: String,
}

impl Store {
    /// Withdraws the entry in force of the service for `actor`; answers the number of the entry. The
    /// same wish under the same key is the same withdrawal, also when the service has been entered
    /// again since.
    pub async fn withdraw(&self, actor: &str, wish: Wish) -> Result<Written<u64>, WriteError> {
        let Wish { key, participant, service, reason } = wish;
        let mut writing = Writing::begin(self, actor).await?;
        let before: Option<(i64, String)> = on!(writing.transaction, db => {
            sqlx::query_as("SELECT entry, reason FROM withdrawals WHERE participant = $1 AND service = $2 AND key = $3")
                .bind(&participant)
                .bind(&service)
                .bind(&key)
                .fetch_optional(db)
                .await
        })?;
        match before {
            Some((entry, before)) if before == reason => return Ok(Written::Before(entry.unsigned_abs())),
            Some(_) => return Err(WriteError::Key(key)),
            None => {}
        }
        let newest: Option<(i64, Option<String>)> = on!(writing.transaction, db => {
            sqlx::query_as(
                "SELECT entries.seq, withdrawals.reason FROM entries
                 LEFT JOIN withdrawals ON withdrawals.entry = entries.seq
                 WHERE entries.participant = $1 AND entries.service = $2 ORDER BY entries.seq DESC LIMIT 1",
            )
            .bind(&participant)
            .bind(&service)
            .fetch_optional(db)
            .await
        })?;
        let entry = match newest {
            None => return Err(WriteError::NoEntry { participant, service }),
            Some((entry, Some(before))) if before == reason => return Ok(Written::Before(entry.unsigned_abs())),
            Some((_, Some(_))) => return Err(WriteError::Withdrawn { participant, service }),
            Some((entry, None)) => entry.unsigned_abs(),
        };
        let made = WithdrawalMade { key, participant, service, entry, reason };
        writing.append(&Sealed::of(Event::Withdrawal(made))?).await?;
        writing.commit().await?;
        Ok(Written::Now(entry))
    }
}
