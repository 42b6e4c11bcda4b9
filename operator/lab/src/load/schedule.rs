//! When each request leaves, and which it is: a Poisson process whose every draw follows from the
//! announced nonce. Knows no clock.

use crate::random::Random;

/// A request that is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// Microseconds from the start of the load.
    pub at_us: u64,
    /// Index into the plan's operations.
    pub operation: usize,
    /// Key of its step, if it follows another request in a visit.
    pub step: Option<usize>,
}

/// The requests of a run in order; lazy, so that length costs no memory.
#[derive(Clone, Debug)]
pub struct Schedule {
    random: Random,
    mean_us: f64,
    now_us: f64,
    end_us: u64,
    mix: Mix,
}

/// Which operation a request is for, drawn by weight.
#[derive(Clone, Debug)]
pub struct Mix {
    weights: Vec<u32>,
    total: u64,
}

impl Mix {
    /// Draws by `weights`.
    #[must_use]
    pub fn new(weights: Vec<u32>) -> Self {
        Self { total: weights.iter().map(|weight| u64::from(*weight)).sum(), weights }
    }

    /// An index into the weights.
    pub fn draw(&self, random: &mut Random) -> usize {
        let mut drawn = random.below(self.total);
        for (index, weight) in self.weights.iter().enumerate() {
            match drawn.checked_sub(u64::from(*weight)) {
                Some(rest) => drawn = rest,
                None => return index,
            }
        }
        0
    }
}

impl Schedule {
    /// Arrivals at `per_minute` over `length_ms`, operations drawn by `weights`.
    #[must_use]
    pub fn new(nonce: &str, per_minute: u32, length_ms: u64, weights: Vec<u32>) -> Self {
        Self {
            random: Random::seeded("load", nonce),
            mean_us: 60_000_000.0 / f64::from(per_minute.max(1)),
            now_us: 0.0,
            end_us: length_ms.saturating_mul(1000),
            mix: Mix::new(weights),
        }
    }
}

impl Iterator for Schedule {
    type Item = Due;

    fn next(&mut self) -> Option<Due> {
        // Gaps of a Poisson process are exponential: the inverse of its distribution function.
        self.now_us -= self.mean_us * self.random.unit().ln();
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // never negative; years fit
        let at_us = self.now_us as u64;
        (at_us < self.end_us).then(|| Due { at_us, operation: self.mix.draw(&mut self.random), step: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 100 requests a second for 1,000 seconds.
    fn arrivals(nonce: &str) -> Vec<Due> {
        Schedule::new(nonce, 6_000, 1_000_000, vec![3, 0, 1]).collect()
    }

    #[test]
    fn arrivals_are_those_of_a_poisson_process() {
        let due = arrivals("a");
        // The count of 100,000 has a standard deviation of 316: four of them.
        assert!((98_735..=101_265).contains(&due.len()), "{}", due.len());
        let mut seconds = vec![0_i64; 1000];
        for due in &due {
            seconds[usize::try_from(due.at_us / 1_000_000).unwrap()] += 1;
        }
        // Variance of the counts equals their mean; its own deviation here is about 4.5 %.
        let variance = seconds.iter().map(|count| (count - 100).pow(2)).sum::<i64>() / 1000;
        assert!((82..=118).contains(&variance), "{variance}");
        // One gap in e exceeds the mean.
        let long = due.windows(2).filter(|pair| pair[1].at_us - pair[0].at_us > 10_000).count();
        assert!((36_000..=37_600).contains(&long), "{long}");
        assert!(due.windows(2).all(|pair| pair[0].at_us <= pair[1].at_us));
        assert!(due.iter().all(|due| due.at_us < 1_000_000_000));
    }

    #[test]
    fn operations_come_by_weight_and_everything_follows_from_the_nonce() {
        let due = arrivals("a");
        let third = due.iter().filter(|due| due.operation == 2).count();
        assert!(due.iter().all(|due| due.operation != 1));
        assert!((24_000..=26_000).contains(&third), "{third}");
        assert_eq!(due, arrivals("a"));
        assert_ne!(due[..10], arrivals("b")[..10]);
    }
}
