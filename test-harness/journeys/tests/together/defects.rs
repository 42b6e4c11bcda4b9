//! Journey: services with one defect each are refused by what was measured, in words that a person
//! would use, and never launched.

use factory_crds::{Outcome, Release};
use factory_journeys::{
    Failure, ensure,
    road::{codes, reasons},
    scene::Scene,
    sources, tool,
};

#[tokio::test(flavor = "multi_thread")]
async fn one_replica_is_refused_because_a_killed_pod_is_felt() -> Result<(), Failure> {
    let release = refused("registered-address-one-replica", "one-replica").await?;
    let said = reasons(&release).join("\n");
    ensure(found(&release, &["FaultCostTooHigh", "RecoveryTooSlow"]), || said.clone())?;
    ensure(said.contains("web") && said.contains("killed"), || format!("component and fault are not named: {said}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn no_drain_is_refused_because_a_rolling_restart_is_felt() -> Result<(), Failure> {
    let release = refused("registered-address-no-drain", "no-drain").await?;
    let said = reasons(&release).join("\n");
    ensure(found(&release, &["FaultCostTooHigh"]), || said.clone())?;
    ensure(said.contains("replaced"), || format!("the rolling restart is not named: {said}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lying_probe_is_refused_because_it_answers_503_while_it_counts_as_ready() -> Result<(), Failure> {
    let release = refused("registered-address-lying-probe", "lying-probe").await?;
    ensure(found(&release, &["FaultCostTooHigh", "RecoveryTooSlow", "CheckFailed"]), || reasons(&release).join("\n"))
}

/// Takes the variant along its road; it must end measured and failed, and the team is told why.
async fn refused(example: &str, prefix: &str) -> Result<Release, Failure> {
    let scene = Scene::of("journey-defects").await?;
    let name = Scene::fresh(prefix);
    let commit = sources::push_example(&scene.people.cluster, example).await?;
    let release = scene.to_the_end(&scene.manifest(example, &name)?, &commit, false).await?;
    let status = release.status.clone().unwrap_or_default();
    ensure(status.outcome == Some(Outcome::Failed), || format!("not refused: {status:#?}"))?;

    // It was measured: the candidate was built, deployed and reported, and nothing of it runs.
    for stage in ["Built", "Deployed", "Reported"] {
        ensure(factory_crds::condition::is_true(&status.conditions, stage), || format!("not {stage}: {status:#?}"))?;
    }
    let service = scene.services().get(&name).await?;
    let live = service.status.unwrap_or_default().live_namespace;
    ensure(live.is_empty(), || format!("it has the live namespace {live}"))?;

    let cluster = &scene.people.cluster;
    let why = tool::succeed(cluster, &scene.team, &["why", &name, "-n", &scene.participant]).await?;
    let first = reasons(&release).into_iter().next().unwrap_or_default();
    ensure(why.contains(&first), || format!("why does not say `{first}`: {why}"))?;
    let watched = tool::ask(cluster, &scene.team, &["watch", &name, "-n", &scene.participant]).await?;
    ensure(watched.code == Some(2), || format!("watch ended with {watched:?}"))?;

    // Nobody can confirm it by mistake.
    let key = scene.people.regulator_key().display().to_string();
    let arguments = ["confirm", &name, "-n", &scene.participant, "--key", &key];
    let confirmed = tool::ask(cluster, &scene.people.regulator, &arguments).await?;
    ensure(confirmed.code != Some(0), || format!("a failed result was confirmed: {}", confirmed.out))?;
    // Who may pull images is not asked whether they may read a dossier that failed: it is with the register alone.
    let folder = cluster.registry.split_once('/').map_or(String::new(), |(_, folder)| format!("{folder}/"));
    for (kind, there) in [("sources", true), ("dossiers", false)] {
        let repository = format!("{folder}{kind}/{}/{name}", scene.participant);
        ensure(scene.web.has_repository(&repository).await? == there, || {
            format!("{repository}: must be there: {there}")
        })?;
    }
    scene.delete(&name).await?;
    Ok(release)
}

/// Whether one of `wanted` is among the findings.
fn found(release: &Release, wanted: &[&str]) -> bool {
    codes(release).iter().any(|code| wanted.contains(&code.as_str()))
}
