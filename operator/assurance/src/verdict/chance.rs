//! Chance that is the same on every machine: numbers from a seed, and how often a fault comes in a
//! year. Integers only.

/// `SplitMix64`.
pub struct Random(u64);

impl Random {
    /// A stream of its own for each seed.
    pub const fn seeded(seed: u64) -> Self {
        Self(seed)
    }

    /// One of all 64-bit numbers: a share of 2^64.
    pub const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

/// `⌊part / 2^64 × whole⌋`, for wholes of at most 64 bits.
pub fn share(part: u64, whole: u128) -> u64 {
    u64::try_from((u128::from(part) * whole) >> 64).unwrap_or(u64::MAX)
}

/// How often something happens in a year that is expected so and so often, but with a rate that is
/// itself not known well: a Poisson count whose rate has a gamma distribution of shape [`SHAPE`].
/// That is the sum of as many geometric counts.
pub struct Counts {
    /// `q^(2^i)` as shares of 2^64, where `q^j` is the probability of a geometric count of at least `j`.
    powers: Vec<u64>,
}

/// Shape of the rate's distribution: the rate that is meant is known to about half of itself.
pub const SHAPE: u64 = 4;

impl Counts {
    /// Of what is expected `mean` times.
    pub fn with_mean(mean: u64) -> Self {
        let mean = u128::from(mean);
        let first = u64::try_from((mean << 64) / (mean + u128::from(SHAPE))).unwrap_or(u64::MAX);
        let square = |power: &u64| Some(share(*power, u128::from(*power))).filter(|power| *power > 0);
        Self { powers: std::iter::successors(Some(first).filter(|power| *power > 0), square).collect() }
    }

    /// The count of one year.
    pub fn draw(&self, random: &mut Random) -> u64 {
        (0..SHAPE).map(|_| self.geometric(random.next())).sum()
    }

    /// The largest `j` with `q^j` above the share that was drawn, found bit by bit from above.
    fn geometric(&self, drawn: u64) -> u64 {
        let mut count = 0;
        let mut reached: u128 = 1 << 64;
        for (bit, power) in self.powers.iter().enumerate().rev() {
            let next = u128::from(share(*power, reached));
            if next > u128::from(drawn) {
                reached = next;
                count += 1 << bit;
            }
        }
        count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_have_their_mean_and_their_spread() {
        for mean in [1_u32, 12, 400] {
            let counts = Counts::with_mean(mean.into());
            let mut random = Random::seeded(7);
            let drawn: Vec<f64> =
                (0..20_000).map(|_| f64::from(u32::try_from(counts.draw(&mut random)).unwrap())).collect();
            let average = drawn.iter().sum::<f64>() / 20_000.0;
            let spread = drawn.iter().map(|count| (count - average).powi(2)).sum::<f64>() / 20_000.0;
            let mean = f64::from(mean);
            assert!((average / mean - 1.0).abs() < 0.03, "{average} for {mean}");
            let expected = mean + mean * mean / 4.0;
            assert!((spread / expected - 1.0).abs() < 0.08, "{spread} for {expected}");
        }
    }

    #[test]
    fn what_never_happens_never_happens_and_what_always_does_ends() {
        let never = Counts::with_mean(0);
        assert_eq!(never.draw(&mut Random::seeded(1)), 0);
        let always = Counts::with_mean(u64::MAX);
        assert!(always.draw(&mut Random::seeded(1)) > 1 << 40);
    }

    #[test]
    fn numbers_are_those_of_the_published_generator() {
        let mut random = Random::seeded(1_234_567);
        let drawn = [random.next(), random.next(), random.next()];
        assert_eq!(drawn, [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]);
    }
}
