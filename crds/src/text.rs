//! A text in the three languages of the register.

use kube::KubeSchema;
use serde::{Deserialize, Serialize};

/// The same text in Kyrgyz (state language), Russian (official language) and English.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Text {
    /// Kyrgyz.
    #[schemars(length(min = 1, max = 2000))]
    pub ky: String,
    /// Russian.
    #[schemars(length(min = 1, max = 2000))]
    pub ru: String,
    /// English.
    #[schemars(length(min = 1, max = 2000))]
    pub en: String,
}
