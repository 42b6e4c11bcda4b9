//! What follows from each event: the rows of the views. Used when an event is appended and when
//! the views are made again from the log, so that the two cannot differ.

mod claims;
mod delegations;
mod membership;
mod objects;

use factory_assurance::canonical;
use factory_crds::{Text, state_service::RegisterData};

use super::{
    StoreError,
    both::{Rows, changed},
    history, instructions, issued, measured, observed,
    read::state_name,
    standards,
    writing::row_number,
};
use crate::log::event::{
    AnnouncementMade, ConfirmationGiven, EntryMade, Event, ExclusionMade, HandoverMade, ReturnMade, SubmissionTaken,
    WithdrawalMade,
};
use factory_assurance::wire::Procedure;

/// A table that is a view: its name, its columns, and those that its rows are in order by.
pub(super) type View = (&'static str, &'static [&'static str], &'static [&'static str]);

/// The tables that are views, with their columns: in the order in which rows may be written.
pub(super) const VIEWS: [View; 19] = [
    ("epochs", &["actor", "epoch"], &["actor"]),
    ("announcements", &["id", "key", "seq", "request", "bundle", "nonce", "attempt"], &["seq"]),
    (
        "submissions",
        &[
            "id",
            "key",
            "seq",
            "announcement",
            "participant",
            "service",
            "dossier",
            "summary",
            "state",
            "reason",
            "confirmation",
            "entry",
        ],
        &["seq"],
    ),
    ("entries", &["seq", "participant", "service", "search"], &["seq"]),
    ("tree", &["level", "position", "hash"], &["level", "position"]),
    ("withdrawals", &["seq", "key", "participant", "service", "entry", "reason", "item"], &["seq"]),
    ("handovers", &["seq", "note"], &["seq"]),
    ("instructions", &instructions::COLUMNS, &["seq"]),
    claims::VIEW,
    observed::VIEW,
    objects::VIEW,
    objects::CONTACTS,
    membership::VIEW,
    delegations::VIEW,
    delegations::USES,
    measured::VIEW,
    standards::VIEW,
    issued::VIEW,
    history::VIEW,
];

/// Writes the rows that follow from `event`, number `seq`, by `actor`.
pub(super) async fn apply(rows: &mut Rows<'_>, seq: i64, actor: &str, event: &Event) -> Result<(), StoreError> {
    match event {
        Event::Epoch(raised) => one(changed!(
            rows,
            sqlx::query("INSERT INTO epochs (actor, epoch) VALUES ($1, $2) ON CONFLICT (actor) DO UPDATE SET epoch = excluded.epoch")
                .bind(actor)
                .bind(row_number(raised.epoch))
        )?),
        Event::Announcement(made) => announcement(rows, seq, made).await,
        Event::Submission(taken) => submission(rows, seq, taken).await,
        Event::Confirmation(ConfirmationGiven { submission, .. }) => one(changed!(
            rows,
            sqlx::query("UPDATE submissions SET state = $1, confirmation = $2 WHERE id = $3")
                .bind(state_name(Procedure::Confirmed))
                .bind(seq)
                .bind(submission)
        )?),
        Event::Return(ReturnMade { submission, reason }) => one(changed!(
            rows,
            sqlx::query("UPDATE submissions SET state = $1, reason = $2 WHERE id = $3")
                .bind(state_name(Procedure::Returned))
                .bind(text(reason))
                .bind(submission)
        )?),
        Event::Entry(made) => entry(rows, seq, made).await,
        Event::Withdrawal(made) => withdrawal(rows, seq, made, None).await,
        Event::Handover(HandoverMade { note }) => one(changed!(
            rows,
            sqlx::query("INSERT INTO handovers (seq, note) VALUES ($1, $2)").bind(seq).bind(note)
        )?),
        Event::Instruction(issued) => instructions::issued(rows, seq, issued).await,
        Event::InstructionClosed(closed) => instructions::closed(rows, seq, closed).await,
        Event::InstructionWithdrawn(withdrawn) => instructions::withdrawn(rows, seq, withdrawn).await,
        Event::Exclusion(made) => exclusion(rows, seq, made).await,
        Event::Claim(made) => claims::made(rows, seq, made).await,
        Event::ClaimDecision(decided) => claims::decided(rows, seq, decided).await,
        Event::ClaimAnswer(answered) => claims::answered(rows, seq, answered).await,
        Event::Forgetting(made) => claims::forgotten(rows, seq, made).await,
        Event::Observed(made) => observed::made(rows, seq, made).await,
        Event::Measured(made) => measured::made(rows, seq, made).await,
        Event::Object(taken) => objects::taken(rows, seq, taken).await,
        Event::ObjectReturn(made) => objects::returned(rows, made).await,
        Event::ObjectConfirmation(made) => objects::confirmed(rows, seq, made).await,
        Event::ObjectEntry(made) => objects::entry(rows, seq, made).await,
        Event::ContactsForgotten(made) => objects::forgotten(rows, seq, made).await,
        Event::AccessRequest(asked) => membership::asked(rows, seq, asked).await,
        Event::AccessGranted(made) => membership::granted(rows, seq, made).await,
        Event::AccessRefused(made) => membership::refused(rows, seq, made).await,
        Event::AccessTaken(made) => membership::taken(rows, seq, made).await,
        Event::Delegation(given) => delegations::given(rows, seq, given).await,
        Event::Revocation(made) => delegations::revoked(rows, seq, made).await,
        Event::DelegationUse(made) => delegations::used(rows, seq, made).await,
        Event::StandardIssued(made) => issued::made(rows, seq, made).await,
    }
}

async fn announcement(rows: &mut Rows<'_>, seq: i64, made: &AnnouncementMade) -> Result<(), StoreError> {
    one(changed!(
        rows,
        sqlx::query(
            "INSERT INTO announcements (id, key, seq, request, bundle, nonce, attempt) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(&made.id)
        .bind(&made.key)
        .bind(seq)
        .bind(canonical::digest(&made.run)?)
        .bind(made.run.bundle.digest()?)
        .bind(&made.nonce)
        .bind(i64::from(made.attempt))
    )?)?;
    standards::announced(rows, seq, &made.run.standard).await
}

async fn submission(rows: &mut Rows<'_>, seq: i64, taken: &SubmissionTaken) -> Result<(), StoreError> {
    let SubmissionTaken { id, key, announcement, summary, dossier: _, repetitions } = taken;
    let held = serde_json::to_string(summary).map_err(|error| StoreError::Row(error.to_string()))?;
    one(changed!(
        rows,
        sqlx::query(
            "INSERT INTO submissions (id, key, seq, announcement, participant, service, dossier, summary, state) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .bind(id)
        .bind(key)
        .bind(seq)
        .bind(announcement)
        .bind(&summary.subject.participant)
        .bind(&summary.subject.service)
        .bind(&summary.dossier)
        .bind(held)
        .bind(state_name(Procedure::Submitted))
    )?)?;
    history::taken(rows, seq, summary, repetitions).await
}

async fn entry(rows: &mut Rows<'_>, seq: i64, made: &EntryMade) -> Result<(), StoreError> {
    one(changed!(
        rows,
        sqlx::query("UPDATE submissions SET state = $1, entry = $2 WHERE id = $3")
            .bind(state_name(Procedure::Registered))
            .bind(seq)
            .bind(&made.submission)
    )?)?;
    let (subject, record) = (&made.summary.subject, &made.record);
    entered(rows, seq, (&subject.participant, &subject.service), &record.titles, &record.data).await
}

/// The row by which everyone finds an entry.
async fn entered(
    rows: &mut Rows<'_>,
    seq: i64,
    (participant, name): (&str, &str),
    titles: &Text,
    data: &RegisterData,
) -> Result<(), StoreError> {
    one(changed!(
        rows,
        sqlx::query("INSERT INTO entries (seq, participant, service, search) VALUES ($1, $2, $3, $4)")
            .bind(seq)
            .bind(participant)
            .bind(name)
            .bind(search_text([&titles.ky, &titles.ru, &titles.en, participant, name, &data.owner.name]))
    )?)
}

/// Everything of the service that was confirmed ends: an earlier release is not in force either.
async fn withdrawal(
    rows: &mut Rows<'_>,
    seq: i64,
    made: &WithdrawalMade,
    item: Option<&str>,
) -> Result<(), StoreError> {
    let WithdrawalMade { key, participant, service, entry, reason } = made;
    one(changed!(
        rows,
        sqlx::query(
            "INSERT INTO withdrawals (seq, key, participant, service, entry, reason, item)
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(seq)
        .bind(key)
        .bind(participant)
        .bind(service)
        .bind(row_number(*entry))
        .bind(text(reason))
        .bind(item)
    )?)?;
    let said = item.map_or_else(|| reason.clone(), |item| format!("excluded by the regulator (item {item}): {reason}"));
    changed!(
        rows,
        sqlx::query(
            "UPDATE submissions SET state = $1, reason = $2 WHERE participant = $3 AND service = $4 AND state IN ($5, $6)",
        )
        .bind(state_name(Procedure::Withdrawn))
        .bind(text(&said))
        .bind(participant)
        .bind(service)
        .bind(state_name(Procedure::Confirmed))
        .bind(state_name(Procedure::Registered))
    )?;
    objects::ended(rows, (participant, service), &text(&said)).await
}

/// The regulator's exclusion ends what a withdrawal ends, so that programs which read of one read of the other.
async fn exclusion(rows: &mut Rows<'_>, seq: i64, made: &ExclusionMade) -> Result<(), StoreError> {
    let ExclusionMade { key, participant, service, entry, reason, item } = made.clone();
    withdrawal(rows, seq, &WithdrawalMade { key, participant, service, entry, reason }, Some(&item)).await
}

/// What people wrote, as both databases can hold it: a text of `PostgreSQL` has no zero characters. The event
/// has it as it was written.
pub(super) fn text(written: &str) -> String {
    written.replace('\0', "\u{fffd}")
}

/// What the public index is searched by, in lower case: what a database folds itself
/// differs from one to the other.
fn search_text(texts: [&str; 6]) -> String {
    texts.map(|written| text(&written.to_lowercase())).join("\n")
}

/// A write must have changed exactly one row.
pub(super) fn one(changed: u64) -> Result<(), StoreError> {
    match changed {
        1 => Ok(()),
        other => Err(StoreError::Row(format!("an event should change one row and changed {other}"))),
    }
}
