//! A description from which operations were drawn, as it was served: whoever has it draws the same again.

use serde::{Deserialize, Serialize};

/// What was drawn from one description, for people; the verdict draws again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DrawnEvidence {
    /// Component that served it.
    pub component: String,
    /// Its path.
    pub path: String,
    /// Its text, byte for byte: its SHA-256 is the digest of the description that was verified.
    pub description: String,
    /// Names of the operations that were drawn, in order; they stand in the load behind those of the plan.
    pub operations: Vec<String>,
}
