//! The decision to create or change a state service (item 62): no build without it.

use kube::KubeSchema;
use serde::{Deserialize, Serialize};

/// The seven parts that item 62 asks of a decision, and who reports the tests (63.2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Decision {
    /// Number of the decision in the body's own records.
    #[schemars(length(min = 1, max = 100))]
    pub number: String,
    /// Date of the decision, `YYYY-MM-DD`.
    #[schemars(regex(pattern = r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"))]
    pub date: String,
    /// 62.1: the supplier of the service.
    #[x_kube(validation = Rule::new("size(self) > 0").message("spec.decision.supplier: item 62.1: name the supplier of the service"))]
    #[schemars(length(max = 500))]
    pub supplier: String,
    /// 62.2: users and consumers of the service.
    #[x_kube(validation = Rule::new("size(self) > 0").message("spec.decision.users: item 62.2: name users and consumers of the service"))]
    #[schemars(length(max = 50))]
    pub users: Vec<String>,
    /// 62.3: functions and powers within which the service is used.
    #[x_kube(validation = Rule::new("size(self) > 0").message("spec.decision.powers: item 62.3: name the functions and powers within which the service is used"))]
    #[schemars(length(max = 50))]
    pub powers: Vec<Power>,
    /// 62.4: digital technological systems by which the service is provided.
    #[x_kube(validation = Rule::new("size(self) > 0").message("spec.decision.systems: item 62.4: name the systems by which the service is provided"))]
    #[schemars(length(max = 50))]
    pub systems: Vec<String>,
    /// 62.5: sources of data and other state services processed within the service.
    #[x_kube(validation = Rule::new("size(self) > 0").message("spec.decision.sources: item 62.5: name the sources of data and the services processed"))]
    #[schemars(length(max = 50))]
    pub sources: Vec<String>,
    /// 62.6: methods of access to the service.
    #[x_kube(validation = Rule::new("size(self) > 0").message("spec.decision.access: item 62.6: describe the methods of access"))]
    #[schemars(length(max = 50))]
    pub access: Vec<String>,
    /// 62.7: results of use and the procedure for their use, in other services too.
    #[x_kube(validation = Rule::new("size(self) > 0").message("spec.decision.results: item 62.7: describe the results of use and the procedure for their use"))]
    #[schemars(length(max = 50))]
    pub results: Vec<String>,
    /// 63.2: the supplier reports test results to the regulator; here it delegates that to the factory, by name.
    pub reporting: Delegation,
}

/// A function or power of the supplier, with the name by which personal data refer to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Power {
    /// Short name, unique in the decision.
    #[schemars(length(min = 1, max = 63), regex(pattern = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"))]
    pub name: String,
    /// The act and article that give the power.
    #[schemars(length(min = 1, max = 500))]
    pub act: String,
}

/// Who delegates the reporting of results to the factory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Delegation {
    /// The factory that reports, by name.
    #[schemars(length(min = 1, max = 200))]
    pub to: String,
    /// Name and position of the person who delegates.
    #[schemars(length(min = 1, max = 300))]
    pub by: String,
}
