//! `/api/v1/entries.csv`: the newest entry of each service as a table (RFC 4180), as the register was
//! when it was asked for. It is read and sent in parts; no connection of the database waits for its reader.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::State,
    http::{
        HeaderName,
        header::{CONTENT_DISPOSITION, CONTENT_TYPE},
    },
    response::{IntoResponse as _, Response},
};
use futures::{StreamExt as _, stream};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    Register,
    asked::{Asked, Search},
    entries::{FOR_EVERYONE, PublicEntry},
    problem::Refusal,
};

/// Entries that are read at once.
const MOST: u32 = 100;

const TABLE: [(HeaderName, &str); 2] = [
    (CONTENT_TYPE, "text/csv; charset=utf-8; header=present"),
    (CONTENT_DISPOSITION, "attachment; filename=\"entries.csv\""),
];

/// Which entries to list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct TableQuery {
    /// Words that all must stand in title, name, participant or owner.
    #[serde(default)]
    #[param(value_type = String, required = false, max_length = 200)]
    pub q: Search,
}

/// Head of the table.
const HEAD: [&str; 22] = [
    "participant",
    "service",
    "title_ky",
    "title_ru",
    "title_en",
    "class",
    "owner",
    "owner_registration_number",
    "host",
    "verdict",
    "standard",
    "attempt",
    "max_downtime_per_year",
    "recovery_time",
    "simultaneous_users",
    "decision",
    "registered_at",
    "withdrawn_at",
    "excluded_under",
    "event",
    "page",
    "sealed_by",
];

/// A row under that head.
fn row(entry: PublicEntry) -> [String; HEAD.len()] {
    let (owner, availability) = (entry.register.owner, entry.register.availability);
    [
        entry.participant,
        entry.service,
        entry.titles.ky,
        entry.titles.ru,
        entry.titles.en,
        entry.class,
        owner.name,
        owner.registration_number,
        entry.host,
        entry.verdict.map_or_else(|| "NotNeeded".to_owned(), |verdict| format!("{:?}", verdict.outcome)),
        entry.standard,
        entry.attempt.to_string(),
        availability.max_downtime_per_year.to_string(),
        availability.recovery_time.to_string(),
        availability.simultaneous_users.to_string(),
        entry.decision,
        entry.registered_at,
        entry.withdrawn.as_ref().map(|withdrawn| withdrawn.at.clone()).unwrap_or_default(),
        entry.withdrawn.and_then(|withdrawn| withdrawn.item).unwrap_or_default(),
        entry.event.to_string(),
        entry.page,
        entry.sealed_by.unwrap_or_default(),
    ]
    .map(|text| inert(&text))
}

/// What is read next.
struct Reading {
    register: Arc<Register>,
    search: String,
    as_of: u64,
    /// Older than this; nothing where the table has ended.
    before: Option<u64>,
}

impl Reading {
    /// The next rows.
    async fn rows(&mut self) -> Result<Vec<u8>, Broken> {
        let list = self.register.store.index(&self.search, self.before, Some(self.as_of), MOST).await?;
        self.before = list.entries.last().map(|entry| entry.seq).filter(|_| list.more);
        let mut rows = writer();
        for entry in list.entries {
            rows.write_record(row(entry.into()))?;
        }
        Ok(rows.into_inner().map_err(csv::IntoInnerError::into_error)?)
    }
}

pub(super) fn writer() -> csv::Writer<Vec<u8>> {
    csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new())
}

/// All entries as a table
///
/// The newest entry of each service (RFC 4180), as the register was when it was asked for.
#[utoipa::path(get, path = "/api/v1/entries.csv", operation_id = "getTable", tag = "public", params(TableQuery),
    responses((status = 200, description = "The table.", body = String, content_type = "text/csv")))]
pub async fn table(
    State(register): State<Arc<Register>>,
    Asked(TableQuery { q: Search(search) }): Asked<TableQuery>,
) -> Result<Response, Refusal> {
    let as_of = register.store.size();
    let mut reading = Reading { register, search, as_of, before: None };
    let mut head = writer();
    head.write_record(HEAD).map_err(|error| Refusal::internal(&error))?;
    let mut first = head.into_inner().map_err(|error| Refusal::internal(error.error()))?;
    // The first part is read before anything is answered: a database that is away is a refusal.
    first.extend(reading.rows().await.map_err(|broken| match broken {
        Broken::Store(error) => Refusal::from(error),
        other => Refusal::internal(&other),
    })?);
    let rest = stream::try_unfold(reading, |mut reading| async move {
        if reading.before.is_none() {
            return Ok(None);
        }
        match reading.rows().await {
            Ok(rows) => Ok(Some((rows, reading))),
            Err(broken) => {
                tracing::error!(%broken, "a table could not be sent to its end");
                Err(broken)
            }
        }
    });
    let body = Body::from_stream(stream::iter([Ok(first)]).chain(rest));
    Ok((TABLE, FOR_EVERYONE, body).into_response())
}

/// The table could not be read to its end: the connection breaks, so that no half passes for a whole.
#[derive(Debug, thiserror::Error)]
enum Broken {
    #[error(transparent)]
    Store(#[from] crate::store::StoreError),
    #[error(transparent)]
    Row(#[from] csv::Error),
    #[error(transparent)]
    Written(#[from] std::io::Error),
}

/// `text` with an apostrophe before whatever a program for tables would carry out as a formula: at its
/// beginning, and after what some of them take for the end of a cell (`;` where a comma is decimal).
pub(super) fn inert(text: &str) -> String {
    let mut inert = String::with_capacity(text.len());
    let mut begins = true;
    for c in text.chars() {
        if begins && matches!(c, '=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠') {
            inert.push('\'');
        }
        begins = matches!(c, ';' | '\t' | '\r' | '\n' | '"') || (begins && c.is_whitespace());
        inert.push(c);
    }
    inert
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_cell_begins_like_a_formula() {
        for (text, expected) in [
            ("=1+1", "'=1+1"),
            ("+7", "'+7"),
            ("-1", "'-1"),
            (" @SUM(A1)", " '@SUM(A1)"),
            ("\t=1", "\t'=1"),
            ("＝1", "'＝1"),
            ("Справка;=cmd|'/C calc'!A1", "Справка;'=cmd|'/C calc'!A1"),
            ("x\r\n=1", "x\r\n'=1"),
            ("\"=1\"", "\"'=1\""),
            ("", ""),
            ("Дарек", "Дарек"),
            ("a=b - c", "a=b - c"),
            ("2026-03-04", "2026-03-04"),
        ] {
            assert_eq!(inert(text), expected);
        }
    }
}
