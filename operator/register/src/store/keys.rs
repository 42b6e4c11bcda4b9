//! Which key signs the log: the first one, until it was handed over.

use factory_assurance::log::{
    handover::Handover,
    note::{NoteError, Signer},
};

use super::{
    Store, StoreError, WriteError, Written,
    both::{Rows, on},
    writing::Writing,
};
use crate::{
    log::event::{Event, HandoverMade, Sealed},
    signer::Keyring,
};

impl Store {
    /// The key that signs now, from `keyring`.
    pub async fn signer(&self, keyring: &Keyring) -> Result<Signer, StoreError> {
        current(&mut self.readers.acquire().await?.executor(), keyring).await
    }

    /// Notes by which the log was handed over, the oldest first.
    pub async fn handovers(&self) -> Result<Vec<String>, StoreError> {
        let query = "SELECT note FROM handovers ORDER BY seq";
        Ok(on!(self.readers, db => sqlx::query_scalar(query).fetch_all(db).await)?)
    }

    /// Hands the log over from the key that signs now to `next`, for `actor`: registers that serve sign with it
    /// from the next checkpoint on. A log that `next` signs already stays as it is.
    pub async fn hand_over(&self, actor: &str, keyring: &Keyring, next: &Signer) -> Result<Written<u64>, WriteError> {
        let mut writing = Writing::begin(self, actor).await?;
        let former = current(&mut writing.transaction.executor(), keyring).await?;
        let after = writing.number();
        if former.verifier() == next.verifier() {
            return Ok(Written::Before(after));
        }
        let is_first = next.verifier() == keyring.first().verifier();
        if is_first || self.handovers().await?.iter().any(|note| names(note, next)) {
            let (current, found) = (former.verifier().to_string(), next.verifier().to_string());
            return Err(WriteError::HandedOver { current, found });
        }
        let note = Handover::signed(keyring.name(), after, &former, next).map_err(unsigned)?;
        let seq = writing.append(&Sealed::of(Event::Handover(HandoverMade { note }))?).await?;
        writing.commit().await?;
        Ok(Written::Now(seq))
    }
}

/// Whether `note` handed the log over to `key`: a key signs for one term.
fn names(note: &str, key: &Signer) -> bool {
    Handover::unchecked(note).is_ok_and(|handover| handover.next == key.verifier())
}

fn unsigned(error: NoteError) -> StoreError {
    StoreError::Row(error.to_string())
}

/// The key that signs as it is in these `rows`.
pub(super) async fn current(rows: &mut Rows<'_>, keyring: &Keyring) -> Result<Signer, StoreError> {
    let query = "SELECT note FROM handovers ORDER BY seq DESC LIMIT 1";
    let newest: Option<String> = on!(rows, db => sqlx::query_scalar(query).fetch_optional(db).await)?;
    let Some(note) = newest else { return Ok(keyring.first().clone()) };
    let handover = Handover::unchecked(&note).map_err(|error| StoreError::Row(error.to_string()))?;
    Ok(keyring.signer(&handover.next)?)
}
