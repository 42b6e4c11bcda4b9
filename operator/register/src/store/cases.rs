//! Reads for the regulator: submissions as cases with their times, and what people did, from the log.

use factory_assurance::{dsse::Envelope, wire::Procedure};
use factory_crds::Text;
use jiff::Timestamp;
use serde::Deserialize;

use super::{
    Store, StoreError,
    both::on,
    read::{parse_state, state_name, unexpected},
    writing::row_number,
};
use crate::log::event::{Event, ExclusionMade, Summary, WithdrawalMade};

/// Most cases in a list that has no pages.
pub const MOST: u32 = 1000;

/// `cases!(store, "WHERE … $1 …", value, …)`: the cases under these conditions.
macro_rules! cases {
    ($store:expr, $conditions:literal $(, $value:expr)* $(,)?) => {{
        const QUERY: &str = concat!(
            "SELECT this.id, this.seq, this.announcement, this.summary, this.state, this.reason, events.time
             FROM submissions AS this JOIN events ON events.seq = this.seq ",
            $conditions
        );
        let rows: Vec<Row> =
            on!($store.readers, db => sqlx::query_as(QUERY)$(.bind($value))*.fetch_all(db).await)?;
        rows.into_iter().map(Case::of).collect::<Result<Vec<Case>, StoreError>>()
    }};
}

/// A submission with its place in the log.
#[derive(Clone, Debug)]
pub struct Case {
    /// Id of the submission.
    pub id: String,
    /// Number of its event.
    pub seq: u64,
    /// Id of the announcement before it.
    pub announcement: String,
    /// What the register computed from its dossier.
    pub summary: Summary,
    /// Where it stands.
    pub state: Procedure,
    /// Reason of a return or withdrawal; empty otherwise.
    pub reason: String,
    /// When it came, RFC 3339.
    pub received: String,
}

type Row = (String, i64, String, String, String, String, String);

/// What a person did, or what followed from it at once.
#[derive(Clone, Debug)]
pub struct Act {
    /// Number of its event.
    pub seq: u64,
    /// When, RFC 3339.
    pub time: String,
    /// User name at the cluster's API server.
    pub actor: String,
    /// The event.
    pub event: Event,
}

impl Store {
    /// What the clock of the log says.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// The submission with this id.
    pub async fn case(&self, id: &str) -> Result<Option<Case>, StoreError> {
        Ok(cases!(self, "WHERE this.id = $1", id)?.pop())
    }

    /// Submissions that wait for the regulator, the oldest first; of one `participant` unless it is empty.
    pub async fn waiting(&self, participant: &str, most: u32) -> Result<Vec<Case>, StoreError> {
        cases!(
            self,
            "WHERE this.state = $1 AND ($2 = '' OR this.participant = $2) ORDER BY this.seq LIMIT $3",
            state_name(Procedure::Submitted),
            participant,
            i64::from(most),
        )
    }

    /// Submissions that were decided, the newest first, older than `before`; of one `participant` unless it is
    /// empty.
    pub async fn decided(&self, participant: &str, before: Option<u64>, most: u32) -> Result<Vec<Case>, StoreError> {
        cases!(
            self,
            "WHERE this.state <> $1 AND this.seq < $2 AND ($3 = '' OR this.participant = $3)
             ORDER BY this.seq DESC LIMIT $4",
            state_name(Procedure::Submitted),
            before.map_or(i64::MAX, row_number),
            participant,
            i64::from(most),
        )
    }

    /// Every submission of a service, the newest first.
    pub async fn cases_of(&self, participant: &str, service: &str) -> Result<Vec<Case>, StoreError> {
        cases!(
            self,
            "WHERE this.participant = $1 AND this.service = $2 ORDER BY this.seq DESC LIMIT $3",
            participant,
            service,
            i64::from(MOST),
        )
    }

    /// The newest submission of each service.
    pub async fn newest_cases(&self) -> Result<Vec<Case>, StoreError> {
        cases!(
            self,
            "WHERE NOT EXISTS (SELECT 1 FROM submissions AS later
                 WHERE later.participant = this.participant AND later.service = this.service AND later.seq > this.seq)
             ORDER BY this.participant, this.service LIMIT $1",
            i64::from(MOST),
        )
    }

    /// The newest submission of each service that is confirmed or entered.
    pub async fn cases_in_force(&self) -> Result<Vec<Case>, StoreError> {
        cases!(
            self,
            "WHERE this.state IN ($1, $2) AND NOT EXISTS (SELECT 1 FROM submissions AS later
                 WHERE later.participant = this.participant AND later.service = this.service
                   AND later.state IN ($1, $2) AND later.seq > this.seq)
             ORDER BY this.participant, this.service LIMIT $3",
            state_name(Procedure::Confirmed),
            state_name(Procedure::Registered),
            i64::from(MOST),
        )
    }

    /// Services with an entry in force, as participant and name.
    pub async fn in_force(&self) -> Result<Vec<(String, String)>, StoreError> {
        let query = "SELECT DISTINCT participant, service FROM submissions WHERE state = $1";
        let rows =
            on!(self.readers, db => sqlx::query_as(query).bind(state_name(Procedure::Registered)).fetch_all(db).await)?;
        Ok(rows)
    }

    /// How many submissions stand where.
    pub async fn counts(&self) -> Result<Vec<(Procedure, u64)>, StoreError> {
        let rows: Vec<(String, i64)> = on!(self.readers, db => sqlx::query_as("SELECT state, COUNT(*) FROM submissions GROUP BY state").fetch_all(db).await)?;
        rows.into_iter().map(|(state, count)| Ok((parse_state(&state)?, count.unsigned_abs()))).collect()
    }

    /// Participants with a submission.
    pub async fn participants(&self) -> Result<Vec<String>, StoreError> {
        let query =
            "SELECT participant FROM submissions UNION SELECT participant FROM objects ORDER BY participant LIMIT $1";
        Ok(on!(self.readers, db => sqlx::query_scalar(query).bind(i64::from(MOST)).fetch_all(db).await)?)
    }

    /// The signed dossier of `case`.
    pub async fn dossier_of(&self, case: &Case) -> Result<Envelope, StoreError> {
        let seq = row_number(case.seq);
        match self.event(seq).await? {
            (_, Event::Submission(taken)) => Ok(taken.dossier),
            (_, other) => Err(unexpected(seq, &other)),
        }
    }

    /// Title of the service of `case`: it stands in the dossier alone.
    pub async fn title_of(&self, case: &Case) -> Result<Text, StoreError> {
        #[derive(Deserialize)]
        struct Statement {
            predicate: Predicate,
        }
        #[derive(Deserialize)]
        struct Predicate {
            record: Record,
        }
        #[derive(Deserialize)]
        struct Record {
            titles: Text,
        }
        let dossier = self.dossier_of(case).await?;
        let statement: Statement = dossier.unchecked().map_err(|error| StoreError::Row(error.to_string()))?;
        Ok(statement.predicate.record.titles)
    }

    /// When the announcement of `case` was made.
    pub async fn announced_at(&self, case: &Case) -> Result<String, StoreError> {
        let query = "SELECT events.time FROM announcements JOIN events ON events.seq = announcements.seq
             WHERE announcements.id = $1";
        Ok(on!(self.readers, db => sqlx::query_scalar(query).bind(&case.announcement).fetch_one(db).await)?)
    }

    /// Decisions on `case` and what followed from them, the first first: read from the log behind it.
    pub async fn acts_on(&self, case: &Case) -> Result<Vec<Act>, StoreError> {
        if case.state == Procedure::Submitted {
            return Ok(Vec::new());
        }
        let subject = &case.summary.subject;
        let rows: Vec<i64> = on!(self.readers, db => sqlx::query_scalar(
            "SELECT seq FROM events WHERE kind IN ('confirmation', 'delegation-use', 'return', 'entry', 'withdrawal', 'exclusion') AND seq > $1
             ORDER BY seq",
        )
        .bind(row_number(case.seq))
        .fetch_all(db)
        .await)?;
        let mut acts = Vec::new();
        for seq in rows {
            let act = self.act(seq).await?;
            let its = match &act.event {
                Event::Confirmation(given) => given.submission == case.id,
                Event::DelegationUse(made) => made.submission == case.id,
                Event::Return(made) => made.submission == case.id,
                Event::Entry(made) => made.submission == case.id,
                // One before its own confirmation is that of an earlier entry.
                Event::Withdrawal(WithdrawalMade { participant, service, .. })
                | Event::Exclusion(ExclusionMade { participant, service, .. }) => {
                    case.state == Procedure::Withdrawn
                        && !acts.is_empty()
                        && *participant == subject.participant
                        && *service == subject.service
                }
                _ => false,
            };
            if its {
                let last = matches!(
                    (case.state, &act.event),
                    (Procedure::Returned, Event::Return(_))
                        | (Procedure::Confirmed, Event::Confirmation(_))
                        | (Procedure::Registered, Event::Entry(_))
                        | (Procedure::Withdrawn, Event::Withdrawal(_) | Event::Exclusion(_))
                );
                acts.push(act);
                if last {
                    break;
                }
            }
        }
        Ok(acts)
    }

    /// What people did, the newest first, before event `before`.
    pub async fn acts(&self, before: Option<u64>, most: u32) -> Result<Vec<Act>, StoreError> {
        let rows: Vec<i64> = on!(self.readers, db => sqlx::query_scalar(
            "SELECT seq FROM events WHERE seq < $1 AND kind IN ('confirmation', 'return', 'entry', 'withdrawal',
                 'exclusion', 'instruction', 'instruction-closed', 'instruction-withdrawn', 'claim-decision',
                 'claim-answer', 'forgetting', 'object', 'object-return', 'object-confirmation', 'object-entry',
                 'contacts-forgotten', 'access-request', 'access-granted', 'access-refused', 'access-taken', 'delegation',
                 'revocation', 'delegation-use', 'standard-issued')
             ORDER BY seq DESC LIMIT $2",
        )
        .bind(before.map_or(i64::MAX, row_number))
        .bind(i64::from(most))
        .fetch_all(db)
        .await)?;
        let mut acts = Vec::with_capacity(rows.len());
        for seq in rows {
            acts.push(self.act(seq).await?);
        }
        Ok(acts)
    }

    pub(super) async fn act(&self, seq: i64) -> Result<Act, StoreError> {
        let actor = on!(self.readers, db => sqlx::query_scalar("SELECT actor FROM events WHERE seq = $1").bind(seq).fetch_one(db).await)?;
        let (time, event) = self.event(seq).await?;
        Ok(Act { seq: seq.unsigned_abs(), time, actor, event })
    }
}

impl Case {
    fn of((id, seq, announcement, summary, state, reason, received): Row) -> Result<Self, StoreError> {
        let summary = serde_json::from_str(&summary).map_err(|error| StoreError::Row(error.to_string()))?;
        let state = parse_state(&state)?;
        Ok(Self { id, seq: seq.unsigned_abs(), announcement, summary, state, reason, received })
    }
}
