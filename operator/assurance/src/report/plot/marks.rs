//! Moments in the life of the target's pods: a triangle down where one went, a triangle up where all
//! were ready again. What lies outside the run stands in the tables alone.

use crate::report::{
    numbers,
    phases::{Fault, Span},
    scale::{Scale, float},
    text::plain,
    words::Words,
};

/// Upper and lower edge of the lane of pods.
const LANE: [f64; 2] = [254.0, 278.0];

/// A moment.
pub struct Mark {
    /// `gone` or `ready`.
    pub class: &'static str,
    /// Path data of its triangle.
    pub path: String,
    /// What happened, and when.
    pub title: String,
}

/// All marks of a run of `length` seconds.
pub fn of(spans: &[Span<'_>], length: u64, time: &Scale, words: &Words) -> Vec<Mark> {
    let end = length.saturating_mul(1_000);
    let faults = spans.iter().filter_map(|span| span.fault.as_ref());
    faults
        .flat_map(|fault| moments(fault, words))
        .filter(|(at, ..)| *at <= end)
        .map(|moment| mark(moment, time))
        .collect()
}

type Moment = (u64, &'static str, String);

fn moments(fault: &Fault<'_>, words: &Words) -> Vec<Moment> {
    let Some(seen) = fault.seen else { return Vec::new() };
    let gone = seen.gone.iter().map(|pod| (pod.at_ms, "gone", format!("{}: {}", words.pod_gone, plain(&pod.uid))));
    let ready = seen.ready_again_ms.map(|at| (at, "ready", words.all_ready_again.to_owned()));
    gone.chain(ready).collect()
}

fn mark((at, class, what): Moment, time: &Scale) -> Mark {
    let x = time.at(float(at) / 1_000.0);
    let [top, bottom] = LANE;
    let path = if class == "gone" { format!("M{x} {bottom}l-5 -10h10z") } else { format!("M{x} {top}l-5 10h10z") };
    Mark { class, path, title: format!("{}: {what}", numbers::seconds(at)) }
}
