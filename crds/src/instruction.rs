//! `Instruction`: a binding instruction of the regulator (item 56.7), delivered to the team that
//! must carry it out.

use kube::{CustomResource, KubeSchema};
use serde::{Deserialize, Serialize};

/// A binding instruction of the regulator (item 56.7).
#[derive(CustomResource, KubeSchema, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[kube(
    group = "factory.gov.kg",
    version = "v1alpha1",
    kind = "Instruction",
    plural = "instructions",
    shortname = "ins",
    category = "factory",
    namespaced,
    cel,
    derive = "PartialEq",
    doc = "A binding instruction of the regulator to raise the resilience of a service (item 56.7).",
    printcolumn(name = "Service", type_ = "string", json_path = ".spec.service"),
    printcolumn(name = "Due", type_ = "string", json_path = ".spec.due"),
    printcolumn(name = "Finding", type_ = "string", json_path = ".spec.finding"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
)]
#[serde(rename_all = "camelCase")]
pub struct InstructionSpec {
    /// StateService in this namespace.
    #[schemars(length(min = 1, max = 40))]
    pub service: String,
    /// What was found.
    #[schemars(length(min = 1, max = 2000))]
    pub finding: String,
    /// On which act and measurement it rests.
    #[schemars(length(min = 1, max = 1000))]
    pub basis: String,
    /// Date by which it must be carried out, `YYYY-MM-DD`.
    #[schemars(regex(pattern = r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"))]
    pub due: String,
    /// Name of the experiment that closes it, when a release passes it.
    #[schemars(length(min = 1, max = 253))]
    pub experiment: String,
}
