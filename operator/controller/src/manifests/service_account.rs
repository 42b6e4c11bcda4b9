//! ServiceAccount of a component: a name without any right, and no token in the pod.

use factory_crds::state_service::Component;
use k8s_openapi::api::core::v1::ServiceAccount;

use super::Place;

/// Account of `component` in `place`.
#[must_use]
pub fn build(place: &Place<'_>, component: &Component) -> ServiceAccount {
    ServiceAccount {
        metadata: place.meta(&component.name),
        automount_service_account_token: Some(false),
        ..ServiceAccount::default()
    }
}
