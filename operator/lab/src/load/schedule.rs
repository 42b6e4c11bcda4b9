//! When each request leaves, and which it is: a Poisson process, or even gaps, under the planned rate, whose every
//! draw follows from the announced nonce. Several generators share one schedule: each draws all of it and takes every
//! n-th request. Knows no clock.

use super::shape::{Place, Shape};
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
    shape: Shape,
    place: Place,
    /// Requests that are due up to the last one, by the rate.
    due: f64,
    mix: Mix,
    shard: Shard,
    /// Requests until the next one of this shard.
    others: u32,
}

/// Which of several generators takes part, of how many: each takes every n-th request, so that all of them have the
/// load's shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// From 0.
    pub index: u32,
    /// At least 1.
    pub of: u32,
}

impl Shard {
    /// The only generator.
    pub const ALONE: Self = Self { index: 0, of: 1 };

    /// Of so many users, those of this one: each of them is one generator's from the start to the end.
    #[must_use]
    pub const fn users(self, all: u32) -> u32 {
        let of = if self.of == 0 { 1 } else { self.of };
        all / of + if self.index < all % of { 1 } else { 0 }
    }
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
    /// Arrivals by `shape` that `shard` takes, operations drawn by `weights`.
    #[must_use]
    pub fn new(nonce: &str, shape: Shape, weights: Vec<u32>, shard: Shard) -> Self {
        // Even gaps begin with a half of one, so that a whole number of them has as many requests.
        let due = if shape.even { -0.5 } else { 0.0 };
        let random = Random::seeded("load", nonce);
        Self { random, shape, place: Place::default(), due, mix: Mix::new(weights), shard, others: shard.index }
    }

    /// The next one, whoever takes it.
    fn any(&mut self) -> Option<Due> {
        // Gaps of a Poisson process are exponential in requests that are due: the inverse of its distribution function.
        self.due += if self.shape.even { 1.0 } else { -self.random.unit().ln() };
        let at_us = self.shape.moment(&mut self.place, self.due)?;
        Some(Due { at_us, operation: self.mix.draw(&mut self.random), step: None })
    }
}

impl Iterator for Schedule {
    type Item = Due;

    fn next(&mut self) -> Option<Due> {
        for _ in 0..std::mem::replace(&mut self.others, self.shard.of.saturating_sub(1)) {
            self.any()?;
        }
        self.any()
    }
}

#[cfg(test)]
mod tests {
    use factory_assurance::plan::{Arrivals, Gaps, Stretch};
    use proptest::prelude::*;

    use super::*;

    /// 100 requests a second for 1,000 seconds.
    fn arrivals(nonce: &str) -> Vec<Due> {
        Schedule::new(nonce, Shape::level(6_000, 1_000_000), vec![3, 0, 1], Shard::ALONE).collect()
    }

    #[test]
    fn every_user_is_one_generators() {
        for (all, of) in [(0, 1), (7, 1), (7, 3), (2, 3), (u32::MAX, 16)] {
            let users: Vec<u32> = (0..of).map(|index| Shard { index, of }.users(all)).collect();
            assert_eq!(users.iter().map(|users| u64::from(*users)).sum::<u64>(), u64::from(all));
            assert!(users.iter().max().unwrap() - users.iter().min().unwrap() <= 1, "{users:?}");
        }
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

    #[test]
    fn even_gaps_are_even_and_as_many_as_are_planned() {
        let arrivals = Arrivals { gaps: Gaps::Even, stretches: vec![Stretch::level(10, 1_000_000)] };
        let due: Vec<_> = Schedule::new("a", Shape::of(&arrivals, 6_000), vec![1], Shard::ALONE).collect();
        assert_eq!(due.len(), 1_000);
        assert!(due.windows(2).all(|pair| (9_999..=10_001).contains(&(pair[1].at_us - pair[0].at_us))));
        assert!((4_999..=5_000).contains(&due[0].at_us));
    }

    proptest! {
        /// Any shape: as many requests as are planned, in each of its stretches too, in order, and the same again.
        #[test]
        fn requests_come_when_they_are_planned(
            stretches in prop::collection::vec((1_u32..30, 0_u32..3_000_001, 0_u32..3_000_001), 1..6),
            even: bool,
            nonce in "[a-f0-9]{8}",
            of in 1_u32..5,
        ) {
            let stretch = |(seconds, from_ppm, to_ppm)| Stretch { seconds, from_ppm, to_ppm };
            let gaps = if even { Gaps::Even } else { Gaps::Drawn };
            let arrivals = Arrivals { gaps, stretches: stretches.into_iter().map(stretch).collect() };
            let shard = |shard| Schedule::new(&nonce, Shape::of(&arrivals, 12_000), vec![2, 1], shard).collect::<Vec<_>>();
            let due = shard(Shard::ALONE);
            prop_assert_eq!(&due, &shard(Shard::ALONE));
            for index in 0..of {
                let every: Vec<_> = due.iter().copied().skip(index as usize).step_by(of as usize).collect();
                prop_assert_eq!(shard(Shard { index, of }), every);
            }
            prop_assert!(due.windows(2).all(|pair| pair[0].at_us <= pair[1].at_us));
            let mut from_us = 0;
            for stretch in &arrivals.stretches {
                let to_us = from_us + u64::from(stretch.seconds) * 1_000_000;
                let came = due.iter().filter(|due| (from_us..to_us).contains(&due.at_us)).count();
                let planned = usize::try_from(stretch.requests(12_000)).unwrap();
                // Six deviations of a Poisson count, or the one that a boundary cuts.
                let most = if even { 2 } else { (36 * planned).isqrt() + 8 };
                prop_assert!(came.abs_diff(planned) <= most, "{} of {}", came, planned);
                from_us = to_us;
            }
        }
    }

    #[test]
    fn where_the_rate_rises_gaps_are_still_those_of_a_poisson_process() {
        // From nothing to 600 a second within 1,000 seconds.
        let arrivals =
            Arrivals { gaps: Gaps::Drawn, stretches: vec![Stretch { seconds: 1_000, from_ppm: 0, to_ppm: 3_000_000 }] };
        let due: Vec<_> = Schedule::new("a", Shape::of(&arrivals, 12_000), vec![1], Shard::ALONE).collect();
        let mut seconds = vec![0_f64; 1_000];
        for due in &due {
            seconds[usize::try_from(due.at_us / 1_000_000).unwrap()] += 1.0;
        }
        // Squares of the distances from the mean, each over its mean, are one on average (by 4.5 %, as above); even
        // gaps would make it a tenth of that.
        let expected = |second: usize| 0.6 * (f64::from(u32::try_from(second).unwrap()) + 0.5);
        let of = |(second, count): (usize, &f64)| (count - expected(second)).powi(2) / expected(second);
        let dispersion = seconds.iter().enumerate().skip(20).map(of).sum::<f64>() / 980.0;
        assert!((0.82..=1.18).contains(&dispersion), "{dispersion}");
    }
}
