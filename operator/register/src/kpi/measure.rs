//! One number of one submission: from the figures that the register computed from its dossier, or from its own
//! events. A number that is not there is missing and says why; none is made up.

use factory_assurance::{verdict::Figure, wire::Procedure};
use factory_crds::{Outcome, resilience_standard::Measure};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    console::calendar::{Calendar, Standing},
    store::kpis::Fact,
};

/// A whole, as parts per million.
const WHOLE: u64 = 1_000_000;

/// Why there is no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Missing {
    /// The dossier has no such figure, or one that could not be measured.
    NotMeasured,
    /// There is no entry yet.
    NotEntered,
    /// There is no entry yet, and its term has not ended.
    TermRuns,
    /// Working days of that year are not known.
    NoCalendar,
    /// There is no decision yet.
    NotDecided,
    /// The month has not ended.
    PeriodRuns,
}

type Measured = Result<(u64, Option<u64>), Missing>;

/// Whether it follows from the event of an entry, where there is one.
#[must_use]
pub const fn is_of_entries(measure: Measure) -> bool {
    matches!(measure, Measure::DaysToEntry | Measure::EnteredInTerm)
}

/// Whether it follows from the event of a decision, where there is one.
#[must_use]
pub const fn is_of_decisions(measure: Measure) -> bool {
    matches!(measure, Measure::DaysToDecision | Measure::DecidedInTerm)
}

/// Whether it follows from events of the register alone, and not from what a dossier measured.
#[must_use]
pub const fn is_of_events(measure: Measure) -> bool {
    is_of_entries(measure) || is_of_decisions(measure)
}

/// The value of `measure` and its own limit, in the base unit; none where it is not about this submission.
#[must_use]
pub fn of(measure: Measure, fact: &Fact, calendar: &Calendar, now: Timestamp) -> Option<Measured> {
    match measure {
        Measure::DaysToEntry | Measure::EnteredInTerm if fact.state == Procedure::Returned => None,
        Measure::DaysToEntry => in_days(fact, fact.entry.as_ref(), Missing::NotEntered, calendar, now),
        Measure::EnteredInTerm => in_term(fact, fact.entry.as_ref(), calendar, now),
        Measure::DaysToDecision => in_days(fact, fact.decided.as_ref(), Missing::NotDecided, calendar, now),
        Measure::DecidedInTerm => in_term(fact, fact.decided.as_ref(), calendar, now),
        _ if !was_confirmed(fact) => None,
        Measure::Attempts => Some(Ok((fact.summary.attempt.into(), None))),
        Measure::RecoveryTime => Some(largest(fact, "recoveryMs", |_| true)),
        Measure::PredictedDowntime => Some(largest(fact, "modelledDowntimeMs", str::is_empty)),
        Measure::FailedRequests => Some(largest(fact, "failedPpm", |phase| is_steady(fact, phase))),
        Measure::ResponseTime95 => Some(largest(fact, "p95Us", |phase| is_steady(fact, phase))),
    }
}

const fn was_confirmed(fact: &Fact) -> bool {
    matches!(fact.state, Procedure::Confirmed | Procedure::Registered | Procedure::Revoked | Procedure::Withdrawn)
}

/// Figures of this name in phases that count. One that could not be measured makes the whole missing: the worst
/// is not known then.
fn largest(fact: &Fact, name: &str, counts: impl Fn(&str) -> bool) -> Measured {
    let figures: Vec<&Figure> =
        fact.summary.verdict.figures.iter().filter(|figure| figure.name == name && counts(&figure.phase)).collect();
    let values: Option<Vec<u64>> = figures.iter().map(|figure| figure.value).collect();
    let largest = values.and_then(|values| values.into_iter().max()).ok_or(Missing::NotMeasured)?;
    Ok((largest, figures.iter().filter_map(|figure| figure.limit).min()))
}

/// A phase that is judged by the steady limits: with a limit for failures, and without a fault to recover from.
fn is_steady(fact: &Fact, phase: &str) -> bool {
    let figures = || fact.summary.verdict.figures.iter().filter(|figure| figure.phase == phase);
    !phase.is_empty()
        && figures().any(|figure| figure.name == "failedPpm" && figure.limit.is_some())
        && !figures().any(|figure| figure.name == "recoveryMs")
}

/// Whether item 21's clock runs for it: it passed, with complete data.
fn has_a_term(fact: &Fact) -> bool {
    fact.summary.verdict.outcome == Outcome::Passed && fact.summary.missing.is_empty()
}

/// Working days from the submission to its `end`, which is `missing` where it has none.
fn in_days(
    fact: &Fact,
    end: Option<&(u64, String)>,
    missing: Missing,
    calendar: &Calendar,
    now: Timestamp,
) -> Option<Measured> {
    if !has_a_term(fact) {
        return None;
    }
    Some(match end {
        Some((_, at)) => {
            calendar.days_between(&fact.received, at).map(|days| (days.into(), None)).map_err(|_| Missing::NoCalendar)
        }
        None => Err(calendar.term(&fact.received, now).map_or(Missing::NoCalendar, |_| missing)),
    })
}

/// Whether its `end` came within five working days: a whole or nothing.
fn in_term(fact: &Fact, end: Option<&(u64, String)>, calendar: &Calendar, now: Timestamp) -> Option<Measured> {
    if !has_a_term(fact) {
        return None;
    }
    let at = end.map_or(Ok(now), |(_, at)| at.parse());
    let late = at.ok().and_then(|at| calendar.term(&fact.received, at).ok());
    Some(match (late.map(|term| matches!(term.standing, Standing::Late(_))), end) {
        (None, _) => Err(Missing::NoCalendar),
        (Some(true), _) => Ok((0, None)),
        (Some(false), Some(_)) => Ok((WHOLE, None)),
        (Some(false), None) => Err(Missing::TermRuns),
    })
}
