//! Ingress of a launched service. A candidate has none: the lab asks its Service.

use factory_crds::StateServiceSpec;
use k8s_openapi::api::networking::v1::{
    HTTPIngressPath, HTTPIngressRuleValue, Ingress, IngressBackend, IngressRule, IngressServiceBackend, IngressSpec,
    ServiceBackendPort,
};

use super::Place;

/// Ingress of `spec` in `place`.
#[must_use]
pub fn build(place: &Place<'_>, spec: &StateServiceSpec) -> Ingress {
    let backend = IngressBackend {
        service: Some(IngressServiceBackend {
            name: spec.ingress.component.clone(),
            port: Some(ServiceBackendPort { name: Some("http".to_owned()), number: None }),
        }),
        resource: None,
    };
    let path = HTTPIngressPath { path: Some("/".to_owned()), path_type: "Prefix".to_owned(), backend };
    Ingress {
        metadata: place.meta(&spec.ingress.component),
        spec: Some(IngressSpec {
            ingress_class_name: place.environment.ingress_class.clone(),
            rules: Some(vec![IngressRule {
                host: Some(spec.ingress.host.clone()),
                http: Some(HTTPIngressRuleValue { paths: vec![path] }),
            }]),
            ..IngressSpec::default()
        }),
        status: None,
    }
}
