//! Journey: a load that one pod of the lab may not make alone is shared out to several, and judged as one.

use factory_crds::Environment;
use factory_journeys::{
    Failure, ensure,
    road::{Standing, reasons, standing},
    scene::Scene,
    sources, standard, struck,
};
use k8s_openapi::api::batch::v1::Job;
use kube::{
    Api,
    api::{Patch, PatchParams},
};
use serde_json::{Value, json};

/// Where the lab's Jobs are.
const LAB: &str = "factory-lab";

#[tokio::test(flavor = "multi_thread")]
async fn a_load_that_several_pods_share_is_one_load() -> Result<(), Failure> {
    let _turn = crate::TURN.lock().await;
    let scene = Scene::of("journey-generators").await?;
    // 200 users make 40 requests a second.
    each_may_make(&scene, Some(15)).await?;
    let shared = shared(&scene).await;
    // What a platform engineer has said holds again, whatever came of it.
    each_may_make(&scene, None).await?;
    shared
}

async fn shared(scene: &Scene) -> Result<(), Failure> {
    let commit = sources::push_example(&scene.people.cluster, "queue-number").await?;
    let name = Scene::fresh("shared");
    let manifest = scene.manifest("queue-number", &name)?;
    let release = scene.to_the_end_under(standard::brief(), &manifest, &commit, false).await?;
    ensure(standing(&release) == Standing::WithRegulator, || format!("{name}: {}", reasons(&release).join("; ")))?;
    let jobs: Api<Job> = Api::namespaced(scene.people.engineer.client.clone(), LAB);
    let sizes: Vec<_> = jobs.list(&struck::of(&release)).await?.items.into_iter().map(completions).collect();
    ensure(sizes.contains(&3), || format!("pods of the lab's Jobs: {sizes:?}"))?;
    scene.delete(&name).await
}

fn completions(job: Job) -> i32 {
    job.spec.and_then(|spec| spec.completions).unwrap_or_default()
}

/// The platform engineer says how many requests a second one pod of the lab makes; nothing says it no longer.
async fn each_may_make(scene: &Scene, requests: Option<u32>) -> Result<(), Failure> {
    let mut spec = json!({});
    if let (Some(requests), Some(spec)) = (requests, spec.as_object_mut()) {
        spec.insert("requestsPerGenerator".to_owned(), json!(requests));
    }
    let said: Value = json!({
        "apiVersion": "factory.gov.kg/v1alpha1", "kind": "Environment", "metadata": {"name": "lab"}, "spec": spec,
    });
    let api: Api<Environment> = Api::all(scene.people.engineer.client.clone());
    api.patch("lab", &PatchParams::apply("journeys").force(), &Patch::Apply(&said)).await?;
    Ok(())
}
