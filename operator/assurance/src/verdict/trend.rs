//! Whether numbers over time grow, and not by chance, and where that leads. Integers only.
//!
//! Noise of a real service is not independent from one look to the next, and a test that takes it for that sees trends
//! everywhere. So a trend is one of two things. Either the numbers stand so well in order (Mann and Kendall) that as many
//! independent numbers would hardly do so as there are in them, by how much the noise around the line (Theil and Sen)
//! depends on what it was before. Or, where it is noise that adds up, as with a leak of every request, each stretch of
//! the time lies higher than the one before it.

mod order;
#[cfg(test)]
mod simulated;

use super::{MAX_EXACT, load::exact};

/// Runs of a sound service of which one may be failed by all trends of a soak together.
const ONE_IN: u64 = 1_000;
/// Ways in which a trend can be one.
const WAYS: u64 = 2;
/// Most independent numbers that a series is taken for.
const MOST: i128 = 30;
/// What a line that is fitted takes from the dependence that is seen around it, in parts of the number of samples:
/// `BIAS + 2 × BIAS × dependence`.
const BIAS: i128 = 4;
/// A tenth of the samples at each end says where the series began and ended.
const ENDS: usize = 10;
/// Fewest samples.
const LEAST: usize = 20;

/// A moment in milliseconds, and what was seen.
pub type Sample = (u64, u64);

/// A series, and where it leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trend {
    /// The middle of its first tenth.
    pub first: u64,
    /// The middle of its last tenth.
    pub last: u64,
    /// Whether it grows, not by chance, and without having slowed down to less than half.
    pub grows: bool,
    /// Where it is after the horizon; `last` where it does not grow.
    pub ahead: u64,
}

impl Trend {
    /// Of `samples`, rising in time, one of so many `series` of a soak. `None` of too few.
    pub fn of(samples: &[Sample], horizon_ms: u64, series: u64) -> Option<Self> {
        let count = samples.len();
        if count < LEAST {
            return None;
        }
        let values = |samples: &[Sample]| middle(samples.iter().map(|(_, value)| *value).collect());
        let (first, last) = (values(&samples[..count / ENDS])?, values(&samples[count - count / ENDS..])?);
        let horizon = i128::from(horizon_ms);
        let (early, late) = samples.split_at(count / 2);
        let [whole, early, late] = [growth(samples, horizon)?, growth(early, horizon)?, growth(late, horizon)?];
        let level = u128::from(ONE_IN * WAYS).saturating_mul(series.into());
        let lasts = whole > 0 && 2 * late >= early && late > 0;
        let grows = lasts && (is_in_order(samples, whole, horizon, level) || rises_throughout(samples, level));
        let led = u128::try_from(whole.min(late)).unwrap_or(0).saturating_add(last.into());
        Some(Self { first, last, grows, ahead: if grows { exact(led) } else { last.min(MAX_EXACT) } })
    }
}

/// The value in the middle, the lower one of two.
fn middle<T: Ord + Copy>(mut values: Vec<T>) -> Option<T> {
    let place = values.len().checked_sub(1)? / 2;
    Some(*values.select_nth_unstable(place).1)
}

/// By how much it grows within `horizon`: the middle of what any two samples say (Theil and Sen).
fn growth(samples: &[Sample], horizon: i128) -> Option<i128> {
    let pairs =
        samples.iter().enumerate().flat_map(|(index, one)| samples[index + 1..].iter().map(move |two| (one, two)));
    let of_pair = |((from, before), (to, after)): (&Sample, &Sample)| {
        let rise = i128::from(*after) - i128::from(*before);
        (rise * horizon).div_euclid(i128::from(to.saturating_sub(*from).max(1)))
    };
    middle(pairs.map(of_pair).collect())
}

/// Whether so many pairs rise as hardly would among as many independent numbers as are in these. `growth` is that of the
/// line.
fn is_in_order(samples: &[Sample], growth: i128, horizon: i128, level: u128) -> bool {
    let values: Vec<i128> = samples.iter().map(|(_, value)| i128::from(*value)).collect();
    // How far the numbers are above the line, in parts of the horizon; what is added to all of them says nothing.
    let begin = samples.first().map_or(0, |(at, _)| *at);
    let since = |at: u64| i128::from(at.saturating_sub(begin));
    let above: Vec<i128> =
        samples.iter().map(|(at, value)| i128::from(*value) * horizon - growth * since(*at)).collect();
    let count = i128::try_from(samples.len()).unwrap_or(i128::MAX);
    let independent = independent(&ranks(&above), count);
    let pairs = count * (count - 1) / 2;
    let rising = independent * (independent - 1) / 2 * (pairs + order(&values)) / (2 * pairs);
    let (Ok(independent), Ok(rising)) = (usize::try_from(independent), usize::try_from(rising)) else { return false };
    order::at_least(independent, rising).saturating_mul(level) <= order::all(independent)
}

/// Pairs that rise less those that fall.
fn order(values: &[i128]) -> i128 {
    let of = |(index, one): (usize, &i128)| values[index + 1..].iter().map(|two| sign(*two, *one)).sum::<i128>();
    values.iter().enumerate().map(of).sum()
}

/// For each value, how many are smaller less how many are larger.
fn ranks(values: &[i128]) -> Vec<i128> {
    values.iter().map(|one| values.iter().map(|two| sign(*one, *two)).sum()).collect()
}

fn sign(one: i128, two: i128) -> i128 {
    match one.cmp(&two) {
        std::cmp::Ordering::Less => -1,
        std::cmp::Ordering::Equal => 0,
        std::cmp::Ordering::Greater => 1,
    }
}

/// How many independent numbers the `count` ones with these `ranks` around their line are worth:
/// `count × (1 − dependence) / (1 + dependence)`, where each depends on the one before it.
fn independent(ranks: &[i128], count: i128) -> i128 {
    let all: i128 = ranks.iter().map(|rank| rank * rank).sum();
    if all == 0 {
        return MOST.min(count);
    }
    let next: i128 = ranks.windows(2).map(|pair| pair[0] * pair[1]).sum::<i128>().max(0);
    let (seen, whole) = (next * count + BIAS * all + 2 * BIAS * next, all * count);
    if seen >= whole { 0 } else { (count * (whole - seen) / (whole + seen)).min(MOST) }
}

/// Whether each of so many stretches of the samples lies higher than the one before it, as noise that adds up would
/// hardly.
fn rises_throughout(samples: &[Sample], level: u128) -> bool {
    let mut stretches: usize = 1;
    while 1_u128 << (stretches - 1) < level {
        stretches += 1;
    }
    let part = |place: usize| place * samples.len() / stretches;
    let stretch = |place: usize| &samples[part(place)..part(place + 1)];
    let middles = (0..stretches).map(|place| middle(stretch(place).iter().map(|(_, value)| *value).collect()));
    let middles: Option<Vec<u64>> = middles.collect();
    middles.is_some_and(|middles| middles.windows(2).all(|pair| pair[0] < pair[1]))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Looks every five seconds, with these values.
    fn series(value: impl Fn(u64) -> u64) -> Vec<Sample> {
        (0..120).map(|look| (100_000 + look * 5_000, value(look))).collect()
    }

    const DAY: u64 = 86_400_000;

    #[test]
    fn a_line_leads_where_it_leads() {
        let line = Trend::of(&series(|look| 1_000 + 10 * look), DAY, 5).unwrap();
        // 10 in 5 s are 172800 in a day.
        let expected = Trend { first: 1_050, last: 2_130, grows: true, ahead: 2_130 + 172_800 };
        assert_eq!(line, expected);
    }

    #[test]
    fn what_stays_falls_or_saws_leads_nowhere() {
        for (what, values) in [
            ("level", series(|_| 7)),
            ("falls", series(|look| 1_000 - look)),
            ("saws", series(|look| 1_000 + look % 24)),
            ("one step", series(|look| 1_000 + 500 * (look / 60))),
            ("noise", series(|look| look * 7_919 % 1_009)),
        ] {
            let trend = Trend::of(&values, DAY, 5).unwrap();
            assert!(!trend.grows && trend.ahead == trend.last, "{what}: {trend:?}");
        }
    }

    #[test]
    fn a_filling_that_slows_down_is_no_growth() {
        let left = |look: u64| (0..look).fold(1_000_000_u64, |left, _| left - left / 40);
        assert!(!Trend::of(&series(|look| 1_000_000 - left(look)), DAY, 5).unwrap().grows);
    }

    #[test]
    fn few_samples_and_absurd_numbers_are_no_trouble() {
        assert_eq!(Trend::of(&series(|look| look)[..19], DAY, 5), None);
        let absurd = series(|look| MAX_EXACT - 120 + look);
        assert_eq!(Trend::of(&absurd, 31_536_000_000, u64::MAX).unwrap().ahead, MAX_EXACT);
        let steep = series(|look| look * (MAX_EXACT / 120));
        assert_eq!(Trend::of(&steep, 31_536_000_000, 1).unwrap().ahead, MAX_EXACT);
    }
}
