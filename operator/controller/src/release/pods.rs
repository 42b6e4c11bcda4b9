//! What the pods of a component suffer from, in the words of scheduler and kubelet: a service team
//! cannot look into the namespaces of its candidates.

use k8s_openapi::{api::core::v1::Pod, jiff::Timestamp};
use kube::{Api, Client, ResourceExt as _, api::ListParams};

use crate::manifests::{COMPONENT, deployment::PROGRESS_DEADLINE_SECONDS};

/// States in which a pod is on its way.
const STARTING: [&str; 2] = ["ContainerCreating", "PodInitializing"];

/// Why a pod is not ready.
#[derive(Debug, PartialEq, Eq)]
pub enum Trouble {
    /// No node takes it: the cluster is full, and that is no fault of the service.
    NoRoom(String),
    /// It found its node a moment ago.
    Young,
    /// It does not come up.
    Unwell(String),
}

/// What keeps a pod of `component` in `namespace` from being ready, if that is more than time. One
/// that runs and was never restarted is in trouble only when its Deployment is `overdue`.
pub async fn trouble(
    client: &Client,
    namespace: &str,
    component: &str,
    overdue: bool,
) -> Result<Option<Trouble>, kube::Error> {
    let pods: Api<Pod> = Api::namespaced(client.clone(), namespace);
    let list = pods.list(&ListParams::default().labels(&format!("{COMPONENT}={component}"))).await?;
    Ok(list.items.iter().filter(|pod| !is_ready(pod)).find_map(|pod| of(pod, overdue, Timestamp::now())))
}

fn is_ready(pod: &Pod) -> bool {
    let conditions = pod.status.iter().flat_map(|status| status.conditions.iter().flatten());
    conditions.into_iter().any(|known| known.type_ == "Ready" && known.status == "True")
}

fn of(pod: &Pod, overdue: bool, now: Timestamp) -> Option<Trouble> {
    // One that is on its way out is replaced, and that is no trouble.
    if pod.metadata.deletion_timestamp.is_some() {
        return None;
    }
    let status = pod.status.as_ref()?;
    let scheduled = status.conditions.iter().flatten().find(|known| known.type_ == "PodScheduled");
    if let Some(condition) = scheduled {
        if condition.status == "False" {
            let why = condition.message.as_deref().unwrap_or_default();
            return Some(Trouble::NoRoom(format!("no node takes pod {}: {why}", pod.name_any())));
        }
        // The Deployment counts the time without a node as well; a service has all of it on one.
        let since = condition.last_transition_time.as_ref().map_or(now, |time| time.0);
        if overdue && now.duration_since(since).as_secs() < i64::from(PROGRESS_DEADLINE_SECONDS) {
            return Some(Trouble::Young);
        }
    }
    let container = status.container_statuses.iter().flatten().find(|container| !container.ready)?;
    let state = container.state.as_ref()?;
    if let Some(waiting) = &state.waiting {
        let reason = waiting.reason.clone().unwrap_or_default();
        let said = waiting.message.clone().unwrap_or_default();
        return (!STARTING.contains(&reason.as_str())).then(|| Trouble::Unwell(format!("{reason}: {said}")));
    }
    if let Some(ended) = &state.terminated {
        let times = container.restart_count;
        return Some(Trouble::Unwell(format!("ended with exit code {}, restarted {times} times", ended.exit_code)));
    }
    let times = container.restart_count;
    (overdue || times > 0)
        .then(|| Trouble::Unwell(format!("running, restarted {times} times, its readiness probe does not succeed")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn suffers(status: &Value) -> Option<Trouble> {
        suffers_at(status, true)
    }

    fn unwell(why: &str) -> Option<Trouble> {
        Some(Trouble::Unwell(why.to_owned()))
    }

    fn suffers_at(status: &Value, overdue: bool) -> Option<Trouble> {
        let now = "2026-01-02T03:04:05Z".parse().unwrap();
        of(&serde_json::from_value(json!({"metadata": {"name": "web-1"}, "status": status})).unwrap(), overdue, now)
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
        let why = "no node takes pod web-1: 1 Insufficient cpu.".to_owned();
        assert_eq!(suffers(&unscheduled), Some(Trouble::NoRoom(why)));
    }

    #[test]
    fn a_pod_has_all_of_its_time_from_when_it_found_a_node() {
        let scheduled = |at: &str| {
            let mut status = container(&json!({"running": {}}), 0);
            status["conditions"] = json!([{"type": "PodScheduled", "status": "True", "lastTransitionTime": at}]);
            status
        };
        assert_eq!(suffers(&scheduled("2026-01-02T03:03:00Z")), Some(Trouble::Young));
        assert!(matches!(suffers(&scheduled("2026-01-02T03:02:00Z")), Some(Trouble::Unwell(_))));
    }

    #[test]
    fn a_container_is_told_by_its_state_and_one_that_starts_is_no_trouble() {
        let pull = json!({"waiting": {"reason": "ErrImagePull", "message": "not found"}});
        assert_eq!(suffers(&container(&pull, 0)), unwell("ErrImagePull: not found"));
        let starts = json!({"waiting": {"reason": "ContainerCreating"}});
        assert_eq!(suffers(&container(&starts, 0)), None);
        let ended = json!({"terminated": {"exitCode": 3}});
        assert_eq!(suffers(&container(&ended, 2)), unwell("ended with exit code 3, restarted 2 times"));
        let runs = json!({"running": {}});
        let never_ready = |times| format!("running, restarted {times} times, its readiness probe does not succeed");
        assert_eq!(suffers(&container(&runs, 0)), unwell(&never_ready(0)));
        assert_eq!(suffers_at(&container(&runs, 0), false), None);
        assert_eq!(suffers_at(&container(&runs, 1), false), unwell(&never_ready(1)));
    }
}
