//! Network policies of a service: nothing in or out but what the manifest names, and DNS. The entry
//! component is open to callers outside, as it is in life.

use factory_crds::{StateServiceSpec, state_service::Component};
use k8s_openapi::{
    api::networking::v1::{
        NetworkPolicy, NetworkPolicyEgressRule, NetworkPolicyIngressRule, NetworkPolicyPeer, NetworkPolicyPort,
        NetworkPolicySpec,
    },
    apimachinery::pkg::{apis::meta::v1::LabelSelector, util::intstr::IntOrString},
};

use super::{Place, selector};
use crate::context::LAB_NAMESPACE;

/// Policies of the whole namespace.
#[must_use]
pub fn build(place: &Place<'_>, spec: &StateServiceSpec) -> Vec<NetworkPolicy> {
    let mut policies = vec![policy(place, "default-deny", deny_all())];
    for component in &spec.components {
        let mut rules = between(spec, component);
        if place.purpose() == "lab" {
            // The lab asks every component; in life only its callers do.
            if let Some(ingress) = rules.ingress.as_mut() {
                ingress.push(from_lab(component));
            }
        }
        policies.push(policy(place, &component.name, rules));
    }
    policies
}

/// Of the control, which stands beside the components: only the lab reaches it.
#[must_use]
pub fn of_control(place: &Place<'_>, component: &Component) -> NetworkPolicy {
    let rules = NetworkPolicySpec {
        pod_selector: Some(LabelSelector { match_labels: Some(selector(&component.name)), ..LabelSelector::default() }),
        policy_types: Some(both()),
        ingress: Some(vec![from_lab(component)]),
        egress: None,
    };
    policy(place, &component.name, rules)
}

fn from_lab(component: &Component) -> NetworkPolicyIngressRule {
    NetworkPolicyIngressRule { from: Some(vec![namespace(LAB_NAMESPACE)]), ports: Some(vec![tcp(component.port)]) }
}

/// What may reach `component`, and what it may reach: the part that is the same everywhere.
#[must_use]
pub fn between(spec: &StateServiceSpec, component: &Component) -> NetworkPolicySpec {
    let callers = spec.components.iter().filter(|other| other.calls.contains(&component.name));
    let mut ingress: Vec<_> = callers
        .map(|caller| NetworkPolicyIngressRule {
            from: Some(vec![pods(&caller.name)]),
            ports: Some(vec![tcp(component.port)]),
        })
        .collect();
    if spec.ingress.component == component.name {
        ingress.push(NetworkPolicyIngressRule { from: None, ports: Some(vec![tcp(component.port)]) });
    }
    let mut egress = vec![NetworkPolicyEgressRule { to: None, ports: Some(vec![port("UDP", 53), port("TCP", 53)]) }];
    let called = spec.components.iter().filter(|other| component.calls.contains(&other.name));
    egress.extend(called.map(|other| NetworkPolicyEgressRule {
        to: Some(vec![pods(&other.name)]),
        ports: Some(vec![tcp(other.port)]),
    }));
    NetworkPolicySpec {
        pod_selector: Some(LabelSelector { match_labels: Some(selector(&component.name)), ..LabelSelector::default() }),
        policy_types: Some(both()),
        ingress: Some(ingress),
        egress: Some(egress),
    }
}

fn deny_all() -> NetworkPolicySpec {
    NetworkPolicySpec {
        pod_selector: Some(LabelSelector::default()),
        policy_types: Some(both()),
        ingress: None,
        egress: None,
    }
}

fn both() -> Vec<String> {
    vec!["Ingress".to_owned(), "Egress".to_owned()]
}

fn policy(place: &Place<'_>, name: &str, spec: NetworkPolicySpec) -> NetworkPolicy {
    NetworkPolicy { metadata: place.meta(name), spec: Some(spec) }
}

fn pods(component: &str) -> NetworkPolicyPeer {
    let labels = LabelSelector { match_labels: Some(selector(component)), ..LabelSelector::default() };
    NetworkPolicyPeer { pod_selector: Some(labels), ..NetworkPolicyPeer::default() }
}

fn namespace(name: &str) -> NetworkPolicyPeer {
    let labels = [("kubernetes.io/metadata.name".to_owned(), name.to_owned())].into();
    NetworkPolicyPeer {
        namespace_selector: Some(LabelSelector { match_labels: Some(labels), ..LabelSelector::default() }),
        ..NetworkPolicyPeer::default()
    }
}

fn tcp(number: u16) -> NetworkPolicyPort {
    port("TCP", number)
}

fn port(protocol: &str, number: u16) -> NetworkPolicyPort {
    NetworkPolicyPort {
        protocol: Some(protocol.to_owned()),
        port: Some(IntOrString::Int(i32::from(number))),
        end_port: None,
    }
}
