//! Downtime of a year, modelled: how often each fault comes, as the regulator says, and what it cost
//! here, against what the service declares (item 17.8).
//!
//! What is declared is a limit and no mean, so it is held against a year worse than 19 of 20. Few
//! repetitions exclude little: by Laplace's rule of succession the next event is unlike all `n` that
//! were seen with a chance of 1 in `n + 1`, and then it may last longer than anybody watched.

#[cfg(test)]
mod coverage;

use factory_crds::resilience_standard::FaultLimits;
use sha2::{Digest as _, Sha256};

use crate::{dossier::TestResult, standard::Standard};

use super::{
    Rules,
    asked::Asked,
    chance::{Counts, Random},
    found::{Found, failed, inconclusive},
    say,
};

/// Years that are modelled.
const YEARS: usize = 5_000;
/// Of 100 years, those that must stay within what is declared.
const PERCENT: usize = 95;
/// Repetitions of which more are no better.
const MOST: usize = 64;
/// No year has more milliseconds.
const YEAR_MS: u64 = 365 * 24 * 3_600_000;
/// Faults that are named before the rest is counted.
const NAMED: usize = 3;

/// A fault of the standard with what its repetitions cost.
#[derive(Clone, Debug)]
pub struct Repeated {
    /// Which fault.
    asked: Asked,
    /// How often it comes in a year, over all components.
    times: u64,
    /// How long it is watched, in milliseconds.
    window_ms: u64,
    /// Lost service of each repetition, in milliseconds.
    lost_ms: Vec<u64>,
}

/// What 95 of 100 modelled years do not exceed, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bound {
    /// With what was not seen and cannot be excluded.
    pub modelled: u64,
    /// If every event were like one that was seen.
    pub seen: u64,
}

/// Modelled years.
pub struct Downtime {
    /// Of all faults together.
    pub whole: Bound,
    /// Of each fault alone, in the order of the standard.
    pub alone: Vec<(Asked, Bound)>,
}

/// Whether the standard says of each of its faults how often it comes.
pub fn is_asked_for(rules: Rules, standard: &Standard) -> bool {
    let known = standard.faults.iter().all(|limits| limits.times_a_year.is_some());
    rules >= Rules::V2 && known && !standard.faults.is_empty()
}

/// The modelled years of `result`, where `lost` is what each fault that was done as planned cost.
/// `None` where none are asked for, or a fault was not measured.
pub fn of(result: &TestResult, rules: Rules, lost: &[(Asked, u64)]) -> Option<Downtime> {
    if !is_asked_for(rules, &result.standard) {
        return None;
    }
    // Of a fault with a peer, each component that calls it, once for each peer.
    let struck = |limits: &FaultLimits| {
        let components = result.bundle.images.keys();
        components.map(|component| result.plan.prove.peers(component, limits).len() as u64).sum::<u64>()
    };
    let mut faults: Vec<Repeated> = Vec::new();
    for limits in &result.standard.faults {
        let asked = Asked::by(rules, limits);
        let times = u64::from(limits.times_a_year?).saturating_mul(struck(limits));
        if times == 0 {
            continue;
        }
        let window_ms = u64::from(limits.window_seconds) * 1_000;
        if let Some(same) = faults.iter_mut().find(|fault| fault.asked == asked) {
            same.times = same.times.max(times);
            same.window_ms = same.window_ms.max(window_ms);
            continue;
        }
        let lost_ms: Vec<u64> = lost.iter().filter(|(of, _)| of.belongs_to(&asked)).map(|(_, ms)| *ms).collect();
        faults.push(Repeated { asked, times, window_ms, lost_ms });
    }
    let measured = !faults.is_empty() && faults.iter().all(|fault| !fault.lost_ms.is_empty());
    measured.then(|| model(&faults, seed(&result.announcement.nonce, &faults), YEARS))
}

impl Downtime {
    /// What the fault that was `asked` for takes alone, in milliseconds.
    pub fn alone(&self, asked: &Asked) -> Option<u64> {
        self.alone.iter().find(|(fault, _)| asked.belongs_to(fault)).map(|(_, bound)| bound.modelled)
    }
}

/// Years against what is declared.
pub fn check(downtime: &Downtime, declared_ms: u64) -> Option<Found> {
    let declared = say::seconds(declared_ms);
    let alone = |of: fn(&Bound) -> u64| alone(downtime, of);
    let Bound { modelled, seen } = downtime.whole;
    if seen > declared_ms {
        let (seen, alone) = (say::seconds_measured(seen), alone(|bound| bound.seen));
        Some(failed(
            "DowntimeTooLong",
            format!(
                "1 of 20 modelled years has over {seen} of downtime by the faults of the standard; declared maxDowntimePerYear is {declared}; alone: {alone}"
            ),
        ))
    } else if modelled > declared_ms {
        let (modelled, alone) = (say::seconds_measured(modelled), alone(|bound| bound.modelled));
        Some(inconclusive(
            "DowntimeNotExcluded",
            format!(
                "so few repetitions do not exclude over {modelled} of downtime by the faults of the standard in 1 of 20 years; declared maxDowntimePerYear is {declared}; alone: {alone}"
            ),
        ))
    } else {
        None
    }
}

/// `delay of 200 ms for 3 s 41 s, freeze for 3 s 9 s and 4 more`: those that take most come first.
fn alone(downtime: &Downtime, of: fn(&Bound) -> u64) -> String {
    let mut parts: Vec<(u64, String)> =
        downtime.alone.iter().map(|(asked, bound)| (of(bound), asked.words())).collect();
    parts.sort_by_key(|(ms, _)| std::cmp::Reverse(*ms));
    let named: Vec<String> =
        parts.iter().take(NAMED).map(|(ms, words)| format!("{words} {}", say::seconds_measured(*ms))).collect();
    format!("{}{}", named.join(", "), say::more(parts.len().saturating_sub(NAMED)))
}

/// The first 64 bits of the SHA-256 of the nonce and of everything that the model rests on: whoever
/// measures cannot choose the years.
fn seed(nonce: &str, faults: &[Repeated]) -> u64 {
    let mut text = nonce.to_owned();
    for fault in faults {
        let numbers = [fault.times, fault.window_ms].into_iter().chain(fault.lost_ms.iter().copied());
        text.push('\n');
        text.push_str(&numbers.map(|number| number.to_string()).collect::<Vec<_>>().join(" "));
    }
    let digest = Sha256::digest(text.as_bytes());
    digest.iter().take(8).fold(0, |seed, byte| seed << 8 | u64::from(*byte))
}

/// `years` years.
fn model(faults: &[Repeated], seed: u64, years: usize) -> Downtime {
    let mut random = Random::seeded(seed);
    let counts: Vec<Counts> = faults.iter().map(|fault| Counts::with_mean(fault.times)).collect();
    let mut whole = Vec::with_capacity(years);
    let mut alone = vec![Vec::with_capacity(years); faults.len()];
    for _ in 0..years {
        let mut sum = Bound { modelled: 0, seen: 0 };
        for ((fault, counts), alone) in faults.iter().zip(&counts).zip(&mut alone) {
            let year = fault.year(counts, &mut random);
            sum.modelled = sum.modelled.saturating_add(year.modelled).min(YEAR_MS);
            sum.seen = sum.seen.saturating_add(year.seen).min(YEAR_MS);
            alone.push(year);
        }
        whole.push(sum);
    }
    let alone = faults.iter().zip(&alone).map(|(fault, years)| (fault.asked.clone(), bound(years))).collect();
    Downtime { whole: bound(&whole), alone }
}

/// The smallest that [`PERCENT`] of `years` do not exceed.
fn bound(years: &[Bound]) -> Bound {
    let rank = (years.len() * PERCENT).div_ceil(100).saturating_sub(1);
    let smallest = |of: fn(&Bound) -> u64| {
        let mut sorted: Vec<u64> = years.iter().map(of).collect();
        sorted.sort_unstable();
        sorted.get(rank).copied().unwrap_or(YEAR_MS)
    };
    Bound { modelled: smallest(|year| year.modelled), seen: smallest(|year| year.seen) }
}

impl Repeated {
    /// What this fault takes of one year.
    fn year(&self, counts: &Counts, random: &mut Random) -> Bound {
        let drawn = self.lost_ms.len().min(MOST);
        let events = counts.draw(random);
        // The share of events that are unlike all that were seen: the smallest of n uniform shares.
        let unlike = (0..drawn).map(|_| random.next()).min().unwrap_or(u64::MAX);
        let unseen = share_rounded_by_chance(unlike, events, random.next());
        // They last longer than anybody watched: x times as long with a chance of 1 in x.
        let tail = (u128::from(self.window_ms) << 64) / (u128::from(random.next()) + 1);
        let tail = tail.min(u128::from(YEAR_MS));
        let few = events.min(drawn as u64);
        let sum: u128 = (0..few).map(|_| u128::from(self.one(random))).sum();
        let as_seen = |events: u64| (sum * u128::from(events)).div_ceil(u128::from(few.max(1)));
        let within = |ms: u128| u64::try_from(ms).unwrap_or(u64::MAX).min(YEAR_MS);
        Bound { modelled: within(as_seen(events - unseen) + u128::from(unseen) * tail), seen: within(as_seen(events)) }
    }

    /// What one of the repetitions cost.
    fn one(&self, random: &mut Random) -> u64 {
        let index = random.below(self.lost_ms.len() as u64);
        usize::try_from(index).ok().and_then(|index| self.lost_ms.get(index)).copied().unwrap_or_default()
    }
}

/// `part / 2^64 × whole`, rounded up as often as its fraction says.
fn share_rounded_by_chance(part: u64, whole: u64, chance: u64) -> u64 {
    let share = (u128::from(part) * u128::from(whole) + u128::from(chance)) >> 64;
    u64::try_from(share).unwrap_or(whole)
}
