//! A load whose rate changes: whether the plan says it for the whole run, and whether requests came when they were
//! planned. The sum over a run says nothing of a rush in the middle of it.

use crate::{
    dossier::TestResult,
    evidence::ProveEvidence,
    plan::{Arrivals, WHOLE_PPM},
};

use super::{
    closed,
    found::{Found, inconclusive},
    generator,
    load::Timeline,
};

/// What the plan lacks. Without arrivals the rate is the same all the time.
pub fn check(result: &TestResult) -> Option<String> {
    let arrivals = result.plan.prove.load.arrivals.as_ref()?;
    let timeline = Timeline::of(&result.plan.prove.phases);
    let (covered, seconds) = (arrivals.seconds(), timeline.seconds);
    if let Some(index) = arrivals.stretches.iter().position(|stretch| stretch.seconds == 0) {
        return Some(format!("stretch {} of the load has no length", index + 1));
    }
    if covered != seconds {
        return Some(format!("the rate of the load is planned for {covered} s of {seconds} s"));
    }
    let least = "the load never reaches the rate that the declared users make";
    let peak = timeline.ladder.map_or_else(|| arrivals.peak_ppm(), |ladder| arrivals.before(ladder).peak_ppm());
    (peak < WHOLE_PPM).then(|| least.to_owned())
}

/// The first stretch before the ladder with less load than nine tenths of its plan, by more than chance explains: five
/// times the square root of what was planned, where one stretch of many may be low.
pub fn too_low(result: &TestResult, timeline: &Timeline<'_>, prove: &ProveEvidence) -> Option<Found> {
    let load = &result.plan.prove.load;
    let arrivals = load.arrivals.as_ref()?;
    let begun = begun(result, prove, arrivals);
    let mut from: u64 = 0;
    arrivals.stretches.iter().zip(begun).find_map(|(stretch, due)| {
        let to = from.saturating_add(stretch.seconds.into());
        let start = std::mem::replace(&mut from, to);
        if timeline.is_in_ladder(start) {
            return None;
        }
        let planned = load.beginning(stretch.requests(load.requests_per_minute));
        generator::falls_short(due, planned, 5).then(|| {
            inconclusive(
                "LoadTooLow",
                format!("from {start} s to {to} s, {due} requests were due where {planned} were planned; the load did not come as planned"),
            )
        })
    })
}

/// Requests of each stretch that began a visit.
fn begun(result: &TestResult, prove: &ProveEvidence, arrivals: &Arrivals) -> Vec<u128> {
    let mut ends = Vec::with_capacity(arrivals.stretches.len());
    for stretch in &arrivals.stretches {
        ends.push(ends.last().copied().unwrap_or(0_u64).saturating_add(stretch.seconds.into()));
    }
    let mut begun = vec![0_u128; ends.len()];
    let own = prove.buckets.iter().filter(|bucket| closed::counts(&result.plan.prove.load, bucket.operation));
    for bucket in own {
        let index = ends.partition_point(|end| *end <= u64::from(bucket.second));
        let Some(sum) = begun.get_mut(index) else { continue };
        *sum = bucket
            .failed
            .values()
            .fold(sum.saturating_add(bucket.good.into()), |sum, count| sum.saturating_add((*count).into()));
    }
    begun
}
