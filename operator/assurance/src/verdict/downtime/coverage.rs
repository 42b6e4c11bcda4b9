//! Whether a modelled year holds what it says: services whose truth is known are measured as often as
//! a run would, and true years are held against the bound that follows. `docs/verdict.md` has the table.

// Truths are real numbers, of sizes that all fit.
#![allow(clippy::cast_possible_truncation, clippy::cast_precision_loss, clippy::cast_sign_loss)]

use factory_crds::resilience_standard::FaultKind;

use super::*;

pub const WINDOW_MS: u64 = 10_000;
/// Expected events of a year.
pub const EVENTS: u64 = 24;
const DATASETS: u64 = 100;
const TRUE_YEARS: usize = 200;

/// How long one event of a service lasts, in milliseconds, from a share of 1.
pub type Truth = fn(f64) -> f64;

/// Exponential, half a second in the mean.
pub fn light(share: f64) -> f64 {
    -500.0 * share.ln()
}

/// A power law without a variance: a fifth of a second at least, a hundred times as long in one of 1000.
pub fn heavy(share: f64) -> f64 {
    200.0 * share.powf(-1.0 / 1.5)
}

/// One of 20 events lasts four times as long as anybody watches.
pub fn rare(share: f64) -> f64 {
    if share < 0.05 { 40_000.0 } else { 200.0 }
}

/// One of 20 events lasts sixty times as long.
pub fn rare_and_long(share: f64) -> f64 {
    if share < 0.05 { 600_000.0 } else { 200.0 }
}

/// Above 0, at most 1.
pub fn uniform(random: &mut Random) -> f64 {
    (random.next() >> 11) as f64 / (1_u64 << 53) as f64 + f64::EPSILON / 2.0
}

/// Downtime of a true year with events at the rate that is assumed, or at one from its distribution.
fn true_year(truth: Truth, exact: bool, random: &mut Random) -> f64 {
    let gamma = |random: &mut Random| -> f64 { (0..4).map(|_| -uniform(random).ln()).sum::<f64>() / 4.0 };
    let rate = EVENTS as f64 * if exact { 1.0 } else { gamma(random) };
    let (mut at, mut sum) = (-uniform(random).ln(), 0.0);
    while at < rate {
        sum += truth(uniform(random));
        at -= uniform(random).ln();
    }
    sum
}

/// Share of true years within the bound of `repetitions`, on average over runs that are not refused
/// because an outage outlasted its window; and the share of runs that are not.
fn coverage(truth: Truth, repetitions: u32, exact: bool) -> (f64, f64) {
    let asked = Asked { rules: Rules::V2, kind: FaultKind::PodKill, strike: None };
    let (mut covered, mut runs) = (0_usize, 0);
    for dataset in 0..DATASETS {
        let mut random = Random::seeded(dataset * 7_919 + u64::from(repetitions));
        let lost_ms: Vec<u64> = (0..repetitions).map(|_| truth(uniform(&mut random)).ceil() as u64).collect();
        if lost_ms.iter().any(|ms| *ms > WINDOW_MS) {
            continue;
        }
        let risks = lost_ms.into_iter().map(|ms| vec![Lost { ms, ended: true }]).collect();
        let fault = Repeated { asked: asked.clone(), times: EVENTS, window_ms: WINDOW_MS, risks };
        let bound = model(&[fault], dataset, 1_000).whole.modelled as f64;
        covered += (0..TRUE_YEARS).filter(|_| true_year(truth, exact, &mut random) <= bound).count();
        runs += 1;
    }
    (covered as f64 / (runs * TRUE_YEARS) as f64, f64::from(runs as u32) / DATASETS as f64)
}

#[test]
fn true_years_stay_within_their_bound_where_outages_come_back_or_were_seen() {
    let truths: [(&str, Truth); 3] = [("light", light), ("heavy", heavy), ("rare", rare)];
    for (name, truth) in truths {
        for repetitions in [2, 4, 10, 30] {
            let (exact, runs) = coverage(truth, repetitions, true);
            let (uncertain, _) = coverage(truth, repetitions, false);
            println!("{name}, {repetitions}: {exact:.3} {uncertain:.3}, not refused {runs:.2}");
            assert!(exact >= 0.95 && uncertain >= 0.95, "{name}, {repetitions}: {exact:.3} {uncertain:.3}");
        }
    }
}

/// What the model does not hold, so that nobody believes it does: outages that no repetition showed and
/// that are far longer than anybody watches. If this ever fails, the page says too little.
#[test]
fn outages_that_nobody_saw_and_that_are_far_longer_than_the_window_are_not_covered() {
    for repetitions in [2, 4, 10, 30] {
        let (exact, runs) = coverage(rare_and_long, repetitions, true);
        let (uncertain, _) = coverage(rare_and_long, repetitions, false);
        println!("rare and long, {repetitions}: {exact:.3} {uncertain:.3}, not refused {runs:.2}");
        assert!(exact < 0.95 && uncertain < 0.95, "{repetitions}: {exact:.3} {uncertain:.3}");
    }
}
