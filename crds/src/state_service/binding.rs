//! Bindings to basic services and migrations of their data (item 12.5). The words are fixed now so
//! that manifests need not change; this version refuses them at the door.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A basic service that the service needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Binding {
    /// Name, unique in the manifest.
    #[schemars(length(min = 1, max = 30))]
    pub name: String,
    /// What it is.
    pub kind: BindingKind,
    /// Components that use it.
    #[schemars(length(min = 1, max = 20))]
    pub components: Vec<String>,
}

/// Kinds of basic services.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum BindingKind {
    /// A relational database.
    Database,
    /// A message queue.
    Queue,
    /// A store of objects.
    Storage,
    /// Sign-in of users.
    Identity,
}

/// A change of stored data that goes with a release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Migration {
    /// Name, unique in the manifest.
    #[schemars(length(min = 1, max = 63))]
    pub name: String,
    /// Binding whose data change.
    #[schemars(length(min = 1, max = 30))]
    pub binding: String,
    /// Component whose image carries it.
    #[schemars(length(min = 1, max = 30))]
    pub component: String,
    /// Command that carries it out.
    #[schemars(length(min = 1, max = 20))]
    pub command: Vec<String>,
}
