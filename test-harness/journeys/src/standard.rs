//! Standards that the regulator issues for journeys: of classes that no example has, and later than the
//! ones that are installed, so that they hold.

use std::fs;

use factory_crds::ResilienceStandard;
use kube::{
    Api,
    api::{Patch, PatchParams},
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::{Failure, scene::Scene, tool};

/// Issues the standard of `class` with what it asks: its faults, or more fields of its spec. It stands in the register,
/// signed with the regulator's key, before the cluster has it.
pub async fn issue(scene: &Scene, class: &str, asks: Value) -> Result<(), Failure> {
    let object = object(class, &asks);
    sign(scene, &object).await?;
    put(scene, class, &object).await
}

/// Issues the standard `object` in the register, as the regulator does.
pub async fn sign(scene: &Scene, object: &Value) -> Result<(), Failure> {
    let people = &scene.people;
    let folder = people.cluster.demo().join("standards");
    fs::create_dir_all(&folder)?;
    let file = folder.join(format!("{}.yaml", object["spec"]["version"].as_str().unwrap_or_default()));
    fs::write(&file, object.to_string())?;
    let (file, key) = (file.display().to_string(), people.regulator_key().display().to_string());
    tool::succeed(&people.cluster, &people.regulator, &["issue", &file, "--key", &key, "--yes"]).await?;
    Ok(())
}

/// Gives the cluster the standard `object` of `class`, whether or not it was issued.
pub async fn put(scene: &Scene, class: &str, object: &Value) -> Result<(), Failure> {
    let api: Api<ResilienceStandard> = Api::all(scene.people.regulator.client.clone());
    let name = format!("journey-{class}");
    api.patch(&name, &PatchParams::apply("journeys").force(), &Patch::Apply(object)).await?;
    Ok(())
}

/// That standard, as it is written. Its version follows from what it says: one version never says two things.
#[must_use]
pub fn object(class: &str, asks: &Value) -> Value {
    let mut spec = json!({
        "class": class, "effectiveFrom": "2026-02-01",
        "load": {"thinkTime": "5s", "timeout": "1s", "warmUpSeconds": 3, "steadySeconds": 4},
        "steady": {"maxFailedPpm": 1000, "p95Ms": 500, "p99Ms": 1000},
        "faults": asks, "maxLagPpm": 200_000, "minRequests": 20,
    });
    if let (Some(spec), Some(more)) = (spec.as_object_mut(), asks.as_object()) {
        spec.extend(more.clone());
    }
    let said: String = Sha256::digest(spec.to_string()).iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    spec["version"] = json!(format!("journey-{said}"));
    json!({
        "apiVersion": "factory.gov.kg/v1alpha1", "kind": "ResilienceStandard",
        "metadata": {"name": format!("journey-{class}")}, "spec": spec,
    })
}

/// A fault of a standard. What it may cost is not what is looked at: that it came, was felt and went is.
#[must_use]
pub fn fault(kind: &str, more: &Value) -> Value {
    let mut fault = json!({"kind": kind, "maxFailedPpm": 1_000_000, "windowSeconds": 10});
    if let (Some(fault), Some(more)) = (fault.as_object_mut(), more.as_object()) {
        fault.extend(more.clone());
    }
    fault
}

/// Class and faults of the shortest standard that proves anything: for journeys that are not about the
/// verdict.
#[must_use]
pub fn brief() -> (&'static str, Value) {
    ("important", json!([fault("PodKill", &json!({"windowSeconds": 8}))]))
}
