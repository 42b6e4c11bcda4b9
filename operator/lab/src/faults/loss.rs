//! Loss: a share of the packets to the pod is lost, each by chance of its own.

use factory_assurance::evidence::{Class, Dose};

use super::gated::{Gated, counts, dose};
use crate::strike::{
    StrikeError,
    gate::{self, DROP, Gate, PASS},
    tap::Tap,
};

/// Packets get lost.
#[derive(Debug)]
pub struct Loss {
    /// Lost packets in parts per million.
    ppm: u64,
}

impl Loss {
    /// So many lost packets in a million.
    #[must_use]
    pub const fn new(ppm: u64) -> Self {
        Self { ppm }
    }
}

impl Gated for Loss {
    fn gate(&self) -> Gate {
        let lost = format!("numgen random mod 1000000 < {} {DROP}", self.ppm);
        Gate { coming: vec![lost, PASS.to_owned()], leaving: Vec::new() }
    }

    fn dose(&mut self, before: &Tap, _: &Tap) -> Result<Vec<Dose>, StrikeError> {
        let counted = gate::counted()?;
        Ok(vec![dose("nft", Class::All, counts(before.sent, 0), counts(counted.passed, counted.dropped))])
    }
}
