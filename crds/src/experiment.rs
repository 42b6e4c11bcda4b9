//! `Experiment`: load and faults over a steady state, and where the measurements are. The operator
//! makes one for each release, after its announcement and before the lab; a team makes one as a
//! rehearsal. Who may make which is admission's to say; that the two look different is said here.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::{CustomResource, KubeSchema};
use serde::{Deserialize, Serialize};

use crate::json::Json;

/// Load and faults over a steady state of one candidate.
#[derive(CustomResource, KubeSchema, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[kube(
    group = "factory.gov.kg",
    version = "v1alpha1",
    kind = "Experiment",
    plural = "experiments",
    shortname = "exp",
    category = "factory",
    namespaced,
    cel,
    status = "ExperimentStatus",
    derive = "PartialEq",
    doc = "Load and faults over a steady state of one candidate, and where the measurements are.",
    printcolumn(name = "Service", type_ = "string", json_path = ".spec.service"),
    printcolumn(name = "Rehearsal", type_ = "boolean", json_path = ".spec.rehearsal"),
    printcolumn(name = "Release", type_ = "string", json_path = ".status.release", priority = 1),
    printcolumn(
        name = "Announced",
        type_ = "string",
        json_path = ".status.conditions[?(@.type==\"Announced\")].status"
    ),
    printcolumn(name = "Verified", type_ = "string", json_path = ".status.conditions[?(@.type==\"Verified\")].status"),
    printcolumn(name = "Measured", type_ = "string", json_path = ".status.conditions[?(@.type==\"Measured\")].status"),
    printcolumn(name = "Why", type_ = "string", json_path = ".status.message"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
    validation = Rule::new("size(self.metadata.name) <= 63").message("metadata.name: at most 63 characters, because labels are made from it")
)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = Rule::new("self == oldSelf").message("spec: an experiment never changes once it is made"),
    validation = Rule::new("self.rehearsal || (size(self.release) > 0 && has(self.plan))").message("spec.rehearsal: an experiment made by a team is a rehearsal; only the operator makes others"),
    validation = Rule::new("!self.rehearsal || (size(self.release) == 0 && !has(self.plan))").message("spec.release, spec.plan: a rehearsal names neither; both follow from the newest release of its service")
)]
pub struct ExperimentSpec {
    /// StateService in this namespace whose candidate is under test; its name alone, since nothing of another
    /// namespace can be a target.
    #[schemars(length(min = 1, max = 40), regex(pattern = r"^[a-z]([-a-z0-9]*[a-z0-9])?$"))]
    pub service: String,
    /// Release in this namespace that carries it out, and that gave it its name. Empty for a
    /// rehearsal, whose release is made from it: see `status.release`.
    #[serde(default)]
    pub release: String,
    /// Whether it only tries the service out: not announced, not reported, no evidence. A team makes
    /// rehearsals and nothing else; the operator makes the others.
    #[serde(default)]
    pub rehearsal: bool,
    /// The plan, as it was announced in the register before the first request: the functional checks
    /// (`verify`), the load and the phases with their faults (`prove`). None for a rehearsal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("type" = "object"))]
    pub plan: Option<Json>,
}

/// How far an experiment came, and where its measurements are.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExperimentStatus {
    /// `Announced`: plan and bundle are in the register's log; the message has the announcement's id;
    /// `False` for a rehearsal. `Verified`: the functional checks passed. `Measured`: what happened under
    /// load and faults is in `proveResults`, whatever the verdict on it. `Unknown` is still to come.
    #[serde(default)]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["type".to_owned()]))]
    pub conditions: Vec<Condition>,
    /// Release that carries it out.
    #[serde(default)]
    pub release: String,
    /// Where it is and why, in one line; at the end the outcome and the worst finding.
    #[serde(default)]
    pub message: String,
    /// `repository@sha256:…` of the functional results in the image registry, once they are there.
    #[serde(default)]
    pub verify_results: String,
    /// `repository@sha256:…` of the measurements under load and faults in the image registry, once they
    /// are there.
    #[serde(default)]
    pub prove_results: String,
}
