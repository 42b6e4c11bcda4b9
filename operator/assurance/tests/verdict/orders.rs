//! From when on a fault counts: from its order, however late its acknowledgement, and where it strikes pods one after
//! another, from each of them.

use factory_assurance::{
    dossier::TestResult,
    evidence::{Failure, PodGone},
    sample,
};
use factory_crds::release::Outcome::{self, Failed, Inconclusive, Passed};

use super::{after, assert_finds, fault};

type Change = fn(&mut TestResult);

/// A change of the passing sample, the outcome and the codes of the findings that follow.
const TABLE: &[(&str, Change, Outcome, &[&str])] = &[
    ("no order", |r| fault(r, "pod-kill-web").ordered_ms = None, Inconclusive, &["EvidenceIncomplete"]),
    (
        "an acknowledgement before the order",
        |r| fault(r, "pod-kill-web").ordered_ms = Some(19_041),
        Inconclusive,
        &["EvidenceContradictory"],
    ),
    (
        "a pod that went before the order",
        |r| fault(r, "pod-kill-web").gone[0].at_ms = 19_039,
        Inconclusive,
        &["EvidenceContradictory"],
    ),
    ("a pod that went with the order", |r| fault(r, "pod-kill-web").gone[0].at_ms = 19_040, Passed, &[]),
    (
        "an order beyond 2^53",
        |r| fault(r, "pod-kill-web").ordered_ms = Some(1 << 53),
        Inconclusive,
        &["EvidenceContradictory", "EvidenceContradictory"],
    ),
];

#[test]
fn an_order_that_is_missing_or_contradicts_is_no_evidence() {
    for (what, change, outcome, codes) in TABLE {
        assert_finds(&after(change), *outcome, codes, what);
    }
    for rules in ["factory.gov.kg/verdict/v1", "factory.gov.kg/verdict/v2"] {
        for (what, change, ..) in TABLE {
            let verdict = after(|result| {
                change(result);
                result.rules = rules.to_owned();
            });
            assert_finds(&verdict, Passed, &[], &format!("{what}, {rules}"));
        }
    }
}

/// Nothing is served from the order on, for a second; the API server answers when it is over.
#[test]
fn a_late_acknowledgement_shortens_no_outage() {
    let late = |result: &mut TestResult, rules: &str| {
        for operation in [0, 1] {
            sample::fail(result, operation, 191..202, Failure::Connect);
        }
        result.standard.faults[0].max_failed_ppm = 250_000;
        result.availability.recovery_time = "900ms".parse().unwrap();
        fault(result, "pod-kill-web").injected_ms = Some(20_190);
        result.rules = format!("factory.gov.kg/verdict/{rules}");
    };
    let figure = |result: &TestResult, name: &str| {
        let verdict = result.judge();
        verdict.figures.iter().find(|one| one.phase == "pod-kill-web" && one.name == name).unwrap().value
    };
    let mut second = sample::passing();
    late(&mut second, "v2");
    assert_finds(&second.judge(), Passed, &[], "v2");
    assert_eq!((figure(&second, "recoveryMs"), figure(&second, "lostMs")), (Some(0), Some(100)));
    let mut third = sample::passing();
    late(&mut third, "v3");
    assert_finds(&third.judge(), Failed, &["RecoveryTooSlow"], "v3");
    assert_eq!((figure(&third, "recoveryMs"), figure(&third, "lostMs")), (Some(960), Some(1_100)));
}

/// The second of two pods goes 4 s after the order, and costs two requests.
fn one_after_another(result: &mut TestResult) {
    for operation in [0, 1] {
        sample::fail(result, operation, 291..292, Failure::Broken);
    }
    result.standard.faults[1].max_failed_ppm = 50_000;
    result.availability.recovery_time = "1s".parse().unwrap();
    fault(result, "rolling-restart-web").gone[1].at_ms = 29_080;
}

#[test]
fn pods_that_are_replaced_one_after_another_are_counted_each_by_itself() {
    let changed = |change: Change| {
        after(|result| {
            one_after_another(result);
            // Two of 20 requests of ten tenths, so that the limit of a fault does not hide them.
            result.standard.faults[1].max_failed_ppm = 20_000;
            change(result);
        })
    };
    assert_finds(&changed(|_| ()), Passed, &[], "v3");
    let before = changed(|r| r.rules = "factory.gov.kg/verdict/v2".to_owned());
    assert_finds(&before, Failed, &["RecoveryTooSlow"], "v2 counted 4.2 s from the injection");
    assert!(before.findings[0].message.contains("it served again after 4.2 s"), "{before:#?}");
    // Of moments that nobody knows, of a pod that was not ready, and of a fault that strikes once, from the order.
    for change in [(|r| fault(r, "rolling-restart-web").gone[1].at_ms = 29_250) as Change, |r| {
        let fault = fault(r, "rolling-restart-web");
        fault.gone[1].at_ms = 29_900;
        fault.before.push(factory_assurance::evidence::PodSeen { uid: "unready".to_owned(), ready: false, node: None });
        fault.gone.push(PodGone { uid: "unready".to_owned(), at_ms: 29_080 });
    }] {
        assert_finds(&changed(change), Failed, &["RecoveryTooSlow"], "from the order");
    }
}

/// A brief outage at the end hides no long one before it.
#[test]
fn the_longest_outage_counts_and_not_the_last() {
    let verdict = after(|result| {
        one_after_another(result);
        for operation in [0, 1] {
            sample::fail(result, operation, 250..266, Failure::Connect);
            sample::fail(result, operation, 292..296, Failure::Connect);
        }
        result.standard.faults[1].max_failed_ppm = 400_000;
    });
    assert_finds(&verdict, Failed, &["RecoveryTooSlow"], "1.2 s, then 0.2 s");
    assert!(verdict.findings[0].message.contains("it served again after 1.2 s"), "{verdict:#?}");
}
