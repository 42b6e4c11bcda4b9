//! Network policies of a service: nothing in or out but what the manifest names, and cluster DNS. The entry
//! component is open to callers outside, as it is in life; a database to the components that use it, and
//! not to the lab.

use factory_crds::{
    StateServiceSpec,
    state_service::{Binding, Component, DATABASE_PORT},
};
use k8s_openapi::{
    api::networking::v1::{
        IPBlock, NetworkPolicy, NetworkPolicyEgressRule, NetworkPolicyIngressRule, NetworkPolicyPeer,
        NetworkPolicyPort, NetworkPolicySpec,
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
        let mut rules = between(spec, component, &place.environment.dns_cidrs);
        if !place.is_live() {
            // The lab asks every component; in life only its callers do.
            if let Some(ingress) = rules.ingress.as_mut() {
                ingress.push(from_lab(component));
            }
        }
        policies.push(policy(place, &component.name, rules));
    }
    let databases = spec.bindings.iter().map(|binding| policy(place, &binding.name, around(binding)));
    policies.extend(databases);
    policies
}

/// Of the control, which stands beside the components: only the lab reaches it.
#[must_use]
pub fn of_control(place: &Place<'_>, component: &Component) -> NetworkPolicy {
    policy(place, &component.name, of_pods(&component.name, vec![from_lab(component)], None))
}

/// Of the twin, which stands in front of `asked`: the lab reaches it, and it reaches that component; and of that
/// component, which it reaches.
#[must_use]
pub fn of_twin(place: &Place<'_>, twin: &Component, asked: &Component) -> [NetworkPolicy; 2] {
    let ports = || Some(vec![tcp(asked.port)]);
    let to = NetworkPolicyEgressRule { to: Some(vec![pods(&asked.name)]), ports: ports() };
    let from = NetworkPolicyIngressRule { from: Some(vec![pods(&twin.name)]), ports: ports() };
    [
        policy(
            place,
            &twin.name,
            of_pods(&twin.name, vec![from_lab(twin)], Some(vec![to_dns(&place.environment.dns_cidrs), to])),
        ),
        policy(place, &format!("{}-asks", twin.name), of_pods(&asked.name, vec![from], None)),
    ]
}

/// To whoever answers for names: the cluster's pods for that, and `addresses`. Any other would be a way out.
fn to_dns(addresses: &[String]) -> NetworkPolicyEgressRule {
    let resolver = LabelSelector {
        match_labels: Some([("k8s-app".to_owned(), "kube-dns".to_owned())].into()),
        ..LabelSelector::default()
    };
    let pods = NetworkPolicyPeer { pod_selector: Some(resolver), ..namespace("kube-system") };
    let blocks = addresses.iter().map(|cidr| NetworkPolicyPeer {
        ip_block: Some(IPBlock { cidr: cidr.clone(), except: None }),
        ..NetworkPolicyPeer::default()
    });
    let to = std::iter::once(pods).chain(blocks).collect();
    NetworkPolicyEgressRule { to: Some(to), ports: Some(vec![port("UDP", 53), port("TCP", 53)]) }
}

fn from_lab(component: &Component) -> NetworkPolicyIngressRule {
    NetworkPolicyIngressRule { from: Some(vec![namespace(LAB_NAMESPACE)]), ports: Some(vec![tcp(component.port)]) }
}

/// What may reach `component`, and what it may reach: the part that is the same everywhere but for the addresses of
/// cluster DNS.
#[must_use]
pub fn between(spec: &StateServiceSpec, component: &Component, dns: &[String]) -> NetworkPolicySpec {
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
    let mut egress = vec![to_dns(dns)];
    let called = spec.components.iter().filter(|other| component.calls.contains(&other.name));
    egress.extend(called.map(|other| NetworkPolicyEgressRule {
        to: Some(vec![pods(&other.name)]),
        ports: Some(vec![tcp(other.port)]),
    }));
    egress.extend(spec.bound(&component.name).map(|binding| NetworkPolicyEgressRule {
        to: Some(vec![pods(&binding.name)]),
        ports: Some(vec![tcp(DATABASE_PORT)]),
    }));
    of_pods(&component.name, ingress, Some(egress))
}

/// What may reach the database of `binding`: the components that use it, and nobody else. It reaches nothing.
#[must_use]
pub fn around(binding: &Binding) -> NetworkPolicySpec {
    let from = binding.components.iter().map(|component| pods(component)).collect();
    let rule = NetworkPolicyIngressRule { from: Some(from), ports: Some(vec![tcp(DATABASE_PORT)]) };
    of_pods(&binding.name, vec![rule], None)
}

fn deny_all() -> NetworkPolicySpec {
    rules(LabelSelector::default(), None, None)
}

/// Of the pods called `name`.
fn of_pods(
    name: &str,
    ingress: Vec<NetworkPolicyIngressRule>,
    egress: Option<Vec<NetworkPolicyEgressRule>>,
) -> NetworkPolicySpec {
    rules(labelled(name), Some(ingress), egress)
}

/// Both ways are ruled: where nothing is said, nothing passes.
fn rules(
    pods: LabelSelector,
    ingress: Option<Vec<NetworkPolicyIngressRule>>,
    egress: Option<Vec<NetworkPolicyEgressRule>>,
) -> NetworkPolicySpec {
    NetworkPolicySpec { pod_selector: Some(pods), policy_types: Some(both()), ingress, egress }
}

fn both() -> Vec<String> {
    vec!["Ingress".to_owned(), "Egress".to_owned()]
}

fn labelled(name: &str) -> LabelSelector {
    LabelSelector { match_labels: Some(selector(name)), ..LabelSelector::default() }
}

fn policy(place: &Place<'_>, name: &str, spec: NetworkPolicySpec) -> NetworkPolicy {
    NetworkPolicy { metadata: place.meta(name), spec: Some(spec) }
}

fn pods(component: &str) -> NetworkPolicyPeer {
    NetworkPolicyPeer { pod_selector: Some(labelled(component)), ..NetworkPolicyPeer::default() }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{manifests::places, state_service::examples};

    #[test]
    fn a_twin_is_reached_by_the_lab_alone_and_reaches_the_service_and_names_alone() {
        let (spec, environment) = (examples::service().spec, places::environment("lab"));
        let (asked, twin) = (&spec.components[1], crate::manifests::twin::component());
        let [own, of_asked] = of_twin(&places::in_environment(&environment), &twin, asked);
        let own = own.spec.unwrap();
        assert_eq!((own.pod_selector, own.ingress), (Some(labelled(&twin.name)), Some(vec![from_lab(&twin)])));
        let reached: Vec<_> = own.egress.unwrap().into_iter().map(|rule| rule.to).collect();
        assert_eq!(reached, [to_dns(&[]).to, Some(vec![pods(&asked.name)])]);
        let of_asked = of_asked.spec.unwrap();
        assert_eq!((of_asked.pod_selector, of_asked.egress), (Some(labelled(&asked.name)), None));
        assert_eq!(of_asked.ingress.unwrap()[0].from, Some(vec![pods(&twin.name)]));
    }

    #[test]
    fn nothing_of_a_service_reaches_an_address_that_nobody_named() {
        let mut spec = examples::service().spec;
        spec.bindings = vec![examples::database("records", &["registry"])];
        for purpose in ["lab", "live"] {
            let mut environment = places::environment(purpose);
            environment.dns_cidrs = vec!["198.51.100.53/32".to_owned()];
            let place = places::in_environment(&environment);
            let egress = |policy: NetworkPolicy| policy.spec.and_then(|spec| spec.egress).unwrap_or_default();
            let rules: Vec<_> = build(&place, &spec).into_iter().flat_map(egress).collect();
            assert!(rules.iter().all(|rule| rule.to.as_ref().is_some_and(|to| !to.is_empty())), "{rules:?}");
            let blocks: Vec<_> = rules.into_iter().flat_map(|rule| rule.to.unwrap_or_default()).collect();
            let named = blocks.iter().filter_map(|peer| peer.ip_block.as_ref());
            assert!(named.map(|block| block.cidr.as_str()).all(|cidr| cidr == "198.51.100.53/32"));
            // Names are asked of the cluster's own pods besides, and of none elsewhere that wear their label.
            let resolvers =
                blocks.iter().filter(|peer| peer.namespace_selector == namespace("kube-system").namespace_selector);
            assert_eq!(resolvers.filter(|peer| peer.pod_selector.is_some()).count(), spec.components.len());
        }
    }

    #[test]
    fn a_database_is_reached_by_the_components_that_use_it_and_by_nobody_else_in_the_lab_as_in_life() {
        let mut spec = examples::service().spec;
        spec.bindings = vec![examples::database("records", &["registry"])];
        for purpose in ["lab", "live"] {
            let environment = places::environment(purpose);
            let policies = build(&places::in_environment(&environment), &spec);
            let of = |name: &str| {
                let found = policies.iter().find(|policy| policy.metadata.name.as_deref() == Some(name));
                found.and_then(|policy| policy.spec.clone()).unwrap()
            };
            let database = of("records");
            assert_eq!(
                database.ingress,
                Some(vec![NetworkPolicyIngressRule {
                    from: Some(vec![pods("registry")]),
                    ports: Some(vec![tcp(DATABASE_PORT)]),
                }])
            );
            assert_eq!((database.egress, database.policy_types), (None, Some(both())));
            let reaches = |name: &str| {
                let rules = of(name).egress.unwrap_or_default();
                rules.iter().any(|rule| rule.to == Some(vec![pods("records")]))
            };
            assert!(reaches("registry") && !reaches("web"));
        }
    }
}
