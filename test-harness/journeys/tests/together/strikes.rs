//! Journey: faults on the node, as a regulator's standard asks for them, and who has power over a node. (Every fault
//! of the catalogue, and runs that break off, are the long journeys `faults`; kills that nobody hears of `leases`.)

use factory_journeys::{
    Failure, ensure,
    fence::{no_create, refused_for},
    programs::lab_image,
    road::{Standing, reasons, standing},
    scene::Scene,
    sources,
    standard::fault,
    struck::{self, STRIKE},
};
use k8s_openapi::api::core::v1::Pod;
use kube::{Api, api::PostParams};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn a_component_that_is_away_is_away_for_who_calls_it_alone() -> Result<(), Failure> {
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
    let measured = struck::measured(&scene, &name).await?;
    let phases: Vec<_> = measured.iter().map(|fault| fault["phase"].clone()).collect();
    let expected = json!(["partition-web-to-registry", "delay-150-all-both-web-to-registry"]);
    ensure(json!(phases) == expected, || format!("{phases:?}"))?;
    for fault in &measured {
        let left = [&fault["residue"], &fault["errors"], &fault["gone"]];
        // Nobody's probes fail who is cut off from a peer alone.
        ensure(left.iter().all(|list| **list == json!([])), || fault.to_string())?;
        // Users go on asking.
        let counts = |tries: &Value| ["before", "during"].iter().all(|side| tries[side].as_u64() > Some(0));
        let tries = fault["tries"].as_array();
        ensure(tries.is_some_and(|tries| !tries.is_empty() && tries.iter().all(counts)), || fault.to_string())?;
    }
    scene.delete(&name).await
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
