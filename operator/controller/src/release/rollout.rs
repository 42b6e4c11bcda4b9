//! How far the Deployment of a component is, for the candidate as for the launch, and what it waits
//! for.

use factory_crds::state_service::Component;
use k8s_openapi::api::apps::v1::Deployment;
use kube::{Client, ResourceExt as _};

use super::pods::{self, Trouble};
use crate::{manifests::deployment::PROGRESS_DEADLINE_SECONDS, stage::Progress};

/// How far `deployment`, made for `component`, is: done when its pods are all ready and of its newest
/// generation.
pub async fn of(client: &Client, component: &Component, deployment: &Deployment) -> Result<Progress<()>, kube::Error> {
    let rollout = rollout(deployment);
    if rollout == Rollout::Ready {
        return Ok(Progress::Done(()));
    }
    let namespace = deployment.namespace().unwrap_or_default();
    let trouble = pods::trouble(client, &namespace, &component.name, rollout == Rollout::Stuck).await?;
    Ok(not_ready(component, &rollout, trouble))
}

fn not_ready(component: &Component, rollout: &Rollout, trouble: Option<Trouble>) -> Progress<()> {
    let Component { name, replicas, .. } = component;
    let count = if let Rollout::Underway(count) = rollout { *count } else { 0 };
    let limit = PROGRESS_DEADLINE_SECONDS;
    let so_far = format!("{name}: {count} of {replicas} pods are ready");
    match (rollout, trouble) {
        // However long it takes: a full cluster says nothing of the service.
        (_, Some(Trouble::NoRoom(why))) => Progress::waiting("NoRoom", format!("{name}: {why}")),
        (Rollout::Stuck, Some(Trouble::Unwell(why))) => {
            Progress::stopped("NotReady", format!("{name}: not ready within {limit} s: {why}"))
        }
        (Rollout::Stuck, None) => Progress::stopped("NotReady", format!("{name}: not ready within {limit} s")),
        (_, Some(Trouble::Unwell(why))) => Progress::waiting("Starting", format!("{so_far}; {why}")),
        (_, None | Some(Trouble::Young)) => Progress::waiting("Starting", so_far),
    }
}

/// How far a Deployment is.
#[derive(Debug, PartialEq, Eq)]
enum Rollout {
    Ready,
    Underway(i32),
    Stuck,
}

fn rollout(deployment: &Deployment) -> Rollout {
    let wanted = deployment.spec.as_ref().and_then(|spec| spec.replicas).unwrap_or(1);
    let Some(status) = &deployment.status else { return Rollout::Underway(0) };
    // A status of an older generation speaks of another spec.
    if status.observed_generation < deployment.metadata.generation {
        return Rollout::Underway(0);
    }
    let ready = status.ready_replicas.unwrap_or(0);
    if status.updated_replicas.unwrap_or(0) == wanted && ready == wanted && status.replicas.unwrap_or(0) == wanted {
        return Rollout::Ready;
    }
    let stuck = status.conditions.iter().flatten().any(|condition| {
        condition.type_ == "Progressing" && condition.reason.as_deref() == Some("ProgressDeadlineExceeded")
    });
    if stuck { Rollout::Stuck } else { Rollout::Underway(ready) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deployment(value: serde_json::Value) -> Deployment {
        serde_json::from_value(serde_json::json!({
            "metadata": {"generation": 2}, "spec": {"replicas": 2, "selector": {}, "template": {}}, "status": value
        }))
        .unwrap()
    }

    #[test]
    fn only_the_newest_generation_can_be_ready() {
        let full =
            serde_json::json!({"observedGeneration": 2, "replicas": 2, "updatedReplicas": 2, "readyReplicas": 2});
        assert_eq!(rollout(&deployment(full)), Rollout::Ready);
        let old = serde_json::json!({"observedGeneration": 1, "replicas": 2, "updatedReplicas": 2, "readyReplicas": 2});
        assert_eq!(rollout(&deployment(old)), Rollout::Underway(0));
    }

    #[test]
    fn a_full_cluster_is_waited_for_and_never_held_against_the_service() {
        let component = &crate::state_service::examples::service().spec.components[0];
        let full = || Some(Trouble::NoRoom("no node takes pod web-1: 1 Insufficient cpu.".to_owned()));
        for rollout in [Rollout::Underway(1), Rollout::Stuck] {
            let Progress::Waiting(why) = not_ready(component, &rollout, full()) else { panic!("{rollout:?}") };
            assert_eq!(why.reason, "NoRoom");
            assert!(why.message.contains("Insufficient cpu"), "{}", why.message);
        }
        let unwell = Some(Trouble::Unwell("ErrImagePull: not found".to_owned()));
        let ended = not_ready(component, &Rollout::Stuck, unwell);
        assert!(matches!(ended, Progress::Stopped(why) if why.reason == "NotReady"));
    }

    #[test]
    fn a_rollout_that_ran_out_of_time_is_stuck() {
        let stuck = serde_json::json!({"observedGeneration": 2, "replicas": 2, "updatedReplicas": 2, "readyReplicas": 1,
            "conditions": [{"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}]});
        assert_eq!(rollout(&deployment(stuck)), Rollout::Stuck);
    }
}
