//! Two runs side by side. How often noise is taken for a difference, and a difference for noise, is
//! counted on simulated runs whose truth is known.

use factory_assurance::{
    dossier::TestResult,
    evidence::{Bucket, Failure},
    plan::{Arrivals, Gaps, Stretch},
    report::comparison::{Comparison, Judgement, Run, compare},
    sample,
};
use proptest::prelude::*;

use super::prove;

/// `SplitMix64`, as in the verdict's tests.
struct Random(u64);

impl Random {
    #[allow(clippy::cast_precision_loss)]
    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Normal, near enough.
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.unit()).sum::<f64>() - 6.0
    }
}

/// A run with 2 × 20 steady seconds at 40 requests a second: log-normal latencies whose level wanders
/// from second to second, times `slower`; `failing` of them in a million fail.
fn run(seed: u64, slower: f64, failing: f64) -> TestResult {
    let mut random = Random(seed.wrapping_mul(0x5851_f42d_4c95_7f2d));
    let mut result = sample::passing();
    let last = result.plan.prove.phases.len() - 1;
    (result.plan.prove.phases[1].seconds, result.plan.prove.phases[last].seconds) = (20, 20);
    let mut level = 0.0;
    let mut second = |second| {
        level = 0.6 * level + 0.05 * random.normal();
        let mut bucket = Bucket { second, operation: 0, good: 0, failed: [].into(), latency_us: Vec::new() };
        let mut cells = std::collections::BTreeMap::<u64, u64>::new();
        for _ in 0..40 {
            if random.unit() < failing {
                *bucket.failed.entry(Failure::Timeout).or_default() += 1;
                continue;
            }
            let latency = 8_000.0 * slower * (level + 0.4 * random.normal()).exp();
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            let cell = latency as u64 / 8 * 8;
            *cells.entry(cell).or_default() += 1;
            bucket.good += 1;
        }
        bucket.latency_us = cells.into_iter().map(|(value, count)| [value, count]).collect();
        bucket
    };
    let buckets = (0..66).map(&mut second).collect();
    prove(&mut result).buckets = buckets;
    result
}

fn compared(first: &TestResult, second: &TestResult, names: [&str; 2]) -> Comparison {
    compare(Run { result: first, digest: names[0] }, Run { result: second, digest: names[1] })
}

fn judged(comparison: &Comparison, name: &str) -> Judgement {
    comparison.steady.iter().find(|figure| figure.name == name).unwrap().judgement
}

#[test]
fn the_same_dossier_differs_in_nothing() {
    let result = sample::passing();
    let comparison = compared(&result, &result, ["a", "a"]);
    assert_eq!(comparison.judgement, Judgement::WithinNoise);
    assert_eq!(comparison.cautions, ["both are the same dossier"]);
    assert!(comparison.steady.iter().all(|figure| figure.difference == Some(0)));
    assert!(comparison.phases.iter().all(|figure| figure.difference.is_none_or(|difference| difference == 0)));
}

#[test]
fn noise_is_seldom_taken_for_a_difference() {
    // 17 of 300 when it was tried at length: neighbouring seconds are more alike here than blocks can tell.
    let pairs = 60_u64;
    let alarms = (0..pairs)
        .filter(|pair| {
            let (first, second) = (run(2 * pair + 1, 1.0, 0.002), run(2 * pair + 2, 1.0, 0.002));
            let comparison = compared(&first, &second, ["first", &format!("second {pair}")]);
            comparison.steady.iter().any(|figure| figure.judgement != Judgement::WithinNoise)
        })
        .count();
    assert!(alarms <= 4, "{alarms} of {pairs} pairs of equal runs are said to differ");
}

#[test]
fn a_third_slower_is_seen_to_be_worse_nearly_always() {
    let pairs = 20_u64;
    let seen = (0..pairs)
        .filter(|pair| {
            let (first, second) = (run(2 * pair + 1, 1.0, 0.0), run(2 * pair + 2, 1.33, 0.0));
            judged(&compared(&first, &second, ["first", "second"]), "p50Us") == Judgement::Worse
        })
        .count();
    assert!(seen >= 18, "{seen} of {pairs}");
}

#[test]
fn more_failures_are_worse_and_the_other_way_round_better() {
    let (good, bad) = (run(1, 1.0, 0.0), run(2, 1.0, 0.1));
    let there = compared(&good, &bad, ["good", "bad"]);
    let back = compared(&bad, &good, ["bad", "good"]);
    assert_eq!((judged(&there, "failedPpm"), judged(&back, "failedPpm")), (Judgement::Worse, Judgement::Better));
    assert_eq!(there.judgement, Judgement::Worse);
    for (one, other) in there.steady.iter().zip(&back.steady) {
        let [low, high] = one.interval.unwrap();
        assert_eq!(
            (other.difference, other.interval),
            (one.difference.map(|difference| -difference), Some([-high, -low]))
        );
    }
}

#[test]
fn a_difference_that_a_run_has_with_itself_is_no_difference() {
    let first = run(1, 1.0, 0.0);
    let mut second = run(2, 1.4, 0.0);
    // The same run, slow after the faults and not before them.
    for bucket in prove(&mut second).buckets.iter_mut().take(40) {
        bucket.latency_us.iter_mut().for_each(|cell| cell[0] = cell[0] * 10 / 14);
    }
    let comparison = compared(&first, &second, ["first", "second"]);
    let median = comparison.steady.iter().find(|figure| figure.name == "p50Us").unwrap();
    assert_eq!(median.judgement, Judgement::WithinNoise, "{median:?}");
    assert!(median.drift > median.difference.unwrap().unsigned_abs());
}

#[test]
fn too_few_seconds_are_not_judged() {
    let mut short = sample::passing();
    prove(&mut short).buckets.retain(|bucket| (2..5).contains(&bucket.second));
    let comparison = compared(&sample::passing(), &short, ["long", "short"]);
    assert_eq!((comparison.judgement, comparison.steady_seconds), (Judgement::Unknown, [10, 3]));
    let comparison = compared(&sample::passing(), &sample::inconclusive(), ["some", "none"]);
    assert_eq!(comparison.judgement, Judgement::Unknown);
    assert!(comparison.cautions.iter().any(|caution| caution.starts_with("the second run is Inconclusive")));
}

#[test]
fn what_should_be_the_same_and_is_not_is_said() {
    let first = sample::passing();
    let mut second = sample::passing();
    second.subject.service = "another".to_owned();
    second.standard.version = "2".to_owned();
    second.plan.prove.load.requests_per_minute = 1_201;
    let stretches = vec![Stretch::level(36, 1_000_000)];
    second.plan.prove.load.arrivals = Some(Arrivals { gaps: Gaps::Even, stretches });
    let comparison = compared(&first, &second, ["first", "second"]);
    assert_eq!(
        comparison.cautions,
        [
            "these are two services: social-registry/registered-address and social-registry/another",
            "the standards are not the same: basic version 1 and basic version 2",
            "the load is not the same: 1200 requests a minute and 1201 requests a minute",
            "requests did not come in the same way over the time of the load",
            // A rate that does not follow from its users is no plan of the standard's.
            "the second run is Inconclusive: its measurements may be void",
        ]
    );
}

#[test]
fn figures_of_one_run_alone_stand_there_too() {
    let mut first = sample::passing();
    first.plan.prove.phases[2].name = "renamed".to_owned();
    let comparison = compared(&first, &sample::passing(), ["first", "second"]);
    let find = |phase: &str| comparison.phases.iter().find(|one| one.phase == phase && one.name == "requests").unwrap();
    assert_eq!(find("renamed").values, [Some(120), None]);
    assert_eq!(find("pod-kill-registry").values, [None, Some(120)]);
}

#[test]
fn the_same_two_always_compare_the_same() {
    let (first, second) = (run(1, 1.0, 0.01), run(2, 1.1, 0.01));
    let once = serde_json::to_string(&compared(&first, &second, ["first", "second"])).unwrap();
    assert_eq!(once, serde_json::to_string(&compared(&first, &second, ["first", "second"])).unwrap());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn counts_and_latencies_of_any_size_are_compared_without_overflow(
        counts in prop::collection::vec((any::<u64>(), any::<u64>(), any::<u64>()), 72),
    ) {
        let mut result = sample::passing();
        for (bucket, (good, failed, latency)) in prove(&mut result).buckets.iter_mut().zip(counts) {
            bucket.good = good;
            bucket.failed = [(Failure::Broken, failed)].into();
            bucket.latency_us = vec![[latency, good], [u64::MAX, failed]];
        }
        let comparison = compared(&sample::passing(), &result, ["sane", "huge"]);
        prop_assert!(comparison.steady.iter().all(|figure| figure.interval.is_some()));
    }
}
