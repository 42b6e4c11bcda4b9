//! Service of a component or of a database: the name by which others call it.

use factory_crds::state_service::{Binding, Component, DATABASE_PORT};
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

/// Service of the database of `binding` in `place`.
#[must_use]
pub fn of_database(place: &Place<'_>, binding: &Binding) -> Service {
    let spec = at(&binding.name, ("postgres", None), DATABASE_PORT);
    Service { metadata: place.meta(&binding.name), spec: Some(spec), ..Service::default() }
}

/// Its spec.
#[must_use]
pub fn spec(component: &Component) -> ServiceSpec {
    at(&component.name, ("http", component.speech().app_protocol()), component.port)
}

/// A port by its name, and what is spoken there where Kubernetes has a word for it.
fn at(name: &str, (port_name, spoken): (&str, Option<&str>), port: u16) -> ServiceSpec {
    ServiceSpec {
        selector: Some(selector(name)),
        ports: Some(vec![ServicePort {
            name: Some(port_name.to_owned()),
            port: i32::from(port),
            target_port: Some(IntOrString::Int(i32::from(port))),
            protocol: Some("TCP".to_owned()),
            app_protocol: spoken.map(str::to_owned),
            ..ServicePort::default()
        }]),
        ..ServiceSpec::default()
    }
}
