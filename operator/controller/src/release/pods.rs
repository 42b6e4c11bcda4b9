//! What the pods of a component suffer from, in the words of scheduler and kubelet: a service team
//! cannot look into the namespaces of its candidates.

use k8s_openapi::api::core::v1::Pod;
use kube::{Api, Client, ResourceExt as _, api::ListParams};

use crate::manifests::COMPONENT;

/// States in which a pod is on its way.
const STARTING: [&str; 2] = ["ContainerCreating", "PodInitializing"];

/// What keeps a pod of `component` in `namespace` from being ready, if that is more than time. One
/// that runs and was never restarted is in trouble only when it is `overdue`.
pub async fn trouble(
    client: &Client,
    namespace: &str,
    component: &str,
    overdue: bool,
) -> Result<Option<String>, kube::Error> {
    let pods: Api<Pod> = Api::namespaced(client.clone(), namespace);
    let list = pods.list(&ListParams::default().labels(&format!("{COMPONENT}={component}"))).await?;
    Ok(list.items.iter().filter(|pod| !is_ready(pod)).find_map(|pod| of(pod, overdue)))
}

fn is_ready(pod: &Pod) -> bool {
    let conditions = pod.status.iter().flat_map(|status| status.conditions.iter().flatten());
    conditions.into_iter().any(|known| known.type_ == "Ready" && known.status == "True")
}

fn of(pod: &Pod, overdue: bool) -> Option<String> {
    // One that is on its way out is replaced, and that is no trouble.
    if pod.metadata.deletion_timestamp.is_some() {
        return None;
    }
    let status = pod.status.as_ref()?;
    let unscheduled = status
        .conditions
        .iter()
        .flatten()
        .find(|known| known.type_ == "PodScheduled" && known.status == "False")
        .map(|known| known.message.clone().unwrap_or_default());
    if let Some(why) = unscheduled {
        return Some(format!("no node takes pod {}: {why}", pod.name_any()));
    }
    let container = status.container_statuses.iter().flatten().find(|container| !container.ready)?;
    let state = container.state.as_ref()?;
    if let Some(waiting) = &state.waiting {
        let reason = waiting.reason.clone().unwrap_or_default();
        let said = waiting.message.clone().unwrap_or_default();
        return (!STARTING.contains(&reason.as_str())).then(|| format!("{reason}: {said}"));
    }
    if let Some(ended) = &state.terminated {
        return Some(format!("ended with exit code {}, restarted {} times", ended.exit_code, container.restart_count));
    }
    (overdue || container.restart_count > 0)
        .then(|| format!("running, restarted {} times, its readiness probe does not succeed", container.restart_count))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn suffers(status: &Value) -> Option<String> {
        suffers_at(status, true)
    }

    fn suffers_at(status: &Value, overdue: bool) -> Option<String> {
        of(&serde_json::from_value(json!({"metadata": {"name": "web-1"}, "status": status})).unwrap(), overdue)
    }

    fn container(state: &Value, restarts: i32) -> Value {
        json!({"containerStatuses": [{
            "name": "web", "image": "i", "imageID": "i", "ready": false, "restartCount": restarts, "state": state,
        }]})
    }

    #[test]
    fn a_pod_that_no_node_takes_is_told_in_the_words_of_the_scheduler() {
        let unscheduled = json!({"conditions": [{
            "type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "1 Insufficient cpu.",
        }]});
        assert_eq!(suffers(&unscheduled).as_deref(), Some("no node takes pod web-1: 1 Insufficient cpu."));
    }

    #[test]
    fn a_container_is_told_by_its_state_and_one_that_starts_is_no_trouble() {
        let pull = json!({"waiting": {"reason": "ErrImagePull", "message": "not found"}});
        assert_eq!(suffers(&container(&pull, 0)).as_deref(), Some("ErrImagePull: not found"));
        let starts = json!({"waiting": {"reason": "ContainerCreating"}});
        assert_eq!(suffers(&container(&starts, 0)), None);
        let ended = json!({"terminated": {"exitCode": 3}});
        assert_eq!(suffers(&container(&ended, 2)).as_deref(), Some("ended with exit code 3, restarted 2 times"));
        let runs = json!({"running": {}});
        assert!(suffers(&container(&runs, 0)).unwrap().contains("readiness probe"));
        assert_eq!(suffers_at(&container(&runs, 0), false), None);
        assert!(suffers_at(&container(&runs, 1), false).unwrap().contains("restarted 1 times"));
    }
}
