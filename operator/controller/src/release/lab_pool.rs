//! One experiment at a time on the lab's nodes, and no build beside it: a measurement that a
//! neighbour disturbs is none. A Lease decides who is next; builds look and wait.

use k8s_openapi::{
    api::{
        batch::v1::Job,
        coordination::v1::{Lease, LeaseSpec},
    },
    apimachinery::pkg::apis::meta::v1::MicroTime,
    jiff::Timestamp,
};
use kube::{
    Api, ResourceExt as _,
    api::{ListParams, ObjectMeta, PostParams},
};

use super::attempt::Attempt;
use crate::{
    context::{BUILD_NAMESPACE, Context, LAB_NAMESPACE},
    manifests::{RELEASE, RELEASE_UID},
};

/// Label of Jobs that load and break.
pub const EXPERIMENT: &str = "factory.gov.kg/experiment";
/// Reason of what waits for the lab.
pub const BUSY: &str = "LabBusy";
/// A holder that did not come back for this long, and whose Job is over, has lost the lease.
const PATIENCE_SECONDS: i64 = 45;

/// Who has to end first, if anybody; else the lease is `attempt`'s.
pub async fn take(context: &Context, attempt: &Attempt) -> Result<Option<String>, kube::Error> {
    if let Some(other) = experiment_under_way(context, &attempt.uid).await? {
        return Ok(Some(format!("the experiment of {other}")));
    }
    let builds: Api<Job> = Api::namespaced(context.client.clone(), BUILD_NAMESPACE);
    if let Some(job) = builds.list(&ListParams::default()).await?.items.iter().find(|job| under_way(job)) {
        return Ok(Some(format!("the build {}", job.name_any())));
    }
    let api: Api<Lease> = Api::namespaced(context.client.clone(), LAB_NAMESPACE);
    let name = format!("pool-{}", context.settings.lab_environment);
    let now = Timestamp::now();
    let Some(mut lease) = api.get_opt(&name).await? else {
        let metadata = ObjectMeta { name: Some(name), ..ObjectMeta::default() };
        let lease = Lease { metadata, spec: Some(held_by(attempt, now)) };
        return mine(api.create(&PostParams::default(), &lease).await);
    };
    let spec = lease.spec.take().unwrap_or_default();
    let holder = spec.holder_identity.unwrap_or_default();
    let fresh = spec.renew_time.is_some_and(|renewed| now.as_second() - renewed.0.as_second() < PATIENCE_SECONDS);
    if !holder.is_empty() && holder != attempt.uid && fresh {
        return Ok(Some("another release that is next".to_owned()));
    }
    lease.spec = Some(held_by(attempt, now));
    mine(api.replace(&name, &PostParams::default(), &lease).await)
}

/// Gives the lease back.
pub async fn give_back(context: &Context, attempt: &Attempt) -> Result<(), kube::Error> {
    let api: Api<Lease> = Api::namespaced(context.client.clone(), LAB_NAMESPACE);
    let name = format!("pool-{}", context.settings.lab_environment);
    let Some(mut lease) = api.get_opt(&name).await? else { return Ok(()) };
    let spec = lease.spec.get_or_insert_with(LeaseSpec::default);
    if spec.holder_identity.as_deref() != Some(&attempt.uid) {
        return Ok(());
    }
    spec.holder_identity = None;
    mine(api.replace(&name, &PostParams::default(), &lease).await).map(drop)
}

/// The release whose experiment is under way, unless it is the one with `uid`.
pub async fn experiment_under_way(context: &Context, uid: &str) -> Result<Option<String>, kube::Error> {
    let jobs: Api<Job> = Api::namespaced(context.client.clone(), LAB_NAMESPACE);
    let list = jobs.list(&ListParams::default().labels(&format!("{EXPERIMENT}=prove"))).await?;
    let other =
        list.items.iter().find(|job| under_way(job) && job.labels().get(RELEASE_UID).is_none_or(|known| known != uid));
    Ok(other.map(|job| job.labels().get(RELEASE).cloned().unwrap_or_else(|| job.name_any())))
}

/// Whether `job` has not ended.
#[must_use]
pub fn under_way(job: &Job) -> bool {
    let ended = job.status.iter().flat_map(|status| status.conditions.iter().flatten());
    !ended
        .into_iter()
        .any(|condition| matches!(condition.type_.as_str(), "Complete" | "Failed") && condition.status == "True")
}

fn held_by(attempt: &Attempt, now: Timestamp) -> LeaseSpec {
    LeaseSpec { holder_identity: Some(attempt.uid.clone()), renew_time: Some(MicroTime(now)), ..LeaseSpec::default() }
}

/// A conflict means that another was quicker.
fn mine(answer: Result<Lease, kube::Error>) -> Result<Option<String>, kube::Error> {
    match answer {
        Ok(_) => Ok(None),
        Err(kube::Error::Api(status)) if status.is_conflict() || status.is_already_exists() => {
            Ok(Some("another release that is next".to_owned()))
        }
        Err(error) => Err(error),
    }
}
