//! What the candidate runs on: its ready pods with their limits, and the nodes that they are on. A capacity is one of
//! these and of no others. Reads only, once for a run; of a node nothing that names it is kept.

mod amount;

use std::collections::{BTreeMap, BTreeSet};

use factory_assurance::evidence::{NodeProfile, PodsProfile, Profile};
use k8s_openapi::{
    api::core::v1::{Node, Pod},
    apimachinery::pkg::api::resource::Quantity,
};
use kube::{Api, Client, ResourceExt as _, api::ListParams};

use super::COMPONENT;

/// It cannot be told what the candidate runs on.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// The API server.
    #[error("{0}")]
    Api(#[from] kube::Error),
    /// A node without the numbers that make it one.
    #[error("node {0}: it has no amount of CPU or memory that can be read")]
    Node(String),
}

/// The profile of the candidate in `namespace` as it is now, without the pods that are labelled with a name of
/// `ours`: control and twin stand beside it.
pub async fn read(client: &Client, namespace: &str, ours: &[String]) -> Result<Profile, ProfileError> {
    let pods = Api::<Pod>::namespaced(client.clone(), namespace).list(&ListParams::default()).await?.items;
    let placed: Vec<Placed> = pods.iter().filter(|pod| is_ready(pod)).filter_map(|pod| placed(pod, ours)).collect();
    let (nodes, names) = (Api::<Node>::all(client.clone()), placed.iter().map(|pod| pod.node.as_str()));
    let mut profile = Profile::default();
    for name in names.collect::<BTreeSet<_>>() {
        let node = nodes.get(name).await?;
        let own = placed.iter().filter(|pod| pod.node == name);
        profile.nodes.push(described(&node, own).ok_or_else(|| ProfileError::Node(node.name_any()))?);
    }
    Ok(profile)
}

/// A pod on its node.
struct Placed {
    node: String,
    alike: Alike,
}

/// Component and limits of a pod.
type Alike = (String, Option<u64>, Option<u64>);

fn is_ready(pod: &Pod) -> bool {
    let mut conditions = pod.status.iter().flat_map(|status| status.conditions.iter().flatten());
    let ready = conditions.any(|condition| condition.type_ == "Ready" && condition.status == "True");
    ready && pod.metadata.deletion_timestamp.is_none()
}

/// `pod`, if it is of a component and on a node.
fn placed(pod: &Pod, ours: &[String]) -> Option<Placed> {
    let component = pod.labels().get(COMPONENT).filter(|name| !ours.contains(name))?.clone();
    let spec = pod.spec.as_ref()?;
    let sum = |of: &str, read: fn(&Quantity) -> Option<u64>| {
        let limits = spec.containers.iter().map(|container| container.resources.as_ref()?.limits.as_ref()?.get(of));
        limits.map(|limit| read(limit?)).try_fold(0_u64, |sum, limit| sum.checked_add(limit?))
    };
    let alike = (component, sum("cpu", amount::milli), sum("memory", amount::whole));
    Some(Placed { node: spec.node_name.clone()?, alike })
}

/// `node` with `pods` on it.
fn described<'a>(node: &Node, pods: impl Iterator<Item = &'a Placed>) -> Option<NodeProfile> {
    let status = node.status.as_ref()?;
    let (allocatable, info) = (status.allocatable.as_ref()?, status.node_info.as_ref()?);
    let mut counts: BTreeMap<&Alike, u32> = BTreeMap::new();
    for pod in pods {
        *counts.entry(&pod.alike).or_default() += 1;
    }
    let pods = counts.into_iter().map(|((component, cpu_milli, memory_bytes), count)| PodsProfile {
        component: component.clone(),
        count,
        cpu_milli: *cpu_milli,
        memory_bytes: *memory_bytes,
    });
    Some(NodeProfile {
        cpu_milli: amount::milli(allocatable.get("cpu")?)?,
        memory_bytes: amount::whole(allocatable.get("memory")?)?,
        architecture: info.architecture.clone(),
        kernel: info.kernel_version.clone(),
        pods: pods.collect(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn pod(component: &str, node: &str, limits: &Value, ready: &str) -> Pod {
        serde_json::from_value(json!({
            "metadata": {"name": component, "labels": {COMPONENT: component}},
            "spec": {"nodeName": node, "containers": [{"name": "c", "resources": {"limits": limits}}]},
            "status": {"conditions": [{"type": "Ready", "status": ready}]},
        }))
        .unwrap()
    }

    fn node(allocatable: &Value) -> Node {
        serde_json::from_value(json!({
            "metadata": {"name": "secret-of-the-house"},
            "status": {"allocatable": allocatable, "nodeInfo": {
                "architecture": "arm64", "kernelVersion": "6.1.0", "bootID": "b", "containerRuntimeVersion": "c",
                "kubeProxyVersion": "", "kubeletVersion": "v", "machineID": "m", "operatingSystem": "linux",
                "osImage": "o", "systemUUID": "u",
            }},
        }))
        .unwrap()
    }

    #[test]
    fn pods_that_are_alike_are_counted_together_and_a_node_has_no_name() {
        let half = json!({"cpu": "500m", "memory": "128Mi"});
        let pods = [
            pod("web", "n", &half, "True"),
            pod("web", "n", &half, "True"),
            pod("web", "n", &json!({"memory": "128Mi"}), "True"),
            pod("registry", "n", &half, "True"),
        ];
        let placed: Vec<_> = pods.iter().filter_map(|pod| placed(pod, &["null".to_owned()])).collect();
        let described = described(&node(&json!({"cpu": "1900m", "memory": "4Gi"})), placed.iter()).unwrap();
        assert_eq!((described.cpu_milli, described.memory_bytes), (1_900, 4 << 30));
        assert_eq!((described.architecture.as_str(), described.kernel.as_str()), ("arm64", "6.1.0"));
        let seen: Vec<_> =
            described.pods.iter().map(|pods| (pods.component.as_str(), pods.count, pods.cpu_milli)).collect();
        assert_eq!(seen, [("registry", 1, Some(500)), ("web", 1, None), ("web", 2, Some(500))]);
        assert!(described.pods.iter().all(|pods| pods.memory_bytes == Some(128 << 20)));
        assert!(!serde_json::to_string(&described).unwrap().contains("secret"));
    }

    #[test]
    fn what_is_not_ready_or_stands_beside_it_carries_no_load() {
        let none = json!({});
        assert!(!is_ready(&pod("web", "n", &none, "False")) && is_ready(&pod("web", "n", &none, "True")));
        for ours in ["null", "twin"] {
            let both = ["null", "twin"].map(str::to_owned);
            assert!(placed(&pod(ours, "n", &none, "True"), &both).is_none());
            assert!(placed(&pod(ours, "n", &none, "True"), &[]).is_some());
        }
    }

    #[test]
    fn a_node_whose_size_cannot_be_read_is_none() {
        for allocatable in [json!({"cpu": "2"}), json!({"memory": "4Gi"}), json!({"cpu": "many", "memory": "4Gi"})] {
            assert_eq!(described(&node(&allocatable), [].iter()), None, "{allocatable}");
        }
    }
}
