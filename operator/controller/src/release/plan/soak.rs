//! The soak: one phase at the declared rate, behind the steady state before the faults. There the pods are warm and
//! nothing was done to them yet, so that what grows is the service's own, and not its return from a fault.

use factory_assurance::plan::{Phase, PhaseRole};
use factory_crds::{ResilienceStandardSpec, StateServiceSpec};

/// The soak of `standard` for the service of `spec`; none where it asks for none.
pub fn phase(spec: &StateServiceSpec, standard: &ResilienceStandardSpec) -> Option<Phase> {
    let soak = standard.soak.as_ref()?;
    let components = spec.components.iter().map(|component| component.name.clone()).collect();
    Some(Phase {
        name: "soak".to_owned(),
        seconds: soak.soak_seconds,
        role: PhaseRole::Soak { every_seconds: soak.every_seconds, components },
    })
}

#[cfg(test)]
mod tests {
    use factory_assurance::plan::{Plan, Stretch, WHOLE_PPM};
    use factory_crds::resilience_standard::{ArrivalKind, ArrivalRule, Capacity, Soak, Spike};

    use super::{super::compose, *};
    use crate::state_service::examples;

    fn standard() -> ResilienceStandardSpec {
        let mut standard = examples::standard().spec;
        standard.soak = Some(Soak {
            soak_seconds: 90,
            every_seconds: 1,
            horizon_seconds: 3_600,
            memory_percent: 100,
            descriptor_percent: 100,
            p95_ms: None,
        });
        standard
    }

    fn planned(standard: &ResilienceStandardSpec) -> Plan {
        compose(&examples::service().spec, standard).unwrap()
    }

    fn seconds(plan: &Plan) -> u64 {
        plan.prove.phases.iter().map(|phase| u64::from(phase.seconds)).sum()
    }

    #[test]
    fn the_soak_comes_before_any_fault_and_looks_at_every_component() {
        let plan = planned(&standard());
        let names: Vec<_> = plan.prove.phases.iter().take(4).map(|phase| phase.name.as_str()).collect();
        assert_eq!(names, ["warm-up", "before", "soak", "pod-kill-web"]);
        let components = ["web", "registry"].map(str::to_owned).to_vec();
        assert_eq!(plan.prove.phases[2].role, PhaseRole::Soak { every_seconds: 1, components });
        assert_eq!(plan.prove.load.arrivals, None, "at the declared rate all the time");
        let without = planned(&ResilienceStandardSpec { soak: None, ..standard() });
        assert_eq!(seconds(&plan), seconds(&without) + 90);
    }

    #[test]
    fn a_shape_of_the_load_stands_still_for_the_soak() {
        let mut standard = standard();
        standard.capacity = Some(Capacity { steps_percent: vec![150], step_seconds: 5, headroom_percent: 150 });
        let spike = Spike { base_ppm: 500_000, peak_ppm: 2_000_000, at_seconds: 3, seconds: 2 };
        standard.load.arrivals =
            Some(ArrivalRule { kind: ArrivalKind::Spike, spike: Some(spike), ..ArrivalRule::default() });
        let plan = planned(&standard);
        let arrivals = plan.prove.load.arrivals.clone().unwrap();
        assert_eq!(arrivals.seconds(), seconds(&plan));
        let before = plan.prove.phases.iter().take_while(|phase| !matches!(phase.role, PhaseRole::Soak { .. }));
        let from: u64 = before.map(|phase| u64::from(phase.seconds)).sum();
        let mut at = 0;
        let soak = arrivals.stretches.iter().find(|stretch| {
            at += u64::from(stretch.seconds);
            at > from
        });
        assert_eq!((at, soak), (from + 90, Some(&Stretch::level(90, WHOLE_PPM))));
    }

    #[test]
    fn what_is_planned_is_what_the_verdict_asks_of_a_plan() {
        let mut result = factory_assurance::sample::soaked();
        let standard = standard();
        result.standard.soak.clone_from(&standard.soak);
        result.plan.prove.phases = planned(&standard).prove.phases;
        let lacks = |result: &factory_assurance::dossier::TestResult| {
            let findings = result.judge().findings.into_iter().filter(|finding| finding.code == "PlanIncomplete");
            findings.map(|finding| finding.message).filter(|lack| lack.contains("soak")).collect::<Vec<_>>()
        };
        assert_eq!(lacks(&result), [""; 0]);
        result.standard.soak.as_mut().unwrap().soak_seconds += 1;
        assert_eq!(lacks(&result), ["the soak lasts 90 s; the standard requires 91 s"]);
    }

    #[test]
    fn a_soak_that_would_hold_the_nodes_for_too_long_is_refused() {
        let mut standard = standard();
        standard.soak.iter_mut().for_each(|soak| soak.soak_seconds = 3_600);
        let refused = compose(&examples::service().spec, &standard).unwrap_err();
        assert_eq!(refused.reason(), "PlanTooLong");
        assert!(refused.to_string().contains("spec.soak"), "{refused}");
    }
}
