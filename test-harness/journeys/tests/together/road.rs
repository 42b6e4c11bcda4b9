//! Journey: a good service goes from its manifest to its users.

use std::time::Duration;

use factory_crds::{LaunchPermit, Release, ReleaseStatus, StateService};
use factory_journeys::{
    Failure, auditor, browser, ensure, events, experiment, live,
    register::Public,
    scene::Scene,
    sources, tool,
    waiting::{until, until_gone},
    web,
};
use k8s_openapi::{
    ByteString,
    api::{
        core::v1::{Namespace, Pod},
        networking::v1::NetworkPolicy,
    },
};
use kube::{
    Api, Client, ResourceExt as _,
    api::{ListParams, PostParams},
};
use serde_json::{Value, json};

/// Everything that must hold of one launched service, in one journey: a launch is costly.
#[tokio::test(flavor = "multi_thread")]
async fn a_good_service_is_launched_as_it_was_tested_and_its_entry_is_public() -> Result<(), Failure> {
    let scene = Scene::of("journey-road").await?;
    // A launched service stays when its manifest is deleted, so each run of the tests takes the same.
    let name = "queue".to_owned();
    let commit = sources::push_example(&scene.people.cluster, "queue-number").await?;
    let manifest = scene.manifest("queue-number", &name)?;
    let release = scene.anew(&manifest, &commit).await?;
    let status = release.status.clone().unwrap_or_default();
    ensure(factory_crds::condition::is_true(&status.conditions, "Launched"), || format!("{status:#?}"))?;

    // Users reach it, and the public reads its entry, without credentials.
    let soon = Duration::from_secs(30);
    scene.web.until_good(manifest.text("/spec/ingress/host"), "/v1/centres", soon).await?;
    let (host, path) = web::parts(&status.entry);
    let entry = scene.web.until_good(host, path, soon).await?;
    let number = manifest.text("/spec/register/owner/registrationNumber");
    ensure(entry.body.contains(number), || format!("{}: the page lacks the owner's number {number}", status.entry))?;
    let machines = scene.web.until_good(host, &format!("/api/v1{path}"), soon).await?;
    ensure(machines.body.contains(&status.bundle), || format!("the entry as JSON lacks the bundle {}", status.bundle))?;
    for path in ["/entries.atom", "/api/v1/entries.csv"] {
        let data = scene.web.until_good(host, path, soon).await?;
        ensure(data.body.contains(&format!("/entries/{}/{name}", scene.participant)), || {
            format!("{path} lacks {name}")
        })?;
    }
    let address = manifest.text("/spec/register/protection/0/email");
    let hidden = !entry.body.contains(address) && !machines.body.contains(address);
    ensure(!address.is_empty() && hidden, || format!("the public entry shows the contact {address}"))?;
    // Both at the addresses that are printed, in a browser.
    let cluster = &scene.people.cluster;
    let shown = browser::open(cluster, &status.entry).await?;
    ensure(shown.contains(number), || format!("{} in a browser lacks {number}: {shown}", status.entry))?;
    let address = scene.web.address(manifest.text("/spec/ingress/host"));
    let shown = browser::open(cluster, &address).await?;
    ensure(shown.contains("<select"), || format!("{address} in a browser lacks the choice of a centre: {shown}"))?;

    // What runs is what was tested, and the permit names exactly that.
    let service: StateService = scene.services().get(&name).await?;
    let namespace = service.status.unwrap_or_default().live_namespace;
    let engineer = &scene.people.engineer.client;
    let differs = live::differs(engineer, &namespace, &status.images).await?;
    ensure(differs.is_none(), || differs.unwrap_or_default())?;
    let permit: LaunchPermit = Api::namespaced(engineer.clone(), &namespace).get("live").await?;
    ensure(permit.spec.bundles.iter().any(|bundle| bundle.digest == status.bundle), || format!("{:#?}", permit.spec))?;
    only_permitted_images_run(engineer, &namespace, &permit.spec.images).await?;
    nothing_is_let_out_anywhere(engineer, &namespace).await?;

    // The dossier stands alone, and holds what was announced before the run.
    let dossier = the_dossier_verifies(&scene, &name).await?;
    the_experiment_says_what_was_announced_and_measured(&scene, &release, &dossier).await?;

    // An auditor finds both beside the images, with a tool that is not the factory's.
    the_images_carry_dossier_and_provenance(&scene, &name, &status, &dossier).await?;

    // Anyone checks the log that the entry stands in, without trusting the register.
    the_entry_is_in_the_log(&scene, &name, (host, path)).await?;

    // What the team sees: each stage as an Event, and the tool that ends with the verdict.
    let launched = |reason: &str, _: &str| reason == "Launched";
    events::told(&scene.team.client, &scene.participant, &release.name_any(), "Launched", launched).await?;
    // Whoever watches sees the figures of the run while it runs.
    let figures = |reason: &str, note: &str| reason == "Measuring" && note.contains("requests, ");
    events::told(&scene.team.client, &scene.participant, &release.name_any(), "its figures", figures).await?;
    let watched = tool::ask(&scene.people.cluster, &scene.team, &["watch", &name, "-n", &scene.participant]).await?;
    ensure(watched.code == Some(0), || format!("watch ended with {watched:?}"))?;

    // The candidate is gone once its report has been acknowledged.
    let namespaces: Api<Namespace> = Api::all(engineer.clone());
    until_gone(&namespaces, &status.namespace, Duration::from_mins(3)).await?;
    Ok(())
}

/// A rule that names nobody would be a way to everybody, were it for DNS alone.
async fn nothing_is_let_out_anywhere(client: &Client, namespace: &str) -> Result<(), Failure> {
    let policies: Api<NetworkPolicy> = Api::namespaced(client.clone(), namespace);
    let all = policies.list(&ListParams::default()).await?.items;
    ensure(!all.is_empty(), || format!("{namespace} has no NetworkPolicy"))?;
    for policy in all {
        let rules = policy.spec.as_ref().and_then(|spec| spec.egress.clone()).unwrap_or_default();
        let named = rules.iter().all(|rule| rule.to.as_ref().is_some_and(|to| !to.is_empty()));
        ensure(named, || format!("{namespace}/{} lets out to anybody: {rules:?}", policy.name_any()))?;
    }
    Ok(())
}

/// Even the cluster's administrator gets no other image into a live namespace.
async fn only_permitted_images_run(client: &Client, namespace: &str, permitted: &[String]) -> Result<(), Failure> {
    let pods: Api<Pod> = Api::namespaced(client.clone(), namespace);
    let dry_run = PostParams { dry_run: true, ..PostParams::default() };
    let good = permitted.first().ok_or_else(|| Failure::new("the permit lists no image"))?;
    let by_tag = good.split('@').next().unwrap_or_default();
    let other = format!("{by_tag}@sha256:{}", "0".repeat(64));
    pods.create(&dry_run, &pod(good, good)?).await?;
    for (main, init) in [(other.as_str(), good.as_str()), (good, &other), (by_tag, good)] {
        let wrong = if main == good { init } else { main };
        match pods.create(&dry_run, &pod(main, init)?).await {
            Ok(_) => return Err(Failure::new(format!("a pod with {wrong} was admitted in {namespace}"))),
            Err(kube::Error::Api(refusal)) => {
                ensure(refusal.message.contains(wrong), || {
                    format!("refused without naming {wrong}: {}", refusal.message)
                })?;
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// A pod that only its images could speak against.
fn pod(main: &str, init: &str) -> Result<Pod, serde_json::Error> {
    let container = |name: &str, image: &str| {
        json!({"name": name, "image": image, "securityContext": {
            "allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]},
        }})
    };
    serde_json::from_value(json!({
        "metadata": {"name": "stranger"},
        "spec": {
            "automountServiceAccountToken": false,
            "securityContext": {"runAsNonRoot": true, "runAsUser": 65532, "seccompProfile": {"type": "RuntimeDefault"}},
            "initContainers": [container("first", init)],
            "containers": [container("main", main)],
        },
    }))
}

/// The owner fetches the dossier; anyone with the pinned key verifies it offline, and an edited one
/// does not verify.
async fn the_dossier_verifies(scene: &Scene, name: &str) -> Result<Value, Failure> {
    let cluster = &scene.people.cluster;
    let folder = cluster.scratch();
    std::fs::create_dir_all(&folder)?;
    let (dossier, key) = (folder.join(format!("{name}.dossier.json")), folder.join(format!("{name}.dossier.pub")));
    let text = tool::succeed(cluster, &scene.team, &["dossier", name, "-n", &scene.participant]).await?;
    std::fs::write(&dossier, &text)?;
    std::fs::write(&key, Public::read(&scene.team).await?.dossier_key)?;
    let (path, pinned) = (dossier.display().to_string(), key.display().to_string());
    let said = tool::succeed(cluster, &scene.team, &["verify", &path, "--key", &pinned]).await?;
    ensure(said.contains("Passed"), || format!("verify said: {said}"))?;
    // The run that passed it refused its twin.
    let report = tool::succeed(cluster, &scene.team, &["report", &path, "--key", &pinned, "-o", "json"]).await?;
    let report: Value = serde_json::from_str(&report)?;
    ensure(report["twin"]["outcome"] == "Refused", || format!("the twin: {}", report["twin"]))?;

    // One changed character in the payload.
    let whole: Value = serde_json::from_str(&text)?;
    let mut envelope = whole.clone();
    let payload = envelope["payload"].as_str().unwrap_or_default().to_owned();
    let middle = payload.len() / 2;
    let other = if payload.as_bytes()[middle] == b'A' { "B" } else { "A" };
    envelope["payload"] = json!(format!("{}{other}{}", &payload[..middle], &payload[middle + 1..]));
    std::fs::write(&dossier, envelope.to_string())?;
    let said = tool::ask(cluster, &scene.team, &["verify", &path, "--key", &pinned]).await?;
    ensure(said.code != Some(0), || format!("an edited dossier verified: {}", said.out))?;
    let payload: ByteString = serde_json::from_value(whole["payload"].clone())?;
    Ok(serde_json::from_slice(&payload.0)?)
}

/// The real cosign accepts the dossier and the provenance beside each image, each by its own key alone.
async fn the_images_carry_dossier_and_provenance(
    scene: &Scene,
    name: &str,
    status: &ReleaseStatus,
    dossier: &Value,
) -> Result<(), Failure> {
    let cluster = &scene.people.cluster;
    let public = Public::read(&scene.team).await?;
    let key = |of: &str, pem: &str| {
        let path = cluster.scratch().join(format!("{name}.{of}.pub"));
        std::fs::write(&path, pem).map(|()| path)
    };
    let (tests, builds) = (key("tests", &public.dossier_key)?, key("builds", &public.builder_key)?);
    let commit = &dossier["predicate"]["subject"]["commit"];
    ensure(!status.images.is_empty() && commit.is_string(), || format!("{status:#?}"))?;
    for (component, image) in &status.images {
        let verified = auditor::attested(cluster, image, auditor::TEST_RESULT, &tests).await?;
        ensure(verified.iter().any(|statement| statement == dossier), || {
            format!("{image}: the dossier that the register has is not beside it")
        })?;
        let verified = auditor::attested(cluster, image, auditor::PROVENANCE, &builds).await?;
        let told = |statement: &Value| {
            let definition = &statement["predicate"]["buildDefinition"];
            let went_in = definition["resolvedDependencies"].as_array().cloned().unwrap_or_default();
            definition["externalParameters"]["component"] == json!(component)
                && went_in.iter().any(|one| one["digest"]["gitCommit"] == *commit)
                // By the digests that really went in.
                && ["base image", "step build"].iter().all(|name| {
                    went_in.iter().any(|one| one["name"] == *name && one["digest"]["sha256"].is_string())
                })
        };
        ensure(verified.iter().any(told), || format!("{image}: {verified:#?} does not say that it is of {commit}"))?;
        for (type_, other) in [(auditor::TEST_RESULT, &builds), (auditor::PROVENANCE, &tests)] {
            let said = auditor::ask(cluster, image, type_, other).await?;
            // What the other key does sign is another statement.
            ensure(said.code == Some(1) && said.err.contains("none of the attestations matched"), || {
                format!("{type_} by the other key: {said:?}")
            })?;
        }
    }
    Ok(())
}

/// A citizen holds the proof of the entry against the key of the log, and a witness reads the whole log.
async fn the_entry_is_in_the_log(scene: &Scene, name: &str, (host, path): (&str, &str)) -> Result<(), Failure> {
    let cluster = &scene.people.cluster;
    let get = async |path: &str| -> Result<String, Failure> {
        let page = scene.web.get(host, path).await?;
        ensure(page.status == 200, || format!("{path}: {}: {}", page.status, page.body))?;
        Ok(page.body)
    };
    let key = get("/api/v1/log/key").await?.trim().to_owned();
    let text = get(&format!("/api/v1{path}/proof")).await?;
    let proof = cluster.scratch().join(format!("{name}.proof.json"));
    let file = proof.display().to_string();
    let verify = ["verify-entry", &file, "--log-key", &key];
    std::fs::write(&proof, &text)?;
    let said = tool::run(cluster, "kubectl-factory", None, &verify).await?;
    ensure(said.code == Some(0) && said.out.contains(&format!("{}/{name}", scene.participant)), || {
        format!("{said:?}")
    })?;
    std::fs::write(&proof, text.replacen(name, "another", 1))?;
    let said = tool::run(cluster, "kubectl-factory", None, &verify).await?;
    ensure(said.code == Some(1) && said.err.contains("does not hold"), || format!("an edited entry: {said:?}"))?;

    let state = cluster.scratch().join(Scene::fresh("witness")).display().to_string();
    let register = Public::read(&scene.team).await?.register;
    let arguments =
        ["witness", "--once", "--register", &register, "--log-key", &key, "--name", "journey", "--state", &state];
    let said = tool::run(cluster, "factory-register", None, &arguments).await?;
    ensure(said.code == Some(0), || format!("the witness of an honest register: {said:?}"))
}

/// The team reads in its own namespace which plan was announced, and where the raw results are.
async fn the_experiment_says_what_was_announced_and_measured(
    scene: &Scene,
    release: &Release,
    dossier: &Value,
) -> Result<(), Failure> {
    let made = experiment::ended(&scene.team, release).await?;
    for type_ in ["Announced", "Verified", "Measured"] {
        let (status, ..) = experiment::standing(&made, type_);
        ensure(status == "True", || format!("{type_}: {:#?}", made.status))?;
    }
    let tested = &dossier["predicate"];
    let announcement = tested["announcement"]["id"].as_str().unwrap_or_default();
    let (_, _, said) = experiment::standing(&made, "Announced");
    ensure(!announcement.is_empty() && said.contains(announcement), || {
        format!("`{said}` does not name the announcement `{announcement}`")
    })?;
    let plan = made.spec.plan.clone().map(|plan| plan.0).unwrap_or_default();
    ensure(plan.is_object() && plan == tested["plan"], || format!("the dossier has another plan than {plan:#}"))?;

    let status = made.status.unwrap_or_default();
    let (verify, prove) = (&status.verify_results, &status.prove_results);
    for results in [verify, prove] {
        let digest = results.rsplit_once("@sha256:").map(|(_, digest)| digest).unwrap_or_default();
        let whole = digest.len() == 64 && results.contains(&scene.participant);
        ensure(whole, || format!("`{results}` names no results by digest"))?;
    }
    ensure(verify != prove, || format!("checks and measurements are one document: {verify}"))?;
    ensure(status.message == "Passed", || format!("the experiment says `{}`", status.message))
}

/// `kubectl wait` works on what the operator writes.
#[tokio::test(flavor = "multi_thread")]
async fn a_participant_is_ready_when_its_team_can_write_manifests() -> Result<(), Failure> {
    let scene = Scene::of("journey-road").await?;
    let namespaces: Api<Namespace> = Api::all(scene.people.engineer.client.clone());
    until(&namespaces, &scene.participant, "its namespace", Duration::from_secs(10), |_| true).await?;
    let dry_run = PostParams { dry_run: true, ..PostParams::default() };
    let manifest = scene.manifest("queue-number", "dry")?;
    let service: StateService = serde_json::from_value(manifest.json())?;
    scene.services().create(&dry_run, &service).await?;
    Ok(())
}
