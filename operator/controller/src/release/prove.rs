//! Stage `Proven`: load and faults, carried out by a Job of the lab that has its nodes to itself.
//! A candidate that failed its functional checks is not broken further: the verdict stands already.

use factory_assurance::{
    evidence::{Evidence, PROVE_MEDIA_TYPE},
    measurement::Measurements,
    plan::{ComparisonPlan, Reference, history::MOST_WAIT_SECONDS},
};
use factory_crds::ReleaseStatus;
use k8s_openapi::api::core::v1::Namespace;
use kube::Api;

use super::{
    ReleaseError,
    attempt::Attempt,
    deploy::Candidate,
    experiment::OpenExperiment,
    figures, lab_pool,
    lab_run::{self, Beginning},
    reference, strike, twin,
    verify::Findings,
};
use crate::{
    apply,
    context::Context,
    manifests::lab_job,
    stage::{Progress, Why},
};

/// Seconds beyond the planned length that a run may take: start, also of the lab on the nodes, last
/// answers, results.
const SLACK: i64 = 210;

/// Reason while figures of the run come.
pub const MEASURING: &str = "Measuring";

/// All that the lab measured on a candidate.
pub struct Measured {
    /// The raw results.
    pub(super) evidence: Evidence,
    /// What the lab signed of them.
    pub(super) measurements: Measurements,
    /// Why the lab could not measure the load, where it could not.
    pub(super) unmeasured: Option<Why>,
}

/// Lets the candidate withstand the plan, once, and keeps in `facts` where the measurements are.
pub async fn withstand(
    context: &Context,
    attempt: &Attempt,
    candidate: &Candidate,
    run: &OpenExperiment,
    findings: Findings,
    facts: &mut ReleaseStatus,
) -> Result<Progress<Measured>, ReleaseError> {
    let only_checked = |findings: Findings, unmeasured: Option<Why>| {
        let measurements = Measurements { verify: findings.measurement, prove: None };
        let evidence = Evidence { verify: findings.evidence, prove: None };
        Progress::Done(Measured { evidence, measurements, unmeasured })
    };
    if findings.deviation().is_some() {
        return Ok(only_checked(findings, None));
    }
    let mut beginning = Beginning::Earlier;
    // A run that has begun has the nodes already, and one that has ended needs none.
    if !lab_run::has_begun(context, attempt, "prove").await? {
        // It stood up with the run's announcement: this waits for one that is late itself.
        if let Some(why) = twin::stand_up(context, attempt, run).await? {
            return Ok(Progress::Waiting(why));
        }
        if let Some(other) = lab_pool::take(context, attempt).await? {
            return Ok(Progress::waiting(lab_pool::BUSY, format!("waits for the lab's nodes: {other} ends first")));
        }
        // Only who has the lab puts up two: releases that each held room for half of theirs would wait for each other.
        beginning = Beginning::Now(match reference::stand_up(context, attempt, run).await? {
            reference::Standing::Ready(beside) => Some(beside),
            reference::Standing::Waiting(why) => return Ok(Progress::Waiting(why)),
            reference::Standing::Nowhere => None,
        });
        if !stands(context, &candidate.namespace).await? {
            lab_pool::give_on(context, attempt).await?;
            let why =
                Why::new("LabFailed", format!("prove: the candidate's namespace {} is gone", candidate.namespace));
            return Ok(only_checked(findings, Some(why)));
        }
        // Not before: a lab that strikes one candidate has no rights over those that wait.
        apply::namespaced(&context.client, &lab_job::binding(&candidate.namespace)).await?;
    }
    let prove = &run.announced.plan.prove;
    let planned: u32 = prove.phases.iter().map(|phase| phase.seconds).sum();
    let compared = prove.comparison.as_ref().and_then(ComparisonPlan::reference).map_or(0, Reference::length);
    let waited = if prove.history.is_some() { MOST_WAIT_SECONDS } else { 0 };
    let deadline = i64::from(planned + waited) + i64::try_from(compared).unwrap_or(i64::MAX / 2) + SLACK;
    match lab_run::carry_out(context, attempt, candidate, run, ("prove", beginning), deadline).await? {
        Progress::Done(end) => {
            strike::stand_down(context, attempt).await?;
            reference::stand_down(context, attempt, run).await?;
            facts.prove_results.clone_from(&end.results);
            let prove = lab_run::fetch(attempt, &end, PROVE_MEDIA_TYPE).await?;
            lab_pool::give_on(context, attempt).await?;
            let evidence = Evidence { verify: findings.evidence, prove: Some(prove) };
            let measurements = Measurements { verify: findings.measurement, prove: Some(end.measurement) };
            Ok(Progress::Done(Measured { evidence, measurements, unmeasured: None }))
        }
        Progress::Stopped(why) => {
            strike::stand_down(context, attempt).await?;
            reference::stand_down(context, attempt, run).await?;
            // A lab that could not measure is no failure of the service: no evidence, no pass.
            lab_pool::give_on(context, attempt).await?;
            tracing::warn!(release = %attempt.name, reason = why.reason, message = %why.message, "no measurement");
            Ok(only_checked(findings, Some(why)))
        }
        Progress::Waiting(why) => {
            strike::stand_by(context, attempt, candidate, run, deadline).await?;
            let figures = figures::of(&context.client, &lab_run::job_name(attempt, "prove")).await;
            if figures.is_some() {
                // They are of the load alone, which begins when the comparison is over.
                reference::stand_down(context, attempt, run).await?;
            }
            Ok(Progress::Waiting(figures.map_or(why, |figures| Why::new(MEASURING, figures))))
        }
    }
}

/// Whether the candidate's namespace is there, and not about to go: somebody may have deleted it while the release waited.
async fn stands(context: &Context, namespace: &str) -> Result<bool, kube::Error> {
    let namespaces: Api<Namespace> = Api::all(context.client.clone());
    let known = namespaces.get_metadata_opt(namespace).await?;
    Ok(known.is_some_and(|known| known.metadata.deletion_timestamp.is_none()))
}
