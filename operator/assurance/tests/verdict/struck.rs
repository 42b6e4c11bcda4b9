//! Faults on the node: every limit from both sides, and what is said. The sample has 60 s: warm-up to
//! 2, steady state to 7, and of `web`, 6 s each, container kill, freeze (3 s), partition of all (2 s),
//! delay of 200 ms (3 s), delay of 50 ms of all (2 s), loss (3 s), bandwidth (4 s), DNS of all (2 s).

use factory_assurance::{
    dossier::TestResult,
    evidence::{Class, Failure},
    plan::{PhaseRole, Strike},
    sample,
    verdict::Verdict,
};
use factory_crds::{
    release::Outcome::{self, Failed, Inconclusive, Passed},
    resilience_standard::{FaultKind, FaultLimits, Share},
};

use super::{assert_finds, fault, prove};

type Change = fn(&mut TestResult);

const FREEZE: &str = "freeze-web";
const PARTITION: &str = "partition-web";
const DELAY: &str = "delay-200-web";
const LOSS: &str = "loss-50000-web";

/// A change of the sample, the outcome and the codes of the findings that follow.
const TABLE: &[(&str, Change, Outcome, &[&str])] = &[
    ("the lease at its latest end", |r| fault(r, FREEZE).ended_ms = Some(17_040), Passed, &[]),
    ("a lease that ends later", |r| fault(r, FREEZE).ended_ms = Some(17_041), Inconclusive, &["LeaseOverrun"]),
    ("a lease at nine tenths", |r| fault(r, FREEZE).ended_ms = Some(15_740), Passed, &[]),
    ("a lease that ends earlier", |r| fault(r, FREEZE).ended_ms = Some(15_739), Inconclusive, &["LeaseCutShort"]),
    ("an end that nobody saw", |r| fault(r, FREEZE).ended_ms = None, Inconclusive, &["LeaseNotSeenToEnd"]),
    (
        "an end before the injection",
        |r| fault(r, FREEZE).ended_ms = Some(13_039),
        Inconclusive,
        &["EvidenceContradictory"],
    ),
    ("an end with the phase", |r| lease_of_5(r, 14_000, 19_000), Passed, &[]),
    ("an end after the phase", |r| lease_of_5(r, 14_000, 19_001), Inconclusive, &["LeaseOverrun"]),
    (
        "injected so late that the lease ends after the phase",
        |r| lease_of_5(r, 14_001, 19_000),
        Inconclusive,
        &["FaultOutOfTime"],
    ),
    ("an end without an injection", |r| fault(r, FREEZE).injected_ms = None, Inconclusive, &["EvidenceContradictory"]),
    ("a second pod struck", |r| again(r, FREEZE, "web-freeze-1"), Inconclusive, &["FaultTooWide"]),
    (
        "a pod struck that was not ready",
        |r| fault(r, FREEZE).before[0].ready = false,
        Inconclusive,
        &["FaultDoseUnknown"],
    ),
    ("only one of all struck", |r| fault(r, PARTITION).doses.truncate(2), Inconclusive, &["FaultDoseUnknown"]),
    (
        "a pod of all that was not ready need not feel it",
        |r| {
            fault(r, PARTITION).before[1].ready = false;
            fault(r, PARTITION).doses.truncate(2);
        },
        Passed,
        &[],
    ),
    ("a pod that came while all were struck", |r| again(r, PARTITION, "new"), Passed, &[]),
    (
        "from a fault that struck too many nothing is concluded",
        |r| {
            again(r, DELAY, "web-delay-1");
            sample::fail(r, 0, 255..295, Failure::Timeout);
        },
        Inconclusive,
        &["FaultTooWide"],
    ),
    (
        "from a fault that lasted too long nothing is concluded",
        |r| {
            fault(r, DELAY).ended_ms = Some(30_000);
            sample::fail(r, 0, 255..295, Failure::Timeout);
        },
        Inconclusive,
        &["LeaseOverrun"],
    ),
    (
        "a cost without a dose is not blamed on the fault",
        |r| {
            fault(r, DELAY).doses[0].during = vec![[600, 20]];
            sample::fail(r, 0, 255..295, Failure::Timeout);
        },
        Inconclusive,
        &["FaultNotFelt"],
    ),
    ("a cost beyond its limit", |r| sample::fail(r, 0, 290..297, Failure::Status), Failed, &["FaultCostTooHigh"]),
    ("a cost at its limit", |r| sample::fail(r, 0, 290..296, Failure::Status), Passed, &[]),
    ("p95 at its limit", |r| slow(r, 500_000, 7), Passed, &[]),
    ("p95 beyond its limit", |r| slow(r, 500_001, 7), Failed, &["FaultP95TooHigh"]),
    ("six of 120 are beyond p95", |r| slow(r, 500_001, 6), Passed, &[]),
    ("p99 at its limit", |r| slow(r, 1_500_000, 2), Passed, &[]),
    (
        "of two limits for the same fault the stricter holds",
        |r| {
            let mut second = r.standard.faults[3].clone();
            (second.p95_ms, second.p99_ms) = (None, Some(12));
            r.standard.faults.push(second);
        },
        Failed,
        &["FaultP99TooHigh"],
    ),
    ("p99 beyond its limit", |r| slow(r, 1_500_001, 2), Failed, &["FaultP99TooHigh"]),
    ("one of 120 is beyond p99", |r| slow(r, 1_500_001, 1), Passed, &[]),
    (
        "while all are cut off nobody must be served",
        |r| r.availability.recovery_time = "0s".parse().unwrap(),
        Failed,
        // The frozen pod's requests alone.
        &["RecoveryTooSlow"],
    ),
    (
        "recovery of all counts from the end of the lease",
        |r| {
            sample::fail(r, 0, 210..216, Failure::Timeout);
            sample::fail(r, 1, 210..216, Failure::Timeout);
            r.standard.faults[2].max_failed_ppm = 450_000;
            r.availability.recovery_time = "660ms".parse().unwrap();
        },
        Passed,
        &[],
    ),
    (
        "a share that is not the standard's",
        |r| strike(r, 3).share = Share::All,
        Inconclusive,
        &["PlanIncomplete", "PlanIncomplete", "FaultDoseUnknown"],
    ),
    (
        "less delay than the standard's",
        |r| strike(r, 5).strength = 100,
        Inconclusive,
        &["PlanIncomplete", "PlanIncomplete", "FaultNotFelt"],
    ),
    (
        "a shorter lease than the standard's",
        |r| strike(r, 3).lease_seconds = 2,
        Inconclusive,
        &["PlanIncomplete", "PlanIncomplete", "LeaseOverrun"],
    ),
    (
        "counts that no 64 bits hold",
        |r| fault(r, LOSS).doses[0].during = vec![[0, u64::MAX], [1, u64::MAX]],
        Inconclusive,
        &["EvidenceContradictory"],
    ),
    (
        "a limit of a dose beyond 2^53",
        |r| fault(r, FREEZE).ended_ms = Some(1 << 53),
        Inconclusive,
        &["EvidenceContradictory"],
    ),
];

#[test]
fn each_limit_of_a_fault_on_the_node_holds_at_itself_and_breaks_one_step_beyond() {
    for (what, change, outcome, codes) in TABLE {
        assert_finds(&after(change), *outcome, codes, what);
    }
}

#[test]
fn a_plan_that_does_not_say_how_a_fault_is_done_proves_nothing() {
    let table: &[(Change, &str)] = &[
        (|r| *role(r, 3) = None, "phase `freeze-web`: the plan does not say how freeze is done"),
        (
            |r| {
                r.standard.faults[1] = FaultLimits::once(FaultKind::Freeze, 50_000, 6);
                strike(r, 3).lease_seconds = 0;
            },
            "phase `freeze-web`: the plan does not say how long freeze lasts",
        ),
        (
            |r| {
                r.standard.faults[0].lease_seconds = Some(2);
                strike(r, 2).lease_seconds = 2;
            },
            "phase `container-kill-web`: container-kill for 2 s happens once, and cannot last",
        ),
        (
            |r| {
                r.standard.faults[1].lease_seconds = Some(6);
                strike(r, 3).lease_seconds = 6;
            },
            "phase `freeze-web`: freeze for 6 s lasts until the end of its 6 s: what comes after it is not watched",
        ),
        (
            |r| {
                r.standard.faults[3].delay_ms = None;
                strike(r, 5).strength = 0;
            },
            "phase `delay-200-web`: the plan does not say how strong delay is",
        ),
        (
            |r| {
                r.standard.faults[5].loss_ppm = Some(1_500_000);
                strike(r, 7).strength = 1_500_000;
            },
            "phase `loss-50000-web`: loss of 150 % for 3 s is stronger than a standard can ask for",
        ),
        (
            |r| {
                r.standard.faults[1].delay_ms = Some(7);
                strike(r, 3).strength = 7;
            },
            "phase `freeze-web`: freeze for 3 s has no strength, and the plan gives it one",
        ),
        (
            |r| {
                r.plan.prove.phases.remove(6);
            },
            "the plan lacks delay of 50 ms for 2 s of all pods of component `web`, which the standard requires",
        ),
        (
            |r| {
                r.standard.faults.remove(6);
            },
            "phase `bandwidth-500-web`: the standard has no limits for bandwidth of 500 kB/s for 4 s",
        ),
        (
            |r| r.standard.faults[7].window_seconds = 7,
            "dns-outage for 2 s of all pods of component `web` is watched for 6 s; the standard requires 7 s",
        ),
    ];
    for (change, said) in table {
        let verdict = after(change);
        let plan: Vec<&str> = messages(&verdict, "PlanIncomplete");
        assert!(plan.contains(said), "{said}: {plan:#?}");
        assert_ne!(verdict.outcome, Passed, "{said}");
    }
    let mut result = sample::passing();
    *role(&mut result, 2) = Some(Strike { share: Share::One, lease_seconds: 0, strength: 0, ..Strike::default() });
    let said = "phase `pod-kill-registry`: pod-kill is not done on a node, as the plan says";
    assert!(messages(&result.judge(), "PlanIncomplete").contains(&said));
}

#[test]
fn what_was_felt_is_said_beside_what_was_asked() {
    let table: &[(Change, &str)] = &[
        (
            |r| fault(r, DELAY).doses[1].during = vec![[98_300, 20]],
            "web: delay of 200 ms for 3 s was not felt: 0 of 2 ready pods felt it, 1 must; pod `web-delay-0`, open connections: packets took 0.088 ms before it and 98.3 ms while it lasted; asked was 200 ms more, and from 160 ms to 300 ms more is felt",
        ),
        (
            |r| {
                fault(r, DELAY).doses.pop();
            },
            "web: it is not known whether delay of 200 ms for 3 s was felt: 0 of 2 ready pods felt it, 1 must; pod `web-delay-0`, open connections: nothing was measured",
        ),
        (
            |r| fault(r, PARTITION).doses[2].during = vec![[0, 3], [1, 7]],
            "web: partition for 2 s of all pods was not felt: 1 of 2 ready pods felt it, 2 must; pod `web-partition-1`, new connections: 3 of 10 packets passed while it lasted; none may",
        ),
        (
            |r| fault(r, LOSS).doses[0].during = vec![[0, 396], [1, 4]],
            "web: loss of 5 % for 3 s was not felt: 0 of 2 ready pods felt it, 1 must; pod `web-loss-0`: 4 of 400 packets were lost; asked was 5 %, and half to twice of that is felt",
        ),
        (|r| again(r, FREEZE, "web-freeze-1"), "web: freeze for 3 s struck 2 pods; one was planned"),
        (|r| fault(r, FREEZE).ended_ms = None, "web: freeze for 3 s was not seen to end; its lease is 3 s"),
        (|r| fault(r, FREEZE).ended_ms = Some(18_040), "web: freeze for 3 s lasted 5 s; its lease is 3 s"),
        (|r| fault(r, FREEZE).ended_ms = Some(14_040), "web: freeze for 3 s lasted only 1 s; its lease is 3 s"),
        (
            |r| slow(r, 500_001, 7),
            "web: when packets to it were delayed (delay of 200 ms for 3 s), 95 % of answers came within 501 ms; the standard asks for 500 ms",
        ),
        (
            |r| {
                sample::fail(r, 0, 240..250, Failure::Timeout);
                sample::fail(r, 1, 240..250, Failure::Timeout);
            },
            "web: after it was cut off from the network (partition for 2 s of all pods), it did not serve again within the 6 s watched",
        ),
        (
            |r| fault(r, DELAY).doses[0].class = Class::Dns,
            "phase `delay-200-web`, pod `web-delay-0`: a dose of class Dns, which delay does not have",
        ),
    ];
    for (change, said) in table {
        let verdict = after(change);
        assert_eq!(verdict.findings.first().map(|finding| finding.message.as_str()), Some(*said), "{verdict:#?}");
    }
}

#[test]
fn figures_say_how_many_felt_how_much() {
    let verdict = sample::struck().verdict;
    let figure = |phase: &str, name: &str| {
        let found = verdict.figures.iter().find(|figure| figure.phase == phase && figure.name == name).unwrap();
        (found.value, found.limit)
    };
    assert_eq!(figure("container-kill-web", "podsFelt"), (Some(1), Some(1)));
    assert_eq!(figure("container-kill-web", "doseP50"), (None, None));
    assert_eq!(figure(PARTITION, "podsFelt"), (Some(2), Some(2)));
    assert_eq!(figure(DELAY, "doseP50"), (Some(200_002), Some(200_000)));
    assert_eq!(figure(LOSS, "doseP50"), (Some(50_000), Some(50_000)));
    assert_eq!(figure("bandwidth-500-web", "doseP50"), (Some(500), Some(500)));
    assert_eq!(figure(DELAY, "p95Us"), (Some(12_031), Some(500_000)));
    assert_eq!(figure(DELAY, "p99Us"), (Some(12_031), Some(1_500_000)));
    assert_eq!(figure(LOSS, "p99Us"), (Some(12_031), None));
    assert_eq!(figure(PARTITION, "recoveryMs"), (Some(0), Some(30_000)), "it served as soon as the lease had ended");
    assert_eq!(figure(PARTITION, "lostMs"), (Some(2_000), None));
    assert!(verdict.figures.iter().all(|figure| figure.name != "podsGone"));
}

/// What counts is the pod that felt least, and of a limit of bandwidth that is the one that sent most.
#[test]
fn the_dose_is_that_of_the_pod_that_felt_least() {
    for (index, phase, less) in [(6, "delay-50-web", 45_000), (8, "bandwidth-500-web", 550)] {
        let verdict = after(|result| {
            result.standard.faults[index - 2].share = Some(Share::All);
            strike(result, index).share = Share::All;
            let fault = fault(result, phase);
            fault.doses.truncate(2 - index / 8);
            let mut second = fault.doses.clone();
            for dose in &mut second {
                dose.pod.clone_from(&fault.before[1].uid);
                let before = if index == 6 { dose.before[0][0] } else { 0 };
                dose.during = vec![[before + less, 9]];
            }
            fault.doses.extend(second);
        });
        assert_eq!(verdict.outcome, Passed, "{:?}", verdict.findings);
        let found = verdict.figures.iter().find(|figure| figure.phase == phase && figure.name == "doseP50").unwrap();
        assert_eq!(found.value, Some(less), "{phase}");
    }
}

/// The first rules knew no strike and no kind on the node, and they stay as they were.
#[test]
fn the_first_rules_judge_no_fault_on_the_node() {
    let mut result = sample::struck();
    result.rules = "factory.gov.kg/verdict/v1".to_owned();
    let verdict = result.judge();
    assert_eq!(verdict.outcome, Inconclusive);
    let said = messages(&verdict, "PlanIncomplete");
    assert_eq!(
        said,
        [
            "the plan lacks container-kill of component `web`, which the standard requires",
            "phase `container-kill-web`: the standard has no limits for container-kill",
        ]
    );
}

/// Whoever names the old rules does not get rid of what only the new ones judge.
#[test]
fn the_first_rules_have_no_limits_where_the_standard_says_more_than_they_know() {
    let old = |change: fn(&mut FaultLimits)| {
        let mut result = sample::passing();
        result.rules = "factory.gov.kg/verdict/v1".to_owned();
        change(&mut result.standard.faults[0]);
        result.judge().outcome
    };
    assert_eq!(old(|_| {}), Passed);
    assert_eq!(old(|limits| limits.p95_ms = Some(500)), Inconclusive);
    assert_eq!(old(|limits| limits.p99_ms = Some(500)), Inconclusive);
    assert_eq!(old(|limits| limits.share = Some(Share::One)), Inconclusive);
}

fn after(change: impl FnOnce(&mut TestResult)) -> Verdict {
    let mut result = sample::struck();
    change(&mut result);
    result.judge()
}

fn messages<'a>(verdict: &'a Verdict, code: &str) -> Vec<&'a str> {
    let of_code = verdict.findings.iter().filter(|finding| finding.code == code);
    of_code.map(|finding| finding.message.as_str()).collect()
}

/// How the fault of the phase at `index` is done.
fn role(result: &mut TestResult, index: usize) -> &mut Option<Strike> {
    match &mut result.plan.prove.phases[index].role {
        PhaseRole::Fault { strike, .. } => strike,
        other => unreachable!("{other:?} is no fault"),
    }
}

fn strike(result: &mut TestResult, index: usize) -> &mut Strike {
    role(result, index).as_mut().unwrap()
}

/// A freeze with a lease of 5 s in its phase of 6 s, from 13 s on.
fn lease_of_5(result: &mut TestResult, injected: u64, ended: u64) {
    result.standard.faults[1].lease_seconds = Some(5);
    strike(result, 3).lease_seconds = 5;
    let fault = fault(result, FREEZE);
    (fault.injected_ms, fault.ended_ms) = (Some(injected), Some(ended));
}

/// The first dose of `phase` once more, of another pod.
fn again(result: &mut TestResult, phase: &str, pod: &str) {
    let fault = fault(result, phase);
    let mut dose = fault.doses[0].clone();
    dose.pod = pod.to_owned();
    fault.doses.push(dose);
}

/// The last `count` of 120 answers while packets were delayed took `us`.
fn slow(result: &mut TestResult, us: u64, count: usize) {
    let buckets = &mut prove(result).buckets;
    for bucket in buckets.iter_mut().filter(|bucket| (25..31).contains(&bucket.second)).take(count) {
        bucket.latency_us = vec![[4_011, 9], [us, 1]];
    }
}
