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

/// What the leaf of an event holds, and what is told of a public one: its place without who made it. An
/// account's name may be a person's, and what is public here can never be taken back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Leaf {
    /// Position, from 1.
    pub seq: u64,
    /// RFC 3339, UTC.
    pub time: String,
    /// Kind of the event.
    pub kind: String,
    /// `sha256:…` of the event's canonical bytes.
    pub sha256: String,
    /// `sha256:…` of the event's `this`: binds who made it and all events before. That of the event before,
    /// which is never told, keeps a name from being guessed.
    pub chain: String,
}

impl Link {
    /// What the leaf of this event holds.
    pub fn leaf(&self) -> Result<Leaf, NotCanonical> {
        Ok(self.leaf_of(&self.this()?))
    }

    /// The same for who has computed [`this`](Self::this) already.
    #[must_use]
    pub fn leaf_of(&self, this: &str) -> Leaf {
        let Self { seq, time, kind, actor: _, sha256, prev: _ } = self.clone();
        Leaf { seq, time, kind, sha256, chain: canonical::sha256(this.as_bytes()) }
    }
}

impl Leaf {
    /// The leaf itself: over the canonical JSON.
    pub fn hash(&self) -> Result<Hash, NotCanonical> {
        Ok(Hash::leaf(&canonical::bytes(self)?))
    }
}
