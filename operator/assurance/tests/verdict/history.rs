//! Repetitions of earlier runs: they sharpen what this run's own leave open, count where they are bad, take nothing from what
//! this run showed, and are none where anything that could change them is another.

use factory_assurance::{
    dossier::TestResult,
    plan::{
        EarlierRuns, PhaseRole,
        history::{EarlierFault, EarlierRepetition},
    },
    risk::Repetition,
    sample,
    verdict::{self, Verdict},
};
use factory_crds::release::Outcome::{self, Failed, Inconclusive, Passed};

use super::{assert_finds, fault, prove, shaped, varied::Random};

/// The phase that most cases look at, and its place among the risks of the plan.
const FREEZE: (&str, usize) = ("freeze-web", 1);

/// The sample with a modelled year of which so much is declared.
fn declared(downtime: &str) -> TestResult {
    let mut result = sample::modelled();
    result.availability.max_downtime_per_year = downtime.parse().unwrap();
    sample::judged(result)
}

/// The same with 29 earlier runs, each clean but for what the freeze came to in the first `bad` ones.
fn with(downtime: &str, bad: u64, freeze: (Option<u64>, u64)) -> TestResult {
    let mut result = declared(downtime);
    sample::earlier(&mut result, 29, |place, run| if place == FREEZE.1 && run < bad { freeze } else { (Some(0), 0) });
    sample::judged(result)
}

fn clean(downtime: &str) -> TestResult {
    with(downtime, 0, (None, 0))
}

fn changed(change: impl FnOnce(&mut TestResult)) -> TestResult {
    let mut result = clean("8h");
    change(&mut result);
    sample::judged(result)
}

fn history(result: &mut TestResult) -> &mut EarlierRuns {
    result.plan.prove.history.as_mut().unwrap()
}

fn faults(result: &mut TestResult) -> &mut Vec<EarlierFault> {
    &mut history(result).faults
}

/// Value of a figure.
fn figure(verdict: &Verdict, phase: &str, name: &str) -> Option<u64> {
    let found = verdict.figures.iter().find(|figure| figure.phase == phase && figure.name == name);
    found.unwrap_or_else(|| unreachable!("no figure {name} of `{phase}`")).value
}

/// Vectors of earlier runs.
pub fn vectors() -> Vec<(&'static str, TestResult)> {
    vec![
        ("v3-history-passed", clean("30m")),
        ("v3-history-of-nothing", {
            let mut result = declared("8h");
            sample::earlier(&mut result, 0, |_, _| (None, 0));
            sample::judged(result)
        }),
        ("v3-history-too-long", with("30m", 10, (Some(600_000), 600_000))),
        ("v3-history-not-excluded", with("5m", 10, (None, 4_000))),
        ("v3-history-never-ended", with("20m", 29, (None, 4_000))),
        ("v3-history-of-more-than-was-tried", changed(|r| r.announcement.attempt = 29)),
        ("v3-history-own-too-long", clean("10s")),
        ("v3-history-shaped", {
            let mut result = shaped::spiked(declared("30m"));
            sample::earlier(&mut result, 29, |_, _| (Some(0), 0));
            sample::judged(result)
        }),
        ("v3-history-of-another-risk", changed(|r| faults(r)[2].risk = format!("sha256:{}", "0".repeat(64)))),
    ]
}

/// Earlier runs of one kind or another, which a real plan could have, or could not.
pub fn varied(seed: u64) -> TestResult {
    let mut random = Random::seeded(seed);
    let mut result = declared(["10s", "5m", "30m", "2h"][usize::try_from(random.below(4)).unwrap()]);
    if seed % 8 == 3 {
        result = shaped::spiked(result);
    }
    // Of half of them each ended.
    let (runs, long, late) = (random.below(31), 1 << random.below(20), random.below(8));
    sample::earlier(&mut result, runs, |place, run| {
        let lost = (run * 7_919 + place as u64 * 31) % long;
        ((run % 4 != late || place % 2 == 0).then_some(lost), lost)
    });
    match seed % 8 {
        5 => drop(faults(&mut result).pop()),
        6 if runs % 4 == 0 => faults(&mut result).swap(0, 3),
        6 => odd(&mut result, runs),
        7 => result.plan.prove.phases[3].seconds += 1,
        // Each phase has its own number of repetitions.
        4 => faults(&mut result).iter_mut().enumerate().for_each(|(place, one)| one.repetitions.truncate(4 * place)),
        _ => {}
    }
    sample::judged(result)
}

/// Dossiers that nothing could follow from.
fn odd(result: &mut TestResult, which: u64) {
    match which % 4 {
        1 => result.announcement.attempt = u32::try_from(which / 4).unwrap(),
        2 => history(result).dossiers.push("sha256:of-nothing".to_owned()),
        _ => faults(result)[1].repetitions.reverse(),
    }
}

#[test]
fn earlier_repetitions_exclude_what_few_do_not() {
    let alone = declared("30m");
    assert_finds(&alone.verdict, Inconclusive, &["DowntimeNotExcluded"], "two or three repetitions of each fault");
    let together = clean("30m");
    assert_finds(&together.verdict, Passed, &[], "with 29 clean ones");
    let modelled = |result: &TestResult| figure(&result.verdict, "", "modelledDowntimeMs").unwrap();
    assert!(modelled(&together) * 4 < modelled(&alone));
    let (phase, _) = FREEZE;
    let figures =
        [("repetitions", 30), ("earlierRepetitions", 29), ("recoveredPercent", 90), ("attemptsNotCounted", 0)];
    for (name, want) in figures {
        assert_eq!(figure(&together.verdict, phase, name), Some(want), "{name}");
    }
    assert_eq!(figure(&together.verdict, "", "earlierRuns"), Some(29));
    let own = figure(&together.verdict, "", "ownSeenDowntimeMs");
    assert_eq!(own, figure(&alone.verdict, "", "seenDowntimeMs"), "as it is judged without them");
}

#[test]
fn a_history_of_nothing_leaves_every_figure_as_it_is() {
    let alone = declared("8h");
    let mut result = alone.clone();
    sample::earlier(&mut result, 0, |_, _| (None, 0));
    let verdict = result.judge();
    for figure in &alone.verdict.figures {
        assert!(verdict.figures.contains(figure), "{figure:?}");
    }
    assert_eq!(figure(&verdict, FREEZE.0, "recoveredPercent"), Some(5), "one repetition proves little");
}

#[test]
fn no_earlier_run_takes_anything_from_what_this_one_showed() {
    let alone = declared("10s").verdict;
    assert_finds(&alone, Failed, &["DowntimeTooLong"], "by its own repetitions");
    let together = clean("10s").verdict;
    assert_eq!(together.findings, alone.findings, "word by word");
    let slow = changed(|r| r.availability.recovery_time = "200ms".parse().unwrap());
    let codes: Vec<&str> = slow.verdict.findings.iter().map(|finding| finding.code.as_str()).collect();
    assert!(codes.contains(&"RecoveryTooSlow"), "{codes:?}");
    assert_eq!(figure(&slow.verdict, FREEZE.0, "recoveredPercent"), Some(85), "one late of 30, its own");
    let unfelt = changed(|r| fault(r, FREEZE.0).doses.clear());
    assert_finds(&unfelt.verdict, Inconclusive, &["FaultDoseUnknown"], "29 felt ones do not make this one felt");
    assert_eq!(figure(&unfelt.verdict, FREEZE.0, "repetitions"), Some(29));
}

#[test]
fn an_earlier_failure_counts() {
    assert_finds(&declared("45m").verdict, Inconclusive, &["DowntimeNotExcluded"], "without it");
    let long = with("45m", 10, (Some(600_000), 600_000)).verdict;
    assert_finds(&long, Failed, &["DowntimeTooLong"], "ten of 30 freezes took ten minutes");
    assert!(long.findings[0].message.ends_with("; with 232 repetitions of earlier runs"), "{:?}", long.findings);
    assert_eq!(figure(&long, FREEZE.0, "recoveredPercent"), Some(50));
    let never = with("5m", 10, (None, 4_000)).verdict;
    assert_finds(&never, Inconclusive, &["DowntimeNotExcluded"], "ten of 30 never ended");
    assert_finds(&with("5m", 0, (None, 0)).verdict, Passed, &[], "none of them");
}

/// What was not seen to end is never excluded, however little of it was seen: 29 such freezes made a year that one run alone
/// left open look short.
#[test]
fn an_outage_without_an_end_is_excluded_by_nothing() {
    assert_finds(&with("20m", 0, (None, 0)).verdict, Passed, &[], "each ended");
    for bad in [1, 3, 10, 29] {
        for declared in ["20m", "8h"] {
            let never = with(declared, bad, (None, 4_000)).verdict;
            assert_finds(&never, Inconclusive, &["DowntimeNotExcluded"], &format!("{bad} of 29, {declared}"));
            let words = format!("; with 232 repetitions of earlier runs, {bad} of them not seen to end");
            assert!(never.findings[0].message.ends_with(&words), "{:?}", never.findings);
            let year = Some(365 * 24 * 3_600_000);
            assert_eq!(figure(&never, "", "modelledDowntimeMs"), year);
            assert_eq!(figure(&never, FREEZE.0, "modelledDowntimeMs"), year, "of this fault");
            let other = figure(&never, "container-kill-web", "modelledDowntimeMs");
            assert!(other < year, "and of no other");
        }
    }
}

/// Whatever earlier runs came to: the same with one that did not end is no better, and no better than none at all.
#[test]
fn an_outage_without_an_end_never_makes_a_bound_better() {
    let modelled = |result: &TestResult| {
        let figures = result.judge().figures.into_iter();
        figures.filter(|one| one.name == "modelledDowntimeMs").map(|one| one.value).collect::<Vec<_>>()
    };
    let mut tried = 0;
    for seed in 0..24 {
        let mut result = varied(seed);
        let place = usize::try_from(seed % 8).unwrap();
        let Some(before) = figure(&result.verdict, "", "earlierRuns") else { continue };
        let Some(one) = faults(&mut result)[place].repetitions.first_mut() else { continue };
        one.recovery_ms = None;
        let after = modelled(&result);
        let ended = result.verdict.figures.iter().filter(|one| one.name == "modelledDowntimeMs");
        assert!(ended.zip(&after).all(|(ended, after)| *after >= ended.value), "seed {seed}, {before} runs");
        let mut alone = result.clone();
        (alone.standard.history, alone.plan.prove.history) = (None, None);
        assert!(after[0] >= modelled(&alone)[0], "seed {seed}, {before} runs");
        tried += 1;
    }
    assert!(tried >= 8, "{tried}");
}

/// Whoever leaves out what went badly leaves a gap.
#[test]
fn attempts_of_which_no_repetition_counts_are_seen() {
    let silent = changed(|r| r.announcement.attempt = 35);
    assert_finds(&silent.verdict, Passed, &[], "five attempts more than dossiers");
    assert_eq!(figure(&silent.verdict, FREEZE.0, "attemptsNotCounted"), Some(5));
    let unfelt = changed(|r| drop(faults(r)[FREEZE.1].repetitions.drain(..2)));
    assert_eq!(figure(&unfelt.verdict, FREEZE.0, "attemptsNotCounted"), Some(2), "of this fault");
    assert_eq!(figure(&unfelt.verdict, "container-kill-web", "attemptsNotCounted"), Some(0), "and of no other");
}

/// A good component lends a bad one nothing: each risk is met as often as any other, however often it was measured.
#[test]
fn a_risk_that_was_measured_often_does_not_hide_one_that_was_not() {
    let seen = |kept: usize| {
        let mut result = sample::passing();
        result.standard.faults.iter_mut().for_each(|limits| limits.times_a_year = Some(12));
        // Killed pods of `registry` cost nothing, those of `web` a lot.
        sample::earlier(&mut result, 29, |place, _| if place == 2 { (Some(50_000), 50_000) } else { (Some(0), 0) });
        faults(&mut result)[2].repetitions.truncate(kept);
        figure(&result.judge(), "", "seenDowntimeMs").unwrap()
    };
    assert!(seen(4) * 2 > seen(29), "{} {}", seen(4), seen(29));
}

#[test]
fn what_is_not_of_this_risk_is_no_repetition() {
    type Change = fn(&mut TestResult);
    let other = "are of the risk";
    let cases: [(&str, Change); 18] = [
        (other, |r| drop(r.bundle.images.insert("web".to_owned(), format!("web@sha256:{}", "0".repeat(64))))),
        (other, |r| r.bundle.configuration = "sha256:another".to_owned()),
        (other, |r| r.plan.prove.load.max_in_flight += 1),
        (other, |r| *r = shaped::spiked(r.clone())),
        (other, |r| {
            let strike = r.plan.prove.phases.iter_mut().find_map(|phase| match &mut phase.role {
                PhaseRole::Fault { strike: Some(strike), .. } if strike.lease_seconds == 3 => Some(strike),
                _ => None,
            });
            strike.unwrap().lease_seconds = 4;
            r.standard.faults[FREEZE.1].lease_seconds = Some(4);
        }),
        ("earlier repetitions 3 are of the risk `sha256:00`", |r| faults(r)[2].risk = "sha256:00".to_owned()),
        ("earlier repetitions 8 are of the risk nothing; that of the plan is `sha256:", |r| drop(faults(r).pop())),
        ("; that of the plan is nothing", |r| {
            let more = faults(r)[0].clone();
            faults(r).push(more);
        }),
        ("earlier repetitions 1 are 29; 28 are the most", |r| {
            r.standard.history.as_mut().unwrap().most_repetitions = 28;
        }),
        ("earlier repetitions 2 are of dossier 29; there are 29", |r| faults(r)[1].repetitions[4].dossier = 29),
        ("a number is larger than 9007199254740991", |r| faults(r)[0].repetitions[0].lost_ms = 1 << 53),
        ("earlier repetitions 2 are not in the order of the log", |r| faults(r)[1].repetitions.swap(3, 4)),
        ("earlier dossier 29 has no repetition", |r| history(r).dossiers.push("sha256:of-nothing".to_owned())),
        ("earlier dossier 7 is an earlier one again", |r| history(r).dossiers[7] = history(r).dossiers[2].clone()),
        ("29 earlier dossiers are of this bundle, and this is attempt 29 at it", |r| r.announcement.attempt = 29),
        ("and this is attempt 0 at it", |r| r.announcement.attempt = 0),
        ("the plan does not say on which earlier runs it builds", |r| r.plan.prove.history = None),
        ("the plan builds on earlier runs, and the standard asks for none", |r| r.standard.history = None),
    ];
    for (words, change) in cases {
        let found = changed(change).verdict;
        let lack = found.findings.iter().find(|one| one.code == "PlanIncomplete" && one.message.contains(words));
        assert!(lack.is_some() && found.outcome == Inconclusive, "{words}: {:?}", found.findings);
        let pooled = found.figures.iter().filter(|figure| figure.name == "repetitions");
        assert!(pooled.into_iter().all(|figure| figure.value.is_none()), "{words}: nothing is pooled");
    }
    let mut many = declared("8h");
    sample::earlier(&mut many, 31, |_, _| (Some(0), 0));
    many.standard.history.as_mut().unwrap().most_repetitions = u32::MAX;
    let found = many.judge().findings;
    assert!(found[0].message.contains("are 31; 30 are the most"), "{found:?}");
}

/// What later runs build on of a result whose standard asks for that, after a change.
fn repetitions(result: TestResult, change: impl FnOnce(&mut TestResult)) -> (Outcome, Vec<Repetition>) {
    let mut result = result;
    sample::earlier(&mut result, 0, |_, _| (None, 0));
    change(&mut result);
    (result.judge().outcome, verdict::repetitions(&result).unwrap())
}

fn phases(of: &[Repetition]) -> Vec<&str> {
    of.iter().map(|one| one.phase.as_str()).collect()
}

#[test]
fn what_was_measured_counts_later_whatever_came_of_it() {
    let all = ["pod-kill-registry", "rolling-restart-registry", "pod-kill-web", "rolling-restart-web"];
    let (outcome, passed) = repetitions(sample::passing(), |_| {});
    assert_eq!((outcome, phases(&passed)), (Passed, all.to_vec()));
    let (outcome, failed) = repetitions(sample::failing(), |_| {});
    assert_eq!((outcome, phases(&failed)), (Failed, all.to_vec()), "a failure is no reason to be left out");
    assert!(failed[2].lost_ms > passed[2].lost_ms && failed[2].risk == passed[2].risk);

    let (outcome, unfelt) = repetitions(sample::passing(), |r| fault(r, "pod-kill-web").gone.clear());
    assert_eq!((outcome, unfelt.len()), (Inconclusive, 3), "what was not felt is no repetition, and the others are");
    assert!(!phases(&unfelt).contains(&"pod-kill-web"));
    let (outcome, void) = repetitions(sample::passing(), |r| prove(r).lag_us = vec![[900_000, 720]]);
    assert_eq!((outcome, void), (Inconclusive, vec![]), "of a generator that lagged");
    let (outcome, none) = repetitions(sample::inconclusive(), |_| {});
    assert_eq!((outcome, none), (Inconclusive, vec![]));
    let (_, unasked) = repetitions(sample::passing(), |r| (r.standard.history, r.plan.prove.history) = (None, None));
    assert_eq!(unasked, [], "of a standard that has none count");
}

#[test]
fn a_service_that_never_came_back_counts_as_that() {
    let (outcome, found) = repetitions(sample::passing(), |r| {
        sample::fail(r, 0, 200..250, factory_assurance::evidence::Failure::Connect);
        sample::fail(r, 1, 200..250, factory_assurance::evidence::Failure::Connect);
    });
    assert_eq!(outcome, Failed);
    let never = found.iter().find(|one| one.phase == "pod-kill-web").unwrap();
    assert!(never.recovery_ms.is_none() && never.lost_ms >= 4_900, "{never:?}");
}

#[test]
fn repetitions_of_one_result_have_the_risks_of_its_plan() {
    let (_, found) = repetitions(sample::passing(), |_| {});
    let mut result = sample::passing();
    sample::earlier(&mut result, 1, |_, _| (Some(0), 0));
    let planned: Vec<String> = faults(&mut result).iter().map(|fault| fault.risk.clone()).collect();
    assert_eq!(found.iter().map(|one| one.risk.clone()).collect::<Vec<_>>(), planned);
    assert_eq!(
        faults(&mut result)[0].repetitions,
        [EarlierRepetition { dossier: 0, recovery_ms: Some(0), lost_ms: 0 }]
    );
}
