//! The plan itself: whether it asks everything that the standard requires. A run that carried out a
//! plan with nothing in it has proved nothing.

use std::collections::{BTreeMap, BTreeSet};

use factory_crds::resilience_standard::FaultKind;

use crate::{
    dossier::TestResult,
    plan::{Phase, PhaseRole},
};

use super::{
    fault,
    found::{Found, inconclusive},
    say,
};

/// What the plan lacks, one finding each.
pub fn check(result: &TestResult) -> Vec<Found> {
    [load, checks, descriptions, phases, steady, faults, limits]
        .into_iter()
        .filter_map(|rule| rule(result))
        .map(|lack| inconclusive("PlanIncomplete", lack))
        .collect()
}

fn load(result: &TestResult) -> Option<String> {
    let load = &result.plan.prove.load;
    if load.requests_per_minute == 0 || load.operations.is_empty() {
        return Some("the plan has no load: nothing is asked of the service".to_owned());
    }
    let idle = load.operations.iter().find(|operation| operation.weight == 0)?;
    Some(format!("operation {} of the load has weight 0: it is never asked", say::quote(&idle.name)))
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

/// Every fault of the standard, on every component, for the whole window.
fn faults(result: &TestResult) -> Option<String> {
    if result.standard.faults.is_empty() || result.bundle.images.is_empty() {
        return Some(
            "the standard has no fault, or the bundle no component: nothing is known about resilience".to_owned(),
        );
    }
    let mut longest: BTreeMap<(FaultKind, &str), u32> = BTreeMap::new();
    for phase in &result.plan.prove.phases {
        if let PhaseRole::Fault { kind, component, .. } = &phase.role {
            let seconds = longest.entry((*kind, component)).or_default();
            *seconds = phase.seconds.max(*seconds);
        }
    }
    result.bundle.images.keys().find_map(|component| {
        result.standard.faults.iter().find_map(|limits| {
            let watched = longest.get(&(limits.kind, component.as_str())).copied();
            let (fault, name, window) = (limits.kind.slug(), say::quote(component), limits.window_seconds);
            match watched {
                None => Some(format!("the plan lacks {fault} of component {name}, which the standard requires")),
                Some(seconds) if seconds < window => Some(format!(
                    "{fault} of component {name} is watched for {seconds} s; the standard requires {window} s"
                )),
                Some(_) => None,
            }
        })
    })
}

/// A fault for which the standard has no limits cannot be judged.
fn limits(result: &TestResult) -> Option<String> {
    result.plan.prove.phases.iter().find_map(|phase| match &phase.role {
        PhaseRole::Fault { kind, .. } if fault::limit_ppm(&result.standard, *kind).is_none() => {
            Some(format!("phase {}: the standard has no limits for {}", say::quote(&phase.name), kind.slug()))
        }
        _ => None,
    })
}
