//! Moments as people in Kyrgyzstan read them: by the clock of Bishkek, which knows no summer time.
//! The log, the API and `datetime` attributes keep the moment itself.

use jiff::{Timestamp, civil::DateTime, tz::Offset};

/// Bishkek, all year.
pub(crate) const BISHKEK: Offset = Offset::constant(6);

/// `2026-01-03` of `2026-01-02T21:04:05.6Z`; the text itself where it is no moment.
pub(crate) fn day(time: &str) -> String {
    local(time).map_or_else(|| time.to_owned(), |local| local.strftime("%Y-%m-%d").to_string())
}

/// `2026-01-03 03:04 (UTC+6)` of the same.
pub(crate) fn moment(time: &str) -> String {
    local(time).map_or_else(|| time.to_owned(), |local| local.strftime("%Y-%m-%d %H:%M (UTC+6)").to_string())
}

fn local(time: &str) -> Option<DateTime> {
    time.parse::<Timestamp>().ok().map(|moment| BISHKEK.to_datetime(moment))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_evening_in_greenwich_is_the_next_day_in_bishkek() {
        let time = "2026-01-02T21:04:05.678901234Z";
        assert_eq!(day(time), "2026-01-03");
        assert_eq!(moment(time), "2026-01-03 03:04 (UTC+6)");
    }

    #[test]
    fn what_is_no_moment_is_shown_as_it_is() {
        assert_eq!(moment("soon"), "soon");
    }
}
