//! Journey: bad input ends in a clear condition and Event that name field or cause, with nothing
//! half done, and goes on by itself when the cause is gone.

use std::time::Duration;

use factory_crds::{Experiment, Outcome, Release, ResilienceStandard, StateService};
use factory_journeys::{
    Failure, Manifest, ensure, events, experiment, fence, people,
    road::{Standing, codes, reached, reasons, standing},
    scene::Scene,
    sources, standard,
    waiting::{until, until_gone},
};
use k8s_openapi::{
    NamespaceResourceScope,
    api::{
        core::v1::{Namespace, Pod, Service},
        networking::v1::NetworkPolicy,
        rbac::v1::RoleBinding,
    },
};
use kube::{
    Api, ResourceExt as _,
    api::{DeleteParams, Patch, PatchParams},
};
use serde_json::{Value, json};

/// A base that every Containerfile here begins with.
const FROM: &str = "ARG REGISTRY\nFROM ${REGISTRY}/base/python:bookworm\n";

#[tokio::test(flavor = "multi_thread")]
async fn mistakes_in_a_manifest_are_refused_at_the_door_with_field_and_item() -> Result<(), Failure> {
    let scene = Scene::of("journey-input").await?;
    let good = scene.manifest("registered-address", "mistaken")?;
    let bound = |binding: Value| good.clone().with("/spec/bindings", json!([binding]));
    let database = |components: &[&str]| json!({"name": "db", "kind": "database", "components": components});
    let mut queue = database(&["web"]);
    queue["kind"] = json!("queue");
    let mut shadow = database(&["web"]);
    shadow["name"] = json!("registry");
    let variable = json!([{"name": "PGHOST", "value": "elsewhere"}]);
    let migration = json!([{"name": "first", "binding": "db", "component": "web", "command": ["migrate"]}]);
    let cases: [(&str, Manifest, &[&str]); 14] = [
        ("a binding that is no database", bound(queue), &["spec.bindings", "only `database`", "item 12.5"]),
        (
            "a database of nobody's",
            bound(database(&["web", "archive"])),
            &["spec.bindings[0].components", "`archive`", "no component has this name"],
        ),
        (
            "a database that is named as a component",
            bound(shadow),
            &["spec.bindings[0].name", "a component has this name"],
        ),
        (
            "two databases",
            good.clone().with(
                "/spec/bindings",
                json!([database(&["web"]), {"name": "db2", "kind": "database", "components": ["web"]}]),
            ),
            &["spec.bindings", "one database", "item 12.5"],
        ),
        (
            "a variable that the binding gives",
            bound(database(&["web"])).with("/spec/components/0/env", variable),
            &["spec.components.env", "`db`", "`PGHOST`"],
        ),
        (
            "a migration",
            bound(database(&["web"])).with("/spec/migrations", migration),
            &["spec.migrations", "not carried out", "item 12.5"],
        ),
        ("an unknown class", good.clone().with("/spec/class", json!("vital")), &["spec.class", "vital"]),
        (
            "no person responsible for protection",
            good.clone().without("/spec/register/protection"),
            &["spec.register.protection", "item 17.7"],
        ),
        (
            "no indicators of availability",
            good.clone().without("/spec/register/availability"),
            &["spec.register.availability", "item 17.8"],
        ),
        (
            "a bad duration",
            good.clone().with("/spec/register/availability/recoveryTime", json!("5 parsecs")),
            &["recoveryTime", "5 parsecs"],
        ),
        (
            "two components on one port",
            good.clone().with("/spec/components/1/port", json!(8080)),
            &["spec.components", "one port"],
        ),
        (
            "a ref that begins with a hyphen",
            good.clone().with("/spec/source/ref", json!("--upload-pack=id")),
            &["spec.source.ref"],
        ),
        (
            "consent as a basis",
            good.clone().with("/spec/personalData/0/basis", json!("consent")),
            &["spec.personalData", "item 61"],
        ),
        (
            "a decision without users",
            good.clone().with("/spec/decision/users", json!([])),
            &["spec.decision.users", "item 62.2"],
        ),
    ];
    for (what, manifest, wanted) in cases {
        match manifest.apply(&scene.team.client).await {
            Ok(_) => return Err(Failure::new(format!("{what}: accepted"))),
            Err(refusal) => {
                let said = refusal.to_string();
                for word in wanted {
                    ensure(said.contains(word), || format!("{what}: `{word}` is not named in: {said}"))?;
                }
            }
        }
    }
    let left = scene.services().get_opt("mistaken").await?;
    ensure(left.is_none(), || "a refused manifest left a StateService behind".to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_standard_or_a_rehearsal_that_asks_the_impossible_is_refused_at_the_door() -> Result<(), Failure> {
    let scene = Scene::of("journey-input").await?;
    let standard = |pointer: &str, value: Value| {
        let mut object = standard::object("basic", &json!([standard::fault("PodKill", &json!({}))]));
        if let Some(place) = object.pointer_mut(pointer) {
            *place = value;
        }
        object
    };
    let fault = |kind: &str, more: Value| standard("/spec/faults", json!([standard::fault(kind, &more)]));
    let arrivals = |arrivals: Value| {
        let mut object = standard("/none", Value::Null);
        object["spec"]["load"]["arrivals"] = arrivals;
        object
    };
    let ladder = |steps: Value, must_hold: u32| {
        let mut object = standard("/none", Value::Null);
        object["spec"]["capacity"] = json!({"stepsPercent": steps, "stepSeconds": 5, "headroomPercent": must_hold});
        object
    };
    let waiting = |mut object: Value| {
        object["spec"]["load"]["model"] = json!("Closed");
        object
    };
    let soak = |seconds: u32, every: u32, horizon: u32| {
        let mut object = standard("/none", Value::Null);
        object["spec"]["soak"] = json!({"soakSeconds": seconds, "everySeconds": every, "horizonSeconds": horizon});
        object
    };
    let comparison = |blocks: u32, seconds: u32| {
        let mut object = standard("/none", Value::Null);
        object["spec"]["comparison"] = json!({"blocks": blocks, "seconds": seconds});
        object
    };
    // The regulator's: what each asks, and what the refusal names.
    let standards: [(Value, &[&str]); 22] = [
        (standard("/spec/faults", json!([])), &["spec.faults", "item 63.2"]),
        (fault("Loss", json!({"leaseSeconds": 5, "lossPpm": 1_000_001})), &["lossPpm", "1000001"]),
        (fault("Delay", json!({"leaseSeconds": 2, "delayMs": 2_000})), &["delayMs", "leaseSeconds"]),
        (fault("Bandwidth", json!({"leaseSeconds": 5})), &["kilobytesPerSecond"]),
        (fault("Partition", json!({"leaseSeconds": 15})), &["leaseSeconds", "windowSeconds"]),
        (fault("Partition", json!({"leaseSeconds": 5, "peer": "registry.team-b"})), &["peer", "registry.team-b"]),
        (standard("/spec/load/timeout", json!("1")), &["spec.load.timeout"]),
        (standard("/spec/load/thinkTime", json!(5)), &["spec.load.thinkTime"]),
        (
            arrivals(json!({"kind": "Stages", "stages": [{"seconds": 9, "sharePpm": 500_000}]})),
            &["stages", "sharePpm", "17.8"],
        ),
        (arrivals(json!({"kind": "Recorded", "recorded": vec![10_000_001; 24]})), &["recorded", "10000001"]),
        (waiting(arrivals(json!({"kind": "Constant"}))), &["spec.load", "model: users who wait"]),
        (waiting(ladder(json!([150]), 150)), &["model: a ladder belongs to a load of model Open"]),
        (ladder(json!([150, 125]), 125), &["stepsPercent", "larger than the one before"]),
        (ladder(json!([125, 150]), 140), &["headroomPercent", "one of stepsPercent"]),
        (ladder(json!([100]), 100), &["stepsPercent", "100"]),
        (ladder((101..112).collect(), 101), &["stepsPercent", "10"]),
        (soak(600, 2, 86_400), &["soakSeconds", "from 60 to 120 times everySeconds"]),
        (soak(90, 1, 86_400), &["horizonSeconds", "at most 200 times"]),
        (soak(90, 0, 3_600), &["everySeconds", "1"]),
        (comparison(7, 5), &["blocks", "8"]),
        (comparison(8, 1), &["seconds", "2"]),
        (comparison(64, 10), &["blocks", "at most 2400 s"]),
    ];
    let api: Api<ResilienceStandard> = Api::all(scene.people.regulator.client.clone());
    let how = PatchParams { dry_run: true, ..PatchParams::apply("journeys").force() };
    for (object, wanted) in standards {
        let name = object["metadata"]["name"].as_str().unwrap_or_default().to_owned();
        refuses(api.patch(&name, &how, &Patch::Apply(&object)).await, wanted)?;
    }
    // A team's: one of another namespace is no target.
    let api: Api<Experiment> = Api::namespaced(scene.team.client.clone(), &scene.participant);
    let experiment: Experiment = serde_json::from_value(json!({
        "metadata": {"name": "elsewhere"}, "spec": {"service": "team-b/queue-number", "rehearsal": true},
    }))?;
    refuses(api.create(&fence::dry_run(), &experiment).await, &["spec.service", "team-b/queue-number"])
}

/// `answer` must be a refusal that names all of `wanted`.
fn refuses<T>(answer: Result<T, kube::Error>, wanted: &[&str]) -> Result<(), Failure> {
    match answer {
        Ok(_) => Err(Failure::new(format!("{wanted:?}: accepted"))),
        Err(kube::Error::Api(refusal)) => {
            let missing = wanted.iter().find(|word| !refusal.message.contains(**word));
            missing.map_or(Ok(()), |word| Err(Failure::new(format!("`{word}` is not named in: {}", refusal.message))))
        }
        Err(error) => Err(error.into()),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_git_host_that_is_not_listed_is_never_asked() -> Result<(), Failure> {
    let scene = Scene::of("journey-input").await?;
    let name = Scene::fresh("host");
    let manifest =
        scene.manifest("queue-number", &name)?.with("/spec/source/git", json!("http://git.example.org/a/b.git"));
    stays_unresolved(&scene, &manifest, "GitHostNotListed", "git.example.org").await?;
    scene.delete(&name).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ref_that_does_not_exist_is_named_and_the_service_goes_on_once_it_is_there() -> Result<(), Failure> {
    let scene = Scene::of("journey-input").await?;
    let name = Scene::fresh("ref");
    let changes = [("Containerfile", format!("{FROM}RUN echo {name} has no sense; exit 3\n"))];
    let (git, commit) = sources::push_changed(&scene.people.cluster, "queue-number", &name, &changes).await?;
    let manifest = scene
        .manifest("queue-number", &name)?
        .with("/spec/source", json!({"git": git, "ref": "release/2", "poll": "5s"}));
    stays_unresolved(&scene, &manifest, "RefNotFound", "release/2").await?;

    sources::push_branch(&scene.people.cluster, &name, "release/2").await?;
    let service = scene.services().get(&name).await?;
    let release =
        factory_journeys::road::release_of(&scene.team.client, &service, &commit, Duration::from_mins(1)).await?;
    ensure(release.spec.commit == commit, || format!("{:#?}", release.spec))?;
    scene.delete(&name).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_git_server_that_hangs_costs_a_deadline_and_is_read_once_it_answers() -> Result<(), Failure> {
    let scene = Scene::of("journey-input").await?;
    let engineer = &scene.people.engineer.client;
    let environments: Api<factory_crds::Environment> = Api::all(engineer.clone());
    let before = environments.get("lab").await?.spec.git_hosts;
    let host = "hanging-git.journey-git.svc".to_owned();
    let mut listed = before.clone();
    listed.retain(|known| *known != host);
    let honest = listed.clone();
    listed.push(host.clone());
    let with_hosts = |hosts: &[String]| Patch::Merge(json!({"spec": {"gitHosts": hosts}}));
    let policies: Api<NetworkPolicy> = Api::namespaced(engineer.clone(), "factory-system");

    let name = Scene::fresh("hangs");
    let changes = [("Containerfile", format!("{FROM}RUN echo {name} has no sense; exit 3\n"))];
    let (real, commit) = sources::push_changed(&scene.people.cluster, "queue-number", &name, &changes).await?;
    let (server, path) = real
        .trim_start_matches("http://")
        .split_once('/')
        .ok_or_else(|| Failure::new(format!("{real}: has no path")))?;
    hanging_server(&scene, HANGS).await?;
    people::put(&policies, "journeys-hanging-git", to_the_hanging_server()).await?;
    environments.patch("lab", &PatchParams::default(), &with_hosts(&listed)).await?;
    let git = format!("http://{host}/{path}");
    let source = json!({"git": git, "ref": "main", "poll": "5s"});
    let manifest = scene.manifest("queue-number", &name)?.with("/spec/source", source);
    let found = async {
        stays_unresolved(&scene, &manifest, "GitTimedOut", &git).await?;
        hanging_server(&scene, &forwards(server)).await?;
        let service = scene.services().get(&name).await?;
        factory_journeys::road::release_of(&scene.team.client, &service, &commit, Duration::from_mins(2)).await?;
        Ok::<_, Failure>(())
    };
    let found = found.await;
    // The cluster is left as it was, whatever was found.
    environments.patch("lab", &PatchParams::default(), &with_hosts(&honest)).await?;
    policies.delete("journeys-hanging-git", &DeleteParams::default()).await?;
    in_journey_git::<Pod>(&scene).delete("hanging-git", &DeleteParams::default()).await?;
    found?;
    scene.delete(&name).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_containerfile_that_fails_is_told_with_the_last_lines_of_its_log() -> Result<(), Failure> {
    let containerfile = format!("{FROM}RUN echo the compiler found no semicolon; exit 7\n");
    let release = stopped("fails", &containerfile, None).await?;
    said(&release, "BuildFailed", &["queue", "no semicolon"])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_containerfile_that_looks_for_network_finds_none() -> Result<(), Failure> {
    let scene = Scene::of("journey-input").await?;
    let host = factory_journeys::web::parts(&scene.people.cluster.git_url).0.to_owned();
    // The git server answers the operator; a build must not get there, nor to the API server.
    let probe = format!(
        "import os, socket, sys\n\
         def reached(host, port):\n\
         \x20   try: socket.create_connection((host, port), timeout=3).close()\n\
         \x20   except OSError: return False\n\
         \x20   return True\n\
         open_ways = [name for name, host, port in [('git', '{host}', 80), ('API', 'kubernetes.default.svc', 443)] if reached(host, port)]\n\
         print('this build can reach:', ', '.join(open_ways) or 'nothing')\n\
         sys.exit(0 if open_ways else 9)\n"
    );
    let containerfile = format!("{FROM}COPY probe.py /probe.py\nRUN python3 /probe.py\n");
    let release = stopped("network", &containerfile, Some(("probe.py", probe))).await?;
    said(&release, "BuildFailed", &["queue", "this build can reach: nothing"])
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_that_never_becomes_ready_is_named_with_what_its_pods_suffer_from() -> Result<(), Failure> {
    let containerfile =
        format!("{FROM}USER 65532:65532\nWORKDIR /tmp\nENTRYPOINT [\"python3\", \"-m\", \"http.server\", \"8080\"]\n");
    let release = stopped("unready", &containerfile, None).await?;
    said(&release, "NotReady", &["queue"])
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_of_another_registry_is_refused() -> Result<(), Failure> {
    let scene = Scene::of("journey-input").await?;
    let name = Scene::fresh("foreign");
    let commit = sources::push_example(&scene.people.cluster, "queue-number").await?;
    let image = format!("registry.example.org/queue@sha256:{}", "0".repeat(64));
    let manifest = scene
        .manifest("queue-number", &name)?
        .without("/spec/components/0/build")
        .with("/spec/components/0/image", json!(image));
    let release = scene.to_the_end(&manifest, &commit, false).await?;
    said(&release, "RegistryNotListed", &["registry.example.org"])?;
    scene.delete(&name).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_description_that_lies_is_found_by_the_answers() -> Result<(), Failure> {
    let scene = Scene::of("journey-input").await?;
    let lying = sources::lying_description(&scene.people.cluster)?;
    let name = Scene::fresh("lies");
    let (git, commit) = sources::push_changed(&scene.people.cluster, "queue-number", &name, &[lying]).await?;
    let manifest = scene.manifest("queue-number", &name)?.with("/spec/source/git", json!(git));
    let (service, release) = scene.begin(&manifest, &commit).await?;
    let limit = Duration::from_mins(5);
    let deployed = |release: &Release| reached(release, "Deployed").is_some();
    let release = until(&scene.releases(), &release.name_any(), "stage Deployed", limit, deployed).await?;
    // The lab may strike a candidate when its run begins, and not before; this one is looked at alone.
    let namespace = release.status.as_ref().map_or("", |status| status.namespace.as_str());
    let engineer = scene.people.engineer.client.clone();
    let bindings = Api::<RoleBinding>::namespaced(engineer.clone(), namespace);
    ensure(bindings.get_opt("factory-lab").await?.is_none(), || format!("{namespace}: the lab may strike it"))?;
    let stands = Api::<Namespace>::all(engineer).get_opt(namespace).await?.is_some();
    ensure(stands, || format!("{namespace} is not there"))?;
    let release = scene.escorted((service, release), false).await?;
    said(&release, "DescriptionLies", &["/v1/centres/{centre}/windows"])?;

    // Its experiment says that nothing was measured and why, and goes with the service.
    let made = experiment::ended(&scene.team, &release).await?;
    let all = ["Announced", "Verified", "Measured"].map(|type_| experiment::standing(&made, type_));
    let expected = [("True", "Done"), ("False", "ChecksFailed"), ("False", "NotMeasured")];
    ensure(all.map(|(status, reason, _)| (status, reason)) == expected, || format!("{:#?}", made.status))?;
    scene.delete(&name).await?;
    experiment::gone(&scene.team, &release).await
}

/// Applies `manifest`; it must stay without a release, and condition and Event must say `reason`
/// and name `cause`.
async fn stays_unresolved(scene: &Scene, manifest: &Manifest, reason: &str, cause: &str) -> Result<(), Failure> {
    let service = manifest.apply(&scene.team.client).await?;
    let name = service.name_any();
    let limit = Duration::from_mins(1);
    let found = until(&scene.services(), &name, &format!("reason {reason}"), limit, |service: &StateService| {
        let conditions = service.status.iter().flat_map(|status| &status.conditions);
        conditions
            .into_iter()
            .any(|condition| condition.type_ == "Resolved" && condition.status != "True" && condition.reason == reason)
    })
    .await?;
    let status = found.status.unwrap_or_default();
    ensure(status.message.contains(cause), || format!("`{cause}` is not named in: {}", status.message))?;
    ensure(status.release.is_empty(), || format!("a release was made: {}", status.release))?;
    let what = format!("{reason} and names `{cause}`");
    events::told(&scene.team.client, &scene.participant, &name, &what, |known, note| {
        known == reason && note.contains(cause)
    })
    .await
}

/// The end of a service whose source has this Containerfile.
async fn stopped(prefix: &str, containerfile: &str, file: Option<(&str, String)>) -> Result<Release, Failure> {
    let scene = Scene::of("journey-input").await?;
    let name = Scene::fresh(prefix);
    let changes: Vec<_> = std::iter::once(("Containerfile", containerfile.to_owned())).chain(file).collect();
    let (git, commit) = sources::push_changed(&scene.people.cluster, "queue-number", &name, &changes).await?;
    let manifest = scene.manifest("queue-number", &name)?.with("/spec/source/git", json!(git));
    let release = scene.to_the_end(&manifest, &commit, false).await?;
    ensure(matches!(standing(&release), Standing::Stopped(_)), || format!("{:#?}", release.status))?;

    // An Event says it too, and when the manifest is gone nothing of it is left.
    let code = codes(&release).into_iter().next().unwrap_or_default();
    let ours = |reason: &str, _: &str| reason == code;
    events::told(&scene.team.client, &scene.participant, &release.name_any(), &code, ours).await?;
    scene.delete(&name).await?;
    let candidate = release.status.clone().unwrap_or_default().namespace;
    if !candidate.is_empty() {
        let namespaces: Api<Namespace> = Api::all(scene.people.engineer.client.clone());
        until_gone(&namespaces, &candidate, Duration::from_mins(2)).await?;
    }
    Ok(release)
}

/// `release` failed by `code`, and its reasons name all of `words`.
fn said(release: &Release, code: &str, words: &[&str]) -> Result<(), Failure> {
    let status = release.status.clone().unwrap_or_default();
    let text = reasons(release).join("\n");
    ensure(status.outcome == Some(Outcome::Failed), || format!("{:?}: {text}", status.outcome))?;
    ensure(codes(release).iter().any(|known| known == code), || {
        format!("no finding {code}: {:?}: {text}", codes(release))
    })?;
    for word in words {
        ensure(text.contains(word), || format!("`{word}` is not named in: {text}"))?;
    }
    Ok(())
}

/// A program that takes every connection and never answers.
const HANGS: &str = "import socket\n\
                     door = socket.create_server(('', 8080))\n\
                     guests = []\n\
                     while True: guests.append(door.accept())\n";

/// A program that hands every connection on to `server`, as `host:port` or the host alone.
fn forwards(server: &str) -> String {
    let (host, port) = server.split_once(':').unwrap_or((server, "80"));
    format!(
        "import socket, threading\n\
         def pipe(one, other):\n    while data := one.recv(65536): other.sendall(data)\n    other.shutdown(socket.SHUT_WR)\n\
         door = socket.create_server(('', 8080))\n\
         while True:\n    guest = door.accept()[0]\n    real = socket.create_connection(('{host}', {port}))\n    \
         for pair in ((guest, real), (real, guest)): threading.Thread(target=pipe, args=pair).start()\n"
    )
}

/// The server `hanging-git` runs `program`, whatever it ran before.
async fn hanging_server(scene: &Scene, program: &str) -> Result<(), Failure> {
    let engineer = &scene.people.engineer.client;
    let namespaces: Api<Namespace> = Api::all(engineer.clone());
    people::put(&namespaces, "journey-git", json!({})).await?;
    let body = json!({
        "metadata": {"labels": {"app.kubernetes.io/name": "hanging-git"}},
        "spec": {
            "automountServiceAccountToken": false,
            "terminationGracePeriodSeconds": 0,
            "containers": [{
                "name": "server",
                "image": format!("{}/base/python:bookworm", scene.people.cluster.registry),
                "command": ["python3", "-c", program],
                "readinessProbe": {"tcpSocket": {"port": 8080}, "periodSeconds": 1},
            }],
        },
    });
    let pods: Api<Pod> = in_journey_git(scene);
    if pods.get_opt("hanging-git").await?.is_some() {
        pods.delete("hanging-git", &DeleteParams::default()).await?;
        until_gone(&pods, "hanging-git", Duration::from_mins(1)).await?;
    }
    people::put(&pods, "hanging-git", body).await?;
    let service = json!({"spec": {
        "selector": {"app.kubernetes.io/name": "hanging-git"},
        "ports": [{"name": "http", "port": 80, "targetPort": 8080}],
    }});
    people::put(&in_journey_git::<Service>(scene), "hanging-git", service).await?;
    until(&pods, "hanging-git", "readiness", Duration::from_mins(1), |pod: &Pod| {
        let conditions = pod.status.iter().flat_map(|status| status.conditions.iter().flatten());
        conditions.into_iter().any(|condition| condition.type_ == "Ready" && condition.status == "True")
    })
    .await?;
    Ok(())
}

fn in_journey_git<K>(scene: &Scene) -> Api<K>
where
    K: kube::Resource<DynamicType = (), Scope = NamespaceResourceScope>,
{
    Api::namespaced(scene.people.engineer.client.clone(), "journey-git")
}

/// Lets the operator reach the hanging server; without it the connection itself would hang.
fn to_the_hanging_server() -> Value {
    json!({"spec": {
        "podSelector": {},
        "policyTypes": ["Egress"],
        "egress": [{
            "to": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "journey-git"}}}],
            "ports": [{"port": 8080, "protocol": "TCP"}],
        }],
    }})
}
