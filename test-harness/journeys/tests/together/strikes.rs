//! Journey: faults on the node, as a regulator's standard asks for them: felt by a sound service and gone
//! without a trace; and what becomes of a run whose lab pods end in the middle of one. (Kills that nobody
//! hears of are the journey `leases`, and `make bench ONLY=leases`.)

use std::time::Duration;

use factory_crds::{Outcome, Release, StateService};
use factory_journeys::{
    Failure, ensure,
    fence::{no_create, refused_for},
    leases::orders::Orders,
    programs::lab_image,
    road::{Standing, codes, reasons, standing},
    scene::Scene,
    sources,
    standard::fault,
    tool,
    waiting::follow,
};
use k8s_openapi::{
    ByteString,
    api::{batch::v1::Job, core::v1::Pod},
};
use kube::{
    Api, ResourceExt as _,
    api::{DeleteParams, ListParams, PostParams},
};
use serde_json::{Value, json};
use tokio::sync::Mutex;

/// Where the lab has power over nodes.
const STRIKE: &str = "factory-strike";
/// Whose standard of the class `critical` is in force: an attempt that is made again takes the newest one.
static CRITICAL: Mutex<()> = Mutex::const_new(());

#[tokio::test(flavor = "multi_thread")]
async fn every_fault_on_the_node_is_felt_by_a_sound_service_and_leaves_nothing() -> Result<(), Failure> {
    let _turn = CRITICAL.lock().await;
    let scene = Scene::of("journey-strikes").await?;
    let faults = json!([
        fault("ContainerKill", &json!({})),
        fault("Freeze", &json!({"leaseSeconds": 4})),
        fault("Partition", &json!({"leaseSeconds": 4})),
        fault("Delay", &json!({"leaseSeconds": 5, "delayMs": 100, "share": "All"})),
        fault("Loss", &json!({"leaseSeconds": 5, "lossPpm": 200_000, "share": "All"})),
        fault("DnsOutage", &json!({"leaseSeconds": 4, "share": "All"})),
        fault("Reset", &json!({"leaseSeconds": 5, "resetPpm": 300_000, "share": "All"})),
        fault("MemoryPressure", &json!({"leaseSeconds": 5, "memoryPercent": 85})),
    ]);
    let commit = sources::push_example(&scene.people.cluster, "queue-number").await?;
    let name = Scene::fresh("struck");
    let manifest = scene.manifest("queue-number", &name)?;
    let release = scene.to_the_end_under(("critical", faults), &manifest, &commit, false).await?;
    ensure(standing(&release) == Standing::WithRegulator, || format!("{name}: {}", reasons(&release).join("; ")))?;

    let measured = measured(&scene, &name).await?;
    ensure(measured.len() == 8, || format!("{} faults in the dossier", measured.len()))?;
    for fault in &measured {
        let doses = fault["doses"].as_array().map_or(0, Vec::len);
        ensure(doses > 0 && fault["residue"] == json!([]) && fault["errors"] == json!([]), || fault.to_string())?;
    }
    nobody_stands_by(&scene, &release).await?;
    scene.delete(&name).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_component_that_is_away_is_away_for_who_calls_it_alone() -> Result<(), Failure> {
    let _turn = CRITICAL.lock().await;
    let scene = Scene::of("journey-strikes").await?;
    let faults = json!([
        fault("Partition", &json!({"leaseSeconds": 4, "peer": "*"})),
        fault(
            "Delay",
            &json!({"leaseSeconds": 5, "delayMs": 150, "peer": "registry", "direction": "Both", "share": "All"})
        ),
    ]);
    let commit = sources::push_example(&scene.people.cluster, "registered-address").await?;
    let name = Scene::fresh("depends");
    let manifest = scene.manifest("registered-address", &name)?;
    let release = scene.to_the_end_under(("critical", faults), &manifest, &commit, false).await?;
    ensure(standing(&release) == Standing::WithRegulator, || format!("{name}: {}", reasons(&release).join("; ")))?;
    let measured = measured(&scene, &name).await?;
    let phases: Vec<_> = measured.iter().map(|fault| fault["phase"].clone()).collect();
    let expected = json!(["partition-web-to-registry", "delay-150-all-both-web-to-registry"]);
    ensure(json!(phases) == expected, || format!("{phases:?}"))?;
    for fault in &measured {
        let left = [&fault["residue"], &fault["errors"], &fault["gone"]];
        // Nobody's probes fail who is cut off from a peer alone.
        ensure(left.iter().all(|list| **list == json!([])), || fault.to_string())?;
    }
    scene.delete(&name).await
}

/// What the dossier of the service `name` has of its faults.
async fn measured(scene: &Scene, name: &str) -> Result<Vec<Value>, Failure> {
    let text = tool::succeed(&scene.people.cluster, &scene.team, &["dossier", name, "-n", &scene.participant]).await?;
    // Kept: simulated runs are drawn from recorded ones (`test-harness/tools/record`).
    let (scratch, journey) =
        (scene.people.cluster.scratch(), name.rsplit_once('-').map_or(name, |(journey, _)| journey));
    std::fs::create_dir_all(&scratch)?;
    std::fs::write(scratch.join(format!("{journey}.dossier.json")), &text)?;
    let envelope: Value = serde_json::from_str(&text)?;
    let payload: ByteString = serde_json::from_value(envelope["payload"].clone())?;
    let dossier: Value = serde_json::from_slice(&payload.0)?;
    let measured = dossier.pointer("/predicate/evidence/prove/faults").and_then(Value::as_array);
    measured.cloned().ok_or_else(|| Failure::new("the dossier has no faults"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_whose_lab_pods_end_in_the_middle_of_a_fault_proves_nothing_and_is_made_again() -> Result<(), Failure> {
    let _turn = CRITICAL.lock().await;
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
    for pod in pods.list(&of(&scene.releases().get(&name).await?)).await? {
        pods.delete(&pod.name_any(), &at_once).await?;
    }
    Ok(name)
}

/// Whatever belongs to `release`.
fn of(release: &Release) -> ListParams {
    ListParams::default().labels(&format!("factory.gov.kg/release-uid={}", release.uid().unwrap_or_default()))
}

/// Power over nodes has ended with the run.
async fn nobody_stands_by(scene: &Scene, release: &Release) -> Result<(), Failure> {
    let jobs: Api<Job> = Api::namespaced(scene.people.engineer.client.clone(), STRIKE);
    let left = jobs.list(&of(release)).await?.items;
    ensure(left.is_empty(), || format!("{} Jobs still stand by", left.len()))
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_but_the_labs_own_verb_gets_power_over_a_node() -> Result<(), Failure> {
    let scene = Scene::of("journey-strikes").await?;
    let pod = |image: &str, arguments: &[&str], more: &Value| {
        let mut pod = json!({"metadata": {"name": "made-up"}, "spec": {
            "serviceAccountName": STRIKE,
            "containers": [{"name": "strike", "image": image, "args": arguments}],
        }});
        if let (Some(spec), Some(more)) = (pod["spec"].as_object_mut(), more.as_object()) {
            spec.extend(more.clone());
        }
        pod
    };
    // Not even the cluster's administrator; a team has no right there at all.
    let engineer = &scene.people.engineer;
    let lab = lab_image(&scene.people.engineer).await?;
    let pods: Api<Pod> = Api::namespaced(engineer.client.clone(), STRIKE);
    let how = PostParams { dry_run: true, ..PostParams::default() };
    let root = json!({"volumes": [{"name": "root", "hostPath": {"path": "/"}}]});
    for (what, refused) in [
        ("only the lab's own image runs", pod("busybox", &["strike"], &json!({}))),
        ("only the lab's own image runs", pod(&lab, &["prove"], &json!({}))),
        ("no volume but the account's token", pod(&lab, &["strike"], &root)),
        ("neither the node's network", pod(&lab, &["strike"], &json!({"hostNetwork": true}))),
        ("must be factory-strike", pod(&lab, &["strike"], &json!({"serviceAccountName": "default"}))),
    ] {
        refused_for(what, 403, pods.create(&how, &serde_json::from_value(refused)?).await)?;
    }
    pods.create(&how, &serde_json::from_value(pod(&lab, &["strike"], &json!({"hostPID": true})))?).await?;
    no_create::<Pod>(&scene.team, STRIKE, pod(&lab, &["strike"], &json!({}))).await
}
