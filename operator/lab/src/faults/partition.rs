//! Partition: no packet reaches or leaves the pod, open connections included. The pod lives on, and so
//! do the kubelet's probes fail.

use factory_assurance::evidence::{Class, Dose};

use super::gated::{Gated, counts, dose};
use crate::strike::{
    StrikeError,
    gate::{self, DROP, Gate},
    tap::Tap,
};

/// The pod is cut off.
#[derive(Debug, Default)]
pub struct Partition;

impl Gated for Partition {
    fn gate(&self) -> Gate {
        Gate { coming: vec![DROP.to_owned()], leaving: vec![DROP.to_owned()] }
    }

    fn dose(&mut self, before: &Tap, during: &Tap) -> Result<Vec<Dose>, StrikeError> {
        // What left all the same was seen behind the gate, by other means than the gate's own counters.
        let cut = counts(during.sent, gate::counted()?.dropped);
        Ok(vec![dose("nft", Class::All, counts(before.sent, 0), cut)])
    }
}
