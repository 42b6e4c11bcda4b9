//! A recorded fault in its place in a simulated run: what it cost, from second to second, and what each pod felt of it,
//! measured again by chance.

// Shares and rates are real numbers, of sizes that all fit.
#![allow(clippy::cast_possible_truncation, clippy::cast_precision_loss, clippy::cast_sign_loss)]

use factory_assurance::{
    evidence::{Failure, FaultEvidence},
    plan::{Phase, PhaseRole, Strike},
};
use factory_crds::resilience_standard::FaultKind;

use super::super::varied::Random;
use super::{
    draw::{Cells, EXACT, binomial, gathered, resample, share, total},
    recorded::{Episode, Recorded},
    run::Worse,
};

/// What one moment is drawn from.
pub struct Moment<'a> {
    /// Latencies of a recorded second.
    pub cells: &'a Cells,
    /// Share of requests that failed in that tenth of a second, by chance as if it had been measured again.
    pub failed: f64,
    /// Why.
    pub cause: Failure,
}

/// A recorded fault in its place in a simulated run.
pub struct Struck<'a> {
    episode: &'a Episode,
    /// As it goes here.
    pub evidence: FaultEvidence,
    kind: FaultKind,
    /// First second of its phase.
    from: u64,
    /// Seconds from there to the injection.
    injected: usize,
    /// Seconds that it lasted, and lasts here.
    leases: [usize; 2],
    /// Share of moments that are as in the recording, where it is weaker here.
    as_strong: f64,
}

impl<'a> Struck<'a> {
    /// A recorded fault of the kind that `phase` asks for, as it would have gone there; None of a phase without one.
    pub fn of(recorded: &'a Recorded, phase: &Phase, rate: u32, from: u64, random: &mut Random) -> Option<Self> {
        let PhaseRole::Fault { kind, strike, .. } = &phase.role else { return None };
        let like = recorded.like(*kind);
        let episode = *like.get(random.index(like.len().max(1))).expect("a recording of each kind");
        let evidence = moved(episode, phase, strike.as_ref(), rate, from, random);
        let lease = |strike: Option<&Strike>| strike.map_or(0, |strike| usize::try_from(strike.lease_seconds).unwrap());
        let injected = usize::try_from(evidence.injected_ms.unwrap() / 1_000 - from).unwrap();
        let leases = [lease(episode.strike.as_ref()), lease(strike.as_ref())];
        let strength = |strike: Option<&Strike>| strike.map_or(1, |strike| strike.strength.max(1)) as f64;
        // Of a loss half as strong, every other moment is as it was in the recording.
        let lossy = matches!(kind, FaultKind::Loss | FaultKind::Reset);
        let as_strong = if lossy { strength(strike.as_ref()) / strength(episode.strike.as_ref()) } else { 1.0 };
        Some(Self { episode, evidence, kind: *kind, from, injected, leases, as_strong })
    }

    /// The recorded second that stands for `second`, and its latencies; those of `steady` after the end of the recording.
    pub fn second<'b>(
        &'b self,
        second: u64,
        steady: &'b Cells,
        random: &mut Random,
    ) -> (Option<usize>, &'b Cells, &'b Cells) {
        let at = usize::try_from(second - self.from).unwrap();
        let [was, is] = self.leases;
        let (began, ends) = (self.injected + 1, self.injected + is);
        let at = if is == 0 || at < began {
            at
        } else if at < ends {
            began + random.index(was.saturating_sub(1).max(1))
        } else {
            at - is + was
        };
        match self.episode.seconds.get(at) {
            Some(cells) if total(cells) > 0 => (Some(at), cells, steady),
            Some(_) => (Some(at), steady, steady),
            None => (None, steady, steady),
        }
    }

    /// One tenth of that second.
    pub fn tenth<'b>(
        &self,
        (at, cells, steady): &(Option<usize>, &'b Cells, &'b Cells),
        slot: u64,
        worse: Worse,
        random: &mut Random,
    ) -> Moment<'b> {
        let as_recorded = self.as_strong >= 1.0 || share(random) < self.as_strong;
        let cells = if as_recorded { cells } else { steady };
        let recorded = at
            .filter(|_| as_recorded)
            .map_or([1, 0], |at| self.episode.slots[10 * at + usize::try_from(slot % 10).unwrap()]);
        let [good, failed] = recorded.map(u64::from);
        let again = binomial(good + failed, failed as f64 / (good + failed).max(1) as f64, random);
        let mut chance = again as f64 / (good + failed).max(1) as f64;
        let since = (100 * slot) as f64 - self.evidence.injected_ms.unwrap() as f64;
        // The part of this tenth of a second that lies within so many seconds from the injection.
        let within = |of: Option<(FaultKind, f64)>| {
            let seconds = of.filter(|(kind, _)| *kind == self.kind).map_or(0.0, |(_, seconds)| seconds);
            ((since + 100.0).min(1_000.0 * seconds) - since.max(0.0)).clamp(0.0, 100.0) / 100.0
        };
        chance = chance.max(within(worse.away)).max(0.2 * within(worse.limps));
        let causes = &self.episode.causes;
        let cause = causes.get(random.index(causes.len().max(1))).copied().unwrap_or(Failure::Timeout);
        Moment { cells, failed: chance, cause }
    }
}

/// What was seen of `episode`, had it happened in `phase`, with a lease and a strength of its own. Its doses are
/// measured again by chance: as many values a second and request as there were.
fn moved(
    episode: &Episode,
    phase: &Phase,
    strike: Option<&Strike>,
    rate: u32,
    from: u64,
    random: &mut Random,
) -> FaultEvidence {
    let mut evidence = episode.evidence.clone();
    let (was, is) = (1_000 * episode.from as u64, 1_000 * from);
    let lease = |strike: Option<&Strike>| strike.map_or(0, |strike| u64::from(strike.lease_seconds) * 1_000);
    let longer = lease(strike).cast_signed() - lease(episode.strike.as_ref()).cast_signed();
    let at = |ms: u64| ms - was + is;
    evidence.phase = phase.name.clone();
    // An early recording has the acknowledgement alone, and pods that went before it came.
    let seen = evidence.gone.iter().map(|pod| pod.at_ms).chain(evidence.injected_ms).min();
    evidence.ordered_ms = evidence.ordered_ms.or(seen).map(at);
    evidence.injected_ms = evidence.injected_ms.map(at);
    evidence.ended_ms = evidence.ended_ms.map(|ms| at(ms).saturating_add_signed(longer));
    evidence.ready_again_ms = evidence.ready_again_ms.map(at);
    evidence.gone.iter_mut().for_each(|pod| pod.at_ms = at(pod.at_ms));
    let more = f64::from(rate) / f64::from(episode.rate);
    let lasts = if longer == 0 { 1.0 } else { lease(strike) as f64 / lease(episode.strike.as_ref()).max(1) as f64 };
    let strength = |strike: Option<&Strike>| strike.map_or(0, |strike| strike.strength);
    let (asked, recorded) = (strength(strike), strength(episode.strike.as_ref()));
    for dose in &mut evidence.doses {
        let traffic = matches!(episode.kind, FaultKind::Loss | FaultKind::Reset | FaultKind::Delay);
        let times = if traffic { more } else { 1.0 };
        let count = |cells: &Cells, factor: f64| (total(cells) as f64 * factor).round() as u64;
        let (before, during) = (count(&dose.before, times), count(&dose.during, times * lasts));
        dose.before = gathered(resample(&dose.before, before, EXACT, random));
        dose.during = if matches!(episode.kind, FaultKind::Loss | FaultKind::Reset) && asked != recorded {
            let hit = dose.during.iter().filter(|[value, _]| *value == 1).map(|[_, count]| count).sum::<u64>();
            let of = hit as f64 / total(&dose.during).max(1) as f64 * asked as f64 / recorded as f64;
            let hit = binomial(during, of, random);
            gathered(vec![[0, during - hit], [1, hit]])
        } else {
            gathered(resample(&dose.during, during, EXACT, random))
        };
    }
    evidence
}
