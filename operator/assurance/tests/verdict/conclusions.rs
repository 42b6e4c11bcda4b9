//! What is concluded from which evidence: nothing from a void run, no cost without a dose, and a
//! failure from every way in which a request can fail.

use factory_assurance::{dossier::TestResult, evidence::Failure, sample};
use factory_crds::release::Outcome::{Failed, Inconclusive};

use super::{after, assert_finds, fault, paced, prove};

type Change = fn(&mut TestResult);

#[test]
fn from_a_void_run_nothing_is_concluded_good_or_bad() {
    for (what, void) in [
        ("lag", (|r| prove(r).lag_us[1][0] = 9_000_000) as Change),
        ("another run", |r| prove(r).nonce = "ff".to_owned()),
        ("too little load", |r| paced(r, 6_000)),
    ] {
        let mut result = sample::failing();
        void(&mut result);
        let verdict = result.judge();
        assert_eq!((verdict.outcome, verdict.findings.len()), (Inconclusive, 1), "{what}: {verdict:#?}");
    }
}

#[test]
fn a_cost_without_a_dose_is_not_blamed_on_the_fault() {
    let mut result = sample::failing();
    fault(&mut result, "pod-kill-web").gone.clear();
    assert_finds(&result.judge(), Inconclusive, &["FaultNotFelt"], "not felt");
}

#[test]
fn the_sample_can_fail_in_every_way_that_a_request_can() {
    for cause in [Failure::Connect, Failure::Broken, Failure::Timeout, Failure::Status, Failure::Content] {
        let verdict = after(|result| sample::fail(result, 0, 200..230, cause));
        assert_finds(&verdict, Failed, &["FaultCostTooHigh"], &format!("{cause:?}"));
    }
}
