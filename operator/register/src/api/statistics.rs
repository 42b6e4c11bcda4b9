//! `/api/v1/statistics`: the register in numbers, for everyone, as JSON and as a table. They are counted over the
//! whole register, so they are counted by one request at a time, and not again for as long as nothing was written.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::{
        HeaderName,
        header::{CONTENT_DISPOSITION, CONTENT_TYPE},
    },
    response::{IntoResponse as _, Response},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

use super::{Register, entries::FOR_EVERYONE, off_thread, problem::Refusal, table::inert};
use crate::{
    console::calendar::{Calendar, Standing},
    store::statistics::Counts,
};

/// What was counted last; who counts holds it.
pub type Counted = Mutex<Option<Arc<Statistics>>>;

/// The register in numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Statistics {
    /// Number of events of the log that were counted over, at least.
    pub as_of: u64,
    /// Services whose newest entry is in force.
    pub in_force: u64,
    /// Participants with such a service.
    pub participants: u64,
    /// Entries that were made.
    pub entries: u64,
    /// Withdrawals of services.
    pub withdrawals: u64,
    /// Entries of which the term of item 21 is known: the newest 10,000.
    pub terms_known: u64,
    /// Those of them that were made within five working days of the submission.
    pub in_term: u64,
    /// By month, the newest first.
    pub months: Vec<MonthCount>,
    /// Releases in force by the standard that judged them.
    pub standards: Vec<StandardCount>,
}

/// What happened in a month.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MonthCount {
    /// `YYYY-MM`, by the clock of Bishkek.
    pub month: String,
    /// Entries made.
    pub entered: u64,
    /// Services withdrawn.
    pub withdrawn: u64,
}

/// Releases in force under a standard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StandardCount {
    /// `<name>@<version>`.
    pub standard: String,
    /// How many.
    pub releases: u64,
}

/// Statistics
///
/// The register in numbers, counted from its log.
#[utoipa::path(get, path = "/api/v1/statistics", operation_id = "getStatistics", tag = "public",
    responses(
        (status = 200, description = "The numbers.", body = ref("#/components/schemas/Statistics"), content_type = "application/json"),
        (status = 304, description = "As it was."),
    ))]
pub async fn json(State(register): State<Arc<Register>>) -> Result<Response, Refusal> {
    let counted = counted(&register).await?;
    Ok((FOR_EVERYONE, Json(&*counted)).into_response())
}

const TABLE: [(HeaderName, &str); 2] = [
    (CONTENT_TYPE, "text/csv; charset=utf-8; header=present"),
    (CONTENT_DISPOSITION, "attachment; filename=\"statistics.csv\""),
];

/// Statistics as a table
///
/// The same, one number a row (RFC 4180).
#[utoipa::path(get, path = "/api/v1/statistics.csv", operation_id = "getStatisticsTable", tag = "public",
    responses(
        (status = 200, description = "The table.", body = String, content_type = "text/csv"),
        (status = 304, description = "As it was."),
    ))]
pub async fn table(State(register): State<Arc<Register>>) -> Result<Response, Refusal> {
    let counted = counted(&register).await?;
    Ok((TABLE, FOR_EVERYONE, rows(&counted)?).into_response())
}

/// The numbers of now.
pub(crate) async fn counted(register: &Register) -> Result<Arc<Statistics>, Refusal> {
    let as_of = register.store.size();
    let mut last = register.statistics.lock().await;
    if let Some(last) = last.as_ref().filter(|last| last.as_of >= as_of) {
        return Ok(Arc::clone(last));
    }
    let as_of = register.store.size();
    let counts = register.store.statistics().await?;
    let calendar = register.console.calendar().clone();
    let counted = off_thread(move || Ok::<_, Refusal>(Arc::new(of(as_of, counts, &calendar)))).await?;
    *last = Some(Arc::clone(&counted));
    Ok(counted)
}

fn of(as_of: u64, counts: Counts, calendar: &Calendar) -> Statistics {
    let in_term = |(received, entered): &(String, String)| {
        let term = calendar.term(received, entered.parse().ok()?).ok()?;
        Some(!matches!(term.standing, Standing::Late(_)))
    };
    let terms: Vec<bool> = counts.terms.iter().filter_map(in_term).collect();
    let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    Statistics {
        as_of,
        in_force: counts.in_force,
        participants: counts.participants,
        entries: counts.months.values().map(|(entered, _)| entered).sum(),
        withdrawals: counts.months.values().map(|(_, withdrawn)| withdrawn).sum(),
        terms_known: count(terms.len()),
        in_term: count(terms.iter().filter(|in_term| **in_term).count()),
        months: counts
            .months
            .into_iter()
            .rev()
            .map(|(month, (entered, withdrawn))| MonthCount { month, entered, withdrawn })
            .collect(),
        standards: counts
            .standards
            .into_iter()
            .map(|(standard, releases)| StandardCount { standard, releases })
            .collect(),
    }
}

fn rows(counted: &Statistics) -> Result<Vec<u8>, Refusal> {
    let mut table = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    let mut row = |number: &str, of: &str, value: u64| {
        let written = table.write_record([number, &inert(of), &value.to_string()]);
        written.map_err(|error| Refusal::internal(&error))
    };
    for (number, value) in [
        ("in_force", counted.in_force),
        ("participants", counted.participants),
        ("entries", counted.entries),
        ("withdrawals", counted.withdrawals),
        ("terms_known", counted.terms_known),
        ("in_term", counted.in_term),
    ] {
        row(number, "", value)?;
    }
    for month in &counted.months {
        row("entered", &month.month, month.entered)?;
        row("withdrawn", &month.month, month.withdrawn)?;
    }
    for standard in &counted.standards {
        row("in_force_by_standard", &standard.standard, standard.releases)?;
    }
    let rows = table.into_inner().map_err(|error| Refusal::internal(error.error()))?;
    Ok([&b"number,of,value\r\n"[..], &rows].concat())
}
