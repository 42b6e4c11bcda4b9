//! Measured numbers as people read them. The numbers that are judged stay integers; only here do
//! they get units and a decimal point.

use factory_assurance::verdict::Figure;

use super::words::Words;

/// Before a limit that the figure may not exceed.
const AT_MOST: &str = "≤ ";
/// Before a limit that the figure must reach.
const AT_LEAST: &str = "≥ ";
/// Before a limit that the figure must exceed.
const BEYOND: &str = "> ";

/// A row of the table of figures.
#[derive(Debug, PartialEq, Eq)]
pub struct Row {
    /// Phase of the plan.
    pub phase: String,
    /// What it is, in words.
    pub name: String,
    /// The value with its unit.
    pub value: String,
    /// The limit with its unit.
    pub limit: String,
}

/// The rows for `figures`.
pub fn rows(figures: &[Figure], words: &Words) -> Vec<Row> {
    figures.iter().map(|figure| row(figure, words)).collect()
}

fn row(figure: &Figure, words: &Words) -> Row {
    let [
        failed,
        p95,
        p99,
        recovery,
        lag,
        requests,
        unsent,
        gone,
        ready,
        felt,
        dose,
        lost,
        year,
        seen,
        control,
        late,
        twin,
        held,
        broke,
        restarts,
        memory,
        descriptors,
        slower,
        omitted,
        blocks,
        compared,
        compared_least,
        compared_most,
        own_seen,
        earlier_runs,
        repetitions,
        earlier,
        recovered,
        not_counted,
    ] = words.figure_names;
    let (name, sign, show): (&str, &str, fn(u64) -> String) = match figure.name.as_str() {
        "failedPpm" => (failed, AT_MOST, percent),
        "p95Us" => (p95, AT_MOST, milliseconds),
        "p99Us" => (p99, AT_MOST, milliseconds),
        "recoveryMs" => (recovery, AT_MOST, seconds),
        "lagP99Us" => (lag, AT_MOST, milliseconds),
        "controlP95Us" => (control, AT_MOST, milliseconds),
        "twinPercent" => (late, "", whole_percent),
        "twinP95Us" => (twin, BEYOND, milliseconds),
        "requests" => (requests, AT_LEAST, count),
        "unsentPpm" => (unsent, AT_MOST, percent),
        "podsGone" => (gone, AT_LEAST, count),
        "readyAgainMs" => (ready, AT_MOST, seconds),
        "podsFelt" => (felt, AT_LEAST, count),
        // What was asked for is no bound, and its unit is that of the fault, which its phase names.
        "doseP50" => (dose, "", count),
        "lostMs" => (lost, AT_MOST, seconds),
        "modelledDowntimeMs" => (year, AT_MOST, seconds),
        "seenDowntimeMs" => (seen, AT_MOST, seconds),
        "heldPercent" => (held, AT_LEAST, whole_percent),
        "brokeAtPercent" => (broke, "", whole_percent),
        "restarts" => (restarts, AT_MOST, count),
        "memoryAheadPpm" => (memory, AT_MOST, percent),
        "descriptorsAheadPpm" => (descriptors, AT_MOST, percent),
        "p95AheadUs" => (slower, AT_MOST, milliseconds),
        "omittedRequests" => (omitted, "", count),
        "comparedBlocks" => (blocks, AT_LEAST, count),
        "comparedPpm" => (compared, AT_MOST, percent),
        "comparedLeastPpm" => (compared_least, AT_MOST, percent),
        "comparedMostPpm" => (compared_most, AT_MOST, percent),
        "ownSeenDowntimeMs" => (own_seen, AT_MOST, seconds),
        "earlierRuns" => (earlier_runs, "", count),
        "repetitions" => (repetitions, "", count),
        "earlierRepetitions" => (earlier, "", count),
        "recoveredPercent" => (recovered, "", whole_percent),
        "attemptsNotCounted" => (not_counted, "", count),
        // A figure of later rules is shown under its own name, as it is.
        other => (other, "", count),
    };
    Row {
        phase: if figure.phase.is_empty() { words.whole_run.to_owned() } else { figure.phase.clone() },
        name: name.to_owned(),
        value: figure.value.map_or_else(|| words.terms.not_measured.to_owned(), show),
        limit: figure.limit.map_or_else(|| words.no_limit.to_owned(), |limit| format!("{sign}{}", show(limit))),
    }
}

/// A number of things.
fn count(number: u64) -> String {
    number.to_string()
}

/// A percentage.
fn whole_percent(number: u64) -> String {
    format!("{number} %")
}

/// Parts per million as a percentage: 12345 is `1.2345 %`.
fn percent(ppm: u64) -> String {
    format!("{} %", decimal(ppm, 4))
}

/// Microseconds as milliseconds: 12340 is `12.34 ms`.
fn milliseconds(us: u64) -> String {
    format!("{} ms", decimal(us, 3))
}

/// Milliseconds as seconds: 1200 is `1.2 s`.
fn seconds(ms: u64) -> String {
    format!("{} s", decimal(ms, 3))
}

/// `value` with its last `places` digits behind a point, without trailing zeros.
fn decimal(value: u64, places: u32) -> String {
    let unit = 10_u64.pow(places);
    let fraction = format!("{:0width$}", value % unit, width = places as usize);
    let fraction = fraction.trim_end_matches('0');
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{}{point}{fraction}", value / unit)
}

#[cfg(test)]
mod tests {
    use factory_assurance::report::Language;

    use super::*;
    use crate::pages::words;

    #[test]
    fn figures_get_their_units() {
        let words = words::of(Language::En);
        let figure = |name: &str, value, limit| {
            let row = row(&Figure { phase: "steady".to_owned(), name: name.to_owned(), value, limit }, words);
            (row.value, row.limit)
        };
        assert_eq!(figure("failedPpm", Some(0), Some(1000)), ("0 %".to_owned(), "≤ 0.1 %".to_owned()));
        assert_eq!(figure("failedPpm", Some(234_500), Some(50_000)), ("23.45 %".to_owned(), "≤ 5 %".to_owned()));
        assert_eq!(figure("p99Us", Some(12_345), Some(1_500_000)), ("12.345 ms".to_owned(), "≤ 1500 ms".to_owned()));
        assert_eq!(figure("recoveryMs", Some(41_200), Some(30_000)), ("41.2 s".to_owned(), "≤ 30 s".to_owned()));
        assert_eq!(figure("requests", Some(720), None), ("720".to_owned(), "none".to_owned()));
        assert_eq!(figure("recoveryMs", None, Some(1)), ("not measured".to_owned(), "≤ 0.001 s".to_owned()));
        assert_eq!(figure("podsGone", Some(1), Some(2)), ("1".to_owned(), "≥ 2".to_owned()));
        assert_eq!(figure("modelledDowntimeMs", Some(1_500), Some(9_000)), ("1.5 s".to_owned(), "≤ 9 s".to_owned()));
        assert_eq!(figure("doseP50", Some(100_400), Some(100_000)), ("100400".to_owned(), "100000".to_owned()));
        assert_eq!(figure("twinP95Us", Some(551_230), Some(500_000)), ("551.23 ms".to_owned(), "> 500 ms".to_owned()));
        assert_eq!(figure("twinPercent", Some(110), None), ("110 %".to_owned(), "none".to_owned()));
        assert_eq!(figure("heldPercent", Some(150), Some(125)), ("150 %".to_owned(), "≥ 125 %".to_owned()));
        assert_eq!(
            figure("memoryAheadPpm", Some(314_179), Some(900_000)),
            ("31.4179 %".to_owned(), "≤ 90 %".to_owned())
        );
        assert_eq!(figure("restarts", Some(1), Some(0)), ("1".to_owned(), "≤ 0".to_owned()));
        assert_eq!(figure("newPpm", Some(u64::MAX), None).0, u64::MAX.to_string());
    }
}
