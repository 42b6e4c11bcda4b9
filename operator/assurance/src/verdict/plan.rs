//! The plan itself: whether it asks everything that the standard requires. A run that carried out a
//! plan with nothing in it has proved nothing.

mod standard;

use std::collections::BTreeSet;

use factory_crds::resilience_standard::{EACH_PEER, FaultKind, FaultLimits, Share};

use crate::{
    dossier::TestResult,
    plan::{Phase, PhaseRole},
};

use super::{
    Rules, arrivals,
    asked::Asked,
    capacity, closed, comparison, drawn,
    found::{Found, inconclusive},
    say, soak,
};

/// What the plan lacks, one finding each.
pub fn check(result: &TestResult, rules: Rules) -> Vec<Found> {
    let on_faults = [faults, limits, strikes].map(|rule| rule(result, rules));
    [load, arrivals::check, checks, descriptions, phases, steady]
        .map(|rule| rule(result))
        .into_iter()
        .chain(on_faults)
        .chain([
            capacity::check(result),
            soak::plan_lacks(result),
            closed::plan_lacks(result, rules),
            drawn::plan_lacks(result, rules),
            comparison::plan_lacks(result),
        ])
        .flatten()
        .chain(standard::lacks(result, rules))
        .map(|lack| inconclusive("PlanIncomplete", lack))
        .collect()
}

fn load(result: &TestResult) -> Option<String> {
    let load = &result.plan.prove.load;
    if load.requests_per_minute == 0 || load.operations.is_empty() {
        return Some("the plan has no load: nothing is asked of the service".to_owned());
    }
    load.operations.iter().enumerate().find_map(|(index, operation)| {
        let name = say::quote(&operation.name);
        let before = |after: u32| usize::try_from(after).is_ok_and(|after| after < index);
        match operation.after {
            None if operation.weight == 0 => {
                Some(format!("operation {name} of the load has weight 0: it is never asked"))
            }
            Some(_) if operation.weight > 0 => {
                Some(format!("operation {name} of the load follows another, and has a weight of its own"))
            }
            Some(after) if !before(after) => {
                Some(format!("operation {name} of the load follows one that does not stand before it"))
            }
            _ => None,
        }
    })
}

fn checks(result: &TestResult) -> Option<String> {
    let checks = &result.plan.verify.checks;
    if checks.is_empty() {
        return Some("the plan has no functional check: nothing is known about the function".to_owned());
    }
    let empty = checks.iter().find(|check| check.steps.is_empty())?;
    Some(format!("check {} has no step", say::quote(&empty.name)))
}

fn descriptions(result: &TestResult) -> Option<String> {
    result.plan.verify.descriptions.is_empty().then(|| "the plan reads no description of an interface".to_owned())
}

fn phases(result: &TestResult) -> Option<String> {
    let mut names = BTreeSet::new();
    result.plan.prove.phases.iter().find_map(|phase| {
        let name = say::quote(&phase.name);
        match (phase.seconds, names.insert(phase.name.as_str())) {
            (0, _) => Some(format!("phase {name} has no length")),
            (_, false) => Some(format!("two phases are named {name}")),
            _ => None,
        }
    })
}

/// Steady state before the first and after the last fault.
fn steady(result: &TestResult) -> Option<String> {
    let phases = &result.plan.prove.phases;
    let is_fault = |phase: &Phase| matches!(phase.role, PhaseRole::Fault { .. });
    let is_steady = |phase: &Phase| matches!(phase.role, PhaseRole::Steady {});
    let first = phases.iter().position(is_fault).unwrap_or(phases.len());
    let last = phases.iter().rposition(is_fault).map_or(0, |last| last + 1);
    let before = phases.iter().take(first).any(is_steady);
    let after = phases.iter().skip(last).any(is_steady);
    match (before, after) {
        (false, _) => Some("the plan has no steady state before the first fault".to_owned()),
        (_, false) => Some("the plan has no steady state after the last fault".to_owned()),
        _ => None,
    }
}

/// Every fault of the standard, on every component, for the whole window; where it has a peer, on every
/// component that calls it.
fn faults(result: &TestResult, rules: Rules) -> Option<String> {
    let nothing = "the standard has no fault, or the bundle no component: nothing is known about resilience";
    let (plan, faults) = (&result.plan.prove, &result.standard.faults);
    if faults.is_empty() || result.bundle.images.is_empty() {
        return Some(nothing.to_owned());
    }
    let (mut required, mut uncalled) = (0, faults.iter().map(|_| true).collect::<Vec<_>>());
    for component in result.bundle.images.keys() {
        for (limits, uncalled) in faults.iter().zip(&mut uncalled) {
            // The first rules knew no peers.
            let peers = if rules == Rules::V1 { vec![None] } else { plan.peers(component, limits) };
            for peer in peers {
                (required, *uncalled) = (required + 1, false);
                if let Some(lack) = unwatched(&plan.phases, component, &Asked::by(rules, limits).toward(peer), limits) {
                    return Some(lack);
                }
            }
        }
    }
    let named = |limits: &FaultLimits| limits.peer.clone().filter(|peer| peer != EACH_PEER);
    let missed = faults.iter().zip(uncalled).find_map(|(limits, uncalled)| {
        let peer = named(limits).filter(|_| uncalled)?;
        let fault = Asked::by(rules, limits).words();
        Some(format!("the plan lacks {fault}, which the standard requires: no component calls {}", say::quote(&peer)))
    });
    missed.or_else(|| (required == 0).then(|| nothing.to_owned()))
}

/// Why `asked`, a fault by `limits`, is not watched on `component` as it must be.
fn unwatched(phases: &[Phase], component: &str, asked: &Asked, limits: &FaultLimits) -> Option<String> {
    let of_both = phases.iter().filter(|phase| {
        Asked::of(asked.rules, &phase.role)
            .is_some_and(|(planned, of)| of == component && planned.is_limited_by(limits) && planned.belongs_to(asked))
    });
    let (fault, name, window) = (asked.words(), say::quote(component), limits.window_seconds);
    match of_both.map(|phase| phase.seconds).max() {
        None => Some(format!("the plan lacks {fault} of component {name}, which the standard requires")),
        Some(seconds) if seconds < window => {
            Some(format!("{fault} of component {name} is watched for {seconds} s; the standard requires {window} s"))
        }
        Some(_) => None,
    }
}

/// A fault for which the standard has no limits cannot be judged.
fn limits(result: &TestResult, rules: Rules) -> Option<String> {
    result.plan.prove.phases.iter().find_map(|phase| {
        let (asked, _) = Asked::of(rules, &phase.role)?;
        let none = asked.limits(&result.standard).is_none();
        none.then(|| format!("phase {}: the standard has no limits for {}", say::quote(&phase.name), asked.words()))
    })
}

/// A fault that is not told how it is done, or not as its kind is done.
fn strikes(result: &TestResult, rules: Rules) -> Option<String> {
    if rules == Rules::V1 {
        return None;
    }
    let calls = |component: &str, peer: &str| {
        let called = result.plan.prove.calls.get(component);
        component != peer
            && result.bundle.all_images().any(|(name, _)| name == peer)
            && called.is_some_and(|called| called.contains(peer))
    };
    let is_wrong = |status| (400..600).contains(&status);
    let lacks = |phase: &Phase| {
        let (asked, component) = Asked::of(rules, &phase.role)?;
        let (fault, kind) = (asked.words(), asked.kind.slug());
        if asked.rotates() && result.plan.prove.rotated(component) == 0 {
            return Some(format!("{fault} of a component of which no value is followed by another"));
        }
        let strike = match &asked.strike {
            None if asked.on_node() => return Some(format!("the plan does not say how {fault} is done")),
            None => return None,
            Some(_) if !asked.on_node() => return Some(format!("{fault} is not done on a node, as the plan says")),
            Some(strike) => strike,
        };
        let (lease, seconds) = (strike.lease_seconds, phase.seconds);
        if asked.lasts() && lease == 0 {
            Some(format!("the plan does not say how long {fault} lasts"))
        } else if !asked.lasts() && lease > 0 {
            Some(format!("{fault} happens once, and cannot last"))
        } else if lease > 0 && lease >= seconds {
            Some(format!("{fault} lasts until the end of its {seconds} s: what comes after it is not watched"))
        } else if asked.has_strength() && strike.strength == 0 {
            Some(format!("the plan does not say how strong {kind} is"))
        } else if asked.has_strength() && asked.strength().is_none() {
            Some(format!("{fault} is stronger than a standard can ask for"))
        } else if !asked.has_strength() && strike.strength > 0 {
            Some(format!("{fault} has no strength, and the plan gives it one"))
        } else if strike.peer.is_some() && !asked.kind.on_network() {
            Some(format!("{kind} has no peer, and the plan gives it one"))
        } else if strike.direction.is_some() && !asked.has_direction() {
            Some(format!("{kind} has no direction, and the plan gives it one"))
        } else if !strike.names.is_empty() && !asked.kind.on_answers_of_dns() {
            Some(format!("{kind} has no names, and the plan gives it some"))
        } else if strike.path.is_some() && !asked.kind.on_http() {
            Some(format!("{kind} has no path, and the plan gives it one"))
        } else if strike.status.is_some_and(is_wrong) != (asked.kind == FaultKind::HttpStatus) {
            Some(format!("{kind} has no such status as the plan says"))
        } else if strike.late_ms.is_some_and(|late| late > 0) != (asked.kind == FaultKind::HttpDelay) {
            Some(format!("{kind} is not late as the plan says"))
        } else if strike.share == Share::Node && !asked.kind.of_node() {
            Some(format!("{kind} does not befall a node, as the plan says"))
        } else if strike.peer.as_ref().is_some_and(|peer| !calls(component, peer)) {
            Some(format!("{fault} has a peer that the component does not call"))
        } else {
            None
        }
    };
    result.plan.prove.phases.iter().find_map(|phase| {
        let lack = lacks(phase)?;
        Some(format!("phase {}: {lack}", say::quote(&phase.name)))
    })
}
