//! Journeys: the faults of the catalogue, as a regulator's standard asks for them: felt by a sound service and gone
//! without a trace.

use factory_journeys::{
    Failure, ensure,
    road::{Standing, reasons, standing},
    scene::Scene,
    sources,
    standard::fault,
    struck,
};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn every_fault_of_answers_and_of_what_is_scarce_is_felt_by_a_sound_service_and_leaves_nothing()
-> Result<(), Failure> {
    let _turn = crate::beside().await?;
    let scene = Scene::of("journey-scarce").await?;
    let faults = json!([
        fault("CpuStarvation", &json!({"leaseSeconds": 5, "cpuPercent": 60})),
        fault("DiskFull", &json!({"leaseSeconds": 4, "diskPercent": 95})),
        fault("DescriptorExhaustion", &json!({"leaseSeconds": 4, "descriptorPercent": 90})),
        fault("DnsFailure", &json!({"leaseSeconds": 4, "share": "All"})),
        fault("DnsWrongAddress", &json!({"leaseSeconds": 4, "names": ["queue"]})),
        fault("DnsDelay", &json!({"leaseSeconds": 5, "delayMs": 200})),
        fault("HttpReset", &json!({"leaseSeconds": 6, "requestPpm": 200_000, "path": "/v1/"})),
        fault("HttpDelay", &json!({"leaseSeconds": 5, "requestPpm": 400_000, "path": "/v1/", "delayMs": 300})),
        fault("HttpStatus", &json!({"leaseSeconds": 5, "requestPpm": 300_000, "path": "/v1/", "status": 503})),
        fault("HttpCut", &json!({"leaseSeconds": 6, "requestPpm": 200_000, "path": "/v1/"})),
    ]);
    let count = faults.as_array().map_or(0, Vec::len);
    let commit = sources::push_example(&scene.people.cluster, "queue-number").await?;
    let name = Scene::fresh("scarce");
    // Only a volume with a bound and a file system of its own can be filled.
    let volumes = json!([{"path": "/var/scratch", "size": "8Mi", "medium": "Memory"}]);
    // Who gets a reset in place of an answer connects elsewhere: the pod that is struck must have enough left to count.
    let manifest = scene
        .manifest("queue-number", &name)?
        .with("/spec/components/0/volumes", volumes)
        .with("/spec/register/availability/simultaneousUsers", json!(600));
    let release = scene.to_the_end_under(("critical", faults), &manifest, &commit, false).await?;
    ensure(standing(&release) == Standing::WithRegulator, || format!("{name}: {}", reasons(&release).join("; ")))?;
    let measured = struck::measured(&scene, &name).await?;
    ensure(measured.len() == count, || format!("{} faults in the dossier", measured.len()))?;
    struck::felt_and_gone(&measured)?;
    struck::nobody_stands_by(&scene, &release).await?;
    scene.delete(&name).await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_fault_on_the_node_is_felt_by_a_sound_service_and_leaves_nothing() -> Result<(), Failure> {
    let _turn = crate::beside().await?;
    let scene = Scene::of("journey-strikes").await?;
    let faults = json!([
        fault("ContainerKill", &json!({})),
        fault("Freeze", &json!({"leaseSeconds": 4})),
        fault("Partition", &json!({"leaseSeconds": 4})),
        fault("Partition", &json!({"leaseSeconds": 4, "share": "Node"})),
        fault("Freeze", &json!({"leaseSeconds": 4, "share": "Node"})),
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

    let measured = struck::measured(&scene, &name).await?;
    ensure(measured.len() == 10, || format!("{} faults in the dossier", measured.len()))?;
    struck::felt_and_gone(&measured)?;
    struck::of_one_node(&measured, "partition-node-queue")?;
    struck::of_one_node(&measured, "freeze-node-queue")?;
    struck::nobody_stands_by(&scene, &release).await?;
    scene.delete(&name).await
}
