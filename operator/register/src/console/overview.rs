//! Who complies, who is late, and why: each service by its newest submission.

use std::{collections::BTreeSet, sync::Arc};

use askama::Template;
use axum::{extract::State, http::StatusCode, response::Response};
use factory_assurance::{report::Language, wire::Procedure};
use factory_crds::Outcome;

use super::{
    rows::{self, Row},
    signed_in::SignedIn,
    words::{self, Words},
};
use crate::{
    api::Register,
    pages::{self, day},
    store::{StoreError, cases, cases::Case},
};

/// A service.
struct Service {
    row: Row,
    complies: bool,
    /// What its newest submission says of that: a reason, findings, missing data.
    why: Vec<String>,
}

#[derive(Template)]
#[template(path = "console/overview.html")]
struct OverviewPage<'a> {
    words: &'a pages::words::Words,
    own: &'a Words,
    language: Language,
    keep: String,
    here: &'static str,
    who: &'a SignedIn,
    counts: Vec<(&'static str, u64)>,
    services: Vec<Service>,
}

/// The overview.
pub async fn overview(State(register): State<Arc<Register>>, who: SignedIn) -> Response {
    let language = who.language;
    let (counts, services) = match look(&register, language).await {
        Ok(seen) => seen,
        Err(error) => return pages::unavailable(language, error),
    };
    let (words, own) = (pages::words::of(language), words::of(language));
    let page =
        OverviewPage { words, own, language, keep: String::new(), here: "overview", who: &who, counts, services };
    pages::render(StatusCode::OK, language, &page)
}

type Seen = (Vec<(&'static str, u64)>, Vec<Service>);

async fn look(register: &Register, language: Language) -> Result<Seen, StoreError> {
    let (store, own) = (&register.store, words::of(language));
    let counted = store.counts().await?;
    let count = |state| counted.iter().find(|(found, _)| *found == state).map_or(0, |(_, count)| *count);
    let states =
        [Procedure::Submitted, Procedure::Returned, Procedure::Confirmed, Procedure::Registered, Procedure::Withdrawn];
    let mut counts: Vec<_> = states.into_iter().map(|state| (own.state(state), count(state))).collect();
    let now = store.now();
    let waiting = store.waiting("", cases::MOST).await?;
    let late = waiting.iter().filter_map(|case| rows::term(&register.console.calendar, case, now, language));
    let late = late.filter(rows::Term::is_late).count();
    counts.insert(1, (own.count_late, u64::try_from(late).unwrap_or(u64::MAX)));
    counts.push((pages::binding::of(language).count_overdue, store.overdue().await?));
    let in_force: BTreeSet<_> = store.in_force().await?.into_iter().collect();
    let mut services = Vec::new();
    for case in store.newest_cases().await? {
        let row = rows::row(register, &case, language).await?;
        let complies = in_force.contains(&(row.participant.clone(), row.service.clone()));
        services.push(Service { row, complies, why: why(&case, own) });
    }
    Ok((counts, services))
}

fn why(case: &Case, own: &Words) -> Vec<String> {
    let mut why = Vec::new();
    if !case.reason.is_empty() {
        why.push(case.reason.clone());
    }
    if case.summary.verdict.outcome != Outcome::Passed {
        why.extend(case.summary.verdict.findings.iter().take(3).map(|finding| finding.message.clone()));
    }
    // What still waits says so in its term.
    if case.state == Procedure::Confirmed && !case.summary.missing.is_empty() {
        why.push(words::with(own.incomplete_entry, rows::groups(&case.summary.missing)));
    }
    why
}
