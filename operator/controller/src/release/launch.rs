//! Stage `Launched`: the same bundle in the service's live namespace, rolling, under the permit that
//! the keeper wrote (invariant 2). The newest registered release runs, or the one that a rollback
//! names.

use factory_crds::{LaunchPermit, Release, ReleaseStatus, StateService, condition};
use kube::{Api, ResourceExt as _, api::ListParams};

use super::{ReleaseError, attempt::Attempt, confirm::Entry, deploy};
use crate::{
    apply,
    context::Context,
    manifests::{ingress, namespace},
    stage::Progress,
    state_service::ROLLBACK,
};

/// Name of the permit that admission reads.
const PERMIT: &str = "live";

/// A launched bundle.
pub struct Launched;

/// Launches the bundle of `attempt`, unless another release of the service is to run.
pub async fn bundle(
    context: &Context,
    attempt: &Attempt,
    facts: &ReleaseStatus,
    _entry: &Entry,
) -> Result<Progress<Launched>, ReleaseError> {
    let wanted = wanted(context, attempt).await?;
    if wanted != attempt.name {
        return Ok(Progress::waiting("Superseded", format!("{wanted} is the release that runs")));
    }
    let place = attempt.launched();
    apply::cluster(&context.client, &namespace::build(&place)).await?;
    let permits: Api<LaunchPermit> = Api::namespaced(context.client.clone(), &place.namespace);
    let permitted = permits
        .get_opt(PERMIT)
        .await?
        .is_some_and(|permit| permit.spec.bundles.iter().any(|permitted| permitted.digest == facts.bundle));
    if !permitted {
        return Ok(Progress::waiting(
            "AwaitingPermit",
            "confirmed; waits for the permit keeper to check the regulator's signature",
        ));
    }
    Ok(match deploy::objects(context, attempt, &place, &facts.images).await? {
        Progress::Done(()) => {
            apply::namespaced(&context.client, &ingress::build(&place, &attempt.spec)).await?;
            Progress::Done(Launched)
        }
        Progress::Waiting(why) => Progress::Waiting(why),
        // The old pods still serve: a rollout that does not come up is waited for, not given up.
        Progress::Stopped(why) => Progress::Waiting(why),
    })
}

/// Name of the release that is to run.
async fn wanted(context: &Context, attempt: &Attempt) -> Result<String, kube::Error> {
    let services: Api<StateService> = Api::namespaced(context.client.clone(), &attempt.participant);
    let releases: Api<Release> = Api::namespaced(context.client.clone(), &attempt.participant);
    let service = services.get_opt(&attempt.pinned.service).await?;
    let rollback = service.as_ref().and_then(|service| service.annotations().get(ROLLBACK).cloned());
    let list = releases.list(&ListParams::default()).await?.items;
    Ok(choose(list, attempt, rollback.as_deref()))
}

fn choose(releases: Vec<Release>, attempt: &Attempt, rollback: Option<&str>) -> String {
    let mut registered: Vec<_> = releases
        .into_iter()
        .filter(|release| release.spec.service == attempt.pinned.service)
        .filter(|release| {
            let conditions = release.status.as_ref().map(|status| status.conditions.as_slice()).unwrap_or_default();
            release.name_any() == attempt.name || condition::is_true(conditions, "Registered")
        })
        .collect();
    if let Some(named) = rollback
        && registered.iter().any(|release| release.name_any() == named)
    {
        return named.to_owned();
    }
    registered.sort_by_key(|release| (release.creation_timestamp(), release.name_any()));
    registered.last().map_or_else(|| attempt.name.clone(), kube::ResourceExt::name_any)
}
