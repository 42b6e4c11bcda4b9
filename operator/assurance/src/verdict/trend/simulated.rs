//! How often noise is taken for growth, and growth found, by simulation: noise that depends on what it was before, saws
//! of collected garbage, leaks. The numbers in `docs/verdict.md` are from here.

// Noise is real numbers, of sizes that all fit.
#![allow(clippy::cast_possible_truncation, clippy::cast_precision_loss, clippy::cast_sign_loss)]

use super::{Sample, Trend};
use crate::verdict::chance::Random;

/// Looks at a pod, and series of a small soak: two measures of two pods, and latency.
const LOOKS: u64 = 120;
const SERIES: u64 = 5;
const DAY: u64 = 86_400_000;

fn share(random: &mut Random) -> f64 {
    (random.next() >> 11) as f64 / (1_u64 << 53) as f64
}

/// Of the normal distribution.
fn normal(random: &mut Random) -> f64 {
    let radius = (-2.0 * (1.0 - share(random)).ln()).sqrt();
    radius * (std::f64::consts::TAU * share(random)).cos()
}

/// Noise of which each value depends so much on the one before, of variance 1.
fn noise(depends: f64, random: &mut Random) -> Vec<f64> {
    let fresh = (1.0 - depends * depends).sqrt();
    let mut value = normal(random);
    (0..LOOKS)
        .map(|_| {
            let next = depends * value + fresh * normal(random);
            std::mem::replace(&mut value, next)
        })
        .collect()
}

/// A saw whose teeth are about `looks` long.
fn saw(looks: f64, random: &mut Random) -> Vec<f64> {
    let mut at = share(random) * looks;
    let mut tooth = looks;
    (0..LOOKS)
        .map(|_| {
            let value = at / tooth + 0.02 * normal(random);
            at += 1.0;
            if at >= tooth {
                at = 0.0;
                tooth = looks * (0.9 + 0.2 * share(random));
            }
            value
        })
        .collect()
}

/// Whether `values` grow, as one series of a small soak: in thousandths, above 100.
fn grows(values: &[f64]) -> bool {
    let sample = |(look, value): (u64, &f64)| (look * 5_000, (1_000.0 * (value + 100.0)) as u64);
    let samples: Vec<Sample> = (0..).zip(values).map(sample).collect();
    Trend::of(&samples, DAY, SERIES).unwrap().grows
}

/// Share of `count` that grow.
fn share_of(count: u64, seed: u64, draw: impl Fn(&mut Random) -> Vec<f64>) -> f64 {
    let mut random = Random::seeded(seed);
    (0..count).filter(|_| grows(&draw(&mut random))).count() as f64 / count as f64
}

#[test]
fn noise_fails_a_soak_in_fewer_than_one_of_a_hundred_however_slow_it_is() {
    // A soak has five series, and one that grows fails it.
    let mut alarms = 0.0;
    let dependences = [0.0, 0.5, 0.8, 0.9, 0.95];
    for (seed, depends) in (0..).zip(dependences) {
        let of_series = share_of(1_000, 7 + seed, |random| noise(depends, random));
        println!("noise, {depends} of the look before: {:.2} % of series grow", 100.0 * of_series);
        assert!(of_series <= 0.005, "{depends}: {of_series}");
        alarms += of_series;
    }
    assert!(alarms * SERIES as f64 / dependences.len() as f64 <= 0.01, "{alarms}");
}

#[test]
fn a_saw_of_collected_garbage_does_not_grow_while_a_soak_holds_more_than_a_tooth_of_it() {
    for part in [0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.7] {
        let found = share_of(100, 11, |random| saw(part * LOOKS as f64, random));
        println!("saw, a tooth of {part} of the soak: {:.0} % grow", 100.0 * found);
        assert!(found <= 0.01, "{part}: {found}");
    }
}

#[test]
fn a_leak_is_found() {
    let line = |random: &mut Random, by: f64| {
        let noise = noise(0.5, random).into_iter().zip(0_u32..);
        noise.map(|(noise, look)| noise + by * f64::from(look) / LOOKS as f64).collect::<Vec<_>>()
    };
    for (by, least) in [(4.0, 0.6), (6.0, 0.85), (8.0, 0.95)] {
        let found = share_of(100, 13, |random| line(random, by));
        println!("leak of {by} times its noise: {:.0} % found", 100.0 * found);
        assert!(found >= least, "{by}: {found}");
    }
    // So many bytes of each request, which come by chance: its noise adds up.
    let of_requests = |random: &mut Random| {
        let mut leaked = 0.0;
        let requests = (0..LOOKS).map(|_| {
            leaked += 200.0 + 200.0_f64.sqrt() * normal(random);
            leaked / 100.0
        });
        requests.collect::<Vec<_>>()
    };
    let found = share_of(100, 17, of_requests);
    println!("leak of every request: {:.0} % found", 100.0 * found);
    assert!(found >= 0.99, "{found}");
}
