//! The tool as a person runs it: the built program, its two outputs and its exit code. Where it asks
//! a cluster or a register, a server on loopback answers as they would; journeys on the real cluster
//! are in `test-harness/journeys`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test that cannot go on may stop

mod decide;
mod delegate;
mod device;
mod include;
mod init;
mod issue;
mod lint;
mod report;
mod server;
mod verify;
mod verify_entry;
mod verify_grounds;
mod watch;
mod why;
mod wishes;
mod withdraw;
