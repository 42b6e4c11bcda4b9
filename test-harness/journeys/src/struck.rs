//! What faults on the node left of themselves: in the dossier, and in the cluster.

use factory_crds::Release;
use k8s_openapi::{ByteString, api::batch::v1::Job};
use kube::{Api, ResourceExt as _, api::ListParams};
use serde_json::{Value, json};

use crate::{Failure, ensure, scene::Scene, tool};

/// Where the lab has power over nodes.
pub const STRIKE: &str = "factory-strike";

/// What the dossier of the service `name` has of its faults.
pub async fn measured(scene: &Scene, name: &str) -> Result<Vec<Value>, Failure> {
    let measured = predicate(scene, name).await?.pointer("/evidence/prove/faults").and_then(Value::as_array).cloned();
    measured.ok_or_else(|| Failure::new("the dossier has no faults"))
}

/// What the dossier of the service `name` says.
pub async fn predicate(scene: &Scene, name: &str) -> Result<Value, Failure> {
    let text = tool::succeed(&scene.people.cluster, &scene.team, &["dossier", name, "-n", &scene.participant]).await?;
    // Kept: simulated runs are drawn from recorded ones (`test-harness/tools/record`).
    let (scratch, journey) =
        (scene.people.cluster.scratch(), name.rsplit_once('-').map_or(name, |(journey, _)| journey));
    std::fs::create_dir_all(&scratch)?;
    std::fs::write(scratch.join(format!("{journey}.dossier.json")), &text)?;
    let envelope: Value = serde_json::from_str(&text)?;
    let payload: ByteString = serde_json::from_value(envelope["payload"].clone())?;
    let mut dossier: Value = serde_json::from_slice(&payload.0)?;
    Ok(dossier["predicate"].take())
}

/// Of each of `measured` a dose was seen, and nothing was left or went wrong.
pub fn felt_and_gone(measured: &[Value]) -> Result<(), Failure> {
    for fault in measured {
        let doses = fault["doses"].as_array().map_or(0, Vec::len);
        ensure(doses > 0 && fault["residue"] == json!([]) && fault["errors"] == json!([]), || fault.to_string())?;
    }
    Ok(())
}

/// In `phase` all pods of one node felt it and no others, and the evidence says of each on which node it was.
pub fn of_one_node(measured: &[Value], phase: &str) -> Result<(), Failure> {
    let fault = measured.iter().find(|fault| fault["phase"] == phase);
    let fault = fault.ok_or_else(|| Failure::new(format!("no phase {phase} in the dossier")))?;
    let list = |name: &str| fault[name].as_array().cloned().unwrap_or_default();
    let (before, doses) = (list("before"), list("doses"));
    let is_struck = |pod: &Value| doses.iter().any(|dose| dose["pod"] == pod["uid"]);
    let struck: Vec<&Value> = before.iter().filter(|pod| is_struck(pod)).collect();
    let node = struck.first().and_then(|pod| pod["node"].as_u64());
    ensure(node.is_some(), || fault.to_string())?;
    let there = before.iter().filter(|pod| pod["node"].as_u64() == node && pod["ready"] == true);
    ensure(there.eq(struck), || format!("not all pods of one node, or others: {fault}"))
}

/// Whatever belongs to `release`.
#[must_use]
pub fn of(release: &Release) -> ListParams {
    ListParams::default().labels(&format!("factory.gov.kg/release-uid={}", release.uid().unwrap_or_default()))
}

/// Power over nodes has ended with the run.
pub async fn nobody_stands_by(scene: &Scene, release: &Release) -> Result<(), Failure> {
    let jobs: Api<Job> = Api::namespaced(scene.people.engineer.client.clone(), STRIKE);
    let left = jobs.list(&of(release)).await?.items;
    ensure(left.is_empty(), || format!("{} Jobs still stand by", left.len()))
}
