//! Loss: a share of the packets to the pod is lost, each by chance of its own.

use std::time::Duration;

use factory_assurance::evidence::{Class, Dose};

use super::gated::{counts, dose};
use crate::strike::{
    NodeFault, StrikeError,
    gate::{self, DROP, Gate, PASS},
    place::Place,
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

    fn gate(&self) -> Gate {
        let lost = format!("numgen random mod 1000000 < {} {DROP}", self.ppm);
        Gate { coming: vec![lost, PASS.to_owned()], leaving: Vec::new() }
    }
}

impl NodeFault for Loss {
    fn preflight(&mut self) -> Result<(), StrikeError> {
        self.gate().rehearse()
    }

    fn lease(&mut self, _: &Place, lease: Duration) -> Result<(), StrikeError> {
        self.gate().open(lease)
    }

    fn sample(&mut self, _: &Place) {}

    fn over(&mut self, _: &Place) -> Result<bool, StrikeError> {
        gate::is_open().map(|open| !open)
    }

    fn dose(&mut self, before: &Tap, _: &Tap) -> Result<Vec<Dose>, StrikeError> {
        let counted = gate::counted()?;
        Ok(vec![dose("nft", Class::All, counts(before.sent, 0), counts(counted.passed, counted.dropped))])
    }

    fn undo(&mut self) -> Vec<StrikeError> {
        gate::shut().err().into_iter().collect()
    }
}
