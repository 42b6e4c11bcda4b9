//! Steady seconds drawn again and again: how else could this run have come out?

use super::{Figure, side::Side};

/// How often.
const DRAWS: usize = 2_000;
/// Outside the interval, on each side: of four figures, 5 % together.
const TAIL: usize = DRAWS * 5 / 100 / 2 / 4;

/// `SplitMix64`: a stream of numbers that is the same on every machine.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// One of `0..bound`; a bias of one in 2^32 does not matter here.
    #[allow(clippy::cast_possible_truncation, reason = "less than `bound`")]
    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }
}

/// The seed that a digest gives.
pub fn seed(digest: &str) -> u64 {
    let hash = crate::canonical::sha256(digest.as_bytes());
    u64::from_str_radix(hash.trim_start_matches("sha256:").get(..16).unwrap_or_default(), 16).unwrap_or(0)
}

/// Each of `figures` in [`DRAWS`] runs that could have been.
pub fn draws(side: &Side, seed: u64, figures: &[(&str, Figure)]) -> Vec<Vec<u64>> {
    let mut random = Random(seed);
    let mut drawn = vec![Vec::with_capacity(DRAWS); figures.len()];
    let mut sums = vec![0_u128; side.values.len()];
    for _ in 0..DRAWS {
        sums.fill(0);
        let (mut answered, mut failed, mut total) = (0_u128, 0_u128, 0_u128);
        for seconds in &side.phases {
            for (second, times) in seconds.iter().zip(times(seconds.len(), &mut random)) {
                let times = u128::from(times);
                if times == 0 {
                    continue;
                }
                failed = failed.saturating_add(second.failed.saturating_mul(times));
                total = total.saturating_add(second.total.saturating_mul(times));
                for (index, count) in &second.cells {
                    let count = count.saturating_mul(times);
                    sums[*index] = sums[*index].saturating_add(count);
                    answered = answered.saturating_add(count);
                }
            }
        }
        for ((_, figure), values) in figures.iter().zip(&mut drawn) {
            values.push(side.drawn(*figure, &sums, answered, failed, total));
        }
    }
    drawn
}

/// Length of a block on average: the square root of `length`, so that both their number and what each
/// remembers grow with the run.
pub fn block(length: usize) -> usize {
    (1..=length).find(|side| side * side >= length).unwrap_or(1)
}

/// How often each of `length` seconds is drawn: in blocks that begin anywhere and go round at the end.
fn times(length: usize, random: &mut Random) -> Vec<u32> {
    let mut times = vec![0; length];
    let block = block(length);
    let mut at = random.below(length);
    for _ in 0..length {
        times[at] += 1;
        at = if random.below(block) == 0 { random.below(length) } else { (at + 1) % length };
    }
    times
}

/// The middle of the differences of `second` and `first`, stretched away from `difference` because so
/// few `blocks` show less noise than there is: as Student's distribution stands to the normal one at
/// this confidence, 1 + (z² + 1) / 4ν with z = 2.5 and one degree of freedom less than blocks.
pub fn interval(first: &[u64], second: &[u64], difference: i64, blocks: usize) -> Option<[i64; 2]> {
    let pairs = first.iter().zip(second);
    let mut differences: Vec<i64> =
        pairs.map(|(first, second)| super::signed(*second) - super::signed(*first)).collect();
    differences.sort_unstable();
    let last = differences.len().checked_sub(1 + TAIL)?;
    let thousandths = 1_000 + 1_812 / i128::try_from(blocks.saturating_sub(1).max(1)).ok()?;
    let stretched = |end: i64| {
        let reach = (i128::from(end) - i128::from(difference)) * thousandths / 1_000;
        i64::try_from(i128::from(difference) + reach).ok()
    };
    Some([stretched(*differences.get(TAIL)?)?, stretched(*differences.get(last)?)?])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_second_is_drawn_once_on_average() {
        let mut random = Random(7);
        let mut sums = vec![0_u64; 10];
        for _ in 0..10_000 {
            let times = times(10, &mut random);
            assert_eq!(times.iter().sum::<u32>(), 10);
            sums.iter_mut().zip(times).for_each(|(sum, times)| *sum += u64::from(times));
        }
        assert!(sums.iter().all(|sum| (9_500..10_500).contains(sum)), "{sums:?}");
        assert!(times(0, &mut random).is_empty());
    }

    #[test]
    fn the_interval_leaves_out_one_and_a_quarter_per_cent() {
        assert_eq!(TAIL, 12);
        let zero = vec![0; DRAWS];
        let rising: Vec<u64> = (0..2_000).collect();
        assert_eq!(interval(&zero, &rising, 1_000, 10_000), Some([12, 1_987]));
        assert_eq!(interval(&rising, &zero, -1_000, 10_000), Some([-1_987, -12]));
        assert_eq!(interval(&zero, &rising, 1_000, 2), Some([-1_778, 3_775]), "few blocks say little");
        assert_eq!(interval(&[], &[], 0, 2), None);
    }
}
