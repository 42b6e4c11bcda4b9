//! Axes: where a value lies, and which round values are written beside the axis. Pure geometry; what
//! the values are is not known here.

/// An axis from a range of values to a range of positions.
#[derive(Clone, Debug, PartialEq)]
pub struct Scale {
    from: f64,
    to: f64,
    start: f64,
    end: f64,
    logarithmic: bool,
    /// Round values to write, rising, all of them on the axis.
    pub ticks: Vec<u64>,
}

/// Most round values on an axis of counts.
const COUNTS: u64 = 4;
/// Most round values on an axis of time.
const TIMES: u64 = 12;
/// More round values than these on a logarithmic axis, and only powers of ten are written.
const DENSE: usize = 8;
/// Steps of an axis of time in seconds.
const STEPS: [u64; 14] = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200];

/// `value` for drawing: what a picture shows needs no more than 52 bits.
#[allow(clippy::cast_precision_loss, reason = "a picture has fewer points than 2^52")]
pub const fn float(value: u64) -> f64 {
    value as f64
}

/// A position to a tenth of a point.
pub fn round(position: f64) -> f64 {
    (position * 10.0).round() / 10.0
}

impl Scale {
    /// Seconds from 0 to `length`, between the positions `start` and `end`.
    pub fn time(length: u64, [start, end]: [f64; 2]) -> Self {
        let length = length.max(1);
        let step = STEPS.into_iter().find(|step| length / step <= TIMES).unwrap_or_else(|| round_up(length / TIMES));
        let ticks = (0..=length / step).map(|index| index * step).collect();
        Self { from: 0.0, to: float(length), start, end, logarithmic: false, ticks }
    }

    /// Counts from 0 to at least `most`.
    pub fn counts(most: u64, positions: [f64; 2]) -> Self {
        let most = most.max(1);
        let step = round_up(most.div_ceil(COUNTS));
        let last = most.div_ceil(step);
        let ticks = (0..=last).map(|index| index.saturating_mul(step)).collect();
        let [start, end] = positions;
        Self { from: 0.0, to: float(last.saturating_mul(step)), start, end, logarithmic: false, ticks }
    }

    /// Latencies from at most `least` to at least `most`, logarithmic: a fault's are a thousand times
    /// those of the steady state, and both must be seen.
    pub fn latencies(least: u64, most: u64, [start, end]: [f64; 2]) -> Self {
        let low = round_values().take_while(|value| *value <= least).last().unwrap_or(1);
        let high = round_up(most.max(low.saturating_add(1)));
        let all: Vec<u64> = round_values().filter(|value| (low..=high).contains(value)).collect();
        let tens = |value: &u64| value.ilog10() == 0 && *value == 1 || 10_u64.pow(value.ilog10()) == *value;
        let ticks = if all.len() > DENSE { all.into_iter().filter(tens).collect() } else { all };
        Self { from: float(low).ln(), to: float(high).ln(), start, end, logarithmic: true, ticks }
    }

    /// Position of `value`, held within the axis.
    pub fn at(&self, value: f64) -> f64 {
        let value = if self.logarithmic { value.max(1.0).ln() } else { value };
        let part = ((value - self.from) / (self.to - self.from)).clamp(0.0, 1.0);
        round(self.start + part * (self.end - self.start))
    }
}

/// 1, 2, 5, 10, 20, 50, … to the largest that 64 bits hold.
fn round_values() -> impl Iterator<Item = u64> {
    (0..=19_u32).flat_map(|power| [1, 2, 5].map(|digit| 10_u64.pow(power).checked_mul(digit))).map_while(|value| value)
}

/// The smallest round value that is not less than `value`.
fn round_up(value: u64) -> u64 {
    round_values().find(|round| *round >= value).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_get_round_ticks_that_reach_the_most() {
        for (most, ticks) in [
            (0, vec![0, 1]),
            (1, vec![0, 1]),
            (3, vec![0, 1, 2, 3]),
            (7, vec![0, 2, 4, 6, 8]),
            (40, vec![0, 10, 20, 30, 40]),
            (117, vec![0, 50, 100, 150]),
        ] {
            assert_eq!(Scale::counts(most, [0.0, 1.0]).ticks, ticks, "{most}");
        }
    }

    #[test]
    fn latencies_get_powers_of_ten_where_there_are_many() {
        assert_eq!(Scale::latencies(4_011, 12_031, [0.0, 1.0]).ticks, [2_000, 5_000, 10_000, 20_000]);
        assert_eq!(Scale::latencies(900, 1_000_000, [0.0, 1.0]).ticks, [1_000, 10_000, 100_000, 1_000_000]);
        assert_eq!(Scale::latencies(0, 0, [0.0, 1.0]).ticks, [1, 2]);
    }

    #[test]
    fn time_is_cut_into_at_most_a_dozen_parts() {
        assert_eq!(Scale::time(36, [0.0, 1.0]).ticks.last(), Some(&35));
        for length in [0, 1, 12, 13, 36, 120, 599, 600, 1_800, 100_000, u64::from(u32::MAX), u64::MAX] {
            let ticks = Scale::time(length, [0.0, 1.0]).ticks;
            assert!(ticks.len() <= 14 && ticks.iter().all(|tick| *tick <= length.max(1)), "{length}: {ticks:?}");
        }
    }

    #[test]
    fn every_value_lies_on_the_axis() {
        let scales = [
            Scale::time(u64::MAX, [60.0, 900.0]),
            Scale::counts(u64::MAX, [300.0, 200.0]),
            Scale::latencies(1, u64::MAX, [200.0, 0.0]),
            Scale::time(0, [60.0, 900.0]),
        ];
        for scale in scales {
            for value in [0, 1, 5, 1 << 53, u64::MAX] {
                let at = scale.at(float(value));
                assert!(at.is_finite() && (0.0..=900.0).contains(&at), "{value}: {at}");
            }
        }
    }

    #[test]
    fn a_logarithmic_axis_gives_each_decade_the_same_room() {
        let scale = Scale::latencies(1_000, 1_000_000, [0.0, 300.0]);
        for (value, want) in [(1_000.0, 0.0), (10_000.0, 100.0), (100_000.0, 200.0), (1_000_000.0, 300.0)] {
            assert!((scale.at(value) - want).abs() < 0.05, "{value}: {}", scale.at(value));
        }
    }
}
