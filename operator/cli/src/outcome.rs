//! A verdict for people: the outcome, what was found, and what was measured against which limit. It
//! must not judge: every word here comes from `assurance`.

use std::io::{self, Write};

use factory_assurance::verdict::{Figure, Verdict};
use factory_crds::Outcome;

use crate::terminal::{Output, Tone, harmless};

/// The word for an outcome.
pub const fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Passed => "Passed",
        Outcome::Failed => "Failed",
        Outcome::Inconclusive => "Inconclusive",
    }
}

/// The colour of an outcome.
pub const fn tone(outcome: Outcome) -> Tone {
    match outcome {
        Outcome::Passed => Tone::Good,
        Outcome::Failed => Tone::Bad,
        Outcome::Inconclusive => Tone::Unsure,
    }
}

/// Writes `verdict` with its findings and figures.
pub fn write(out: &mut impl Write, verdict: &Verdict) -> io::Result<()> {
    let painted = Output::Standard.paint(tone(verdict.outcome), word(verdict.outcome));
    writeln!(out, "Verdict: {painted}")?;
    for finding in &verdict.findings {
        writeln!(out, "  {}: {}", finding.code, harmless(&finding.message))?;
    }
    if verdict.figures.is_empty() {
        return Ok(());
    }
    let phase =
        |figure: &Figure| if figure.phase.is_empty() { "whole run".to_owned() } else { harmless(&figure.phase) };
    let width = verdict.figures.iter().map(|figure| phase(figure).chars().count()).max().unwrap_or_default();
    let heading = format!("{:width$}  {:<24}  {:>12}  {:>12}", "Phase", "Measured", "Value", "Limit");
    writeln!(out, "\n{}", Output::Standard.paint(Tone::Strong, &heading))?;
    for figure in &verdict.figures {
        let (name, value, limit) = columns(figure);
        let line = format!("{:width$}  {name:<24}  {value:>12}  {limit:>12}", phase(figure));
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

/// What the figure `name` is called, and how its value is written.
pub fn unit(name: &str) -> (&str, fn(u64) -> String) {
    let count: fn(u64) -> String = |number| number.to_string();
    let whole: fn(u64) -> String = |number| format!("{number} %");
    match name {
        "requests" => ("requests", count),
        "failedPpm" => ("failed requests", share),
        "unsentPpm" => ("requests not sent", share),
        "p50Us" => ("latency, 50th percentile", microseconds),
        "p95Us" => ("latency, 95th percentile", microseconds),
        "p99Us" => ("latency, 99th percentile", microseconds),
        "omittedRequests" => ("not asked while waiting", count),
        "lagP99Us" => ("lag of the generator", microseconds),
        "controlP95Us" => ("control beside it, 95th percentile", microseconds),
        "twinPercent" => ("twin, of the latency limit", |number| format!("{number} %")),
        "twinP95Us" => ("twin, 95th percentile", microseconds),
        "podsGone" => ("pods gone", count),
        "podsFelt" => ("pods that felt it", count),
        "recoveryMs" => ("time to recovery", milliseconds),
        "readyAgainMs" => ("pods ready again after", milliseconds),
        "lostMs" => ("service lost", milliseconds),
        "modelledDowntimeMs" => ("modelled downtime a year", milliseconds),
        "seenDowntimeMs" => ("downtime a year, as seen", milliseconds),
        "heldPercent" => ("held, of declared rate", whole),
        "brokeAtPercent" => ("broke at, of declared", whole),
        "restarts" => ("containers started again", count),
        "memoryAheadPpm" => ("memory ahead", share),
        "descriptorsAheadPpm" => ("descriptors ahead", share),
        "p95AheadUs" => ("95 % within, ahead", microseconds),
        "comparedBlocks" => ("blocks that say something", count),
        "comparedPpm" => ("time of last confirmed", share),
        "comparedLeastPpm" => ("the same, at least", share),
        "comparedMostPpm" => ("the same, at most", share),
        "ownSeenDowntimeMs" => ("as seen in this run", milliseconds),
        "earlierRuns" => ("earlier runs that count", count),
        "repetitions" => ("repetitions that count", count),
        "earlierRepetitions" => ("of them in earlier runs", count),
        "recoveredPercent" => ("in time, as is proven", whole),
        "attemptsNotCounted" => ("attempts not counted", count),
        other => (other, count),
    }
}

/// Name, value and limit of a figure with a unit that people read. Missing data are shown as missing.
fn columns(figure: &Figure) -> (String, String, String) {
    let (name, show) = unit(&figure.name);
    // The first must be reached, a dose is what was asked for, a twin must be beyond, and all others must not be
    // exceeded.
    let sign = match figure.name.as_str() {
        "requests" | "podsGone" | "podsFelt" | "heldPercent" | "comparedBlocks" => "≥",
        "doseP50" => "=",
        "twinP95Us" => ">",
        _ => "≤",
    };
    let limit = figure.limit.map_or_else(String::new, |limit| format!("{sign} {}", show(limit)));
    (harmless(name), figure.value.map_or_else(|| "not measured".to_owned(), show), limit)
}

/// Parts per million as per cent, exactly.
fn share(ppm: u64) -> String {
    let fraction = format!("{:04}", ppm % 10_000);
    let fraction = fraction.trim_end_matches('0');
    if fraction.is_empty() { format!("{} %", ppm / 10_000) } else { format!("{}.{fraction} %", ppm / 10_000) }
}

fn microseconds(us: u64) -> String {
    format!("{}.{} ms", us / 1000, us % 1000 / 100)
}

fn milliseconds(ms: u64) -> String {
    if ms < 1000 { format!("{ms} ms") } else { format!("{}.{} s", ms / 1000, ms % 1000 / 100) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_have_units_and_missing_ones_say_so() {
        let figure =
            |name: &str, value, limit| Figure { phase: "steady".to_owned(), name: name.to_owned(), value, limit };
        for (figure, value, limit) in [
            (figure("failedPpm", Some(1_000), Some(10_000)), "0.1 %", "≤ 1 %"),
            (figure("p99Us", Some(12_345), Some(500_000)), "12.3 ms", "≤ 500.0 ms"),
            (figure("recoveryMs", Some(1_200), Some(30_000)), "1.2 s", "≤ 30.0 s"),
            (figure("requests", None, None), "not measured", ""),
            (figure("twinP95Us", Some(551_230), Some(500_000)), "551.2 ms", "> 500.0 ms"),
            (figure("twinPercent", Some(150), None), "150 %", ""),
        ] {
            let columns = columns(&figure);
            assert_eq!((columns.1.as_str(), columns.2.as_str()), (value, limit));
        }
    }
}
