//! Nothing passes by absence: whatever is taken from the evidence of a passing result, or does not
//! agree with the rest of it, the verdict is no longer `Passed`.

use factory_assurance::{dossier::TestResult, evidence::Mutation};
use factory_crds::release::Outcome::{self, Failed, Inconclusive};

use super::{after, assert_finds, fault, prove, verify};

type Change = fn(&mut TestResult);

/// A change of the passing sample, the outcome and the codes of the findings that follow.
const TABLE: &[(&str, Change, Outcome, &[&str])] = &[
    ("rules nobody knows", |r| r.rules = "v0".to_owned(), Inconclusive, &["UnknownRules"]),
    ("no checks evidence", |r| r.evidence.verify = None, Inconclusive, &["EvidenceMissing"]),
    ("no load evidence", |r| r.evidence.prove = None, Inconclusive, &["EvidenceMissing"]),
    ("checks of another run", |r| verify(r).nonce = "ff".to_owned(), Inconclusive, &["EvidenceOfAnotherRun"]),
    ("load of another run", |r| prove(r).nonce = "ff".to_owned(), Inconclusive, &["EvidenceOfAnotherRun"]),
    (
        "no nonce at all",
        |r| {
            r.announcement.nonce.clear();
            verify(r).nonce.clear();
            prove(r).nonce.clear();
        },
        Inconclusive,
        &["EvidenceOfAnotherRun", "EvidenceOfAnotherRun"],
    ),
    ("a check less", |r| verify(r).checks.clear(), Inconclusive, &["EvidenceIncomplete"]),
    ("a check by another name", |r| verify(r).checks[0].name = "x".to_owned(), Inconclusive, &["EvidenceIncomplete"]),
    (
        "a step too many",
        |r| {
            let step = verify(r).checks[0].steps[0].clone();
            verify(r).checks[0].steps.push(step);
        },
        Inconclusive,
        &["EvidenceIncomplete"],
    ),
    ("a step less", |r| verify(r).checks[0].steps.truncate(1), Inconclusive, &["CheckIncomplete"]),
    ("no answer", |r| verify(r).checks[0].steps[0].status = None, Failed, &["CheckFailed"]),
    (
        "a deviation",
        |r| verify(r).checks[0].steps[0].deviations.push("body /pin: missing".to_owned()),
        Failed,
        &["CheckFailed"],
    ),
    ("another status than planned", |r| r.plan.verify.checks[0].steps[0].expect.status = 200, Failed, &["CheckFailed"]),
    (
        "a mutant accepted",
        |r| verify(r).checks[0].steps[0].mutants[2].rejected = false,
        Inconclusive,
        &["VacuousCheck"],
    ),
    ("no mutants", |r| verify(r).checks[0].steps[0].mutants.clear(), Inconclusive, &["CheckNotTried"; 3]),
    (
        "a mutation less",
        |r| verify(r).checks[0].steps[0].mutants.retain(|m| m.mutation != Mutation::EmptyBody),
        Inconclusive,
        &["CheckNotTried"],
    ),
    ("a description less", |r| verify(r).contracts.clear(), Inconclusive, &["EvidenceIncomplete"]),
    ("a description without digest", |r| verify(r).contracts[0].digest.clear(), Inconclusive, &["EvidenceIncomplete"]),
    (
        "an unreadable description",
        |r| verify(r).contracts[0].unreadable = Some("no JSON".to_owned()),
        Failed,
        &["DescriptionUnreadable"],
    ),
    ("a description of nothing", |r| verify(r).contracts[0].operations.clear(), Inconclusive, &["NothingDescribed"]),
    (
        "an operation nobody called",
        |r| verify(r).contracts[0].operations[0].answers.clear(),
        Inconclusive,
        &["OperationNotExercised"],
    ),
    (
        "an answer that contradicts",
        |r| {
            verify(r).contracts[0].operations[0].answers[0]
                .contradictions
                .push("status 201 is not described".to_owned());
        },
        Failed,
        &["DescriptionLies"],
    ),
    ("phases in another order", |r| prove(r).phases.swap(0, 1), Inconclusive, &["EvidenceIncomplete"]),
    ("a gap between phases", |r| prove(r).phases[1].to_ms -= 1, Inconclusive, &["EvidenceIncomplete"]),
    (
        "a tenth of a second less",
        |r| {
            prove(r).slots.pop();
        },
        Inconclusive,
        &["EvidenceIncomplete", "EvidenceContradictory"],
    ),
    ("an empty tenth more", |r| prove(r).slots.push([0, 0]), Inconclusive, &["EvidenceIncomplete"]),
    (
        "a fault less",
        |r| {
            prove(r).faults.pop();
        },
        Inconclusive,
        &["EvidenceIncomplete"],
    ),
    ("another fault", |r| prove(r).faults[0].phase = "x".to_owned(), Inconclusive, &["EvidenceIncomplete"]),
    (
        "a second of one operation less",
        |r| {
            prove(r).buckets.remove(20);
        },
        Inconclusive,
        &["EvidenceContradictory", "EvidenceContradictory"],
    ),
    (
        "an operation that was not planned",
        |r| {
            r.plan.prove.load.operations.pop();
        },
        Inconclusive,
        &["EvidenceContradictory"],
    ),
    (
        "a second after the end",
        |r| prove(r).buckets[71].second = 36,
        Inconclusive,
        &["EvidenceContradictory", "EvidenceContradictory"],
    ),
    ("one good request more", |r| prove(r).buckets[8].good += 1, Inconclusive, &["EvidenceContradictory"; 3]),
    (
        "a failure left out",
        |r| {
            for bucket in &mut prove(r).buckets {
                bucket.failed.clear();
            }
        },
        Inconclusive,
        &["EvidenceContradictory"; 2],
    ),
    (
        "a latency left out",
        |r| {
            prove(r).buckets[8].latency_us.pop();
        },
        Inconclusive,
        &["EvidenceContradictory"],
    ),
    (
        "latencies that do not rise",
        |r| prove(r).buckets[8].latency_us.reverse(),
        Inconclusive,
        &["EvidenceContradictory"],
    ),
    ("lags left out", |r| prove(r).lag_us.clear(), Inconclusive, &["EvidenceContradictory"]),
    ("lags that do not rise", |r| prove(r).lag_us.reverse(), Inconclusive, &["EvidenceContradictory"]),
    ("a number beyond 2^53", |r| prove(r).started_unix_ms = 1 << 53, Inconclusive, &["EvidenceContradictory"]),
    (
        "ready before the injection",
        |r| fault(r, "pod-kill-web").ready_again_ms = Some(1),
        Inconclusive,
        &["EvidenceContradictory"],
    ),
    (
        "ready again without an injection",
        |r| fault(r, "pod-kill-web").injected_ms = None,
        Inconclusive,
        &["EvidenceContradictory"],
    ),
    ("nobody asked anything at the end, and none is required", |r| silent_end(r), Inconclusive, &["TooFewRequests"]),
    (
        "a fault that was refused",
        |r| {
            let f = fault(r, "pod-kill-web");
            f.injected_ms = None;
            f.ready_again_ms = None;
        },
        Inconclusive,
        &["FaultRefused"],
    ),
    (
        "a fault with errors",
        |r| fault(r, "pod-kill-web").errors.push("undo: timeout".to_owned()),
        Inconclusive,
        &["FaultErrors"],
    ),
    ("no pods before", |r| fault(r, "pod-kill-web").before.clear(), Inconclusive, &["FaultNotFelt"]),
    (
        "no ready pod before",
        |r| {
            for pod in &mut fault(r, "pod-kill-web").before {
                pod.ready = false;
            }
        },
        Inconclusive,
        &["FaultNotFelt"],
    ),
    ("no pod gone", |r| fault(r, "pod-kill-web").gone.clear(), Inconclusive, &["FaultNotFelt"]),
    ("another pod gone", |r| fault(r, "pod-kill-web").gone[0].uid = "x".to_owned(), Inconclusive, &["FaultNotFelt"]),
    (
        "one of two pods replaced",
        |r| {
            fault(r, "rolling-restart-web").gone.pop();
        },
        Inconclusive,
        &["FaultNotFelt"],
    ),
    (
        "the same pod twice",
        |r| {
            let f = fault(r, "rolling-restart-web");
            f.gone[1] = f.gone[0].clone();
        },
        Inconclusive,
        &["FaultNotFelt"],
    ),
    ("residue", |r| fault(r, "pod-kill-web").residue.push("x".to_owned()), Inconclusive, &["ResidueLeft"]),
    (
        "never ready again, though it served",
        |r| fault(r, "pod-kill-web").ready_again_ms = None,
        Inconclusive,
        &["NotSeenReadyAgain"],
    ),
    ("all requests in too few moments", |r| bunch(r), Inconclusive, &["RecoveryNotMeasured"]),
];

#[test]
fn what_is_missing_or_contradicts_itself_is_no_evidence() {
    for (what, change, outcome, codes) in TABLE {
        assert_finds(&after(change), *outcome, codes, what);
    }
}

/// All requests of each second of the phase `pod-kill-web` in its first tenth.
fn bunch(result: &mut TestResult) {
    for second in prove(result).slots[190..250].chunks_mut(10) {
        let all = second.iter().fold([0, 0], |[good, failed], slot| [good + slot[0], failed + slot[1]]);
        second.fill([0, 0]);
        second[0] = all;
    }
}

/// No request in the last phase, by a standard that asks for none.
fn silent_end(result: &mut TestResult) {
    result.standard.min_requests = 0;
    let prove = prove(result);
    prove.buckets.retain(|bucket| bucket.second < 31);
    prove.slots[310..].fill([0, 0]);
    prove.lag_us[0][1] -= 100;
}
