//! Where users and other services reach the service, in which open formats (items 9, 17.9, 37).

use kube::KubeSchema;
use serde::{Deserialize, Serialize};

/// Where users reach the launched service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Ingress {
    /// Host name, such as `address.gov.kg`: without `https://`, port or path, and no address of numbers.
    #[schemars(
        length(max = 253),
        regex(pattern = r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)*$")
    )]
    pub host: String,
    /// Component that answers.
    #[schemars(length(min = 1, max = 30))]
    pub component: String,
}

/// An interface that is described and open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Interface {
    /// Component that serves it.
    #[schemars(length(min = 1, max = 30))]
    pub component: String,
    /// Path of its OpenAPI 3 description on the running service.
    #[schemars(length(max = 200), regex(pattern = r"^/"))]
    pub openapi: String,
    /// Open media types that it speaks.
    #[schemars(length(min = 1, max = 20))]
    pub media_types: Vec<String>,
    /// How often each operation that is drawn from the description comes in the load, beside the checks: ones that only
    /// read, need no sign-in, and whose input the description gives by an example, a list or a default. None is drawn
    /// where nothing is said.
    #[serde(default, skip_serializing_if = "is_zero")]
    #[schemars(range(max = 100))]
    pub weight: u32,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde gives a reference
const fn is_zero(weight: &u32) -> bool {
    *weight == 0
}
