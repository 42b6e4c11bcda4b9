//! Attestations beside images, with nothing replaced: Debian's registry on loopback, and the cosign that
//! auditors have.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test that cannot go on may stop

mod accepted;
mod confirmed;
mod listed;
mod modern;
mod place;
