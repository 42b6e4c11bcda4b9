//! Functional checks (item 63.2): requests with what their answers must be. The lab carries them
//! out; those that would accept a wrong answer are refused as vacuous.

use std::collections::BTreeMap;

use kube::KubeSchema;
use serde::{Deserialize, Serialize};

use crate::json::Json;

/// One functional check: steps in order, with values carried from one to the next.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Check {
    /// Name, unique in the manifest.
    #[schemars(length(min = 1, max = 63), regex(pattern = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"))]
    pub name: String,
    /// Steps; a failed one ends the check.
    #[schemars(length(min = 1, max = 20))]
    pub steps: Vec<Step>,
    /// How often users do this, beside the other checks: the load draws by it. 0 keeps a check out of the load, which the plan of each run shows.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    #[schemars(range(max = 100))]
    pub weight: u32,
}

const fn one() -> u32 {
    1
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde gives a reference
const fn is_one(weight: &u32) -> bool {
    *weight == 1
}

/// A request and what its answer must be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// The request.
    pub request: Request,
    /// The expectation.
    pub expect: Expect,
    /// Values to keep for later steps: variable → JSON pointer (RFC 6901) into the answer's body. Later requests and expectations name them as `{{variable}}`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub carry: BTreeMap<String, String>,
}

/// An HTTP request to a component.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    /// Component that is asked; the one behind the ingress where it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 30))]
    pub component: Option<String>,
    /// `GET`, `POST`, …
    #[schemars(regex(pattern = r"^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS)$"))]
    pub method: String,
    /// Path and query, from `/`.
    #[schemars(length(max = 2000), regex(pattern = r"^/"))]
    pub path: String,
    /// Headers by lower-case name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// JSON body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Json>,
}

/// What an answer must be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Expect {
    /// Status code.
    #[schemars(range(min = 100, max = 599))]
    #[x_kube(validation = Rule::new("self < 500").message("spec.checks.steps.expect.status: 500 and above says that the service failed; expect what it answers when it works (item 63.2)"))]
    pub status: u16,
    /// Headers by lower-case name; the answer's value must be equal.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// JSON value that the body must contain: objects field by field, everything else by equality.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Json>,
    /// JSON Schema that the body must satisfy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<Json>,
}

impl Step {
    /// Whether it can be asked without a value of another step.
    #[must_use]
    pub fn stands_alone(&self) -> bool {
        !names_variable(&self.request) && !self.expect.names_variable()
    }
}

impl Expect {
    /// Whether it names a value of another step.
    #[must_use]
    pub fn names_variable(&self) -> bool {
        names_variable(self)
    }
}

/// Variables are named in text only, so the whole text can be searched.
fn names_variable(part: &impl Serialize) -> bool {
    serde_json::to_string(part).is_ok_and(|text| text.contains("{{"))
}
