//! Proofs (RFC 6962, 2.1; their checks as RFC 9162, 2.1.3 and 2.1.4, writes them down): that an event
//! is in the log at its place, and that a later log begins with the whole of an earlier one.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::Hash;

/// That a leaf stands at `index` of the first `size`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Inclusion {
    /// From 0.
    pub index: u64,
    /// Number of leaves.
    pub size: u64,
    /// From the leaf up.
    pub hashes: Vec<Hash>,
}

/// That the tree of `to` leaves begins with the tree of `from`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Consistency {
    /// Size of the earlier tree.
    pub from: u64,
    /// Size of the later one.
    pub to: u64,
    /// As RFC 6962 orders them.
    pub hashes: Vec<Hash>,
}

/// A proof that does not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The sizes make no sense.
    #[error("{0} of {1}: not within the tree")]
    Range(u64, u64),
    /// Too few or too many hashes.
    #[error("hashes: {found}, which is not the number that this proof has")]
    Length {
        /// How many there are.
        found: usize,
    },
    /// Another root.
    #[error("the proof leads to the root {found}, not to {expected}")]
    Root {
        /// Where it leads.
        found: Hash,
        /// Where it should.
        expected: Hash,
    },
}

/// The ranges of leaves whose hashes prove that leaf `index` is among the first `size`, from the leaf
/// up.
#[must_use]
pub fn inclusion_ranges(index: u64, size: u64) -> Vec<Range<u64>> {
    let (mut leaves, mut ranges) = (0..size, Vec::new());
    while leaves.end - leaves.start > 1 {
        let (left, right) = halves(&leaves);
        let (inner, sibling) = if index < right.start { (left, right) } else { (right, left) };
        ranges.push(sibling);
        leaves = inner;
    }
    ranges.reverse();
    ranges
}

/// The ranges of leaves whose hashes prove that the tree of `to` begins with the tree of `from`.
#[must_use]
pub fn consistency_ranges(from: u64, to: u64) -> Vec<Range<u64>> {
    if from == 0 || from >= to {
        return Vec::new();
    }
    let (mut leaves, mut ranges) = (0..to, Vec::new());
    while leaves.end != from {
        let (left, right) = halves(&leaves);
        let (inner, sibling) = if from <= right.start { (left, right) } else { (right, left) };
        ranges.push(sibling);
        leaves = inner;
    }
    // The earlier tree itself need not be said where it is a subtree of the later one.
    if leaves.start > 0 {
        ranges.push(leaves);
    }
    ranges.reverse();
    ranges
}

/// How RFC 6962 divides a range of two or more leaves.
fn halves(leaves: &Range<u64>) -> (Range<u64>, Range<u64>) {
    let split = leaves.start + (1 << (leaves.end - leaves.start - 1).ilog2());
    (leaves.start..split, split..leaves.end)
}

/// A node on its way to the root, by its number and that of the last node of its level.
struct Climb {
    position: u64,
    last: u64,
}

/// On which side of a node the next hash of a proof stands.
enum Sibling {
    Left,
    Right,
}

impl Climb {
    const fn up(&mut self) {
        self.position >>= 1;
        self.last >>= 1;
    }

    /// Goes up to the parent; `None` at the root, which has no sibling.
    const fn step(&mut self) -> Option<Sibling> {
        if self.last == 0 {
            return None;
        }
        let is_left = self.position & 1 == 1 || self.position == self.last;
        // A node at the right edge rises until it has a neighbour on its left.
        while is_left && self.position & 1 == 0 && self.position != 0 {
            self.up();
        }
        self.up();
        Some(if is_left { Sibling::Left } else { Sibling::Right })
    }
}

impl Inclusion {
    /// Holds the proof for `leaf` against `root`.
    pub fn verify(&self, leaf: &Hash, root: &Hash) -> Result<(), ProofError> {
        if self.index >= self.size {
            return Err(ProofError::Range(self.index, self.size));
        }
        let (mut climb, mut hash) = (Climb { position: self.index, last: self.size - 1 }, *leaf);
        for sibling in &self.hashes {
            hash = match climb.step().ok_or(ProofError::Length { found: self.hashes.len() })? {
                Sibling::Left => Hash::node(sibling, &hash),
                Sibling::Right => Hash::node(&hash, sibling),
            };
        }
        ends_at(climb.last, self.hashes.len())?;
        leads_to(hash, root)
    }
}

impl Consistency {
    /// Holds the proof against both roots.
    pub fn verify(&self, from: &Hash, to: &Hash) -> Result<(), ProofError> {
        let found = self.hashes.len();
        if self.from > self.to {
            return Err(ProofError::Range(self.from, self.to));
        }
        if self.from == 0 || self.from == self.to {
            // Nothing has to be proven, but both roots must be what they are.
            let earlier = if self.from == 0 { Hash::empty() } else { *to };
            leads_to(earlier, from)?;
            return if found == 0 { Ok(()) } else { Err(ProofError::Length { found }) };
        }
        let mut hashes = self.hashes.iter();
        let own = self.from.is_power_of_two().then_some(from);
        let first = own.or_else(|| hashes.next()).ok_or(ProofError::Length { found })?;
        let mut climb = Climb { position: self.from - 1, last: self.to - 1 };
        while climb.position & 1 == 1 {
            climb.up();
        }
        let (mut earlier, mut later) = (*first, *first);
        for hash in hashes {
            match climb.step().ok_or(ProofError::Length { found })? {
                Sibling::Left => {
                    earlier = Hash::node(hash, &earlier);
                    later = Hash::node(hash, &later);
                }
                Sibling::Right => later = Hash::node(&later, hash),
            }
        }
        ends_at(climb.last, found)?;
        leads_to(earlier, from)?;
        leads_to(later, to)
    }
}

fn ends_at(last: u64, found: usize) -> Result<(), ProofError> {
    if last == 0 { Ok(()) } else { Err(ProofError::Length { found }) }
}

fn leads_to(found: Hash, expected: &Hash) -> Result<(), ProofError> {
    if found == *expected { Ok(()) } else { Err(ProofError::Root { found, expected: *expected }) }
}
