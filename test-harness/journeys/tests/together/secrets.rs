//! Journey: a service is given the keys that its manifest names, once its team has put them there.
//! Nobody else is, and no value stands anywhere that people look (invariant 12). What people and the
//! operator may do to Secrets at all stands in `teams.rs` and `fences.rs`.

use std::time::Duration;

use factory_crds::{Experiment, Release, StateService};
use factory_journeys::{
    Failure, Manifest, ensure,
    escort::Escort,
    events,
    fence::{Object, refused},
    people,
    road::{Standing, reached, reasons, standing},
    scene::Scene,
    sources, standard, tool,
    waiting::until,
};
use k8s_openapi::{
    ByteString,
    api::{
        apps::v1::Deployment,
        core::v1::{ConfigMap, EnvVar, Event, Pod, Secret},
    },
};
use kube::{
    Api, Client, ResourceExt as _,
    api::{DeleteParams, ListParams, LogParams, PostParams},
};
use serde_json::{Value, json};

const PARTICIPANT: &str = "journey-secrets";
/// The variable that the program reads.
const VARIABLE: &str = "TICKET_KEY";
/// The team's Secret.
const SECRET: &str = "tickets";

/// Everything that must hold of one launched service, in one journey: a launch is costly.
#[tokio::test(flavor = "multi_thread")]
async fn a_service_waits_for_its_secret_and_is_launched_with_the_one_key_that_it_names() -> Result<(), Failure> {
    let (scene, others) = (Scene::of(PARTICIPANT).await?, Scene::of("journey-team-b").await?);
    let secrets: Api<Secret> = Api::namespaced(scene.team.client.clone(), PARTICIPANT);
    forget(&secrets).await?;
    let commit = sources::push_example(&scene.people.cluster, "queue-number").await?;
    // A launched service stays when its manifest is deleted, so each run of the tests takes the same.
    let manifest = naming(&scene, "keyed", SECRET)?;
    let (service, mut release) = scene.begin_under(standard::brief(), &manifest, &commit).await?;
    let tell = |what: &str| println!("keyed: {what}");
    let escort = Escort { people: &scene.people, team: &scene.team, service: &service, confirms: true, tell: &tell };
    if standing(&release) != Standing::Underway {
        release = escort.again(&release).await?;
    }
    let name = release.name_any();

    // It says what it waits for, each time something else.
    let field = "spec.components[0].secrets[0]";
    waits(&scene, &name, &format!("{field}: there is no secret `{SECRET}` in namespace `{PARTICIPANT}`")).await?;
    let missing = |reason: &str, note: &str| reason == "SecretMissing" && note.contains(SECRET);
    events::told(&scene.team.client, PARTICIPANT, &name, "SecretMissing", missing).await?;
    let (unnamed, first, second) = (Scene::fresh("unnamed"), Scene::fresh("first"), Scene::fresh("second"));
    put(&secrets, &[("other", &unnamed)]).await?;
    waits(&scene, &name, &format!("{field}: secret `{SECRET}` has no key `key` in namespace `{PARTICIPANT}`")).await?;

    // It goes on by itself. Candidate and launched service have the same variables.
    put(&secrets, &[("other", &unnamed), ("key", &first)]).await?;
    let limit = Duration::from_mins(5);
    let deployed =
        until(&scene.releases(), &name, "stage Deployed", limit, |release| reached(release, "Deployed").is_some())
            .await?;
    let tested = given(&scene, &deployed.status.unwrap_or_default().namespace, &first).await?;
    let release = Box::pin(escort.to_the_end(release)).await?;
    ensure(standing(&release) == Standing::Launched, || reasons(&release).join("; "))?;
    let live = scene.services().get("keyed").await?.status.unwrap_or_default().live_namespace;
    ensure(given(&scene, &live, &first).await? == tested, || "tested and launched variables differ".to_owned())?;

    // Nobody reads the copy, its own team included, nor another team the original.
    for person in [&scene.team, &others.team, &scene.people.regulator] {
        unreadable(&person.client, &live, &reference(&tested)?.0).await?;
    }
    unreadable(&others.team.client, PARTICIPANT, SECRET).await?;
    nowhere(&scene, "keyed", &[&unnamed, &first]).await?;

    // A new value is a rolling restart.
    let deployments: Api<Deployment> = Api::namespaced(scene.people.engineer.client.clone(), &live);
    let before = deployments.get("queue").await?.metadata.generation;
    put(&secrets, &[("key", &second)]).await?;
    until(&deployments, "queue", "pods with the new value", limit, |deployment| {
        let wanted = deployment.spec.as_ref().and_then(|spec| spec.replicas);
        let now = deployment.metadata.generation;
        now > before
            && deployment.status.as_ref().is_some_and(|status| {
                status.observed_generation == now
                    && [status.replicas, status.updated_replicas, status.ready_replicas] == [wanted; 3]
            })
    })
    .await?;
    ensure(given(&scene, &live, &second).await? == tested, || "a new value changed the variables".to_owned())?;
    scene.web.until_good(manifest.text("/spec/ingress/host"), "/v1/centres", Duration::from_secs(30)).await?;
    nowhere(&scene, "keyed", &[&second]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_an_account_is_not_handed_on() -> Result<(), Failure> {
    let scene = Scene::of(PARTICIPANT).await?;
    let secrets: Api<Secret> = Api::namespaced(scene.team.client.clone(), PARTICIPANT);
    let name = Scene::fresh("token");
    let token = json!({
        "metadata": {"name": name, "annotations": {"kubernetes.io/service-account.name": "team"}},
        "type": "kubernetes.io/service-account-token",
    });
    secrets.create(&PostParams::default(), &serde_json::from_value(token)?).await?;
    let commit = sources::push_example(&scene.people.cluster, "queue-number").await?;
    let service = naming(&scene, &name, &name)?.apply(&scene.team.client).await?;
    let limit = Duration::from_secs(150);
    let release = factory_journeys::road::release_of(&scene.team.client, &service, &commit, limit).await?;
    let said = waiting_for(&scene, &release.name_any(), "SecretRefused", "kubernetes.io/service-account-token").await;
    secrets.delete(&name, &DeleteParams::default()).await?;
    scene.delete(&name).await?;
    said
}

/// The example under the name `service`, with one variable from the key `key` of `secret`.
fn naming(scene: &Scene, service: &str, secret: &str) -> Result<Manifest, Failure> {
    let reference = json!([{"env": VARIABLE, "secret": secret, "key": "key"}]);
    Ok(scene.manifest("queue-number", service)?.with("/spec/components/0/secrets", reference))
}

/// Takes away what an earlier run has left.
async fn forget(secrets: &Api<Secret>) -> Result<(), Failure> {
    match secrets.delete(SECRET, &DeleteParams::default()).await {
        Err(kube::Error::Api(status)) if status.is_not_found() => Ok(()),
        Err(error) => Err(error.into()),
        Ok(_) => Ok(()),
    }
}

/// The team's Secret, with these keys and no others.
async fn put(secrets: &Api<Secret>, data: &[(&str, &str)]) -> Result<(), Failure> {
    let data: std::collections::BTreeMap<_, _> =
        data.iter().map(|(key, value)| (*key, ByteString(value.as_bytes().to_vec()))).collect();
    people::put(secrets, SECRET, json!({"data": data})).await?;
    Ok(())
}

/// Waits until the candidate of `release` waits for a secret and says exactly `message`.
async fn waits(scene: &Scene, release: &str, message: &str) -> Result<(), Failure> {
    waiting_for(scene, release, "SecretMissing", message).await
}

async fn waiting_for(scene: &Scene, release: &str, reason: &str, message: &str) -> Result<(), Failure> {
    // It is built first, and builds wait for experiments of others.
    let limit = Duration::from_mins(10);
    until(&scene.releases(), release, &format!("{reason}: {message}"), limit, |release: &Release| {
        let conditions = release.status.iter().flat_map(|status| &status.conditions);
        conditions.into_iter().any(|condition| {
            condition.type_ == "Deployed"
                && condition.status == "Unknown"
                && condition.reason == reason
                && condition.message.contains(message)
        })
    })
    .await?;
    Ok(())
}

/// The variables of the component in `namespace`, whose one reference must lead to a Secret that has
/// that key alone, with `value`.
async fn given(scene: &Scene, namespace: &str, value: &str) -> Result<Vec<EnvVar>, Failure> {
    let client = &scene.people.engineer.client;
    let deployment = Api::<Deployment>::namespaced(client.clone(), namespace).get("queue").await?;
    let pod = deployment.spec.and_then(|spec| spec.template.spec).unwrap_or_default();
    let variables: Vec<_> =
        pod.containers.into_iter().flat_map(|container| container.env.unwrap_or_default()).collect();
    let (name, key) = reference(&variables)?;
    let held = Api::<Secret>::namespaced(client.clone(), namespace).get(&name).await?.data.unwrap_or_default();
    let keys: Vec<_> = held.keys().collect();
    ensure(keys == [&key], || format!("secret {name} in {namespace} has the keys {keys:?} instead of {key} alone"))?;
    ensure(held[&key].0 == value.as_bytes(), || format!("secret {name} in {namespace} has another value"))?;
    Ok(variables)
}

/// Secret and key to which the variable refers.
fn reference(variables: &[EnvVar]) -> Result<(String, String), Failure> {
    let variable = variables.iter().find(|variable| variable.name == VARIABLE);
    let source = variable.and_then(|variable| variable.value_from.as_ref()?.secret_key_ref.clone());
    let source = source.ok_or_else(|| Failure::new(format!("{VARIABLE} refers to no secret: {variables:?}")))?;
    Ok((source.name, source.key))
}

/// None of `values` stands, plain or in base64, where people look: in what the factory wrote about
/// the service, in what it gave to the lab, in the dossier, in the operator's log.
pub async fn nowhere(scene: &Scene, service: &str, values: &[&str]) -> Result<(), Failure> {
    let engineer = &scene.people.engineer.client;
    let cluster = &scene.people.cluster;
    let participant = scene.participant.as_str();
    let envelope = tool::succeed(cluster, &scene.team, &["dossier", service, "-n", participant]).await?;
    let dossier = payload(&envelope)?;
    let mut places = vec![
        ("releases", text::<Release>(engineer, participant).await?),
        ("services", text::<StateService>(engineer, participant).await?),
        ("experiments", text::<Experiment>(engineer, participant).await?),
        ("events", text::<Event>(engineer, participant).await?),
        ("the lab's runs", text::<ConfigMap>(engineer, "factory-lab").await?),
        ("the dossier", dossier.to_string()),
    ];
    let pods: Api<Pod> = Api::namespaced(engineer.clone(), "factory-system");
    let operators = ListParams::default().labels("app.kubernetes.io/name=factory-operator");
    for pod in pods.list(&operators).await? {
        places.push(("the operator's log", pods.logs(&pod.name_any(), &LogParams::default()).await?));
    }
    for value in values {
        let encoded = serde_json::to_value(ByteString(value.as_bytes().to_vec()))?;
        let encoded = encoded.as_str().unwrap_or_default().trim_end_matches('=').to_owned();
        for (place, text) in &places {
            ensure(!text.contains(value) && !text.contains(&encoded), || format!("{value} stands in {place}"))?;
        }
    }
    Ok(())
}

/// What is signed in the `envelope` of a dossier.
pub fn payload(envelope: &str) -> Result<Value, Failure> {
    let envelope: Value = serde_json::from_str(envelope)?;
    let payload: ByteString = serde_json::from_value(envelope["payload"].clone())?;
    Ok(serde_json::from_slice(&payload.0)?)
}

/// All objects of a kind in `namespace`, as text.
async fn text<K: Object>(client: &Client, namespace: &str) -> Result<String, Failure> {
    let api: Api<K> = Api::namespaced(client.clone(), namespace);
    Ok(serde_json::to_string(&api.list(&ListParams::default()).await?.items)?)
}

/// `client`'s person may not read the Secret.
async fn unreadable(client: &Client, namespace: &str, name: &str) -> Result<(), Failure> {
    let secrets: Api<Secret> = Api::namespaced(client.clone(), namespace);
    refused(&format!("secret {name} of {namespace}"), secrets.get(name).await)
}
