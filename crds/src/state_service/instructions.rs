//! Instructions for use of the service (items 64 and 65), shown with the register's entry.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::text::Text;

/// Instructions for use, as items 64 and 65 ask for them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Instructions {
    /// Address of the published instructions on the supplier's site (64).
    #[schemars(length(max = 500), regex(pattern = r"^https?://"))]
    pub url: String,
    /// 64: rights of users.
    pub rights: Text,
    /// 64: duties of users.
    pub duties: Text,
    /// 64: what to do for each purpose of use.
    #[schemars(length(min = 1, max = 50))]
    #[x_kube(validation = Rule::new("size(self) > 0").message("spec.instructions.procedures: item 64: describe the procedure for each purpose of use"))]
    pub procedures: Vec<Procedure>,
    /// 65.1: types and sources of the data processed, and whose they are.
    #[schemars(length(min = 1, max = 50))]
    pub data: Vec<String>,
    /// 65.2: what is done with the data.
    #[schemars(length(min = 1, max = 5))]
    pub operations: Vec<DataOperation>,
    /// 65.3: digital records that change by it; `none` where none does.
    #[schemars(length(min = 1, max = 50))]
    pub changed_records: Vec<String>,
    /// 64: whether the supplier acts without being asked (pro-active procedure).
    #[serde(default)]
    pub proactive: bool,
}

/// What to do for one purpose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Procedure {
    /// The purpose.
    pub goal: Text,
    /// Steps in order.
    #[schemars(length(min = 1, max = 30))]
    pub steps: Vec<Text>,
}

/// 65.2: kinds of processing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum DataOperation {
    /// New data come into being.
    Creation,
    /// Data are brought up to date.
    Updating,
    /// Data are made more exact.
    Refining,
    /// Data are changed.
    Change,
    /// Data are looked up.
    Search,
}
