//! Writes the end of a service's entry (21), its owner's withdrawal or the regulator's exclusion, once for each
//! entry. Everything of the service that was confirmed until then ends with it; what is confirmed after it is
//! entered anew.

use super::{Store, WriteError, Written, both::on, writing::Writing};
use crate::log::event::{Event, ExclusionMade, Sealed, WithdrawalMade};

/// What the owner of a service, or the regulator, asks for.
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
    /// Item of law, where the regulator excludes it.
    pub item: Option<String>,
}

impl Store {
    /// Withdraws or excludes the entry in force of the service for `actor`; answers the number of the entry. The
    /// same wish under the same key is the same withdrawal, also when the service has been entered
    /// again since.
    pub async fn withdraw(&self, actor: &str, wish: Wish) -> Result<Written<u64>, WriteError> {
        let Wish { key, participant, service, reason, item } = wish;
        let mut writing = Writing::begin(self, actor).await?;
        let before: Option<(i64, String, Option<String>)> = on!(writing.transaction, db => {
            sqlx::query_as("SELECT entry, reason, item FROM withdrawals WHERE participant = $1 AND service = $2 AND key = $3")
                .bind(&participant)
                .bind(&service)
                .bind(&key)
                .fetch_optional(db)
                .await
        })?;
        match before {
            Some((entry, before, under)) if (&before, &under) == (&reason, &item) => {
                return Ok(Written::Before(entry.unsigned_abs()));
            }
            Some(_) => return Err(WriteError::Key(key)),
            None => {}
        }
        let newest: Option<(i64, Option<String>, Option<String>)> = on!(writing.transaction, db => {
            sqlx::query_as(
                "SELECT entries.seq, withdrawals.reason, withdrawals.item FROM entries
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
            Some((entry, Some(before), under)) if (&before, &under) == (&reason, &item) => {
                return Ok(Written::Before(entry.unsigned_abs()));
            }
            Some((_, Some(_), _)) => return Err(WriteError::Withdrawn { participant, service }),
            Some((entry, None, _)) => entry.unsigned_abs(),
        };
        let event = match item {
            None => Event::Withdrawal(WithdrawalMade { key, participant, service, entry, reason }),
            Some(item) => Event::Exclusion(ExclusionMade { key, participant, service, entry, reason, item }),
        };
        writing.append(&Sealed::of(event)?).await?;
        writing.commit().await?;
        Ok(Written::Now(entry))
    }
}
