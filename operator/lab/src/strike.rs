//! `factory-lab strike`: one pod on each node of the lab, for the length of one run, carries out there
//! what `prove` orders: faults that need the node. It alone has power over a node (invariant 6), so
//! it reads little: orders, the list of the candidate's pods, heads of packets, and answers that a fault
//! changes. It never talks to the service under test, generates no load and knows no limits.
//!
//! `order` is what passes between `prove` and the nodes, `guard` keeps alive who serves the run there, `serve`
//! follows orders and pods with the `hands` of this node, `preflight` says what it lacks, `pod` carries one fault out
//! on one pod. The parts that the faults share: `gate` (rules that end by
//! themselves), `aim` (which packets they mean), `tap` and `counters` (what the pod's packets feel), `place` (a pod's processes and network),
//! `hold` (processes that stand still while another lives), `groups` (control groups), what a container may use and who
//! takes it (`memory` and `press`, `cpu` and `spin`, `volume` and `fill`, `descriptors` and `exhaust`), `residue`. `soak`
//! reads what pods use while nothing is struck.

pub mod aim;
pub mod counters;
pub mod cpu;
pub mod descriptors;
pub mod exhaust;
pub mod fill;
pub mod gate;
pub mod groups;
pub mod guard;
pub mod hands;
pub mod hold;
pub mod memory;
pub mod order;
pub mod place;
pub mod pod;
pub mod preflight;
pub mod press;
pub mod residue;
pub mod serve;
pub mod soak;
pub mod spin;
pub mod tap;
pub mod volume;

use std::{io, time::Duration};

use factory_assurance::evidence::Dose;

use aim::Peer;
use place::Place;
use tap::Tap;

/// Why a fault on a node cannot be done, or not be undone.
#[derive(Debug, thiserror::Error)]
pub enum StrikeError {
    /// This kernel, runtime or image does not allow it.
    #[error("this node cannot do it: {0}")]
    Incapable(String),
    /// The pod has no process or no network here.
    #[error("pod {0}: {1}")]
    NoPlace(String, &'static str),
    /// A tool said no.
    #[error("{tool}: {said}")]
    Tool {
        /// Which.
        tool: &'static str,
        /// The first line that it said.
        said: String,
    },
    /// The kernel said no.
    #[error("{action}: {source}")]
    Kernel {
        /// What was asked of it.
        action: &'static str,
        /// Its answer.
        source: io::Error,
    },
}

impl StrikeError {
    /// Of a rehearsal: what went wrong is what this node cannot do.
    #[must_use]
    pub fn incapable(self) -> Self {
        match self {
            Self::Incapable(_) => self,
            other => Self::Incapable(other.to_string()),
        }
    }

    /// For `map_err`: the kernel's answer to `action`.
    pub fn kernel<E: Into<io::Error>>(action: &'static str) -> impl FnOnce(E) -> Self {
        move |error| Self::Kernel { action, source: error.into() }
    }
}

/// One fault on one pod. The steps are called in this order, on a thread that is in the pod's network
/// namespace; each at most once but `sample`.
pub trait NodeFault: Send {
    /// Whether this node can do it; touches nothing of the pod.
    fn preflight(&mut self) -> Result<(), StrikeError>;

    /// With whom the pod exchanges the packets that it strikes, and that are its dose; nobody in particular
    /// where there is none.
    fn peer(&self) -> Option<&Peer> {
        None
    }

    /// Injects it for `lease`, after which its effect ends with no process of ours alive; `before` is what was seen
    /// until now.
    fn lease(&mut self, place: &Place, lease: Duration, before: &Tap) -> Result<(), StrikeError>;

    /// Looks once; called every few hundredths of a second, before the injection too.
    fn sample(&mut self, place: &Place);

    /// Whether its effect is over; asked from the end of the lease on.
    fn over(&mut self, place: &Place) -> Result<bool, StrikeError>;

    /// What was felt, `before` and `during`, from the looks and from the pod's packets.
    fn dose(&mut self, before: &Tap, during: &Tap) -> Result<Vec<Dose>, StrikeError>;

    /// What it sees different from before when it was undone, one line each, beside rules and held threads.
    fn left(&mut self) -> Vec<String> {
        Vec::new()
    }

    /// Takes away, by identity, what has no effect any more and would still be there. Everything is
    /// tried, even when something fails.
    fn undo(&mut self) -> Vec<StrikeError>;
}
