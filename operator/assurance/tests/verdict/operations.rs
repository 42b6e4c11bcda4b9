//! Each operation of the load by itself: limits of all together hide one that is hardly asked, or always fails. The
//! sample has two, each asked 50 times in a steady phase (seconds 2 to 7 and 31 to 36) and 60 times in a fault phase.

use factory_assurance::{dossier::TestResult, evidence::Failure, sample, verdict::Verdict};
use factory_crds::release::Outcome::{Failed, Inconclusive, Passed};

use super::{after, assert_finds, prove};

/// Of the second operation only the requests in the seconds that `keep` says; the first takes over the others.
pub fn asked_in(result: &mut TestResult, keep: impl Fn(u32) -> bool) {
    let buckets = &mut prove(result).buckets;
    buckets.iter_mut().filter(|bucket| !keep(bucket.second)).for_each(|bucket| bucket.operation = 0);
}

/// The same, one request a second.
pub fn asked_once_in(result: &mut TestResult, seconds: &[u32]) {
    let buckets = &mut prove(result).buckets;
    for bucket in buckets.iter_mut() {
        let one = bucket.operation == 1 && seconds.contains(&bucket.second);
        if bucket.operation == 1 && !one {
            bucket.operation = 0;
        }
    }
    let mut rest = Vec::new();
    for bucket in buckets.iter_mut().filter(|bucket| bucket.operation == 1) {
        let mut other = bucket.clone();
        (other.operation, other.good, other.latency_us) = (0, 9, vec![[4_011, 8], [12_031, 1]]);
        (bucket.good, bucket.latency_us) = (1, vec![[4_011, 1]]);
        rest.push(other);
    }
    buckets.extend(rest);
}

fn said(verdict: &Verdict) -> Vec<&str> {
    verdict.findings.iter().map(|finding| finding.message.as_str()).collect()
}

#[test]
fn an_operation_that_is_never_asked_is_no_evidence() {
    let never = |result: &mut TestResult| {
        result.plan.prove.load.operations[0].weight = 100;
        asked_in(result, |_| false);
    };
    let verdict = after(never);
    assert_finds(&verdict, Inconclusive, &["OperationHardlyAsked"; 2], "never asked");
    assert_eq!(
        said(&verdict),
        [
            "in the steady state, operation 2 of the load (`GET /`) was asked 0 times; fewer than 1 are no evidence",
            "in the faults, operation 2 of the load (`GET /`) was asked 0 times; fewer than 1 are no evidence"
        ]
    );
    // The second rules passed it.
    let verdict = after(|result| {
        never(result);
        result.rules = "factory.gov.kg/verdict/v2".to_owned();
    });
    assert_finds(&verdict, Passed, &[], "v2");
}

/// Of 50 requests that a phase must have, its weight gives it 25.
#[test]
fn an_operation_must_be_asked_its_share_of_what_a_phase_must_have() {
    let of_faults = |second| (7..31).contains(&second);
    for (what, kept, codes) in [
        ("30 in the steady state", [2, 3, 33], &[][..]),
        ("20 in the steady state", [2, 3, 0], &["OperationHardlyAsked"][..]),
    ] {
        let verdict = after(|result| asked_in(result, |second| of_faults(second) || kept.contains(&second)));
        let outcome = if codes.is_empty() { Passed } else { Inconclusive };
        assert_finds(&verdict, outcome, codes, what);
    }
    let verdict = after(|result| asked_in(result, |second| !of_faults(second) || second < 9));
    assert_finds(&verdict, Inconclusive, &["OperationHardlyAsked"], "20 in the faults");
    let verdict = after(|result| asked_in(result, |second| !of_faults(second) || second < 10));
    assert_finds(&verdict, Passed, &[], "30 in the faults");
}

/// The steady state may cost 2 %, and all requests of a rare operation fail: 3 of 200 in all.
#[test]
fn an_operation_that_always_fails_is_told_from_chance() {
    let rare = |result: &mut TestResult, seconds: &[u32]| {
        result.plan.prove.load.operations[0].weight = 100;
        result.standard.steady.max_failed_ppm = 20_000;
        asked_once_in(result, &[seconds, &[8, 14, 20, 26]].concat());
        for second in seconds {
            sample::fail(result, 1, second * 10..second * 10 + 1, Failure::Status);
        }
    };
    let verdict = after(|result| rare(result, &[3, 4, 32]));
    assert_finds(&verdict, Failed, &["OperationFailuresTooHigh"], "three of three");
    assert_eq!(
        said(&verdict),
        [
            "in the steady state, 100 % of requests of operation 2 of the load (`GET /`) failed (3 of 3: 3 wrong status); the standard allows 2 %"
        ]
    );
    let verdict = after(|result| rare(result, &[3]));
    assert_finds(&verdict, Inconclusive, &["OperationNeverServed"], "one of one is no failure, and no pass");
    assert_eq!(
        said(&verdict),
        [
            "in the steady state, no request of operation 2 of the load (`GET /`) was answered as it should be (1 of 1: 1 wrong status)"
        ]
    );
    // The second rules passed both.
    for seconds in [&[3, 4, 32][..], &[3]] {
        let verdict = after(|result| {
            rare(result, seconds);
            result.rules = "factory.gov.kg/verdict/v2".to_owned();
        });
        assert_finds(&verdict, Passed, &[], "v2");
    }
}

#[test]
fn a_stray_failure_of_a_rare_operation_fails_nobody() {
    let verdict = after(|result| {
        result.plan.prove.load.operations[0].weight = 100;
        result.standard.steady.max_failed_ppm = 10_000;
        asked_once_in(result, &[3, 4, 32, 8, 14, 20, 26]);
        sample::fail(result, 1, 30..31, Failure::Timeout);
    });
    assert_finds(&verdict, Passed, &[], "one of three");
}

/// What a disturbed or empty phase lacks of one operation is no news.
#[test]
fn a_phase_that_is_void_is_not_said_of_each_operation_again() {
    let mut result = sample::watched();
    asked_in(&mut result, |second| !(31..36).contains(&second) && !(2..7).contains(&second) || second < 4);
    for one in prove(&mut result).control.as_mut().unwrap().iter_mut().filter(|one| (31..36).contains(&one.second)) {
        one.latency_us = vec![[211_000, 10]];
    }
    assert_finds(&result.judge(), Inconclusive, &["ControlMoved"], "void");
}
