//! Service of a component: the name by which others call it.

use factory_crds::state_service::Component;
use k8s_openapi::{
    api::core::v1::{Service, ServicePort, ServiceSpec},
    apimachinery::pkg::util::intstr::IntOrString,
};

use super::{Place, selector};

/// Service of `component` in `place`.
#[must_use]
pub fn build(place: &Place<'_>, component: &Component) -> Service {
    Service { metadata: place.meta(&component.name), spec: Some(spec(component)), ..Service::default() }
}

/// Its spec.
#[must_use]
pub fn spec(component: &Component) -> ServiceSpec {
    ServiceSpec {
        selector: Some(selector(&component.name)),
        ports: Some(vec![ServicePort {
            name: Some("http".to_owned()),
            port: i32::from(component.port),
            target_port: Some(IntOrString::Int(i32::from(component.port))),
            protocol: Some("TCP".to_owned()),
            app_protocol: component.speech().app_protocol().map(str::to_owned),
            ..ServicePort::default()
        }]),
        ..ServiceSpec::default()
    }
}
