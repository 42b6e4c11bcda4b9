//! Targets of indicators: a comparison and a number in the unit of the definition, held against whole numbers in
//! the base unit of the measure.

use factory_crds::resilience_standard::Measure;

/// Units of a measure: its own, and how many of it make one of the definition's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scale {
    /// The measure's own unit.
    pub base: &'static str,
    /// Power of ten between them; none where the definition's unit is another thing.
    places: Option<u32>,
}

/// A target that can be computed, in the base unit times a power of ten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    compare: Compare,
    number: u128,
    /// What a value is multiplied with before it is compared.
    times: u128,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Compare {
    AtMost,
    Below,
    AtLeast,
    Above,
}

impl Scale {
    /// Of what was measured of launched services: millionths of the definition's unit, whatever that is.
    pub const OBSERVED: Self = Self { base: "millionths", places: Some(6) };

    /// Of `measure`, in a definition whose unit is `unit`.
    #[must_use]
    pub fn of(measure: Measure, unit: &str) -> Self {
        let (base, known): (_, &[(&str, u32)]) = match measure {
            Measure::RecoveryTime | Measure::PredictedDowntime => ("ms", &[("ms", 0), ("s", 3)]),
            Measure::ResponseTime95 => ("us", &[("us", 0), ("µs", 0), ("ms", 3), ("s", 6)]),
            Measure::FailedRequests | Measure::EnteredInTerm | Measure::DecidedInTerm => {
                ("ppm", &[("ppm", 0), ("%", 4)])
            }
            Measure::Attempts => ("count", &[("count", 0), ("attempts", 0)]),
            Measure::DaysToEntry | Measure::DaysToDecision => ("days", &[("days", 0), ("working days", 0)]),
        };
        Self { base, places: known.iter().find(|(name, _)| *name == unit).map(|(_, places)| *places) }
    }

    /// The unit in which it is shown: that of the definition, where it is known.
    #[must_use]
    pub const fn unit(self, defined: &str) -> &str {
        if self.places.is_some() { defined } else { self.base }
    }

    /// `value` as people read it: in the definition's unit where that is known, else in the base unit.
    #[must_use]
    pub fn show(self, value: u64) -> String {
        let places = self.places.unwrap_or(0);
        let unit = 10_u64.pow(places);
        let fraction = format!("{:0width$}", value % unit, width = places as usize);
        let fraction = if places == 0 { "" } else { fraction.trim_end_matches('0') };
        let point = if fraction.is_empty() { "" } else { "." };
        format!("{}{point}{fraction}", value / unit)
    }
}

impl Target {
    /// Whether more is better.
    #[must_use]
    pub const fn wants_more(self) -> bool {
        matches!(self.compare, Compare::AtLeast | Compare::Above)
    }

    /// Whether a value in the base unit reaches it.
    #[must_use]
    pub fn is_met(self, value: u64) -> bool {
        let value = u128::from(value).saturating_mul(self.times);
        match self.compare {
            Compare::AtMost => value <= self.number,
            Compare::Below => value < self.number,
            Compare::AtLeast => value >= self.number,
            Compare::Above => value > self.number,
        }
    }
}

/// The target that `text` states, for example `<= 0.1`; none where it is no number or its unit is another thing.
#[must_use]
pub fn parse(text: &str, scale: Scale) -> Option<Target> {
    let text = text.trim();
    let (compare, number) = [
        ("<=", Compare::AtMost),
        ("≤", Compare::AtMost),
        (">=", Compare::AtLeast),
        ("≥", Compare::AtLeast),
        ("<", Compare::Below),
        (">", Compare::Above),
    ]
    .into_iter()
    .find_map(|(sign, compare)| Some((compare, text.strip_prefix(sign)?.trim())))?;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let places = u32::try_from(fraction.len()).ok().filter(|places| *places <= 9)?;
    if whole.is_empty() || whole.len() > 15 || !digits(whole) || !digits(fraction) || number.ends_with('.') {
        return None;
    }
    let all: u128 = format!("{whole}{fraction}").parse().ok()?;
    Some(Target { compare, number: all * 10_u128.pow(scale.places?), times: 10_u128.pow(places) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_held_against_the_base_unit_exactly() {
        let percent = Scale::of(Measure::FailedRequests, "%");
        let target = parse("<= 0.1", percent).unwrap();
        assert!(target.is_met(1_000) && !target.is_met(1_001));
        let target = parse(">= 99.95", Scale::of(Measure::EnteredInTerm, "%")).unwrap();
        assert!(target.is_met(999_500) && !target.is_met(999_499));
        let target = parse("< 30", Scale::of(Measure::RecoveryTime, "s")).unwrap();
        assert!(target.is_met(29_999) && !target.is_met(30_000) && !target.is_met(u64::MAX));
        let target = parse("≤ 5", Scale::of(Measure::DaysToEntry, "working days")).unwrap();
        assert!(target.is_met(5) && !target.is_met(6));
    }

    #[test]
    fn what_was_observed_is_held_in_millionths_of_any_unit() {
        let target = parse(">= 99.5", Scale::OBSERVED).unwrap();
        assert!(target.is_met(99_500_000) && !target.is_met(99_499_999) && target.wants_more());
        assert!(!parse("<= 500", Scale::OBSERVED).unwrap().wants_more());
        assert_eq!(
            (Scale::OBSERVED.show(99_730_000).as_str(), Scale::OBSERVED.unit("fortnights")),
            ("99.73", "fortnights")
        );
    }

    #[test]
    fn what_is_no_number_or_of_another_unit_is_no_target() {
        let seconds = Scale::of(Measure::RecoveryTime, "s");
        for text in [
            "<= recoveryTime declared under item 17.8",
            "30",
            "<=",
            "<= -1",
            "<= 1.",
            "<= .5",
            "<= 1e3",
            "<= 0.0000000001",
        ] {
            assert_eq!(parse(text, seconds), None, "{text}");
        }
        assert_eq!(parse("<= 5", Scale::of(Measure::RecoveryTime, "%")), None);
    }

    #[test]
    fn a_value_is_shown_in_the_unit_of_its_definition() {
        assert_eq!(Scale::of(Measure::RecoveryTime, "s").show(1_200), "1.2");
        assert_eq!(Scale::of(Measure::FailedRequests, "%").show(1_234), "0.1234");
        assert_eq!(Scale::of(Measure::Attempts, "attempts").show(20), "20");
        assert_eq!(Scale::of(Measure::RecoveryTime, "fortnights").show(1_200), "1200");
    }
}
