//! What a run of this size could have noticed. A limit on a share of requests that is kept says little where few
//! requests were due: beside each stands the smallest true share of bad ones that nine of ten such runs refuse.
//!
//! It belongs to the report and not to the verdict: it is a statement about runs, rounded for people, and assumes
//! that requests fail independently of each other. Where they fail together, less is noticed.

use crate::verdict::{Figure, Verdict};

/// All shares are in millionths.
const WHOLE: u64 = 1_000_000;
/// The share of runs that may miss it.
const MISSED: f64 = 0.1;
/// The same as deviations of a normal distribution.
const DEVIATIONS: f64 = 1.2816;
/// With more bad ones than that within the limit, their number is as good as normal; and a dossier may claim any
/// number of requests.
const EXACT: u64 = 10_000;

/// The smallest share of bad requests, in millionths, that nine of ten runs with so many requests find to exceed
/// `limit_ppm`; `None` where that can never be found.
fn share(requests: u64, limit_ppm: u64) -> Option<u64> {
    // So many bad ones are still within the limit.
    let within = u64::try_from(u128::from(requests) * u128::from(limit_ppm) / u128::from(WHOLE)).ok()?;
    if within >= requests {
        return None;
    }
    if within > EXACT {
        return Some(of_many(requests, limit_ppm));
    }
    let ways = ways(requests, within);
    let (mut missed, mut noticed) = (limit_ppm, WHOLE);
    while noticed - missed > 1 {
        let middle = missed.midpoint(noticed);
        if at_most(requests, within, ways, middle) <= MISSED { noticed = middle } else { missed = middle }
    }
    Some(noticed)
}

/// The same for the limit that `figure` of `verdict` stands beside.
#[must_use]
pub fn of(verdict: &Verdict, figure: &Figure) -> Option<u64> {
    let limit = limit_ppm(figure)?;
    let requests = verdict.figures.iter().find(|one| one.phase == figure.phase && one.name == "requests")?;
    share(requests.value?, limit)
}

/// Of the limit that `figure` stands beside: which share of requests it allows. A percentile allows those that it
/// leaves out.
fn limit_ppm(figure: &Figure) -> Option<u64> {
    match (figure.name.as_str(), figure.limit?) {
        ("failedPpm", limit) => Some(limit),
        ("p95Us", _) => Some(50_000),
        ("p99Us", _) => Some(10_000),
        _ => None,
    }
}

/// The share where the limit is [`DEVIATIONS`] below it, for a number of requests at which that is exact enough.
fn of_many(requests: u64, limit_ppm: u64) -> u64 {
    let limit = real(limit_ppm) / real(WHOLE);
    let beyond = DEVIATIONS * (limit * (1.0 - limit) / real(requests)).sqrt();
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // a share
    let noticed = ((limit + beyond) * real(WHOLE)).ceil() as u64;
    noticed.clamp(limit_ppm + 1, WHOLE)
}

/// Logarithm of the number of ways to choose `chosen` of `all`.
fn ways(all: u64, chosen: u64) -> f64 {
    (0..chosen).map(|index| (real(all - index) / real(index + 1)).ln()).sum()
}

/// Probability of at most `most` bad ones among `all`, each of which is bad with `ppm` millionths.
fn at_most(all: u64, most: u64, ways: f64, ppm: u64) -> f64 {
    if ppm >= WHOLE {
        return 0.0;
    }
    let bad = real(ppm) / real(WHOLE);
    let good = 1.0 - bad;
    // From the largest term down: what follows gets small soon, as the share is beyond the limit.
    let mut term = (ways + real(most) * bad.ln() + real(all - most) * good.ln()).exp();
    let mut sum = term;
    for count in (1..=most).rev() {
        term *= real(count) / real(all - count + 1) * good / bad;
        sum += term;
        if term < sum * 1e-9 {
            break;
        }
    }
    sum
}

#[allow(clippy::cast_precision_loss)] // counts of requests fit; rounded for people anyway
const fn real(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `SplitMix64`, as a share of the whole.
    fn draw(state: &mut u64) -> u64 {
        *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % WHOLE
    }

    #[test]
    fn nothing_allowed_is_found_as_often_as_one_bad_one_comes() {
        // One of 100 is bad in nine of ten runs at 1 - 0.1^(1/100).
        assert_eq!(share(100, 0), Some(22_763));
        assert_eq!(share(1, 0), Some(900_000));
    }

    #[test]
    fn more_requests_notice_less_and_never_less_than_the_limit() {
        let of = |requests| share(requests, 10_000).unwrap();
        let sizes = [50, 500, 5_000, 50_000, 5_000_000];
        assert!(sizes.windows(2).all(|pair| of(pair[0]) > of(pair[1])), "{:?}", sizes.map(of));
        assert!((10_001..10_100).contains(&of(5_000_000)), "{}", of(5_000_000));
        assert_eq!(of(u64::MAX), 10_001);
        // Both ways of reckoning agree where they meet.
        assert!(of(1_000_000).abs_diff(of_many(1_000_000, 10_000)) <= 3, "{}", of(1_000_000));
    }

    #[test]
    fn where_nothing_can_be_refused_nothing_is_said() {
        assert_eq!([share(0, 0), share(10, WHOLE), share(0, WHOLE)], [None; 3]);
    }

    #[test]
    fn nine_of_ten_runs_refuse_what_is_said_to_be_noticed() {
        let mut state = 7;
        for (requests, limit) in [(160_u64, 10_000_u64), (400, 50_000), (1_000, 1_000)] {
            let noticed = share(requests, limit).unwrap();
            let refused = (0..2_000)
                .filter(|_| {
                    let bad = (0..requests).filter(|_| draw(&mut state) < noticed).count() as u64;
                    bad * WHOLE > limit * requests
                })
                .count();
            // 1,800 with a deviation of 13, and a step of the count on top.
            assert!((1_745..=1_880).contains(&refused), "{requests} {limit}: {noticed}, {refused}");
        }
    }
}
