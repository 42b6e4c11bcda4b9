//! One release whose faults are broken off by kills, and what the eyes see afterwards.

use std::time::Duration;

use factory_crds::{Outcome, Release};
use futures::future::try_join_all;
use k8s_openapi::api::{
    apps::v1::{Deployment, DeploymentSpec},
    batch::v1::Job,
    core::v1::Pod,
};
use kube::{Api, ResourceExt as _, api::ListParams};
use serde_json::{Value, json};
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{Instant, sleep_until, timeout},
};

use super::{
    account::Account,
    dice::{Fate, Who},
    eye::Eye,
    orders::{Ordered, Orders},
};
use crate::{
    Failure, ensure,
    killing::Killer,
    scene::Scene,
    sources,
    waiting::{follow, until, until_gone},
};

/// From the end of a lease until its effect is gone.
const GONE: Duration = Duration::from_secs(1);
/// From the end of a lease until everything is gone.
const CLEAN: Duration = Duration::from_secs(15);
/// An eye has looked once more by then.
const A_LOOK: Duration = Duration::from_secs(3);
/// From the release to its first fault: a build, a start, checks.
const FIRST: Duration = Duration::from_secs(240);
/// From one fault to the next.
const NEXT: Duration = Duration::from_secs(40);
/// Where the lab has power over nodes.
const STRIKE: &str = "factory-strike";
/// The one component of the service.
const COMPONENT: &str = "queue";

/// Takes `service` through `fates`, under `eyes`.
pub async fn carry_out(
    scene: &Scene,
    service: &str,
    eyes: &[Eye],
    operator: &Killer,
    fates: &[Fate],
) -> Result<Account, Failure> {
    let client = &scene.people.engineer.client;
    let commit = sources::push_example(&scene.people.cluster, "queue-number").await?;
    let faults: Vec<Value> = fates.iter().map(|fate| fate.fault.clone()).collect();
    let manifest = scene.manifest("queue-number", service)?;
    let (_, release) = scene.begin_under(("critical", json!(faults)), &manifest, &commit).await?;
    let name = release.name_any();
    let namespace = follow(&scene.releases(), &name, "its announcement", FIRST, announced).await?;
    let orders = Orders::follow(client, &namespace);
    let components: Api<Deployment> = Api::namespaced(client.clone(), &namespace);
    let before = components.get(COMPONENT).await?;

    let mut account = Account { faults: fates.len(), ..Account::default() };
    let mut looking = JoinSet::new();
    let mut last = Instant::now();
    for (index, fate) in fates.iter().enumerate() {
        let ordered = next(orders.all(), index).await?;
        let kills = kill(eyes, operator, fate, ordered.at).await?;
        for ((who, count), (_, after)) in kills.into_iter().zip(&fate.kills) {
            println!("{service}: {} {} ms after the order: {count} × {who:?}", ordered.phase, after.as_millis());
            account.kill(who, count);
        }
        last = last.max(Instant::now()).max(ordered.end());
        for eye in eyes {
            looking.spawn(look(eye.clone(), orders.all(), index));
        }
    }
    while let Some(seen) = looking.join_next().await {
        account.add(seen??);
    }
    if let Some(changed) = changed(&before, &components.get(COMPONENT).await?) {
        account.objects.push(changed);
    }
    Box::pin(powerless(scene, &release, last + CLEAN, &mut account)).await?;
    let ended = |release: &Release| release.status.as_ref().is_some_and(|status| status.outcome.is_some());
    let release = until(&scene.releases(), &name, "an outcome", NEXT, ended).await?;
    let outcome = release.status.and_then(|status| status.outcome);
    ensure(outcome == Some(Outcome::Inconclusive), || format!("a run that was killed ended as {outcome:?}"))?;
    Ok(account)
}

/// The candidate's namespace, once the run is announced.
fn announced(release: Option<&Release>) -> Option<String> {
    let status = release?.status.as_ref()?;
    (!status.namespace.is_empty() && status.announcement.is_some()).then(|| status.namespace.clone())
}

/// The fault in place `index`, when it has been ordered.
async fn next(mut orders: watch::Receiver<Vec<Ordered>>, index: usize) -> Result<Ordered, Failure> {
    let limit = if index == 0 { FIRST } else { NEXT };
    let all = timeout(limit, orders.wait_for(|all| all.len() > index)).await;
    let all = all.map_err(|_| Failure::new(format!("no fault in place {index} after {limit:?}")))?;
    Ok(all.map_err(|_| Failure::new("nobody follows the orders any more"))?[index].clone())
}

/// Carries `fate` out, from the order at `at` on; who was killed, and how many each.
async fn kill(eyes: &[Eye], operator: &Killer, fate: &Fate, at: Instant) -> Result<Vec<(Who, usize)>, Failure> {
    let kills = fate.kills.iter().map(async |(who, after)| {
        sleep_until(at + *after).await;
        let count = match who {
            Who::Server(node) => eyes[*node].kill("serve").await?,
            Who::Guard(node) => eyes[*node].kill("strike").await?,
            Who::Prove => try_join_all(eyes.iter().map(|eye| eye.kill("prove"))).await?.into_iter().sum(),
            Who::Operator => {
                operator.kill().await;
                1
            }
        };
        Ok::<_, Failure>((*who, count))
    });
    try_join_all(kills).await
}

/// What `eye` sees of the fault in place `index`: while it lasts, one second after its lease, and until all is gone.
async fn look(eye: Eye, orders: watch::Receiver<Vec<Ordered>>, index: usize) -> Result<Account, Failure> {
    let known = || orders.borrow()[index].clone();
    let mut ordered = known();
    // A node that was killed before it struck may strike later.
    loop {
        sleep_until(ordered.end() + GONE).await;
        let now = known();
        if now.end() == ordered.end() {
            break;
        }
        ordered = now;
    }
    let end = ordered.end();
    let mut account = Account::default();
    if !eye.effects(ordered.at, end).is_empty() {
        account.seen.insert(ordered.phase.clone());
    }
    let (node, phase) = (&eye.node, &ordered.phase);
    let Some(after) = eye.look(end + GONE, end + GONE + A_LOOK, |_| true).await? else {
        return Err(Failure::new(format!("the eye on {node} did not look after {phase}")));
    };
    if !after.effects.is_empty() {
        let late = after.began.duration_since(end).as_millis();
        account.effects.push(format!("{phase} on {node}, {late} ms after the end of the lease: {}", after.effects));
    }
    match eye.look(end, end + CLEAN, |look| look.objects.is_empty()).await? {
        Some(clean) => account.slowest = clean.began.duration_since(end),
        None => account.objects.push(format!("{phase} on {node}: {}", after.objects)),
    }
    Ok(account)
}

/// What of the component's Deployment is not as it was, but for the mark of a restart.
fn changed(before: &Deployment, after: &Deployment) -> Option<String> {
    let unmarked = |deployment: &Deployment| -> Option<DeploymentSpec> {
        let mut spec = deployment.spec.clone()?;
        if let Some(meta) = &mut spec.template.metadata {
            meta.annotations = None;
        }
        Some(spec)
    };
    (unmarked(before) != unmarked(after)).then(|| format!("Deployment {COMPONENT}: its spec is another one"))
}

/// Power over the nodes must have ended by `latest`, with the run that somebody killed.
async fn powerless(scene: &Scene, release: &Release, latest: Instant, account: &mut Account) -> Result<(), Failure> {
    let client = &scene.people.engineer.client;
    let jobs: Api<Job> = Api::namespaced(client.clone(), STRIKE);
    let pods: Api<Pod> = Api::namespaced(client.clone(), STRIKE);
    let of = ListParams::default().labels(&format!("factory.gov.kg/release-uid={}", release.uid().unwrap_or_default()));
    let left = || latest.saturating_duration_since(Instant::now());
    for job in jobs.list(&of).await? {
        if until_gone(&jobs, &job.name_any(), left()).await.is_err() {
            account.objects.push(format!("Job {STRIKE}/{}", job.name_any()));
        }
    }
    for pod in pods.list(&of).await? {
        if until_gone(&pods, &pod.name_any(), left()).await.is_err() {
            account.objects.push(format!("Pod {STRIKE}/{}", pod.name_any()));
        }
    }
    Ok(())
}
