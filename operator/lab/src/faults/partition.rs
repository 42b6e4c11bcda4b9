//! Partition: no packet reaches or leaves the pod, open connections included. The pod lives on, and so
//! do the kubelet's probes fail.

use std::time::Duration;

use factory_assurance::evidence::{Class, Dose};

use super::gated::{counts, dose};
use crate::strike::{
    NodeFault, StrikeError,
    gate::{self, DROP, Gate},
    place::Place,
    tap::Tap,
};

/// The pod is cut off.
#[derive(Debug, Default)]
pub struct Partition;

fn gate() -> Gate {
    Gate { coming: vec![DROP.to_owned()], leaving: vec![DROP.to_owned()] }
}

impl NodeFault for Partition {
    fn preflight(&mut self) -> Result<(), StrikeError> {
        gate().rehearse()
    }

    fn lease(&mut self, _: &Place, lease: Duration) -> Result<(), StrikeError> {
        gate().open(lease)
    }

    fn sample(&mut self, _: &Place) {}

    fn over(&mut self, _: &Place) -> Result<bool, StrikeError> {
        gate::is_open().map(|open| !open)
    }

    fn dose(&mut self, before: &Tap, during: &Tap) -> Result<Vec<Dose>, StrikeError> {
        // What left all the same was seen behind the gate, by other means than the gate's own counters.
        let cut = counts(during.sent, gate::counted()?.dropped);
        Ok(vec![dose("nft", Class::All, counts(before.sent, 0), cut)])
    }

    fn undo(&mut self) -> Vec<StrikeError> {
        gate::shut().err().into_iter().collect()
    }
}
