//! The register's log as anyone can check it: a Merkle tree over its events (RFC 6962), proofs that
//! an event is in it and that it only grew, and signed checkpoints in the formats of C2SP
//! (`tlog-checkpoint`, `signed-note`, `tlog-cosignature`), which tools of transparency logs read.
//!
//! The leaf of an event binds its contents, its place, who made it and all events before it, and tells
//! none of them: the tree is public while contents that only some may see stay with them.

pub mod checkpoint;
pub mod handover;
pub mod hash;
mod included;
pub mod link;
pub mod note;
pub mod proof;
pub mod served;
pub mod tree;

pub use checkpoint::Checkpoint;
pub use hash::Hash;
pub use included::Included;
pub use link::{Leaf, Link};
