//! What was observed of launched services, beside what their dossiers predict: availability, minute by minute, from
//! a Prometheus server that the administrator lists. A finished day is one event of the log, with the expression that
//! gave it; what was not measured is missing and never counts as up.
//!
//! [`look`] reads, this module counts in whole minutes, [`store`](crate::store) keeps, [`pages`](crate::pages) show.
//!
//! *Architecture invariant:* nothing of it enters a verdict, and no service reports of itself.

pub mod look;
pub mod measure;
pub mod prometheus;

use factory_assurance::verdict::Figure;
use jiff::{ToSpan as _, civil::Date};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Days that are shown.
pub const SHOWN: i32 = 90;
/// Minutes of a day.
pub const MINUTES: usize = 1440;
/// Milliseconds of a minute, and minutes of a year.
const MINUTE_MS: u64 = 60_000;
const YEAR: u64 = 365 * MINUTES as u64;
/// A whole, as parts per million.
const WHOLE: u64 = 1_000_000;

/// A service on one day, in minutes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Minutes {
    /// For which something was measured; none is none of the 1440.
    pub measured: u32,
    /// In which the service was available.
    pub up: u32,
    /// The longest time that it was not, as far as was measured.
    pub longest_down: u32,
}

impl Minutes {
    /// Counted over what was measured in each minute of the day; `None` is missing, and ends a time of which it is
    /// known that the service was down.
    #[must_use]
    pub fn count(minutes: &[Option<bool>]) -> Self {
        let (mut counted, mut down) = (Self::default(), 0);
        for minute in minutes {
            counted.measured += u32::from(minute.is_some());
            counted.up += u32::from(*minute == Some(true));
            down = if *minute == Some(false) { down + 1 } else { 0 };
            counted.longest_down = counted.longest_down.max(down);
        }
        counted
    }

    /// Available minutes of those measured, in parts per million; none where nothing was.
    #[must_use]
    pub fn ppm(self) -> Option<u64> {
        (u64::from(self.up) * WHOLE).checked_div(self.measured.into())
    }
}

/// A day as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Day {
    /// `YYYY-MM-DD`, by the clock of Bishkek.
    pub day: String,
    /// What was measured; none where nothing was.
    pub minutes: Option<Minutes>,
    /// Number of the event that says so.
    pub event: Option<u64>,
}

/// Predicted and observed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Observed {
    /// Downtime of a year in ms as the newest dossier predicts it; none where it does not.
    pub predicted_downtime_ms: Option<u64>,
    /// Longest recovery in ms that the newest dossier measured under faults.
    pub predicted_recovery_ms: Option<u64>,
    /// Downtime of a year in ms if it went on as in the minutes that were measured; none where none were.
    pub observed_downtime_ms: Option<u64>,
    /// The longest time in ms that it was down, in whole minutes; none where nothing was measured.
    pub observed_recovery_ms: Option<u64>,
    /// All minutes of the days shown.
    pub minutes: Minutes,
    /// The last 90 finished days, the earliest first.
    pub days: Vec<Day>,
}

/// What `figures` of the newest dossier predict, beside what is `known` of the 90 days before `today`.
#[must_use]
pub fn beside(figures: &[Figure], known: &[Day], today: Date) -> Observed {
    let shown = (1..=SHOWN).rev().filter_map(|back| today.checked_sub(back.days()).ok());
    let days: Vec<Day> = shown
        .map(|day| {
            let day = day.to_string();
            let missing = Day { day: day.clone(), minutes: None, event: None };
            known.iter().find(|known| known.day == day).cloned().unwrap_or(missing)
        })
        .collect();
    let mut all = Minutes::default();
    for minutes in days.iter().filter_map(|day| day.minutes) {
        all.measured += minutes.measured;
        all.up += minutes.up;
        all.longest_down = all.longest_down.max(minutes.longest_down);
    }
    let down = u64::from(all.measured - all.up);
    Observed {
        predicted_downtime_ms: largest(figures, "modelledDowntimeMs", str::is_empty),
        predicted_recovery_ms: largest(figures, "recoveryMs", |_| true),
        observed_downtime_ms: (down * YEAR * MINUTE_MS).checked_div(all.measured.into()),
        observed_recovery_ms: (all.measured > 0).then(|| u64::from(all.longest_down) * MINUTE_MS),
        minutes: all,
        days,
    }
}

/// The largest of the figures of this name; none where one of them could not be measured.
fn largest(figures: &[Figure], name: &str, counts: impl Fn(&str) -> bool) -> Option<u64> {
    let figures = figures.iter().filter(|figure| figure.name == name && counts(&figure.phase));
    figures.map(|figure| figure.value).collect::<Option<Vec<u64>>>()?.into_iter().max()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_neither_up_nor_down_and_ends_a_time_of_which_it_is_known() {
        let (up, down) = (Some(true), Some(false));
        let counted = Minutes::count(&[up, down, down, None, down, up, None, up]);
        assert_eq!(counted, Minutes { measured: 6, up: 3, longest_down: 2 });
        assert_eq!(counted.ppm(), Some(500_000));
        assert_eq!(Minutes::count(&[None; MINUTES]).ppm(), None);
    }

    #[test]
    fn predicted_stands_beside_observed_and_nothing_measured_is_nothing_observed() {
        let figure = |phase: &str, name: &str, value| Figure {
            phase: phase.to_owned(),
            name: name.to_owned(),
            value,
            limit: None,
        };
        let figures = [
            figure("", "modelledDowntimeMs", Some(7_000)),
            figure("killed", "recoveryMs", Some(2_000)),
            figure("frozen", "recoveryMs", Some(3_000)),
        ];
        let today: Date = "2026-03-04".parse().unwrap();
        let none = beside(&figures, &[], today);
        assert_eq!((none.predicted_downtime_ms, none.predicted_recovery_ms), (Some(7_000), Some(3_000)));
        assert_eq!((none.observed_downtime_ms, none.observed_recovery_ms, none.days.len()), (None, None, 90));
        assert_eq!((none.days[0].day.as_str(), none.days[89].day.as_str()), ("2025-12-04", "2026-03-03"));
        let day = |day: &str, measured, up, longest_down| Day {
            day: day.to_owned(),
            minutes: Some(Minutes { measured, up, longest_down }),
            event: Some(1),
        };
        // The second is before the first day that is shown.
        let some = beside(&figures, &[day("2026-03-03", 1440, 1439, 1), day("2025-12-03", 1440, 0, 1440)], today);
        assert_eq!((some.observed_downtime_ms, some.observed_recovery_ms), (Some(365 * 60_000), Some(60_000)));
        let unmeasured =
            beside(&[figure("killed", "recoveryMs", Some(1)), figure("frozen", "recoveryMs", None)], &[], today);
        assert_eq!(unmeasured.predicted_recovery_ms, None);
    }
}
