//! The operator's leader, killed with SIGKILL at a chosen write and started again, as the kubelet
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

pub use operator::Leader;
pub use point::Point;

/// When the leader is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// Never: its writes are only recorded.
    Never,
    /// At the first of each write, before it is done.
    Before,
    /// At the first of each write, after it is done and before the leader learns of it.
    After,
}
