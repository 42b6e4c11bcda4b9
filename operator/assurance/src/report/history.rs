//! What earlier runs add, for the reader: how many repetitions of each fault came from where, what they prove together, and
//! the dossiers that they are from.

mod words;

use serde::Serialize;

use crate::{dossier::TestResult, verdict::Verdict};

use super::{Language, phases, text::plain};

pub use words::Words;

/// The section of a page.
pub struct Section {
    /// Its words.
    pub words: &'static Words,
    /// A row for each fault.
    pub rows: Vec<Row>,
    /// Digests of the dossiers, the oldest first.
    pub dossiers: Vec<String>,
}

/// A fault.
pub struct Row {
    /// Name of its phase.
    pub phase: String,
    /// Repetitions of this run and of earlier ones, those of the latter that were not in time, earlier attempts of which none
    /// counts, and the percentile that is proven of recovery.
    pub numbers: [String; 5],
}

/// What earlier runs add, as data.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HistoryReport {
    /// Digests of the dossiers that repetitions are from, in the order of the register's log.
    pub dossiers: Vec<String>,
    /// The plan's faults, in order.
    pub faults: Vec<EarlierReport>,
}

/// A fault with its repetitions.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EarlierReport {
    /// Its phase.
    pub phase: String,
    /// Repetitions that count, those of earlier runs too; `null` where the plan's history says nothing.
    pub repetitions: Option<u64>,
    /// Those of earlier runs.
    pub earlier: Option<u64>,
    /// Those of these that did not serve again within the declared time.
    pub late: Option<u64>,
    /// Earlier attempts at the bundle of which no repetition counts: not reported, not measured, or too old.
    pub not_counted: Option<u64>,
    /// The percentile of recovery that is within the declared time, with 95 % confidence.
    pub recovered_percent: Option<u64>,
}

/// The same as data; nothing where the plan of `result` says nothing of earlier runs.
pub fn data(result: &TestResult, verdict: &Verdict) -> Option<HistoryReport> {
    let history = result.plan.prove.history.as_ref()?;
    let value = |phase: &str, name: &str| {
        verdict.figures.iter().find(|figure| figure.phase == phase && figure.name == name)?.value
    };
    let declared = result.availability.recovery_time.millis();
    let risks = crate::risk::Planned::from(result).risks().unwrap_or_default();
    let spans = phases::spans(result);
    let faults = spans.iter().zip(risks).filter(|(span, _)| span.fault.is_some()).map(|(span, risk)| {
        let phase = span.phase.name.as_str();
        let repetitions = value(phase, "repetitions");
        let of = history.faults.iter().find(|fault| Some(&fault.risk) == risk.as_ref());
        let late = of.map(|fault| {
            let late = fault.repetitions.iter().filter(|one| one.recovery_ms.is_none_or(|ms| ms > declared));
            late.count() as u64
        });
        EarlierReport {
            phase: phase.to_owned(),
            repetitions,
            earlier: value(phase, "earlierRepetitions"),
            late: late.filter(|_| repetitions.is_some()),
            not_counted: value(phase, "attemptsNotCounted"),
            recovered_percent: value(phase, "recoveredPercent"),
        }
    });
    Some(HistoryReport { faults: faults.collect(), dossiers: history.dossiers.clone() })
}

/// The section in `language`; nothing where the plan of `result` says nothing of earlier runs.
pub fn section(result: &TestResult, verdict: &Verdict, language: Language) -> Option<Section> {
    let HistoryReport { dossiers, faults } = data(result, verdict)?;
    let words = words::of(language);
    let row = |fault: EarlierReport| {
        let own = fault.repetitions.zip(fault.earlier).map(|(all, earlier)| all.saturating_sub(earlier));
        let shown = |number: Option<u64>| number.map_or_else(|| "–".to_owned(), |number| number.to_string());
        let proven = fault.recovered_percent.map_or_else(|| "–".to_owned(), |percent| format!("{percent} %"));
        let numbers = [shown(own), shown(fault.earlier), shown(fault.late), shown(fault.not_counted), proven];
        Row { phase: plain(&fault.phase), numbers }
    };
    let dossiers = dossiers.iter().map(|dossier| plain(dossier)).collect();
    Some(Section { words, rows: faults.into_iter().map(row).collect(), dossiers })
}
