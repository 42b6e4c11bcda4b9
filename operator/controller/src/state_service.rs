//! Driver of a `StateService`: from the manifest to a `Release` for each new commit or spec, and the
//! newest release's conditions mirrored back. A running release is never changed.

#[cfg(test)]
pub mod examples;
pub mod mirror;
pub mod releases;
pub mod resolve;
pub mod standard;

use std::{sync::Arc, time::Duration};

use factory_crds::{Release, StateService};
use kube::{Api, ResourceExt as _, api::ListParams, runtime::controller::Action};

use crate::{
    apply,
    context::Context,
    release::attempt,
    stage::{Progress, Why},
};

/// Annotation by which a team or the regulator names the release that is to run.
pub const ROLLBACK: &str = "factory.gov.kg/rollback";
/// Annotation by which a team asks for another attempt at the same commit and spec.
pub const RUN: &str = "factory.gov.kg/run";

/// A `StateService` could not be carried on; it is tried again.
#[derive(Debug, thiserror::Error)]
pub enum StateServiceError {
    /// From the API server.
    #[error(transparent)]
    Api(#[from] kube::Error),
    /// A write failed.
    #[error(transparent)]
    Write(#[from] apply::WriteError),
    /// The environment could not be read.
    #[error(transparent)]
    Environment(#[from] attempt::AttemptError),
    /// A document has no canonical form.
    #[error(transparent)]
    NotCanonical(#[from] factory_assurance::canonical::NotCanonical),
}

/// One look at a `StateService`.
pub async fn reconcile(service: Arc<StateService>, context: Arc<Context>) -> Result<Action, StateServiceError> {
    let _timed = context.metrics.time::<StateService>();
    if service.metadata.deletion_timestamp.is_some() {
        // Releases go by owner reference, candidates by `collect`; a launched service stays.
        return Ok(Action::await_change());
    }
    let mut known = of(&context, &service).await?;
    let mut unread = None;
    let problem = match next(&context, &service, &known, &mut unread).await? {
        Progress::Done(Some(made)) => {
            known.push(made);
            None
        }
        Progress::Done(None) => None,
        Progress::Waiting(why) | Progress::Stopped(why) => Some(why),
    };
    mirror::write(&context, &service, &known, &mirror::Told { problem, unread }).await?;
    Ok(Action::requeue(service.spec.source.poll.duration().max(Duration::from_secs(5))))
}

/// A release that is to be made and was, if any; in `unread` why its source could not be looked at, if so.
async fn next(
    context: &Context,
    service: &StateService,
    known: &[Release],
    unread: &mut Option<Why>,
) -> Result<Progress<Option<Release>>, StateServiceError> {
    let lab = attempt::environment(context, &context.settings.lab_environment).await?;
    let commit = match resolve::commit(service, &lab, known).await {
        Progress::Done(commit) => commit,
        Progress::Waiting(why) => return Ok(Progress::Waiting(why)),
        Progress::Stopped(why) => return Ok(Progress::Stopped(why)),
    };
    *unread = commit.unread;
    let standard = match standard::of_class(context, service.spec.class).await? {
        Progress::Done(standard) => standard,
        Progress::Waiting(why) => return Ok(Progress::Waiting(why)),
        Progress::Stopped(why) => return Ok(Progress::Stopped(why)),
    };
    match releases::due(service, &commit.hash, &standard, known)? {
        Some(release) => Ok(Progress::Done(Some(apply::create_once(&context.client, &release).await?))),
        None => Ok(Progress::Done(None)),
    }
}

/// Releases of `service`, oldest first.
async fn of(context: &Context, service: &StateService) -> Result<Vec<Release>, kube::Error> {
    let releases: Api<Release> = Api::namespaced(context.client.clone(), &service.namespace().unwrap_or_default());
    let mut list = releases.list(&ListParams::default()).await?.items;
    // By UID of the owner: a service of the same name that was made again starts anew.
    list.retain(|release| {
        release.owner_references().iter().any(|owner| Some(&owner.uid) == service.metadata.uid.as_ref())
    });
    list.sort_by_key(|release| (release.creation_timestamp(), release.spec.attempt));
    Ok(list)
}

/// How long to wait after an error.
#[must_use]
pub fn on_error(service: Arc<StateService>, failure: &StateServiceError, context: Arc<Context>) -> Action {
    context.metrics.failed(&*service, failure);
    Action::requeue(Duration::from_secs(5))
}
