//! What the register serves of its log, and how each answer is held against what it claims.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    Checkpoint, Hash, Leaf,
    checkpoint::CheckpointError,
    handover::{HANDOVER, HandoverError, Terms},
    included,
    note::{self, NoteError, Verifier},
    proof::{Inclusion, ProofError},
};
use crate::canonical::{self, NotCanonical};

/// Kind of the events that are entries.
pub const ENTRY: &str = "entry";
/// Kind of entries of objects that the factory did not build.
pub const OBJECT_ENTRY: &str = "object-entry";
/// Kind of the regulator's standing delegations.
pub const DELEGATION: &str = "delegation";
/// Kind of their revocations.
pub const REVOCATION: &str = "revocation";
/// Kind of the events that say which submission fell within which delegation.
pub const DELEGATION_USE: &str = "delegation-use";
/// Kind of the events by which the regulator issues a version of a standard.
pub const STANDARD_ISSUED: &str = "standard-issued";
/// Kinds of events that are public as they stand; of all others only the leaf is.
pub const PUBLIC_KINDS: [&str; 9] =
    [ENTRY, OBJECT_ENTRY, "withdrawal", "exclusion", HANDOVER, DELEGATION, REVOCATION, DELEGATION_USE, STANDARD_ISSUED];

/// A part of the log, in order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Events {
    /// Number of the first one, from 1.
    pub from: u64,
    /// As many as fit into one answer; none where the log ends before `from`.
    pub events: Vec<ServedEvent>,
}

/// An event as everyone may see it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ServedEvent {
    /// Its leaf, as it follows from what the register holds.
    pub leaf: Hash,
    /// The event itself, where it is public.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public: Option<PublicEvent>,
}

/// A public event with its place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PublicEvent {
    /// Its place in the log.
    pub place: Leaf,
    /// Its contents; their canonical bytes (RFC 8785) have the digest `place.sha256`.
    pub event: Value,
}

/// Everything that shows that an entry is in the log, in one file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EventProof {
    /// The event and its place.
    pub public: PublicEvent,
    /// That its leaf is in the tree.
    pub inclusion: Inclusion,
    /// The signed checkpoint of that tree.
    pub checkpoint: String,
    /// Notes by which the log was handed over from key to key, the oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub handovers: Vec<String>,
}

/// The keys of a log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LogKeys {
    /// The one that signs now, `name+id+base64`.
    pub current: String,
    /// Notes by which the log was handed over from key to key, the oldest first.
    pub handovers: Vec<String>,
}

/// An answer that does not hold.
#[derive(Debug, thiserror::Error)]
pub enum ServedError {
    /// Contents and digest differ.
    #[error("event {seq}: its contents have the digest {found}, its place in the log names {expected}")]
    Contents {
        /// Its number.
        seq: u64,
        /// As computed.
        found: String,
        /// As its place says.
        expected: String,
    },
    /// Place and leaf differ, or the place is another than the one asked for.
    #[error("event {seq}: {what}")]
    Place {
        /// Its number.
        seq: u64,
        /// What differs.
        what: &'static str,
    },
    /// The checkpoint does not hold.
    #[error("checkpoint: {0}")]
    Checkpoint(#[from] CheckpointError),
    /// The log was not handed over as it is said.
    #[error(transparent)]
    Handover(#[from] HandoverError),
    /// A pinned witness has not signed it.
    #[error("witness {witness}: {source}")]
    Witness {
        /// Name of the key.
        witness: String,
        /// Cause.
        source: NoteError,
    },
    /// The proof does not hold.
    #[error("inclusion: {0}")]
    Proof(#[from] ProofError),
    /// The proof is for another tree or leaf than it should be.
    #[error("inclusion: {field} is {found}, must be {expected}")]
    Inclusion {
        /// `index` or `size`.
        field: &'static str,
        /// As it stands there.
        found: u64,
        /// As it must be.
        expected: u64,
    },
    /// A digest could not be computed.
    #[error(transparent)]
    NotCanonical(#[from] NotCanonical),
}

impl PublicEvent {
    /// Holds contents against place; answers the event's leaf.
    pub fn leaf(&self) -> Result<Hash, ServedError> {
        let found = canonical::digest(&self.event)?;
        if found != self.place.sha256 {
            let (seq, expected) = (self.place.seq, self.place.sha256.clone());
            return Err(ServedError::Contents { seq, found, expected });
        }
        Ok(self.place.hash()?)
    }
}

impl ServedEvent {
    /// The leaf of event `seq`, after what is public of it was held against it.
    pub fn held(&self, seq: u64) -> Result<Hash, ServedError> {
        if let Some(public) = &self.public {
            if public.place.seq != seq {
                return Err(ServedError::Place { seq, what: "another event was answered in its place" });
            }
            if public.leaf()? != self.leaf {
                return Err(ServedError::Place { seq, what: "its leaf does not follow from its contents and place" });
            }
        }
        Ok(self.leaf)
    }
}

impl EventProof {
    /// Holds everything against everything: contents, place, tree, and the checkpoint against the
    /// pinned `log` key, or one that it was handed over to, and every pinned witness.
    pub fn verify(&self, log: &Verifier, witnesses: &[Verifier]) -> Result<Checkpoint, ServedError> {
        let (seq, kind) = (self.public.place.seq, self.public.place.kind.as_str());
        // Other kinds have the same summary in them, and mean something else.
        if kind != ENTRY && kind != OBJECT_ENTRY {
            return Err(ServedError::Place { seq, what: "it is no entry" });
        }
        let leaf = self.public.leaf()?;
        let mut terms = Terms::of(log.clone());
        terms.follow(&self.handovers)?;
        let (checkpoint, _) = terms.open(&self.checkpoint)?;
        for key in witnesses {
            note::open(&self.checkpoint, std::slice::from_ref(key))
                .map_err(|source| ServedError::Witness { witness: key.name().to_owned(), source })?;
        }
        included::stands(seq, &leaf, &self.inclusion, &checkpoint)?;
        Ok(checkpoint)
    }
}
