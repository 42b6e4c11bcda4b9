//! Vectors of the third rules: what they find that the second passed, and what they no longer blame.

use factory_assurance::{dossier::TestResult, evidence::Failure, sample};

use super::{fault, operations::asked_once_in, prove};

/// By name.
pub fn cases() -> Vec<(&'static str, TestResult)> {
    let changed = |mut result: TestResult, change: fn(&mut TestResult)| {
        change(&mut result);
        sample::judged(result)
    };
    let with = |change| changed(sample::passing(), change);
    vec![
        ("v3-passed", sample::passing()),
        ("v3-on-nodes-passed", sample::struck()),
        (
            "v3-operation-hardly-asked",
            with(|r| {
                r.plan.prove.load.operations[0].weight = 100;
                prove(r).buckets.iter_mut().for_each(|bucket| bucket.operation = 0);
            }),
        ),
        (
            "v3-operation-fails",
            with(|r| {
                r.plan.prove.load.operations[0].weight = 100;
                r.standard.steady.max_failed_ppm = 20_000;
                asked_once_in(r, &[3, 4, 32, 8, 14, 20, 26]);
                for second in [3, 4, 32] {
                    sample::fail(r, 1, second * 10..second * 10 + 1, Failure::Content);
                }
            }),
        ),
        (
            "v3-operation-never-served",
            with(|r| {
                r.plan.prove.load.operations[0].weight = 100;
                r.standard.steady.max_failed_ppm = 10_000;
                asked_once_in(r, &[3, 8, 14, 20, 26]);
                sample::fail(r, 1, 30..31, Failure::Timeout);
            }),
        ),
        (
            "v3-one-pod-after-another",
            with(|r| {
                for operation in [0, 1] {
                    sample::fail(r, operation, 291..292, Failure::Broken);
                }
                r.standard.faults[1].max_failed_ppm = 20_000;
                r.availability.recovery_time = "1s".parse().unwrap_or_default();
                fault(r, "rolling-restart-web").gone[1].at_ms = 29_080;
            }),
        ),
        (
            "v3-late-acknowledgement",
            with(|r| {
                for operation in [0, 1] {
                    sample::fail(r, operation, 191..202, Failure::Connect);
                }
                r.standard.faults[0].max_failed_ppm = 250_000;
                r.availability.recovery_time = "900ms".parse().unwrap_or_default();
                fault(r, "pod-kill-web").injected_ms = Some(20_190);
            }),
        ),
        ("v3-no-order", with(|r| fault(r, "pod-kill-web").ordered_ms = None)),
        ("v3-gone-before-the-order", with(|r| fault(r, "pod-kill-web").gone[0].at_ms = 19_030)),
        (
            "v3-plan-by-another-standard",
            with(|r| {
                r.record.class = "critical".to_owned();
                r.plan.prove.load.timeout_ms = u32::MAX;
                r.availability.simultaneous_users = 101;
                if let Some(load) = &mut r.standard.load {
                    (load.warm_up_seconds, load.steady_seconds) = (1, 6);
                }
            }),
        ),
        ("v3-standard-without-load", with(|r| r.standard.load = None)),
    ]
}
