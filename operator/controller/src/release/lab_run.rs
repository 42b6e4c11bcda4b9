//! A run of the lab: the Job that carries out one part of an announced plan, `verify` or `prove`, with what it is told, and
//! where its results are. Made once, however often it is asked for; the operator reads only its typed, bounded results.

use std::collections::BTreeMap;

use factory_assurance::wire::{Beside, Run, RunEnd};
use factory_crds::{
    StateServiceSpec,
    state_service::{DATABASE_PORT, Speech},
};
use k8s_openapi::api::batch::v1::Job;
use kube::Api;

use super::{
    ReleaseError,
    attempt::Attempt,
    deploy::Candidate,
    experiment::OpenExperiment,
    generators,
    jobs::{self, JobEnd},
    lab_pool::EXPERIMENT,
};
use crate::{
    apply,
    artifacts::Artifacts,
    context::{Context, LAB_NAMESPACE},
    manifests::lab_job::LabRun,
    stage::Progress,
};

/// Whether the Job of `factory-lab <command>` for `attempt` is there.
pub async fn has_begun(context: &Context, attempt: &Attempt, command: &str) -> Result<bool, kube::Error> {
    let jobs: Api<Job> = Api::namespaced(context.client.clone(), LAB_NAMESPACE);
    Ok(jobs.get_metadata_opt(&job_name(attempt, command)).await?.is_some())
}

/// Name of the Job of `factory-lab <command>` for `attempt`.
#[must_use]
pub fn job_name(attempt: &Attempt, command: &str) -> String {
    format!("{command}-{}", attempt.short())
}

/// Whether a Job that is not there is made.
pub enum Beginning {
    /// It is, beside the release that the candidate is compared with, if there is one.
    Now(Option<Beside>),
    /// It was there a moment ago: what it needs has not been looked at since, so that the next look makes it.
    Earlier,
}

/// Runs `factory-lab <command>` for `attempt` once, and says where its results are.
pub async fn carry_out(
    context: &Context,
    attempt: &Attempt,
    candidate: &Candidate,
    run: &OpenExperiment,
    (command, beginning): (&str, Beginning),
    deadline_seconds: i64,
) -> Result<Progress<RunEnd>, ReleaseError> {
    let jobs: Api<Job> = Api::namespaced(context.client.clone(), LAB_NAMESPACE);
    let name = job_name(attempt, command);
    let mut labels = attempt.labels();
    labels.insert(EXPERIMENT.to_owned(), command.to_owned());
    let (begins, beside) = match beginning {
        Beginning::Now(beside) => (true, beside),
        Beginning::Earlier => (false, None),
    };
    let document = document(attempt, candidate, run, (command, beside));
    let generators = document.company.as_ref().map_or(1, |company| company.of);
    let image = &context.settings.lab_image;
    let lab = LabRun { command, name: name.clone(), labels, image, deadline_seconds, generators };
    let Some(job) = jobs.get_opt(&name).await? else {
        if !begins {
            return Ok(Progress::waiting("Running", format!("{command} is gone, and begins again")));
        }
        apply::namespaced(&context.client, &lab.config(serde_json::to_string(&document)?)).await?;
        apply::create_once(&context.client, &lab.job(&attempt.lab)).await?;
        return Ok(Progress::waiting("Running", format!("{command} has begun")));
    };
    Ok(match jobs::end(&context.client, &job).await? {
        JobEnd::Running => Progress::waiting("Running", format!("{command} is running")),
        JobEnd::Failed(why) => Progress::stopped("LabFailed", format!("{command}: {why}")),
        JobEnd::Succeeded(message) => match serde_json::from_str(&message) {
            Ok(end) => Progress::Done(end),
            Err(error) => {
                Progress::stopped("LabFailed", format!("{command}: its last message is not readable: {error}"))
            }
        },
    })
}

/// The results of `end`.
pub async fn fetch<T: serde::de::DeserializeOwned>(
    attempt: &Attempt,
    end: &RunEnd,
    media_type: &str,
) -> Result<T, ReleaseError> {
    let bytes = Artifacts::new(&attempt.lab.registry).pull(&end.results, media_type).await?;
    Ok(serde_json::from_slice(&bytes)?)
}

fn document(
    attempt: &Attempt,
    candidate: &Candidate,
    run: &OpenExperiment,
    (command, reference): (&str, Option<Beside>),
) -> Run {
    let announced = &run.announced;
    // Only the load is shared out.
    let load = (command == "prove").then_some(&announced.plan.prove.load);
    let company = load.and_then(|load| generators::company(load, &attempt.lab, &job_name(attempt, command)));
    Run {
        announcement: announced.run.id.clone(),
        nonce: announced.run.nonce.clone(),
        namespace: candidate.namespace.clone(),
        ports: ports(&attempt.spec),
        host: attempt.spec.ingress.host.clone(),
        databases: attempt.spec.bindings.iter().map(|binding| (binding.name.clone(), DATABASE_PORT)).collect(),
        speech: speech(&attempt.spec),
        results: format!("{}/results/{}/{}", attempt.lab.registry.prefix, attempt.participant, attempt.pinned.service),
        plain_http: attempt.lab.registry.plain_http,
        company,
        reference,
        plan: announced.plan.clone(),
    }
}

/// Port of each component.
#[must_use]
pub fn ports(spec: &StateServiceSpec) -> BTreeMap<String, u16> {
    spec.components.iter().map(|component| (component.name.clone(), component.port)).collect()
}

/// What is spoken there, of components that do not speak HTTP/1.1 without TLS.
#[must_use]
pub fn speech(spec: &StateServiceSpec) -> BTreeMap<String, Speech> {
    let speech = spec.components.iter().map(|component| (component.name.clone(), component.speech()));
    speech.filter(|(_, speech)| *speech != Speech::default()).collect()
}
