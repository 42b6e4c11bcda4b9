//! Journey: a service that is launched is measured beside each release that comes after it. One that answers later by more
//! than the standard allows is refused for that and for nothing else, and one that does not goes on to the regulator.

use std::{fs, time::Duration};

use factory_crds::Release;
use factory_journeys::{
    Failure, ensure,
    road::{Standing, codes, reasons, standing},
    scene::Scene,
    sources,
    standard::fault,
    struck,
    waiting::until_gone,
};
use k8s_openapi::api::core::v1::Namespace;
use kube::{Api, ResourceExt as _};
use serde_json::{Value, json};

const SERVER: &str = "queue_number/server.py";
/// Where the server asks the service, and the same an eighth of a second later.
const ANSWERS: [&str; 2] = ["self.server.answer(", "(threading.Event().wait(0.125), self.server.answer)[1]("];

#[tokio::test(flavor = "multi_thread")]
async fn a_slower_release_is_refused_beside_the_confirmed_one_and_an_equal_one_is_not() -> Result<(), Failure> {
    let _turn = crate::beside().await?;
    let scene = Scene::of("journey-comparison").await?;
    let root = &scene.people.cluster.root;
    let server = fs::read_to_string(root.join("examples/queue-number").join(SERVER))?;
    ensure(server.contains(ANSWERS[0]), || format!("{SERVER} asks the service in another way"))?;
    let name = Scene::fresh("compared");

    let first = released(&scene, &name, &server, true).await?;
    ensure(standing(&first) == Standing::Launched, || format!("{name}: {}", reasons(&first).join("; ")))?;
    let alone = struck::predicate(&scene, &name).await?;
    let planned = alone.pointer("/plan/prove/comparison");
    ensure(planned == Some(&json!({"nothing": {"why": "NoneConfirmed"}})), || format!("{planned:?}"))?;

    let slow = released(&scene, &name, &server.replace(ANSWERS[0], ANSWERS[1]), false).await?;
    ensure(codes(&slow) == ["SlowerThanConfirmed"], || format!("{name}: {}", reasons(&slow).join("; ")))?;
    beside(&struck::predicate(&scene, &name).await?, &first)?;
    cleared_away(&scene, &slow).await?;

    // Refused, it is nobody's reference: the third is measured beside the first as well.
    let equal = released(&scene, &name, &format!("{server}\n# As it was.\n"), false).await?;
    ensure(standing(&equal) == Standing::WithRegulator, || format!("{name}: {}", reasons(&equal).join("; ")))?;
    beside(&struck::predicate(&scene, &name).await?, &first)?;
    cleared_away(&scene, &equal).await?;
    scene.delete(&name).await
}

/// A release of the service `name` whose server is `server`, under a standard that asks for a comparison.
async fn released(scene: &Scene, name: &str, server: &str, confirms: bool) -> Result<Release, Failure> {
    let change = [(SERVER, server.to_owned())];
    let (git, commit) = sources::push_changed(&scene.people.cluster, "queue-number", name, &change).await?;
    let source = json!({"git": git, "ref": "main", "poll": "5s"});
    let manifest = scene.manifest("queue-number", name)?.with("/spec/source", source);
    let asks = json!({
        "faults": [fault("PodKill", &json!({"windowSeconds": 8}))],
        // What another node makes of some milliseconds is not what is looked at.
        "comparison": {"blocks": 10, "seconds": 3, "maxP95SlowerPpm": 500_000, "mattersMs": 50},
    });
    scene.to_the_end_under(("critical", asks), &manifest, &commit, confirms).await
}

/// The dossier was measured beside the release `first`, by turns, and both answered.
fn beside(dossier: &Value, first: &Release) -> Result<(), Failure> {
    let reference = &dossier["plan"]["prove"]["comparison"]["reference"];
    let bundle = first.status.as_ref().map(|status| status.bundle.as_str());
    ensure(reference["bundle"].as_str() == bundle && bundle.is_some(), || reference.to_string())?;
    let seen = &dossier["evidence"]["prove"]["comparison"];
    for side in ["candidate", "reference"] {
        let good: u64 = seen[side].as_array().into_iter().flatten().filter_map(|bucket| bucket["good"].as_u64()).sum();
        ensure(good > 100, || format!("{side}: {good} good answers"))?;
    }
    let figures = dossier["verdict"]["figures"].as_array().cloned().unwrap_or_default();
    let blocks = figures.iter().find(|figure| figure["name"] == "comparedBlocks");
    ensure(blocks.is_some_and(|blocks| blocks["value"].as_u64() >= Some(8)), || format!("{blocks:?}"))
}

/// Neither the candidate of `release` nor what stood beside it is left.
async fn cleared_away(scene: &Scene, release: &Release) -> Result<(), Failure> {
    let namespaces: Api<Namespace> = Api::all(scene.people.engineer.client.clone());
    for namespace in namespaces.list(&struck::of(release)).await? {
        until_gone(&namespaces, &namespace.name_any(), Duration::from_mins(3)).await?;
    }
    Ok(())
}
