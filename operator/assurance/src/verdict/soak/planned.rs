//! Whether the plan soaks the service as the standard asks: once, before any fault, at the declared rate, with looks
//! enough at every component.

use crate::{
    dossier::TestResult,
    plan::{LoadPlan, PhaseRole, WHOLE_PPM},
};

use super::{
    super::{
        load::{Span, Timeline},
        say,
    },
    LOOKS,
};

/// Longest soak, and furthest horizon, in seconds: no number that follows from them is too large.
const LONGEST: u64 = 86_400;
const FURTHEST: u32 = 31_536_000;

/// What the plan lacks, if anything.
pub fn check(result: &TestResult) -> Option<String> {
    let timeline = Timeline::of(&result.plan.prove.phases);
    order(&timeline)
        .or_else(|| timeline.spans.iter().find_map(|span| odd(&result.plan.prove.load, span)))
        .or_else(|| required(result, &timeline))
}

/// One soak at most, and no fault before it: what grows after a fault may be what that left.
fn order(timeline: &Timeline<'_>) -> Option<String> {
    let (mut soaked, mut struck) = (false, false);
    timeline.spans.iter().find_map(|span| {
        let phase = say::quote(&span.phase.name);
        struck |= matches!(span.phase.role, PhaseRole::Fault { .. });
        span.soak()?;
        match (std::mem::replace(&mut soaked, true), struck) {
            (true, _) => Some(format!("phase {phase} is a second soak")),
            (_, true) => {
                Some(format!("phase {phase} soaks the service after a fault: what grows may be what that left"))
            }
            _ => None,
        }
    })
}

/// A soak from which no trend could be read.
fn odd(load: &LoadPlan, span: &Span<'_>) -> Option<String> {
    let (every, _) = span.soak()?;
    let (phase, seconds) = (say::quote(&span.phase.name), span.to - span.from);
    let looks = seconds.checked_div(u64::from(every)).unwrap_or(0);
    if seconds > LONGEST {
        Some(format!("phase {phase} soaks the service for {seconds} s; {LONGEST} s are the most"))
    } else if !LOOKS.contains(&looks) {
        let (least, most) = (LOOKS.start(), LOOKS.end());
        Some(format!("phase {phase}: {looks} looks at each pod; from {least} to {most} make a trend"))
    } else if !is_level(load, span) {
        Some(format!("phase {phase}: the load is not at the declared rate"))
    } else {
        None
    }
}

/// Whether the load is at the declared rate for all of the phase of `span`.
fn is_level(load: &LoadPlan, span: &Span<'_>) -> bool {
    let mut from: u64 = 0;
    load.arrivals.iter().flat_map(|arrivals| &arrivals.stretches).all(|stretch| {
        let to = from.saturating_add(stretch.seconds.into());
        let apart = std::mem::replace(&mut from, to) >= span.to || to <= span.from;
        apart || (stretch.from_ppm, stretch.to_ppm) == (WHOLE_PPM, WHOLE_PPM)
    })
}

/// The soak of the standard, for as long as it asks, with as many looks, and of every component.
fn required(result: &TestResult, timeline: &Timeline<'_>) -> Option<String> {
    let soak = result.standard.soak.as_ref()?;
    let planned = timeline.spans.iter().find_map(|span| Some((span.to - span.from, span.soak()?)));
    let Some((seconds, (every, components))) = planned else {
        return Some("the plan lacks the soak, which the standard requires".to_owned());
    };
    if soak.horizon_seconds > FURTHEST {
        return Some(format!("the standard looks {} s ahead; {FURTHEST} s are the most", soak.horizon_seconds));
    }
    if seconds < u64::from(soak.soak_seconds) {
        return Some(format!("the soak lasts {seconds} s; the standard requires {} s", soak.soak_seconds));
    }
    if every > soak.every_seconds {
        return Some(format!("the soak looks every {every} s; the standard requires every {} s", soak.every_seconds));
    }
    let left_out = result.bundle.images.keys().find(|component| !components.contains(component))?;
    Some(format!("the soak leaves out component {}", say::quote(left_out)))
}
