//! What is known of a component at one moment, and how an observation changes it. Pure: the watch
//! that feeds it is in `follow`.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
    time::Instant,
};

use factory_assurance::evidence::{PodGone, PodSeen};
use k8s_openapi::api::{
    apps::v1::Deployment,
    core::v1::{EnvVar, Pod},
};

use super::Clock;

/// A pod that exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodState {
    /// Name, under which it can be deleted.
    pub name: String,
    /// Ready and not terminating.
    pub ready: bool,
    /// Asked to go.
    pub terminating: bool,
    /// The node where it is; empty before it has one.
    pub node: String,
    /// Its addresses; none before it has one.
    pub addresses: Vec<IpAddr>,
    /// Variables of its containers whose values stand in Secrets, and where. A container is given the values when it
    /// starts, and never others.
    pub given: BTreeMap<String, SecretKey>,
}

/// Where a value stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretKey {
    /// Name of the Secret.
    pub secret: String,
    /// Key in it.
    pub key: String,
}

/// A Deployment's own account of itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DeploymentState {
    /// Replicas that are wanted.
    pub desired: i32,
    /// Replicas that there are.
    pub total: i32,
    /// Of these, made from the newest template.
    pub updated: i32,
    /// Of these, ready.
    pub ready: i32,
    /// Whether the controller has seen the newest spec.
    pub current: bool,
}

/// What is known of a component.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct View {
    /// Whether both watches have listed everything once.
    pub complete: bool,
    /// Pods by UID.
    pub pods: BTreeMap<String, PodState>,
    /// Pods that were seen to be terminating or gone, with the moment.
    pub gone: BTreeMap<String, Instant>,
    /// The Deployment, while it exists.
    pub deployment: Option<DeploymentState>,
}

impl View {
    /// A pod was seen at `at`.
    pub fn pod(&mut self, pod: &Pod, at: Instant) {
        let Some(uid) = pod.metadata.uid.clone() else { return };
        let terminating = pod.metadata.deletion_timestamp.is_some();
        let conditions = pod.status.iter().flat_map(|status| status.conditions.iter().flatten());
        let ready = conditions.into_iter().any(|condition| condition.type_ == "Ready" && condition.status == "True");
        if terminating {
            self.gone.entry(uid.clone()).or_insert(at);
        }
        let name = pod.metadata.name.clone().unwrap_or_default();
        let listed = pod.status.iter().flat_map(|status| status.pod_ips.iter().flatten());
        let addresses = listed.filter_map(|address| address.ip.parse().ok()).collect();
        let node = pod.spec.as_ref().and_then(|spec| spec.node_name.clone()).unwrap_or_default();
        let ready = ready && !terminating;
        self.pods.insert(uid, PodState { name, ready, terminating, node, addresses, given: given(pod) });
    }

    /// A pod was seen to be gone at `at`.
    pub fn pod_gone(&mut self, uid: &str, at: Instant) {
        if self.pods.remove(uid).is_some() {
            self.gone.entry(uid.to_owned()).or_insert(at);
        }
    }

    /// All pods were listed anew at `at`: those not in `listed` went unseen.
    pub fn pods_listed(&mut self, listed: &BTreeSet<String>, at: Instant) {
        let missing: Vec<_> = self.pods.keys().filter(|uid| !listed.contains(*uid)).cloned().collect();
        for uid in missing {
            self.pod_gone(&uid, at);
        }
    }

    /// The Deployment was seen.
    pub fn deployment(&mut self, deployment: &Deployment) {
        let status = deployment.status.as_ref();
        let count =
            |read: fn(&k8s_openapi::api::apps::v1::DeploymentStatus) -> Option<i32>| status.and_then(read).unwrap_or(0);
        let observed = status.and_then(|status| status.observed_generation);
        self.deployment = Some(DeploymentState {
            desired: deployment.spec.as_ref().and_then(|spec| spec.replicas).unwrap_or(1),
            total: count(|status| status.replicas),
            updated: count(|status| status.updated_replicas),
            ready: count(|status| status.ready_replicas),
            current: observed >= deployment.metadata.generation,
        });
    }

    /// Whether every desired replica is ready and of the newest template, by the pods as well as by
    /// the Deployment: either alone may be a moment behind the other.
    #[must_use]
    pub fn whole(&self) -> bool {
        let Some(deployment) = self.deployment else { return false };
        let ready = self.pods.values().filter(|pod| pod.ready).count();
        let desired = deployment.desired;
        deployment.current
            && desired > 0
            && [deployment.total, deployment.updated, deployment.ready] == [desired; 3]
            && usize::try_from(desired).is_ok_and(|desired| ready >= desired)
    }

    /// The pods as they stand in the evidence; those that are terminating already do not count.
    #[must_use]
    pub fn seen(&self) -> Vec<PodSeen> {
        let staying = self.pods.iter().filter(|(_, pod)| !pod.terminating);
        staying.map(|(uid, pod)| PodSeen { uid: uid.clone(), ready: pod.ready, node: None }).collect()
    }

    /// Those of `before` that are gone, in the order in which they went.
    #[must_use]
    pub fn gone_of(&self, before: &[PodSeen], clock: Clock) -> Vec<PodGone> {
        let gone = before
            .iter()
            .filter_map(|pod| Some(PodGone { uid: pod.uid.clone(), at_ms: clock.ms(*self.gone.get(&pod.uid)?) }));
        let mut gone: Vec<_> = gone.collect();
        gone.sort_by(|one, other| (one.at_ms, &one.uid).cmp(&(other.at_ms, &other.uid)));
        gone
    }
}

/// The variables of a pod whose values stand in Secrets.
fn given(pod: &Pod) -> BTreeMap<String, SecretKey> {
    let containers = pod.spec.iter().flat_map(|spec| &spec.containers);
    let variables = containers.flat_map(|container| container.env.iter().flatten());
    let reference = |variable: &EnvVar| {
        let reference = variable.value_from.as_ref()?.secret_key_ref.as_ref()?;
        Some((variable.name.clone(), SecretKey { secret: reference.name.clone(), key: reference.key.clone() }))
    };
    variables.filter_map(reference).collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use std::time::Duration;

    use super::*;
    use serde_json::json;

    /// A pod as the API server shows it.
    pub(crate) fn pod(uid: &str, ready: bool, terminating: bool) -> Pod {
        let deleted = terminating.then_some("2026-01-01T00:00:00Z");
        serde_json::from_value(json!({
            "metadata": {"uid": uid, "name": format!("web-{uid}"), "deletionTimestamp": deleted},
            "status": {"conditions": [{"type": "Ready", "status": if ready { "True" } else { "False" }}]}
        }))
        .unwrap()
    }

    /// A Deployment of two replicas as the API server shows it.
    pub(crate) fn deployment(generation: i64, observed: i64, counts: [i32; 3]) -> Deployment {
        serde_json::from_value(json!({
            "metadata": {"generation": generation},
            "spec": {"replicas": 2, "selector": {}, "template": {}},
            "status": {"observedGeneration": observed, "replicas": counts[0], "updatedReplicas": counts[1], "readyReplicas": counts[2]}
        }))
        .unwrap()
    }

    pub(crate) fn view(pods: &[(&str, bool, bool)], deployment: &Deployment) -> View {
        let mut view = View::default();
        for (uid, ready, terminating) in pods {
            view.pod(&pod(uid, *ready, *terminating), Instant::now());
        }
        view.deployment(deployment);
        view
    }

    #[test]
    fn a_component_is_whole_only_when_pods_and_deployment_agree() {
        let settled = deployment(3, 3, [2, 2, 2]);
        let both = [("a", true, false), ("b", true, false)];
        for (whole, pods, deployment) in [
            (true, &both[..], &settled),
            (true, &[("a", true, false), ("b", true, false), ("old", true, true)], &settled),
            // The Deployment's status still counts the pod that was killed.
            (false, &both[..1], &settled),
            (false, &[("a", true, false), ("b", true, true)], &settled),
            (false, &[("a", true, false), ("b", false, false)], &settled),
            (false, &both, &deployment(4, 3, [2, 2, 2])),
            (false, &both, &deployment(3, 3, [3, 2, 2])),
            (false, &both, &deployment(3, 3, [2, 1, 2])),
            (false, &both, &deployment(3, 3, [2, 2, 1])),
        ] {
            assert_eq!(view(pods, deployment).whole(), whole, "{pods:?} {deployment:?}");
        }
        assert!(!View::default().whole());
    }

    #[test]
    fn the_first_moment_at_which_a_pod_goes_is_kept() {
        let mut view =
            view(&[("a", true, false), ("b", true, false), ("c", true, false)], &deployment(1, 1, [3, 3, 3]));
        let before = view.seen();
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        view.pod(&pod("a", true, true), at(1_000));
        view.pod_gone("a", at(2_000));
        view.pods_listed(&BTreeSet::from(["c".to_owned()]), at(500));
        view.pod_gone("unknown", at(600));
        let gone: Vec<_> =
            view.gone_of(&before, Clock::starting(start)).into_iter().map(|gone| (gone.uid, gone.at_ms)).collect();
        assert_eq!(gone, [("b".to_owned(), 500), ("a".to_owned(), 1_000)]);
        assert_eq!(view.seen().len(), 1);
    }
}
