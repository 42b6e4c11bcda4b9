//! `Participant`: a member of the ecosystem (item 14), registered by the regulator. Its name is the
//! namespace in which its teams write manifests; the operator makes that namespace, its rights,
//! quota and default-deny network policy.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::text::Text;

/// A member of the ecosystem: state body, supplier, owner or processor (item 14).
#[derive(CustomResource, KubeSchema, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[kube(
    group = "factory.gov.kg",
    version = "v1alpha1",
    kind = "Participant",
    plural = "participants",
    shortname = "part",
    category = "factory",
    cel,
    status = "ParticipantStatus",
    derive = "PartialEq",
    doc = "A member of the ecosystem: state body, supplier, owner or processor (item 14). Its name is its namespace.",
    printcolumn(name = "Kind", type_ = "string", json_path = ".spec.kind"),
    printcolumn(name = "Ready", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].status"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
    validation = Rule::new("!self.metadata.name.startsWith('kube-') && !self.metadata.name.startsWith('factory-') && !self.metadata.name.startsWith('svc-') && self.metadata.name != 'default'").message("metadata.name: kube-*, factory-*, svc-* and default are reserved namespaces")
)]
#[serde(rename_all = "camelCase")]
pub struct ParticipantSpec {
    /// Name of the body.
    pub title: Text,
    /// What it is.
    pub kind: ParticipantKind,
    /// Groups of the identity provider whose members may write its manifests (item 66).
    #[schemars(length(min = 1, max = 20))]
    pub groups: Vec<String>,
    /// Official e-mail address.
    #[schemars(length(max = 254), regex(pattern = r"^[^@\s]+@[^@\s]+\.[^@\s]+$"))]
    pub contact: String,
    /// Most StateServices that it may have.
    #[serde(default = "default_services")]
    #[schemars(range(min = 1, max = 1000))]
    pub max_services: u32,
}

fn default_services() -> u32 {
    50
}

/// What a participant is (item 14).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum ParticipantKind {
    /// A state body or body of local self-government.
    StateBody,
    /// A legal entity that supplies services.
    Supplier,
    /// An owner of objects.
    Owner,
    /// A processor of digital records.
    Processor,
}

/// Whether the namespace is ready.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct ParticipantStatus {
    /// `Ready`.
    #[serde(default)]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["type".to_owned()]))]
    pub conditions: Vec<Condition>,
}
