//! The comparison with the last confirmed release: in each block both were asked at the same rate by turns, and their
//! 95th percentiles of latency are held against each other. What the ordered differences of the blocks bound is no chance,
//! whatever the noise is like: only what is longer than the standard allows beyond that fails.

mod block;
mod evidence;
mod planned;

pub use block::{Block, Measure};
pub use evidence::{contradiction, numbers};
pub use planned::check as plan_lacks;

use factory_crds::resilience_standard::Comparison;

use crate::{
    dossier::TestResult,
    evidence::{ComparisonEvidence, ProveEvidence},
    plan::{Absence, ComparisonPlan, LoadOperation, Reference, comparison::BLOCKS},
};

use super::{
    found::{Found, failed, inconclusive},
    say,
};

/// Equal, in parts per million.
pub const EQUAL: u64 = 1_000_000;
/// One in so many comparisons with no true difference may be bounded away from it on one side.
const ONE_IN: u128 = 200;

/// What became of a comparison.
#[derive(Clone, Debug, Default)]
pub struct Compared {
    /// Of each block its percentiles, or why it says nothing.
    pub blocks: Vec<Block>,
    /// What follows from the blocks that say something, if there are enough.
    pub change: Option<Change>,
}

/// How long 95 % of the candidate's answers took, of the time of the last confirmed release: parts per million, rounded
/// down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// At least, with 99.5 % confidence.
    pub least: u64,
    /// In the middle of the blocks.
    pub middle: u64,
    /// At most, with 99.5 % confidence.
    pub most: u64,
    /// So much longer at least, in microseconds, with the same confidence; 0 where it is no longer.
    pub longer_us: u64,
}

/// What the blocks say of the candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// Its answers take less time, beyond noise.
    Faster,
    /// They take more time, beyond noise.
    Slower,
    /// No difference beyond noise.
    Alike,
}

impl Change {
    /// What it says.
    pub const fn said(&self) -> Said {
        if self.least > EQUAL {
            Said::Slower
        } else if self.most < EQUAL {
            Said::Faster
        } else {
            Said::Alike
        }
    }

    /// Of blocks in which the candidate took so much of the reference's time, and so much longer in microseconds; nothing
    /// where they are too few to bound anything.
    fn of(mut ratios: Vec<u64>, mut longer: Vec<u64>) -> Option<Self> {
        let rank = rank(ratios.len()).checked_sub(1)?;
        ratios.sort_unstable();
        longer.sort_unstable();
        let from_above = ratios.len().checked_sub(rank + 1)?;
        Some(Self {
            least: *ratios.get(rank)?,
            middle: *ratios.get(ratios.len().div_ceil(2) - 1)?,
            most: *ratios.get(from_above)?,
            longer_us: *longer.get(rank)?,
        })
    }
}

/// The largest `r` for which the `r`-th smallest of `count` values is above their median by chance in at most one of
/// [`ONE_IN`] cases: fewer than `r` of them are below it then, each a throw of a coin. 0 where there is none.
fn rank(count: usize) -> usize {
    let (Ok(all), Ok(most)) = (u32::try_from(count), usize::try_from(BLOCKS[1])) else { return 0 };
    if count > most {
        return 0;
    }
    let (mut ways, mut below, mut rank): (u128, u128, usize) = (1, 0, 0);
    while rank < count {
        below += ways;
        if below * ONE_IN > 1 << all {
            break;
        }
        ways = ways * (count - rank) as u128 / (rank as u128 + 1);
        rank += 1;
    }
    rank
}

/// Blocks of so many that must say something: at least eight, and three quarters.
pub fn least(blocks: u32) -> u64 {
    (u64::from(blocks) * 3).div_ceil(4).max(BLOCKS[0].into())
}

/// The release that the plan of `result` measures the candidate beside, and what the standard asks for, where it does.
pub fn planned(result: &TestResult) -> Option<(&Reference, &Comparison)> {
    Some((result.plan.prove.comparison.as_ref()?.reference()?, result.standard.comparison.as_ref()?))
}

/// That what was asked of both says too little of the candidate for a limit to be held against it: no operation is known to
/// both, or those that are carry less than half of the weight of all that begin a visit.
fn unlike(result: &TestResult) -> Option<Found> {
    result.standard.comparison.as_ref()?.max_p95_slower_ppm?;
    let load = &result.plan.prove.load;
    let (reference, all) = match result.plan.prove.comparison.as_ref()? {
        ComparisonPlan::Nothing { why: Absence::NoneConfirmed } => return None,
        ComparisonPlan::Nothing { why: Absence::NothingInCommon } => (None, load.weights().0),
        ComparisonPlan::Reference(reference) => (Some(reference), load.weights().0),
    };
    let operation = |index: &u32| load.operations.get(usize::try_from(*index).ok()?);
    let asked = reference.into_iter().flat_map(|reference| &reference.operations).filter_map(operation);
    let known: u64 = asked.map(|operation: &LoadOperation| u64::from(operation.weight)).sum();
    (reference.is_none() || u128::from(known) * 2 < u128::from(all)).then(|| {
        let message = format!(
            "the last confirmed release knows operations with {known} of the weight {all} of those that begin a visit; at least half is needed, or nobody knows whether that is slower"
        );
        inconclusive("ComparisonMissing", message)
    })
}

/// What is found, and what became of the comparison; nothing where none was planned.
pub fn check(result: &TestResult, prove: &ProveEvidence) -> (Vec<Found>, Option<Compared>) {
    if plan_lacks(result).is_some() {
        return (Vec::new(), None);
    }
    if let Some(unlike) = unlike(result) {
        return (vec![unlike], None);
    }
    let Some((reference, asked)) = planned(result) else { return (Vec::new(), None) };
    let Some(seen) = &prove.comparison else {
        let bundle = say::quote(&reference.bundle);
        let message = format!(
            "the last confirmed release (bundle {bundle}) was not asked beside the candidate; nobody knows whether that is slower"
        );
        return (vec![inconclusive("ComparisonMissing", message)], None);
    };
    let mut compared = compare(result, reference, seen);
    let said: Vec<&Measure> = compared.blocks.iter().filter_map(|block| block.as_ref().ok()).collect();
    let (count, least) = (said.len(), least(reference.blocks));
    if (count as u64) < least {
        let void =
            compared.blocks.iter().enumerate().find_map(|(index, block)| Some((index + 1, block.as_ref().err()?)));
        let why = void.map_or_else(String::new, |(number, why)| format!("; block {number}: {why}"));
        let message = format!(
            "{count} of {} blocks beside the last confirmed release say something; {least} are needed{why}",
            reference.blocks
        );
        return (vec![inconclusive("ComparisonVoid", message)], Some(compared));
    }
    let ratios = said.iter().map(|one| one.ratio()).collect();
    compared.change = Change::of(ratios, said.iter().map(|one| one.longer_us()).collect());
    let found = compared.change.and_then(|change| slower(asked, &change, count));
    (found.into_iter().collect(), Some(compared))
}

/// Each block by itself.
fn compare(result: &TestResult, reference: &Reference, seen: &ComparisonEvidence) -> Compared {
    let of = block::Evidence::of(result, reference, seen);
    let blocks = reference.blocks(&result.announcement.nonce);
    Compared { blocks: blocks.iter().enumerate().map(|(index, turns)| of.block(index, turns)).collect(), change: None }
}

/// Longer than the standard allows, by more than it takes for nothing, both beyond noise.
fn slower(asked: &Comparison, change: &Change, blocks: usize) -> Option<Found> {
    let limit = u64::from(asked.max_p95_slower_ppm?);
    let (most, matters) = (EQUAL.saturating_add(limit), u64::from(asked.matters_ms) * 1_000);
    (change.least > most && change.longer_us > matters).then(|| {
        let more = |ratio: u64| say::percent_measured(ratio.saturating_sub(EQUAL));
        let message = format!(
            "beside the last confirmed release, 95 % of answers took {} longer, at least {} and {} with 99.5 % confidence over {blocks} blocks; the standard allows {}",
            more(change.middle),
            more(change.least),
            say::latency_measured(change.longer_us),
            say::percent(limit),
        );
        failed("SlowerThanConfirmed", message)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rank_bounds_the_median_with_the_confidence_that_is_said() {
        // Tails of the binomial distribution with one half: 1/256, 9/512 (too much), 11/1024 (too much), 12/2048, …
        for (count, want) in [(0, 0), (7, 0), (8, 1), (10, 1), (11, 1), (12, 2), (16, 3), (20, 4), (64, 22), (65, 0)] {
            assert_eq!(rank(count), want, "{count}");
        }
        for count in 8..=64_u32 {
            let ways =
                |below: u32| (0..below).fold(1.0_f64, |ways, one| ways * f64::from(count - one) / f64::from(one + 1));
            let tail = |rank: u32| (0..rank).map(ways).sum::<f64>() / 2_f64.powi(count.cast_signed());
            let rank = u32::try_from(rank(count as usize)).unwrap();
            assert!(tail(rank) <= 0.005 && tail(rank + 1) > 0.005, "{count}: {rank}");
        }
    }

    #[test]
    fn what_is_said_is_beyond_all_blocks_but_a_few() {
        let of = |ratios: &[u64]| Change::of(ratios.to_vec(), vec![0; ratios.len()]).unwrap();
        let mut ratios = [1_100_000; 12];
        assert_eq!(of(&ratios).said(), Said::Slower);
        ratios[3] = 900_000;
        assert_eq!((of(&ratios).least, of(&ratios).said()), (1_100_000, Said::Slower));
        ratios[7] = 900_000;
        assert_eq!((of(&ratios).least, of(&ratios).said()), (900_000, Said::Alike));
        assert_eq!(of(&[900_000; 8]).said(), Said::Faster);
        assert_eq!(of(&[1_000_000; 8]).said(), Said::Alike);
        assert_eq!(Change::of(vec![2_000_000; 7], vec![0; 7]), None);
    }

    #[test]
    fn three_quarters_of_the_blocks_and_never_fewer_than_eight_must_say_something() {
        assert_eq!([8, 10, 11, 12, 64].map(least), [8, 8, 9, 9, 48]);
    }
}
