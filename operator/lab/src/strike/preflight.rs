//! Whether this node can do a fault, asked before anything is injected anywhere: one that it cannot do is refused
//! with what the node lacks, and the run injects nothing. Touches nothing of a pod.

use std::thread;

use super::{
    NodeFault, StrikeError,
    aim::{Aim, Peer},
    order::Planned,
};
use crate::{faults, schema::line};

/// Tries `fault` on a thread of its own: a rehearsal leaves it in a network namespace of its own.
pub fn of(fault: &mut dyn NodeFault) -> Result<(), StrikeError> {
    thread::scope(|scope| scope.spawn(|| fault.preflight()).join())
        .unwrap_or_else(|_| Err(StrikeError::Incapable("the preflight died".to_owned())))
}

/// Why this node cannot do faults of `planned`, a line for each kind of them; none where it can do all.
#[must_use]
pub fn lacking(planned: &[Planned]) -> Vec<String> {
    let refused = |Planned { kind, strike }: &Planned| {
        // Where the peer is does not matter to what it takes to mean one.
        let peer = strike.peer.as_ref().map(|_| Peer::at([]));
        let mut fault = faults::on_node(*kind, strike.strength, &Aim::of(strike, peer))?;
        of(fault.as_mut()).err().map(|error| line(&format!("{kind}: {error}")))
    };
    let mut lines: Vec<_> = planned.iter().filter_map(refused).collect();
    lines.sort();
    lines.dedup();
    lines
}
