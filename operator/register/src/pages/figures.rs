//! Measured numbers as people read them. The numbers that are judged stay integers; only here do
//! they get units and a decimal point.

use factory_assurance::verdict::Figure;

use super::words::Words;

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
    let [failed, p95, p99, recovery, lag, requests] = words.figure_names;
    let (name, show): (&str, fn(u64) -> String) = match figure.name.as_str() {
        "failedPpm" => (failed, percent),
        "p95Us" => (p95, milliseconds),
        "p99Us" => (p99, milliseconds),
        "recoveryMs" => (recovery, seconds),
        "lagP99Us" => (lag, milliseconds),
        "requests" => (requests, |count| count.to_string()),
        // A figure of later rules is shown under its own name, with the unit that the name ends in.
        other => (other, |value| value.to_string()),
    };
    Row {
        phase: figure.phase.clone(),
        name: name.to_owned(),
        value: figure.value.map_or_else(|| words.not_measured.to_owned(), show),
        limit: figure.limit.map_or_else(|| words.no_limit.to_owned(), show),
    }
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
    use super::*;
    use crate::pages::words::Language;

    #[test]
    fn figures_get_their_units() {
        let words = Language::En.words();
        let figure = |name: &str, value, limit| {
            let row = row(&Figure { phase: "steady".to_owned(), name: name.to_owned(), value, limit }, words);
            (row.value, row.limit)
        };
        assert_eq!(figure("failedPpm", Some(0), Some(1000)), ("0 %".to_owned(), "0.1 %".to_owned()));
        assert_eq!(figure("failedPpm", Some(234_500), Some(50_000)), ("23.45 %".to_owned(), "5 %".to_owned()));
        assert_eq!(figure("p99Us", Some(12_345), Some(1_500_000)), ("12.345 ms".to_owned(), "1500 ms".to_owned()));
        assert_eq!(figure("recoveryMs", Some(41_200), Some(30_000)), ("41.2 s".to_owned(), "30 s".to_owned()));
        assert_eq!(figure("requests", Some(720), None), ("720".to_owned(), "none".to_owned()));
        assert_eq!(figure("recoveryMs", None, Some(1)), ("not measured".to_owned(), "0.001 s".to_owned()));
        assert_eq!(figure("newPpm", Some(u64::MAX), None).0, u64::MAX.to_string());
    }
}
