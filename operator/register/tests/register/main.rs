//! The register as its callers see it: the real server on loopback over a real database, a file of SQLite or
//! with `REGISTER_DATABASE=postgres` one of a PostgreSQL server. Only
//! the cluster's API server is replaced, by a table of tokens.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test ends where what it needs is not there; the lint knows that of test functions only"
)]

mod access;
mod apart;
mod audited;
mod away;
mod claims;
mod compared;
mod copies;
mod delegations;
mod description;
mod device;
mod durability;
mod exclusion;
mod grounds;
mod handover;
mod history;
mod instructions;
mod issued;
mod limits;
mod linked;
mod load;
mod log;
mod measured;
mod membership;
mod mutation;
mod objects;
mod observed;
mod oversight;
mod page;
mod pages;
mod participants;
mod procedure;
mod program;
mod prometheus;
mod promised;
mod public;
mod refusals;
mod repetition;
mod rotation;
mod seal;
mod server;
mod settings;
mod tls;
mod tree;
mod two;
mod unread;
mod withdrawal;
mod witness;
mod world;
