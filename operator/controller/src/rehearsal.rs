//! Driver of a team's `Experiment`: a rehearsal of the newest commit and spec. It becomes a release
//! that is neither announced nor reported nor launched, and walks the same road as far as the
//! verdict.

use std::{sync::Arc, time::Duration};

use factory_crds::{Experiment, ExperimentStatus, Release};
use kube::{Api, Resource as _, ResourceExt as _, api::ListParams, runtime::controller::Action};

use crate::{apply, context::Context};

/// A rehearsal could not begin; it is tried again.
#[derive(Debug, thiserror::Error)]
pub enum RehearsalError {
    /// From the API server.
    #[error(transparent)]
    Api(#[from] kube::Error),
    /// A write failed.
    #[error(transparent)]
    Write(#[from] apply::WriteError),
    /// A document of ours could not be written.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
}

/// One look at an `Experiment`.
pub async fn reconcile(experiment: Arc<Experiment>, context: Arc<Context>) -> Result<Action, RehearsalError> {
    let _timed = context.metrics.time::<Experiment>();
    if !experiment.spec.rehearsal || experiment.metadata.deletion_timestamp.is_some() {
        return Ok(Action::await_change());
    }
    let releases: Api<Release> = Api::namespaced(context.client.clone(), &experiment.namespace().unwrap_or_default());
    let mut list = releases.list(&ListParams::default()).await?.items;
    list.retain(|release| release.spec.service == experiment.spec.service && !release.spec.rehearsal);
    let before = experiment.status.clone().unwrap_or_default();
    let mut status = before.clone();
    let newest = list.into_iter().max_by_key(|release| (release.creation_timestamp(), release.spec.attempt));
    let again = match newest {
        None => {
            status.message =
                format!("spec.service: no release of `{}` whose commit could be rehearsed", experiment.spec.service);
            Action::requeue(Duration::from_secs(5))
        }
        Some(newest) => {
            let made = apply::create_once(&context.client, &rehearsal(&experiment, &newest)).await?;
            follow(&mut status, &made);
            Action::await_change()
        }
    };
    if status != before {
        let api: Api<Experiment> = Api::namespaced(context.client.clone(), &experiment.namespace().unwrap_or_default());
        apply::status(&api, &experiment.name_any(), &serde_json::to_value(&status)?).await?;
    }
    Ok(again)
}

fn follow(status: &mut ExperimentStatus, release: &Release) {
    let seen = release.status.clone().unwrap_or_default();
    status.release = release.name_any();
    status.message = match seen.outcome {
        Some(outcome) => format!("{outcome:?} {}", seen.message).trim_end().to_owned(),
        None => format!("{} {}", seen.stage, seen.message).trim().to_owned(),
    };
    status.conditions = seen.conditions;
}

/// The release of `experiment`: what `newest` was, under the experiment's name.
fn rehearsal(experiment: &Experiment, newest: &Release) -> Release {
    let mut spec = newest.spec.clone();
    spec.rehearsal = true;
    let mut release = Release::new(&experiment.name_any(), spec);
    release.metadata.namespace = experiment.namespace();
    release.metadata.owner_references = experiment.controller_owner_ref(&()).map(|owner| vec![owner]);
    release
}

/// How long to wait after an error.
#[must_use]
pub fn on_error(experiment: Arc<Experiment>, failure: &RehearsalError, context: Arc<Context>) -> Action {
    context.metrics.failed(&*experiment, failure);
    Action::requeue(Duration::from_secs(5))
}
