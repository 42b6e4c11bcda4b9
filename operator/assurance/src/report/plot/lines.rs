//! Percentiles as lines, failed requests as bars. Lines differ in their dashes and carry their name
//! at the end, so that they can be told apart without colour.

use std::{collections::BTreeMap, fmt::Write as _};

use crate::report::{
    numbers,
    phases::Span,
    requests::Requests,
    scale::{Scale, float, round},
};

/// Room that the name of a line needs.
const APART: f64 = 13.0;

/// A percentile over time.
pub struct Line {
    /// `p50`, `p95` or `p99`.
    pub name: &'static str,
    /// Path data; empty where nothing was answered.
    pub path: String,
    /// Height of its name.
    pub end: f64,
}

/// Requests that failed in a step.
pub struct Bar {
    /// Left edge.
    pub x: f64,
    /// Upper edge.
    pub y: f64,
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
}

/// A limit over a phase.
pub struct Limit {
    /// From here.
    pub x: f64,
    /// To here.
    pub end: f64,
    /// At this height.
    pub y: f64,
}

/// The three percentiles of `steps`.
pub fn of(steps: &BTreeMap<u64, Requests>, step: u64, time: &Scale, latency: &Scale) -> [Line; 3] {
    let mut lines = [("p50", 50), ("p95", 95), ("p99", 99)].map(|(name, percent)| {
        let points: Vec<(u64, f64)> = steps
            .iter()
            .filter_map(|(second, requests)| Some((*second, latency.at(float(requests.percentile(percent)?)))))
            .collect();
        Line { name, path: path(&points, step, time), end: points.last().map_or(0.0, |(_, y)| *y) }
    });
    // Names stand apart, the highest percentile on top.
    let lowest = lines[0].end;
    lines[1].end = round(lines[1].end.min(lowest - APART));
    lines[2].end = round(lines[2].end.min(lines[1].end - APART));
    lines
}

/// Joins the middles of neighbouring steps; a step alone is a point.
fn path(points: &[(u64, f64)], step: u64, time: &Scale) -> String {
    let mut path = String::new();
    let mut before = None;
    for (second, y) in points {
        let joined = before.is_some_and(|before: u64| before.saturating_add(step) == *second);
        let x = time.at(float(*second) + float(step) / 2.0);
        // Writing into a String cannot fail. `h0` gives a point alone its round end.
        let _ = if joined { write!(path, "L{x} {y}") } else { write!(path, "M{x} {y}h0") };
        before = Some(*second);
    }
    path
}

/// A bar for each step with failed requests.
pub fn bars(steps: &BTreeMap<u64, Requests>, step: u64, time: &Scale, failed: &Scale) -> Vec<Bar> {
    let zero = failed.at(0.0);
    let bar = |(second, requests): (&u64, &Requests)| {
        let failures = requests.failures();
        let (x, end) = (time.at(float(*second)), time.at(float(second.saturating_add(step))));
        // One failure among thousands is still to be seen.
        let y = failed.at(float(numbers::exact(failures))).min(zero - 1.0);
        let width = round((end - x - 0.5).max(0.5));
        (failures > 0).then(|| Bar { x, y, width, height: round(zero - y) })
    };
    steps.iter().filter_map(bar).collect()
}

/// The limit over each steady phase.
pub fn limits(spans: &[Span<'_>], limit_us: u64, time: &Scale, latency: &Scale) -> Vec<Limit> {
    let steady = spans.iter().filter(|span| span.is_steady());
    let y = latency.at(float(limit_us));
    steady.map(|span| Limit { x: time.at(float(span.from)), end: time.at(float(span.to)), y }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_without_answers_is_a_gap() {
        let time = Scale::time(10, [0.0, 100.0]);
        let points = [(0, 5.0), (1, 6.0), (4, 7.0)];
        assert_eq!(path(&points, 1, &time), "M5 5h0L15 6M45 7h0");
        assert_eq!(path(&[], 1, &time), "");
    }

    #[test]
    fn a_single_failure_among_many_is_seen() {
        let requests = |count: u64| Requests {
            failed: [(crate::evidence::Failure::Status, u128::from(count))].into(),
            ..Requests::default()
        };
        let steps = [(0, requests(1)), (1, requests(0)), (2, requests(100_000))].into();
        let bars = bars(&steps, 1, &Scale::time(3, [0.0, 300.0]), &Scale::counts(100_000, [100.0, 0.0]));
        assert_eq!(bars.iter().map(|bar| bar.height).collect::<Vec<_>>(), [1.0, 100.0]);
    }
}
