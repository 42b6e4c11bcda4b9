//! The twin that must be refused: where it is passed nothing is concluded from the run, good or bad.

use factory_assurance::{
    dossier::TestResult,
    evidence::{Bucket, Failure, TwinEvidence},
    plan::twin::{PERCENTS, percent},
    sample,
    wire::Announced,
};
use factory_crds::release::Outcome::{self, Failed, Inconclusive, Passed};

use super::{assert_finds, prove, verify};

/// The limit of the sample's standard, in microseconds.
const LIMIT: u64 = 500_000;
/// Tenths of a second of the last steady phase.
const AFTER: std::ops::Range<u32> = 310..360;

fn twin(result: &mut TestResult) -> &mut TwinEvidence {
    prove(result).twin.as_mut().unwrap()
}

/// Its seconds before the first fault, and after the last.
fn phase(result: &mut TestResult, after: bool) -> impl Iterator<Item = &mut Bucket> {
    twin(result).buckets.iter_mut().filter(move |bucket| (bucket.second > 20) == after)
}

/// Lets so many of ten answers of each second of a phase come `us` after they were due, and the others far too late.
fn answers(result: &mut TestResult, after: bool, count: u64, us: u64) {
    phase(result, after).for_each(|one| one.latency_us = vec![[us, count], [2 * LIMIT, 10 - count]]);
}

/// Lets so many of ten requests of each second of both phases fail by `cause`; all others are answered at once.
fn fails(result: &mut TestResult, count: u64, cause: Failure) {
    for one in &mut twin(result).buckets {
        one.good = 10 - count;
        one.failed.insert(cause, count);
        one.latency_us = if count < 10 { vec![[4_011, 10 - count]] } else { Vec::new() };
    }
}

type Case = (&'static str, fn(&mut TestResult), Outcome, &'static [&'static str]);

const CASES: [Case; 23] = [
    ("late in both phases", |_| {}, Passed, &[]),
    ("at the limit, which is no more than is allowed", |r| answers(r, false, 10, LIMIT), Inconclusive, &["TwinPassed"]),
    ("beyond it by a microsecond", |r| answers(r, false, 10, LIMIT + 1), Passed, &[]),
    ("in time after the faults alone", |r| answers(r, true, 10, 4_011), Inconclusive, &["TwinPassed"]),
    ("a tenth of the answers too late", |r| answers(r, true, 9, 4_011), Passed, &[]),
    ("in time in both phases", |r| both(r, 4_011), Inconclusive, &["TwinPassed", "TwinPassed"]),
    ("latencies in another unit", |r| both(r, 551), Inconclusive, &["TwinPassed", "TwinPassed"]),
    ("no answer within the load's time", |r| fails(r, 10, Failure::Timeout), Passed, &[]),
    ("a tenth of them without an answer in time", |r| fails(r, 1, Failure::Timeout), Passed, &[]),
    ("bad answers, as late as good ones", |r| wrong(r, LIMIT + 1), Passed, &[]),
    ("bad answers in time", |r| wrong(r, LIMIT), Inconclusive, &["TwinPassed", "TwinPassed"]),
    ("nobody at its door", |r| fails(r, 10, Failure::Connect), Inconclusive, &["TwinMissing", "TwinMissing"]),
    ("a door that opens too seldom", |r| fails(r, 2, Failure::Broken), Inconclusive, &["TwinMissing", "TwinMissing"]),
    (
        "a service that is not there behind it",
        broken,
        Failed,
        &["SteadyFailuresTooHigh", "OperationFailuresTooHigh", "OperationFailuresTooHigh"],
    ),
    ("none was found", |r| prove(r).twin = None, Inconclusive, &["TwinMissing", "TwinMissing"]),
    ("a second without a request", |r| _ = twin(r).buckets.remove(1), Inconclusive, &["TwinMissing"]),
    ("none was planned", |r| r.plan.prove.twin = None, Inconclusive, &["EvidenceContradictory"]),
    ("not as late as was drawn", |r| twin(r).percent = 260 - twin(r).percent, Inconclusive, &["EvidenceContradictory"]),
    ("late as nobody draws", |r| twin(r).percent = 100, Inconclusive, &["EvidenceContradictory"]),
    ("another operation", |r| twin(r).buckets[3].operation = 1, Inconclusive, &["EvidenceContradictory"]),
    ("a second after the end", |r| twin(r).buckets[9].second = 36, Inconclusive, &["EvidenceContradictory"]),
    ("answers without a latency", |r| twin(r).buckets[0].good += 1, Inconclusive, &["EvidenceContradictory"]),
    ("values that fall", |r| twin(r).buckets[0].latency_us.reverse(), Inconclusive, &["EvidenceContradictory"]),
];

fn both(result: &mut TestResult, us: u64) {
    answers(result, false, 10, us);
    answers(result, true, 10, us);
}

/// Answers of a wrong status, all of them `us` after they were due.
fn wrong(result: &mut TestResult, us: u64) {
    for one in &mut twin(result).buckets {
        (one.good, one.latency_us) = (0, vec![[us, 10]]);
        one.failed.insert(Failure::Status, 10);
    }
}

/// After the faults the service is gone, and so the twin gets no answer either.
fn broken(result: &mut TestResult) {
    for operation in [0, 1] {
        sample::fail(result, operation, AFTER, Failure::Connect);
    }
    for one in phase(result, true) {
        (one.good, one.latency_us) = (0, Vec::new());
        one.failed.insert(Failure::Broken, 10);
    }
}

#[test]
fn it_must_be_refused_in_each_steady_phase() {
    for (what, change, outcome, codes) in CASES {
        let mut result = sample::twinned();
        change(&mut result);
        assert_finds(&result.judge(), outcome, codes, what);
    }
}

#[test]
fn one_that_is_passed_voids_a_pass_and_a_fail_and_whatever_else_was_found() {
    let mut passes = sample::twinned();
    assert_finds(&passes.judge(), Passed, &[], "before");
    answers(&mut passes, true, 10, 4_011);
    assert_finds(&passes.judge(), Inconclusive, &["TwinPassed"], "a pass");

    let mut fails = sample::twinned();
    for operation in [0, 1] {
        sample::fail(&mut fails, operation, AFTER, Failure::Status);
    }
    verify(&mut fails).checks[0].steps[0].status = Some(500);
    fails.plan.verify.descriptions.clear();
    verify(&mut fails).contracts.clear();
    let of_load = ["SteadyFailuresTooHigh", "OperationFailuresTooHigh", "OperationFailuresTooHigh"];
    let codes = [["CheckFailed"].as_slice(), &of_load, &["PlanIncomplete"]].concat();
    assert_finds(&fails.judge(), Failed, &codes, "before");
    answers(&mut fails, false, 10, 4_011);
    let verdict = fails.judge();
    assert_finds(&verdict, Inconclusive, &["TwinPassed"], "a fail");
    let said = &verdict.findings[0].message;
    let opening = "in phase `steady-before`, the twin was passed, which holds each answer back until 1";
    assert!(said.starts_with(opening) && said.contains("came within 4.011 ms"), "{said}");
}

/// What is not known says nothing of the rest of the run either, but what the checks found stays.
#[test]
fn one_that_nobody_found_leaves_the_checks_alone() {
    let mut result = sample::twinned();
    prove(&mut result).twin = None;
    verify(&mut result).checks[0].steps[0].status = Some(500);
    assert_finds(&result.judge(), Failed, &["CheckFailed", "TwinMissing", "TwinMissing"], "a failed check");
}

#[test]
fn a_generator_that_lagged_is_said_first() {
    let mut result = sample::twinned();
    both(&mut result, 4_011);
    let count = prove(&mut result).lag_us.iter().map(|[_, count]| count).sum();
    prove(&mut result).lag_us = vec![[9_000_000, count]];
    assert_finds(&result.judge(), Inconclusive, &["GeneratorLagged"], "both");
}

#[test]
fn how_late_it_was_told_to_be_and_how_late_it_was_stand_among_the_figures() {
    let result = sample::twinned();
    let figures = result.verdict.figures;
    let of = |name: &str| figures.iter().filter(|figure| figure.name == name).cloned().collect::<Vec<_>>();
    let drawn = percent(&result.announcement.nonce);
    assert_eq!(
        of("twinPercent").iter().map(|one| (one.value, one.limit)).collect::<Vec<_>>(),
        [(Some(drawn.into()), None)]
    );
    let phases: Vec<_> = of("twinP95Us").into_iter().map(|one| (one.phase, one.value, one.limit)).collect();
    let slowest = Some(u64::from(drawn) * 5_000 + 8_191);
    assert_eq!(phases, ["steady-before", "steady-after"].map(|phase| (phase.to_owned(), slowest, Some(LIMIT))));
    assert!(sample::watched().verdict.figures.iter().all(|figure| !figure.name.starts_with("twin")));
}

#[test]
fn the_same_answers_are_no_evidence_of_a_run_for_which_the_other_one_was_drawn() {
    let result = sample::twinned();
    let other = PERCENTS.into_iter().find(|one| *one != percent(&result.announcement.nonce)).unwrap();
    let nonce = (0..1_000).map(|number: u32| format!("{number:064x}")).find(|nonce| percent(nonce) == other).unwrap();
    let announced = Announced { id: "announcement-2".to_owned(), nonce, attempt: 1 };
    let again = sample::announced(result.clone(), &announced);
    assert_finds(&again.verdict, Passed, &[], "measured again");
    let kept = result.evidence.prove.unwrap().twin;
    let mut replayed = again;
    prove(&mut replayed).twin = kept;
    assert_finds(&replayed.judge(), Inconclusive, &["EvidenceContradictory"], "that of another run");
}

/// Vectors with a twin.
pub fn vectors() -> Vec<(&'static str, TestResult)> {
    let changed = |change: fn(&mut TestResult)| {
        let mut result = sample::twinned();
        change(&mut result);
        sample::judged(result)
    };
    vec![
        ("v2-twin-refused", sample::twinned()),
        (
            "v2-twin-passed",
            changed(|r| {
                sample::fail(r, 0, AFTER, Failure::Timeout);
                answers(r, true, 10, LIMIT);
            }),
        ),
        ("v2-twin-missing", changed(|r| prove(r).twin = None)),
        ("v2-twin-unreached", changed(|r| fails(r, 2, Failure::Broken))),
        ("v2-twin-behind-a-broken-service", changed(broken)),
        ("v2-twin-of-another-run", changed(|r| twin(r).percent = 100)),
    ]
}
