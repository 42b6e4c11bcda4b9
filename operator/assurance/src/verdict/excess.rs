//! Whether so many failed requests are more than chance makes of a limit. A handful of requests has no share that
//! could be held against a limit: one stray failure of twenty is 5 %.
//!
//! If each of `total` requests fails with the chance that the limit allows, the chance that `failed` or more do is at
//! most that of a Poisson count with the same mean (Anderson and Samuels 1967, from one above the mean on). With the
//! terms `tₖ = mean^k / k!` that is `Σ t from failed on / Σ all t`, and the terms from `failed` on sum to at most
//! `t_failed × (failed + 1) / (failed + 1 − mean)`. What is left are ratios of terms, in whole millionths.

/// One in so many runs of a service exactly at its limit may be blamed for what is chance.
const ONE_IN: u128 = 10_000;
/// Terms that are looked at, from the number of failures downward; they shrink long before.
const MOST_TERMS: usize = 1_000;
const MILLION: u128 = 1_000_000;

/// Whether `failed` of `total` requests are more than `limit_ppm` allows, by more than chance explains. A single
/// failure never is.
pub fn excludes_chance(failed: u128, total: u128, limit_ppm: u32) -> bool {
    let mean = total.saturating_mul(limit_ppm.into());
    if failed < 2 || failed.saturating_mul(MILLION) <= mean {
        return false;
    }
    if mean == 0 {
        return true;
    }
    let over = (failed + 1).saturating_mul(MILLION).saturating_sub(mean);
    let wanted = ((ONE_IN - 1) * MILLION * MILLION).saturating_mul(failed + 1);
    let (mut term, mut sum) = (MILLION, 0_u128);
    let mut left = failed;
    for _ in 0..MOST_TERMS {
        if left == 0 {
            break;
        }
        term = term.saturating_mul(left).saturating_mul(MILLION) / mean;
        sum = sum.saturating_add(term);
        left -= 1;
        if sum.saturating_mul(over) >= wanted {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_failures_of_few_requests_are_told_from_chance() {
        for (failed, total, ppm, want) in [
            (0, 0, 1_000, false),
            // A stray failure, however few there were, even where none is allowed.
            (1, 1, 1, false),
            (1, 1, 0, false),
            (2, 1_000, 0, true),
            (2, 4, 1_000, true),
            // 2.6 in 10000, and 2 in a million.
            (2, 23, 1_000, false),
            (3, 23, 1_000, true),
            // Seven of a mean of one: 8.3 in 100000; six: 5.9 in 10000.
            (7, 1_000, 1_000, true),
            (6, 1_000, 1_000, false),
            // 28 of a mean of twelve: 5.2 in 100000; 27: 1.2 in 10000.
            (28, 120_000, 100, true),
            (27, 120_000, 100, false),
            // Half of what a fault may cost.
            (50_000, 1_000_000, 100_000, false),
            (4, 8, 500_000, false),
        ] {
            assert_eq!(excludes_chance(failed, total, ppm), want, "{failed} of {total} at {ppm} ppm");
        }
    }

    #[test]
    fn more_failures_are_never_more_likely_chance() {
        for total in [1_u128, 10, 100, 1_000, 100_000] {
            for ppm in [0, 1, 100, 1_000, 50_000, 999_999] {
                let seen: Vec<bool> = (0..=total.min(300)).map(|failed| excludes_chance(failed, total, ppm)).collect();
                assert!(seen.is_sorted(), "{total} at {ppm}: {seen:?}");
            }
        }
    }

    #[test]
    fn huge_counts_do_no_harm() {
        assert!(excludes_chance(1 << 53, 1 << 54, 1_000));
        assert!(!excludes_chance(u128::MAX, u128::MAX, u32::MAX));
    }
}
