//! The operator's leader, killed with SIGKILL at a chosen write, or at any moment, and started again, as the kubelet
//! does it, but at once.
//!
//! The program that is killed is the real one with the rights of its own service account. It runs
//! beside the journey, and each of its writes (to the API server, the register and the image
//! registry) passes a door of the journey's: so the moment of its death is exact, and the product
//! needs no hook for it.

pub mod door;
pub mod operator;
pub mod point;
pub mod settings;

pub use operator::{Killer, Leader};
pub use point::Point;

/// What becomes of the leader at a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It lives.
    Lives,
    /// It is killed before the write is done.
    Before,
    /// It is killed after the write is done, and before it learns of that.
    After,
}

impl Fate {
    /// That of a leader at a write that was met `times` before: killed once before it, and once after
    /// the next leader did it.
    #[must_use]
    pub const fn at(times: usize) -> Self {
        match times {
            0 => Self::Before,
            1 => Self::After,
            _ => Self::Lives,
        }
    }
}
