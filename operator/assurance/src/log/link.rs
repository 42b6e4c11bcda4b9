//! An event's place in the log.

use serde::{Deserialize, Serialize};

use super::Hash;
use crate::canonical::{self, NotCanonical};

/// What stands as `prev` before the first event.
pub const ORIGIN: &str = "sha256:0000000000000000000000000000000000000000000000000000000000000000";

/// One event's place in the log. Its digest (of the canonical JSON) is the event's `this`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// Position, from 1.
    pub seq: u64,
    /// RFC 3339, UTC.
    pub time: String,
    /// Kind of the event.
    pub kind: String,
    /// User name at the cluster's API server.
    pub actor: String,
    /// `sha256:…` of the event's canonical bytes.
    pub sha256: String,
    /// `this` of the event before, or [`ORIGIN`].
    pub prev: String,
}

impl Link {
    /// The hash that binds this event and all before it.
    pub fn this(&self) -> Result<String, NotCanonical> {
        canonical::digest(self)
    }
}

/// The leaf of the event whose `this` is given: over the text `sha256:<hex>`.
#[must_use]
pub fn leaf(this: &str) -> Hash {
    Hash::leaf(this.as_bytes())
}
