//! What a person wants to know of a load that was measured: rates, percentiles, causes. Pure; it
//! judges nothing.

use std::{collections::BTreeMap, fmt};

use factory_assurance::evidence::Failure;
use serde::Serialize;

use super::{sparse::Sparse, tally::Measured};

/// Percentiles in microseconds; zeros when nothing was measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Percentiles {
    /// Median.
    pub p50: u64,
    /// 90th.
    pub p90: u64,
    /// 95th.
    pub p95: u64,
    /// 99th.
    pub p99: u64,
    /// 99.9th.
    pub p999: u64,
    /// Largest.
    pub max: u64,
}

impl Percentiles {
    fn of(values: &Sparse) -> Self {
        let at = |permille| values.quantile(permille).unwrap_or_default();
        Self { p50: at(500), p90: at(900), p95: at(950), p99: at(990), p999: at(999), max: at(1000) }
    }
}

/// Figures of one run.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Figures {
    /// Wall clock at the start of the load, microseconds since 1970.
    pub started_unix_us: u64,
    /// Length of the load.
    pub seconds: u32,
    /// Requests that were due.
    pub requests: u64,
    /// Of these, answered as expected.
    pub good: u64,
    /// All others by cause.
    pub failed: BTreeMap<Failure, u64>,
    /// Good answers a second.
    pub good_per_second: f64,
    /// From the intended moment to the end of the answer.
    pub latency_us: Percentiles,
    /// How late requests left.
    pub lag_us: Percentiles,
}

impl Figures {
    /// The figures of `measured`.
    #[must_use]
    pub fn of(measured: &Measured, started_unix_us: u64, seconds: u32) -> Self {
        let (mut good, mut failed, mut latency) = (0, BTreeMap::new(), Sparse::default());
        for bucket in &measured.buckets {
            good += bucket.good;
            for (failure, count) in &bucket.failed {
                *failed.entry(*failure).or_default() += count;
            }
            latency.add(&bucket.latency_us);
        }
        let mut lag = Sparse::default();
        lag.add(&measured.lag_us);
        #[allow(clippy::cast_precision_loss)] // a figure for people
        let good_per_second = good as f64 / f64::from(seconds.max(1));
        Self {
            started_unix_us,
            seconds,
            requests: good + failed.values().sum::<u64>(),
            good,
            failed,
            good_per_second,
            latency_us: Percentiles::of(&latency),
            lag_us: Percentiles::of(&lag),
        }
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "requests  {} in {} s: {} good, {:.1} a second",
            self.requests, self.seconds, self.good, self.good_per_second
        )?;
        for (failure, count) in &self.failed {
            writeln!(f, "failed    {count}: {}", cause(*failure))?;
        }
        for (name, Percentiles { p50, p90, p95, p99, p999, max }) in
            [("latency", self.latency_us), ("lag", self.lag_us)]
        {
            writeln!(f, "{name:<9} p50 {p50} µs, p90 {p90}, p95 {p95}, p99 {p99}, p99.9 {p999}, max {max}")?;
        }
        Ok(())
    }
}

const fn cause(failure: Failure) -> &'static str {
    match failure {
        Failure::Connect => "no connection",
        Failure::Broken => "broken connection, or no HTTP",
        Failure::Timeout => "no complete answer in time",
        Failure::Status => "another status",
        Failure::Content => "other contents",
        Failure::Unsent => "found no place in flight, never sent",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use factory_assurance::evidence::Bucket;

    #[test]
    fn figures_are_those_of_all_seconds_together() {
        let bucket = |second, good, failed: &[(Failure, u64)], latency_us: &[[u64; 2]]| Bucket {
            second,
            operation: 0,
            good,
            failed: failed.iter().copied().collect(),
            latency_us: latency_us.to_vec(),
        };
        let measured = Measured {
            buckets: vec![
                bucket(0, 90, &[(Failure::Status, 5)], &[[100, 90], [200, 5]]),
                bucket(1, 4, &[(Failure::Status, 1), (Failure::Unsent, 2)], &[[100, 4], [7000, 1]]),
            ],
            slots: Vec::new(),
            lag_us: vec![[3, 100]],
            step_lag_us: Vec::new(),
        };
        let figures = Figures::of(&measured, 0, 2);
        assert_eq!((figures.requests, figures.good), (102, 94));
        assert_eq!(figures.failed, BTreeMap::from([(Failure::Status, 6), (Failure::Unsent, 2)]));
        let expected = Percentiles { p50: 100, p90: 100, p95: 200, p99: 200, p999: 7000, max: 7000 };
        assert_eq!(figures.latency_us, expected);
        assert_eq!(figures.lag_us.max, 3);
        assert!(figures.to_string().contains("failed    2: found no place in flight, never sent\n"), "{figures}");
    }
}
