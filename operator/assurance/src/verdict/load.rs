//! Requests summed over the phases of the plan. A request belongs to the phase in which it was due,
//! whatever became of it; phases begin and end at the planned whole seconds.

use std::collections::BTreeMap;

use crate::{
    evidence::{Bucket, Failure, ProveEvidence, SLOT_MS},
    plan::{LoadPlan, Phase, PhaseRole},
};

use super::{
    closed::{self, LeftOut},
    histogram::Histogram,
    say,
};

/// Slots of one second.
pub const SLOTS: u64 = 1_000 / SLOT_MS;

/// The phases of a plan with their planned seconds.
pub struct Timeline<'a> {
    /// In the order of the plan.
    pub spans: Vec<Span<'a>>,
    /// Length of the whole run in seconds.
    pub seconds: u64,
    /// Second at which the ladder begins, if there is one.
    pub ladder: Option<u64>,
}

/// A phase and its planned seconds from the start of the load.
pub struct Span<'a> {
    /// The phase.
    pub phase: &'a Phase,
    /// First second, inclusive.
    pub from: u64,
    /// Last second, exclusive.
    pub to: u64,
}

impl<'a> Timeline<'a> {
    /// Of `phases`, one after another from 0.
    pub fn of(phases: &'a [Phase]) -> Self {
        let mut seconds: u64 = 0;
        let spans: Vec<Span<'_>> = phases
            .iter()
            .map(|phase| {
                let from = seconds;
                seconds = seconds.saturating_add(u64::from(phase.seconds));
                Span { phase, from, to: seconds }
            })
            .collect();
        let ladder = spans.iter().find(|span| span.percent().is_some()).map(|span| span.from);
        Self { spans, seconds, ladder }
    }

    /// Index of the phase to which `second` belongs.
    pub fn phase_at(&self, second: u64) -> Option<usize> {
        let index = self.spans.partition_point(|span| span.to <= second);
        (index < self.spans.len()).then_some(index)
    }

    /// Whether `second` belongs to the ladder, or comes after its begin.
    pub fn is_in_ladder(&self, second: u64) -> bool {
        self.ladder.is_some_and(|ladder| second >= ladder)
    }

    /// First second of the first fault and last second of the last one.
    pub fn faults(&self) -> Option<(u64, u64)> {
        let mut faults = self.spans.iter().filter(|span| matches!(span.phase.role, PhaseRole::Fault { .. }));
        let first = faults.next()?;
        Some((first.from, faults.next_back().unwrap_or(first).to))
    }
}

impl Span<'_> {
    /// Its rate in percent of the declared one, if it is a step of the ladder.
    pub const fn percent(&self) -> Option<u32> {
        match self.phase.role {
            PhaseRole::Capacity { percent } => Some(percent),
            _ => None,
        }
    }

    /// Seconds from one look at a pod to the next, and whose pods are looked at, if it is a soak.
    pub fn soak(&self) -> Option<(u32, &[String])> {
        match &self.phase.role {
            PhaseRole::Soak { every_seconds, components } => Some((*every_seconds, components)),
            _ => None,
        }
    }
}

/// The requests of a run.
pub struct Load {
    /// One for each phase of the plan, in its order.
    pub phases: Vec<Measured>,
    /// All of them, but for those of the ladder: a step says nothing of the load before it.
    pub whole: Measured,
}

/// Requests of a stretch of the run.
#[derive(Clone, Debug, Default)]
pub struct Measured {
    /// Requests that began a visit: they were due whatever the service answered. All of users who wait.
    pub begun: u128,
    /// Answers that met the expectation.
    pub good: u128,
    /// Failures by cause. `Unsent` is one: places in flight run out only when answers stay away.
    pub failed: BTreeMap<Failure, u128>,
    /// Latency of all that were answered, and of those that would have been ([`closed`]).
    pub latency: Histogram,
    /// What users left out who waited ([`closed`]); nothing in an open model.
    pub omitted: Omitted,
}

/// Requests that nobody made, because who would have made them waited for an answer.
#[derive(Clone, Copy, Debug, Default)]
pub struct Omitted {
    /// That would have been answered as they should be, later.
    pub good: u128,
    /// That would have failed.
    pub failed: u128,
}

impl Load {
    /// Sums up `prove`, which carried out `plan`; all zero where there is none.
    pub fn of(prove: Option<&ProveEvidence>, plan: &LoadPlan, timeline: &Timeline<'_>) -> Self {
        let phases = vec![Measured::default(); timeline.spans.len()];
        let mut load = Self { phases, whole: Measured::default() };
        for bucket in prove.iter().flat_map(|prove| &prove.buckets) {
            let second = u64::from(bucket.second);
            for part in load.parts(timeline, second) {
                if closed::counts(plan, bucket.operation) {
                    part.begun = part.begun.saturating_add(bucket.asked());
                }
                part.add(bucket);
            }
            closed::left_out(bucket, plan, timeline, |one| {
                load.parts(timeline, one.second).for_each(|part| part.leave_out(&one));
            });
        }
        load
    }

    /// The phase to which `second` belongs, and the whole, if it comes before the ladder.
    fn parts(&mut self, timeline: &Timeline<'_>, second: u64) -> impl Iterator<Item = &mut Measured> {
        let phase = timeline.phase_at(second).and_then(|index| self.phases.get_mut(index));
        let whole = Some(&mut self.whole).filter(|_| !timeline.is_in_ladder(second));
        phase.into_iter().chain(whole)
    }
}

/// Whether requests of `operation` begin a visit, and so wait for no answer.
pub fn begins(plan: &LoadPlan, operation: u32) -> bool {
    let operation = usize::try_from(operation).ok().and_then(|index| plan.operations.get(index));
    operation.is_none_or(|operation| operation.after.is_none())
}

impl Measured {
    /// Adds the requests of one second and operation.
    pub fn add(&mut self, bucket: &Bucket) {
        self.good = self.good.saturating_add(u128::from(bucket.good));
        for (cause, count) in &bucket.failed {
            let sum = self.failed.entry(*cause).or_default();
            *sum = sum.saturating_add(u128::from(*count));
        }
        self.latency.add(&bucket.latency_us);
    }

    /// Adds requests that users left out.
    pub fn leave_out(&mut self, one: &LeftOut) {
        self.omitted.good = self.omitted.good.saturating_add(one.good);
        self.omitted.failed = self.omitted.failed.saturating_add(one.failed);
        if let Some(latency_us) = one.latency_us {
            self.latency.add_times(latency_us, one.good.saturating_add(one.failed));
        }
    }

    /// All requests that were due, or would have been.
    pub fn total(&self) -> u128 {
        self.good.saturating_add(self.omitted.good).saturating_add(self.failures())
    }

    /// All requests that were due.
    pub fn asked(&self) -> u128 {
        self.failed.values().fold(self.good, |sum, count| sum.saturating_add(*count))
    }

    /// Those that failed, or would have.
    pub fn failures(&self) -> u128 {
        self.failed.values().fold(self.omitted.failed, |sum, count| sum.saturating_add(*count))
    }

    /// Those that failed by `cause`.
    pub fn of(&self, cause: Failure) -> u128 {
        self.failed.get(&cause).copied().unwrap_or_default()
    }

    /// Share of failed requests, rounded up; `None` without requests.
    pub fn failed_ppm(&self) -> Option<u64> {
        ppm(self.failures(), self.total())
    }

    /// `12 of 500: 10 no connection, 2 wrong status`.
    pub fn failures_in_words(&self) -> String {
        let seen = self.failed.iter().map(|(cause, count)| (*count, words(*cause)));
        let all = seen.chain([(self.omitted.failed, "not asked while users waited")]);
        let causes: Vec<String> =
            all.filter(|(count, _)| *count > 0).map(|(count, cause)| format!("{count} {cause}")).collect();
        format!("{} of {}: {}", self.failures(), self.total(), causes.join(", "))
    }

    /// `23.4 % of requests failed (117 of 500: 117 no connection)`, if more than `limit_ppm` did.
    pub fn failed_more_than(&self, limit_ppm: u32) -> Option<String> {
        let ppm = self.failed_ppm().filter(|ppm| *ppm > u64::from(limit_ppm))?;
        Some(format!("{} of requests failed ({})", say::percent_measured(ppm), self.failures_in_words()))
    }

    /// That at `place` the percentile of latency is above `limit_ms`, if it is.
    pub fn slower_than(&self, percent: u8, limit_ms: u32, place: &str) -> Option<String> {
        let limit = u64::from(limit_ms) * 1_000;
        let measured = self.latency.percentile(percent).filter(|us| *us > limit)?;
        let (measured, limit) = (say::latency_measured(measured), say::latency(limit));
        Some(format!("{place}, {percent} % of answers came within {measured}; the standard asks for {limit}"))
    }
}

/// `⌈part × 1 000 000 / whole⌉`; rounding up makes it exceed an integer limit exactly when the true
/// share does.
pub fn ppm(part: u128, whole: u128) -> Option<u64> {
    (whole > 0).then(|| exact(part.saturating_mul(1_000_000).div_ceil(whole)))
}

/// `value` as it can stand in a figure: at most [`super::MAX_EXACT`].
pub fn exact(value: u128) -> u64 {
    u64::try_from(value).unwrap_or(u64::MAX).min(super::MAX_EXACT)
}

const fn words(cause: Failure) -> &'static str {
    match cause {
        Failure::Connect => "no connection",
        Failure::Broken => "broken connection",
        Failure::Timeout => "no answer in time",
        Failure::Status => "wrong status",
        Failure::Content => "wrong content",
        Failure::Unsent => "not sent",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_exceed_a_limit_exactly_when_the_true_share_does() {
        assert_eq!(ppm(0, 500), Some(0));
        assert_eq!(ppm(25, 500), Some(50_000));
        assert_eq!(ppm(1, 3), Some(333_334));
        assert_eq!(ppm(50_001, 1_000_000), Some(50_001));
        assert_eq!(ppm(1, 0), None);
        assert_eq!(ppm(u128::MAX, 1), Some(super::super::MAX_EXACT));
    }

    #[test]
    fn a_second_belongs_to_the_phase_that_was_planned_for_it() {
        let phase = |seconds| Phase { name: String::new(), seconds, role: PhaseRole::Steady {} };
        let phases = [phase(2), phase(0), phase(3)];
        let timeline = Timeline::of(&phases);
        let found: Vec<_> = (0..6).map(|second| timeline.phase_at(second)).collect();
        assert_eq!(found, [Some(0), Some(0), Some(2), Some(2), Some(2), None]);
    }
}
