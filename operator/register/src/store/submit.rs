//! Writes a submission whose dossier has been verified. Acknowledged means that it is on the disk.

use super::{
    Store, StoreError, WriteError, Written, announce,
    both::on,
    delegations::{self, Offer},
    writing::Writing,
};
use crate::log::event::{Event, Sealed, SubmissionTaken, Summary};
use factory_assurance::{dsse::Envelope, risk::Repetition};

/// A verified dossier, sealed and ready to be written.
#[derive(Debug)]
pub struct Ready {
    marks: Marks,
    sealed: Sealed,
}

/// By what a submission is known again.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Marks {
    id: String,
    /// Idempotency key.
    key: String,
    /// Id of the announcement.
    announcement: String,
    /// Digest of the payload.
    dossier: String,
}

impl Ready {
    /// Seals a dossier that was verified and held against `announcement`, with the `repetitions` in it. Costs time with its
    /// size: not for an async thread.
    pub fn seal(
        key: &str,
        announcement: &str,
        summary: Summary,
        dossier: Envelope,
        repetitions: Vec<Repetition>,
    ) -> Result<Self, StoreError> {
        let marks = Marks {
            id: announce::new_id()?,
            key: key.to_owned(),
            announcement: announcement.to_owned(),
            dossier: summary.dossier.clone(),
        };
        let Marks { id, key, announcement, dossier: _ } = marks.clone();
        let taken = SubmissionTaken { id, key, announcement, summary, dossier, repetitions };
        Ok(Self { marks, sealed: Sealed::of(Event::Submission(Box::new(taken)))? })
    }
}

impl Store {
    /// Writes the submission for `actor` and answers its id. The same dossier is the same
    /// submission, under whatever key and epoch it comes again. Where a standing delegation is offered for it that
    /// still stands, its entry is written with it, or none of both.
    pub async fn submit(
        &self,
        actor: &str,
        epoch: u64,
        ready: Ready,
        offer: Option<Offer>,
    ) -> Result<Written<String>, WriteError> {
        let Ready { marks, sealed } = ready;
        let mut writing = Writing::begin(self, actor).await?;
        writing.fence(epoch).await?;
        let rows: Vec<(String, String, String, String)> = on!(writing.transaction, db => {
            sqlx::query_as(
                "SELECT id, key, announcement, dossier FROM submissions
                 WHERE key = $1 OR announcement = $2 OR dossier = $3 ORDER BY seq",
            )
            .bind(&marks.key)
            .bind(&marks.announcement)
            .bind(&marks.dossier)
            .fetch_all(db)
            .await
        })?;
        let before = rows.into_iter().map(|(id, key, announcement, dossier)| Marks { id, key, announcement, dossier });
        if let Some(id) = repeated(&marks, before.collect())? {
            writing.commit().await?;
            return Ok(Written::Before(id));
        }
        writing.append(&sealed).await?;
        if let Some(offer) = offer {
            let delegation = offer.id.clone();
            let entered = delegations::enter(&mut writing, &marks.id, offer).await?;
            tracing::info!(submission = marks.id, delegation, entered, "a standing delegation was looked at");
        }
        writing.commit().await?;
        Ok(Written::Now(marks.id))
    }
}

/// The submission that the `new` one repeats, among those that share a mark with it; an error where
/// it contradicts one of them.
fn repeated(new: &Marks, before: Vec<Marks>) -> Result<Option<String>, WriteError> {
    if before.iter().any(|old| old.key == new.key && old.dossier != new.dossier) {
        return Err(WriteError::Key(new.key.clone()));
    }
    match before.into_iter().next() {
        None => Ok(None),
        Some(old) if old.dossier == new.dossier => Ok(Some(old.id)),
        Some(old) => Err(WriteError::SecondDossier { announcement: old.announcement, dossier: old.dossier }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marks([id, key, announcement, dossier]: [&str; 4]) -> Marks {
        let [id, key, announcement, dossier] = [id, key, announcement, dossier].map(str::to_owned);
        Marks { id, key, announcement, dossier }
    }

    #[test]
    fn a_dossier_repeats_itself_and_contradicts_others() {
        let new = marks(["new", "key", "run", "dossier"]);
        let check = |before: &[[&str; 4]]| repeated(&new, before.iter().map(|row| marks(*row)).collect());
        assert_eq!(check(&[]).unwrap(), None);
        assert_eq!(check(&[["old", "key", "run", "dossier"]]).unwrap().as_deref(), Some("old"));
        assert_eq!(check(&[["old", "another", "run", "dossier"]]).unwrap().as_deref(), Some("old"));
        assert!(matches!(check(&[["old", "key", "another", "another"]]), Err(WriteError::Key(_))));
        assert!(matches!(check(&[["old", "another", "run", "another"]]), Err(WriteError::SecondDossier { .. })));
        let both = [["one", "another", "run", "dossier"], ["two", "key", "other", "other"]];
        assert!(matches!(check(&both), Err(WriteError::Key(_))));
    }
}
