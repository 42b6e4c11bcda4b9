//! What a pod uses at one moment: memory that it cannot give back, and descriptors. Reads control groups and /proc of the
//! node, and changes nothing.

use super::{
    StrikeError,
    descriptors::{self, Descriptors},
    memory::Memory,
    place::Place,
};

/// What the first container of a pod uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Used {
    /// Bytes that it cannot give back.
    pub memory: u64,
    /// Bytes that it may use.
    pub memory_limit: u64,
    /// Open descriptors of the process that has most of them.
    pub descriptors: u64,
    /// How many that process may have.
    pub descriptor_limit: u64,
}

/// What the pod at `place` uses now. Takes the calling thread into the node's namespace of control groups, for good.
pub fn used(place: &Place) -> Result<Used, StrikeError> {
    let gone = || StrikeError::NoPlace(place.uid.clone(), "its container ended while it was looked at");
    let first = place.first()?;
    let memory = Memory::of(first)?;
    let of_each = descriptors::processes(first).into_iter().filter_map(|process| Descriptors::of(process, 100));
    let most = of_each.max_by_key(|process| process.open).ok_or_else(gone)?;
    Ok(Used {
        memory: memory.held().ok_or_else(gone)?,
        memory_limit: memory.limit(),
        descriptors: most.open,
        descriptor_limit: most.limit,
    })
}
