//! The shape of the tree: which complete subtrees it consists of, and how it grows. A complete
//! subtree never changes again, so a store keeps these and nothing else.

use std::ops::Range;

use super::Hash;

/// A complete subtree: over the leaves from `position << level` to `(position + 1) << level`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// 0 for a leaf.
    pub level: u8,
    /// From 0, among those of its level.
    pub position: u64,
}

/// The complete subtrees that together cover `leaves`, from left to right, each as large as it can be.
#[must_use]
pub fn cover(leaves: &Range<u64>) -> Vec<Place> {
    let mut places = Vec::new();
    let mut start = leaves.start;
    while start < leaves.end {
        let aligned = start.trailing_zeros().min(63);
        let fits = (leaves.end - start).ilog2();
        let level = aligned.min(fits);
        // At most 63.
        places.push(Place { level: u8::try_from(level).unwrap_or(63), position: start >> level });
        start += 1 << level;
    }
    places
}

/// The hash over subtrees that [`cover`] an aligned range: as RFC 6962 joins them, from the right.
#[must_use]
pub fn join(parts: &[Hash]) -> Hash {
    let mut parts = parts.iter().rev();
    let Some(last) = parts.next() else { return Hash::empty() };
    parts.fold(*last, |right, left| Hash::node(left, &right))
}

/// The right edge of a growing tree: all that is needed to append to it and to know its root.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edge {
    size: u64,
    /// Hashes of `cover(0..size)`.
    peaks: Vec<Hash>,
}

impl Edge {
    /// The edge of a tree of `size` leaves from the hashes of `cover(0..size)`; `None` if their number
    /// is another.
    #[must_use]
    pub fn restore(size: u64, peaks: Vec<Hash>) -> Option<Self> {
        (peaks.len() == size.count_ones() as usize).then_some(Self { size, peaks })
    }

    /// Number of leaves.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The root.
    #[must_use]
    pub fn root(&self) -> Hash {
        join(&self.peaks)
    }

    /// Appends a leaf. Answers the subtrees that are complete with it, itself first.
    pub fn push(&mut self, leaf: Hash) -> Vec<(Place, Hash)> {
        let mut place = Place { level: 0, position: self.size };
        let mut hash = leaf;
        let mut made = vec![(place, hash)];
        while place.position & 1 == 1 {
            // An odd position has a complete neighbour on its left: the last peak.
            let Some(left) = self.peaks.pop() else { break };
            hash = Hash::node(&left, &hash);
            place = Place { level: place.level + 1, position: place.position >> 1 };
            made.push((place, hash));
        }
        self.peaks.push(hash);
        self.size += 1;
        made
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The definition of RFC 6962, section 2.1, word by word.
    fn by_definition(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => Hash::empty(),
            [leaf] => *leaf,
            _ => {
                let split = 1 << (leaves.len() - 1).ilog2();
                Hash::node(&by_definition(&leaves[..split]), &by_definition(&leaves[split..]))
            }
        }
    }

    #[test]
    fn the_root_of_a_growing_tree_is_the_one_of_the_definition() {
        let leaves: Vec<_> = (0_u8..200).map(|count| Hash::leaf(&[count])).collect();
        let mut edge = Edge::default();
        assert_eq!(edge.root(), Hash::empty());
        let mut kept = std::collections::BTreeMap::new();
        for (count, leaf) in leaves.iter().enumerate() {
            kept.extend(edge.push(*leaf));
            let size = count + 1;
            assert_eq!(edge.root(), by_definition(&leaves[..size]), "of {size}");
            let peaks = cover(&(0..size as u64)).iter().map(|place| kept[place]).collect();
            assert_eq!(Edge::restore(size as u64, peaks), Some(edge.clone()), "of {size}");
        }
        // Every complete subtree once.
        assert_eq!(kept.len(), (0..8).map(|level| 200 >> level).sum::<usize>());
    }

    #[test]
    fn the_cover_of_a_range_is_as_short_as_it_can_be() {
        assert_eq!(cover(&(0..0)), []);
        let place = |level, position| Place { level, position };
        assert_eq!(cover(&(0..7)), [place(2, 0), place(1, 2), place(0, 6)]);
        assert_eq!(cover(&(4..6)), [place(1, 2)]);
        assert_eq!(cover(&(0..1 << 40)), [place(40, 0)]);
        assert_eq!(Edge::restore(7, vec![Hash::empty(); 2]), None);
    }
}
