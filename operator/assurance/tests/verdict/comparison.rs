//! The comparison with the last confirmed release: what is longer than the standard allows beyond noise fails, and noise
//! does not; blocks that say nothing are not passed over; and where nothing is confirmed nothing is asked.

use factory_assurance::{
    dossier::{AnnouncedRun, TestResult},
    evidence::{ComparisonEvidence, Failure},
    plan::{Absence, ComparisonPlan, Reference, comparison::Side},
    sample,
    verdict::Figure,
    wire::Announced,
};
use factory_crds::{
    release::Outcome::{self, Failed, Inconclusive, Passed},
    resilience_standard::Comparison,
};

use super::{assert_finds, prove, varied::Random};

/// The sample with twelve blocks, of which the candidate takes so much of the other's time, after one change.
fn taking(ppm: u64, change: impl FnOnce(&mut TestResult)) -> TestResult {
    let mut result = sample::taking(ppm);
    change(&mut result);
    sample::judged(result)
}

fn compared(change: impl FnOnce(&mut TestResult)) -> TestResult {
    taking(1_000_000, change)
}

/// Where no release is confirmed.
pub fn beside_nothing() -> TestResult {
    compared(|r| {
        r.plan.prove.comparison = Some(ComparisonPlan::Nothing { why: Absence::NoneConfirmed });
        prove(r).comparison = None;
    })
}

/// Vectors of the comparison.
pub fn vectors() -> Vec<(&'static str, TestResult)> {
    vec![
        ("v3-comparison-passed", compared(|_| {})),
        ("v3-comparison-slower", taking(1_300_000, |_| {})),
        ("v3-comparison-faster", taking(700_000, |_| {})),
        ("v3-comparison-missing", compared(|r| prove(r).comparison = None)),
        ("v3-comparison-nothing-in-common", compared(in_common_nothing)),
        ("v3-comparison-little-in-common", compared(|r| in_common_the_first_beside(r, 2))),
        ("v3-comparison-void", compared(|r| (0..4).for_each(|block| late(r, block)))),
        ("v3-comparison-beside-nothing", beside_nothing()),
        ("v3-comparison-plan-incomplete", compared(|r| reference(r).blocks = 11)),
        ("v3-comparison-contradictory", compared(|r| drop(seen(r).lag_us.pop()))),
    ]
}

fn seen(result: &mut TestResult) -> &mut ComparisonEvidence {
    prove(result).comparison.as_mut().unwrap()
}

fn reference(result: &mut TestResult) -> &mut Reference {
    match &mut result.plan.prove.comparison {
        Some(ComparisonPlan::Reference(reference)) => reference,
        other => unreachable!("{other:?}"),
    }
}

fn asked(result: &mut TestResult) -> &mut Comparison {
    result.standard.comparison.as_mut().unwrap()
}

/// The generator is late in a block.
fn late(result: &mut TestResult, block: usize) {
    seen(result).lag_us[4 * block][0][0] = 151_000;
    seen(result).lag_us[4 * block + 1][0][0] = 151_000;
}

/// Whose turn it is in which seconds of a block.
fn seconds(result: &mut TestResult, block: usize, side: Side) -> Vec<u32> {
    let nonce = result.announcement.nonce.clone();
    let turns = reference(result).blocks(&nonce)[block];
    let of_side = turns.into_iter().filter(|turn| turn.side == side);
    of_side.flat_map(|turn| turn.from..turn.to).map(|second| u32::try_from(second).unwrap()).collect()
}

/// Of each second and operation of a side in a block so many requests of ten fail.
fn fails(result: &mut TestResult, block: usize, side: Side, count: u64, cause: Failure) {
    let seconds = seconds(result, block, side);
    let seen = seen(result);
    let buckets = if side == Side::Candidate { &mut seen.candidate } else { &mut seen.reference };
    for bucket in buckets.iter_mut().filter(|bucket| seconds.contains(&bucket.second)) {
        bucket.good -= count;
        bucket.failed.insert(cause, count);
        if cause != Failure::Status {
            bucket.latency_us[0][1] -= count;
        }
    }
}

/// So many requests a second and operation came where ten were planned.
fn thin(result: &mut TestResult, came: u64) {
    let ComparisonEvidence { candidate, reference, lag_us, .. } = seen(result);
    for bucket in candidate.iter_mut().chain(reference) {
        (bucket.good, bucket.latency_us[0][1]) = (came, came);
    }
    for part in lag_us {
        part[0][1] = 8 * came;
    }
}

/// The control does not answer in a block.
fn moves(result: &mut TestResult, block: usize) {
    let both = [Side::Candidate, Side::Reference].map(|side| seconds(result, block, side)).concat();
    let control = seen(result).control.as_mut().unwrap();
    for second in control.iter_mut().filter(|one| both.contains(&one.second)) {
        (second.good, second.failed, second.latency_us) = (0, 10, Vec::new());
    }
}

/// The last confirmed release knows no operation of the load.
fn in_common_nothing(result: &mut TestResult) {
    result.plan.prove.comparison = Some(ComparisonPlan::Nothing { why: Absence::NothingInCommon });
    prove(result).comparison = None;
}

/// It knows the first of the two operations, of weight 1, and that alone was asked; the other has this `weight`.
fn in_common_the_first_beside(result: &mut TestResult, weight: u32) {
    result.plan.prove.load.operations[1].weight = weight;
    reference(result).operations = vec![0];
    let AnnouncedRun { id, nonce, attempt } = result.announcement.clone();
    *result = sample::announced(result.clone(), &Announced { id, nonce, attempt });
    // A vector is the same whenever it is written.
    result.measurements = None;
}

fn figure(result: &TestResult, name: &str) -> Figure {
    result.verdict.figures.iter().find(|figure| figure.phase.is_empty() && figure.name == name).unwrap().clone()
}

type Case = (&'static str, u64, fn(&mut TestResult), Outcome, &'static [&'static str]);

const SLOWER: &[&str] = &["SlowerThanConfirmed"];
const VOID: &[&str] = &["ComparisonVoid"];
const MISSING: &[&str] = &["ComparisonMissing"];

const CASES: [Case; 23] = [
    ("as fast", 1_000_000, |_| {}, Passed, &[]),
    ("faster", 500_000, |_| {}, Passed, &[]),
    ("slower, as the standard allows", 1_190_000, |_| {}, Passed, &[]),
    ("slower by more", 1_300_000, |_| {}, Failed, SLOWER),
    ("slower by more, and nothing is limited", 1_300_000, |r| asked(r).max_p95_slower_ppm = None, Passed, &[]),
    // 12 ms of 40.
    ("slower by more of very little", 1_300_000, |r| asked(r).matters_ms = 13, Passed, &[]),
    ("slower by more than matters", 1_300_000, |r| asked(r).matters_ms = 11, Failed, SLOWER),
    ("nobody asked", 1_300_000, |r| prove(r).comparison = None, Inconclusive, MISSING),
    ("three void blocks of twelve", 1_000_000, |r| (0..3).for_each(|block| late(r, block)), Passed, &[]),
    ("four void blocks", 1_000_000, |r| (0..4).for_each(|block| late(r, block)), Inconclusive, VOID),
    // From blocks that are void nothing bad is concluded either.
    ("slower in four void blocks", 1_300_000, |r| (0..4).for_each(|block| late(r, block)), Inconclusive, VOID),
    ("slower in nine that are not", 1_300_000, |r| (0..3).for_each(|block| late(r, block)), Failed, SLOWER),
    ("a control that moved", 1_300_000, |r| (0..12).for_each(|block| moves(r, block)), Inconclusive, VOID),
    ("a control that was not asked", 1_300_000, |r| seen(r).control = None, Inconclusive, VOID),
    (
        "a former release that cannot",
        1_300_000,
        |r| (2..6).for_each(|block| fails(r, block, Side::Reference, 1, Failure::Status)),
        Inconclusive,
        VOID,
    ),
    (
        "a candidate that cannot",
        1_300_000,
        |r| (2..6).for_each(|block| fails(r, block, Side::Candidate, 1, Failure::Status)),
        Inconclusive,
        VOID,
    ),
    ("a load that did not come", 1_300_000, |r| thin(r, 1), Inconclusive, VOID),
    ("a load of which too few came", 1_300_000, |r| thin(r, 7), Inconclusive, VOID),
    ("nothing in common", 1_000_000, in_common_nothing, Inconclusive, MISSING),
    (
        "nothing in common, and nothing is limited",
        1_000_000,
        |r| {
            in_common_nothing(r);
            asked(r).max_p95_slower_ppm = None;
        },
        Passed,
        &[],
    ),
    ("half in common", 1_000_000, |r| in_common_the_first_beside(r, 1), Passed, &[]),
    ("less than half in common", 1_000_000, |r| in_common_the_first_beside(r, 2), Inconclusive, MISSING),
    (
        "less than half in common, and nothing is limited",
        1_000_000,
        |r| {
            in_common_the_first_beside(r, 2);
            asked(r).max_p95_slower_ppm = None;
        },
        Passed,
        &[],
    ),
];

#[test]
fn what_is_slower_beyond_noise_and_the_limit_fails_and_what_nobody_knows_is_inconclusive() {
    for (what, ppm, change, outcome, codes) in CASES {
        assert_finds(&taking(ppm, change).verdict, outcome, codes, what);
    }
}

#[test]
fn what_is_found_says_by_how_much_and_which_block_says_nothing() {
    let said = |ppm, change: fn(&mut TestResult)| taking(ppm, change).verdict.findings[0].message.clone();
    let slow = said(1_300_000, |_| {});
    assert!(slow.starts_with("beside the last confirmed release, 95 % of answers took "), "{slow}");
    assert!(slow.contains(" longer, at least "), "{slow}");
    assert!(slow.ends_with(" with 99.5 % confidence over 12 blocks; the standard allows 20 %"), "{slow}");
    assert_eq!(
        said(1_000_000, |r| (3..7).for_each(|block| late(r, block))),
        "8 of 12 blocks beside the last confirmed release say something; 9 are needed; block 4: 99 % of its requests left within 151 ms of their moment, 150 ms are allowed"
    );
    let control = said(1_000_000, |r| (0..4).for_each(|block| moves(r, block)));
    assert!(
        control.ends_with(
            "block 1: the control was disturbed: it answered 0 of 160 requests, 95 % within 150 ms are required"
        ),
        "{control}"
    );
    let few = said(1_000_000, |r| thin(r, 7));
    assert!(few.ends_with("block 1: 84 requests to the candidate were due; fewer than 100 are no evidence"), "{few}");
    assert_eq!(
        said(1_000_000, |r| in_common_the_first_beside(r, 2)),
        "the last confirmed release knows operations with 1 of the weight 3 of those that begin a visit; at least half is needed, or nobody knows whether that is slower"
    );
    let failing = said(1_000_000, |r| (0..4).for_each(|block| fails(r, block, Side::Reference, 1, Failure::Status)));
    assert!(
        failing
            .ends_with("block 1: of the last confirmed release, 10 % of requests failed (12 of 120: 12 wrong status)"),
        "{failing}"
    );
}

#[test]
fn figures_say_how_much_of_the_time_of_the_last_confirmed_release_it_takes() {
    let slow = taking(1_300_000, |_| {});
    assert_eq!((figure(&slow, "comparedBlocks").value, figure(&slow, "comparedBlocks").limit), (Some(12), Some(9)));
    for name in ["comparedPpm", "comparedLeastPpm", "comparedMostPpm"] {
        assert!(figure(&slow, name).value.is_some_and(|ppm| (1_290_000..1_310_000).contains(&ppm)), "{name}");
    }
    assert_eq!(figure(&slow, "comparedLeastPpm").limit, Some(1_200_000));
    let missing = compared(|r| prove(r).comparison = None);
    assert_eq!(figure(&missing, "comparedPpm").value, None);
    assert!(beside_nothing().verdict.figures.iter().all(|figure| !figure.name.starts_with("compared")));
}

type Lack = (fn(&mut TestResult), &'static str);

const LACKS: [Lack; 12] = [
    (
        |r| r.plan.prove.comparison = None,
        "the plan lacks the comparison with the last confirmed release, which the standard requires",
    ),
    (|r| r.standard.comparison = None, "the plan has a comparison, and the standard asks for none"),
    (|r| reference(r).blocks = 11, "the comparison has 11 blocks; the standard requires 12"),
    (|r| reference(r).blocks = 7, "the comparison has 7 blocks; from 8 to 64 can be read"),
    (|r| reference(r).seconds = 3, "a part of a block of the comparison lasts 3 s; the standard requires 4 s"),
    (|r| reference(r).seconds = 1, "a part of a block of the comparison lasts 1 s; from 2 s to 3600 s can be read"),
    (|r| reference(r).warm_up_seconds = 3_601, "the comparison warms up for 3601 s; 3600 s are the most"),
    (|r| reference(r).requests_per_minute = 1_201, "the comparison asks 1201 times a minute; the load 1200"),
    (|r| reference(r).requests_per_minute = 60, "the comparison asks 60 times a minute; the load 1200"),
    (|r| reference(r).operations.clear(), "the comparison has no operation, or one that begins no visit of the load"),
    (|r| reference(r).operations.push(2), "the comparison has no operation, or one that begins no visit of the load"),
    (|r| reference(r).operations = vec![1, 0], "the operations of the comparison do not rise"),
];

#[test]
fn a_plan_compares_as_the_standard_asks() {
    for (change, lack) in LACKS {
        let result = compared(|r| {
            change(r);
            // What was measured is not the question.
            prove(r).comparison = None;
        });
        let lacks = result.verdict.findings.iter().filter(|finding| finding.code == "PlanIncomplete");
        let lacks: Vec<_> = lacks.map(|finding| finding.message.as_str()).collect();
        assert_eq!((result.verdict.outcome, lacks), (Inconclusive, vec![lack]));
    }
}

#[test]
fn evidence_of_another_comparison_than_the_planned_is_none() {
    let wrong: [(fn(&mut TestResult), &str); 10] = [
        (|r| drop(seen(r).lag_us.pop()), "the comparison: 47 histograms of lag of 48 parts of blocks"),
        (|r| seen(r).lag_us[5][0][1] += 1, "the comparison: part 6: 81 lags of 80 requests that were sent"),
        (|r| seen(r).lag_us[5].push([7, 0]), "the comparison: part 6: the values of the histogram of lag do not rise"),
        (
            |r| seen(r).candidate[0].operation = 2,
            "the comparison: the candidate, second 0: operation 2 was asked, which was not planned",
        ),
        (
            |r| seen(r).reference[0].second = 196,
            "the comparison: the last confirmed release, second 196: the comparison ends after 196 s",
        ),
        // The warm-ups are 2 s each: of the candidate 0 and 1, of the other 2 and 3.
        (
            |r| seen(r).candidate[2].second = 2,
            "the comparison: the candidate, second 2: it was asked in the other's turn",
        ),
        (
            |r| {
                let other = seconds(r, 3, Side::Candidate)[0];
                seen(r).reference.iter_mut().rev().take(1).for_each(|bucket| bucket.second = other);
            },
            "the comparison: the last confirmed release, second ",
        ),
        (
            |r| seen(r).reference[0].good += 1,
            "the comparison: the last confirmed release, second 2, operation 0: 10 latencies of 11 answered requests",
        ),
        (
            |r| seen(r).control.as_mut().unwrap()[9].good = 9,
            "the comparison: the control, second 9: 10 latencies of 9 answered requests",
        ),
        (|r| seen(r).candidate[0].latency_us[0][0] = u64::MAX, "a number is larger than"),
    ];
    for (change, said) in wrong {
        let result = compared(change);
        assert_finds(&result.verdict, Inconclusive, &["EvidenceContradictory"], said);
        assert!(result.verdict.findings[0].message.starts_with(said), "{:?}", result.verdict.findings);
    }
    let unplanned = compared(|r| r.plan.prove.comparison = beside_nothing().plan.prove.comparison);
    let said = "the plan compares with no release, and the evidence does";
    assert!(unplanned.verdict.findings.iter().any(|finding| finding.message == said), "{:?}", unplanned.verdict);
}

/// Each turn of each of the two is slower or faster by up to `noise` ppm, a drift included; the candidate by `ppm` too.
fn noisy(seed: u64, noise: u64, ppm: u64) -> TestResult {
    let mut random = Random::seeded(seed);
    let mut result = sample::drawn(&format!("{seed:064x}"), 1_000_000);
    let ComparisonEvidence { candidate, reference, .. } = seen(&mut result);
    let mut slow = 1_000_000;
    for second in 0..196_u32 {
        // What disturbs one second is half there in the next.
        slow = 500_000 + slow / 2 + random.below(noise) - noise / 2;
        for (buckets, ppm) in [(&mut *candidate, ppm), (&mut *reference, 1_000_000)] {
            for bucket in buckets.iter_mut().filter(|bucket| bucket.second == second) {
                let drift = 1_000_000 + u64::from(second) * 1_000;
                let cell = &mut bucket.latency_us[0];
                cell[0] = cell[0] * slow / 1_000_000 * drift / 1_000_000 * ppm / 1_000_000;
            }
        }
    }
    sample::judged(result)
}

/// Equal services are never failed for noise, and hardly ever called different; one exactly at its limit may be failed in
/// one of two hundred runs; and one that is beyond it is found.
#[test]
fn noise_fails_nobody_and_hides_nothing_that_matters() {
    let (mut alike, mut at_the_limit, mut found) = (0, 0, 0);
    for seed in 0..300 {
        let equal = noisy(seed, 600_000, 1_000_000);
        assert_finds(&equal.verdict, Passed, &[], "noise alone");
        let bound = |name| figure(&equal, name).value.unwrap();
        alike += u32::from(bound("comparedLeastPpm") <= 1_000_000 && bound("comparedMostPpm") >= 1_000_000);
        at_the_limit += u32::from(noisy(seed, 600_000, 1_200_000).verdict.outcome == Failed);
        found += u32::from(noisy(seed, 200_000, 1_400_000).verdict.outcome == Failed);
    }
    // One in a hundred by chance, and four deviations.
    assert!(alike >= 288, "{alike}");
    assert!(at_the_limit <= 8, "{at_the_limit}");
    assert!(found >= 270, "{found}");
}
