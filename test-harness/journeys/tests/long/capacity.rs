//! Journey: a ladder of load above the declared users, announced with the plan, carried out after everything else, and
//! told as one of the pods and the node that it was asked of.

use factory_journeys::{
    Failure, ensure,
    road::{Standing, reasons, standing},
    scene::Scene,
    sources,
    standard::fault,
    struck,
};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn more_than_the_declared_users_are_held_and_it_is_said_on_what() -> Result<(), Failure> {
    let _turn = crate::beside().await?;
    let scene = Scene::of("journey-capacity").await?;
    let asks = json!({
        "faults": [fault("PodKill", &json!({"windowSeconds": 8}))],
        "capacity": {"stepsPercent": [125, 150], "stepSeconds": 3, "headroomPercent": 125},
    });
    let commit = sources::push_example(&scene.people.cluster, "queue-number").await?;
    let name = Scene::fresh("capacity");
    let manifest = scene.manifest("queue-number", &name)?;
    let release = scene.to_the_end_under(("critical", asks), &manifest, &commit, false).await?;
    ensure(standing(&release) == Standing::WithRegulator, || format!("{name}: {}", reasons(&release).join("; ")))?;
    let dossier = struck::predicate(&scene, &name).await?;
    let prove = &dossier["evidence"]["prove"];
    let last: Vec<&Value> = prove["phases"].as_array().into_iter().flatten().rev().take(3).collect();
    let names: Vec<_> = last.iter().map(|phase| phase["name"].as_str().unwrap_or_default()).collect();
    ensure(names == ["capacity-150", "capacity-125", "after"], || format!("{names:?}"))?;
    let figures = dossier["verdict"]["figures"].as_array().cloned().unwrap_or_default();
    let held = figures.iter().find(|figure| figure["name"] == "heldPercent").map(|figure| figure["value"].clone());
    ensure(held.as_ref().and_then(Value::as_u64) >= Some(125), || format!("held: {held:?}"))?;
    // The node as the API server tells it, and the component with the limits of its manifest.
    let profile = &prove["profile"];
    let nodes = profile["nodes"].as_array().cloned().unwrap_or_default();
    let sized = |node: &Value| node["cpuMilli"].as_u64() > Some(0) && node["memoryBytes"].as_u64() > Some(0);
    ensure(!nodes.is_empty() && nodes.iter().all(sized), || profile.to_string())?;
    let replicas = manifest.json().pointer("/spec/components/0/replicas").and_then(Value::as_u64).unwrap_or(0);
    let pods = nodes.iter().flat_map(|node| node["pods"].as_array().into_iter().flatten());
    let count: u64 = pods.filter_map(|pods| pods["count"].as_u64()).sum();
    ensure((1..=replicas).contains(&count), || format!("{count} pods of {replicas}: {profile}"))?;
    scene.delete(&name).await
}
