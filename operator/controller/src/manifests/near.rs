//! Where the pods of the release that a candidate is measured beside had better stand: on the nodes of the candidate's pods of
//! the same component, so that the two have the same machines. A wish and no more: a node without room is no reason to wait.

use k8s_openapi::{
    api::{
        apps::v1::Deployment,
        core::v1::{Affinity, PodAffinity, PodAffinityTerm, WeightedPodAffinityTerm},
    },
    apimachinery::pkg::apis::meta::v1::LabelSelector,
};

use super::selector;

/// Has the pods of `deployment`, which is of `component`, stand on nodes of that component's pods in `namespace` where they
/// can.
#[must_use]
pub fn prefer(mut deployment: Deployment, component: &str, namespace: &str) -> Deployment {
    let of_candidate = PodAffinityTerm {
        label_selector: Some(LabelSelector { match_labels: Some(selector(component)), ..LabelSelector::default() }),
        namespaces: Some(vec![namespace.to_owned()]),
        topology_key: "kubernetes.io/hostname".to_owned(),
        ..PodAffinityTerm::default()
    };
    let affinity = PodAffinity {
        // The most that there is: more than an even spread.
        preferred_during_scheduling_ignored_during_execution: Some(vec![WeightedPodAffinityTerm {
            pod_affinity_term: of_candidate,
            weight: 100,
        }]),
        ..PodAffinity::default()
    };
    if let Some(pod) = deployment.spec.as_mut().and_then(|spec| spec.template.spec.as_mut()) {
        pod.affinity = Some(Affinity { pod_affinity: Some(affinity), ..Affinity::default() });
    }
    deployment
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        manifests::{deployment, places},
        state_service::examples,
    };

    #[test]
    fn it_is_wished_for_and_not_required() {
        let (lab, component) = (places::environment("lab"), examples::service().spec.components.remove(0));
        let place = places::in_environment(&lab);
        let built = deployment::build(&place, &[], &component, "i", None);
        let near = prefer(built.clone(), &component.name, "svc-00000000");
        let pod = |of: Deployment| of.spec.and_then(|spec| spec.template.spec).unwrap();
        let (before, after) = (pod(built), pod(near));
        assert_eq!(before.affinity, None);
        let affinity = serde_json::to_value(after.affinity.unwrap()).unwrap();
        assert_eq!(
            affinity,
            serde_json::json!({"podAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [{
                "weight": 100,
                "podAffinityTerm": {
                    "labelSelector": {"matchLabels": selector(&component.name)},
                    "namespaces": ["svc-00000000"],
                    "topologyKey": "kubernetes.io/hostname",
                },
            }]}})
        );
        assert_eq!(after.containers, before.containers);
    }
}
