//! The example manifest and the basic standard, for tests of what is decided from them.

use factory_crds::{ResilienceStandard, StateService, state_service::Binding};
use kube::api::ObjectMeta;

/// `examples/registered-address`, as the API server would hand it over.
#[must_use]
pub fn service() -> StateService {
    let mut service: StateService =
        serde_yaml::from_str(include_str!("../../../../examples/registered-address/service.yaml")).unwrap();
    service.metadata = ObjectMeta { uid: Some("11111111-2222".to_owned()), generation: Some(1), ..service.metadata };
    service
}

/// `pipelines/standards/basic.yaml`.
#[must_use]
pub fn standard() -> ResilienceStandard {
    serde_yaml::from_str(include_str!("../../../../pipelines/standards/basic.yaml")).unwrap()
}

/// The binding of a database `name` to `components`, with the schema's defaults.
#[must_use]
pub fn database(name: &str, components: &[&str]) -> Binding {
    serde_json::from_value(serde_json::json!({"name": name, "kind": "database", "components": components})).unwrap()
}
