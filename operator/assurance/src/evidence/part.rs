//! What several generators of one load counted, added up to what one would have counted: counts of equal seconds,
//! operations, tenths and cells are added, and nothing is averaged. Parts of different runs, or a part that is
//! missing or there twice, are no run.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Bucket, Failure, Slot};

/// What was counted of a load.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Measured {
    /// By second and operation, rising.
    pub buckets: Vec<Bucket>,
    /// One for each tenth of a second, gapless.
    pub slots: Vec<Slot>,
    /// Lag of sending in microseconds, of requests before the ladder: `[value, count]`, rising.
    pub lag_us: Vec<[u64; 2]>,
    /// The same of each step of the ladder.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub step_lag_us: Vec<Vec<[u64; 2]>>,
}

/// What one of several generators counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Part {
    /// Nonce of the announcement that this run belongs to.
    pub nonce: String,
    /// Which of the generators it is, from 0.
    pub index: u32,
    /// How many there are.
    pub of: u32,
    /// What it counted.
    pub measured: Measured,
}

/// Parts that do not make one run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotOneRun {
    /// Another number of parts than of generators.
    #[error("{0} parts of {1} generators")]
    Incomplete(usize, u32),
    /// A part of another run.
    #[error("part {0} carries the nonce `{1}`, the first one `{2}`")]
    Nonce(u32, String, String),
    /// A part that has no place, or that of another.
    #[error("part {0} of {1} does not follow {2} parts of {3}")]
    Place(u32, u32, usize, u32),
    /// A part of another length.
    #[error("part {0} has {1} tenths of a second, the first one {2}")]
    Length(u32, usize, usize),
    /// A part with another ladder.
    #[error("part {0} has {1} steps of a ladder, the first one {2}")]
    Steps(u32, usize, usize),
}

impl Measured {
    /// What all `parts` of one run counted together.
    pub fn of(mut parts: Vec<Part>) -> Result<Self, NotOneRun> {
        parts.sort_by_key(|part| part.index);
        let (nonce, of) = parts.first().map_or_else(Default::default, |first| (first.nonce.clone(), first.of));
        if u32::try_from(parts.len()) != Ok(of) || of == 0 {
            return Err(NotOneRun::Incomplete(parts.len(), of));
        }
        let length = parts.first().map_or(0, |first| first.measured.slots.len());
        let steps = parts.first().map_or(0, |first| first.measured.step_lag_us.len());
        for (place, part) in parts.iter().enumerate() {
            if part.nonce != nonce {
                return Err(NotOneRun::Nonce(part.index, part.nonce.clone(), nonce));
            }
            if u32::try_from(place) != Ok(part.index) || part.of != of {
                return Err(NotOneRun::Place(part.index, part.of, place, of));
            }
            if part.measured.slots.len() != length {
                return Err(NotOneRun::Length(part.index, part.measured.slots.len(), length));
            }
            if part.measured.step_lag_us.len() != steps {
                return Err(NotOneRun::Steps(part.index, part.measured.step_lag_us.len(), steps));
            }
        }
        Ok(sum(parts.into_iter().map(|part| part.measured)))
    }
}

/// Good requests, failures by cause, and latencies of one second and operation.
type Cell = (u64, BTreeMap<Failure, u64>, BTreeMap<u64, u64>);

fn sum(all: impl Iterator<Item = Measured>) -> Measured {
    let (mut cells, mut slots, mut lag) = (BTreeMap::<(u32, u32), Cell>::new(), Vec::<Slot>::new(), BTreeMap::new());
    let mut steps = Vec::<BTreeMap<u64, u64>>::new();
    for measured in all {
        for bucket in measured.buckets {
            let (good, failed, latency) = cells.entry((bucket.second, bucket.operation)).or_default();
            *good = good.saturating_add(bucket.good);
            for (cause, count) in bucket.failed {
                add(failed, cause, count);
            }
            for [value, count] in bucket.latency_us {
                add(latency, value, count);
            }
        }
        slots.resize(slots.len().max(measured.slots.len()), [0, 0]);
        for (mine, slot) in slots.iter_mut().zip(measured.slots) {
            *mine = [mine[0].saturating_add(slot[0]), mine[1].saturating_add(slot[1])];
        }
        for [value, count] in measured.lag_us {
            add(&mut lag, value, count);
        }
        steps.resize(steps.len().max(measured.step_lag_us.len()), BTreeMap::new());
        for (mine, step) in steps.iter_mut().zip(measured.step_lag_us) {
            for [value, count] in step {
                add(mine, value, count);
            }
        }
    }
    let bucket = |((second, operation), (good, failed, latency)): ((u32, u32), Cell)| Bucket {
        second,
        operation,
        good,
        failed,
        latency_us: pairs(latency),
    };
    let buckets = cells.into_iter().map(bucket).collect();
    Measured { buckets, slots, lag_us: pairs(lag), step_lag_us: steps.into_iter().map(pairs).collect() }
}

fn add<K: Ord>(counts: &mut BTreeMap<K, u64>, key: K, count: u64) {
    let sum = counts.entry(key).or_default();
    *sum = sum.saturating_add(count);
}

fn pairs(counts: BTreeMap<u64, u64>) -> Vec<[u64; 2]> {
    counts.into_iter().map(|(value, count)| [value, count]).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A request: second, tenth, operation, and latency, or that it was never sent.
    type Request = (u32, u32, u32, Option<u64>);

    /// What a generator counts of `requests` in a run of four seconds.
    fn counted<'a>(requests: impl Iterator<Item = &'a Request>) -> Measured {
        let one = |(second, tenth, operation, latency): &Request| {
            let (good, failed) = latency.map_or((0, [(Failure::Unsent, 1)].into()), |_| (1, BTreeMap::new()));
            let mut slots = vec![[0, 0]; 40];
            slots[(second * 10 + tenth) as usize][usize::from(latency.is_none())] = 1;
            let latency_us = latency.iter().map(|latency| [*latency, 1]).collect();
            let bucket = Bucket { second: *second, operation: *operation, good, failed, latency_us };
            let lag_us = latency.iter().map(|latency| [latency / 100, 1]).collect();
            // The last of the four seconds is a step of a ladder.
            let (lag_us, of_step) = if *second == 3 { (Vec::new(), lag_us) } else { (lag_us, Vec::new()) };
            Measured { buckets: vec![bucket], slots, lag_us, step_lag_us: vec![of_step] }
        };
        let empty = Measured { slots: vec![[0, 0]; 40], step_lag_us: vec![Vec::new()], ..Measured::default() };
        sum(std::iter::once(empty).chain(requests.map(one)))
    }

    fn part(index: u32, of: u32, measured: Measured) -> Part {
        Part { nonce: "n".to_owned(), index, of, measured }
    }

    proptest! {
        /// However a load is shared out, and in whichever order its parts come, they say what one generator would say.
        #[test]
        fn parts_add_up_to_what_one_generator_would_have_counted(
            requests in prop::collection::vec((0_u32..4, 0_u32..10, 0_u32..3, prop::option::of(1_u64..5_000)), 0..300),
            of in 1_u32..6,
            turn in 0_usize..6,
        ) {
            let shard = |index: u32| requests.iter().skip(index as usize).step_by(of as usize);
            let mut parts: Vec<_> = (0..of).map(|index| part(index, of, counted(shard(index)))).collect();
            parts.rotate_left(turn % of as usize);
            prop_assert_eq!(Measured::of(parts).unwrap(), counted(requests.iter()));
        }
    }

    #[test]
    fn what_is_not_one_run_is_refused() {
        let whole = || counted([(0, 0, 0, Some(5))].iter());
        let of = |parts: Vec<Part>| Measured::of(parts).unwrap_err();
        assert_eq!(of(Vec::new()), NotOneRun::Incomplete(0, 0));
        assert_eq!(of(vec![part(0, 2, whole())]), NotOneRun::Incomplete(1, 2));
        assert_eq!(of(vec![part(0, 1, whole()), part(1, 1, whole())]), NotOneRun::Incomplete(2, 1));
        assert_eq!(of(vec![part(1, 2, whole()), part(1, 2, whole())]), NotOneRun::Place(1, 2, 0, 2));
        assert_eq!(of(vec![part(0, 2, whole()), part(1, 3, whole())]), NotOneRun::Place(1, 3, 1, 2));
        let other = Part { nonce: "m".to_owned(), ..part(1, 2, whole()) };
        assert_eq!(of(vec![part(0, 2, whole()), other]), NotOneRun::Nonce(1, "m".to_owned(), "n".to_owned()));
        let short = Measured { slots: vec![[0, 0]; 39], ..whole() };
        assert_eq!(of(vec![part(0, 2, whole()), part(1, 2, short)]), NotOneRun::Length(1, 39, 40));
        let flat = Measured { step_lag_us: Vec::new(), ..whole() };
        assert_eq!(of(vec![part(0, 2, whole()), part(1, 2, flat)]), NotOneRun::Steps(1, 0, 1));
    }
}
