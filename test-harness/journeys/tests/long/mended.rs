//! Journey: what stopped a service is mended, and the service goes on by itself: its team pushes a commit, or the
//! administrator lists a host, and nobody touches the manifest.

use std::time::Duration;

use factory_crds::{Environment, Release, StateService};
use factory_journeys::{
    Failure, ensure,
    road::{Standing, codes, reached, reasons, release_of, standing, travel},
    scene::Scene,
    sources,
    waiting::until,
};
use kube::{
    Api, ResourceExt as _,
    api::{Patch, PatchParams},
};
use serde_json::{Value, json};

const FROM: &str = "ARG REGISTRY\nFROM ${REGISTRY}/base/python:bookworm\n";

#[tokio::test(flavor = "multi_thread")]
async fn a_mended_commit_goes_on_from_whatever_stopped_the_one_before() -> Result<(), Failure> {
    let _turn = crate::beside().await?;
    let scene = Scene::of("journey-input").await?;
    let fails = format!("{FROM}RUN exit 7\n");
    let lying = sources::lying_description(&scene.people.cluster)?;
    let (fails, lies) = tokio::join!(
        Box::pin(mended(&scene, "fails", ("Containerfile", fails), "BuildFailed", "Built")),
        Box::pin(mended(&scene, "lies", lying, "DescriptionLies", "Verified")),
    );
    fails.and(lies)
}

/// A service whose first commit has `change` in it and is stopped by `code`, and whose second, without, gets beyond
/// `stage`.
async fn mended(scene: &Scene, prefix: &str, change: (&str, String), code: &str, stage: &str) -> Result<(), Failure> {
    let (name, cluster) = (Scene::fresh(prefix), &scene.people.cluster);
    let (git, bad) = sources::push_changed(cluster, "queue-number", &name, &[change]).await?;
    let source = json!({"git": git, "ref": "main", "poll": "5s"});
    let service = scene.manifest("queue-number", &name)?.with("/spec/source", source).apply(&scene.team.client).await?;
    let limit = Duration::from_mins(20);
    let release = release_of(&scene.team.client, &service, &bad, limit).await?;
    let stopped = travel(&scene.team.client, &release, limit, |_| false, |_| {}).await?;
    ensure(matches!(standing(&stopped), Standing::Stopped(_)), || format!("{name}: {:#?}", stopped.status))?;
    ensure(codes(&stopped).iter().any(|known| known == code), || format!("{name}: {}", reasons(&stopped).join("; ")))?;

    let (_, good) = sources::push_changed(cluster, "queue-number", &name, &[]).await?;
    let release = release_of(&scene.team.client, &service, &good, limit).await?;
    let gone_on = |release: &Release| reached(release, stage).is_some();
    until(&scene.releases(), &release.name_any(), &format!("stage {stage}"), limit, gone_on).await?;
    scene.delete(&name).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_is_listed_later_is_asked_then() -> Result<(), Failure> {
    let _turn = crate::beside().await?;
    let scene = Scene::of("journey-input").await?;
    let name = Scene::fresh("listed");
    let host = "git.not-there.test";
    let source = json!({"git": format!("http://{host}/a/b.git"), "ref": "main", "poll": "5s"});
    scene.manifest("queue-number", &name)?.with("/spec/source", source).apply(&scene.team.client).await?;
    let limit = Duration::from_mins(1);
    let told = |reason: &'static str| {
        move |service: &StateService| {
            let conditions = service.status.iter().flat_map(|status| &status.conditions);
            conditions.into_iter().any(|condition| condition.type_ == "Resolved" && condition.reason == reason)
        }
    };
    until(&scene.services(), &name, "an unlisted host", limit, told("GitHostNotListed")).await?;
    let environments: Api<Environment> = Api::all(scene.people.engineer.client.clone());
    let before = environments.get("lab").await?.spec.git_hosts;
    let listed: Vec<_> = before.iter().map(String::as_str).chain([host]).collect();
    let hosts = |hosts: Value| Patch::Merge(json!({"spec": {"gitHosts": hosts}}));
    environments.patch("lab", &PatchParams::default(), &hosts(json!(listed))).await?;
    // Nobody is called so: that it is asked is all that can be seen.
    let asked = until(&scene.services(), &name, "a host that was asked", limit, told("GitFailed")).await;
    environments.patch("lab", &PatchParams::default(), &hosts(json!(before))).await?;
    asked?;
    scene.delete(&name).await
}
