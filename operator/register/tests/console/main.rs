//! The console and the public pages as people use them: the real server on loopback, filled with real
//! dossiers; a real Chromium, driven by `test-harness/console`, and a client that does what no browser would.
//! Only the cluster's API server is replaced, by a table of tokens.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test ends where what it needs is not there; the lint knows that of test functions only"
)]

mod browser;
mod filled;
mod instructions;
mod membership;
mod objects;
mod person;
mod provider;
mod refusals;
#[allow(dead_code, reason = "it is of the register's other tests too")]
#[path = "../register/server.rs"]
mod server;
mod supplier;
#[allow(dead_code, reason = "it is the world of the register's other tests too")]
#[path = "../register/world.rs"]
mod world;
