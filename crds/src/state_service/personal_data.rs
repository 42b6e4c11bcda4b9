//! Personal data and the power that needs each datum (items 60 and 61).

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One kind of personal datum.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct PersonalDatum {
    /// The datum, for example `personal number`.
    #[schemars(length(min = 1, max = 200))]
    pub datum: String,
    /// On what the processing rests.
    #[x_kube(validation = Rule::new("self != 'consent'").message("spec.personalData.basis: item 61: consent is no basis for processing in a state service; name the power that needs the datum"))]
    pub basis: Basis,
    /// Name of the power in `spec.decision.powers` that needs it.
    #[schemars(length(min = 1, max = 63))]
    pub power: String,
    /// Why the power cannot be exercised without it.
    #[schemars(length(min = 1, max = 500))]
    pub need: String,
}

/// On what processing rests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Basis {
    /// A power or duty of the supplier by law.
    Power,
    /// Known, so that it can be refused with the item that forbids it.
    Consent,
}
