//! `Instruction`: a binding instruction of the regulator (item 56.7), delivered to the team that
//! must carry it out. It is issued in the register, whose log has it; the operator keeps an object of it in
//! the participant's namespace for as long as it is open, and nobody else writes one.

use kube::{CustomResource, KubeSchema};
use serde::{Deserialize, Serialize};

use crate::resilience_standard::FaultKind;

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
    printcolumn(name = "Experiment", type_ = "string", json_path = ".spec.experiment"),
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
    /// Fault that a release must survive to close it: of a run that was announced after it was issued, felt
    /// by every component, within its limits, and confirmed.
    pub experiment: FaultKind,
}
