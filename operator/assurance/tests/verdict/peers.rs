//! Faults of traffic with one peer, and of one direction: who must be struck, and what is said. The sample has
//! 48 s; `web` calls `registry`. Faults, 3 s of 6 s each: partition of each peer, delay of 100 ms of traffic
//! with `registry` both ways, loss of 5 % on the way out, jitter of 100 ms. The first two strike `web` alone.

use factory_assurance::{
    dossier::TestResult,
    plan::{PhaseRole, Strike},
    sample,
    verdict::Verdict,
};
use factory_crds::{
    release::Outcome::{Inconclusive, Passed},
    resilience_standard::{Direction, FaultKind, FaultLimits},
};

use super::{assert_finds, fault};

type Change = fn(&mut TestResult);

const PARTITION: &str = "partition-web-to-registry";
const DELAY: &str = "delay-100-web-to-registry";

fn after(change: impl FnOnce(&mut TestResult)) -> Verdict {
    let mut result = sample::apart();
    change(&mut result);
    result.judge()
}

fn strike<'a>(result: &'a mut TestResult, phase: &str) -> &'a mut Strike {
    let phase = result.plan.prove.phases.iter_mut().find(|planned| planned.name == phase).unwrap();
    match &mut phase.role {
        PhaseRole::Fault { strike: Some(strike), .. } => strike,
        other => unreachable!("{other:?} has no strike"),
    }
}

fn without(result: &mut TestResult, phase: &str) {
    result.plan.prove.phases.retain(|planned| planned.name != phase);
}

#[test]
fn each_component_that_calls_a_peer_is_struck_and_no_other_need_be() {
    let result = sample::apart();
    assert_finds(&result.verdict, Passed, &[], "the sample");
    let faults: Vec<_> = result.plan.prove.phases.iter().map(|phase| phase.name.as_str()).collect();
    assert_eq!(faults[2..6], ["loss-50000-registry", "jitter-100-registry", PARTITION, DELAY]);
}

#[test]
fn a_plan_that_leaves_a_peer_out_or_makes_one_up_proves_nothing() {
    let table: &[(Change, &str)] = &[
        (
            |r| without(r, PARTITION),
            "the plan lacks partition of traffic with `registry` for 3 s of component `web`, which the standard requires",
        ),
        (
            |r| without(r, DELAY),
            "the plan lacks delay of 100 ms of traffic with `registry` both ways for 3 s of component `web`, which the standard requires",
        ),
        (
            |r| r.standard.faults[1].peer = Some("ledger".to_owned()),
            "the plan lacks delay of 100 ms of traffic with `ledger` both ways for 3 s, which the standard requires: no component calls `ledger`",
        ),
        (
            |r| r.plan.prove.calls.clear(),
            "the plan lacks delay of 100 ms of traffic with `registry` both ways for 3 s, which the standard requires: no component calls `registry`",
        ),
        (
            |r| strike(r, DELAY).direction = Some(Direction::In),
            "phase `delay-100-web-to-registry`: the standard has no limits for delay of 100 ms of traffic with `registry` on the way in for 3 s",
        ),
        (
            |r| strike(r, DELAY).peer = None,
            "phase `delay-100-web-to-registry`: the standard has no limits for delay of 100 ms both ways for 3 s",
        ),
        (
            |r| strike(r, PARTITION).peer = Some("web".to_owned()),
            "phase `partition-web-to-registry`: partition of traffic with `web` for 3 s has a peer that the component does not call",
        ),
        (
            |r| strike(r, PARTITION).peer = Some("elsewhere".to_owned()),
            "phase `partition-web-to-registry`: partition of traffic with `elsewhere` for 3 s has a peer that the component does not call",
        ),
        (
            |r| r.plan.prove.calls.clear(),
            "phase `partition-web-to-registry`: partition of traffic with `registry` for 3 s has a peer that the component does not call",
        ),
        (
            |r| frozen(r, |strike| strike.peer = Some("registry".to_owned())),
            "phase `loss-50000-web`: freeze has no peer, and the plan gives it one",
        ),
        (
            |r| frozen(r, |strike| strike.direction = Some(Direction::Out)),
            "phase `loss-50000-web`: freeze has no direction, and the plan gives it one",
        ),
    ];
    for (change, said) in table {
        let verdict = after(change);
        let lacks: Vec<_> = verdict.findings.iter().filter(|finding| finding.code == "PlanIncomplete").collect();
        assert!(lacks.iter().any(|finding| finding.message == *said), "{said}: {lacks:#?}");
        assert_eq!(verdict.outcome, Inconclusive, "{said}");
    }
}

/// A freeze in place of the loss, changed.
fn frozen(result: &mut TestResult, change: fn(&mut Strike)) {
    let phase = result.plan.prove.phases.iter_mut().find(|phase| phase.name == "loss-50000-web").unwrap();
    if let PhaseRole::Fault { kind, strike: Some(strike), .. } = &mut phase.role {
        (*kind, strike.strength, strike.direction) = (FaultKind::Freeze, 0, None);
        change(strike);
    }
}

#[test]
fn where_nobody_calls_anybody_faults_of_each_peer_are_not_asked_for_but_something_must_be() {
    let partition = |r: &mut TestResult| {
        r.standard.faults.truncate(1);
        r.plan.prove.calls.clear();
        for phase in
            [DELAY, PARTITION, "loss-50000-web", "loss-50000-registry", "jitter-100-web", "jitter-100-registry"]
        {
            without(r, phase);
        }
    };
    let verdict = after(partition);
    let said = "the standard has no fault, or the bundle no component: nothing is known about resilience";
    assert!(verdict.findings.iter().any(|finding| finding.message == said), "{verdict:#?}");
    let verdict = after(|r| {
        partition(r);
        r.standard.faults.push(FaultLimits::once(FaultKind::PodKill, 0, 6));
    });
    assert!(verdict.findings.iter().all(|finding| finding.message != said), "{verdict:#?}");
}

#[test]
fn what_was_felt_is_told_with_the_peer() {
    let verdict = after(|r| fault(r, PARTITION).doses[1].during = vec![[0, 3], [1, 27]]);
    let said = &verdict.findings[0].message;
    assert_eq!(
        said,
        "web: partition of traffic with `registry` for 3 s was not felt: 0 of 2 ready pods felt it, 1 must; pod `web-partition-0`, open connections: 3 of 30 packets passed while it lasted; none may"
    );
}

#[test]
fn a_year_counts_each_call_and_each_phase_that_belongs_to_it() {
    let modelled = |change: Change| {
        let verdict = after(|r| {
            for limits in &mut r.standard.faults {
                limits.times_a_year = Some(12);
            }
            r.availability.max_downtime_per_year = "1000h".parse().unwrap();
            change(r);
        });
        let alone = |phase: &str| {
            let mut figures = verdict.figures.iter();
            figures.find(|figure| figure.phase == phase && figure.name == "modelledDowntimeMs")?.value
        };
        [alone(PARTITION), alone(DELAY), alone("loss-50000-web"), alone("")]
    };
    let whole = modelled(|_| {});
    assert!(whole.iter().all(Option::is_some), "{whole:?}");
    assert_eq!(modelled(|r| without(r, PARTITION))[3], None, "a fault that nobody measured");
}

/// The first rules knew neither, and they stay as they were.
#[test]
fn the_first_rules_judge_no_limits_that_name_a_peer() {
    let mut result = sample::passing();
    result.rules = "factory.gov.kg/verdict/v1".to_owned();
    assert_eq!(result.judge().outcome, Passed);
    result.standard.faults[0].peer = Some("*".to_owned());
    assert_eq!(result.judge().outcome, Inconclusive);
}
