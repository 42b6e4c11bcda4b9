//! `/api/v1/entries.csv`: the newest entry of each service as a table (RFC 4180), as the register was
//! when it was asked for. It is sent while it is read, so its size costs no memory.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::{Query, State, rejection::QueryRejection},
    http::{
        HeaderName,
        header::{CONTENT_DISPOSITION, CONTENT_TYPE},
    },
    response::{IntoResponse as _, Response},
};
use futures::stream;
use serde::{Deserialize, Serialize};

use super::{
    Register,
    entries::{FOR_EVERYONE, PublicEntry},
    problem::Refusal,
};
use crate::store::EntryList;

/// Entries that are read at once.
const MOST: u32 = 100;

const TABLE: [(HeaderName, &str); 2] = [
    (CONTENT_TYPE, "text/csv; charset=utf-8; header=present"),
    (CONTENT_DISPOSITION, "attachment; filename=\"entries.csv\""),
];

/// Which entries to list.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableQuery {
    /// Words that all must stand in title, name, participant or owner.
    #[serde(default)]
    pub q: String,
}

/// One row. The names of its fields are the head of the table.
#[derive(Debug, Serialize)]
struct Row {
    participant: String,
    service: String,
    title_ky: String,
    title_ru: String,
    title_en: String,
    class: String,
    owner: String,
    owner_registration_number: String,
    host: String,
    verdict: String,
    standard: String,
    attempt: u32,
    max_downtime_per_year: String,
    recovery_time: String,
    simultaneous_users: u32,
    decision: String,
    registered_at: String,
    withdrawn_at: String,
    event: u64,
    page: String,
}

impl From<PublicEntry> for Row {
    fn from(entry: PublicEntry) -> Self {
        let (owner, availability) = (entry.register.owner, entry.register.availability);
        Self {
            participant: cell(entry.participant),
            service: cell(entry.service),
            title_ky: cell(entry.titles.ky),
            title_ru: cell(entry.titles.ru),
            title_en: cell(entry.titles.en),
            class: cell(entry.class),
            owner: cell(owner.name),
            owner_registration_number: cell(owner.registration_number),
            host: cell(entry.host),
            verdict: format!("{:?}", entry.verdict.outcome),
            standard: cell(entry.standard),
            attempt: entry.attempt,
            max_downtime_per_year: cell(availability.max_downtime_per_year.to_string()),
            recovery_time: cell(availability.recovery_time.to_string()),
            simultaneous_users: availability.simultaneous_users,
            decision: cell(entry.decision),
            registered_at: entry.registered_at,
            withdrawn_at: entry.withdrawn.map(|withdrawn| withdrawn.at).unwrap_or_default(),
            event: entry.event,
            page: entry.page,
        }
    }
}

/// What is read next.
struct Reading {
    register: Arc<Register>,
    search: String,
    as_of: u64,
    next: Option<EntryList>,
}

/// All of it.
pub async fn table(
    State(register): State<Arc<Register>>,
    query: Result<Query<TableQuery>, QueryRejection>,
) -> Result<Response, Refusal> {
    let Query(TableQuery { q: search }) = query.map_err(|error| Refusal::bad_request(error.body_text()))?;
    let as_of = register.store.size();
    // The first part is read before anything is answered: a database that is away is a refusal.
    let first = register.store.index(&search, None, Some(as_of), MOST).await?;
    let head = written(true, &first).map_err(|error| Refusal::internal(&error))?;
    let reading = Reading { register, search, as_of, next: Some(first) };
    let rest = stream::try_unfold(reading, |mut reading| async move {
        let Some(before) = reading.next.take().filter(|list| list.more).and_then(|list| oldest(&list)) else {
            return Ok::<_, Broken>(None);
        };
        let list = reading.register.store.index(&reading.search, Some(before), Some(reading.as_of), MOST).await?;
        let rows = written(false, &list)?;
        reading.next = Some(list);
        Ok(Some((rows, reading)))
    });
    let body = Body::from_stream(futures::StreamExt::chain(stream::iter([Ok(head)]), rest));
    Ok((TABLE, FOR_EVERYONE, body).into_response())
}

/// The table could not be sent to its end: the connection breaks, so that no half passes for a whole.
#[derive(Debug, thiserror::Error)]
enum Broken {
    #[error(transparent)]
    Store(#[from] crate::store::StoreError),
    #[error(transparent)]
    Written(#[from] csv::Error),
}

fn oldest(list: &EntryList) -> Option<u64> {
    list.entries.last().map(|entry| entry.seq)
}

/// The rows of `list`, under the head of the table where they are the `first`.
fn written(first: bool, list: &EntryList) -> Result<Vec<u8>, csv::Error> {
    let mut writer =
        csv::WriterBuilder::new().has_headers(first).terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    for entry in &list.entries {
        writer.serialize(Row::from(PublicEntry::from(entry.clone())))?;
    }
    writer.into_inner().map_err(|error| error.into_error().into())
}

/// `text` as a program for tables shows it: one that begins like a formula gets an apostrophe before it,
/// and would otherwise be carried out.
fn cell(text: String) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']) {
        format!("'{text}")
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_begins_like_a_formula() {
        for text in ["=1+1", "+7", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1"] {
            assert_eq!(cell(text.to_owned()), format!("'{text}"));
        }
        for text in ["", "Дарек", "a=b", "'=1"] {
            assert_eq!(cell(text.to_owned()), text);
        }
    }
}
