//! Partition: no packet reaches or leaves the pod, open connections included; or none that it exchanges with
//! one peer, as when what it depends on is away. The pod lives on; without a peer the kubelet's probes fail.

use factory_assurance::evidence::{Class, Dose};
use factory_crds::resilience_standard::Direction;

use super::gated::{Gated, counts, dose, total};
use crate::strike::{
    StrikeError,
    aim::{Aim, Peer},
    gate::{self, Counted, DROP, DROP_OPENING, Gate},
    tap::Tap,
};

/// The pod is cut off.
#[derive(Debug, Default)]
pub struct Partition {
    aim: Aim,
}

impl Partition {
    /// From what `aim` means; both ways where it says no direction.
    #[must_use]
    pub const fn new(aim: Aim) -> Self {
        Self { aim }
    }

    /// Packets that were seen to pass, those of new connections first. What left was seen behind the gate, by
    /// other means than the gate's own counters; that nothing came in is seen by what the pod answers.
    fn passed(&self, tap: &Tap) -> [u64; 2] {
        if self.aim.leaves(Direction::Both) {
            [tap.opened, tap.sent - tap.opened]
        } else {
            [total(&tap.new_us.cells()), total(&tap.pooled_us.cells())]
        }
    }
}

impl Gated for Partition {
    fn gate(&self) -> Gate {
        let cut = |meant| if meant { vec![DROP_OPENING.to_owned(), DROP.to_owned()] } else { Vec::new() };
        Gate {
            coming: cut(self.aim.comes(Direction::Both)),
            leaving: cut(self.aim.leaves(Direction::Both)),
            peer: self.aim.addresses(),
            ..Gate::default()
        }
    }

    fn peer(&self) -> Option<&Peer> {
        self.aim.peer.as_ref()
    }

    fn dose(&mut self, before: &Tap, during: &Tap) -> Result<Vec<Dose>, StrikeError> {
        let Counted { dropped, opening, .. } = gate::counted()?;
        let ([new_before, pooled_before], [new, pooled]) = (self.passed(before), self.passed(during));
        if self.aim.peer.is_none() {
            let cut = counts(new + pooled, dropped + opening);
            return Ok(vec![dose("nft", Class::All, counts(new_before + pooled_before, 0), cut)]);
        }
        Ok(vec![
            dose("nft", Class::New, counts(new_before, 0), counts(new, opening)),
            dose("nft", Class::Pooled, counts(pooled_before, 0), counts(pooled, dropped)),
        ])
    }
}
