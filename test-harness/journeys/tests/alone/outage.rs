//! Journey: the factory is away. Launched services don't notice, and no result is lost.

use std::time::Duration;

use factory_crds::StateService;
use factory_journeys::{
    Failure, ensure,
    live::COMPONENT,
    programs::{KEEPER, OPERATOR, REGISTER, scale_down, scale_up},
    register::{self, Public},
    road::{Standing, reached, release_of, standing, travel},
    scene::Scene,
    sources, tool,
    waiting::{until, until_gone},
};
use k8s_openapi::api::{apps::v1::Deployment, core::v1::Pod};
use kube::{
    Api, ResourceExt as _,
    api::{DeleteParams, ListParams},
};

#[tokio::test(flavor = "multi_thread")]
async fn launched_services_are_rescheduled_while_operator_and_register_are_down() -> Result<(), Failure> {
    let _turn = crate::TURN.lock().await;
    let scene = Scene::of("journey-standing").await?;
    scene.launched("queue-number", "standing").await?;
    let programs = [OPERATOR, KEEPER, REGISTER];
    let away = scale_down(&scene.people.engineer, &programs).await?;
    let found = a_deleted_pod_comes_back(&scene).await;
    scale_up(&scene.people.engineer, away).await?;
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn a_register_that_is_away_for_a_minute_loses_no_result() -> Result<(), Failure> {
    let _turn = crate::TURN.lock().await;
    let scene = Scene::of("journey-outage").await?;
    let name = Scene::fresh("away");
    let commit = sources::push_example(&scene.people.cluster, "queue-number").await?;
    let service = scene.manifest("queue-number", &name)?.apply(&scene.team.client).await?;
    let release = release_of(&scene.team.client, &service, &commit, Duration::from_secs(150)).await?;
    let limit = Duration::from_mins(10);
    until(&scene.releases(), &release.name_any(), "stage Verified", limit, |release| {
        reached(release, "Verified").is_some()
    })
    .await?;

    // Away in the middle of the experiment, so that its result finds no register.
    let away = scale_down(&scene.people.engineer, &[REGISTER]).await?;
    let waits = until(&scene.releases(), &release.name_any(), "a report that waits", limit, |release| {
        let conditions = release.status.iter().flat_map(|status| &status.conditions);
        conditions
            .into_iter()
            .any(|condition| condition.type_ == "Reported" && condition.reason == "RegisterUnavailable")
    })
    .await;
    // The rest of a minute: it must neither give up nor claim to have reported.
    let minute = Duration::from_mins(1);
    let gave_up =
        travel(&scene.team.client, &release, minute, |standing| *standing != Standing::Underway, |_| {}).await;
    scale_up(&scene.people.engineer, away).await?;
    waits?;
    ensure(gave_up.is_err(), || {
        format!("without a register the release came to {:?}", gave_up.as_ref().map(standing))
    })?;

    let with_regulator = |standing: &Standing| *standing == Standing::WithRegulator;
    let release = travel(&scene.team.client, &release, Duration::from_mins(2), with_regulator, |_| {}).await?;
    ensure(standing(&release) == Standing::WithRegulator, || format!("{:#?}", release.status))?;
    let token = register::token(&scene.people.regulator, "regulator", "regulator").await?;
    let public = Public::read(&scene.people.regulator).await?;
    let name_of_release = release.name_any();
    let found =
        register::submissions(&scene.web, &public, &token, "Submitted", &scene.participant, &name_of_release).await?;
    ensure(found.len() == 1, || format!("{} submissions of one release: {found:?}", found.len()))?;

    // The regulator sends it back, and the team reads why.
    let reason = "17.5 names a method that the page does not offer";
    let arguments = ["return", &name, "-n", &scene.participant, "--reason", reason];
    tool::succeed(&scene.people.cluster, &scene.people.regulator, &arguments).await?;
    let ended = travel(&scene.team.client, &release, Duration::from_mins(1), |_| false, |_| {}).await?;
    match standing(&ended) {
        Standing::Stopped(reasons) => {
            ensure(reasons.join("; ").contains(reason), || format!("the reason is not told: {reasons:?}"))?;
        }
        other => return Err(Failure::new(format!("returned, but it stands at {other:?}"))),
    }
    scene.delete(&name).await
}

/// Deletes a pod of the launched service and waits until another is ready in its place, with the
/// service answering all the while.
async fn a_deleted_pod_comes_back(scene: &Scene) -> Result<(), Failure> {
    let service: StateService = scene.services().get("standing").await?;
    let namespace = service.status.unwrap_or_default().live_namespace;
    let pods: Api<Pod> = Api::namespaced(scene.people.engineer.client.clone(), &namespace);
    let before = pods.list(&ListParams::default().labels(&format!("{COMPONENT}=queue"))).await?.items;
    let victim = before.first().ok_or_else(|| Failure::new(format!("no pod runs in {namespace}")))?;
    let deployments: Api<Deployment> = Api::namespaced(scene.people.engineer.client.clone(), &namespace);
    let limit = Duration::from_secs(90);
    let name = victim.name_any();
    pods.delete(&name, &DeleteParams::default()).await?;
    let (gone, ready) = tokio::join!(
        until_gone(&pods, &name, limit),
        scene.web.until_good(&service.spec.ingress.host, "/v1/centres", limit),
    );
    gone?;
    ready?;
    until(&deployments, "queue", "all replicas ready", limit, |deployment| {
        let wanted = deployment.spec.as_ref().and_then(|spec| spec.replicas);
        deployment.status.as_ref().and_then(|status| status.ready_replicas) == wanted
    })
    .await?;
    let after = pods.list(&ListParams::default().labels(&format!("{COMPONENT}=queue"))).await?.items;
    let new = after.iter().any(|pod| before.iter().all(|old| old.uid() != pod.uid()));
    ensure(new, || "no new pod took the place of the deleted one".to_owned())
}
