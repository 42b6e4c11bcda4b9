//! The soak: what grows and would run out fails, and noise, saws and fillings do not; what was not looked at is not
//! passed; and nobody is failed for what the lab did.

use factory_assurance::{
    dossier::TestResult,
    evidence::{Failure::Timeout, SoakedPod, SoakedRun},
    plan::{Arrivals, Gaps, PhaseRole, Stretch, WHOLE_PPM},
    sample,
    verdict::Figure,
};
use factory_crds::release::Outcome::{self, Failed, Inconclusive, Passed};

use super::{assert_finds, prove};

/// The sample with a soak from second 7 to second 67, after one change.
fn soaked(change: impl FnOnce(&mut TestResult)) -> TestResult {
    let mut result = sample::soaked();
    change(&mut result);
    sample::judged(result)
}

/// Vectors of the soak.
pub fn vectors() -> Vec<(&'static str, TestResult)> {
    vec![
        ("v3-soak-passed", soaked(|_| {})),
        (
            "v3-soak-grows",
            soaked(|r| {
                seen(r, 1, |look| 40 * MIB + look * MIB / 50 + look * 7_919 % 101 * 5_000);
                seen(r, 2, |look| 20 + look / 4);
                slower(r, 4_000);
            }),
        ),
        (
            "v3-soak-not-seen",
            soaked(|r| {
                last(r).gone_ms = Some(30_000);
                pods(r)[0].runs[0].samples.truncate(20);
                pods(r)[0].errors = vec!["its container ended while it was looked at".to_owned()];
                pods(r)[2].runs[0].descriptor_limit = 0;
            }),
        ),
        (
            "v3-soak-restarted",
            soaked(|r| {
                let samples = run(r).samples.split_off(30);
                let again = SoakedRun { samples, ..run(r).clone() };
                last(r).runs.push(again);
            }),
        ),
        ("v3-soak-contradictory", soaked(|r| run(r).samples.swap(3, 4))),
        ("v3-soak-plan-incomplete", soaked(|r| *role(r).0 = 2)),
    ]
}

fn pods(result: &mut TestResult) -> &mut Vec<SoakedPod> {
    prove(result).soak.as_mut().unwrap()
}

/// The last pod, the second one of `web`.
fn last(result: &mut TestResult) -> &mut SoakedPod {
    pods(result).last_mut().unwrap()
}

fn run(result: &mut TestResult) -> &mut SoakedRun {
    &mut last(result).runs[0]
}

/// Its memory (1) or descriptors (2) by the number of the look.
fn seen(result: &mut TestResult, which: usize, value: impl Fn(u64) -> u64) {
    for (look, sample) in (0_u64..).zip(&mut run(result).samples) {
        sample[which] = value(look);
    }
}

/// Answers of both operations in second `from` and after it are slower by so many microseconds a second.
fn slower(result: &mut TestResult, us: u64) {
    for bucket in &mut prove(result).buckets {
        if let Some(second) = u64::from(bucket.second).checked_sub(7).filter(|second| *second < 60) {
            bucket.latency_us = vec![[4_011 + us * second, 10]];
        }
    }
}

fn figure(result: &TestResult, name: &str) -> Figure {
    let figures = result.verdict.figures.iter();
    figures.into_iter().find(|figure| figure.phase == "soak" && figure.name == name).unwrap().clone()
}

const MIB: u64 = 1 << 20;
/// A step of noise, of a hundred, that hides a leak of a fiftieth of a MiB a second among hundreds of pods.
const NOISE: u64 = 11_264;

type Case = (&'static str, fn(&mut TestResult), Outcome, &'static [&'static str]);

const CASES: [Case; 22] = [
    ("nothing grows", |_| {}, Passed, &[]),
    // 60 looks are 59 s; 2 h are 7200. At 115.2 MiB, 90 % of the limit, it is with 0.011 MiB a second.
    ("memory leaks", |r| seen(r, 1, |look| 40 * MIB + look * MIB / 50), Failed, &["MemoryGrows"]),
    ("memory leaks too slowly to matter", |r| seen(r, 1, |look| 40 * MIB + look * MIB / 200), Passed, &[]),
    ("descriptors leak", |r| seen(r, 2, |look| 20 + look / 4), Failed, &["DescriptorsGrow"]),
    (
        "both leak",
        |r| {
            seen(r, 1, |look| 40 * MIB + look * MIB);
            seen(r, 2, |look| 20 + look);
        },
        Failed,
        &["MemoryGrows", "DescriptorsGrow"],
    ),
    ("a saw", |r| seen(r, 1, |look| 40 * MIB + look % 12 * MIB), Passed, &[]),
    ("a filling that ends", |r| seen(r, 1, |look| 60 * MIB - ((20 * MIB) >> (look / 8).min(20))), Passed, &[]),
    ("memory is freed", |r| seen(r, 1, |look| 100 * MIB - look * MIB), Passed, &[]),
    ("beyond the limit already", |r| seen(r, 1, |_| 116 * MIB), Failed, &["MemoryGrows"]),
    ("answers grow slower", |r| slower(r, 4_000), Failed, &["LatencyGrows"]),
    ("answers grow hardly slower", |r| slower(r, 40), Passed, &[]),
    (
        "started again",
        |r| {
            let samples = run(r).samples.split_off(30);
            let limits = SoakedRun { samples, ..run(r).clone() };
            last(r).runs.push(limits);
        },
        Failed,
        &["SoakRestarted"],
    ),
    ("nobody looked", |r| prove(r).soak = None, Inconclusive, &["SoakMissing"]),
    (
        "a pod without a look",
        |r| {
            last(r).runs.clear();
            last(r).errors.push("no container of it runs here".to_owned());
        },
        Inconclusive,
        &["SoakTooFewSamples"],
    ),
    ("54 looks are enough", |r| run(r).samples.truncate(54), Passed, &[]),
    ("53 looks are too few", |r| run(r).samples.truncate(53), Inconclusive, &["SoakTooFewSamples"]),
    ("a pod went", |r| last(r).gone_ms = Some(30_000), Inconclusive, &["SoakPodGone"]),
    ("a pod went after it", |r| last(r).gone_ms = Some(67_000), Passed, &[]),
    (
        "a component without a pod",
        |r| pods(r).retain(|pod| pod.component != "registry"),
        Inconclusive,
        &["SoakPodMissing"],
    ),
    (
        "no pod was ready",
        |r| pods(r).iter_mut().for_each(|pod| pod.ready &= pod.component != "web"),
        Inconclusive,
        &["SoakPodMissing"],
    ),
    ("no limit", |r| run(r).descriptor_limit = 0, Inconclusive, &["SoakUnbounded"]),
    (
        "answers were lost",
        |r| sample::fail(r, 0, 70..80, Timeout),
        Failed,
        &["SteadyFailuresTooHigh", "OperationFailuresTooHigh"],
    ),
];

#[test]
fn what_grows_beyond_its_limit_fails_and_what_nobody_saw_is_inconclusive() {
    for (what, change, outcome, codes) in CASES {
        assert_finds(&soaked(change).verdict, outcome, codes, what);
    }
}

#[test]
fn what_is_found_says_where_it_leads() {
    let said = |change: fn(&mut TestResult)| soaked(change).verdict.findings[0].message.clone();
    assert_eq!(
        said(|r| seen(r, 1, |look| 40 * MIB + look * MIB / 4)),
        "web: memory of pod `web-soak-1` grew from 40.5 MiB to 54 MiB in 60 s; that is no chance, and leads to 1854 MiB within 7200 s; the standard allows 115.1 MiB"
    );
    assert_eq!(
        said(|r| seen(r, 2, |look| 20 + look)),
        "web: open descriptors of pod `web-soak-1` grew from 22 to 76 in 60 s; that is no chance, and leads to 7276 within 7200 s; the standard allows 1024"
    );
    assert_eq!(
        said(|r| last(r).runs[0].samples.truncate(9)),
        "web: pod `web-soak-1` was looked at 9 times during the soak; fewer than 54 are no evidence"
    );
    let slow = said(|r| slower(r, 4_000));
    assert!(slow.starts_with("in the soak, 95 % of answers came within 13 ms and then 229 ms in 60 s; "), "{slow}");
    assert_eq!(
        said(|r| seen(r, 1, |_| 116 * MIB)),
        "web: memory of pod `web-soak-1` was at 116 MiB; the standard allows 115.1 MiB"
    );
    assert!(slow.ends_with("within 7200 s; the standard allows 400 ms"), "{slow}");
}

#[test]
fn figures_show_the_pod_that_comes_closest_to_its_limit() {
    let sound = soaked(|_| {});
    assert_eq!((figure(&sound, "restarts").value, figure(&sound, "restarts").limit), (Some(0), Some(0)));
    let memory = figure(&sound, "memoryAheadPpm");
    assert!(
        memory.value.is_some_and(|ppm| (310_000..320_000).contains(&ppm)) && memory.limit == Some(900_000),
        "{memory:?}"
    );
    assert_eq!(figure(&sound, "p95AheadUs").value, Some(12_031));
    let leak = soaked(|r| seen(r, 2, |look| 20 + look));
    let descriptors = figure(&leak, "descriptorsAheadPpm");
    assert_eq!((descriptors.value, descriptors.limit), (Some(7_105_469), Some(1_000_000)));
    let unknown = soaked(|r| prove(r).soak = None);
    assert_eq!(figure(&unknown, "memoryAheadPpm").value, None);
}

/// A control that moved says that something else than the candidate was the reason.
#[test]
fn from_a_soak_beside_a_control_that_moved_nothing_is_concluded() {
    let result = soaked(|r| {
        seen(r, 1, |look| 40 * MIB + look * MIB);
        for second in prove(r).control.as_mut().unwrap().iter_mut().skip(7).take(60) {
            (second.good, second.failed, second.latency_us) = (0, 10, Vec::new());
        }
    });
    assert_finds(&result.verdict, Inconclusive, &["ControlMoved"], "void");
}

/// More pods are more chances for noise to look like growth: what would do alone is not enough among many.
#[test]
fn the_level_is_that_of_the_whole_soak() {
    let leak = |copies: usize| {
        soaked(|r| {
            seen(r, 1, |look| 40 * MIB + look * MIB / 50 + look * 7_919 % 101 * NOISE);
            let template = pods(r)[0].clone();
            for copy in 0..copies {
                pods(r).push(SoakedPod { uid: format!("copy-{copy}"), ..template.clone() });
            }
        })
    };
    assert_finds(&leak(0).verdict, Failed, &["MemoryGrows"], "alone");
    assert_finds(&leak(250).verdict, Passed, &[], "among hundreds");
}

fn role(result: &mut TestResult) -> (&mut u32, &mut Vec<String>) {
    match &mut result.plan.prove.phases[2].role {
        PhaseRole::Soak { every_seconds, components } => (every_seconds, components),
        _ => unreachable!("the soak is the third phase"),
    }
}

type Lack = (fn(&mut TestResult), &'static str);

const LACKS: [Lack; 9] = [
    (|r| r.plan.prove.phases[2].role = PhaseRole::Steady {}, "the plan lacks the soak, which the standard requires"),
    (|r| r.plan.prove.phases[1].role = r.plan.prove.phases[2].role.clone(), "phase `soak` is a second soak"),
    (
        |r| r.plan.prove.phases.swap(2, 3),
        "phase `soak` soaks the service after a fault: what grows may be what that left",
    ),
    (|r| *role(r).0 = 2, "phase `soak`: 30 looks at each pod; from 60 to 120 make a trend"),
    (|r| *role(r).0 = 0, "phase `soak`: 0 looks at each pod; from 60 to 120 make a trend"),
    (|r| drop(role(r).1.pop()), "the soak leaves out component `web`"),
    (|r| r.standard.soak.as_mut().unwrap().soak_seconds = 61, "the soak lasts 60 s; the standard requires 61 s"),
    (
        |r| r.standard.soak.as_mut().unwrap().horizon_seconds = 31_536_001,
        "the standard looks 31536001 s ahead; 31536000 s are the most",
    ),
    (
        |r| {
            let stretches =
                vec![Stretch::level(7, WHOLE_PPM), Stretch::level(60, WHOLE_PPM - 1), Stretch::level(29, WHOLE_PPM)];
            r.plan.prove.load.arrivals = Some(Arrivals { gaps: Gaps::Drawn, stretches });
        },
        "phase `soak`: the load is not at the declared rate",
    ),
];

#[test]
fn a_plan_soaks_before_any_fault_at_the_declared_rate_and_looks_often_enough() {
    for (change, lack) in LACKS {
        let result = soaked(change);
        assert_eq!(result.verdict.outcome, Inconclusive, "{lack}");
        let found = result
            .verdict
            .findings
            .iter()
            .find(|finding| finding.message.contains("soak") || finding.message.contains("ahead"));
        assert!(
            found.is_some_and(|found| found.code == "PlanIncomplete" && found.message == lack),
            "{lack}: {:#?}",
            result.verdict.findings
        );
    }
}

#[test]
fn evidence_of_another_soak_than_the_planned_is_none() {
    let wrong: [(fn(&mut TestResult), &str); 7] = [
        (|r| last(r).uid = "web-soak-0".to_owned(), "the soak, pod `web-soak-0`: it is there twice"),
        (
            |r| last(r).component = "api".to_owned(),
            "the soak, pod `web-soak-1`: component `api` was not to be looked at",
        ),
        (
            |r| run(r).samples.swap(3, 4),
            "the soak, pod `web-soak-1`: the moments at which it was looked at do not rise",
        ),
        (
            |r| run(r).samples[59][0] = 67_000,
            "the soak, pod `web-soak-1`: it was looked at 67 s after the start of the load; the soak is from 7 s to 67 s",
        ),
        (
            |r| run(r).samples.clear(),
            "the soak, pod `web-soak-1`: a life of its container in which it was not looked at",
        ),
        (
            |r| run(r).samples = (0..122).map(|look| [7_000 + look, 1, 1]).collect(),
            "the soak, pod `web-soak-1`: it was looked at 122 times; 121 are the most",
        ),
        (|r| run(r).memory_limit = u64::MAX, "a number is larger than"),
    ];
    for (change, said) in wrong {
        let result = soaked(change);
        assert_finds(&result.verdict, Inconclusive, &["EvidenceContradictory"], said);
        assert!(result.verdict.findings[0].message.starts_with(said), "{:?}", result.verdict.findings);
        assert_eq!(figure(&result, "restarts").value, None, "{said}");
    }
}

/// What a standard without a soak says of a dossier that has one: its load is judged, and nothing else.
#[test]
fn without_a_soak_in_the_standard_nothing_of_it_limits_but_the_load() {
    let result = soaked(|r| {
        r.standard.soak = None;
        seen(r, 1, |look| 40 * MIB + look * MIB);
    });
    assert_finds(&result.verdict, Passed, &[], "nothing is asked of it");
    assert!(result.verdict.figures.iter().all(|figure| figure.name != "restarts"));
    let unplanned = soaked(|r| (r.standard.soak, r.plan.prove.phases[2].role) = (None, PhaseRole::Steady {}));
    let found = &unplanned.verdict.findings[0];
    assert!(found.message.contains("the plan has no soak, and the evidence has one"), "{found:?}");
}
