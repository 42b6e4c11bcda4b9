//! Working days in Bishkek, and the term of item 21: five of them from complete data to the entry.
//!
//! Which days are off is data that the regulator maintains ([`Calendar::load`]). *Architecture invariant:*
//! pure but for reading that file, and a year without data is an error, never a year without holidays.

use std::{collections::BTreeMap, path::Path};

use factory_crds::Text;
use jiff::{
    Timestamp, ToSpan as _,
    civil::{Date, Weekday},
};
use serde::Deserialize;

use crate::pages::times::BISHKEK;

/// Working days from complete data to the entry (item 21).
pub const TERM: u32 = 5;

/// The calendar that the register brings with it.
const BUILT_IN: &str = include_str!("../../data/working-days.json");

/// Which days are worked, for some years.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calendar {
    #[serde(rename = "about")]
    _about: String,
    years: BTreeMap<i16, Year>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Year {
    sources: Vec<String>,
    holidays: Vec<Holiday>,
    #[serde(default)]
    working: Vec<Date>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Holiday {
    from: Date,
    to: Date,
    name: Text,
    #[serde(default)]
    expected: bool,
}

/// Why days cannot be counted.
#[derive(Debug, thiserror::Error)]
pub enum CalendarError {
    /// The file cannot be read.
    #[error("{file}: {source}")]
    Read {
        /// Its name.
        file: String,
        /// Cause.
        source: std::io::Error,
    },
    /// The file is no calendar.
    #[error("working days: {0}")]
    Form(#[from] serde_json::Error),
    /// A year contradicts itself.
    #[error("working days: {year}: {rule}, not `{found}`")]
    Year {
        /// Which one.
        year: i16,
        /// What it must be.
        rule: &'static str,
        /// As it stands there.
        found: String,
    },
    /// Nothing is known of a year.
    #[error("working days: there are no data for the year {0}")]
    NoYear(i16),
    /// A moment beyond all calendars.
    #[error("working days: the moment `{0}` is beyond the calendar")]
    Moment(String),
}

/// Where a term stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// So many working days are left after today; at least 1.
    Left(u32),
    /// No working day is left after today.
    LastDay,
    /// So many working days have begun since it ended; 0 on a day off right after it.
    Late(u32),
}

/// The term of a submission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Term {
    /// Its last day: in time until midnight in Bishkek.
    pub due: Date,
    /// Whether a day off that is only expected could still move it.
    pub preliminary: bool,
    /// Where it stands.
    pub standing: Standing,
}

impl Calendar {
    /// The one that the register brings with it.
    #[must_use]
    pub fn built_in() -> Self {
        // A test reads it. Without any year, every page says plainly that it cannot count.
        Self::parse(BUILT_IN).unwrap_or_else(|error| {
            tracing::error!(%error, "the calendar that the register brings with it is damaged");
            Self { _about: String::new(), years: BTreeMap::new() }
        })
    }

    /// The one in `file`, of the form of `data/working-days.json`.
    pub fn load(file: &Path) -> Result<Self, CalendarError> {
        let read = |source| CalendarError::Read { file: file.display().to_string(), source };
        Self::parse(&std::fs::read_to_string(file).map_err(read)?)
    }

    /// The one that `text` holds.
    pub fn parse(text: &str) -> Result<Self, CalendarError> {
        let calendar: Self = serde_json::from_str(text)?;
        for (&year, days) in &calendar.years {
            let wrong = |rule, found: String| Err(CalendarError::Year { year, rule, found });
            if days.sources.iter().all(|source| source.trim().is_empty()) {
                return wrong("must name its source", String::new());
            }
            for Holiday { from, to, name, expected: _ } in &days.holidays {
                if from.year() != year || to.year() != year || from > to {
                    return wrong("a holiday must lie in its year and end after it begins", format!("{from} to {to}"));
                }
                if [&name.ky, &name.ru, &name.en].iter().any(|name| name.trim().is_empty()) {
                    return wrong("a holiday must have a name in three languages", format!("{from}"));
                }
            }
            if let Some(day) = days.working.iter().find(|day| day.year() != year || !is_weekend(**day)) {
                return wrong("what is worked by decision must be a Saturday or Sunday of its year", day.to_string());
            }
        }
        Ok(calendar)
    }

    /// Whether `day` is worked.
    pub fn is_working(&self, day: Date) -> Result<bool, CalendarError> {
        let year = self.year(day)?;
        let off = year.holidays.iter().any(|holiday| holiday.from <= day && day <= holiday.to);
        Ok(!off && (!is_weekend(day) || year.working.contains(&day)))
    }

    /// The term of what was complete at `from` (RFC 3339), as it stands at `now`. The day on which it came
    /// does not count.
    pub fn term(&self, from: &str, now: Timestamp) -> Result<Term, CalendarError> {
        self.term_of(TERM, from, now)
    }

    /// The same of `days` working days.
    pub fn term_of(&self, days: u32, from: &str, now: Timestamp) -> Result<Term, CalendarError> {
        let came: Timestamp = from.parse().map_err(|_| CalendarError::Moment(from.to_owned()))?;
        let (came, today) = (BISHKEK.to_datetime(came).date(), BISHKEK.to_datetime(now).date());
        let (mut due, mut counted) = (came, 0);
        while counted < days {
            due = next(due)?;
            counted += u32::from(self.is_working(due)?);
        }
        let standing = if today > due {
            Standing::Late(self.working_days(due, today)?)
        } else {
            match self.working_days(today.max(came), due)? {
                0 => Standing::LastDay,
                left => Standing::Left(left),
            }
        };
        Ok(Term { due, preliminary: self.is_preliminary(came, due)?, standing })
    }

    /// Working days from the day of one moment to the day of a later one (RFC 3339); the first day does not count.
    pub fn days_between(&self, from: &str, to: &str) -> Result<u32, CalendarError> {
        let day = |text: &str| {
            let moment: Timestamp = text.parse().map_err(|_| CalendarError::Moment(text.to_owned()))?;
            Ok::<_, CalendarError>(BISHKEK.to_datetime(moment).date())
        };
        self.working_days(day(from)?, day(to)?)
    }

    /// Working days after `from`, up to and with `to`.
    fn working_days(&self, from: Date, to: Date) -> Result<u32, CalendarError> {
        let (mut day, mut count) = (from, 0);
        while day < to {
            day = next(day)?;
            count += u32::from(self.is_working(day)?);
        }
        Ok(count)
    }

    /// Whether an expected day off lies so near that a day more or less could move the term.
    fn is_preliminary(&self, came: Date, due: Date) -> Result<bool, CalendarError> {
        let mut expected = self.year(came)?.holidays.iter().chain(&self.year(due)?.holidays).filter(|day| day.expected);
        let until = next(due)?;
        Ok(expected.any(|holiday| holiday.from <= until && came <= holiday.to))
    }

    fn year(&self, day: Date) -> Result<&Year, CalendarError> {
        self.years.get(&day.year()).ok_or(CalendarError::NoYear(day.year()))
    }
}

fn is_weekend(day: Date) -> bool {
    matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday)
}

fn next(day: Date) -> Result<Date, CalendarError> {
    day.checked_add(1.day()).map_err(|_| CalendarError::Moment(day.to_string()))
}

#[cfg(test)]
mod tests;
