//! Reset: a share of the packets of TCP to the pod does not reach it and is answered with a reset, each by
//! chance of its own: to callers it looks as if a process died, or a box in between forgot its connections.
//! The pod's own side learns of it only when it next sends.

use factory_assurance::evidence::{Class, Dose};

use super::gated::{Gated, counts, dose};
use crate::strike::{
    StrikeError,
    gate::{self, Gate},
    tap::Tap,
};

/// Connections are reset.
#[derive(Debug)]
pub struct Reset {
    /// Packets that are answered with a reset, in parts per million.
    ppm: u64,
}

impl Reset {
    /// So many of a million packets.
    #[must_use]
    pub const fn new(ppm: u64) -> Self {
        Self { ppm }
    }
}

impl Gated for Reset {
    fn gate(&self) -> Gate {
        // A reset that comes in is none of a caller's packets, and nothing ever answers it.
        let callers = "tcp flags & rst == 0";
        let reset =
            format!("{callers} numgen random mod 1000000 < {} counter name dropped reject with tcp reset", self.ppm);
        Gate { coming: vec![reset, format!("{callers} counter name passed")], leaving: Vec::new() }
    }

    fn dose(&mut self, before: &Tap, during: &Tap) -> Result<Vec<Dose>, StrikeError> {
        let counted = gate::counted()?;
        // The gate says what it meant to do; what counts are resets that were seen to leave the pod.
        let reset = counted.dropped.min(during.resets);
        Ok(vec![dose("nft", Class::All, counts(before.sent, 0), counts(counted.passed, reset))])
    }
}
