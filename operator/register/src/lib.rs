//! The register, at the end of the road: it takes announcements and dossiers from the factory,
//! judges each dossier again, lets the regulator confirm or return it, and shows every entry to the
//! public (items 17 to 22, 63 to 65).
//!
//! A request goes through [`api`] (who asks, what they may) → [`intake`] (does it hold) →
//! [`store`] (an event of the [`log`], and its views, in one transaction). [`pages`] only read; the
//! [`console`] is the same for a regulator in a browser, and decides by the functions of the API.
//!
//! [`witness`] is the program of a second party, which reads nothing but the API.
//!
//! *Architecture invariant:* the register trusts no verdict that it has not computed, and writes
//! nothing to the cluster. Its log is only appended to; all else can be made again from it.

pub mod access;
pub mod api;
pub mod arguments;
pub mod claims;
pub mod console;
pub mod copies;
pub mod delegations;
pub mod glossary;
pub mod intake;
pub mod keys;
pub mod kpi;
pub mod linked;
pub mod log;
pub mod membership;
pub mod metrics;
pub mod objects;
pub mod observed;
mod outgoing;
pub mod pages;
mod peer;
pub mod replay;
pub mod serve;
pub mod signer;
pub mod store;
pub mod tls;
pub mod witness;
