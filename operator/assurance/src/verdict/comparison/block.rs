//! One block of a comparison: what it says of the two, or why it says nothing. Whoever made it void is not asked: from
//! a block that somebody else disturbed nothing is concluded, good or bad.

use crate::{
    dossier::TestResult,
    evidence::{ComparisonEvidence, Failure},
    plan::{
        Reference,
        comparison::{FEWEST_REQUESTS, Side, Turn},
    },
};

use super::super::{
    control,
    generator::{self, MAX_UNSENT_PPM},
    histogram::Histogram,
    load::{Measured, exact, ppm},
    say,
};

/// The percentile of latency that is compared.
const PERCENT: u8 = 95;
/// More failed requests than this, in parts per million, and a percentile of latency says nothing.
const MOST_FAILED_PPM: u32 = 50_000;

/// What a block says, or why it says nothing.
pub type Block = Result<Measure, String>;

/// Within which time, in microseconds, 95 % of the requests to each of the two were answered; one that was not never was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measure {
    /// Of the candidate.
    pub candidate_us: u64,
    /// Of the last confirmed release.
    pub reference_us: u64,
}

impl Measure {
    /// The candidate's time of the other's, in parts per million, rounded down.
    pub fn ratio(&self) -> u64 {
        exact(u128::from(self.candidate_us) * 1_000_000 / u128::from(self.reference_us.max(1)))
    }

    /// How much longer the candidate's is, in microseconds; 0 where it is no longer.
    pub const fn longer_us(&self) -> u64 {
        self.candidate_us.saturating_sub(self.reference_us)
    }
}

/// What the blocks are read from.
pub struct Evidence<'a> {
    result: &'a TestResult,
    reference: &'a Reference,
    seen: &'a ComparisonEvidence,
}

impl<'a> Evidence<'a> {
    /// Of `result`, beside `reference`.
    pub const fn of(result: &'a TestResult, reference: &'a Reference, seen: &'a ComparisonEvidence) -> Self {
        Self { result, reference, seen }
    }

    /// The block with this index, from 0, and its `turns`.
    pub fn block(&self, index: usize, turns: &[Turn; 4]) -> Block {
        if let Some(why) = self.lagged(index, turns).or_else(|| self.disturbed(turns)) {
            return Err(why);
        }
        let candidate_us = self.within(Side::Candidate, turns)?;
        Ok(Measure { candidate_us, reference_us: self.within(Side::Reference, turns)? })
    }

    /// That the generator was late.
    fn lagged(&self, index: usize, turns: &[Turn; 4]) -> Option<String> {
        let mut lag = Histogram::default();
        for part in self.seen.lag_us.iter().skip(index * turns.len()).take(turns.len()) {
            lag.add(part);
        }
        let limit = generator::lag_limit(&self.result.standard);
        let Some(late) = lag.percentile(99) else { return Some("no request left".to_owned()) };
        (late > limit).then(|| {
            let (late, limit) = (say::latency_measured(late), say::latency(limit));
            format!("99 % of its requests left within {late} of their moment, {limit} are allowed")
        })
    }

    /// That the control moved, where there is one.
    fn disturbed(&self, turns: &[Turn; 4]) -> Option<String> {
        let plan = self.result.plan.prove.control.as_ref()?;
        let (from, to) = (turns.first()?.from, turns.last()?.to);
        let seconds = self.seen.control.iter().flatten();
        let seconds = seconds.filter(|one| (from..to).contains(&u64::from(one.second)));
        control::moved(seconds, plan, to - from, generator::lag_limit(&self.result.standard))
    }

    /// Within which time `side` answered in its turns, or why that says nothing.
    fn within(&self, side: Side, turns: &[Turn; 4]) -> Result<u64, String> {
        let (name, buckets) = match side {
            Side::Candidate => ("the candidate", &self.seen.candidate),
            Side::Reference => ("the last confirmed release", &self.seen.reference),
        };
        // Of its first second a part has most of what the part before it left: its answers, and connections that are opened.
        let judged = |second: u64| turns.iter().any(|turn| turn.side == side && second > turn.from && second < turn.to);
        let mut measured = Measured::default();
        for bucket in buckets.iter().filter(|bucket| judged(bucket.second.into())) {
            measured.add(bucket);
        }
        let seconds = 2 * u128::from(self.reference.seconds.saturating_sub(1));
        let planned = u128::from(self.reference.requests_per_minute) * seconds / 60;
        let due = measured.total();
        if generator::falls_short(due, planned, 5) {
            return Err(format!("{due} requests to {name} were due where {planned} were planned"));
        }
        if due < u128::from(FEWEST_REQUESTS) {
            return Err(format!("{due} requests to {name} were due; fewer than {FEWEST_REQUESTS} are no evidence"));
        }
        if let Some(share) = ppm(measured.of(Failure::Unsent), due).filter(|share| *share > MAX_UNSENT_PPM) {
            let (share, most) = (say::percent_measured(share), say::percent(MAX_UNSENT_PPM));
            return Err(format!("{share} of requests to {name} were never sent; {most} is allowed"));
        }
        let unread = || format!("too few answers of {name} are known");
        if let Some(share) = measured.failed_more_than(MOST_FAILED_PPM) {
            return Err(format!("of {name}, {share}"));
        }
        measured.latency.percentile_of(due, PERCENT).ok_or_else(unread)
    }
}
