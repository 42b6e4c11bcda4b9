//! The same with repetitions of earlier runs: two components, of which one was measured often and recovers quickly, and the
//! other is the service whose truth is asked about, measured as often or hardly at all.

// Truths are real numbers, of sizes that all fit.
#![allow(clippy::cast_possible_truncation, clippy::cast_precision_loss, clippy::cast_sign_loss)]

use factory_crds::resilience_standard::FaultKind;

use super::{
    coverage::{EVENTS, Truth, WINDOW_MS, heavy, light, rare, rare_and_long, uniform},
    *,
};

const DATASETS: u64 = 100;
const TRUE_YEARS: usize = 200;
/// Earlier runs in which the quick component was measured.
const OFTEN: u32 = 28;

/// What a run sees of an event: no more than its window.
fn seen(truth: Truth, random: &mut Random) -> Lost {
    let ms = truth(uniform(random)).ceil() as u64;
    Lost { ms: ms.min(WINDOW_MS), ended: ms <= WINDOW_MS }
}

/// Downtime of a true year, in which each of the two components is met as often as the other.
fn true_year(truth: Truth, exact: bool, random: &mut Random) -> f64 {
    let gamma = |random: &mut Random| -> f64 { (0..4).map(|_| -uniform(random).ln()).sum::<f64>() / 4.0 };
    let rate = EVENTS as f64 * if exact { 1.0 } else { gamma(random) };
    let (mut at, mut sum) = (-uniform(random).ln(), 0.0);
    while at < rate {
        let quick = uniform(random) < 0.5;
        let share = uniform(random);
        sum += if quick { light(share) } else { truth(share) };
        at -= uniform(random).ln();
    }
    sum
}

/// Share of true years within the bound, where the component in question was in `earlier` runs, failed ones too.
fn coverage(truth: Truth, earlier: u32, exact: bool) -> f64 {
    let asked = Asked { rules: Rules::V3, kind: FaultKind::PodKill, strike: None };
    let (mut covered, mut runs) = (0_usize, 0_usize);
    for dataset in 0..DATASETS {
        let mut random = Random::seeded(dataset * 7_919 + u64::from(earlier));
        let quick: Vec<Lost> = (0..=OFTEN).map(|_| seen(light, &mut random)).collect();
        let other: Vec<Lost> = (0..=earlier).map(|_| seen(truth, &mut random)).collect();
        // The last ones are this run's own, which fails where it did not come back.
        if [&quick, &other].into_iter().any(|lost| lost.last().is_some_and(|own| !own.ended)) {
            continue;
        }
        let risks = vec![quick, other];
        let fault = Repeated { asked: asked.clone(), times: EVENTS, window_ms: WINDOW_MS, risks };
        let bound = model(&[fault], dataset, 1_000).whole.modelled as f64;
        covered += (0..TRUE_YEARS).filter(|_| true_year(truth, exact, &mut random) <= bound).count();
        runs += 1;
    }
    covered as f64 / (runs * TRUE_YEARS) as f64
}

#[test]
fn true_years_stay_within_a_bound_of_many_runs_and_few_of_another_component() {
    let truths: [(&str, Truth); 3] = [("light", light), ("heavy", heavy), ("rare", rare)];
    for (name, truth) in truths {
        for earlier in [0, 3, 10, 28] {
            let (exact, uncertain) = (coverage(truth, earlier, true), coverage(truth, earlier, false));
            println!("pooled, {name}, {earlier}: {exact:.3} {uncertain:.3}");
            assert!(exact >= 0.95 && uncertain >= 0.95, "{name}, {earlier}: {exact:.3} {uncertain:.3}");
        }
    }
}

/// Nor do more runs hold what lasts far longer than any of them watched, unless one of them showed that it does not end.
#[test]
fn outages_far_longer_than_the_window_are_not_covered_by_many_runs_either() {
    for earlier in [3, 10, 28] {
        let (exact, uncertain) = (coverage(rare_and_long, earlier, true), coverage(rare_and_long, earlier, false));
        println!("pooled, rare and long, {earlier}: {exact:.3} {uncertain:.3}");
        assert!(exact < 0.95 && uncertain < 0.95, "{earlier}: {exact:.3} {uncertain:.3}");
    }
}

/// An outage that was not seen to end has no bound but the year, also where it is one of many.
#[test]
fn what_did_not_end_may_have_lasted_a_year() {
    let asked = Asked { rules: Rules::V3, kind: FaultKind::PodKill, strike: None };
    let modelled = |ended: usize| {
        let lost = (0..29).map(|run| Lost { ms: WINDOW_MS, ended: run < ended }).collect();
        let fault = Repeated { asked: asked.clone(), times: EVENTS, window_ms: WINDOW_MS, risks: vec![lost] };
        model(&[fault], 7, 1_000).whole
    };
    let all = modelled(29);
    assert!(all.modelled < YEAR_MS / 1_000, "{}", all.modelled);
    for ended in [0, 10, 28] {
        let open = modelled(ended);
        assert_eq!((open.seen, open.modelled), (all.seen, YEAR_MS), "{ended}");
    }
}
