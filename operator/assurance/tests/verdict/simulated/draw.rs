//! Draws from what was recorded: counts, shares and histograms, from a seed.

// Shares are real numbers, of sizes that all fit.
#![allow(clippy::cast_possible_truncation, clippy::cast_precision_loss, clippy::cast_sign_loss)]

use super::super::varied::Random;

/// Draws of whatever is drawn once for a run or a fault.
pub const EXACT: u64 = 2_000;

/// A sparse histogram, `[value, count]`, rising.
pub type Cells = Vec<[u64; 2]>;

/// At least 0, below 1.
pub fn share(random: &mut Random) -> f64 {
    (random.next() >> 11) as f64 / (1_u64 << 53) as f64
}

/// A Poisson count; beyond a mean of 60 its normal approximation.
pub fn poisson(mean: f64, random: &mut Random) -> u64 {
    if mean > 60.0 {
        let normal = (0..12).map(|_| share(random)).sum::<f64>() - 6.0;
        return (mean + mean.sqrt() * normal).round().max(0.0) as u64;
    }
    let (limit, mut product, mut count) = ((-mean).exp(), share(random), 0);
    while product > limit {
        product *= share(random);
        count += 1;
    }
    count
}

/// How many of `tries` come out, each with the chance `of`.
pub fn binomial(tries: u64, of: f64, random: &mut Random) -> u64 {
    if of <= 0.0 { 0 } else { (0..tries).filter(|_| share(random) < of).count() as u64 }
}

/// Number of all values.
pub fn total(cells: &[[u64; 2]]) -> u64 {
    cells.iter().map(|[_, count]| count).sum()
}

/// One of the values, each as likely as it was seen.
pub fn value(cells: &[[u64; 2]], all: u64, random: &mut Random) -> u64 {
    let mut left = random.below(all.max(1));
    for [value, count] in cells {
        if left < *count {
            return *value;
        }
        left -= count;
    }
    0
}

/// `draws` values, each drawn as likely as it was seen. Beyond `most` a draw stands for several values, which makes
/// chance larger and never smaller.
pub fn resample(cells: &[[u64; 2]], draws: u64, most: u64, random: &mut Random) -> Vec<[u64; 2]> {
    let (all, single) = (total(cells), draws.min(most));
    (0..single).map(|index| [value(cells, all, random), draws / single + u64::from(index < draws % single)]).collect()
}

/// The same values, rising, each once.
pub fn gathered(mut values: Vec<[u64; 2]>) -> Cells {
    values.sort_unstable();
    let mut cells: Cells = Vec::with_capacity(values.len());
    for [value, count] in values.into_iter().filter(|[_, count]| *count > 0) {
        match cells.last_mut() {
            Some(last) if last[0] == value => last[1] += count,
            _ => cells.push([value, count]),
        }
    }
    cells
}
