//! Beside `prove`: the lab's part on each node, for plans with faults that need one, or with a soak. It is there while
//! `prove` runs and at no other time; what a crash leaves is cleared away by `collect`.

use std::collections::{BTreeMap, BTreeSet};

use factory_assurance::{canonical, plan::PhaseRole};
use k8s_openapi::api::{batch::v1::Job, core::v1::Node};
use kube::{
    Api, ResourceExt as _,
    api::{ListParams, PartialObjectMeta},
};

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
/// Label of these Jobs: how many its run has.
const JOBS: &str = "factory.gov.kg/strike-jobs";

/// Jobs of a run by their names, each with how many it says that there are.
type Known = BTreeMap<String, usize>;

/// Sees to it that the lab is on each of its nodes, where the plan of `run` strikes or soaks there. Nodes are
/// looked at until each has its Job; one that joins the lab later has no part in the run.
pub async fn stand_by(
    context: &Context,
    attempt: &Attempt,
    candidate: &Candidate,
    run: &OpenExperiment,
    deadline_seconds: i64,
) -> Result<(), ReleaseError> {
    let announced = &run.announced;
    let takes_nodes =
        |role: &PhaseRole| matches!(role, PhaseRole::Fault { strike: Some(_), .. } | PhaseRole::Soak { .. });
    if !announced.plan.prove.phases.iter().any(|phase| takes_nodes(&phase.role)) {
        return Ok(());
    }
    let known = jobs(context, attempt).await?;
    if none_is_missing(&known) {
        return Ok(());
    }
    if known.is_empty() {
        apply::namespaced(&context.client, &strike_job::binding(&candidate.namespace)).await?;
    }
    let selector: Vec<_> = attempt.lab.node_selector.iter().map(|(key, value)| format!("{key}={value}")).collect();
    let nodes: Api<Node> = Api::all(context.client.clone());
    let listed = nodes.list_metadata(&ListParams::default().labels(&selector.join(","))).await?;
    let names = listed.iter().map(kube::ResourceExt::name_any);
    let wanted: BTreeMap<_, _> = names.map(|node| (job_name(attempt, &node), node)).collect();
    let all = with_known(&known, wanted.keys());
    for (name, node) in &wanted {
        if known.contains_key(name) {
            continue;
        }
        let mut labels = attempt.labels();
        labels.insert(EXPERIMENT.to_owned(), STRIKE.to_owned());
        labels.insert(JOBS.to_owned(), all.to_string());
        let job = StrikeRun {
            name: name.clone(),
            labels,
            image: &context.settings.lab_image,
            deadline_seconds,
            node,
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
    for job in jobs(context, attempt).await?.into_keys() {
        apply::delete(&api, &job).await?;
    }
    Ok(())
}

/// The Jobs of `attempt`.
async fn jobs(context: &Context, attempt: &Attempt) -> Result<Known, kube::Error> {
    let api: Api<Job> = Api::namespaced(context.client.clone(), STRIKE_NAMESPACE);
    let known = api.list_metadata(&ListParams::default().labels(&format!("{RELEASE_UID}={}", attempt.uid))).await?;
    // One that says nothing was made by an operator that did not count: there may always be more.
    let says = |job: &PartialObjectMeta<Job>| job.labels().get(JOBS).and_then(|all| all.parse::<usize>().ok());
    Ok(known.iter().map(|job| (job.name_any(), says(job).unwrap_or(usize::MAX))).collect())
}

/// Whether all Jobs of a run are there, by what they say themselves: an operator that died while it
/// made them left fewer. Who goes on after it may see other nodes, so the highest number counts.
fn none_is_missing(known: &Known) -> bool {
    known.values().max().is_some_and(|all| known.len() >= *all)
}

/// How many Jobs there are when those that are `wanted` are made too. Those of nodes that have gone
/// count: they are there, and would otherwise stand for one that is not.
fn with_known<'a>(known: &'a Known, wanted: impl Iterator<Item = &'a String>) -> usize {
    known.keys().chain(wanted).collect::<BTreeSet<_>>().len()
}

/// Names of nodes are longer than what a Job's name has room for.
fn job_name(attempt: &Attempt, node: &str) -> String {
    let digest = canonical::sha256(node.as_bytes());
    format!("{STRIKE}-{}-{}", attempt.short(), &digest[digest.len() - 8..])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One life of the operator, which sees `nodes` and dies when it has made `most` Jobs; whether it
    /// leaves none missing.
    fn live(known: &mut Known, nodes: &[&str], most: usize) -> bool {
        let wanted: Vec<_> = nodes.iter().map(|node| (*node).to_owned()).collect();
        let all = with_known(known, wanted.iter());
        let missing: Vec<_> = wanted.into_iter().filter(|name| !known.contains_key(name)).take(most).collect();
        known.extend(missing.into_iter().map(|name| (name, all)));
        none_is_missing(known)
    }

    #[test]
    fn nodes_are_looked_at_until_each_has_its_job_however_often_the_operator_dies() {
        let mut known = Known::new();
        assert!(!live(&mut known, &[], 9), "a lab without nodes may still get one");
        assert!(!live(&mut known, &["a", "b", "c"], 1));
        assert!(!live(&mut known, &["a", "b", "c"], 1));
        assert!(live(&mut known, &["a", "b", "c"], 1));
        known.remove("b");
        assert!(!none_is_missing(&known));
        assert!(live(&mut known, &["a", "b", "c"], 9));
    }

    #[test]
    fn a_job_of_a_node_that_has_gone_does_not_stand_for_one_that_is_missing() {
        let mut known = Known::new();
        assert!(!live(&mut known, &["a", "b"], 1));
        assert!(!live(&mut known, &["b", "c"], 1));
        assert!(live(&mut known, &["b", "c"], 1));
        assert_eq!(known.len(), 3);
    }

    #[test]
    fn what_an_operator_made_that_did_not_count_never_counts_as_all() {
        let mut known = Known::from([("a".to_owned(), usize::MAX)]);
        assert!(!live(&mut known, &["a", "b"], 9));
    }
}
