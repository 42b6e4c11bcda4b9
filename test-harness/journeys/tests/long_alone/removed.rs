//! Journey: the factory is uninstalled while a release is under way, and installed again. Nothing hangs, launched
//! services stay, and what was under way goes on.

use std::time::Duration;

use factory_crds::{Release, StateService};
use factory_journeys::{
    Failure, ensure,
    escort::Escort,
    road::{Standing, reached, reasons, standing},
    scene::Scene,
    sources, standard,
    waiting::{until, until_gone},
    web,
};
use k8s_openapi::api::core::v1::Namespace;
use kube::{Api, ResourceExt as _, api::DeleteParams};
use tokio::process::Command;

/// Uninstalls as docs/operations.md says.
const UNINSTALL: &str = ". test-harness/tools/environment
    exec \"$(test-harness/tools/helm)\" uninstall factory --namespace factory-system --wait";
const INSTALL: &str = "exec test-harness/tools/install-factory";

#[tokio::test(flavor = "multi_thread")]
async fn a_factory_that_is_uninstalled_leaves_what_was_launched_and_goes_on_when_it_is_installed_again()
-> Result<(), Failure> {
    let _turn = crate::TURN.lock().await;
    let scene = Scene::of("journey-removed").await?;
    let launched = scene.launched("queue-number", "stays").await?.status.unwrap_or_default();
    let (stays, left, goes) = ("stays", Scene::fresh("left"), Scene::fresh("goes"));
    let commit = sources::push_example(&scene.people.cluster, "queue-number").await?;
    let mut under_way = Vec::new();
    for name in [&left, &goes] {
        let (_, release) =
            scene.begin_under(standard::brief(), &scene.manifest("queue-number", name)?, &commit).await?;
        let limit = Duration::from_mins(5);
        let deployed = |release: &Release| reached(release, "Deployed").is_some();
        under_way.push(until(&scene.releases(), &release.name_any(), "stage Deployed", limit, deployed).await?);
    }
    run(&scene, UNINSTALL).await?;
    let found = Box::pin(while_it_is_away(&scene, stays, &left)).await;
    run(&scene, INSTALL).await?;
    found?;

    // What its team deleted meanwhile is cleared away, and the entry is where it was.
    let namespaces: Api<Namespace> = Api::all(scene.people.engineer.client.clone());
    let candidate = under_way[0].status.clone().unwrap_or_default().namespace;
    until_gone(&namespaces, &candidate, Duration::from_mins(2)).await?;
    let (host, path) = web::parts(&launched.entry);
    scene.web.until_good(host, path, Duration::from_mins(1)).await?;
    // What was under way comes to its end, with the one submission that the register takes.
    let service = scene.services().get(&goes).await?;
    let tell = |what: &str| println!("{goes}: {what}");
    let escort = Escort { people: &scene.people, team: &scene.team, service: &service, confirms: true, tell: &tell };
    let release = Box::pin(escort.to_the_end(under_way.remove(1))).await?;
    ensure(standing(&release) == Standing::Launched, || format!("{goes}: {}", reasons(&release).join("; ")))?;
    scene.delete(&goes).await
}

/// The kinds and their objects are there, what is deleted is gone, and users are served. The roles of teams went with
/// the chart: whoever runs the cluster acts.
async fn while_it_is_away(scene: &Scene, stays: &str, left: &str) -> Result<(), Failure> {
    let services: Api<StateService> = Api::namespaced(scene.people.engineer.client.clone(), &scene.participant);
    services.delete(left, &DeleteParams::default()).await?;
    until_gone(&services, left, Duration::from_secs(30)).await?;
    let service = services.get(stays).await?;
    scene.web.until_good(&service.spec.ingress.host, "/v1/centres", Duration::from_secs(10)).await?;
    Ok(())
}

/// Runs a script as a platform engineer does, in the checkout.
async fn run(scene: &Scene, script: &str) -> Result<(), Failure> {
    let mut command = Command::new("bash");
    command.args(["-euo", "pipefail", "-c", script]).current_dir(&scene.people.cluster.root);
    let output = command.output().await.map_err(|error| Failure::new(format!("bash: {error}")))?;
    let said = || [output.stdout.as_slice(), output.stderr.as_slice()].map(String::from_utf8_lossy).concat();
    ensure(output.status.success(), || format!("{script}: {}", said()))
}
