//! Writes an announcement under a standard that was issued: draws its id and nonce, counts the attempt.

use factory_assurance::{
    canonical::{self, hex},
    wire::Announced,
};

use super::{
    Store, StoreError, WriteError, Written,
    both::on,
    history::{self, Wanted},
    issued, reference,
    writing::Writing,
};
use crate::log::event::{AnnouncedPlan, AnnouncementMade, Event, Sealed};

/// Random bytes in an id.
const ID_BYTES: usize = 16;
/// Random bytes in a nonce.
const NONCE_BYTES: usize = 32;

/// A run that is to be announced, with what follows from it alone.
#[derive(Debug)]
pub struct Prepared {
    run: AnnouncedPlan,
    /// Digest of the whole.
    request: String,
    /// Digest of the bundle.
    bundle: String,
    /// Where its standard has earlier runs count.
    builds_on: Option<Wanted>,
}

impl Prepared {
    /// Of `run`. Costs time with its size: not for an async thread.
    pub fn of(run: AnnouncedPlan) -> Result<Self, StoreError> {
        Ok(Self { request: canonical::digest(&run)?, bundle: run.bundle.digest()?, builds_on: Wanted::of(&run)?, run })
    }
}

impl Store {
    /// Announces a run for `actor` under `key`. The same run under the same key is the same
    /// announcement, whatever the epoch; a second run of a bundle is its next attempt, of which its standard may allow
    /// only some.
    pub async fn announce(
        &self,
        actor: &str,
        key: &str,
        epoch: u64,
        prepared: Prepared,
    ) -> Result<Written<Announced>, WriteError> {
        let Prepared { run, request, bundle, builds_on } = prepared;
        let (id, nonce) = (random::<ID_BYTES>()?, random::<NONCE_BYTES>()?);
        let mut writing = Writing::begin(self, actor).await?;
        writing.fence(epoch).await?;
        let before: Option<(String, String, String, i64)> = on!(writing.transaction, db => {
            sqlx::query_as("SELECT request, id, nonce, attempt FROM announcements WHERE key = $1")
                .bind(key)
                .fetch_optional(db)
                .await
        })?;
        if let Some((before, id, nonce, attempt)) = before {
            if before != request {
                return Err(WriteError::Key(key.to_owned()));
            }
            writing.commit().await?;
            return Ok(Written::Before(Announced { id, nonce, attempt: count(attempt)? }));
        }
        issued::check(&mut writing, &run.standard).await?;
        reference::check(&mut writing, &run).await?;
        history::check(&mut writing, &run, builds_on.as_ref()).await?;
        let attempt: i64 = on!(writing.transaction, db => {
            sqlx::query_scalar("SELECT COALESCE(MAX(attempt), 0) + 1 FROM announcements WHERE bundle = $1")
                .bind(&bundle)
                .fetch_one(db)
                .await
        })?;
        let attempt = count(attempt)?;
        if let Some(most) = run.standard.max_attempts.filter(|most| attempt > *most) {
            return Err(WriteError::Attempts { bundle, most, standard: run.standard.named() });
        }
        let made = AnnouncementMade { id: id.clone(), key: key.to_owned(), nonce: nonce.clone(), attempt, run };
        writing.append(&Sealed::of(Event::Announcement(Box::new(made)))?).await?;
        writing.commit().await?;
        Ok(Written::Now(Announced { id, nonce, attempt }))
    }
}

fn count(attempt: i64) -> Result<u32, StoreError> {
    u32::try_from(attempt).map_err(|error| StoreError::Row(format!("attempt {attempt}: {error}")))
}

/// `N` bytes of the operating system's random numbers, in hexadecimal.
pub(super) fn random<const N: usize>() -> Result<String, StoreError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| StoreError::Row(format!("no random numbers: {error}")))?;
    Ok(hex(&bytes))
}

/// A new id.
pub(crate) fn new_id() -> Result<String, StoreError> {
    random::<ID_BYTES>()
}
