//! Percentiles of sparse histograms: `[value, count]` pairs, merged exactly.

use std::collections::BTreeMap;

/// Sum of many sparse histograms.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Histogram {
    cells: BTreeMap<u64, u128>,
}

impl Histogram {
    /// Adds `cells`, in whatever order they stand.
    pub fn add(&mut self, cells: &[[u64; 2]]) {
        for [value, count] in cells {
            let cell = self.cells.entry(*value).or_default();
            *cell = cell.saturating_add(u128::from(*count));
        }
    }

    /// Adds `value` so many times.
    pub fn add_times(&mut self, value: u64, times: u128) {
        let cell = self.cells.entry(value).or_default();
        *cell = cell.saturating_add(times);
    }

    /// Number of samples.
    pub fn count(&self) -> u128 {
        self.cells.values().fold(0, |sum, count| sum.saturating_add(*count))
    }

    /// The smallest value that is not exceeded by `percent` of the samples: the one at rank
    /// `⌈percent × count / 100⌉`. `None` without samples.
    pub fn percentile(&self, percent: u8) -> Option<u64> {
        self.percentile_of(self.count(), percent)
    }

    /// The same among `count` samples of which those that are not here are larger than any. `None` if it is one of
    /// them, or without samples.
    pub fn percentile_of(&self, count: u128, percent: u8) -> Option<u64> {
        if count == 0 {
            return None;
        }
        let rank = count.saturating_mul(u128::from(percent)).div_ceil(100);
        let mut seen: u128 = 0;
        self.cells.iter().find_map(|(value, count)| {
            seen = seen.saturating_add(*count);
            (seen >= rank && *count > 0).then_some(*value)
        })
    }
}

/// Whether the values rise, as the shape asks for.
pub fn rises(cells: &[[u64; 2]]) -> bool {
    cells.windows(2).all(|pair| pair[0][0] < pair[1][0])
}

/// Number of samples in `cells`.
pub fn count(cells: &[[u64; 2]]) -> u128 {
    cells.iter().fold(0, |sum, [_, count]| sum.saturating_add(u128::from(*count)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn histogram(cells: &[[u64; 2]]) -> Histogram {
        let mut histogram = Histogram::default();
        histogram.add(cells);
        histogram
    }

    #[test]
    fn percentiles_are_the_values_at_their_rank() {
        let hundred = histogram(&[[10, 94], [20, 1], [30, 4], [40, 1]]);
        assert_eq!(hundred.percentile(95), Some(20));
        assert_eq!(hundred.percentile(99), Some(30));
        assert_eq!(hundred.percentile(100), Some(40));
        assert_eq!(histogram(&[[7, 1]]).percentile(99), Some(7));
        assert_eq!(histogram(&[[7, 0]]).percentile(99), None);
        assert_eq!(histogram(&[]).percentile(99), None);
    }

    #[test]
    fn the_order_of_cells_does_not_matter() {
        assert_eq!(histogram(&[[3, 1], [1, 2], [3, 4]]), histogram(&[[1, 2], [3, 5]]));
        assert!(!rises(&[[3, 1], [3, 1]]));
        assert!(rises(&[[3, 1], [4, 0]]));
    }

    #[test]
    fn counts_that_overflow_64_bits_are_summed_all_the_same() {
        let huge = histogram(&[[1, u64::MAX], [2, u64::MAX], [3, 1]]);
        assert_eq!(huge.count(), 2 * u128::from(u64::MAX) + 1);
        assert_eq!(huge.percentile(50), Some(2));
    }
}
