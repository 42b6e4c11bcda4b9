//! Which percentile of recovery repetitions prove: the largest one that so few late ones would, with 95 % confidence, not
//! have left within what is declared. The exact bound of the binomial distribution (Clopper and Pearson), in integers.

/// A chance of 1.
const WHOLE: u128 = 1_000_000_000_000_000_000;
/// One run of so many may say too much.
const ONE_IN: u128 = 20;

/// The largest percent of events that are in time by `repetitions` of which so many were `late`; 0 where none is proven.
pub fn percent(repetitions: u64, late: u64) -> u64 {
    let proven = |percent: &u64| chance(repetitions, late, u128::from(*percent)) * ONE_IN <= WHOLE;
    (1..100).rev().find(proven).unwrap_or(0)
}

/// The chance that no more than `late` of `repetitions` are late where `percent` of all events are in time, rounded up.
fn chance(repetitions: u64, late: u64, percent: u128) -> u128 {
    let mut chances: Vec<u128> = (0..=late).map(|late| if late == 0 { WHOLE } else { 0 }).collect();
    for _ in 0..repetitions {
        let mut before = 0;
        for chance in &mut chances {
            let now = (*chance * percent + before * (100 - percent)).div_ceil(100);
            before = *chance;
            *chance = now;
        }
    }
    chances.iter().sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_clean_repetitions_bound_the_median_and_29_the_90th_percentile() {
        for (repetitions, late, want) in [
            (1, 0, 5),
            (4, 0, 47),
            (5, 0, 54),
            (28, 0, 89),
            (29, 0, 90),
            (31, 0, 90),
            (31, 1, 85),
            (5, 1, 34),
            (1, 1, 0),
            (5, 5, 0),
        ] {
            assert_eq!(percent(repetitions, late), want, "{late} of {repetitions}");
        }
    }

    #[test]
    fn a_late_repetition_never_proves_more() {
        for repetitions in 1..=31 {
            for late in 0..repetitions {
                assert!(percent(repetitions, late + 1) <= percent(repetitions, late), "{late} of {repetitions}");
                assert!(percent(repetitions + 1, late) >= percent(repetitions, late), "{late} of {repetitions}");
            }
        }
    }
}
