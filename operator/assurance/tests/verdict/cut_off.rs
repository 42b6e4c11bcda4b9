//! A node that is cut off or stands still: all pods of the component on one node must feel it, and those of no other may.

use factory_assurance::{
    dossier::TestResult,
    evidence::{Dose, Failure, FaultEvidence, PodSeen, Tries},
    plan::PhaseRole,
    sample,
};
use factory_crds::{
    release::Outcome::{Failed, Inconclusive, Passed},
    resilience_standard::{FaultKind, Share},
};

use super::{assert_finds, fault, prove, second_verifier::assert_agree};

const PHASE: &str = "partition-node-web";

fn cut_off(change: impl FnOnce(&mut TestResult)) -> TestResult {
    let mut result = sample::cut_off();
    change(&mut result);
    sample::judged(result)
}

fn of(result: &mut TestResult) -> &mut FaultEvidence {
    fault(result, PHASE)
}

/// The doses of the first pod as another one's.
fn as_of(fault: &FaultEvidence, pod: &str) -> Vec<Dose> {
    fault.doses.iter().map(|dose| Dose { pod: pod.to_owned(), ..dose.clone() }).collect()
}

/// Both pods on the node, and both felt it.
fn both_there(result: &mut TestResult) {
    let fault = of(result);
    fault.before[1].node = Some(0);
    let more = as_of(fault, &fault.before[1].uid.clone());
    fault.doses.extend(more);
}

/// Nothing is served from the injection until the end of the lease.
fn nobody_serves(result: &mut TestResult) {
    // The phase begins at 7 s, and its lease of 3 s ends soon after 10 s.
    for operation in [0, 1] {
        sample::fail(result, operation, 71..100, Failure::Timeout);
    }
    // Half of the requests of its phase fail, and ten moments in which all do are no service.
    result.standard.faults[0].max_failed_ppm = 500_000;
    result.availability.recovery_time = "1s".parse().unwrap();
}

/// The node had all pods.
fn all_there(result: &mut TestResult) {
    both_there(result);
    nobody_serves(result);
}

pub fn vectors() -> Vec<(&'static str, TestResult)> {
    vec![
        ("v3-cut-off", cut_off(|_| {})),
        ("v3-cut-off-in-part", cut_off(|r| of(r).before[1].node = Some(0))),
        ("v3-cut-off-too-wide", cut_off(too_wide)),
        ("v3-cut-off-all", cut_off(all_there)),
        ("v3-cut-off-contradictory", cut_off(|r| of(r).before[1].node = None)),
        ("v3-cut-off-plan-incomplete", cut_off(unasked)),
        ("v3-cut-off-tried-again", cut_off(tried_again)),
    ]
}

/// Its callers ask ten times as often as before, and a pod that was never there is said to be asked.
fn tried_again(result: &mut TestResult) {
    let tries = Tries {
        pod: "web".to_owned(),
        before: 20,
        before_ms: 5_000,
        until_ms: 3,
        during: 120,
        from_ms: 40,
        during_ms: 3_000,
    };
    of(result).tries = vec![Tries { pod: of(result).before[0].uid.clone(), ..tries.clone() }, tries];
}

#[test]
fn nothing_is_judged_by_how_often_a_pod_was_asked() {
    assert_eq!(cut_off(tried_again).verdict, cut_off(|_| {}).verdict);
}

/// A pod of the other node felt it too.
fn too_wide(result: &mut TestResult) {
    let fault = of(result);
    let more = as_of(fault, &fault.before[1].uid.clone());
    fault.doses.extend(more);
}

/// Plan and standard ask for another kind of all pods of a node.
fn unasked(result: &mut TestResult) {
    result.standard.faults[0].kind = FaultKind::DnsOutage;
    for phase in &mut result.plan.prove.phases {
        if let PhaseRole::Fault { kind, .. } = &mut phase.role
            && phase.name == PHASE
        {
            *kind = FaultKind::DnsOutage;
        }
    }
}

#[test]
fn all_pods_of_one_node_must_feel_it_and_none_of_another() {
    assert_finds(&sample::cut_off().verdict, Passed, &[], "as it was asked");
    let both = cut_off(both_there);
    assert_finds(&both.verdict, Passed, &[], "two pods there");
    let felt = both.verdict.figures.iter().find(|figure| figure.phase == PHASE && figure.name == "podsFelt").unwrap();
    assert_eq!((felt.value, felt.limit), (Some(2), Some(2)));

    let said = |change: fn(&mut TestResult), codes: &[&str]| {
        let verdict = cut_off(change).verdict;
        assert_finds(&verdict, Inconclusive, codes, "");
        verdict.findings[0].message.clone()
    };
    let in_part = said(|r| of(r).before[1].node = Some(0), &["FaultDoseUnknown"]);
    assert!(
        in_part.contains("partition for 3 s of all pods on one node")
            && in_part.contains("1 of 2 ready pods felt it, 2 must"),
        "{in_part}"
    );
    let wide = said(too_wide, &["FaultTooWide"]);
    assert!(wide.ends_with("struck pods on 2 nodes; one was planned"), "{wide}");
    let passed = said(
        |r| {
            both_there(r);
            of(r).doses.last_mut().unwrap().during = vec![[0, 1], [1, 29]];
        },
        &["FaultNotFelt"],
    );
    assert!(passed.contains("1 of 2 ready pods felt it, 2 must"), "{passed}");
    said(|r| of(r).doses.clear(), &["FaultDoseUnknown"]);
    said(|r| of(r).before[1].node = None, &["EvidenceContradictory"]);
    // A pod that waited for a node voids nothing; one that was struck was somewhere.
    let waiting = |r: &mut TestResult| of(r).before.push(PodSeen { uid: "waits".to_owned(), ready: false, node: None });
    assert_finds(&cut_off(waiting).verdict, Passed, &[], "a pod that is nowhere yet");
    let struck = cut_off(|r| {
        waiting(r);
        let more = as_of(of(r), "waits");
        of(r).doses.extend(more);
    });
    assert_finds(&struck.verdict, Inconclusive, &["EvidenceContradictory"], "struck, and nowhere");
    // Pods that came there while it lasted are struck as well.
    let came = cut_off(|r| {
        let more = as_of(of(r), "web-that-came");
        of(r).doses.extend(more);
    });
    assert_finds(&came.verdict, Passed, &[], "a pod that came");
}

/// Where others could go on, recovery is counted from the injection; where the node had all of them, from the end of the
/// lease, as of a component that was cut off altogether.
#[test]
fn recovery_is_counted_from_when_somebody_could_serve() {
    let all = cut_off(all_there);
    assert_finds(&all.verdict, Passed, &[], "nobody was left");
    let others = cut_off(nobody_serves).verdict;
    assert_finds(&others, Failed, &["RecoveryTooSlow"], "the other pod did not go on");
}

#[test]
fn only_what_befalls_a_node_strikes_all_pods_there() {
    let lacks: Vec<String> = cut_off(unasked)
        .verdict
        .findings
        .into_iter()
        .filter(|finding| finding.code == "PlanIncomplete")
        .map(|finding| finding.message)
        .collect();
    assert_eq!(lacks, ["phase `partition-node-web`: dns-outage does not befall a node, as the plan says"]);
}

#[test]
fn the_second_verifier_agrees_on_nodes_that_are_cut_off() {
    let mut results: Vec<TestResult> = vectors().into_iter().map(|(_, result)| result).collect();
    for node in [None, Some(0), Some(1), Some(7)] {
        for ready in [false, true] {
            for share in [Share::One, Share::All, Share::Node] {
                for also in [false, true] {
                    results.push(cut_off(|r| {
                        (of(r).before[1].node, of(r).before[1].ready) = (node, ready);
                        if also {
                            too_wide(r);
                            of(r).doses.last_mut().unwrap().during = vec![[0, 1], [1, 29]];
                        }
                        r.standard.faults[0].share = Some(share);
                        for phase in &mut r.plan.prove.phases {
                            if let PhaseRole::Fault { strike: Some(strike), .. } = &mut phase.role
                                && phase.name == PHASE
                            {
                                strike.share = share;
                            }
                        }
                        sample::fail(r, 0, 90..104, Failure::Broken);
                    }));
                }
            }
        }
    }
    results.push(cut_off(|r| prove(r).faults[0].before.clear()));
    assert_agree(&results);
}
