//! Bindings to basic services and migrations of their data (item 12.5). Of the kinds of basic services the
//! factory has one, a database; the words of the others are fixed so that manifests need not change, and
//! are refused at the door, as migrations are.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::component::Resources;

/// Port of a database.
pub const DATABASE_PORT: u16 = 5432;

/// A basic service that the service needs. A `database` is PostgreSQL 15 of this service's own, which the factory puts up before the components: an empty one for each candidate, one that stays for the launched service. It is reached from the named components alone, by these variables: `PGHOST`, `PGPORT`, `PGDATABASE`, `PGUSER` and `PGPASSWORD`, which libpq reads by itself, and `DATABASE_URL`, which says the same as `postgres://…`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Binding {
    /// Name, which no component has; the database's host. Under another name a launched service gets another, empty database.
    #[schemars(length(min = 1, max = 30), regex(pattern = r"^[a-z]([-a-z0-9]*[a-z0-9])?$"))]
    #[x_kube(validation = Rule::new("self != 'default-deny'").message("spec.bindings.name: `default-deny` is the network policy that closes a service's namespace; take another name"))]
    pub name: String,
    /// What it is. This version of the factory has databases.
    #[x_kube(validation = Rule::new("self == 'database'").message("spec.bindings.kind: only `database` is carried out by this version of the factory (item 12.5)"))]
    pub kind: BindingKind,
    /// Components that use it, and that alone reach it.
    #[schemars(length(min = 1, max = 20), inner(length(min = 1, max = 30)))]
    pub components: Vec<String>,
    /// Room for its data, for example `1Gi`. The launched service's is made once: a later release does not change it.
    #[serde(default = "default_storage")]
    #[schemars(regex(pattern = r"^[1-9][0-9]{0,5}(Mi|Gi)$"))]
    pub storage: String,
    /// Processor time and memory of the database, a quarter of which are its shared buffers.
    #[serde(default = "default_resources")]
    pub resources: Resources,
}

fn default_storage() -> String {
    "1Gi".to_owned()
}

fn default_resources() -> Resources {
    Resources { cpu: "100m".to_owned(), memory: "256Mi".to_owned() }
}

impl Binding {
    /// Whether the component of that name uses it.
    #[must_use]
    pub fn serves(&self, component: &str) -> bool {
        self.components.iter().any(|name| name == component)
    }
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
