//! Binding instructions (56.7): written when the regulator issues or withdraws one, closed by nothing but the
//! confirmation of a release that carries one out.

use std::collections::BTreeSet;

use factory_crds::resilience_standard::FaultKind;

use super::{
    Store, StoreError, WriteError, Written, announce,
    both::{Rows, changed, on},
    views::{one, text},
    writing::Writing,
};
use crate::{
    log::event::{Event, InstructionClosed, InstructionIssued, InstructionWithdrawn, Sealed},
    pages::day,
};
use factory_assurance::wire::InstructionState;

/// Most instructions in one answer.
const MOST: i64 = 1000;

/// Columns of the view.
pub(super) const COLUMNS: [&str; 13] = [
    "id",
    "key",
    "seq",
    "participant",
    "service",
    "finding",
    "basis",
    "due",
    "experiment",
    "state",
    "reason",
    "submission",
    "ended",
];

/// What the regulator asks for, found to be in order.
#[derive(Clone, Debug)]
pub struct Issue {
    /// Idempotency key.
    pub key: String,
    /// Participant.
    pub participant: String,
    /// Name of the service.
    pub service: String,
    /// What was found.
    pub finding: String,
    /// On what it rests.
    pub basis: String,
    /// Last day, `YYYY-MM-DD`.
    pub due: String,
    /// Fault that closes it.
    pub experiment: FaultKind,
}

/// What a dossier says of instructions.
#[derive(Clone, Debug, Default)]
pub struct Proven {
    /// Kinds of faults that it shows its service to survive.
    pub survived: BTreeSet<FaultKind>,
    /// Whether its standard freezes a service with an overdue instruction.
    pub freezes: bool,
}

/// Which instructions to list.
#[derive(Clone, Debug, Default)]
pub struct Which {
    /// The one with this id.
    pub id: Option<String>,
    /// Only those that stand there.
    pub state: Option<InstructionState>,
    /// Only those to this participant.
    pub participant: Option<String>,
    /// Only those to services with this name.
    pub service: Option<String>,
}

/// An instruction as the register has it.
#[derive(Clone, Debug)]
pub struct Instruction {
    /// As it was issued.
    pub issued: InstructionIssued,
    /// Number of its event.
    pub seq: u64,
    /// When it was issued, RFC 3339.
    pub time: String,
    /// Where it stands.
    pub state: InstructionState,
    /// Whether it is open and its last day is over, by the clock of the log.
    pub overdue: bool,
    /// Why it was withdrawn; empty otherwise.
    pub reason: String,
    /// Submission whose confirmation closed it.
    pub submission: Option<String>,
    /// When it ended, RFC 3339.
    pub ended: Option<String>,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    key: String,
    seq: i64,
    participant: String,
    service: String,
    finding: String,
    basis: String,
    due: String,
    experiment: String,
    state: String,
    reason: String,
    submission: Option<String>,
    issued_at: String,
    ended_at: Option<String>,
}

impl Store {
    /// Issues an instruction for `actor`; answers its id. The same wish under the same key is the same
    /// instruction.
    pub async fn instruct(&self, actor: &str, issue: Issue) -> Result<Written<String>, WriteError> {
        let Issue { key, participant, service, finding, basis, due, experiment } = issue;
        let mut writing = Writing::begin(self, actor).await?;
        let before: Option<(i64, String)> = on!(writing.transaction, db => {
            sqlx::query_as("SELECT seq, id FROM instructions WHERE key = $1").bind(&key).fetch_optional(db).await
        })?;
        let id = before.as_ref().map_or_else(announce::new_id, |(_, id)| Ok(id.clone()))?;
        let issued = InstructionIssued { id, key, participant, service, finding, basis, due, experiment };
        if let Some((seq, id)) = before {
            return match self.event(seq).await? {
                (_, Event::Instruction(same)) if same == issued => Ok(Written::Before(id)),
                _ => Err(WriteError::Key(issued.key)),
            };
        }
        let known: Option<i64> = on!(writing.transaction, db => {
            sqlx::query_scalar("SELECT seq FROM submissions WHERE participant = $1 AND service = $2 LIMIT 1")
                .bind(&issued.participant)
                .bind(&issued.service)
                .fetch_optional(db)
                .await
        })?;
        if known.is_none() {
            let InstructionIssued { participant, service, .. } = issued;
            return Err(WriteError::NoService { participant, service });
        }
        let id = issued.id.clone();
        writing.append(&Sealed::of(Event::Instruction(issued))?).await?;
        writing.commit().await?;
        Ok(Written::Now(id))
    }

    /// Withdraws instruction `id` for `actor` with a `reason`. The same withdrawal again changes nothing.
    pub async fn take_back(&self, actor: &str, id: &str, reason: &str) -> Result<Written<()>, WriteError> {
        let mut writing = Writing::begin(self, actor).await?;
        let row: Option<(String, String)> = on!(writing.transaction, db => {
            sqlx::query_as("SELECT state, reason FROM instructions WHERE id = $1").bind(id).fetch_optional(db).await
        })?;
        let (state, before) = row.ok_or_else(|| WriteError::NoInstruction(id.to_owned()))?;
        let ended = |state: String, rule| Err(WriteError::Ended { id: id.to_owned(), state, rule });
        match parse(&state)? {
            InstructionState::Open => {}
            InstructionState::Withdrawn if before == reason => return Ok(Written::Before(())),
            InstructionState::Withdrawn => return ended(state, "with another reason, which stays"),
            InstructionState::Closed => return ended(state, "what was carried out cannot be withdrawn"),
        }
        let made = InstructionWithdrawn { instruction: id.to_owned(), reason: reason.to_owned() };
        writing.append(&Sealed::of(Event::InstructionWithdrawn(made))?).await?;
        writing.commit().await?;
        Ok(Written::Now(()))
    }

    /// The instruction with this id.
    pub async fn instruction(&self, id: &str) -> Result<Option<Instruction>, StoreError> {
        Ok(self.instructions(&Which { id: Some(id.to_owned()), ..Which::default() }).await?.pop())
    }

    /// Instructions, the newest first, at most 1000.
    pub async fn instructions(&self, which: &Which) -> Result<Vec<Instruction>, StoreError> {
        let query = "SELECT this.id, this.key, this.seq, this.participant, this.service, this.finding, this.basis,
                 this.due, this.experiment, this.state, this.reason, this.submission,
                 events.time AS issued_at, ended.time AS ended_at
             FROM instructions AS this JOIN events ON events.seq = this.seq
             LEFT JOIN events AS ended ON ended.seq = this.ended
             WHERE ($1 IS NULL OR this.id = $1) AND ($2 IS NULL OR this.state = $2)
               AND ($3 IS NULL OR this.participant = $3) AND ($4 IS NULL OR this.service = $4)
             ORDER BY this.seq DESC LIMIT $5";
        let rows: Vec<Row> = on!(self.readers, db => {
            sqlx::query_as(query)
                .bind(which.id.as_deref())
                .bind(which.state.map(name))
                .bind(which.participant.as_deref())
                .bind(which.service.as_deref())
                .bind(MOST)
                .fetch_all(db)
                .await
        })?;
        let today = day(&self.now().to_string());
        rows.into_iter().map(|row| row.instruction(&today)).collect()
    }

    /// How many open instructions are overdue.
    pub async fn overdue(&self) -> Result<u64, StoreError> {
        let query = "SELECT COUNT(*) FROM instructions WHERE state = $1 AND due < $2";
        let today = day(&self.now().to_string());
        let count: i64 = on!(self.readers, db => {
            sqlx::query_scalar(query).bind(name(InstructionState::Open)).bind(today).fetch_one(db).await
        })?;
        Ok(count.unsigned_abs())
    }
}

/// The instructions that the confirmation of submission `id` closes: of its service, open, issued before its run
/// was announced, and asking for a fault that it has `proven`. Where its standard freezes, an overdue one that
/// stays open is a refusal.
pub(super) async fn carried_out(
    writing: &mut Writing<'_>,
    id: &str,
    proven: &Proven,
) -> Result<Vec<InstructionClosed>, WriteError> {
    let today = day(writing.time());
    let rows: Vec<(String, i64, String, String, String, String, i64)> = on!(writing.transaction, db => {
        sqlx::query_as(
            "SELECT instructions.id, instructions.seq, instructions.due, instructions.experiment,
                 instructions.participant, instructions.service, announcements.seq
             FROM submissions JOIN announcements ON announcements.id = submissions.announcement
             JOIN instructions ON instructions.participant = submissions.participant
                 AND instructions.service = submissions.service
             WHERE submissions.id = $1 AND instructions.state = $2 ORDER BY instructions.seq",
        )
        .bind(id)
        .bind(name(InstructionState::Open))
        .fetch_all(db)
        .await
    })?;
    let mut closed = Vec::new();
    for (instruction, seq, due, experiment, participant, service, announced) in rows {
        if announced > seq && proven.survived.contains(&kind(&experiment)?) {
            closed.push(InstructionClosed { instruction, submission: id.to_owned() });
        } else if proven.freezes && due < today {
            return Err(WriteError::Frozen { participant, service, event: seq.unsigned_abs(), due, experiment });
        }
    }
    Ok(closed)
}

/// The row of an instruction that was issued.
pub(super) async fn issued(rows: &mut Rows<'_>, seq: i64, issued: &InstructionIssued) -> Result<(), StoreError> {
    let InstructionIssued { id, key, participant, service, finding, basis, due, experiment } = issued;
    one(changed!(
        rows,
        sqlx::query(
            "INSERT INTO instructions (id, key, seq, participant, service, finding, basis, due, experiment, state)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        )
        .bind(id)
        .bind(key)
        .bind(seq)
        .bind(participant)
        .bind(service)
        .bind(text(finding))
        .bind(text(basis))
        .bind(due)
        .bind(experiment.to_string())
        .bind(name(InstructionState::Open))
    )?)
}

/// What becomes of it when it was carried out.
pub(super) async fn closed(rows: &mut Rows<'_>, seq: i64, closed: &InstructionClosed) -> Result<(), StoreError> {
    one(changed!(
        rows,
        sqlx::query("UPDATE instructions SET state = $1, submission = $2, ended = $3 WHERE id = $4")
            .bind(name(InstructionState::Closed))
            .bind(&closed.submission)
            .bind(seq)
            .bind(&closed.instruction)
    )?)
}

/// What becomes of it when the regulator withdrew it.
pub(super) async fn withdrawn(rows: &mut Rows<'_>, seq: i64, made: &InstructionWithdrawn) -> Result<(), StoreError> {
    one(changed!(
        rows,
        sqlx::query("UPDATE instructions SET state = $1, reason = $2, ended = $3 WHERE id = $4")
            .bind(name(InstructionState::Withdrawn))
            .bind(text(&made.reason))
            .bind(seq)
            .bind(&made.instruction)
    )?)
}

impl Row {
    fn instruction(self, today: &str) -> Result<Instruction, StoreError> {
        let state = parse(&self.state)?;
        let Self { id, key, seq, participant, service, finding, basis, due, .. } = self;
        let experiment = kind(&self.experiment)?;
        Ok(Instruction {
            overdue: state == InstructionState::Open && *due < *today,
            issued: InstructionIssued { id, key, participant, service, finding, basis, due, experiment },
            seq: seq.unsigned_abs(),
            time: self.issued_at,
            state,
            reason: self.reason,
            submission: self.submission,
            ended: self.ended_at,
        })
    }
}

/// A state as the view names it.
pub(super) const fn name(state: InstructionState) -> &'static str {
    match state {
        InstructionState::Open => "Open",
        InstructionState::Closed => "Closed",
        InstructionState::Withdrawn => "Withdrawn",
    }
}

fn parse(found: &str) -> Result<InstructionState, StoreError> {
    use InstructionState::{Closed, Open, Withdrawn};
    let state = [Open, Closed, Withdrawn].into_iter().find(|state| name(*state) == found);
    state.ok_or_else(|| StoreError::Row(format!("unknown state `{found}` of an instruction")))
}

fn kind(found: &str) -> Result<FaultKind, StoreError> {
    let kind = FaultKind::ALL.into_iter().find(|kind| kind.to_string() == found);
    kind.ok_or_else(|| StoreError::Row(format!("unknown fault `{found}` of an instruction")))
}
