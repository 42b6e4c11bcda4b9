//! What follows from each event: the rows of the views. Used when an event is appended and when
//! the views are made again from the log, so that the two cannot differ.

use factory_assurance::canonical;
use sqlx::SqliteConnection;

use super::{StoreError, read::state_name, writing::row_number};
use crate::log::event::{
    AnnouncementMade, ConfirmationGiven, EntryMade, Event, ReturnMade, SubmissionTaken, WithdrawalMade,
};
use factory_assurance::wire::Procedure;

/// The tables that are views, with their columns: in the order in which rows may be written.
pub(super) const VIEWS: [(&str, &str); 6] = [
    ("epochs", "SELECT json_array(actor, epoch) FROM epochs ORDER BY actor"),
    (
        "announcements",
        "SELECT json_array(id, key, seq, request, bundle, nonce, attempt) FROM announcements ORDER BY seq",
    ),
    (
        "submissions",
        "SELECT json_array(id, key, seq, announcement, participant, service, dossier, summary, state, reason, confirmation, entry) FROM submissions ORDER BY seq",
    ),
    ("entries", "SELECT json_array(seq, participant, service, search) FROM entries ORDER BY seq"),
    ("tree", "SELECT json_array(level, position, hex(hash)) FROM tree ORDER BY level, position"),
    ("withdrawals", "SELECT json_array(seq, key, participant, service, entry, reason) FROM withdrawals ORDER BY seq"),
];

/// Writes the rows that follow from `event`, number `seq`, by `actor`.
pub(super) async fn apply(rows: &mut SqliteConnection, seq: i64, actor: &str, event: &Event) -> Result<(), StoreError> {
    match event {
        Event::Epoch(raised) => {
            sqlx::query("INSERT INTO epochs (actor, epoch) VALUES (?, ?) ON CONFLICT (actor) DO UPDATE SET epoch = excluded.epoch")
                .bind(actor)
                .bind(row_number(raised.epoch))
                .execute(rows)
                .await?;
            Ok(())
        }
        Event::Announcement(made) => announcement(rows, seq, made).await,
        Event::Submission(taken) => submission(rows, seq, taken).await,
        Event::Confirmation(ConfirmationGiven { submission, .. }) => {
            let query = sqlx::query("UPDATE submissions SET state = ?, confirmation = ? WHERE id = ?");
            one(query.bind(state_name(Procedure::Confirmed)).bind(seq).bind(submission), rows).await
        }
        Event::Return(ReturnMade { submission, reason }) => {
            let query = sqlx::query("UPDATE submissions SET state = ?, reason = ? WHERE id = ?");
            one(query.bind(state_name(Procedure::Returned)).bind(reason).bind(submission), rows).await
        }
        Event::Entry(made) => entry(rows, seq, made).await,
        Event::Withdrawal(made) => withdrawal(rows, seq, made).await,
    }
}

async fn announcement(rows: &mut SqliteConnection, seq: i64, made: &AnnouncementMade) -> Result<(), StoreError> {
    let query = sqlx::query(
        "INSERT INTO announcements (id, key, seq, request, bundle, nonce, attempt) VALUES (?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(&made.id)
    .bind(&made.key)
    .bind(seq)
    .bind(canonical::digest(&made.run)?)
    .bind(made.run.bundle.digest()?)
    .bind(&made.nonce)
    .bind(made.attempt);
    one(query, rows).await
}

async fn submission(rows: &mut SqliteConnection, seq: i64, taken: &SubmissionTaken) -> Result<(), StoreError> {
    let SubmissionTaken { id, key, announcement, summary, dossier: _ } = taken;
    let text = serde_json::to_string(summary).map_err(|error| StoreError::Row(error.to_string()))?;
    let query = sqlx::query(
        "INSERT INTO submissions (id, key, seq, announcement, participant, service, dossier, summary, state) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(id)
    .bind(key)
    .bind(seq)
    .bind(announcement)
    .bind(&summary.subject.participant)
    .bind(&summary.subject.service)
    .bind(&summary.dossier)
    .bind(text)
    .bind(state_name(Procedure::Submitted));
    one(query, rows).await
}

async fn entry(rows: &mut SqliteConnection, seq: i64, made: &EntryMade) -> Result<(), StoreError> {
    let query = sqlx::query("UPDATE submissions SET state = ?, entry = ? WHERE id = ?");
    one(query.bind(state_name(Procedure::Registered)).bind(seq).bind(&made.submission), rows).await?;
    let subject = &made.summary.subject;
    let query = sqlx::query("INSERT INTO entries (seq, participant, service, search) VALUES (?, ?, ?, ?)")
        .bind(seq)
        .bind(&subject.participant)
        .bind(&subject.service)
        .bind(search_text(made));
    one(query, rows).await
}

/// Everything of the service that was confirmed ends: an earlier release is not in force either.
async fn withdrawal(rows: &mut SqliteConnection, seq: i64, made: &WithdrawalMade) -> Result<(), StoreError> {
    let WithdrawalMade { key, participant, service, entry, reason } = made;
    let query = sqlx::query(
        "INSERT INTO withdrawals (seq, key, participant, service, entry, reason) VALUES (?, ?, ?, ?, ?, ?)",
    )
    .bind(seq)
    .bind(key)
    .bind(participant)
    .bind(service)
    .bind(row_number(*entry))
    .bind(reason);
    one(query, rows).await?;
    sqlx::query(
        "UPDATE submissions SET state = ?, reason = ? WHERE participant = ? AND service = ? AND state IN (?, ?)",
    )
    .bind(state_name(Procedure::Withdrawn))
    .bind(reason)
    .bind(participant)
    .bind(service)
    .bind(state_name(Procedure::Confirmed))
    .bind(state_name(Procedure::Registered))
    .execute(rows)
    .await?;
    Ok(())
}

/// What the public index is searched by, in lower case: `SQLite` folds only Latin letters itself.
fn search_text(made: &EntryMade) -> String {
    let (titles, subject) = (&made.record.titles, &made.summary.subject);
    [&titles.ky, &titles.ru, &titles.en, &subject.participant, &subject.service, &made.record.data.owner.name]
        .map(|text| text.to_lowercase())
        .join("\n")
}

/// Executes a write that changes exactly one row.
async fn one(
    query: sqlx::query::Query<'_, sqlx::Sqlite, sqlx::sqlite::SqliteArguments>,
    rows: &mut SqliteConnection,
) -> Result<(), StoreError> {
    match query.execute(rows).await?.rows_affected() {
        1 => Ok(()),
        other => Err(StoreError::Row(format!("an event should change one row and changed {other}"))),
    }
}
