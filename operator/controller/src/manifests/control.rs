//! The control beside a candidate: a null service on the same nodes, so that a measurement that something else
//! disturbed can be told from a bad service. Not in a launched service. Nothing leads from the candidate to it: no
//! Service, no name of DNS, no policy.

use factory_assurance::plan::ControlPlan;
use factory_crds::state_service::{Component, Probes, Resources};
use k8s_openapi::api::apps::v1::Deployment;

use super::{Place, deployment};

/// Longer than a component's name can be.
const NAME: &str = "null-service-beside-the-candidate";
const PORT: u16 = 8080;
/// Enough for a 95th percentile of a phase of a few seconds.
const REQUESTS_PER_SECOND: u32 = 10;
/// Nodes on which it stands at most: one answer in three that is late is one in twenty many times over.
const MOST_REPLICAS: u32 = 3;

/// How it is asked.
#[must_use]
pub fn plan() -> ControlPlan {
    ControlPlan { name: NAME.to_owned(), port: PORT, requests_per_second: REQUESTS_PER_SECOND }
}

/// As a component: it is spread over nodes as the candidate's components are.
#[must_use]
pub fn component(beside: &[Component]) -> Component {
    let replicas = beside.iter().map(|component| component.replicas).max().unwrap_or(1);
    let path = || "/".to_owned();
    Component {
        name: NAME.to_owned(),
        build: None,
        image: None,
        port: PORT,
        protocol: None,
        tls: None,
        replicas: replicas.min(MOST_REPLICAS),
        resources: Resources { cpu: "10m".to_owned(), memory: "32Mi".to_owned() },
        env: Vec::new(),
        may_vary: Vec::new(),
        secrets: Vec::new(),
        volumes: Vec::new(),
        probes: Probes { ready: path(), live: path() },
        calls: Vec::new(),
        termination_grace_seconds: 1,
    }
}

/// Its Deployment, of the lab's `image`.
#[must_use]
pub fn build(place: &Place<'_>, component: &Component, image: &str) -> Deployment {
    let mut built = deployment::build(place, &[], component, image, None);
    let pod = built.spec.as_mut().and_then(|spec| spec.template.spec.as_mut());
    for container in pod.into_iter().flat_map(|pod| &mut pod.containers) {
        container.args = Some(vec!["null".to_owned(), "--port".to_owned(), PORT.to_string()]);
    }
    built
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state_service::examples;

    #[test]
    fn its_name_is_no_components_and_it_stands_on_as_many_nodes_as_the_candidate_and_on_three_at_most() {
        let mut components = examples::service().spec.components;
        // `spec.components.name` has at most 30 characters.
        assert!(NAME.len() > 30 && plan().name == NAME);
        for (replicas, expected) in [(1, 1), (2, 2), (100, 3)] {
            components[0].replicas = 1;
            components[1].replicas = replicas;
            assert_eq!(component(&components).replicas, expected);
        }
    }
}
