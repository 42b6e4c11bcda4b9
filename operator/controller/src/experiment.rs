//! Driver of an `Experiment`. A release carries each one out: one that the operator made belongs to
//! the release that it names, and a team's rehearsal becomes a release of its own. What an
//! experiment says of itself follows from that release alone, so that the two never disagree; here
//! nothing is run and nothing is judged.

pub mod rehearsal;
pub mod status;

use std::{sync::Arc, time::Duration};

use factory_crds::{Experiment, ExperimentStatus, Release};
use kube::{Api, ResourceExt as _, runtime::controller::Action};

use crate::{apply, context::Context, stage::Progress};

/// An experiment could not be looked at; it is tried again.
#[derive(Debug, thiserror::Error)]
pub enum ExperimentError {
    /// From the API server.
    #[error(transparent)]
    Api(#[from] kube::Error),
    /// A write failed.
    #[error(transparent)]
    Write(#[from] apply::WriteError),
}

/// One look at an `Experiment`.
pub async fn reconcile(experiment: Arc<Experiment>, context: Arc<Context>) -> Result<Action, ExperimentError> {
    let _timed = context.metrics.time::<Experiment>();
    if experiment.metadata.deletion_timestamp.is_some() {
        // A rehearsal's release goes by owner reference, its candidate by `collect`.
        return Ok(Action::await_change());
    }
    let namespace = experiment.namespace().unwrap_or_default();
    let releases: Api<Release> = Api::namespaced(context.client.clone(), &namespace);
    let carried_out = if experiment.spec.rehearsal {
        rehearsal::release(&context, &releases, &experiment).await?
    } else {
        match named(&releases, &experiment).await? {
            Some(release) => Progress::Done(release),
            // It goes with its release.
            None => return Ok(Action::await_change()),
        }
    };
    let before = experiment.status.clone().unwrap_or_default();
    let (now, again) = match carried_out {
        Progress::Done(release) => (status::of(&experiment, &release), Action::await_change()),
        Progress::Waiting(why) | Progress::Stopped(why) => (
            ExperimentStatus { message: why.message, ..before.clone() },
            // No watch tells of the release that it waits for, which has another name.
            Action::requeue(Duration::from_secs(5)),
        ),
    };
    if now != before {
        let api: Api<Experiment> = Api::namespaced(context.client.clone(), &namespace);
        apply::status(&api, &experiment, &now).await?;
    }
    Ok(again)
}

/// The release that `experiment` names, if that made it.
async fn named(releases: &Api<Release>, experiment: &Experiment) -> Result<Option<Release>, kube::Error> {
    let release = releases.get_opt(&experiment.spec.release).await?;
    let made_it = |release: &Release| {
        experiment.owner_references().iter().any(|owner| Some(&owner.uid) == release.metadata.uid.as_ref())
    };
    Ok(release.filter(made_it))
}

/// How long to wait after an error.
#[must_use]
pub fn on_error(experiment: Arc<Experiment>, failure: &ExperimentError, context: Arc<Context>) -> Action {
    context.metrics.failed(&*experiment, failure);
    Action::requeue(Duration::from_secs(5))
}
