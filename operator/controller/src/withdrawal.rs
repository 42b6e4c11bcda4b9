//! Takes a launched service down once its owner has withdrawn it from the register (21), and only
//! then (invariant 14). It starts from the live namespaces, because the manifest and its releases
//! may be gone, and asks the register for the service's newest entry: one that was entered again
//! after a withdrawal is in force, and its service stays.
//!
//! What people have stored is not the register's to end: of a service with a database everything that runs
//! goes, and the namespace stays with the claim, until an administrator removes it.

use std::{sync::Arc, time::Duration};

use factory_assurance::wire::{NewestEntry, Withdrawal};
use k8s_openapi::api::{
    apps::v1::{Deployment, StatefulSet},
    core::v1::{Namespace, PersistentVolumeClaim},
    networking::v1::Ingress,
};
use kube::{Api, ResourceExt as _, api::ListParams};

use crate::{
    apply,
    context::Context,
    error,
    manifests::{self, ENVIRONMENT, PARTICIPANT, SERVICE},
    register::RegisterError,
    serve::again,
};

/// How often it is looked.
const EVERY: Duration = Duration::from_secs(10);

/// Looks again and again, until dropped.
pub async fn run(context: Arc<Context>) {
    again(EVERY, "withdrawals not looked at", async || once(&context).await).await;
}

async fn once(context: &Context) -> Result<(), error::Fatal> {
    let namespaces: Api<Namespace> = Api::all(context.client.clone());
    let launched = ListParams::default().labels(&format!("{ENVIRONMENT}=live"));
    for namespace in namespaces.list(&launched).await? {
        let Some((participant, service)) = whose(&namespace) else { continue };
        // Where it is away nothing is known, so nothing is done, here and in the other namespaces.
        if let Some(withdrawn) = over(context.register.entry(participant, service).await)? {
            let name = namespace.name_any();
            let claims: Api<PersistentVolumeClaim> = Api::namespaced(context.client.clone(), &name);
            if !claims.list(&ListParams::default()).await?.items.is_empty() {
                take_down(context, &name, &withdrawn).await?;
                continue;
            }
            tracing::info!(participant, service, namespace = %name, at = withdrawn.at, "withdrawn, taken down");
            apply::delete_this(&namespaces, &namespace).await?;
        }
    }
    Ok(())
}

/// Ends what runs in `namespace` and keeps what is stored. The database goes last: where it is gone, nothing is
/// left to do.
async fn take_down(context: &Context, namespace: &str, withdrawn: &Withdrawal) -> Result<(), error::Fatal> {
    let client = || context.client.clone();
    let databases: Api<StatefulSet> = Api::namespaced(client(), namespace);
    if databases.list(&ListParams::default()).await?.items.is_empty() {
        return Ok(());
    }
    tracing::info!(namespace, at = withdrawn.at, "withdrawn, taken down; what it stored stays in its claim");
    apply::delete_all(&Api::<Ingress>::namespaced(client(), namespace)).await?;
    apply::delete_all(&Api::<Deployment>::namespaced(client(), namespace)).await?;
    apply::delete_all(&databases).await?;
    Ok(())
}

/// Participant and name of the service that runs in `namespace`; nothing where the namespace is not
/// the one that these names give, or is on its way out.
fn whose(namespace: &Namespace) -> Option<(&str, &str)> {
    let labels = namespace.labels();
    let (participant, service) = (labels.get(PARTICIPANT)?, labels.get(SERVICE)?);
    let live = labels.get(ENVIRONMENT).is_some_and(|environment| environment == "live")
        && namespace.name_any() == manifests::live_namespace(participant, service);
    (live && namespace.metadata.deletion_timestamp.is_none()).then_some((participant, service))
}

/// The withdrawal by which the service is to go, if the register answers that its newest entry was
/// withdrawn. A refusal (it has no such entry) is no withdrawal; anything else is no answer.
fn over(answer: Result<NewestEntry, RegisterError>) -> Result<Option<Withdrawal>, RegisterError> {
    match answer {
        Ok(entry) => Ok(entry.withdrawn),
        Err(refusal) if !refusal.passes() => Ok(None),
        Err(away) => Err(away),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn namespace(name: &str, environment: &str) -> Namespace {
        serde_json::from_value(json!({"metadata": {"name": name, "labels": {
            ENVIRONMENT: environment, PARTICIPANT: "social-registry", SERVICE: "registered-address",
        }}}))
        .unwrap()
    }

    #[test]
    fn only_the_namespace_that_a_launched_service_has_is_its_own() {
        let live = manifests::live_namespace("social-registry", "registered-address");
        assert_eq!(whose(&namespace(&live, "live")), Some(("social-registry", "registered-address")));
        assert_eq!(whose(&namespace(&live, "lab")), None);
        assert_eq!(whose(&namespace("social-registry", "live")), None);
        let mut ending = namespace(&live, "live");
        ending.metadata.deletion_timestamp = Some(serde_json::from_value(json!("2026-01-01T00:00:00Z")).unwrap());
        assert_eq!(whose(&ending), None);
        let mut bare = namespace(&live, "live");
        bare.labels_mut().remove(SERVICE);
        assert_eq!(whose(&bare), None);
    }

    #[test]
    fn a_service_goes_by_a_recorded_withdrawal_of_its_newest_entry_only() {
        let entry = |withdrawn: serde_json::Value| -> NewestEntry {
            let mut entry = json!({"release": "r-2", "host": "r.gov.kg", "event": 9, "page": "/entries/p/r"});
            entry["withdrawn"] = withdrawn;
            serde_json::from_value(entry).unwrap()
        };
        assert_eq!(over(Ok(entry(serde_json::Value::Null))).unwrap(), None);
        let recorded = json!({"at": "2026-01-01T00:00:00Z", "reason": "moved", "event": 10});
        assert_eq!(over(Ok(entry(recorded))).unwrap().unwrap().event, 10);
        // No entry of that name.
        assert_eq!(over(Err(RegisterError::Refused("not found".to_owned()))).unwrap(), None);
        assert!(over(Err(RegisterError::NotReady("starting".to_owned()))).is_err());
    }
}
