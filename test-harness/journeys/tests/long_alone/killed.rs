//! Journey: the operator's leader is killed with SIGKILL at every write of a release, before and
//! after it is done. The release ends as one whose leader was never killed, with one submission and
//! one launch.
//!
//! The writes are those of a recorded release; a write that only a killed leader makes is a point too.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use factory_crds::{Participant, Release};
use factory_journeys::{
    Failure, ensure,
    escort::Escort,
    killing::{Leader, Point},
    programs::{OPERATOR, scale_down, scale_up},
    register::{self, Public},
    road::{Standing, standing},
    scene::Scene,
    sources, standard, tool,
    waiting::until_gone,
};
use k8s_openapi::api::{
    apps::v1::Deployment,
    batch::v1::Job,
    core::v1::{ConfigMap, Namespace},
};
use kube::{Api, ResourceExt, api::ListParams};
use serde_json::json;

/// Namespaces of the factory's Jobs.
const JOBS: [&str; 2] = ["factory-build", "factory-lab"];

/// Writes that a release and its withdrawal make at least: with fewer, somebody no longer looks.
const FEWEST_WRITES: usize = 40;

/// How a release ended, without what differs from one to the next.
#[derive(Debug, PartialEq, Eq)]
struct Ending {
    standing: Standing,
    /// `type=status/reason`.
    conditions: Vec<String>,
    /// Runs that the register has announced of its bundle.
    announced: Option<i64>,
    /// Submissions that the register has of it.
    submissions: usize,
    /// Attempts that the factory made.
    releases: usize,
    /// Jobs by the label that says what they are for.
    jobs: BTreeMap<String, usize>,
    /// Components whose images carry provenance, then those that carry the dossier.
    attested: [Vec<String>; 2],
    /// Component → how often it was rolled out in the live namespace.
    launches: BTreeMap<String, String>,
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leader_killed_at_each_write_ends_with_one_submission_and_one_launch() -> Result<(), Failure> {
    let _turn = crate::TURN.lock().await;
    let scene = Scene::of("journey-killed").await?;
    let away = scale_down(&scene.people.engineer, &[OPERATOR]).await?;
    let found = Box::pin(recorded_and_killed(&scene)).await;
    scale_up(&scene.people.engineer, away).await?;
    found
}

async fn recorded_and_killed(scene: &Scene) -> Result<(), Failure> {
    let (expected, recorded) = Box::pin(release(scene, "recorded", false)).await?;
    ensure(expected.standing == Standing::Launched, || format!("without a kill: {expected:#?}"))?;
    ensure(expected.submissions == 1 && expected.releases == 1, || format!("without a kill: {expected:#?}"))?;
    println!("{} writes recorded", recorded.len());
    ensure(recorded.len() >= FEWEST_WRITES, || format!("{} writes recorded: not all of a release", recorded.len()))?;
    let (ending, met) = Box::pin(release(scene, "killed", true)).await?;
    let twice = met.values().filter(|times| **times > 1).count();
    println!("killed before each of {} writes, and after {twice} of them", met.len());
    ensure(ending == expected, || format!("killed at each write: {ending:#?}, not {expected:#?}"))?;
    // What only tells depends on how long things took.
    let spared = |point: &Point| !point.tells() && met.get(point).is_none_or(|times| *times < 2);
    let missed: Vec<_> = recorded.keys().filter(|point| spared(point)).collect();
    ensure(missed.is_empty(), || format!("not killed before and after {missed:#?}"))
}

/// Takes a service of its own to its launch, with a leader that dies at its writes or only makes them.
async fn release(
    scene: &Scene,
    prefix: &str,
    kills_at_writes: bool,
) -> Result<(Ending, BTreeMap<Point, usize>), Failure> {
    let service = Scene::fresh(prefix);
    let mut leader = Leader::begin(scene, &service, others(scene).await?, kills_at_writes).await?;
    let ending = tokio::select! {
        ending = Box::pin(walk(scene, &service)) => ending,
        failure = leader.ended() => Err(failure),
    };
    let met = leader.end().await;
    Ok((ending?, met))
}

async fn walk(scene: &Scene, name: &str) -> Result<Ending, Failure> {
    let commit = sources::push_example(&scene.people.cluster, "queue-number").await?;
    let (class, faults) = standard::brief();
    standard::issue(scene, class, faults).await?;
    let manifest = scene
        .manifest("queue-number", name)?
        .with("/spec/class", json!(class))
        // It stands beside the services of other journeys on one small node.
        .with("/spec/components/0/resources/cpu", json!("100m"));
    let service = manifest.apply(&scene.team.client).await?;
    let tell = |what: &str| println!("{name}: {what}");
    let escort = Escort { people: &scene.people, team: &scene.team, service: &service, confirms: true, tell: &tell };
    let made = escort.release(&commit).await?;
    let release = Box::pin(escort.to_the_end(made)).await?;
    // The last write of all clears the candidate away.
    let status = release.status.clone().unwrap_or_default();
    let namespaces: Api<Namespace> = Api::all(scene.people.engineer.client.clone());
    until_gone(&namespaces, &status.namespace, Duration::from_mins(2)).await?;
    let ending = ending(scene, name, &release).await?;

    // What a team does with a service that nobody needs any more; it is the leader's work as well.
    let live = scene.services().get(name).await?.status.unwrap_or_default().live_namespace;
    let arguments = ["withdraw", name, "-n", &scene.participant, "--reason", "the journey is over", "--yes"];
    tool::succeed(&scene.people.cluster, &scene.team, &arguments).await?;
    until_gone(&namespaces, &live, Duration::from_mins(2)).await?;
    let jobs = jobs(scene, &release.name_any()).await?;
    scene.delete(name).await?;
    // The leader clears away what was made for a release that is gone: whoever ends before it has, has not met its writes.
    for (namespace, job) in &jobs {
        let engineer = &scene.people.engineer.client;
        until_gone(&Api::<ConfigMap>::namespaced(engineer.clone(), namespace), job, Duration::from_mins(2)).await?;
        until_gone(&Api::<Job>::namespaced(engineer.clone(), namespace), job, Duration::from_mins(2)).await?;
    }
    Ok(ending)
}

/// The Jobs that were made for `release`: namespace and name.
async fn jobs(scene: &Scene, release: &str) -> Result<Vec<(&'static str, String)>, Failure> {
    let labelled = ListParams::default().labels(&format!("factory.gov.kg/release={release}"));
    let mut found = Vec::new();
    for namespace in JOBS {
        let list: Api<Job> = Api::namespaced(scene.people.engineer.client.clone(), namespace);
        found.extend(list.list(&labelled).await?.items.iter().map(|job| (namespace, job.name_any())));
    }
    Ok(found)
}

async fn ending(scene: &Scene, name: &str, release: &Release) -> Result<Ending, Failure> {
    let engineer = &scene.people.engineer.client;
    let status = release.status.clone().unwrap_or_default();
    let conditions = status.conditions.iter();
    let conditions = conditions.map(|known| format!("{}={}/{}", known.type_, known.status, known.reason)).collect();
    let token = register::token(&scene.people.regulator, "regulator", "regulator").await?;
    let public = Public::read(&scene.people.regulator).await?;
    let (participant, of_release) = (&scene.participant, release.name_any());
    let mut submissions = Vec::new();
    for state in ["Submitted", "Confirmed", "Registered", "Returned"] {
        submissions.extend(register::submissions(&scene.web, &public, &token, state, participant, &of_release).await?);
    }
    let releases = scene.releases().list(&ListParams::default()).await?.items;
    let mut jobs = BTreeMap::new();
    for (_, job) in self::jobs(scene, &of_release).await? {
        let kind = job.split('-').next().unwrap_or_default().to_owned();
        *jobs.entry(kind).or_default() += 1;
    }
    let live = scene.services().get(name).await?.status.unwrap_or_default().live_namespace;
    let deployments: Api<Deployment> = Api::namespaced(engineer.clone(), &live);
    let revision = |deployment: &Deployment| {
        deployment.annotations().get("deployment.kubernetes.io/revision").cloned().unwrap_or_default()
    };
    let attested = [&status.provenance, &status.attestations].map(|beside| beside.keys().cloned().collect());
    let launches = deployments.list(&ListParams::default()).await?.items;
    Ok(Ending {
        standing: standing(release),
        conditions,
        announced: status.announcement.map(|announcement| i64::from(announcement.attempt)),
        submissions: submissions.len(),
        releases: releases.iter().filter(|release| release.spec.service == name).count(),
        jobs,
        attested,
        launches: launches.iter().map(|deployment| (deployment.name_any(), revision(deployment))).collect(),
    })
}

/// What is there before the release and is none of its business: other participants, namespaces of
/// services, and Jobs, whose ConfigMaps have their names.
async fn others(scene: &Scene) -> Result<BTreeSet<String>, Failure> {
    let client = &scene.people.engineer.client;
    let participants: Api<Participant> = Api::all(client.clone());
    let namespaces: Api<Namespace> = Api::all(client.clone());
    let mut names: BTreeSet<String> =
        participants.list(&ListParams::default()).await?.items.iter().map(ResourceExt::name_any).collect();
    let services = namespaces.list(&ListParams::default().labels("factory.gov.kg/service")).await?.items;
    names.extend(services.iter().map(ResourceExt::name_any));
    for namespace in JOBS {
        let jobs: Api<Job> = Api::namespaced(client.clone(), namespace);
        names.extend(jobs.list(&ListParams::default()).await?.items.iter().map(ResourceExt::name_any));
    }
    names.remove(&scene.participant);
    Ok(names)
}
