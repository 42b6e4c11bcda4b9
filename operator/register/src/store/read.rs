//! Reads of the procedure: announcements and submissions as the API shows them.

use factory_assurance::{
    dsse::Envelope,
    wire::{Procedure, SubmissionState},
};
use sqlx::Row as _;

use super::{Store, StoreError};
use crate::log::event::{AnnouncementMade, Event, Summary};

/// A submission as it is held.
#[derive(Clone, Debug)]
pub struct Held {
    /// What the register computed from its dossier.
    pub summary: Summary,
    id: String,
    seq: i64,
    state: Procedure,
    reason: String,
    confirmation: Option<i64>,
    entry: Option<i64>,
}

/// Which submissions to list.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only those that stand there.
    pub state: Option<Procedure>,
    /// Only those of this participant.
    pub participant: Option<String>,
    /// Only those of services with this name.
    pub service: Option<String>,
}

/// Most submissions in one answer.
const MOST: i64 = 1000;

const COLUMNS: &str = "SELECT id, seq, summary, state, reason, confirmation, entry FROM submissions";

impl Store {
    /// The announcement with this id.
    pub async fn announcement(&self, id: &str) -> Result<Option<AnnouncementMade>, StoreError> {
        let seq: Option<i64> = sqlx::query_scalar("SELECT seq FROM announcements WHERE id = ?")
            .bind(id)
            .fetch_optional(&self.readers)
            .await?;
        let Some(seq) = seq else { return Ok(None) };
        match self.event(seq).await? {
            (_, Event::Announcement(made)) => Ok(Some(*made)),
            (_, other) => Err(unexpected(seq, &other)),
        }
    }

    /// The submission with this id.
    pub async fn submission(&self, id: &str) -> Result<Option<Held>, StoreError> {
        let query = sqlx::AssertSqlSafe(format!("{COLUMNS} WHERE id = ?"));
        let row = sqlx::query(query).bind(id).fetch_optional(&self.readers).await?;
        row.map(|row| Held::of(&row)).transpose()
    }

    /// Submissions by `filter`, newest first, at most 1000.
    pub async fn submissions(&self, filter: &Filter) -> Result<Vec<Held>, StoreError> {
        let query = sqlx::AssertSqlSafe(format!(
            "{COLUMNS} WHERE (?1 IS NULL OR state = ?1) AND (?2 IS NULL OR participant = ?2) AND (?3 IS NULL OR service = ?3) ORDER BY seq DESC LIMIT ?4"
        ));
        let rows = sqlx::query(query)
            .bind(filter.state.map(state_name))
            .bind(filter.participant.as_deref())
            .bind(filter.service.as_deref())
            .bind(MOST)
            .fetch_all(&self.readers)
            .await?;
        rows.iter().map(Held::of).collect()
    }

    /// A submission as the API answers it.
    pub async fn state_of(&self, held: Held) -> Result<SubmissionState, StoreError> {
        let confirmation = match held.confirmation {
            None => None,
            Some(seq) => match self.event(seq).await? {
                (_, Event::Confirmation(given)) => Some(given.confirmation),
                (_, other) => return Err(unexpected(seq, &other)),
            },
        };
        let Summary { subject, bundle, dossier, verdict, missing, standard: _, attempt: _ } = held.summary;
        let entry = held.entry.map(|_| format!("/entries/{}/{}", subject.participant, subject.service));
        let (id, state, reason) = (held.id, held.state, held.reason);
        Ok(SubmissionState { id, subject, bundle, dossier, verdict, state, reason, confirmation, entry, missing })
    }

    /// The signed dossier of a submission.
    pub async fn dossier(&self, held: &Held) -> Result<Envelope, StoreError> {
        match self.event(held.seq).await? {
            (_, Event::Submission(taken)) => Ok(taken.dossier),
            (_, other) => Err(unexpected(held.seq, &other)),
        }
    }

    /// Asks the database for its own answer.
    pub async fn ready(&self) -> Result<(), StoreError> {
        sqlx::query_scalar::<_, i64>("SELECT COUNT(*) FROM (SELECT 1 FROM events LIMIT 1)")
            .fetch_one(&self.readers)
            .await?;
        Ok(())
    }

    /// The event with this number, and its time.
    pub(super) async fn event(&self, seq: i64) -> Result<(String, Event), StoreError> {
        let (time, kind, bytes): (String, String, Vec<u8>) =
            sqlx::query_as("SELECT time, kind, bytes FROM events WHERE seq = ?")
                .bind(seq)
                .fetch_one(&self.readers)
                .await?;
        Ok((time, Event::read(&kind, &bytes)?))
    }
}

impl Held {
    fn of(row: &sqlx::sqlite::SqliteRow) -> Result<Self, StoreError> {
        let summary: String = row.try_get("summary")?;
        let state: String = row.try_get("state")?;
        Ok(Self {
            id: row.try_get("id")?,
            seq: row.try_get("seq")?,
            summary: serde_json::from_str(&summary).map_err(|error| StoreError::Row(error.to_string()))?,
            state: parse_state(&state)?,
            reason: row.try_get("reason")?,
            confirmation: row.try_get("confirmation")?,
            entry: row.try_get("entry")?,
        })
    }

    /// Where it stands.
    #[must_use]
    pub const fn state(&self) -> Procedure {
        self.state
    }
}

/// An event of another kind than the view says.
pub(super) fn unexpected(seq: i64, event: &Event) -> StoreError {
    StoreError::Row(format!("event {seq} is of the kind `{}`", event.kind()))
}

/// A state as the views name it.
pub(super) const fn state_name(state: Procedure) -> &'static str {
    match state {
        Procedure::Submitted => "Submitted",
        Procedure::Returned => "Returned",
        Procedure::Confirmed => "Confirmed",
        Procedure::Registered => "Registered",
        Procedure::Revoked => "Revoked",
        Procedure::Withdrawn => "Withdrawn",
    }
}

/// The state that the views name so.
pub(super) fn parse_state(name: &str) -> Result<Procedure, StoreError> {
    use Procedure::{Confirmed, Registered, Returned, Revoked, Submitted, Withdrawn};
    [Submitted, Returned, Confirmed, Registered, Revoked, Withdrawn]
        .into_iter()
        .find(|state| state_name(*state) == name)
        .ok_or_else(|| StoreError::Row(format!("unknown state `{name}`")))
}
