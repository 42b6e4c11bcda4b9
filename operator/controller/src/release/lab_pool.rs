//! One experiment at a time on the lab's nodes, and no build beside it: a measurement that a
//! neighbour disturbs is none. A Lease says who is next: whoever has waited longest. Builds look and wait.

use factory_crds::Release;
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
/// Who is waited for where the lease is another's.
const NEXT: &str = "another release that is next";
/// A holder that did not come back for this long, and whose Job is over, has lost the lease.
const PATIENCE_SECONDS: i64 = 45;

/// Who has to end first, if anybody; else the lease is `attempt`'s.
pub async fn take(context: &Context, attempt: &Attempt) -> Result<Option<String>, kube::Error> {
    let busy = busy(context, attempt).await?;
    let (api, name) = pool(context);
    let now = Timestamp::now();
    let Some(mut lease) = api.get_opt(&name).await? else {
        if busy.is_some() {
            return Ok(busy);
        }
        let metadata = ObjectMeta { name: Some(name), ..ObjectMeta::default() };
        let lease = Lease { metadata, spec: Some(held_by(Some(attempt.uid.clone()), now)) };
        return mine(api.create(&PostParams::default(), &lease).await);
    };
    let spec = lease.spec.take().unwrap_or_default();
    let holder = spec.holder_identity.unwrap_or_default();
    let age = spec.renew_time.map_or(i64::MAX, |renewed| now.as_second() - renewed.0.as_second());
    if !holder.is_empty() && holder != attempt.uid && age < PATIENCE_SECONDS {
        return Ok(Some(busy.unwrap_or_else(|| NEXT.to_owned())));
    }
    // Whose turn it is keeps it while a build ends.
    if busy.is_some() && (holder != attempt.uid || age < PATIENCE_SECONDS / 3) {
        return Ok(busy);
    }
    // A lease that nobody has is for whoever has waited longest; one that was lost, for whoever asks.
    let other = if holder.is_empty() { next(context).await?.filter(|uid| *uid != attempt.uid) } else { None };
    let busy = if other.is_some() { Some(NEXT.to_owned()) } else { busy };
    lease.spec = Some(held_by(other.or_else(|| Some(attempt.uid.clone())), now));
    Ok(mine(api.replace(&name, &PostParams::default(), &lease).await)?.or(busy))
}

/// The Lease of the lab's nodes: where it stands, and its name.
fn pool(context: &Context) -> (Api<Lease>, String) {
    let name = format!("pool-{}", context.settings.lab_environment);
    (Api::namespaced(context.client.clone(), LAB_NAMESPACE), name)
}

/// What is under way on the lab's nodes beside `attempt`, if anything.
async fn busy(context: &Context, attempt: &Attempt) -> Result<Option<String>, kube::Error> {
    if let Some(other) = experiment_under_way(context, &attempt.uid).await? {
        return Ok(Some(format!("the experiment of {other}")));
    }
    let builds: Api<Job> = Api::namespaced(context.client.clone(), BUILD_NAMESPACE);
    let jobs = builds.list(&ListParams::default()).await?.items;
    Ok(jobs.iter().find(|job| under_way(job)).map(|job| format!("the build {}", job.name_any())))
}

/// Gives the lease on to the release that has waited longest for it, or back where none waits.
pub async fn give_on(context: &Context, attempt: &Attempt) -> Result<(), kube::Error> {
    let (api, name) = pool(context);
    let Some(mut lease) = api.get_opt(&name).await? else { return Ok(()) };
    let held = lease.spec.as_ref().and_then(|spec| spec.holder_identity.as_deref());
    if held != Some(&attempt.uid) {
        return Ok(());
    }
    lease.spec = Some(held_by(next(context).await?, Timestamp::now()));
    mine(api.replace(&name, &PostParams::default(), &lease).await).map(drop)
}

async fn next(context: &Context) -> Result<Option<String>, kube::Error> {
    let releases: Api<Release> = Api::all(context.client.clone());
    Ok(first_in_line(&releases.list(&ListParams::default()).await?.items))
}

/// UID of the release that has waited longest for the lab: since it was verified. What is measured first is no
/// matter of luck, and nobody waits for ever.
fn first_in_line(releases: &[Release]) -> Option<String> {
    let staying = releases.iter().filter(|release| release.metadata.deletion_timestamp.is_none());
    let line = staying.filter_map(|release| {
        let conditions = &release.status.as_ref()?.conditions;
        let proven = conditions.iter().find(|condition| condition.type_ == "Proven")?;
        let verified = conditions.iter().find(|condition| condition.type_ == "Verified")?;
        let waits = proven.status == "Unknown" && proven.reason == BUSY;
        waits.then_some((verified.last_transition_time.0, release.uid()?))
    });
    line.min().map(|(_, uid)| uid)
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

/// Of whoever is next, if anybody.
fn held_by(next: Option<String>, now: Timestamp) -> LeaseSpec {
    LeaseSpec { holder_identity: next, renew_time: Some(MicroTime(now)), ..LeaseSpec::default() }
}

/// A conflict means that another was quicker.
fn mine(answer: Result<Lease, kube::Error>) -> Result<Option<String>, kube::Error> {
    match answer {
        Ok(_) => Ok(None),
        Err(kube::Error::Api(status)) if status.is_conflict() || status.is_already_exists() => {
            Ok(Some(NEXT.to_owned()))
        }
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state_service::{examples, releases};
    use serde_json::json;

    fn release(uid: &str, verified: &str, proven: (&str, &str)) -> Release {
        let service = examples::service();
        let mut release = releases::due(&service, &"a".repeat(40), &examples::standard(), &[]).unwrap().unwrap();
        release.metadata.uid = Some(uid.to_owned());
        let condition = |of: &str, (status, reason): (&str, &str), at: &str| json!({"type": of, "status": status, "reason": reason, "message": "", "lastTransitionTime": at});
        let conditions =
            json!([condition("Verified", ("True", "Done"), verified), condition("Proven", proven, verified)]);
        release.status = serde_json::from_value(json!({"conditions": conditions})).ok();
        release
    }

    #[test]
    fn whoever_has_waited_longest_is_next() {
        let (waits, runs, done) = (("Unknown", BUSY), ("Unknown", "Running"), ("True", "Done"));
        let late = release("a", "2026-01-01T00:00:03Z", waits);
        let early = release("b", "2026-01-01T00:00:02Z", waits);
        let others = ["2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z"];
        let under_way = release("c", others[0], runs);
        let ended = release("d", others[1], done);
        let of = |releases: &[&Release]| first_in_line(&releases.iter().copied().cloned().collect::<Vec<_>>());
        assert_eq!(of(&[&late, &under_way, &early, &ended]), Some("b".to_owned()));
        assert_eq!(of(&[&under_way, &late]), Some("a".to_owned()));
        let mut leaving = early.clone();
        leaving.metadata.deletion_timestamp =
            leaving.status.as_ref().map(|status| status.conditions[0].last_transition_time.clone());
        assert_eq!(of(&[&leaving, &late]), Some("a".to_owned()), "whoever is deleted does not come");
        assert_eq!(of(&[&under_way, &ended]), None);
    }
}
