//! Beside `prove`: the lab's part on each node, for plans with faults that need one. It is there while
//! `prove` runs and at no other time; what a crash leaves is cleared away by `collect`.

use factory_assurance::{canonical, plan::PhaseRole};
use k8s_openapi::api::{batch::v1::Job, core::v1::Node};
use kube::{Api, ResourceExt as _, api::ListParams};

use super::{ReleaseError, attempt::Attempt, deploy::Candidate, experiment::OpenExperiment, lab_pool::EXPERIMENT};
use crate::{
    apply,
    context::{Context, STRIKE_NAMESPACE},
    manifests::{
        RELEASE_UID,
        strike_job::{self, StrikeRun},
    },
};

/// Value of the label of these Jobs.
const STRIKE: &str = "strike";

/// Sees to it that the lab is on each of its nodes, where the plan of `run` strikes there.
pub async fn stand_by(
    context: &Context,
    attempt: &Attempt,
    candidate: &Candidate,
    run: &OpenExperiment,
    deadline_seconds: i64,
) -> Result<(), ReleaseError> {
    let announced = &run.announced;
    let strikes = |role: &PhaseRole| matches!(role, PhaseRole::Fault { strike: Some(_), .. });
    if !announced.plan.prove.phases.iter().any(|phase| strikes(&phase.role)) {
        return Ok(());
    }
    let known = jobs(context, attempt).await?;
    if known.is_empty() {
        apply::namespaced(&context.client, &strike_job::binding(&candidate.namespace)).await?;
    }
    let selector: Vec<_> = attempt.lab.node_selector.iter().map(|(key, value)| format!("{key}={value}")).collect();
    let nodes: Api<Node> = Api::all(context.client.clone());
    for node in nodes.list_metadata(&ListParams::default().labels(&selector.join(","))).await? {
        let node = node.name_any();
        let name = job_name(attempt, &node);
        if known.contains(&name) {
            continue;
        }
        let mut labels = attempt.labels();
        labels.insert(EXPERIMENT.to_owned(), STRIKE.to_owned());
        let job = StrikeRun {
            name,
            labels,
            image: &context.settings.lab_image,
            deadline_seconds,
            node: &node,
            candidate: &candidate.namespace,
            nonce: &announced.run.nonce,
            tolerations: &attempt.lab.tolerations,
        };
        apply::create_once(&context.client, &job.job()).await?;
    }
    Ok(())
}

/// Takes the lab from the nodes.
pub async fn stand_down(context: &Context, attempt: &Attempt) -> Result<(), ReleaseError> {
    let api: Api<Job> = Api::namespaced(context.client.clone(), STRIKE_NAMESPACE);
    for job in jobs(context, attempt).await? {
        apply::delete(&api, &job).await?;
    }
    Ok(())
}

/// Names of the Jobs of `attempt`.
async fn jobs(context: &Context, attempt: &Attempt) -> Result<Vec<String>, kube::Error> {
    let api: Api<Job> = Api::namespaced(context.client.clone(), STRIKE_NAMESPACE);
    let known = api.list_metadata(&ListParams::default().labels(&format!("{RELEASE_UID}={}", attempt.uid))).await?;
    Ok(known.items.iter().map(kube::ResourceExt::name_any).collect())
}

/// Names of nodes are longer than what a Job's name has room for.
fn job_name(attempt: &Attempt, node: &str) -> String {
    let digest = canonical::sha256(node.as_bytes());
    format!("{STRIKE}-{}-{}", attempt.short(), &digest[digest.len() - 8..])
}
