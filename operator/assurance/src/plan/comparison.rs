//! The comparison: before the load of the run, the candidate and the last confirmed release are asked by turns, with the
//! same operations at the same rate, in blocks of four parts: ABBA or BAAB. What drifts in a straight line weighs the same
//! on both; which of the two comes first is drawn for each block from the announced nonce, so that nobody knew it before
//! and anybody can draw it again.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{LoadOperation, LoadPlan};

/// Fewest and most blocks of a comparison.
pub const BLOCKS: [u32; 2] = [8, 64];
/// Parts of a block.
pub const PARTS: u32 = 4;
/// Requests to either that must be due in what is judged of a block: five of them are beyond the 95th percentile.
pub const FEWEST_REQUESTS: u64 = 100;
/// Longest part, in seconds: no number that follows from it is too large.
pub const LONGEST_PART: u32 = 3_600;

/// What a candidate is measured beside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum ComparisonPlan {
    /// Nothing.
    #[serde(rename_all = "camelCase")]
    Nothing {
        /// Why.
        why: Absence,
    },
    /// The last confirmed release.
    Reference(Reference),
}

/// Why a candidate is measured beside nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub enum Absence {
    /// No release of the service is confirmed.
    NoneConfirmed,
    /// No operation of the load is one that the last confirmed release knows.
    NothingInCommon,
}

/// The release that a candidate is measured beside, and how.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Reference {
    /// Name of its `Release`.
    pub release: String,
    /// Digest of its bundle: the register knows which was confirmed last.
    pub bundle: String,
    /// Blocks.
    pub blocks: u32,
    /// Length of each of the four parts of a block, in seconds.
    pub seconds: u32,
    /// For so many seconds each of the two is asked before the first block, which is not judged.
    pub warm_up_seconds: u32,
    /// Requests a minute, to the one whose turn it is: as many as the load has.
    pub requests_per_minute: u32,
    /// Indices of the operations of the load that both know and that begin a visit, rising; drawn by their weights.
    pub operations: Vec<u32>,
}

/// One of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The one that is tested.
    Candidate,
    /// The last confirmed release.
    Reference,
}

/// A stretch of the comparison in which one of the two is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    /// Whose turn it is.
    pub side: Side,
    /// First second from the start of the comparison, inclusive.
    pub from: u64,
    /// Last second, exclusive.
    pub to: u64,
}

impl ComparisonPlan {
    /// The release that the candidate is measured beside, if there is one.
    #[must_use]
    pub const fn reference(&self) -> Option<&Reference> {
        match self {
            Self::Reference(reference) => Some(reference),
            Self::Nothing { .. } => None,
        }
    }
}

/// Indices of the operations of `now` that begin a visit and that the load `before` has as well, asked for the same and
/// expecting the same: what both releases are asked.
#[must_use]
pub fn in_common(now: &LoadPlan, before: &LoadPlan) -> Vec<u32> {
    let alike = |one: &LoadOperation, other: &LoadOperation| {
        other.after.is_none() && one.request == other.request && one.expect == other.expect
    };
    let known = |operation: &LoadOperation| {
        operation.after.is_none() && before.operations.iter().any(|other| alike(operation, other))
    };
    (0..).zip(&now.operations).filter(|(_, operation)| known(operation)).map(|(index, _)| index).collect()
}

impl Reference {
    /// Length of the comparison, in seconds.
    #[must_use]
    pub fn length(&self) -> u64 {
        let blocks = u64::from(self.counted()) * u64::from(PARTS);
        2 * u64::from(self.warm_up_seconds) + blocks * u64::from(self.seconds)
    }

    /// Its blocks; never more than there may be.
    fn counted(&self) -> u32 {
        self.blocks.min(BLOCKS[1])
    }

    /// The four parts of each block, in order, as they are drawn from `nonce`.
    #[must_use]
    pub fn blocks(&self, nonce: &str) -> Vec<[Turn; 4]> {
        let first = 2 * u64::from(self.warm_up_seconds);
        let (seconds, drawn) = (u64::from(self.seconds), Sha256::digest(format!("{nonce} comparison").as_bytes()));
        let block = |block: u32| {
            let bit = drawn.get(block as usize / 8).is_some_and(|byte| (byte >> (block % 8)) & 1 == 1);
            let (a, b) = if bit { (Side::Reference, Side::Candidate) } else { (Side::Candidate, Side::Reference) };
            let mut from = first + u64::from(block) * u64::from(PARTS) * seconds;
            [a, b, b, a].map(|side| {
                let turn = Turn { side, from, to: from + seconds };
                from = turn.to;
                turn
            })
        };
        (0..self.counted()).map(block).collect()
    }

    /// All turns from the start of the comparison to its end: each of the two by itself to warm up, then the blocks.
    #[must_use]
    pub fn turns(&self, nonce: &str) -> Vec<Turn> {
        let warm = u64::from(self.warm_up_seconds);
        let warm_ups = [
            Turn { side: Side::Candidate, from: 0, to: warm },
            Turn { side: Side::Reference, from: warm, to: 2 * warm },
        ];
        warm_ups
            .into_iter()
            .filter(|turn| turn.from < turn.to)
            .chain(self.blocks(nonce).into_iter().flatten())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reference(blocks: u32) -> Reference {
        Reference {
            release: "service-1".to_owned(),
            bundle: "sha256:00".to_owned(),
            blocks,
            seconds: 5,
            warm_up_seconds: 3,
            requests_per_minute: 600,
            operations: vec![0],
        }
    }

    #[test]
    fn each_block_is_one_of_two_orders_and_each_is_drawn_as_often() {
        let (candidate, mut first) = ([Side::Candidate, Side::Reference], 0);
        for number in 0..50 {
            for block in reference(20).blocks(&format!("{number:064x}")) {
                let sides = block.map(|turn| turn.side);
                let (a, b) = (sides[0], sides[1]);
                assert!(a != b && sides == [a, b, b, a]);
                first += usize::from(a == candidate[0]);
            }
        }
        // A thousand throws of a coin: four deviations of 16.
        assert!((437..=563).contains(&first), "{first}");
        // As `printf '%s' '0 comparison' | sha256sum` says it.
        let drawn = Sha256::digest(b"0 comparison");
        let bits = (0..16).map(|bit| (drawn[bit / 8] >> (bit % 8)) & 1 == 1);
        let led = reference(16).blocks("0").into_iter().map(|block| block[0].side == Side::Reference);
        assert_eq!(led.collect::<Vec<_>>(), bits.collect::<Vec<_>>());
    }

    #[test]
    fn turns_follow_one_another_to_the_end() {
        let plan = reference(8);
        let turns = plan.turns("a");
        assert_eq!((turns.len(), turns[0].from), (2 + 32, 0));
        assert!(turns.windows(2).all(|pair| pair[0].to == pair[1].from));
        assert_eq!(turns.last().map(|turn| turn.to), Some(plan.length()));
        assert_eq!(plan.length(), 6 + 160);
        assert_eq!(Reference { warm_up_seconds: 0, ..plan }.turns("a").len(), 32);
    }

    #[test]
    fn what_both_know_begins_a_visit_and_is_the_same_request_with_the_same_answer() {
        let operation = |path: &str, status: u16, after: Option<u32>| {
            serde_json::from_value::<LoadOperation>(serde_json::json!({
                "name": path, "request": {"method": "GET", "path": path}, "expect": {"status": status},
                "weight": u32::from(after.is_none()),
            }))
            .map(|operation| LoadOperation { after, ..operation })
            .unwrap()
        };
        let load = |operations| LoadPlan {
            requests_per_minute: 60,
            timeout_ms: 1_000,
            max_in_flight: 64,
            pause_ms: 0,
            arrivals: None,
            connections: None,
            closed: None,
            drawn: Vec::new(),
            operations,
        };
        let before = load(vec![operation("/a", 200, None), operation("/b", 200, Some(0)), operation("/c", 200, None)]);
        let now = load(vec![
            operation("/new", 200, None),
            operation("/c", 200, None),
            operation("/b", 200, None),
            operation("/a", 201, None),
            operation("/a", 200, None),
            operation("/c", 200, Some(4)),
        ]);
        assert_eq!(in_common(&now, &before), [1, 4]);
        assert_eq!(in_common(&now, &load(Vec::new())), [0; 0]);
    }

    #[test]
    fn a_plan_that_asks_for_ever_is_bounded() {
        assert_eq!(reference(u32::MAX).blocks("a").len(), 64);
        let long = Reference { seconds: u32::MAX, warm_up_seconds: u32::MAX, ..reference(u32::MAX) };
        assert_eq!(long.turns("a").last().map(|turn| turn.to), Some(long.length()));
    }
}
