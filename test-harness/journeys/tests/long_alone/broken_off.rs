//! Journey: what becomes of a run whose lab pods end in the middle of a fault. (Kills that nobody hears of are the
//! journey `leases`, and `make bench ONLY=leases`.)

use std::time::Duration;

use factory_crds::{Outcome, Release, StateService};
use factory_journeys::{
    Failure, ensure,
    leases::orders::Orders,
    road::{Standing, codes, reasons, standing},
    scene::Scene,
    sources,
    standard::fault,
    struck::{self, STRIKE},
    waiting::follow,
};
use k8s_openapi::api::core::v1::Pod;
use kube::{Api, ResourceExt as _, api::DeleteParams};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_run_whose_lab_pods_end_in_the_middle_of_a_fault_proves_nothing_and_is_made_again() -> Result<(), Failure> {
    let _turn = crate::TURN.lock().await;
    let scene = Scene::of("journey-strikes").await?;
    let faults = json!([fault("Freeze", &json!({"leaseSeconds": 6, "windowSeconds": 14}))]);
    let commit = sources::push_example(&scene.people.cluster, "queue-number").await?;
    let name = Scene::fresh("broken-off");
    let manifest = scene.manifest("queue-number", &name)?;
    let road = scene.to_the_end_under(("critical", faults), &manifest, &commit, false);
    let (second, first) = tokio::join!(road, end_the_first(&scene, &name));
    let (first, second) = (first?, second?);
    ensure(standing(&second) == Standing::WithRegulator, || format!("{name}: {}", reasons(&second).join("; ")))?;
    let first = scene.releases().get(&first).await?;
    let outcome = first.status.as_ref().and_then(|status| status.outcome);
    ensure(outcome == Some(Outcome::Inconclusive), || format!("the first attempt ended as {outcome:?}"))?;
    let told = reasons(&first).join("; ");
    ensure(codes(&first).contains(&"FaultErrors".to_owned()) && told.contains("while this fault lasted"), || told)?;
    scene.delete(&name).await
}

/// Ends the lab pods on the nodes as soon as a fault is in force; the release's name.
async fn end_the_first(scene: &Scene, service: &str) -> Result<String, Failure> {
    let engineer = &scene.people.engineer.client;
    let limit = Duration::from_mins(20);
    let with_candidate = |release: Option<&Release>| {
        let status = release?.status.as_ref()?;
        (!status.namespace.is_empty() && status.announcement.is_some()).then(|| status.namespace.clone())
    };
    let made = |service: Option<&StateService>| {
        let name = &service?.status.as_ref()?.release;
        (!name.is_empty()).then(|| name.clone())
    };
    let name = follow(&scene.services(), service, "its release", limit, made).await?;
    let namespace = follow(&scene.releases(), &name, "its announcement", limit, with_candidate).await?;
    Orders::follow(engineer, &namespace).injected(limit).await?;
    let pods: Api<Pod> = Api::namespaced(engineer.clone(), STRIKE);
    let at_once = DeleteParams { grace_period_seconds: Some(0), ..DeleteParams::default() };
    for pod in pods.list(&struck::of(&scene.releases().get(&name).await?)).await? {
        pods.delete(&pod.name_any(), &at_once).await?;
    }
    Ok(name)
}
