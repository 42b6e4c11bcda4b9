//! The plot of a run: latency percentiles above, pods in the middle, failed requests below, all on
//! one axis of time, with each phase as a band. Here is where everything lies; `templates/plot.svg`
//! writes it down and escapes it.
//!
//! *Architecture invariant:* what was not measured is not drawn. A second without answers is a gap,
//! never a line over it.

mod bands;
mod lines;
mod marks;

use std::collections::BTreeMap;

use crate::dossier::TestResult;

use super::{
    numbers,
    phases::{self, Span},
    requests::{self, Requests},
    scale::{Scale, float},
    words::Words,
};
pub use bands::{Band, Lease};
pub use lines::{Bar, Limit, Line};
pub use marks::Mark;

/// Left and right edge of what is drawn.
const ACROSS: [f64; 2] = [76.0, 916.0];
/// Lower and upper edge of the latencies.
const LATENCY: [f64; 2] = [244.0, 26.0];
/// Lower and upper edge of the failed requests.
const FAILED: [f64; 2] = [372.0, 290.0];
/// Most steps on the axis of time, and most rows of its table.
const MOST_STEPS: u64 = 360;

/// A round value beside an axis.
pub struct Tick {
    /// Where.
    pub at: f64,
    /// What is written.
    pub label: String,
}

/// Everything that is drawn.
pub struct Plot {
    /// Phases.
    pub bands: Vec<Band>,
    /// When leases ran.
    pub leases: Vec<Lease>,
    /// Axis of time.
    pub times: Vec<Tick>,
    /// Axis of latency.
    pub latencies: Vec<Tick>,
    /// Axis of failed requests.
    pub counts: Vec<Tick>,
    /// 50th, 95th and 99th percentile.
    pub lines: [Line; 3],
    /// The standard's limit for the 99th percentile, over the steady phases.
    pub limits: Vec<Limit>,
    /// Failed requests.
    pub bars: Vec<Bar>,
    /// Pods that went, and moments when all were ready again.
    pub marks: Vec<Mark>,
    /// Seconds in one step of it.
    pub step: u64,
}

/// Length of a step, so that a run of `length` seconds has at most [`MOST_STEPS`].
pub fn step(length: u64) -> u64 {
    let steps = [1, 2, 5, 10, 15, 30, 60, 300, 600, 3_600];
    let least = length.div_ceil(MOST_STEPS).max(1);
    steps.into_iter().find(|step| *step >= least).unwrap_or(least)
}

/// From the first second to the last that was planned or measured.
pub fn length(spans: &[Span<'_>], seconds: &BTreeMap<u64, Requests>) -> u64 {
    let measured = seconds.last_key_value().map_or(0, |(second, _)| second.saturating_add(1));
    phases::length(spans).max(measured)
}

/// The plot of `result`; `None` where no request was due.
pub fn of(result: &TestResult, spans: &[Span<'_>], seconds: &BTreeMap<u64, Requests>, words: &Words) -> Option<Plot> {
    if seconds.is_empty() {
        return None;
    }
    let length = length(spans, seconds);
    let step = step(length);
    let steps = requests::in_steps(seconds, step);
    let time = Scale::time(length, ACROSS);
    let limit_us = u64::from(result.standard.steady.p99_ms) * 1_000;
    let latency = latency(&steps, limit_us);
    let most = steps.values().map(|requests| numbers::exact(requests.failures())).max().unwrap_or(0);
    let failed = Scale::counts(most, FAILED);
    Some(Plot {
        bands: bands::of(spans, &time, words),
        leases: bands::leases(spans, &time, words),
        times: ticks(&time, clock),
        latencies: ticks(&latency, numbers::milliseconds),
        counts: ticks(&failed, numbers::count),
        lines: lines::of(&steps, step, &time, &latency),
        limits: lines::limits(spans, limit_us, &time, &latency),
        bars: lines::bars(&steps, step, &time, &failed),
        marks: marks::of(spans, length, &time, words),
        step,
    })
}

fn latency(steps: &BTreeMap<u64, Requests>, limit_us: u64) -> Scale {
    let all = |percent| steps.values().filter_map(move |requests| requests.percentile(percent));
    let least = all(50).min().unwrap_or(limit_us);
    let most = all(99).max().unwrap_or(limit_us).max(limit_us);
    Scale::latencies(least.min(most), most, LATENCY)
}

fn ticks(scale: &Scale, label: fn(u64) -> String) -> Vec<Tick> {
    scale.ticks.iter().map(|value| Tick { at: scale.at(float(*value)), label: label(*value) }).collect()
}

/// `1:05` of 65 seconds.
pub fn clock(second: u64) -> String {
    format!("{}:{:02}", second / 60, second % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_of_any_length_has_few_steps() {
        assert_eq!((step(0), step(36), step(360), step(361), step(1_800)), (1, 1, 1, 2, 5));
        for length in [3_600, 100_000, u64::from(u32::MAX), u64::MAX] {
            assert!(length.div_ceil(step(length)) <= MOST_STEPS, "{length}");
        }
    }
}
