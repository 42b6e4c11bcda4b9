//! Loss: a share of the packets to the pod, or from it, is lost, each by chance of its own.

use factory_assurance::evidence::{Class, Dose};
use factory_crds::resilience_standard::Direction;

use super::gated::{Gated, by_chance, counts, dose};
use crate::strike::{
    StrikeError,
    aim::{Aim, Peer},
    gate::{self, DROP, Gate, PASS},
    tap::Tap,
};

/// Packets get lost.
#[derive(Debug)]
pub struct Loss {
    /// Lost packets in parts per million.
    ppm: u64,
    aim: Aim,
}

impl Loss {
    /// So many lost packets in a million, of those that `aim` means; to the pod where it says no direction.
    #[must_use]
    pub const fn new(ppm: u64, aim: Aim) -> Self {
        Self { ppm, aim }
    }
}

impl Gated for Loss {
    fn gate(&self) -> Gate {
        let lost = format!("{}{DROP}", by_chance(self.ppm));
        let lossy = |meant| if meant { vec![lost.clone(), PASS.to_owned()] } else { Vec::new() };
        Gate {
            coming: lossy(self.aim.comes(Direction::In)),
            leaving: lossy(self.aim.leaves(Direction::In)),
            peer: self.aim.addresses(),
            ..Gate::default()
        }
    }

    fn peer(&self) -> Option<&Peer> {
        self.aim.peer.as_ref()
    }

    fn dose(&mut self, before: &Tap, _: &Tap) -> Result<Vec<Dose>, StrikeError> {
        let counted = gate::counted()?;
        Ok(vec![dose("nft", Class::All, counts(before.sent, 0), counts(counted.passed, counted.dropped))])
    }
}
