//! Reads of the procedure: announcements and submissions as the API shows them.

use super::{Store, StoreError, both::on};
use crate::log::event::{AnnouncementMade, Event, Summary};
use factory_assurance::{
    dsse::Envelope,
    wire::{Procedure, SubmissionState},
};

/// A row of `submissions`.
#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    seq: i64,
    summary: String,
    state: String,
    reason: String,
    confirmation: Option<i64>,
    entry: Option<i64>,
}

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
        let seq: Option<i64> = on!(self.readers, db => {
            sqlx::query_scalar("SELECT seq FROM announcements WHERE id = $1").bind(id).fetch_optional(db).await
        })?;
        let Some(seq) = seq else { return Ok(None) };
        match self.event(seq).await? {
            (_, Event::Announcement(made)) => Ok(Some(*made)),
            (_, other) => Err(unexpected(seq, &other)),
        }
    }

    /// The submission with this id.
    pub async fn submission(&self, id: &str) -> Result<Option<Held>, StoreError> {
        let query = sqlx::AssertSqlSafe(format!("{COLUMNS} WHERE id = $1"));
        let row: Option<Row> = on!(self.readers, db => sqlx::query_as(query).bind(id).fetch_optional(db).await)?;
        row.map(Held::of).transpose()
    }

    /// Submissions by `filter`, newest first, at most 1000.
    pub async fn submissions(&self, filter: &Filter) -> Result<Vec<Held>, StoreError> {
        let query = sqlx::AssertSqlSafe(format!(
            "{COLUMNS} WHERE ($1 IS NULL OR state = $1) AND ($2 IS NULL OR participant = $2) AND ($3 IS NULL OR service = $3) ORDER BY seq DESC LIMIT $4"
        ));
        let rows: Vec<Row> = on!(self.readers, db => {
            sqlx::query_as(query)
                .bind(filter.state.map(state_name))
                .bind(filter.participant.as_deref())
                .bind(filter.service.as_deref())
                .bind(MOST)
                .fetch_all(db)
                .await
        })?;
        rows.into_iter().map(Held::of).collect()
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
        let delegated = match (held.confirmation, held.entry) {
            (None, Some(entry)) => self.delegated(entry).await?,
            _ => None,
        };
        let entry = held.entry.map(|_| format!("/entries/{}/{}", subject.participant, subject.service));
        let (id, state, reason) = (held.id, held.state, held.reason);
        Ok(SubmissionState {
            id,
            subject,
            bundle,
            dossier,
            verdict,
            state,
            reason,
            confirmation,
            delegated,
            entry,
            missing,
        })
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
        let size: i64 = on!(self.readers, db => {
            sqlx::query_scalar("SELECT COALESCE(MAX(seq), 0) FROM events").fetch_one(db).await
        })?;
        // What another register over the same database has written in between.
        self.saw(size.unsigned_abs());
        Ok(())
    }

    /// The event with this number, and its time.
    pub(super) async fn event(&self, seq: i64) -> Result<(String, Event), StoreError> {
        let (time, kind, bytes): (String, String, Vec<u8>) = on!(self.readers, db => {
            sqlx::query_as("SELECT time, kind, bytes FROM events WHERE seq = $1").bind(seq).fetch_one(db).await
        })?;
        Ok((time, Event::read(&kind, &bytes)?))
    }
}

impl Held {
    fn of(row: Row) -> Result<Self, StoreError> {
        let Row { id, seq, summary, state, reason, confirmation, entry } = row;
        let summary = serde_json::from_str(&summary).map_err(|error| StoreError::Row(error.to_string()))?;
        Ok(Self { id, seq, summary, state: parse_state(&state)?, reason, confirmation, entry })
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
