//! Which releases are looked at when an object changes that others wait for as well. Without it they
//! would look at the clock: half of what the factory adds to a release.

use std::sync::Arc;

use factory_crds::Release;
use k8s_openapi::api::{batch::v1::Job, coordination::v1::Lease, core::v1::Namespace};
use kube::{
    Resource, ResourceExt as _,
    runtime::reflector::{ObjectRef, Store},
};

use crate::{
    manifests::{PARTICIPANT, RELEASE, SERVICE},
    release::lab_pool::{self, BUSY},
};

/// The release that an object's labels name.
pub fn named<K: Resource>(object: &K) -> Option<ObjectRef<Release>> {
    let labels = object.labels();
    Some(ObjectRef::new(labels.get(RELEASE)?).within(labels.get(PARTICIPANT)?))
}

/// Its own release, and once the build has ended, those that wait for the lab.
#[must_use]
pub fn of_build(releases: &Store<Release>, job: &Job) -> Vec<ObjectRef<Release>> {
    let others = if lab_pool::under_way(job) { Vec::new() } else { waiting(releases.state()) };
    named(job).into_iter().chain(others).collect()
}

/// The releases of the service in whose namespace `object` stands. Deployments and databases do not say whose they
/// are (invariant 7): their namespace does.
#[must_use]
pub fn of_namespace<K: Resource>(
    releases: &Store<Release>,
    namespaces: &Store<Namespace>,
    object: &K,
) -> Vec<ObjectRef<Release>> {
    let namespace = namespaces.get(&ObjectRef::new(&object.namespace().unwrap_or_default()));
    let labels = namespace.map(|namespace| namespace.labels().clone()).unwrap_or_default();
    let (participant, service) = (labels.get(PARTICIPANT).cloned(), labels.get(SERVICE));
    let of_service =
        |release: &&Arc<Release>| release.namespace() == participant && Some(&release.spec.service) == service;
    releases.state().iter().filter(of_service).map(|release| ObjectRef::from_obj(&**release)).collect()
}

/// Of those that wait for the lab whoever is next, or all once nobody is.
#[must_use]
pub fn of_pool(releases: &Store<Release>, lease: &Lease) -> Vec<ObjectRef<Release>> {
    let next = lease.spec.as_ref().and_then(|spec| spec.holder_identity.as_deref()).unwrap_or_default();
    let mut releases = releases.state();
    releases.retain(|release| next.is_empty() || release.metadata.uid.as_deref() == Some(next));
    waiting(releases)
}

fn waiting(releases: Vec<Arc<Release>>) -> Vec<ObjectRef<Release>> {
    let waits = |release: &Arc<Release>| {
        let mut conditions = release.status.iter().flat_map(|status| &status.conditions);
        conditions.any(|condition| condition.status == "Unknown" && condition.reason == BUSY)
    };
    releases.iter().filter(|release| waits(release)).map(|release| ObjectRef::from_obj(&**release)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn release(name: &str, status: &str, reason: &str) -> Arc<Release> {
        use crate::state_service::{examples, releases};
        let service = examples::service();
        let mut release = releases::due(&service, &"a".repeat(40), &examples::standard(), &[]).unwrap().unwrap();
        release.metadata.name = Some(name.to_owned());
        release.status = serde_json::from_value(json!({"conditions": [{
            "type": "Proven", "status": status, "reason": reason, "message": "",
            "lastTransitionTime": "2026-01-01T00:00:00Z",
        }]}))
        .ok();
        Arc::new(release)
    }

    #[test]
    fn only_those_that_wait_for_the_lab_are_woken() {
        let all = vec![
            release("waits", "Unknown", BUSY),
            release("runs", "Unknown", "Running"),
            release("waited", "True", "Done"),
        ];
        let woken: Vec<_> = waiting(all).into_iter().map(|release| release.name).collect();
        assert_eq!(woken, ["waits"]);
    }
}
