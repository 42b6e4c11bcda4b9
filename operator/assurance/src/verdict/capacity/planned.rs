//! Whether the plan asks for the whole ladder of the standard, at its end, rising, and at the rate that each step names.

use crate::{dossier::TestResult, plan::LoadPlan};

use super::super::{
    load::{Span, Timeline},
    say,
};

/// Parts per million of one percent.
const OF_PERCENT: u64 = 10_000;

/// What the plan lacks, if anything.
pub fn check(result: &TestResult) -> Option<String> {
    let timeline = Timeline::of(&result.plan.prove.phases);
    order(&timeline)
        .or_else(|| timeline.spans.iter().find_map(|span| off_rate(&result.plan.prove.load, span)))
        .or_else(|| required(result, &timeline))
}

/// Steps rise, and nothing comes after them: what follows a step may be what it left.
fn order(timeline: &Timeline<'_>) -> Option<String> {
    let mut last = None;
    timeline.spans.iter().find_map(|span| {
        let phase = say::quote(&span.phase.name);
        let before = last;
        last = span.percent().or(last);
        match (span.percent(), before) {
            (None, None) => None,
            (None, Some(_)) => Some(format!("phase {phase} comes after a step of the ladder, and is none")),
            (Some(percent), _) if percent <= 100 => {
                Some(format!("phase {phase}: {percent} % is no step above the declared rate"))
            }
            (Some(percent), Some(before)) if percent <= before => {
                Some(format!("phase {phase}: a step of {percent} % does not rise above {before} %"))
            }
            (Some(_), _) => None,
        }
    })
}

/// That the load is another one than the step of `span` names, if it is one.
fn off_rate(load: &LoadPlan, span: &Span<'_>) -> Option<String> {
    let percent = span.percent()?;
    let (mut from, mut at_rate, mut alone): (u64, u64, bool) = (0, 0, true);
    for stretch in load.arrivals.iter().flat_map(|arrivals| &arrivals.stretches) {
        let to = from.saturating_add(stretch.seconds.into());
        if from < span.to && to > span.from {
            let ppm = u64::from(percent) * OF_PERCENT;
            let level = [stretch.from_ppm, stretch.to_ppm].into_iter().all(|of| u64::from(of) == ppm);
            alone &= level && span.from <= from && to <= span.to;
            at_rate = at_rate.saturating_add(stretch.seconds.into());
        }
        from = to;
    }
    let holds = alone && at_rate == span.to - span.from;
    (!holds)
        .then(|| format!("phase {}: the load is not at {percent} % of the declared rate", say::quote(&span.phase.name)))
}

/// Every step of the standard, for as long as it asks.
fn required(result: &TestResult, timeline: &Timeline<'_>) -> Option<String> {
    let capacity = result.standard.capacity.as_ref()?;
    let must_hold = capacity.headroom_percent;
    if !capacity.steps_percent.contains(&must_hold) {
        return Some(format!("the standard asks that {must_hold} % hold, and has no such step"));
    }
    capacity.steps_percent.iter().find_map(|percent| {
        let steps = timeline.spans.iter().filter(|span| span.percent() == Some(*percent));
        let (longest, least) = (steps.map(|span| span.to - span.from).max(), u64::from(capacity.step_seconds));
        match longest {
            None => Some(format!("the plan lacks the step of {percent} %, which the standard requires")),
            Some(seconds) if seconds < least => {
                Some(format!("the step of {percent} % lasts {seconds} s; the standard requires {least} s"))
            }
            Some(_) => None,
        }
    })
}
