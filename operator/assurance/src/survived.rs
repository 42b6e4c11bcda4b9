//! Which faults a dossier shows a service to survive: what a binding instruction (56.7) is closed by.
//!
//! *Architecture invariant:* nothing is shown by absence. A fault counts only where the verdict passed, and
//! where each component had a phase of it that was felt and whose limits are there and were kept.

use std::collections::BTreeSet;

use factory_crds::{release::Outcome, resilience_standard::FaultKind};

use crate::{
    dossier::TestResult,
    plan::PhaseRole,
    verdict::{Figure, Verdict},
};

/// Kinds of faults that `result` shows its service to survive, by the `verdict` that was computed from it.
#[must_use]
pub fn survived(result: &TestResult, verdict: &Verdict) -> BTreeSet<FaultKind> {
    if verdict.outcome != Outcome::Passed || result.bundle.images.is_empty() {
        return BTreeSet::new();
    }
    let shown = |kind: FaultKind| {
        let phases: Vec<(&str, &str)> = phases(result, kind).collect();
        // What has nothing to rotate is not meant.
        let meant = |component: &&String| !kind.rotates() || result.plan.prove.rotated(component) > 0;
        let mut meant = result.bundle.images.keys().filter(meant);
        let everywhere = meant.all(|component| phases.iter().any(|(_, of)| of == component));
        everywhere && !phases.is_empty() && phases.iter().all(|(phase, _)| held(verdict, phase))
    };
    FaultKind::ALL.into_iter().filter(|kind| shown(*kind)).collect()
}

/// Phases of the plan with a fault of `kind`: name and component.
fn phases(result: &TestResult, kind: FaultKind) -> impl Iterator<Item = (&str, &str)> {
    result.plan.prove.phases.iter().filter_map(move |phase| match &phase.role {
        PhaseRole::Fault { kind: found, component, .. } if *found == kind => {
            Some((phase.name.as_str(), component.as_str()))
        }
        _ => None,
    })
}

/// Whether the fault of `phase` reached whom it must, and its limits were kept.
fn held(verdict: &Verdict, phase: &str) -> bool {
    let figure = |name| verdict.figures.iter().find(|figure| figure.phase == phase && figure.name == name);
    let measured = |figure: &Figure| figure.value.zip(figure.limit);
    let reached = ["podsGone", "podsFelt"].into_iter().find_map(figure).and_then(measured);
    let felt = reached.is_some_and(|(reached, must)| must > 0 && reached >= must);
    let kept = |name| figure(name).and_then(measured).is_some_and(|(value, limit)| value <= limit);
    felt && kept("failedPpm") && kept("recoveryMs")
}

#[cfg(all(test, feature = "sample"))]
mod tests {
    use super::*;
    use crate::sample;

    fn of(result: &TestResult) -> BTreeSet<FaultKind> {
        survived(result, &result.verdict)
    }

    #[test]
    fn what_passed_shows_the_faults_of_its_plan_and_no_others() {
        assert_eq!(of(&sample::passing()), [FaultKind::PodKill, FaultKind::RollingRestart].into());
        let struck = of(&sample::struck());
        assert!(struck.contains(&FaultKind::Partition) && struck.contains(&FaultKind::Delay), "{struck:?}");
        assert!(!struck.contains(&FaultKind::PodKill) && !struck.contains(&FaultKind::Reset), "{struck:?}");
    }

    #[test]
    fn what_did_not_pass_shows_nothing() {
        assert_eq!(of(&sample::failing()), [].into());
        assert_eq!(of(&sample::inconclusive()), [].into());
    }

    #[test]
    fn a_fault_that_was_not_felt_or_has_no_limit_is_not_shown() {
        type Harm = fn(&mut Figure);
        let harms: [(&str, Harm); 7] = [
            ("podsGone", |figure| figure.value = None),
            ("podsGone", |figure| figure.value = Some(0)),
            ("podsGone", |figure| figure.limit = Some(0)),
            ("failedPpm", |figure| figure.limit = None),
            ("failedPpm", |figure| figure.value = Some(1_000_000)),
            ("recoveryMs", |figure| figure.value = None),
            ("recoveryMs", |figure| figure.value = Some(u64::MAX)),
        ];
        let result = sample::passing();
        let (phase, _) = phases(&result, FaultKind::PodKill).next().unwrap();
        for (name, harm) in harms {
            let mut verdict = result.verdict.clone();
            let figure = verdict.figures.iter_mut().find(|figure| figure.phase == phase && figure.name == name);
            harm(figure.unwrap());
            assert_eq!(survived(&result, &verdict), [FaultKind::RollingRestart].into(), "{name}");
        }
    }

    #[test]
    fn a_component_that_was_left_out_was_not_tried() {
        let mut result = sample::passing();
        result.bundle.images.insert("third".to_owned(), "registry.test/third@sha256:00".to_owned());
        assert_eq!(survived(&result, &result.verdict), [].into());
    }
}
