//! Stage `Launched`: the same bundle in the service's live namespace, rolling, under the permit that
//! the keeper wrote (invariant 2). The newest registered release runs, or the one that a rollback
//! names.

use factory_crds::{LaunchPermit, Release, ReleaseStatus, StateService, condition, launch_permit};
use kube::{Api, ResourceExt as _, api::ListParams};

use super::{
    ReleaseError,
    attempt::Attempt,
    confirm::{self, Entry},
    deploy,
    record::WITHDRAWN,
};
use crate::{
    apply,
    context::Context,
    manifests::{ingress, namespace},
    stage::Progress,
    state_service::ROLLBACK,
};

/// A launched bundle.
pub struct Launched;

/// Launches the bundle of `attempt`, unless another release of the service is to run.
pub async fn bundle(
    context: &Context,
    attempt: &Attempt,
    facts: &ReleaseStatus,
    entry: &Entry,
) -> Result<Progress<Launched>, ReleaseError> {
    if let Some(reason) = &entry.withdrawn {
        return Ok(confirm::withdrawal(reason));
    }
    let wanted = wanted(context, attempt).await?;
    if wanted != attempt.name {
        return Ok(Progress::waiting("Superseded", format!("{wanted} is the release that runs")));
    }
    let place = attempt.launched();
    apply::cluster(&context.client, &namespace::build(&place)).await?;
    let permits: Api<LaunchPermit> = Api::namespaced(context.client.clone(), &place.namespace);
    let permitted = permits
        .get_opt(launch_permit::NAME)
        .await?
        .is_some_and(|permit| permit.spec.bundles.iter().any(|permitted| permitted.digest == facts.bundle));
    if !permitted {
        return Ok(Progress::waiting(
            "AwaitingPermit",
            "confirmed; waits for the permit keeper to check the regulator's signature",
        ));
    }
    Ok(match deploy::objects(context, attempt, &place, (&facts.images, &facts.databases)).await? {
        Progress::Done(()) => {
            apply::namespaced(&context.client, &ingress::build(&place, &attempt.spec)).await?;
            Progress::Done(Launched)
        }
        // A pod that is replaced in a launched service does not undo the launch.
        Progress::Waiting(_) if condition::is_true(&facts.conditions, "Launched") => Progress::Done(Launched),
        // The old pods still serve: a rollout that does not come up is waited for, not given up.
        Progress::Waiting(why) | Progress::Stopped(why) => Progress::Waiting(why),
    })
}

/// Name of the release that is to run.
async fn wanted(context: &Context, attempt: &Attempt) -> Result<String, kube::Error> {
    let services: Api<StateService> = Api::namespaced(context.client.clone(), &attempt.participant);
    let releases: Api<Release> = Api::namespaced(context.client.clone(), &attempt.participant);
    let service = services.get_opt(&attempt.pinned.service).await?;
    let rollback = service.as_ref().and_then(|service| service.annotations().get(ROLLBACK).cloned());
    let list = releases.list(&ListParams::default()).await?.items;
    Ok(choose(list, &attempt.pinned.service, &attempt.name, rollback.as_deref()))
}

/// The newest registered release of `service` that was not withdrawn, `this` one among them, or the
/// one that `rollback` names.
fn choose(releases: Vec<Release>, service: &str, this: &str, rollback: Option<&str>) -> String {
    let mut registered: Vec<_> = releases
        .into_iter()
        .filter(|release| release.spec.service == service)
        .filter(|release| {
            let conditions = release.status.as_ref().map(|status| status.conditions.as_slice()).unwrap_or_default();
            let stands = condition::is_true(conditions, "Registered")
                && !condition::has_reason(conditions, "Launched", WITHDRAWN);
            release.name_any() == this || stands
        })
        .collect();
    if let Some(named) = rollback
        && registered.iter().any(|release| release.name_any() == named)
    {
        return named.to_owned();
    }
    registered.sort_by_key(|release| (release.creation_timestamp(), release.name_any()));
    registered.last().map_or_else(|| this.to_owned(), kube::ResourceExt::name_any)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state_service::{examples, releases};
    use factory_crds::condition::condition;
    use k8s_openapi::{apimachinery::pkg::apis::meta::v1::Time, jiff::Timestamp};

    fn release(name: &str, second: i64, registered: bool) -> Release {
        let service = examples::service();
        let mut release = releases::due(&service, &"a".repeat(40), &examples::standard(), &[]).unwrap().unwrap();
        let at = Time(Timestamp::from_second(second).unwrap());
        release.metadata.name = Some(name.to_owned());
        release.metadata.creation_timestamp = Some(at.clone());
        let status = if registered { "True" } else { "Unknown" };
        let conditions = vec![condition("Registered", status, "Done", "", None, at)];
        release.status = Some(ReleaseStatus { conditions, ..ReleaseStatus::default() });
        release
    }

    #[test]
    fn the_newest_registered_release_runs() {
        let all = || vec![release("old", 1, true), release("new", 2, true), release("waiting", 3, false)];
        assert_eq!(choose(all(), "registered-address", "old", None), "new");
        assert_eq!(choose(all(), "registered-address", "new", None), "new");
    }

    #[test]
    fn a_withdrawn_release_neither_runs_nor_is_gone_back_to() {
        let mut withdrawn = release("withdrawn", 2, true);
        let made = condition("Launched", "False", WITHDRAWN, "", None, Time(Timestamp::UNIX_EPOCH));
        withdrawn.status.as_mut().unwrap().conditions.push(made);
        let all = || vec![release("again", 1, true), withdrawn.clone()];
        for rollback in [None, Some("withdrawn")] {
            assert_eq!(choose(all(), "registered-address", "again", rollback), "again");
        }
    }

    #[test]
    fn a_rollback_goes_to_a_registered_release_only() {
        let all = || vec![release("old", 1, true), release("new", 2, true), release("waiting", 3, false)];
        assert_eq!(choose(all(), "registered-address", "new", Some("old")), "old");
        assert_eq!(choose(all(), "registered-address", "new", Some("waiting")), "new");
        assert_eq!(choose(all(), "registered-address", "new", Some("nobody")), "new");
    }
}
