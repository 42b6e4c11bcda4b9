//! Histograms as the evidence has them: `[value, count]`, rising, where values are the upper bounds
//! of `HdrHistogram` cells with three significant digits. Only cells that were hit take memory, so a
//! histogram for each second and operation stays small.

use std::collections::BTreeMap;

use hdrhistogram::{CreationError, Histogram};

/// Largest value that is told apart, in microseconds: more than eleven days.
const HIGHEST: u64 = 1_000_000_000_000;

/// The cells of `HdrHistogram`.
#[derive(Debug)]
pub struct Grid {
    cells: Histogram<u8>,
}

impl Grid {
    /// Cells of three significant digits from 1 µs on.
    pub fn new() -> Result<Self, CreationError> {
        Ok(Self { cells: Histogram::new_with_bounds(1, HIGHEST, 3)? })
    }

    /// Upper bound of the cell that holds `value`.
    #[must_use]
    pub fn bound(&self, value: u64) -> u64 {
        self.cells.highest_equivalent(value.min(HIGHEST))
    }
}

/// Counts by cell.
#[derive(Clone, Debug, Default)]
pub struct Sparse {
    counts: BTreeMap<u64, u64>,
    /// Counts to which nothing is added for now.
    settled: Packed,
}

/// Cells as the step from the value before and the count, seven bits to a byte: two to five bytes each, where a list takes
/// sixteen and a tree three times that.
#[derive(Clone, Debug, Default)]
struct Packed(Box<[u8]>);

impl Packed {
    fn of(cells: &[[u64; 2]]) -> Self {
        let (mut bytes, mut before) = (Vec::new(), 0);
        for [value, count] in cells {
            for mut number in [value - before, *count] {
                while number >= 0x80 {
                    bytes.push(number.to_le_bytes()[0] | 0x80);
                    number >>= 7;
                }
                bytes.push(number.to_le_bytes()[0]);
            }
            before = *value;
        }
        Self(bytes.into_boxed_slice())
    }

    fn cells(&self) -> impl Iterator<Item = [u64; 2]> {
        let (mut bytes, mut value) = (self.0.iter(), 0);
        let mut number = move || {
            let (mut number, mut place) = (0, 0);
            loop {
                let byte = bytes.next()?;
                number |= u64::from(byte & 0x7f) << place;
                if *byte < 0x80 {
                    return Some(number);
                }
                place += 7;
            }
        };
        std::iter::from_fn(move || {
            value += number()?;
            Some([value, number()?])
        })
    }
}

impl Sparse {
    /// Counts one `value`.
    pub fn record(&mut self, grid: &Grid, value: u64) {
        *self.counts.entry(grid.bound(value)).or_default() += 1;
    }

    /// Adds the counts of `other`.
    pub fn merge(&mut self, other: &Self) {
        self.add(&other.cells());
    }

    /// Adds counts as they stand in the evidence.
    pub fn add(&mut self, cells: &[[u64; 2]]) {
        for [value, count] in cells {
            *self.counts.entry(*value).or_default() += count;
        }
    }

    /// Takes as little memory as it can until something is added.
    pub fn settle(&mut self) {
        self.settled = Packed::of(&self.cells());
        self.counts = BTreeMap::new();
    }

    /// The smallest cell that at least `permille` of all values do not exceed; `None` when empty.
    #[must_use]
    pub fn quantile(&self, permille: u64) -> Option<u64> {
        let cells = self.cells();
        let total: u64 = cells.iter().map(|[_, count]| count).sum();
        let rank = (total * permille).div_ceil(1000).max(1);
        let mut seen = 0;
        cells.into_iter().find_map(|[value, count]| {
            seen += count;
            (seen >= rank).then_some(value)
        })
    }

    /// As it stands in the evidence.
    #[must_use]
    pub fn cells(&self) -> Vec<[u64; 2]> {
        if self.settled.0.is_empty() {
            return self.counts.iter().map(|(value, count)| [*value, *count]).collect();
        }
        let mut all = self.counts.clone();
        for [value, count] in self.settled.cells() {
            *all.entry(value).or_default() += count;
        }
        all.into_iter().map(|(value, count)| [value, count]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_comes_out_again_and_is_small() {
        let cells = [[0, 1], [1, 127], [2, 128], [300, u64::MAX], [u64::MAX, 5]];
        assert_eq!(Packed::of(&cells).cells().collect::<Vec<_>>(), cells);
        assert_eq!(Packed::default().cells().count(), 0);
        // A second at 5,000 requests, as the bench sees it: some hundred cells of a few microseconds.
        let second: Vec<[u64; 2]> = (0..400).map(|cell| [60 + cell, 12]).collect();
        assert_eq!(Packed::of(&second).0.len(), 2 * second.len());
    }

    #[test]
    fn cells_are_those_of_hdrhistogram_itself() {
        let grid = Grid::new().unwrap();
        let mut sparse = Sparse::default();
        let mut whole = Histogram::<u64>::new_with_bounds(1, HIGHEST, 3).unwrap();
        let mut random = crate::random::Random::seeded("test", "cells");
        for _ in 0..10_000 {
            let value = random.below(1 << (1 + random.clone().below(34)));
            sparse.record(&grid, value);
            whole.record(value).unwrap();
        }
        let recorded: Vec<_> =
            whole.iter_recorded().map(|cell| [cell.value_iterated_to(), cell.count_since_last_iteration()]).collect();
        assert_eq!(sparse.cells(), recorded);
        assert_eq!(sparse.quantile(990), Some(whole.highest_equivalent(whole.value_at_quantile(0.99))));
        assert_eq!(Sparse::default().quantile(990), None);
        // Settled or not, merged or not, it says the same.
        sparse.settle();
        assert_eq!(sparse.cells(), recorded);
        sparse.record(&grid, 7);
        whole.record(7).unwrap();
        let mut twice = sparse.clone();
        twice.merge(&sparse);
        whole.add(whole.clone()).unwrap();
        let recorded: Vec<_> =
            whole.iter_recorded().map(|cell| [cell.value_iterated_to(), cell.count_since_last_iteration()]).collect();
        assert_eq!(twice.cells(), recorded);
    }
}
