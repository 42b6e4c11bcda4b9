//! What the faults at the gate share: the steps of a fault that begins when the gate opens and is over
//! when the kernel shuts it, and how counts and figures stand in a dose.

use std::time::Duration;

use factory_assurance::evidence::{Class, Dose};

use crate::strike::{
    NodeFault, StrikeError,
    aim::Peer,
    gate::{self, Gate},
    place::Place,
    tap::Tap,
};

/// A fault at the gate. Of the steps of a [`NodeFault`] it has its own only where rules are not enough;
/// when it begins and when it is over is the gate's to say.
pub trait Gated: Send {
    /// What happens at the gate.
    fn gate(&self) -> Gate;

    /// See [`NodeFault::preflight`].
    fn preflight(&mut self) -> Result<(), StrikeError> {
        self.gate().rehearse()
    }

    /// Puts in place what the gate leads packets to: without it the gate would open into nothing, and
    /// before it opens nothing is felt of it. What was seen `before` may be a reason to refuse.
    fn prepare(&mut self, _: &Tap) -> Result<(), StrikeError> {
        Ok(())
    }

    /// See [`NodeFault::peer`].
    fn peer(&self) -> Option<&Peer> {
        None
    }

    /// See [`NodeFault::sample`].
    fn sample(&mut self, _: &Place) {}

    /// See [`NodeFault::dose`].
    fn dose(&mut self, before: &Tap, during: &Tap) -> Result<Vec<Dose>, StrikeError>;

    /// See [`NodeFault::undo`]: the gate, and what was put there for it.
    fn undo(&mut self) -> Vec<StrikeError> {
        gate::shut().err().into_iter().collect()
    }
}

impl<F: Gated> NodeFault for F {
    fn preflight(&mut self) -> Result<(), StrikeError> {
        Gated::preflight(self)
    }

    fn peer(&self) -> Option<&Peer> {
        Gated::peer(self)
    }

    fn lease(&mut self, _: &Place, lease: Duration, before: &Tap) -> Result<(), StrikeError> {
        self.prepare(before)?;
        self.gate().open(lease)
    }

    fn sample(&mut self, place: &Place) {
        Gated::sample(self, place);
    }

    fn over(&mut self, _: &Place) -> Result<bool, StrikeError> {
        gate::is_open().map(|open| !open)
    }

    fn dose(&mut self, before: &Tap, during: &Tap) -> Result<Vec<Dose>, StrikeError> {
        Gated::dose(self, before, during)
    }

    fn undo(&mut self) -> Vec<StrikeError> {
        Gated::undo(self)
    }
}

/// A dose; the pod's UID is added by who knows it.
#[must_use]
pub fn dose(way: &str, class: Class, before: Vec<[u64; 2]>, during: Vec<[u64; 2]>) -> Dose {
    Dose { pod: String::new(), way: way.to_owned(), class, before, during }
}

/// Words of a rule that mean so many of a million packets, each by chance of its own. That all are meant cannot be said
/// by chance: the comparison would be with a number that never comes, and nftables refuses it.
#[must_use]
pub fn by_chance(ppm: u64) -> String {
    if ppm < 1_000_000 { format!("numgen random mod 1000000 < {ppm} ") } else { String::new() }
}

/// How many values a histogram holds.
#[must_use]
pub fn total(cells: &[[u64; 2]]) -> u64 {
    cells.iter().map(|[_, count]| count).sum()
}

/// Histogram of two values: so many times 0, so many times 1.
#[must_use]
pub fn counts(zeros: u64, ones: u64) -> Vec<[u64; 2]> {
    [[0, zeros], [1, ones]].into_iter().filter(|[_, count]| *count > 0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_packets_are_meant_without_chance() {
        assert_eq!(by_chance(999_999), "numgen random mod 1000000 < 999999 ");
        assert_eq!(by_chance(1_000_000), "");
    }
}
