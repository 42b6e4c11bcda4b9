//! Key performance indicators (56.6): values computed from what the register has of each submission, by the
//! definitions of the standard that judged it. Each value keeps its origin, the submission with its signed dossier
//! and its event; what is missing says why.
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

use crate::{console::calendar::Calendar, pages::day, store::kpis::Fact};
use measure::Missing;
use target::Scale;

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
    /// Where its values come from.
    pub source: String,
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
    /// Unit of the whole numbers in `value`, `median` and `worst`: `ms`, `us`, `ppm`, `days` or `count`.
    pub base_unit: Option<String>,
    /// Values that reach the target.
    pub met: u32,
    /// Values that miss it.
    pub missed: u32,
    /// Values that are missing.
    pub missing: u32,
    /// The middle one of the values; of `EnteredInTerm` the share.
    pub overall: Option<u64>,
    /// The worst value, which is the largest; of `EnteredInTerm` there is none.
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
    /// Number of the event that it follows from: of the submission, or of the entry.
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

/// The report for `period` over its `facts`, by the `definitions` of each standard.
#[must_use]
pub fn report(
    period: &str,
    (as_of, complete): (u64, bool),
    facts: &[Fact],
    definitions: &BTreeMap<String, Vec<Indicator>>,
    (calendar, now): (&Calendar, Timestamp),
) -> KpiReport {
    let indicators = definitions.iter().flat_map(|(standard, indicators)| {
        let of_standard: Vec<&Fact> = facts.iter().filter(|fact| fact.summary.standard == *standard).collect();
        indicators.iter().map(move |indicator| one(standard, indicator, &of_standard, calendar, now))
    });
    KpiReport { period: period.to_owned(), as_of, complete, indicators: indicators.collect() }
}

fn one(standard: &str, defined: &Indicator, facts: &[&Fact], calendar: &Calendar, now: Timestamp) -> KpiIndicator {
    let scale = defined.measure.map(|measure| Scale::of(measure, &defined.unit));
    let values: Vec<KpiValue> = defined.measure.map_or_else(Vec::new, |measure| {
        let holds = |fact: &&&Fact| holds(defined, &day(&fact.received));
        facts.iter().filter(holds).filter_map(|fact| value(measure, defined, fact, calendar, now)).collect()
    });
    let count = |met: Option<bool>| values.iter().filter(|value| value.value.is_some() && value.met == met).count();
    let count = |met| u32::try_from(count(met)).unwrap_or(u32::MAX);
    let mut sorted: Vec<u64> = values.iter().filter_map(|value| value.value).collect();
    sorted.sort_unstable();
    let share = defined.measure == Some(Measure::EnteredInTerm);
    let mean = || sorted.iter().sum::<u64>().checked_div(sorted.len() as u64);
    KpiIndicator {
        standard: standard.to_owned(),
        name: defined.name.clone(),
        definition: defined.definition.clone(),
        formula: defined.formula.clone(),
        unit: defined.unit.clone(),
        source: defined.source.clone(),
        period: defined.period.clone(),
        target: defined.target.clone(),
        effective_from: defined.effective_from.clone(),
        effective_until: defined.effective_until.clone(),
        measure: defined.measure,
        base_unit: scale.map(|scale| scale.base.to_owned()),
        met: count(Some(true)),
        missed: count(Some(false)),
        missing: u32::try_from(values.iter().filter(|value| value.value.is_none()).count()).unwrap_or(u32::MAX),
        overall: if share { mean() } else { sorted.get(sorted.len().saturating_sub(1) / 2).copied() },
        worst: sorted.last().copied().filter(|_| !share),
        values,
    }
}

/// Whether a definition holds for a `day`.
fn holds(defined: &Indicator, day: &str) -> bool {
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
    let (event, at) = match &fact.entry {
        Some((event, at)) if measure::is_of_entries(measure) => (*event, at.clone()),
        _ => (fact.seq, fact.received.clone()),
    };
    let subject = &fact.summary.subject;
    Some(KpiValue {
        participant: subject.participant.clone(),
        service: subject.service.clone(),
        release: subject.release.clone(),
        submission: fact.id.clone(),
        dossier: fact.summary.dossier.clone(),
        event,
        at,
        value,
        missing,
        met,
    })
}

#[cfg(test)]
mod tests;
