//! The ladder: one phase for each step of the standard, after the last steady state; the load rises for just as long
//! (`factory_assurance::plan::shape`). All of it stands in the plan before the run, so it is a ladder and no search: what
//! is asked next must not depend on what was answered.

use factory_assurance::plan::{Phase, PhaseRole};
use factory_crds::{ResilienceStandardSpec, resilience_standard::Capacity};

/// So many times the fewest requests that are evidence are planned for a step, where it may last so long: arrivals come
/// by chance.
const ROOM: u64 = 2;

/// The steps of `standard` for a service whose declared users make `per_minute` requests a minute; none where it asks
/// for no ladder.
pub fn steps(standard: &ResilienceStandardSpec, per_minute: u32) -> Vec<Phase> {
    let Some(capacity) = &standard.capacity else { return Vec::new() };
    let step = |percent: &u32| Phase {
        name: format!("capacity-{percent}"),
        seconds: seconds(standard, capacity, *percent, per_minute),
        role: PhaseRole::Capacity { percent: *percent },
    };
    capacity.steps_percent.iter().map(step).collect()
}

/// As long as the standard says; longer where fewer users come, until requests enough are planned, and never longer than
/// a steady state, in which fewer come.
fn seconds(standard: &ResilienceStandardSpec, capacity: &Capacity, percent: u32, per_minute: u32) -> u32 {
    let rate = u128::from(per_minute) * u128::from(percent);
    let wanted = u128::from(ROOM) * u128::from(standard.min_requests.max(1)) * 6_000;
    let needed = u32::try_from(wanted.div_ceil(rate.max(1))).unwrap_or(u32::MAX);
    let most = standard.load.steady_seconds.max(capacity.step_seconds);
    needed.clamp(capacity.step_seconds, most)
}

#[cfg(test)]
mod tests {
    use factory_assurance::plan::{Gaps, Plan, Stretch};
    use factory_crds::resilience_standard::{ArrivalKind, ArrivalRule, Spike};

    use super::{super::compose, *};
    use crate::state_service::examples;

    fn standard(steps_percent: &[u32]) -> ResilienceStandardSpec {
        let mut standard = examples::standard().spec;
        let headroom_percent = steps_percent[0];
        standard.capacity = Some(Capacity { steps_percent: steps_percent.to_vec(), step_seconds: 5, headroom_percent });
        standard.min_requests = 200;
        standard
    }

    fn planned(standard: &ResilienceStandardSpec, users: u32) -> Plan {
        let mut service = examples::service();
        service.spec.register.availability.simultaneous_users = users;
        compose(&service.spec, standard).unwrap()
    }

    fn ladder(plan: &Plan) -> Vec<(&str, u32)> {
        let phases = plan.prove.phases.iter();
        let steps = phases.filter(|phase| matches!(phase.role, PhaseRole::Capacity { .. }));
        steps.map(|phase| (phase.name.as_str(), phase.seconds)).collect()
    }

    #[test]
    fn the_ladder_comes_last_with_the_load_risen_for_as_long_as_each_step() {
        let standard = standard(&[125, 150, 300]);
        let plan = planned(&standard, 5_000);
        assert_eq!(ladder(&plan), [("capacity-125", 5), ("capacity-150", 5), ("capacity-300", 5)]);
        let names: Vec<_> = plan.prove.phases.iter().rev().take(4).map(|phase| phase.name.as_str()).collect();
        assert_eq!(names, ["capacity-300", "capacity-150", "capacity-125", "after"]);
        let arrivals = plan.prove.load.arrivals.as_ref().unwrap();
        let seconds: u64 = plan.prove.phases.iter().map(|phase| u64::from(phase.seconds)).sum();
        assert_eq!((arrivals.gaps, arrivals.seconds()), (Gaps::Drawn, seconds));
        let shares: Vec<_> = arrivals.stretches.iter().map(|stretch| (stretch.from_ppm, stretch.to_ppm)).collect();
        assert_eq!(shares, [1_000_000, 1_250_000, 1_500_000, 3_000_000].map(|ppm| (ppm, ppm)));
        let level = planned(&ResilienceStandardSpec { capacity: None, ..standard }, 5_000);
        assert_eq!((ladder(&level), &level.prove.load.arrivals), (vec![], &None));
        assert_eq!(plan.prove.load.max_in_flight, 3 * level.prove.load.max_in_flight, "places for the highest rate");
    }

    #[test]
    fn a_shape_of_the_load_ends_where_the_ladder_begins() {
        let mut standard = standard(&[150]);
        let before = planned(&ResilienceStandardSpec { capacity: None, ..standard.clone() }, 5_000);
        let seconds: u64 = before.prove.phases.iter().map(|phase| u64::from(phase.seconds)).sum();
        let spike = Spike { base_ppm: 500_000, peak_ppm: 2_000_000, at_seconds: 3, seconds: 2 };
        standard.load.arrivals =
            Some(ArrivalRule { kind: ArrivalKind::Spike, spike: Some(spike), ..ArrivalRule::default() });
        let plan = planned(&standard, 5_000);
        let arrivals = plan.prove.load.arrivals.unwrap();
        assert_eq!(arrivals.before(seconds).seconds(), seconds);
        assert_eq!(arrivals.stretches.last(), Some(&Stretch::level(5, 1_500_000)));
        standard.load.arrivals.as_mut().unwrap().spike.as_mut().unwrap().at_seconds =
            u32::try_from(seconds).unwrap() - 1;
        let refused = compose(&examples::service().spec, &standard).unwrap_err();
        assert_eq!(refused.reason(), "ArrivalsDoNotFit", "a rush never reaches into the ladder");
    }

    #[test]
    fn where_few_users_are_declared_a_step_lasts_longer_and_no_longer_than_a_steady_state() {
        let mut standard = standard(&[125, 250]);
        standard.load.think_time = "5s".parse().unwrap();
        standard.load.steady_seconds = 20;
        let lengths =
            |users| ladder(&planned(&standard, users)).into_iter().map(|(_, seconds)| seconds).collect::<Vec<_>>();
        // 400 requests of 25 and 50 a second.
        assert_eq!(lengths(100), [16, 8]);
        assert_eq!(lengths(1_000), [5, 5]);
        assert_eq!(lengths(10), [20, 20]);
    }

    #[test]
    fn what_is_planned_is_what_the_verdict_asks_of_a_plan() {
        let mut result = factory_assurance::sample::climbed();
        let standard = standard(&[150, 200, 300]);
        result.standard.capacity.clone_from(&standard.capacity);
        let plan = planned(&standard, 500);
        result.plan.prove.phases.clone_from(&plan.prove.phases);
        result.plan.prove.load.arrivals.clone_from(&plan.prove.load.arrivals);
        let lacks = |result: &factory_assurance::dossier::TestResult| {
            let findings = result.judge().findings.into_iter();
            let lacks = findings.filter(|finding| finding.code == "PlanIncomplete").map(|finding| finding.message);
            lacks.filter(|lack| ["step", "rate"].iter().any(|word| lack.contains(word))).collect::<Vec<_>>()
        };
        assert_eq!(lacks(&result), [""; 0]);
        result.plan.prove.load.arrivals.as_mut().unwrap().stretches.last_mut().unwrap().to_ppm -= 1;
        assert_eq!(lacks(&result).len(), 1);
    }
}
