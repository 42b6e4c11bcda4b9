//! Writes a submission whose dossier has been verified. Acknowledged means that it is on the disk.

use super::{Store, StoreError, WriteError, Written, announce, writing::Writing};
use crate::log::event::{Event, Sealed, SubmissionTaken, Summary};
use factory_assurance::{canonical::NotCanonical, dsse::Envelope};

/// A verified dossier, sealed and ready to be written.
#[derive(Debug)]
pub struct Ready {
    taken: SubmissionTaken,
    sealed: Sealed,
}

impl Ready {
    /// Seals a dossier that was verified and held against `announcement`. Costs time with its size:
    /// not for an async thread.
    pub fn seal(key: &str, announcement: &str, summary: Summary, dossier: Envelope) -> Result<Self, StoreError> {
        let id = announce::new_id()?;
        let taken = SubmissionTaken { id, key: key.to_owned(), announcement: announcement.to_owned(), summary, dossier };
        let sealed = Sealed::of(Event::Submission(Box::new(taken.clone()))).map_err(|error: NotCanonical| error)?;
        Ok(Self { taken, sealed })
    }
}

impl Store {
    /// Writes the submission for `actor` and answers its id. The same dossier is the same
    /// submission, under whatever key and epoch it comes again.
    pub async fn submit(&self, actor: &str, epoch: u64, ready: Ready) -> Result<Written<String>, WriteError> {
        let Ready { taken, sealed } = ready;
        let mut writing = Writing::begin(self, actor).await?;
        writing.fence(epoch).await?;
        let before: Vec<(String, String, String, String)> = sqlx::query_as(
            "SELECT id, key, announcement, dossier FROM submissions WHERE key = ? OR announcement = ? OR dossier = ? ORDER BY seq",
        )
        .bind(&taken.key)
        .bind(&taken.announcement)
        .bind(&taken.summary.dossier)
        .fetch_all(&mut *writing.transaction)
        .await?;
        if let Some((id, ..)) = before.iter().find(|(_, _, _, dossier)| *dossier == taken.summary.dossier) {
            if before.iter().any(|(other, key, ..)| *key == taken.key && other != id) {
                return Err(WriteError::Key(taken.key));
            }
            writing.commit().await?;
            return Ok(Written::Before(id.clone()));
        }
        if before.iter().any(|(_, key, ..)| *key == taken.key) {
            return Err(WriteError::Key(taken.key));
        }
        if let Some((_, _, announcement, dossier)) = before.into_iter().next() {
            return Err(WriteError::SecondDossier { announcement, dossier });
        }
        writing.append(&sealed).await?;
        writing.commit().await?;
        Ok(Written::Now(taken.id))
    }
}
