//! Key performance indicators (56.6): values computed from what the register has of each submission, by the
//! definitions of the standard that judged it, or measured of launched services by an expression of that standard.
//! Each value keeps its origin, the submission with its signed dossier and its event; what is missing says why.
//!
//! *Architecture invariant:* pure, in integers. [`store`](crate::store) reads the facts, this module counts.

pub mod measure;
pub mod target;

use std::collections::BTreeMap;

use factory_crds::{
    Text,
    resilience_standard::{Indicator, Measure},
};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    console::calendar::Calendar,
    pages::day,
    store::{cases::Case, kpis::Fact, measured::Measured},
};
use measure::Missing;
use target::Scale;

/// Where a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Origin {
    /// A signed dossier, of which the register computed it.
    Dossier,
    /// Events of the register's own log.
    RegisterEvents,
    /// A Prometheus server of the administrator's, asked by the expression of the standard; its answer is an event.
    Prometheus,
}

/// What is known of launched services in a period.
#[derive(Clone, Debug, Default)]
pub struct Launched {
    /// Values in the log, each with the submission by which its service was entered.
    pub measured: Vec<(Measured, Case)>,
    /// Services in force that were entered before the period ended.
    pub in_force: Vec<Case>,
    /// Whether the period is over.
    pub over: bool,
}

/// Indicators of one period.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct KpiReport {
    /// The month, `YYYY-MM`, by the clock of Bishkek: submissions that came in it.
    pub period: String,
    /// Number of events that the log had.
    pub as_of: u64,
    /// Whether all submissions of the period were looked at; else the newest alone.
    pub complete: bool,
    /// Every indicator of every standard by which something was judged in the period.
    pub indicators: Vec<KpiIndicator>,
}

/// An indicator: its definition, and its values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct KpiIndicator {
    /// `<name>@<version>` of the standard that defines it.
    pub standard: String,
    /// Short name.
    pub name: String,
    /// What it says.
    pub definition: Text,
    /// How it is computed.
    pub formula: String,
    /// Unit of the definition.
    pub unit: String,
    /// Where its values come from, in words.
    pub source: String,
    /// Where the register has its values from; none where it has none.
    pub origin: Option<Origin>,
    /// Period of the definition.
    pub period: String,
    /// Target of the definition.
    pub target: String,
    /// First day for which it is computed.
    pub effective_from: Option<String>,
    /// Last day for which it is computed.
    pub effective_until: Option<String>,
    /// The register's computation; none where its values come from elsewhere, and are missing here.
    pub measure: Option<Measure>,
    /// What the administrator's Prometheus server is asked at the end of the month, where its values come from there.
    pub query: Option<String>,
    /// Unit of the whole numbers in `value`, `median` and `worst`: `ms`, `us`, `ppm`, `days`, `count`, or `millionths`
    /// of the definition's unit.
    pub base_unit: Option<String>,
    /// Values that reach the target.
    pub met: u32,
    /// Values that miss it.
    pub missed: u32,
    /// Values that are missing.
    pub missing: u32,
    /// The middle one of the values; of `EnteredInTerm` and `DecidedInTerm` the share.
    pub overall: Option<u64>,
    /// The worst value: the largest, or the smallest where the target is a least number; of a share there is none.
    pub worst: Option<u64>,
    /// One for each submission that it is about.
    pub values: Vec<KpiValue>,
}

/// A value with its origin.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct KpiValue {
    /// Participant.
    pub participant: String,
    /// Name of the service.
    pub service: String,
    /// Name of the release.
    pub release: String,
    /// Submission that it was computed from.
    pub submission: String,
    /// `sha256:…` of its signed dossier.
    pub dossier: String,
    /// Where it comes from.
    pub origin: Origin,
    /// Number of the event that it follows from: of the submission, of the entry or decision, or of the measurement.
    pub event: u64,
    /// When that event was written (RFC 3339).
    pub at: String,
    /// The value in the base unit; none where it is missing.
    pub value: Option<u64>,
    /// Why it is missing.
    pub missing: Option<Missing>,
    /// Whether it reaches the target; none where it is missing, or the target is none that can be computed.
    pub met: Option<bool>,
}

/// The report for `period` over its `facts`, and what is known of `launched` services, by the `definitions` of each
/// standard.
#[must_use]
pub fn report(
    period: &str,
    (as_of, complete): (u64, bool),
    (facts, launched): (&[Fact], &Launched),
    definitions: &BTreeMap<String, Vec<Indicator>>,
    (calendar, now): (&Calendar, Timestamp),
) -> KpiReport {
    let indicators = definitions.iter().flat_map(|(standard, indicators)| {
        let of_standard: Vec<&Fact> = facts.iter().filter(|fact| fact.summary.standard == *standard).collect();
        indicators.iter().map(move |indicator| {
            let values = match (indicator.measure, &indicator.query) {
                (Some(measure), _) => computed(measure, indicator, &of_standard, calendar, now),
                (None, Some(_)) => observed(standard, indicator, launched),
                (None, None) => Vec::new(),
            };
            one(standard, indicator, values)
        })
    });
    KpiReport { period: period.to_owned(), as_of, complete, indicators: indicators.collect() }
}

fn one(standard: &str, defined: &Indicator, values: Vec<KpiValue>) -> KpiIndicator {
    let count = |met: Option<bool>| values.iter().filter(|value| value.value.is_some() && value.met == met).count();
    let count = |met| u32::try_from(count(met)).unwrap_or(u32::MAX);
    let mut sorted: Vec<u64> = values.iter().filter_map(|value| value.value).collect();
    sorted.sort_unstable();
    let share = matches!(defined.measure, Some(Measure::EnteredInTerm | Measure::DecidedInTerm));
    let mean = || sorted.iter().sum::<u64>().checked_div(sorted.len() as u64);
    let scale = scale(defined);
    let least = defined.query.is_some()
        && scale.and_then(|scale| target::parse(&defined.target, scale)).is_some_and(target::Target::wants_more);
    let worst = if least { sorted.first() } else { sorted.last() };
    KpiIndicator {
        standard: standard.to_owned(),
        name: defined.name.clone(),
        definition: defined.definition.clone(),
        formula: defined.formula.clone(),
        unit: defined.unit.clone(),
        source: defined.source.clone(),
        origin: match (defined.measure, &defined.query) {
            (Some(measure), _) => Some(origin(measure)),
            (None, Some(_)) => Some(Origin::Prometheus),
            (None, None) => None,
        },
        period: defined.period.clone(),
        target: defined.target.clone(),
        effective_from: defined.effective_from.clone(),
        effective_until: defined.effective_until.clone(),
        measure: defined.measure,
        query: defined.query.clone(),
        base_unit: scale.map(|scale| scale.base.to_owned()),
        met: count(Some(true)),
        missed: count(Some(false)),
        missing: u32::try_from(values.iter().filter(|value| value.value.is_none()).count()).unwrap_or(u32::MAX),
        overall: if share { mean() } else { sorted.get(sorted.len().saturating_sub(1) / 2).copied() },
        worst: worst.copied().filter(|_| !share),
        values,
    }
}

/// Where the values of a measure come from.
const fn origin(measure: Measure) -> Origin {
    if measure::is_of_events(measure) { Origin::RegisterEvents } else { Origin::Dossier }
}

/// Units of its values; none where it has none.
fn scale(defined: &Indicator) -> Option<Scale> {
    match (defined.measure, &defined.query) {
        (Some(measure), _) => Some(Scale::of(measure, &defined.unit)),
        (None, Some(_)) => Some(Scale::OBSERVED),
        (None, None) => None,
    }
}

impl KpiIndicator {
    /// Units of its values; none where it has none.
    #[must_use]
    pub fn scale(&self) -> Option<Scale> {
        match (self.measure, &self.query) {
            (Some(measure), _) => Some(Scale::of(measure, &self.unit)),
            (None, Some(_)) => Some(Scale::OBSERVED),
            (None, None) => None,
        }
    }
}

/// One value for each submission that `measure` is about.
fn computed(
    measure: Measure,
    defined: &Indicator,
    facts: &[&Fact],
    calendar: &Calendar,
    now: Timestamp,
) -> Vec<KpiValue> {
    let holds = |fact: &&&Fact| holds(defined, &day(&fact.received));
    facts.iter().filter(holds).filter_map(|fact| value(measure, defined, fact, calendar, now)).collect()
}

/// One value for each service that was measured, and a missing one for each in force that was not.
fn observed(standard: &str, defined: &Indicator, launched: &Launched) -> Vec<KpiValue> {
    let target = target::parse(&defined.target, Scale::OBSERVED);
    let known = launched
        .measured
        .iter()
        .filter(|(measured, _)| measured.standard == standard && measured.indicator == defined.name);
    let mut values: Vec<KpiValue> = known
        .map(|(measured, case)| {
            let met = target.map(|target| target.is_met(measured.millionths));
            let value = (Some(measured.millionths), None, met);
            of_case(case, (measured.event, measured.at.clone()), value)
        })
        .collect();
    let missing = if launched.over { Missing::NotMeasured } else { Missing::PeriodRuns };
    for case in launched.in_force.iter().filter(|case| case.summary.standard == standard) {
        let subject = &case.summary.subject;
        let is_there = |value: &KpiValue| value.participant == subject.participant && value.service == subject.service;
        if !values.iter().any(is_there) {
            values.push(of_case(case, (case.seq, case.received.clone()), (None, Some(missing), None)));
        }
    }
    values
}

fn of_case(
    case: &Case,
    (event, at): (u64, String),
    (value, missing, met): (Option<u64>, Option<Missing>, Option<bool>),
) -> KpiValue {
    let subject = &case.summary.subject;
    KpiValue {
        participant: subject.participant.clone(),
        service: subject.service.clone(),
        release: subject.release.clone(),
        submission: case.id.clone(),
        dossier: case.summary.dossier.clone(),
        origin: Origin::Prometheus,
        event,
        at,
        value,
        missing,
        met,
    }
}

/// Whether a definition holds for a `day`.
pub(crate) fn holds(defined: &Indicator, day: &str) -> bool {
    defined.effective_from.as_ref().is_none_or(|from| day >= from.as_str())
        && defined.effective_until.as_ref().is_none_or(|until| day <= until.as_str())
}

/// What `fact` says; none where the measure is not about it.
fn value(measure: Measure, defined: &Indicator, fact: &Fact, calendar: &Calendar, now: Timestamp) -> Option<KpiValue> {
    let measured = measure::of(measure, fact, calendar, now)?;
    let target = target::parse(&defined.target, Scale::of(measure, &defined.unit));
    let (value, missing, limit) = match measured {
        Ok((value, limit)) => (Some(value), None, limit),
        Err(missing) => (None, Some(missing), None),
    };
    let met = value.and_then(|value| match target {
        Some(target) => Some(target.is_met(value)),
        // The target is no number: it is what the service declared, where it declares something.
        None => limit.map(|limit| value <= limit),
    });
    let (event, at) = match (&fact.entry, &fact.decided) {
        (Some((event, at)), _) if measure::is_of_entries(measure) => (*event, at.clone()),
        (_, Some((event, at))) if measure::is_of_decisions(measure) => (*event, at.clone()),
        _ => (fact.seq, fact.received.clone()),
    };
    let subject = &fact.summary.subject;
    Some(KpiValue {
        participant: subject.participant.clone(),
        service: subject.service.clone(),
        release: subject.release.clone(),
        submission: fact.id.clone(),
        dossier: fact.summary.dossier.clone(),
        origin: origin(measure),
        event,
        at,
        value,
        missing,
        met,
    })
}

#[cfg(test)]
mod tests;
