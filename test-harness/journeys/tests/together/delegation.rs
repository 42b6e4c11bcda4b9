//! Journey: the regulator delegates, a release on a patched base goes to its users without a person, says so, and can
//! be checked by anyone offline; after the revocation the next one waits for the regulator.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use factory_crds::{Outcome, Release};
use factory_journeys::{
    Failure, Manifest, ensure, images, live,
    register::{self, Public},
    road::{Standing, reasons, standing, travel},
    scene::Scene,
    sources, standard, tool, web,
};
use jiff::{SignedDuration, Timestamp};
use kube::ResourceExt as _;
use serde_json::{Value, json};

const EXAMPLE: &str = "queue-number";
/// What the example is built on, in its Containerfile and in the registry.
const BASE: &str = "base/python:bookworm";
/// A build, an experiment behind those of others, and the launch.
const WHOLE_ROAD: Duration = Duration::from_mins(25);
const SOON: Duration = Duration::from_secs(30);

/// A service whose base image is the journey's own, so that patching it touches nobody else.
struct Patched {
    scene: Scene,
    name: String,
    base: String,
    manifest: Manifest,
    commit: String,
}

/// Everything that must hold of a delegation, in one journey: a launch is costly.
#[tokio::test(flavor = "multi_thread")]
async fn a_patched_release_needs_no_person_while_a_delegation_stands_and_one_afterwards() -> Result<(), Failure> {
    let service = Patched::new().await?;
    let Patched { scene, name, .. } = &service;
    let first = service.confirmed().await?;

    let delegation = service.delegate().await?;
    let second = service.patch(&first, "2").await?;
    ensure(standing(&second) == Standing::Launched, || format!("not launched: {}", reasons(&second).join("; ")))?;
    let (before, after) = (first.status.clone().unwrap_or_default(), second.status.clone().unwrap_or_default());
    ensure(before.images != after.images && first.spec.commit == second.spec.commit, || {
        format!("nothing was patched: {:?} and {:?}", before.images, after.images)
    })?;
    let live = scene.services().get(name).await?.status.unwrap_or_default().live_namespace;
    let differs = live::differs(&scene.people.engineer.client, &live, &after.images).await?;
    ensure(differs.is_none(), || differs.unwrap_or_default())?;
    the_entry_says_so(scene, &after.entry, &delegation, &after.bundle).await?;
    let grounds = anyone_verifies_it(scene, name, &after.entry, &delegation).await?;

    // Nothing more is entered under it, and what was entered stays.
    service.regulator(&["revoke", &delegation, "--reason", "The base image was replaced."]).await?;
    let third = service.patch(&second, "3").await?;
    ensure(standing(&third) == Standing::WithRegulator, || format!("{:?}", standing(&third)))?;
    let (host, path) = web::parts(&after.entry);
    let entry: Value = serde_json::from_str(&scene.web.until_good(host, &format!("/api/v1{path}"), SOON).await?.body)?;
    ensure(entry["bundle"] == json!(after.bundle), || format!("another entry: {entry:#}"))?;
    waits_at_the_register(scene, &third).await?;
    let said = verify(scene, &grounds, &after.entry).await?;
    ensure(said.code == Some(0) && said.out.contains("Revoked:  by event "), || format!("{said:?}"))?;

    let back = ["return", name, "-n", &scene.participant, "--reason", "It was made by a test."];
    tool::succeed(&scene.people.cluster, &scene.people.regulator, &back).await?;
    let leave = ["withdraw", name, "-n", &scene.participant, "--reason", "its work moved", "--yes"];
    tool::succeed(&scene.people.cluster, &scene.team, &leave).await?;
    scene.delete(name).await
}

impl Patched {
    async fn new() -> Result<Self, Failure> {
        let scene = Scene::of("journey-delegation").await?;
        let (cluster, name) = (&scene.people.cluster, Scene::fresh("patched"));
        let base = format!("journeys/{name}:bookworm");
        images::patched(cluster, BASE, &base, "1").await?;
        let containerfile = cluster.root.join("examples").join(EXAMPLE).join("Containerfile");
        let containerfile = std::fs::read_to_string(containerfile)?;
        ensure(containerfile.contains(BASE), || format!("{EXAMPLE} is not built on {BASE}"))?;
        let changes = [("Containerfile", containerfile.replace(BASE, &base))];
        let (git, commit) = sources::push_changed(cluster, EXAMPLE, &name, &changes).await?;
        let manifest = scene.manifest(EXAMPLE, &name)?.with("/spec/source/git", json!(git));
        Ok(Self { scene, name, base, manifest, commit })
    }

    /// Its first release, which a person confirms.
    async fn confirmed(&self) -> Result<Release, Failure> {
        let release = self.scene.to_the_end_under(standard::brief(), &self.manifest, &self.commit, true).await?;
        ensure(standing(&release) == Standing::Launched, || {
            format!("{} was not launched: {}", self.name, reasons(&release).join("; "))
        })?;
        Ok(release)
    }

    /// The regulator delegates rebuilds of this service for a day; the delegation's id.
    async fn delegate(&self) -> Result<String, Failure> {
        let scope = format!("{}/{}", self.scene.participant, self.name);
        let until = format!("{:.0}", Timestamp::now() + SignedDuration::from_hours(24));
        let said = self.regulator(&["delegate", &scope, "--until", &until, "--reason", "Patched base images."]).await?;
        let id = said.lines().last().and_then(|line| line.rsplit_once("/delegations/")).map(|(_, id)| id.to_owned());
        id.ok_or_else(|| Failure::new(format!("delegate said no address: {said}")))
    }

    /// Another release after `last`, of the same commit and manifest, on a base with this `patch`; where it ends, or
    /// waits for the regulator once it is clear that it does.
    async fn patch(&self, last: &Release, patch: &str) -> Result<Release, Failure> {
        let (scene, client) = (&self.scene, &self.scene.team.client);
        images::patched(&scene.people.cluster, BASE, &self.base, patch).await?;
        let mut last = last.clone();
        // Of a run that was inconclusive, another one is made.
        for _ in 0..3 {
            let release = scene.again_under(standard::brief(), &self.manifest, &last).await?;
            let reported = |standing: &Standing| *standing == Standing::WithRegulator;
            let release = travel(client, &release, WHOLE_ROAD, reported, |_| {}).await?;
            let outcome = release.status.as_ref().and_then(|status| status.outcome);
            if outcome == Some(Outcome::Inconclusive) {
                last = release;
                continue;
            }
            // What falls within a delegation was entered with its submission, and the launch follows by itself.
            let entered = self.state(&release, "Registered").await?;
            let arrived = |standing: &Standing| !entered && *standing == Standing::WithRegulator;
            return travel(client, &release, WHOLE_ROAD, arrived, |_| {}).await;
        }
        Err(Failure::new(format!("{}: three runs were inconclusive", self.name)))
    }

    /// Whether the register has a submission of `release` in this `state`.
    async fn state(&self, release: &Release, state: &str) -> Result<bool, Failure> {
        let people = &self.scene.people;
        let token = register::token(&people.regulator, "regulator", "regulator").await?;
        let public = Public::read(&people.regulator).await?;
        let (participant, name) = (&self.scene.participant, release.name_any());
        let found = register::submissions(&self.scene.web, &public, &token, state, participant, &name).await?;
        Ok(!found.is_empty())
    }

    /// What `kubectl factory` says to the regulator, who signs without being asked.
    async fn regulator(&self, arguments: &[&str]) -> Result<String, Failure> {
        let people = &self.scene.people;
        let key = people.regulator_key().display().to_string();
        let signed = [arguments, &["--key", &key, "--office", "Regulator", "--yes"]].concat();
        Ok(tool::succeed(&people.cluster, &people.regulator, &signed).await?)
    }
}

/// The entry names the delegation, to people and to programs.
async fn the_entry_says_so(scene: &Scene, entry: &str, delegation: &str, bundle: &str) -> Result<(), Failure> {
    let (host, path) = web::parts(entry);
    let page = scene.web.until_good(host, &format!("{path}?lang=en"), SOON).await?;
    ensure(page.body.contains("Entered under the standing delegation") && page.body.contains(delegation), || {
        page.body.clone()
    })?;
    let machines = scene.web.until_good(host, &format!("/api/v1{path}"), SOON).await?;
    let machines: Value = serde_json::from_str(&machines.body)?;
    ensure(machines["delegation"] == json!(delegation) && machines["bundle"] == json!(bundle), || {
        format!("{machines:#}")
    })?;
    let page = scene.web.until_good(host, &format!("/api/v1/delegations/{delegation}"), SOON).await?;
    let used: Value = serde_json::from_str(&page.body)?;
    ensure(used["uses"] == json!(1) && used["standing"] == json!("Standing"), || format!("{used:#}"))
}

/// Whoever has the file from the entry's page and the public keys; an edited file is refused. Answers where it is.
async fn anyone_verifies_it(scene: &Scene, name: &str, entry: &str, delegation: &str) -> Result<PathBuf, Failure> {
    let file = scene.people.cluster.scratch().join(format!("{name}.grounds.json"));
    let said = verify(scene, &file, entry).await?;
    let told = format!("Decided:  entered without a person, under the delegation {delegation}");
    ensure(said.code == Some(0) && said.out.contains(&told), || format!("{said:?}"))?;
    let text = std::fs::read_to_string(&file)?;
    std::fs::write(&file, text.replacen(name, "another", 1))?;
    let said = held(scene, &file, entry).await?;
    ensure(said.code == Some(1) && said.err.contains("does not hold"), || format!("an edited file: {said:?}"))?;
    Ok(file)
}

/// Saves the file to `file` as the page offers it, and holds it against everybody's keys.
async fn verify(scene: &Scene, file: &Path, entry: &str) -> Result<tool::Said, Failure> {
    let (host, path) = web::parts(entry);
    let offered = scene.web.until_good(host, path, SOON).await?;
    let address = format!("/api/v1{path}/grounds");
    ensure(offered.body.contains(&address), || format!("{entry} offers no file"))?;
    std::fs::create_dir_all(scene.people.cluster.scratch())?;
    std::fs::write(file, scene.web.until_good(host, &address, SOON).await?.body)?;
    held(scene, file, entry).await
}

/// What the tool says of `file`, to somebody without an account.
async fn held(scene: &Scene, file: &Path, entry: &str) -> Result<tool::Said, Failure> {
    let cluster = &scene.people.cluster;
    let (host, _) = web::parts(entry);
    let log = scene.web.until_good(host, "/api/v1/log/key", SOON).await?.body.trim().to_owned();
    let dossiers = file.with_extension("pub");
    std::fs::write(&dossiers, Public::read(&scene.team).await?.dossier_key)?;
    let (file, dossiers) = (file.display().to_string(), dossiers.display().to_string());
    let regulator = scene.people.regulator_key().with_extension("pub").display().to_string();
    let arguments = ["verify", &file, "--key", &dossiers, "--regulator-key", &regulator, "--log-key", &log];
    Ok(tool::run(cluster, "kubectl-factory", None, &arguments).await?)
}

/// It was submitted, and nothing entered it.
async fn waits_at_the_register(scene: &Scene, release: &Release) -> Result<(), Failure> {
    let token = register::token(&scene.people.regulator, "regulator", "regulator").await?;
    let public = Public::read(&scene.people.regulator).await?;
    let (participant, name) = (&scene.participant, release.name_any());
    let waiting = register::submissions(&scene.web, &public, &token, "Submitted", participant, &name).await?;
    ensure(waiting.len() == 1, || format!("{name} has {} submissions that wait", waiting.len()))
}
