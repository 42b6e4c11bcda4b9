//! A public event together with the proof that it is in the log, for files that hold several of them under one
//! checkpoint.

use serde::{Deserialize, Serialize};

use super::{
    Checkpoint, Hash,
    proof::Inclusion,
    served::{PublicEvent, ServedError},
};

/// An event and the proof of its place in the tree of a checkpoint, which stands beside it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Included {
    /// The event and its place.
    pub public: PublicEvent,
    /// That its leaf is in the tree.
    pub inclusion: Inclusion,
}

impl Included {
    /// Holds the event against its place, the place against the tree of `checkpoint`, and its kind against `kind`.
    pub fn hold(&self, kind: &str, checkpoint: &Checkpoint) -> Result<(), ServedError> {
        let place = &self.public.place;
        if place.kind != kind {
            return Err(ServedError::Place { seq: place.seq, what: "it is of another kind" });
        }
        stands(place.seq, &self.public.leaf()?, &self.inclusion, checkpoint)
    }
}

/// Holds that `leaf` is event `seq` of the log that `checkpoint` signs.
pub(super) fn stands(seq: u64, leaf: &Hash, inclusion: &Inclusion, checkpoint: &Checkpoint) -> Result<(), ServedError> {
    let Inclusion { index, size, .. } = *inclusion;
    for (field, found, expected) in [("index", index.saturating_add(1), seq), ("size", size, checkpoint.size)] {
        if found != expected {
            return Err(ServedError::Inclusion { field, found, expected });
        }
    }
    Ok(inclusion.verify(leaf, &checkpoint.root)?)
}
