//! Journey: a service with a database goes to its users with one, and what they stored outlives releases, the
//! withdrawal too. Nobody but the components that are bound reaches it, and nobody reads its password (item 12.5).

use std::{collections::BTreeMap, time::Duration};

use factory_crds::{LaunchPermit, Release};
use factory_journeys::{
    Failure, Manifest, ensure,
    fence::{Object, allowed, refused},
    live, people,
    road::{Standing, reasons, standing},
    scene::Scene,
    sources, standard, tool,
    waiting::{follow, until, until_gone},
};
use k8s_openapi::api::{
    apps::v1::StatefulSet,
    core::v1::{Namespace, PersistentVolumeClaim, Pod, Secret, Service},
};
use kube::{
    Api, ResourceExt as _,
    api::{DeleteParams, PostParams},
};
use serde_json::{Value, json};

use crate::secrets;

const OPERATOR: &str = "system:serviceaccount:factory-system:factory-operator";
/// Binding of the example.
const DATABASE: &str = "places";
const SOON: Duration = Duration::from_secs(30);

/// Everything that must hold of one launched service with a database, in one journey: a launch is costly.
#[tokio::test(flavor = "multi_thread")]
async fn what_users_stored_outlives_releases_and_the_withdrawal_and_nobody_else_reaches_it() -> Result<(), Failure> {
    let scene = Scene::of("journey-databases").await?;
    let name = Scene::fresh("counted");
    let manifest = scene.manifest("queue-number-counted", &name)?;
    let host = manifest.text("/spec/ingress/host").to_owned();

    // From the manifest to its users, with its dependency cut off meanwhile.
    let first = launched(&scene, &manifest).await?;
    let status = first.status.clone().unwrap_or_default();
    its_absence_was_felt(&scene, &name).await?;
    let live = scene.services().get(&name).await?.status.unwrap_or_default().live_namespace;
    what_runs_was_confirmed(&scene, &live, &status.images, &status.databases).await?;

    scene.web.until_good(&host, "/v1/centres", SOON).await?;
    let (path, ticket) = take(&scene, &host).await?;
    nobody_else_reaches_it(&scene, &live, &status.images).await?;
    nobody_reads_its_password(&scene, &name, &live).await?;

    // Another release: the same database, and in it the same rows.
    let (claim, pod) =
        (uid::<PersistentVolumeClaim>(&scene, &live, DATABASE).await?, database_pod(&scene, &live).await?);
    launched(&scene, &manifest.with("/spec/components/0/terminationGraceSeconds", json!(31))).await?;
    let kept = scene.web.until_good(&host, &path, SOON).await?;
    ensure(serde_json::from_str::<Value>(&kept.body)? == ticket, || format!("{ticket} became {}", kept.body))?;
    let after = (uid::<PersistentVolumeClaim>(&scene, &live, DATABASE).await?, database_pod(&scene, &live).await?);
    ensure(after == (claim.clone(), pod), || "a release made the database anew".to_owned())?;

    withdrawn_it_stores_on(&scene, &name, &live, &claim).await
}

/// A release of `manifest` that is launched.
async fn launched(scene: &Scene, manifest: &Manifest) -> Result<Release, Failure> {
    let commit = sources::push_example(&scene.people.cluster, "queue-number-counted").await?;
    let faults = json!([
        standard::fault("PodKill", &json!({"windowSeconds": 8})),
        standard::fault("Partition", &json!({"leaseSeconds": 4, "peer": "*"})),
    ]);
    let release = scene.to_the_end_under(("important", faults), manifest, &commit, true).await?;
    ensure(standing(&release) == Standing::Launched, || {
        format!("{} was not launched: {}", release.name_any(), reasons(&release).join("; "))
    })?;
    Ok(release)
}

/// The component was cut off from its database, and no fault struck the database itself.
async fn its_absence_was_felt(scene: &Scene, name: &str) -> Result<(), Failure> {
    let text = tool::succeed(&scene.people.cluster, &scene.team, &["dossier", name, "-n", &scene.participant]).await?;
    let dossier = secrets::payload(&text)?;
    let faults = dossier.pointer("/predicate/evidence/prove/faults").and_then(Value::as_array);
    let phases: Vec<_> = faults.into_iter().flatten().map(|fault| fault["phase"].clone()).collect();
    ensure(json!(phases) == json!(["pod-kill-queue", "partition-queue-to-places"]), || format!("{phases:?}"))
}

/// Pods of the live namespace, the database's too, are made of images that the regulator signed.
async fn what_runs_was_confirmed(
    scene: &Scene,
    live: &str,
    images: &BTreeMap<String, String>,
    databases: &BTreeMap<String, String>,
) -> Result<(), Failure> {
    let engineer = &scene.people.engineer.client;
    let image = databases.get(DATABASE).ok_or_else(|| Failure::new("the release names no image of its database"))?;
    let all = images.iter().chain(databases).map(|(name, image)| (name.clone(), image.clone())).collect();
    let differs = live::differs(engineer, live, &all).await?;
    ensure(differs.is_none(), || differs.unwrap_or_default())?;
    let permit: LaunchPermit = Api::namespaced(engineer.clone(), live).get("live").await?;
    ensure(permit.spec.images.contains(image), || format!("the permit does not list {image}: {:#?}", permit.spec))
}

/// Takes a ticket; its path, and what it shows.
async fn take(scene: &Scene, host: &str) -> Result<(String, Value), Failure> {
    let wish = json!({"centre": "osh", "purpose": "passport", "from": "10:20"});
    let taken = scene.web.post_as(None, host, "/v1/tickets", &wish).await?;
    ensure(taken.status == 201, || format!("{}: {}", taken.status, taken.body))?;
    let ticket: Value = serde_json::from_str(&taken.body)?;
    let path = format!("/v1/tickets/{}", ticket["id"].as_str().unwrap_or_default());
    let shown = scene.web.until_good(host, &path, SOON).await?;
    ensure(serde_json::from_str::<Value>(&shown.body)? == ticket, || format!("{ticket} is shown as {}", shown.body))?;
    Ok((path, ticket))
}

/// A pod of another namespace, and one beside the service that is not its component. The first reaches what is
/// open to everybody, so that it is the database that is closed.
async fn nobody_else_reaches_it(scene: &Scene, live: &str, images: &BTreeMap<String, String>) -> Result<(), Failure> {
    let engineer = &scene.people.engineer.client;
    let outside = "journey-databases-outside";
    people::put(&Api::<Namespace>::all(engineer.clone()), outside, json!({})).await?;
    let python = format!("{}/base/python:bookworm", scene.people.cluster.registry);
    let said = stranger(scene, outside, &python, live).await?;
    ensure(said == "queue", || format!("from another namespace `{said}` is reached"))?;
    let own = images.values().next().ok_or_else(|| Failure::new("the release names no image"))?;
    let said = stranger(scene, live, own, live).await?;
    ensure(said.is_empty(), || format!("a pod that is no component reaches `{said}`"))
}

/// What a pod in `namespace` reaches of the service in `live`: names, with commas.
async fn stranger(scene: &Scene, namespace: &str, image: &str, live: &str) -> Result<String, Failure> {
    // By address: that a name is not answered would say nothing of the database.
    let services: Api<Service> = Api::namespaced(scene.people.engineer.client.clone(), live);
    let address = async |name: &str| -> Result<String, Failure> {
        Ok(services.get(name).await?.spec.and_then(|spec| spec.cluster_ip).unwrap_or_default())
    };
    let (queue, database) = (address("queue").await?, address(DATABASE).await?);
    let program = format!(
        "import socket\n\
         def reached(host, port):\n\
         \x20   try: socket.create_connection((host, port), timeout=5).close()\n\
         \x20   except OSError: return False\n\
         \x20   return True\n\
         ways = [('queue', '{queue}', 8080), ('{DATABASE}', '{database}', 5432)]\n\
         open('/dev/termination-log', 'w').write(','.join(name for name, host, port in ways if reached(host, port)))\n"
    );
    let pods: Api<Pod> = Api::namespaced(scene.people.engineer.client.clone(), namespace);
    let name = Scene::fresh("stranger");
    let pod = json!({"metadata": {"name": name}, "spec": {
        "automountServiceAccountToken": false,
        "restartPolicy": "Never",
        "securityContext": {"runAsNonRoot": true, "runAsUser": 65532, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [{"name": "stranger", "image": image, "command": ["python3", "-c", program], "securityContext": {
            "allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]},
        }}],
    }});
    pods.create(&PostParams::default(), &serde_json::from_value(pod)?).await?;
    let ended = |pod: Option<&Pod>| {
        let status = pod?.status.as_ref()?;
        let container = status.container_statuses.as_ref()?.first()?;
        let end = container.state.as_ref()?.terminated.as_ref()?;
        Some((end.exit_code, end.message.clone().unwrap_or_default()))
    };
    let (code, said) = follow(&pods, &name, "its end", Duration::from_mins(2), ended).await?;
    pods.delete(&name, &DeleteParams::default()).await?;
    ensure(code == 0, || format!("{name} ended with {code}: {said}"))?;
    Ok(said)
}

/// Not its team, not the operator that made it; and it stands nowhere that people look.
async fn nobody_reads_its_password(scene: &Scene, service: &str, live: &str) -> Result<(), Failure> {
    let name = format!("{DATABASE}-credentials");
    for person in [&scene.team, &scene.people.regulator] {
        let secrets: Api<Secret> = Api::namespaced(person.client.clone(), live);
        refused(&format!("secret {name} of {live}"), secrets.get(&name).await)?;
    }
    let read = json!({"resource": "secrets", "verb": "get", "namespace": live, "name": name});
    ensure(!allowed(scene, OPERATOR, read).await?, || "the operator may read passwords of databases".to_owned())?;
    let held = Api::<Secret>::namespaced(scene.people.engineer.client.clone(), live).get(&name).await?;
    let password = held.data.and_then(|mut data| data.remove("password")).map(|value| value.0).unwrap_or_default();
    let password = String::from_utf8_lossy(&password).into_owned();
    ensure(password.len() == 64, || format!("the password has {} characters", password.len()))?;
    secrets::nowhere(scene, service, &[&password]).await
}

async fn uid<K: Object>(scene: &Scene, namespace: &str, name: &str) -> Result<String, Failure> {
    let api: Api<K> = Api::namespaced(scene.people.engineer.client.clone(), namespace);
    Ok(api.get(name).await?.meta().uid.clone().unwrap_or_default())
}

async fn database_pod(scene: &Scene, namespace: &str) -> Result<String, Failure> {
    uid::<Pod>(scene, namespace, &format!("{DATABASE}-0")).await
}

/// A withdrawal ends what runs and keeps what is stored, until an administrator removes that.
async fn withdrawn_it_stores_on(scene: &Scene, name: &str, live: &str, claim: &str) -> Result<(), Failure> {
    let engineer = &scene.people.engineer.client;
    let databases: Api<StatefulSet> = Api::namespaced(engineer.clone(), live);
    let arguments = ["withdraw", name, "-n", &scene.participant, "--reason", "its work moved", "--yes"];
    tool::succeed(&scene.people.cluster, &scene.team, &arguments).await?;
    until_gone(&databases, DATABASE, Duration::from_mins(2)).await?;
    let pods: Api<Pod> = Api::namespaced(engineer.clone(), live);
    until_gone(&pods, &format!("{DATABASE}-0"), Duration::from_mins(2)).await?;
    let namespaces: Api<Namespace> = Api::all(engineer.clone());
    until(&namespaces, live, "a namespace that stays", SOON, |namespace| {
        namespace.metadata.deletion_timestamp.is_none()
    })
    .await?;
    ensure(uid::<PersistentVolumeClaim>(scene, live, DATABASE).await? == claim, || {
        "the withdrawal took the claim".to_owned()
    })?;
    namespaces.delete(live, &DeleteParams::default()).await?;
    until_gone(&namespaces, live, Duration::from_mins(2)).await?;
    scene.delete(name).await
}
