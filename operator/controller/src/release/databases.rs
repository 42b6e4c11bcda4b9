//! The databases that a service binds, put up and ready before its components, which ask for them as soon as
//! they start: for the candidate as for the launch. It must not read a password, and must not touch data that
//! are there.

use std::collections::BTreeMap;

use factory_crds::{StateServiceSpec, state_service::Binding};
use k8s_openapi::api::apps::v1::StatefulSet;
use kube::Client;

use super::{
    ReleaseError,
    pods::{self, Trouble},
};
use crate::{
    apply,
    manifests::{Place, claim, credentials, database, service},
    salt,
    stage::Progress,
};

/// Puts up the databases of `spec` at `place`, made of `images`; done when all take connections. One that does
/// not come up is waited for: it is the platform's, and says nothing of the service.
pub async fn put_up(
    client: &Client,
    place: &Place<'_>,
    spec: &StateServiceSpec,
    images: &BTreeMap<String, String>,
) -> Result<Progress<()>, ReleaseError> {
    for binding in &spec.bindings {
        // What must outlive everything else is there first, and once.
        let password = credentials::build(place, binding, salt::random()?);
        apply::create_unless_there(client, &password).await?;
        if place.is_live() {
            apply::create_unless_there(client, &claim::build(place, binding)).await?;
        }
        apply::namespaced(client, &service::of_database(place, binding)).await?;
        let image = images.get(&binding.name).map_or("", String::as_str);
        let made = apply::namespaced(client, &database::build(place, binding, image)).await?;
        if !is_ready(&made) {
            let trouble = pods::trouble(client, &place.namespace, &binding.name, false).await?;
            return Ok(waiting(binding, trouble));
        }
    }
    Ok(Progress::Done(()))
}

fn waiting(binding: &Binding, trouble: Option<Trouble>) -> Progress<()> {
    let name = &binding.name;
    match trouble {
        Some(Trouble::NoRoom(why)) => Progress::waiting("NoRoom", format!("database {name}: {why}")),
        Some(Trouble::Unwell(why)) => Progress::waiting("DatabaseStarting", format!("database {name} starts; {why}")),
        Some(Trouble::Young) | None => Progress::waiting("DatabaseStarting", format!("database {name} starts")),
    }
}

/// Whether its pod takes connections and is of the newest spec.
fn is_ready(database: &StatefulSet) -> bool {
    let Some(status) = &database.status else { return false };
    // A status of an older generation speaks of another spec.
    status.observed_generation >= database.metadata.generation
        && status.ready_replicas == Some(1)
        && status.updated_replicas == Some(1)
        && status.replicas == 1
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::state_service::examples;

    fn ready(status: &Value) -> bool {
        let made = json!({
            "metadata": {"generation": 2},
            "spec": {"selector": {}, "serviceName": "db", "template": {}},
            "status": status,
        });
        is_ready(&serde_json::from_value(made).unwrap())
    }

    #[test]
    fn a_database_is_ready_when_its_one_pod_is_and_is_of_this_spec() {
        let there = json!({"observedGeneration": 2, "replicas": 1, "readyReplicas": 1, "updatedReplicas": 1});
        assert!(ready(&there));
        for (field, other) in [
            ("observedGeneration", json!(1)),
            ("readyReplicas", json!(0)),
            ("updatedReplicas", json!(0)),
            ("replicas", json!(0)),
        ] {
            let mut status = there.clone();
            status[field] = other;
            assert!(!ready(&status), "{field}");
        }
        assert!(!ready(&json!({"replicas": 0})));
    }

    #[test]
    fn a_database_that_does_not_come_up_stops_no_release_and_says_why() {
        let binding = examples::database("records", &["web"]);
        for (trouble, reason, said) in [
            (Some(Trouble::NoRoom("no node takes pod records-0".to_owned())), "NoRoom", "no node takes pod"),
            (Some(Trouble::Unwell("ErrImagePull: not found".to_owned())), "DatabaseStarting", "ErrImagePull"),
            (None, "DatabaseStarting", "database records starts"),
        ] {
            let Progress::Waiting(why) = waiting(&binding, trouble) else { panic!("it did not wait") };
            assert!(why.reason == reason && why.message.contains(said), "{why:?}");
        }
    }
}
