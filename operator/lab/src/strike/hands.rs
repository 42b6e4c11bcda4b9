//! What `serve` does to a node, apart from how it follows orders: the kernel's hands, and in a benchmark of six
//! thousand pods those of a node that is not there.

use std::sync::atomic::AtomicBool;

use super::{
    NodeFault, StrikeError,
    order::{Planned, Struck},
    place::Place,
    pod::{self, Span},
    preflight, residue,
    soak::{self, Used},
    tap::Tapping,
};

/// What is done on a node. Every method blocks.
pub trait Hands: Clone + Send + Sync + 'static {
    /// A look at one pod, from the moment that it runs.
    type Look: Send + Sync + 'static;

    /// Begins to look at the pod at `place`.
    fn look(&self, place: &Place) -> Result<Self::Look, StrikeError>;

    /// Why it cannot do faults of `planned`, a line each.
    fn lacking(&self, planned: &[Planned]) -> Vec<String>;

    /// Strikes the pod at `place` over `span`; ends at once when `stop` is set. `tell` hears what is known after the
    /// injection and at the end.
    fn strike(
        &self,
        fault: Box<dyn NodeFault>,
        at: (&Place, &Self::Look),
        span: Span,
        stop: &AtomicBool,
        tell: &mut dyn FnMut(&Struck),
    );

    /// Takes away what a killed predecessor left in the pod at `place`.
    fn clear(&self, place: &Place) -> Vec<StrikeError>;

    /// What the pod at `place` uses now. Hands that look at nothing say so.
    fn used(&self, place: &Place) -> Result<Used, StrikeError> {
        Err(StrikeError::NoPlace(place.uid.clone(), "nobody looks at what it uses"))
    }
}

/// Those of the kernel.
#[derive(Clone, Copy, Debug)]
pub struct Kernel;

impl Hands for Kernel {
    type Look = Tapping;

    fn look(&self, place: &Place) -> Result<Tapping, StrikeError> {
        Tapping::start(place)
    }

    fn lacking(&self, planned: &[Planned]) -> Vec<String> {
        preflight::lacking(planned)
    }

    fn strike(
        &self,
        fault: Box<dyn NodeFault>,
        (place, tapping): (&Place, &Tapping),
        span: Span,
        stop: &AtomicBool,
        tell: &mut dyn FnMut(&Struck),
    ) {
        pod::strike(fault, place, tapping, span, stop, tell);
    }

    fn clear(&self, place: &Place) -> Vec<StrikeError> {
        residue::clear(place)
    }

    fn used(&self, place: &Place) -> Result<Used, StrikeError> {
        soak::used(place)
    }
}
