//! What a candidate ran on while the ladder was asked: a capacity is one of so many pods on such nodes, and of nothing
//! else. Nodes have no names here, and no addresses: how a cluster is built is nobody's business who reads a dossier.

use serde::{Deserialize, Serialize};

/// The nodes with pods of the candidate, as the API server described them when the ladder began.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Profile {
    /// In the order of their names, which are left out.
    pub nodes: Vec<NodeProfile>,
}

/// A node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NodeProfile {
    /// CPU that pods may have of it, in thousandths of a CPU.
    pub cpu_milli: u64,
    /// Memory that pods may have of it, in bytes.
    pub memory_bytes: u64,
    /// For example `amd64`.
    pub architecture: String,
    /// Version of its kernel.
    pub kernel: String,
    /// Ready pods of the candidate on it, by component, then by limits.
    pub pods: Vec<PodsProfile>,
}

/// Pods that are alike.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PodsProfile {
    /// Component or database.
    pub component: String,
    /// How many.
    pub count: u32,
    /// Limit of CPU of all containers of one together, in thousandths; `None` where one has none.
    pub cpu_milli: Option<u64>,
    /// Limit of memory of the same, in bytes.
    pub memory_bytes: Option<u64>,
}

impl Profile {
    /// Ready pods of `component`.
    #[must_use]
    pub fn pods(&self, component: &str) -> u64 {
        let own = self.nodes.iter().flat_map(|node| &node.pods).filter(|pods| pods.component == component);
        own.fold(0, |sum: u64, pods| sum.saturating_add(pods.count.into()))
    }
}
