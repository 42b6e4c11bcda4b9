//! What pods used while a soak went on, as the lab read it on their nodes: a series of numbers for each life of a
//! container, and nothing said of whether they grow.

use serde::{Deserialize, Serialize};

/// A pod in the soak.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SoakedPod {
    /// Its component.
    pub component: String,
    /// UID: a name can be made again, a UID cannot.
    pub uid: String,
    /// Whether it was ready when the soak began; one that came later was not.
    pub ready: bool,
    /// When it was seen to be terminating or gone, if it was before the soak ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gone_ms: Option<u64>,
    /// Why it could not be looked at, a line each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<String>,
    /// One for each life of its first container that was seen: a container that was started again begins another.
    pub runs: Vec<SoakedRun>,
}

/// One life of a container.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SoakedRun {
    /// Its limit of memory in bytes; 0 where it has none.
    pub memory_limit: u64,
    /// The smallest limit of open descriptors among its processes; 0 where it is not known.
    pub descriptor_limit: u64,
    /// Milliseconds from the start of the load, bytes of memory that it could not give back, and open descriptors of
    /// the process that has most of them; rising in time.
    pub samples: Vec<[u64; 3]>,
}
