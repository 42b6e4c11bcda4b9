//! Requests summed up from the raw buckets: of one second, of several, with exact percentiles. The
//! rules of sums and percentiles are those of `docs/verdict.md`.
//!
//! A plan may claim any length, so nothing here is as long as the plan says: only seconds that the
//! evidence has exist.

use std::collections::BTreeMap;

use crate::evidence::{Bucket, Failure, ProveEvidence};

use super::numbers::{exact, ppm};

/// Requests of a stretch of the run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Requests {
    /// Answers that met the expectation.
    pub good: u128,
    /// Failures by cause.
    pub failed: BTreeMap<Failure, u128>,
    /// Latency of all that were answered: samples by value in microseconds.
    pub latency: BTreeMap<u64, u128>,
}

impl Requests {
    fn add_bucket(&mut self, bucket: &Bucket) {
        self.good = self.good.saturating_add(u128::from(bucket.good));
        for (cause, count) in &bucket.failed {
            add(&mut self.failed, *cause, u128::from(*count));
        }
        for [value, count] in &bucket.latency_us {
            add(&mut self.latency, *value, u128::from(*count));
        }
    }

    /// Adds all of `other`.
    pub fn add(&mut self, other: &Self) {
        self.good = self.good.saturating_add(other.good);
        other.failed.iter().for_each(|(cause, count)| add(&mut self.failed, *cause, *count));
        other.latency.iter().for_each(|(value, count)| add(&mut self.latency, *value, *count));
    }

    /// Those that failed.
    pub fn failures(&self) -> u128 {
        self.failed.values().fold(0, |sum, count| sum.saturating_add(*count))
    }

    /// All that were due.
    pub fn total(&self) -> u128 {
        self.good.saturating_add(self.failures())
    }

    /// Share of failed requests in parts per million; `None` without requests.
    pub fn failed_ppm(&self) -> Option<u64> {
        ppm(self.failures(), self.total())
    }

    /// The latency that `percent` of the answers did not exceed, in microseconds.
    pub fn percentile(&self, percent: u8) -> Option<u64> {
        let count = |sum: u128, count: &u128| sum.saturating_add(*count);
        let all = self.latency.values().fold(0, count);
        percentile(self.latency.iter().map(|(value, count)| (*value, *count)), all, percent)
    }
}

fn add<K: Ord>(sums: &mut BTreeMap<K, u128>, key: K, count: u128) {
    let sum = sums.entry(key).or_default();
    *sum = sum.saturating_add(count);
}

/// The smallest of rising `cells` up to which `percent` of `all` samples lie.
pub fn percentile(cells: impl Iterator<Item = (u64, u128)>, all: u128, percent: u8) -> Option<u64> {
    let rank = all.saturating_mul(u128::from(percent)).div_ceil(100);
    let mut seen: u128 = 0;
    cells.filter(|(_, count)| *count > 0).find_map(|(value, count)| {
        seen = seen.saturating_add(count);
        (seen >= rank).then_some(exact(value.into()))
    })
}

/// The requests of each second in which one was due, over all operations.
pub fn by_second(prove: Option<&ProveEvidence>) -> BTreeMap<u64, Requests> {
    let mut seconds: BTreeMap<u64, Requests> = BTreeMap::new();
    for bucket in prove.into_iter().flat_map(|prove| &prove.buckets) {
        seconds.entry(bucket.second.into()).or_default().add_bucket(bucket);
    }
    seconds
}

/// The same for stretches of `step` seconds, by the first second of each.
pub fn in_steps(seconds: &BTreeMap<u64, Requests>, step: u64) -> BTreeMap<u64, Requests> {
    let mut steps: BTreeMap<u64, Requests> = BTreeMap::new();
    for (second, requests) in seconds {
        steps.entry(second / step * step).or_default().add(requests);
    }
    steps
}

/// All of `seconds` from `from` to before `to`.
pub fn between(seconds: &BTreeMap<u64, Requests>, from: u64, to: u64) -> Requests {
    let mut sum = Requests::default();
    if from < to {
        seconds.range(from..to).for_each(|(_, requests)| sum.add(requests));
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn sums_of_a_phase_are_the_figures_of_the_verdict() {
        let result = sample::failing();
        let seconds = by_second(result.evidence.prove.as_ref());
        let figure = |name: &str| {
            let of_web = |figure: &&crate::verdict::Figure| figure.phase == "pod-kill-web" && figure.name == name;
            result.verdict.figures.iter().find(of_web).unwrap().value
        };
        let phase = between(&seconds, 19, 25);
        assert_eq!(Some(exact(phase.total())), figure("requests"));
        assert_eq!(phase.failed_ppm(), figure("failedPpm"));
        assert_eq!((phase.percentile(95), phase.percentile(99)), (figure("p95Us"), figure("p99Us")));
    }

    #[test]
    fn steps_lose_no_request() {
        let result = sample::failing();
        let seconds = by_second(result.evidence.prove.as_ref());
        let whole = between(&seconds, 0, u64::MAX);
        for step in [1, 2, 5, 7, 1_000] {
            let steps = in_steps(&seconds, step);
            assert_eq!(between(&steps, 0, u64::MAX), whole, "{step}");
            assert!(steps.keys().all(|second| second % step == 0));
        }
        assert_eq!(between(&seconds, 9, 3), Requests::default());
    }

    #[test]
    fn counts_beyond_64_bits_are_summed() {
        let mut requests = Requests::default();
        let bucket = Bucket {
            second: 0,
            operation: 0,
            good: u64::MAX,
            failed: [(Failure::Timeout, u64::MAX)].into(),
            latency_us: vec![[1, u64::MAX], [u64::MAX, 1]],
        };
        requests.add_bucket(&bucket);
        requests.add_bucket(&bucket);
        assert_eq!(requests.total(), 4 * u128::from(u64::MAX));
        assert_eq!(requests.failed_ppm(), Some(500_000));
        assert_eq!((requests.percentile(99), requests.percentile(100)), (Some(1), Some(crate::verdict::MAX_EXACT)));
    }
}
