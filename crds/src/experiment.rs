//! `Experiment`: load and faults over a steady state, with limits, and where the measurements are.
//! The operator makes one for each release; a team makes one as a rehearsal.

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
    printcolumn(name = "Release", type_ = "string", json_path = ".spec.release"),
    printcolumn(name = "Rehearsal", type_ = "boolean", json_path = ".spec.rehearsal"),
    printcolumn(name = "Phase", type_ = "string", json_path = ".status.message"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = Rule::new("self == oldSelf").message("spec: an experiment never changes once it is made"),
    validation = Rule::new("self.rehearsal || (size(self.release) > 0 && has(self.plan))").message("spec.rehearsal: an experiment made by a team is a rehearsal; only the operator makes others")
)]
pub struct ExperimentSpec {
    /// StateService in this namespace.
    #[schemars(length(min = 1, max = 40))]
    pub service: String,
    /// Release whose candidate is under test; made by the operator.
    #[serde(default)]
    pub release: String,
    /// Whether nothing of it is reported.
    #[serde(default)]
    pub rehearsal: bool,
    /// The plan, as it was announced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("type" = "object"))]
    pub plan: Option<Json>,
}

/// How far an experiment came, and where its measurements are.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExperimentStatus {
    /// `Announced`, `Verified`, `Measured`.
    #[serde(default)]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["type".to_owned()]))]
    pub conditions: Vec<Condition>,
    /// Release that carries it out.
    #[serde(default)]
    pub release: String,
    /// What is going on, in one line.
    #[serde(default)]
    pub message: String,
    /// `repository@sha256:…` of the functional results.
    #[serde(default)]
    pub verify_results: String,
    /// `repository@sha256:…` of the measurements under load and faults.
    #[serde(default)]
    pub prove_results: String,
}
