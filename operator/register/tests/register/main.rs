//! The register as its callers see it: the real server on loopback over a real database file. Only
//! the cluster's API server is replaced, by a table of tokens.

mod access;
mod durability;
mod log;
mod page;
mod pages;
mod procedure;
mod refusals;
mod repetition;
mod world;
