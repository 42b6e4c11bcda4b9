//! All kinds of the API group, for whoever writes them out or installs them.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::CustomResourceExt as _;

/// The definitions of all kinds, in the order of the road.
#[must_use]
pub fn all() -> Vec<CustomResourceDefinition> {
    vec![
        crate::Participant::crd(),
        crate::StateService::crd(),
        crate::Release::crd(),
        crate::Experiment::crd(),
        crate::ResilienceStandard::crd(),
        crate::Instruction::crd(),
        crate::Environment::crd(),
        crate::BuildStrategy::crd(),
        crate::LaunchPermit::crd(),
    ]
}
