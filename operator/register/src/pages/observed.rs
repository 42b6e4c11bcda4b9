//! Predicted and observed downtime and recovery of a launched service, and its availability day by day as bars: made
//! on the server, with the same numbers in a table under them.

mod words;

use crate::observed::{Day, Minutes, Observed};

pub use words::{Words, of};

/// Width of a day, with its gap, and height of a whole one, in units of the drawing.
const STEP: usize = 8;
const HEIGHT: u64 = 60;
/// Below this much a bar would not be seen.
const LEAST: u64 = 4;
/// A whole, as parts per million.
const WHOLE: u64 = 1_000_000;

/// The section of a page.
#[derive(Debug)]
pub struct Shown {
    /// Name, predicted and observed value of each row.
    pub rows: [(&'static str, String, String); 2],
    /// Availability of all minutes that were measured.
    pub overall: Option<String>,
    /// Measured minutes of all, in percent.
    pub measured: String,
    /// One for each day, the earliest first.
    pub bars: Vec<Bar>,
    /// Width of all bars.
    pub width: usize,
}

/// A day as a bar and as a row.
#[derive(Debug, PartialEq, Eq)]
pub struct Bar {
    /// `YYYY-MM-DD`.
    pub day: String,
    /// From the left.
    pub x: usize,
    /// From the top.
    pub y: u64,
    /// How tall; whole is available throughout.
    pub height: u64,
    /// Class of its look: `whole`, `part` or `none`.
    pub look: &'static str,
    /// Availability in words.
    pub available: String,
    /// Minutes down and minutes measured; none where nothing was.
    pub minutes: Option<(u32, u32)>,
}

impl Shown {
    /// As `observed` says.
    #[must_use]
    pub fn new(observed: &Observed, words: &'static Words) -> Self {
        let time = |ms: Option<u64>, otherwise: &str| ms.map_or_else(|| otherwise.to_owned(), duration);
        let row = |name, predicted, seen| (name, time(predicted, words.not_predicted), time(seen, words.missing));
        let shown = u64::try_from(observed.days.len()).unwrap_or(1).max(1) * crate::observed::MINUTES as u64;
        Self {
            rows: [
                row(words.downtime, observed.predicted_downtime_ms, observed.observed_downtime_ms),
                row(words.recovery, observed.predicted_recovery_ms, observed.observed_recovery_ms),
            ],
            overall: observed.minutes.ppm().map(percent),
            measured: percent(u64::from(observed.minutes.measured) * WHOLE / shown),
            bars: observed.days.iter().enumerate().map(|(at, day)| bar(at, day, words)).collect(),
            width: observed.days.len() * STEP,
        }
    }
}

fn bar(at: usize, day: &Day, words: &Words) -> Bar {
    let available = day.minutes.and_then(Minutes::ppm);
    let height = available.map_or(HEIGHT, |ppm| (HEIGHT * ppm / WHOLE).max(LEAST));
    Bar {
        day: day.day.clone(),
        x: at * STEP,
        y: HEIGHT - height,
        height,
        look: match available {
            None => "none",
            Some(WHOLE) => "whole",
            Some(_) => "part",
        },
        available: available.map_or_else(|| words.missing.to_owned(), percent),
        minutes: day.minutes.map(|minutes| (minutes.measured - minutes.up, minutes.measured)),
    }
}

/// Parts per million as percent, cut and never rounded up: 999999 is no whole.
fn percent(ppm: u64) -> String {
    format!("{}.{:02} %", ppm / 10_000, ppm % 10_000 / 100)
}

/// Milliseconds in hours, minutes and seconds: `1 h 2 min 3.4 s`.
fn duration(ms: u64) -> String {
    let (hours, minutes, seconds, rest) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60, ms % 1000 / 100);
    let mut parts = Vec::new();
    if hours > 0 {
        parts.push(format!("{hours} h"));
    }
    if minutes > 0 {
        parts.push(format!("{minutes} min"));
    }
    if seconds > 0 || rest > 0 || parts.is_empty() {
        parts.push(format!("{seconds}.{rest} s"));
    }
    parts.join(" ")
}

#[cfg(test)]
mod tests {
    use factory_assurance::report::Language;

    use super::*;

    #[test]
    fn a_day_that_was_not_whole_is_never_shown_as_whole() {
        let words = of(Language::En);
        let day = |minutes| Day { day: "2026-03-04".to_owned(), minutes, event: None };
        let of = |measured, up| bar(2, &day(Some(Minutes { measured, up, longest_down: measured - up })), words);
        let whole = of(1440, 1440);
        assert_eq!((whole.x, whole.y, whole.height, whole.look), (16, 0, 60, "whole"));
        let almost = of(1440, 1439);
        assert_eq!((almost.look, almost.available.as_str(), almost.minutes), ("part", "99.93 %", Some((1, 1440))));
        assert_eq!((of(1440, 0).height, of(1440, 0).y), (4, 56));
        let missing = bar(0, &day(None), words);
        assert_eq!((missing.look, missing.available.as_str(), missing.minutes), ("none", "not measured", None));
        assert_eq!(percent(999_999), "99.99 %");
        assert_eq!(
            (duration(0), duration(3_723_400), duration(60_000)),
            ("0.0 s".into(), "1 h 2 min 3.4 s".into(), "1 min".into())
        );
    }
}
