//! Downtime of a year, modelled: how often each fault comes, as the regulator says, and what it cost
//! here, against what the service declares (item 17.8).
//!
//! What is declared is a limit and no mean, so it is held against a year worse than 19 of 20. Few
//! repetitions exclude little: by Laplace's rule of succession the next event is unlike all `n` that
//! were seen with a chance of 1 in `n + 1`, and then it may last longer than anybody watched. Repetitions of earlier runs of
//! the same risk exclude more; what this run's own showed stands beside that as if there were none.

#[cfg(test)]
mod coverage;
#[cfg(test)]
mod pooled;

use std::collections::BTreeSet;

use factory_crds::resilience_standard::FaultLimits;
use sha2::{Digest as _, Sha256};

use crate::{dossier::TestResult, standard::Standard};

use super::{
    PhaseCost, Rules,
    asked::Asked,
    chance::{Counts, Random},
    found::{Found, failed, inconclusive},
    history::Pooled,
    recovery::Recovery,
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
    /// Repetitions of each risk, which is as often met as any other: one for each phase, and those of earlier runs.
    risks: Vec<Vec<Lost>>,
}

/// What one repetition cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Lost {
    /// Lost service, in milliseconds.
    ms: u64,
    /// Whether requests came through again within the window: else it cost that at least, and nobody knows how much more.
    ended: bool,
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
    /// Where earlier runs count too.
    pub earlier: Option<Earlier>,
}

/// What earlier runs have to do with the bounds.
pub struct Earlier {
    /// The same by this run's repetitions alone.
    pub own: Box<Downtime>,
    /// How many repetitions are in the bounds that are of earlier runs.
    pub repetitions: usize,
    /// Those of them that were not seen to end.
    pub never: usize,
}

/// Whether the standard says of each of its faults how often it comes.
pub fn is_asked_for(rules: Rules, standard: &Standard) -> bool {
    let known = standard.faults.iter().all(|limits| limits.times_a_year.is_some());
    rules >= Rules::V2 && known && !standard.faults.is_empty()
}

/// The modelled years of `result`, where `costs` are what each fault that was done as planned cost, and earlier repetitions
/// are `pooled`. `None` where none are asked for, or a fault was not measured.
pub fn of(result: &TestResult, rules: Rules, costs: &[PhaseCost], pooled: Option<&Pooled>) -> Option<Downtime> {
    if !is_asked_for(rules, &result.standard) {
        return None;
    }
    let own = modelled(result, rules, |asked| own(costs, asked))?;
    let Some(pooled) = pooled else { return Some(own) };
    let both = modelled(result, rules, |asked| together(costs, pooled, asked))?;
    // Each once, however many phases have its risk.
    let risks: BTreeSet<usize> = costs.iter().filter_map(|one| pooled.risk(one.phase)).collect();
    let earlier = || risks.iter().filter_map(|risk| pooled.faults.get(*risk)).flatten();
    let never = earlier().filter(|one| one.recovery_ms.is_none()).count();
    let earlier = Earlier { own: Box::new(own), repetitions: earlier().count(), never };
    Some(Downtime { earlier: Some(earlier), ..both })
}

/// Of each phase what it cost in this run.
fn own(costs: &[PhaseCost], asked: &Asked) -> Vec<Vec<Lost>> {
    let of = costs.iter().filter(|one| one.asked.belongs_to(asked));
    of.map(|one| vec![Lost { ms: one.cost.lost_ms, ended: true }]).collect()
}

/// Of each risk that was met in this run what it cost in earlier ones, and then in this one.
fn together(costs: &[PhaseCost], pooled: &Pooled, asked: &Asked) -> Vec<Vec<Lost>> {
    let mut risks: Vec<(Option<usize>, Vec<Lost>)> = Vec::new();
    for one in costs.iter().filter(|one| one.asked.belongs_to(asked)) {
        let now = Lost { ms: one.cost.lost_ms, ended: one.cost.recovery != Recovery::Never };
        let risk = pooled.risk(one.phase);
        if let Some((_, lost)) = risks.iter_mut().find(|(known, _)| *known == risk) {
            lost.push(now);
        } else {
            let earlier = pooled.of(one.phase).iter();
            let earlier = earlier.map(|one| Lost { ms: one.lost_ms, ended: one.recovery_ms.is_some() });
            risks.push((risk, earlier.chain([now]).collect()));
        }
    }
    risks.into_iter().map(|(_, lost)| lost).collect()
}

/// The modelled years where each fault of the standard has cost what `risks` says of it.
fn modelled(result: &TestResult, rules: Rules, risks: impl Fn(&Asked) -> Vec<Vec<Lost>>) -> Option<Downtime> {
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
        let risks = risks(&asked);
        faults.push(Repeated { asked, times, window_ms, risks });
    }
    let measured = !faults.is_empty() && faults.iter().all(|fault| !fault.risks.is_empty());
    measured.then(|| model(&faults, seed(&result.announcement.nonce, &faults), YEARS))
}

impl Earlier {
    /// `; with 29 repetitions of earlier runs, 3 of them not seen to end`.
    fn words(&self) -> String {
        let never = if self.never > 0 { format!(", {} of them not seen to end", self.never) } else { String::new() };
        format!("; with {} repetitions of earlier runs{never}", self.repetitions)
    }
}

impl Downtime {
    /// What the fault that was `asked` for takes alone, in milliseconds.
    pub fn alone(&self, asked: &Asked) -> Option<u64> {
        self.alone.iter().find(|(fault, _)| asked.belongs_to(fault)).map(|(_, bound)| bound.modelled)
    }
}

/// Years against what is declared. What this run's own repetitions showed is measured, whatever earlier ones say.
pub fn check(downtime: &Downtime, declared_ms: u64) -> Option<Found> {
    let declared = say::seconds(declared_ms);
    let own = downtime.earlier.as_ref().map(|earlier| &earlier.own).filter(|own| own.whole.seen > declared_ms);
    if let Some(own) = own {
        return check(own, declared_ms);
    }
    let with = downtime.earlier.as_ref().map_or_else(String::new, Earlier::words);
    let alone = |of: fn(&Bound) -> u64| alone(downtime, of);
    let Bound { modelled, seen } = downtime.whole;
    if seen > declared_ms {
        let (seen, alone) = (say::seconds_measured(seen), alone(|bound| bound.seen));
        Some(failed(
            "DowntimeTooLong",
            format!(
                "1 of 20 modelled years has over {seen} of downtime by the faults of the standard; declared maxDowntimePerYear is {declared}; alone: {alone}{with}"
            ),
        ))
    } else if modelled > declared_ms {
        let (modelled, alone) = (say::seconds_measured(modelled), alone(|bound| bound.modelled));
        Some(inconclusive(
            "DowntimeNotExcluded",
            format!(
                "so few repetitions do not exclude over {modelled} of downtime by the faults of the standard in 1 of 20 years; declared maxDowntimePerYear is {declared}; alone: {alone}{with}"
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
        let numbers =
            [fault.times, fault.window_ms].into_iter().chain(fault.risks.iter().flatten().map(|lost| lost.ms));
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
    Downtime { whole: bound(&whole), alone, earlier: None }
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
        let fewest = self.risks.iter().map(Vec::len).min().unwrap_or(0);
        let drawn = self.risks.len().saturating_mul(fewest).min(MOST);
        let events = counts.draw(random);
        // The share of events that are unlike all that were seen: the smallest of n uniform shares.
        let unlike = (0..drawn).map(|_| random.next()).min().unwrap_or(u64::MAX);
        let unseen = share_rounded_by_chance(unlike, events, random.next());
        // They last longer than anybody watched: x times as long with a chance of 1 in x.
        let tail = (u128::from(self.window_ms) << 64) / (u128::from(random.next()) + 1);
        let tail = tail.min(u128::from(YEAR_MS));
        let few = events.min(drawn as u64);
        let (mut known, mut seen): (u128, u128) = (0, 0);
        for lost in (0..few).map(|_| self.one(random)) {
            seen += u128::from(lost.ms);
            // One that was not seen to end has no upper bound but the year.
            known += u128::from(if lost.ended { lost.ms } else { YEAR_MS });
        }
        let all = |sum: u128, events: u64| (sum * u128::from(events)).div_ceil(u128::from(few.max(1)));
        let within = |ms: u128| u64::try_from(ms).unwrap_or(u64::MAX).min(YEAR_MS);
        let modelled = all(known, events - unseen) + u128::from(unseen) * tail;
        Bound { modelled: within(modelled), seen: within(all(seen, events)) }
    }

    /// What one of the repetitions cost: each risk with the same chance, however often it was met, and each of its repetitions.
    fn one(&self, random: &mut Random) -> Lost {
        let drawn = u128::from(random.next()) * self.risks.len() as u128;
        let risk = usize::try_from(drawn >> 64).ok().and_then(|risk| self.risks.get(risk));
        let one = risk.and_then(|risk| {
            let rest = drawn & u128::from(u64::MAX);
            risk.get(usize::try_from((rest * risk.len() as u128) >> 64).ok()?)
        });
        one.copied().unwrap_or(Lost { ms: 0, ended: true })
    }
}

/// `part / 2^64 × whole`, rounded up as often as its fraction says.
fn share_rounded_by_chance(part: u64, whole: u64, chance: u64) -> u64 {
    let share = (u128::from(part) * u128::from(whole) + u128::from(chance)) >> 64;
    u64::try_from(share).unwrap_or(whole)
}
