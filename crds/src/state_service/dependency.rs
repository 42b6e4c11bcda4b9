//! Other state services that a service calls, and the level of service agreed with them (item 51).

use kube::KubeSchema;
use serde::{Deserialize, Serialize};

use crate::span::Span;

/// Another state service that this one calls.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Dependency {
    /// Participant that supplies it.
    #[schemars(length(min = 1, max = 63))]
    pub participant: String,
    /// Its StateService.
    #[schemars(length(min = 1, max = 40))]
    pub service: String,
    /// Number of the agreement on the level of service (51).
    #[schemars(length(min = 1, max = 100))]
    pub agreement: String,
    /// Longest downtime a year that was agreed.
    pub max_downtime_per_year: Span,
}
