//! Journey: a release whose bundle was tested before builds on that run too, as the register has it.

use factory_crds::Release;
use factory_journeys::{
    Failure, ensure,
    road::{Standing, reasons, standing},
    scene::Scene,
    sources,
    standard::fault,
    struck,
};
use serde_json::{Value, json};

const PHASE: &str = "pod-kill-queue";

#[tokio::test(flavor = "multi_thread")]
async fn a_release_of_a_bundle_that_was_tested_before_builds_on_that_run() -> Result<(), Failure> {
    let _turn = crate::beside().await?;
    let scene = Scene::of("journey-history").await?;
    let name = Scene::fresh("pooled");
    let sources = sources::push_changed(&scene.people.cluster, "queue-number", &name, &[]).await?;
    let first = released(&scene, &name, &sources, "30s").await?;
    let alone = struck::predicate(&scene, &name).await?;
    ensure(builds_on(&alone) == json!([]), || builds_on(&alone).to_string())?;
    ensure(proven(&alone) == [Some(1), Some(0), Some(5)], || format!("{:?}", proven(&alone)))?;

    // What is declared is another release, and the same bundle and risk.
    let second = released(&scene, &name, &sources, "45s").await?;
    ensure(bundle(&second) == bundle(&first), || format!("{} and {}", bundle(&second), bundle(&first)))?;
    let together = struck::predicate(&scene, &name).await?;
    let dossier = first.status.as_ref().map(|status| status.dossier.as_str());
    ensure(builds_on(&together) == json!([dossier]), || builds_on(&together).to_string())?;
    ensure(proven(&together) == [Some(2), Some(1), Some(22)], || format!("{:?}", proven(&together)))?;
    scene.delete(&name).await
}

/// A release of the service `name` of these sources, which declares to recover within `recovers`, under a standard that has
/// earlier runs count. It passes.
async fn released(
    scene: &Scene,
    name: &str,
    (git, commit): &(String, String),
    recovers: &str,
) -> Result<Release, Failure> {
    let source = json!({"git": git, "ref": "main", "poll": "5s"});
    let manifest = scene.manifest("queue-number", name)?.with("/spec/source", source);
    let manifest = manifest.with("/spec/register/availability/recoveryTime", json!(recovers));
    let asks = json!({
        "faults": [fault("PodKill", &json!({"windowSeconds": 8}))],
        "history": {"mostRepetitions": 30},
    });
    let release = scene.to_the_end_under(("critical", asks), &manifest, commit, false).await?;
    ensure(standing(&release) == Standing::WithRegulator, || format!("{name}: {}", reasons(&release).join("; ")))?;
    Ok(release)
}

fn bundle(release: &Release) -> &str {
    release.status.as_ref().map_or("", |status| status.bundle.as_str())
}

/// Digests of the dossiers that it builds on.
fn builds_on(dossier: &Value) -> Value {
    dossier["plan"]["prove"]["history"]["dossiers"].clone()
}

/// Repetitions of the killed pod that count, those of earlier runs, and the percentile of recovery that they prove.
fn proven(dossier: &Value) -> [Option<u64>; 3] {
    let figures = dossier["verdict"]["figures"].as_array().cloned().unwrap_or_default();
    ["repetitions", "earlierRepetitions", "recoveredPercent"].map(|name| {
        let of = |figure: &&Value| figure["phase"] == PHASE && figure["name"] == name;
        figures.iter().find(of).and_then(|figure| figure["value"].as_u64())
    })
}
