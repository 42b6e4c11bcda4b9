//! Reset: a share of the packets of TCP to the pod does not reach it and is answered with a reset, each by
//! chance of its own: to callers it looks as if a process died, or a box in between forgot its connections.
//! The pod's own side learns of it only when it next sends. On the way out it is the pod whose packets are
//! answered so, in the name of whom it calls.

use factory_assurance::evidence::{Class, Dose};
use factory_crds::resilience_standard::Direction;

use super::gated::{Gated, by_chance, counts, dose};
use crate::strike::{
    StrikeError,
    aim::{Aim, Peer},
    gate::{self, Gate},
    tap::Tap,
};

/// Connections are reset.
#[derive(Debug)]
pub struct Reset {
    /// Packets that are answered with a reset, in parts per million.
    ppm: u64,
    aim: Aim,
}

impl Reset {
    /// So many of a million packets, of those that `aim` means; to the pod where it says no direction.
    #[must_use]
    pub const fn new(ppm: u64, aim: Aim) -> Self {
        Self { ppm, aim }
    }
}

impl Gated for Reset {
    fn gate(&self) -> Gate {
        // A reset itself is none of a caller's packets, and nothing ever answers it.
        let callers = "tcp flags & rst == 0";
        let reset = format!("{callers} {}counter name dropped reject with tcp reset", by_chance(self.ppm));
        let passed = format!("{callers} counter name passed");
        let resets = |meant| if meant { vec![reset.clone(), passed.clone()] } else { Vec::new() };
        Gate {
            coming: resets(self.aim.comes(Direction::In)),
            sending: resets(self.aim.leaves(Direction::In)),
            peer: self.aim.addresses(),
            ..Gate::default()
        }
    }

    fn peer(&self) -> Option<&Peer> {
        self.aim.peer.as_ref()
    }

    fn dose(&mut self, before: &Tap, during: &Tap) -> Result<Vec<Dose>, StrikeError> {
        let counted = gate::counted()?;
        // The gate says what it meant to do; what counts are resets that were seen to leave the pod, or to come
        // to it from its own kernel.
        let reset = counted.dropped.min(during.resets);
        Ok(vec![dose("nft", Class::All, counts(before.sent, 0), counts(counted.passed, reset))])
    }
}
