//! PodDisruptionBudget of a component: a drain takes one pod at a time.

use factory_crds::state_service::Component;
use k8s_openapi::{
    api::policy::v1::{PodDisruptionBudget, PodDisruptionBudgetSpec},
    apimachinery::pkg::{apis::meta::v1::LabelSelector, util::intstr::IntOrString},
};

use super::{Place, selector};

/// Budget of `component` in `place`.
#[must_use]
pub fn build(place: &Place<'_>, component: &Component) -> PodDisruptionBudget {
    PodDisruptionBudget {
        metadata: place.meta(&component.name),
        spec: Some(spec(component)),
        ..PodDisruptionBudget::default()
    }
}

/// Its spec.
#[must_use]
pub fn spec(component: &Component) -> PodDisruptionBudgetSpec {
    PodDisruptionBudgetSpec {
        max_unavailable: Some(IntOrString::Int(1)),
        selector: Some(LabelSelector { match_labels: Some(selector(&component.name)), ..LabelSelector::default() }),
        // A pod that is not ready protects nothing and must not hold up a drain for ever.
        unhealthy_pod_eviction_policy: Some("AlwaysAllow".to_owned()),
        ..PodDisruptionBudgetSpec::default()
    }
}
