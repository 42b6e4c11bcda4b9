//! Journey: a standard that the cluster has and nobody issued judges no release. It waits, says for what, and goes on
//! once the regulator has issued exactly that.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use factory_crds::Release;
use factory_journeys::{
    Failure, ensure,
    escort::Escort,
    road::{Standing, reasons, standing},
    scene::Scene,
    sources, standard,
    waiting::until,
};
use kube::ResourceExt as _;
use serde_json::json;

const CLASS: &str = "important";

#[tokio::test(flavor = "multi_thread")]
async fn a_release_waits_until_the_regulator_has_issued_its_standard() -> Result<(), Failure> {
    let scene = Scene::of("journey-issued").await?;
    let commit = sources::push_example(&scene.people.cluster, "queue-number").await?;
    let name = Scene::fresh("unissued");
    // One that no earlier run has issued.
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let costs = json!({"windowSeconds": 8, "maxFailedPpm": 900_000 + since % 100_000});
    let object = standard::object(CLASS, &json!([standard::fault("PodKill", &costs)]));
    let manifest = scene.manifest("queue-number", &name)?;
    let (service, release) = scene.begin_unissued((CLASS, &object), &manifest, &commit).await?;

    let waits = |release: &Release| {
        release.status.iter().flat_map(|status| &status.conditions).any(|condition| {
            condition.type_ == "Verified" && condition.status == "Unknown" && condition.reason == "StandardNotIssued"
        })
    };
    let limit = Duration::from_mins(20);
    let waiting = until(&scene.releases(), &release.name_any(), "a wait for the regulator", limit, waits).await?;
    let status = waiting.status.unwrap_or_default();
    ensure(status.announcement.is_none() && status.outcome.is_none(), || "it was announced, or it ended".to_owned())?;

    standard::sign(&scene, &object).await?;
    let tell = |what: &str| println!("{name}: {what}");
    let escort = Escort { people: &scene.people, team: &scene.team, service: &service, confirms: false, tell: &tell };
    let release = Box::pin(escort.to_the_end(release)).await?;
    ensure(standing(&release) == Standing::WithRegulator, || reasons(&release).join("; "))?;
    scene.delete(&name).await
}
