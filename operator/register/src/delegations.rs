//! Standing delegations of the regulator: whether a submission falls within one, and the words of their pages.

mod offer;
pub mod words;

pub use offer::offer;
