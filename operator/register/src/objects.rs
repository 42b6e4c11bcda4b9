//! Objects of item 7 that the factory did not build, before they come to the API: what the form of their owner
//! sends, and the words of their pages.
//!
//! *Architecture invariant:* pure. What an object must hold to is decided in [`crate::intake::objects`], for the form
//! and the API alike.

pub mod form;
pub mod words;
