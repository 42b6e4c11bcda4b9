//! The moment at which a run begins. Where repetitions of earlier runs count, their phase against the service's timers has
//! to be random, and a rollout and a plan of the same seconds would strike each run's pods at the same age: so the run
//! waits, for a time that follows from its nonce.

use std::time::Duration;

use factory_assurance::plan::{EarlierRuns, history::MOST_WAIT_SECONDS};

use crate::random::Random;

/// How long a run waits before it begins, where earlier ones count: evenly drawn between nothing and
/// [`MOST_WAIT_SECONDS`], to the millisecond. Nothing where none count.
#[must_use]
pub fn wait(history: Option<&EarlierRuns>, nonce: &str) -> Duration {
    if history.is_none() {
        return Duration::ZERO;
    }
    Duration::from_millis(Random::seeded("moment", nonce).below(u64::from(MOST_WAIT_SECONDS) * 1_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_waits_where_earlier_ones_count_even_if_there_are_none_yet() {
        assert_eq!(wait(None, "nonce"), Duration::ZERO);
        let drawn = wait(Some(&EarlierRuns::default()), "nonce");
        assert!(!drawn.is_zero());
        assert_eq!(wait(Some(&EarlierRuns::default()), "nonce"), drawn);
    }

    /// Of a timer that is as long as the longest wait, each tenth is met as often as any other.
    #[test]
    fn moments_are_spread_evenly_over_the_longest_wait() {
        let none_yet = EarlierRuns::default();
        let mut tenths = [0_u32; 10];
        for run in 0..5_000 {
            let drawn = wait(Some(&none_yet), &run.to_string());
            tenths[usize::try_from(drawn.as_secs() * 10 / u64::from(MOST_WAIT_SECONDS)).unwrap()] += 1;
        }
        assert!(tenths.iter().all(|count| (400..600).contains(count)), "{tenths:?}");
    }
}
