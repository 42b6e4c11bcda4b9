//! Stage `Deployed`: the candidate, in a namespace of its own on the lab's nodes.

use factory_crds::ReleaseStatus;
use k8s_openapi::api::{apps::v1::Deployment, core::v1::Pod};
use kube::{Api, Client, api::ListParams};

use super::{ReleaseError, attempt::Attempt, build::BuiltBundle, secrets};
use crate::{
    apply,
    context::Context,
    manifests::{COMPONENT, Place, deployment, disruption, lab_job, namespace, network, service, service_account},
    stage::{Progress, Why},
};

/// A candidate whose every pod is ready.
pub struct Candidate {
    /// Its namespace.
    pub(super) namespace: String,
}

/// Applies the bundle to the candidate's namespace; done when every component is ready.
pub async fn candidate(
    context: &Context,
    attempt: &Attempt,
    bundle: &BuiltBundle,
    facts: &ReleaseStatus,
) -> Result<Progress<Candidate>, ReleaseError> {
    let place = attempt.candidate();
    // Ready once is enough: from then on the lab breaks it, and nothing of ours may stand it up again.
    if facts.announcement.is_some() {
        return Ok(Progress::Done(Candidate { namespace: place.namespace }));
    }
    match objects(context, attempt, &place, &bundle.bundle.images).await? {
        Progress::Done(()) => {
            apply::namespaced(&context.client, &lab_job::binding(&place.namespace)).await?;
            Ok(Progress::Done(Candidate { namespace: place.namespace }))
        }
        Progress::Waiting(why) => Ok(Progress::Waiting(why)),
        Progress::Stopped(why) => Ok(Progress::Stopped(why)),
    }
}

/// Applies all objects of the service at `place`; done when every component is ready. Used for the
/// candidate and for the launch, so that both are the same.
pub async fn objects(
    context: &Context,
    attempt: &Attempt,
    place: &Place<'_>,
    images: &std::collections::BTreeMap<String, String>,
) -> Result<Progress<()>, ReleaseError> {
    let client = &context.client;
    // Before anything is made, so that nothing stands about half done while a team is waited for.
    let secrets = match secrets::read(context, attempt).await? {
        Progress::Done(secrets) => secrets,
        Progress::Waiting(why) => return Ok(Progress::Waiting(why)),
        Progress::Stopped(why) => return Ok(Progress::Stopped(why)),
    };
    apply::cluster(client, &namespace::build(place)).await?;
    for policy in network::build(place, &attempt.spec) {
        apply::namespaced(client, &policy).await?;
    }
    secrets.offer(client, place).await?;
    let mut waiting: Option<Why> = None;
    for component in &attempt.spec.components {
        let image = images.get(&component.name).map_or("", String::as_str);
        apply::namespaced(client, &service_account::build(place, component)).await?;
        apply::namespaced(client, &service::build(place, component)).await?;
        apply::namespaced(client, &disruption::build(place, component)).await?;
        let mark = secrets.mark(component);
        let made = apply::namespaced(client, &deployment::build(place, component, image, mark)).await?;
        match rollout(&made) {
            Rollout::Ready => {}
            Rollout::Underway(count) => {
                let message = format!("{}: {count} of {} pods are ready", component.name, component.replicas);
                waiting.get_or_insert(Why::new("Starting", message));
            }
            Rollout::Stuck => {
                let why = trouble(client, &place.namespace, &component.name).await?;
                return Ok(Progress::stopped("NotReady", format!("{}: not ready within 120 s: {why}", component.name)));
            }
        }
    }
    if let Some(why) = waiting {
        return Ok(Progress::Waiting(why));
    }
    secrets.settle(client, place).await?;
    Ok(Progress::Done(()))
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

/// What the pods of a component suffer from, as the kubelet says it.
async fn trouble(client: &Client, namespace: &str, component: &str) -> Result<String, kube::Error> {
    let pods: Api<Pod> = Api::namespaced(client.clone(), namespace);
    let list = pods.list(&ListParams::default().labels(&format!("{COMPONENT}={component}"))).await?;
    let said = list.items.iter().find_map(|pod| {
        let status = pod.status.as_ref()?;
        let container = status.container_statuses.iter().flatten().next()?;
        let waiting = container.state.as_ref()?.waiting.as_ref();
        Some(match waiting {
            Some(waiting) => format!("{}: {}", waiting.reason.clone()?, waiting.message.clone().unwrap_or_default()),
            None => {
                format!("running, restarted {} times, its readiness probe does not succeed", container.restart_count)
            }
        })
    });
    Ok(said.unwrap_or_else(|| "no pod could be scheduled".to_owned()))
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
    fn a_rollout_that_ran_out_of_time_is_stuck() {
        let stuck = serde_json::json!({"observedGeneration": 2, "replicas": 2, "updatedReplicas": 2, "readyReplicas": 1,
            "conditions": [{"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}]});
        assert_eq!(rollout(&deployment(stuck)), Rollout::Stuck);
    }
}
