//! Journey: a launched service ends by its withdrawal and by nothing less, and its entry stays
//! (invariant 14, item 21).

use std::time::Duration;

use factory_crds::StateService;
use factory_journeys::{
    Failure, ensure,
    scene::Scene,
    tool,
    waiting::{WaitError, until_gone},
    web,
};
use k8s_openapi::api::core::v1::Namespace;
use kube::Api;

use crate::instructions;

/// Longer than the factory takes to clear away what nobody needs.
const A_WHILE: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread")]
async fn only_its_own_teams_withdrawal_takes_a_launched_service_down_and_its_entry_stays() -> Result<(), Failure> {
    let (scene, others) = (Scene::of("journey-withdrawal").await?, Scene::of("journey-team-b").await?);
    let name = Scene::fresh("leaving");
    let release = scene.launched("queue-number", &name).await?;
    let entry = release.status.unwrap_or_default().entry;
    let service: StateService = scene.services().get(&name).await?;
    let live = service.status.unwrap_or_default().live_namespace;
    let namespaces: Api<Namespace> = Api::all(scene.people.engineer.client.clone());

    instructions::reach_the_team_and_end(&scene, &name).await?;

    // Without its manifest it stays up, and there is nothing else to stop it by.
    scene.delete(&name).await?;
    match until_gone(&namespaces, &live, A_WHILE).await {
        Err(WaitError::Deadline { .. }) => {}
        Ok(()) => return Err(Failure::new(format!("{live} went with the manifest, and nothing was withdrawn"))),
        Err(error) => return Err(error.into()),
    }
    scene.web.until_good(&service.spec.ingress.host, "/v1/centres", A_WHILE).await?;

    // Another team cannot withdraw it, and nobody does so without being sure.
    let cluster = &scene.people.cluster;
    let reason = "its work moved to the portal";
    let arguments = ["withdraw", &name, "-n", &scene.participant, "--reason", reason];
    let sure = [arguments.as_slice(), &["--yes"]].concat();
    let refused = tool::ask(cluster, &others.team, &sure).await?;
    ensure(refused.code == Some(1) && refused.err.contains("stateservices.factory.gov.kg"), || {
        format!("another team's withdrawal ended with {refused:?}")
    })?;
    let unsure = tool::ask(cluster, &scene.team, &arguments).await?;
    ensure(unsure.code == Some(1) && unsure.err.contains("--yes"), || format!("unasked: {unsure:?}"))?;
    let (host, path) = web::parts(&entry);
    let in_force = scene.web.until_good(host, &format!("/api/v1{path}"), A_WHILE).await?;
    ensure(!in_force.body.contains("\"withdrawn\""), || in_force.body.clone())?;

    // Its own team does, and the service goes.
    let said = tool::succeed(cluster, &scene.team, &sure).await?;
    ensure(said.contains("Withdrawn on") && said.contains(reason), || format!("withdraw said: {said}"))?;
    until_gone(&namespaces, &live, Duration::from_mins(2)).await?;

    // The entry answers, and says so to people and programs.
    let page = scene.web.until_good(host, &format!("{path}?lang=en"), A_WHILE).await?;
    ensure(page.body.contains("Withdrawn on") && page.body.contains(reason), || page.body.clone())?;
    let machines = scene.web.until_good(host, &format!("/api/v1{path}"), A_WHILE).await?;
    let machines: serde_json::Value = serde_json::from_str(&machines.body)?;
    ensure(machines["withdrawn"]["reason"] == reason, || format!("{machines:#}"))?;

    // Asked again, it is the same withdrawal.
    let again = tool::succeed(cluster, &scene.team, &sure).await?;
    ensure(again.contains("Withdrawn on"), || format!("a second withdrawal said: {again}"))
}
