//! Journey: what the factory's own programs cannot do, also when somebody has taken their tokens
//! (invariants 2, 11 and 12).

use factory_crds::LaunchPermit;
use factory_journeys::{
    Failure, ensure,
    fence::{acting_as, allowed, dry_run, may, no_create, patch_dry_run, refused, refused_for},
    programs::lab_image,
    scene::Scene,
};
use k8s_openapi::api::{
    core::v1::{Namespace, Pod, Secret},
    rbac::v1::RoleBinding,
};
use kube::{
    Api, ResourceExt as _,
    api::{ListParams, Patch},
};
use serde_json::{Value, json};

const OPERATOR: &str = "system:serviceaccount:factory-system:factory-operator";
const KEEPER: &str = "system:serviceaccount:factory-system:factory-permit-keeper";
const LAB: &str = "system:serviceaccount:factory-lab:factory-lab";

#[tokio::test(flavor = "multi_thread")]
async fn nobody_but_the_permit_keeper_writes_a_launch_permit() -> Result<(), Failure> {
    let scene = Scene::of("journey-team-a").await?;
    for person in [&scene.people.engineer, &scene.people.regulator, &scene.team] {
        let permit = json!({"metadata": {"name": "live"}, "spec": {"bundles": [], "images": []}});
        no_create::<LaunchPermit>(person, &scene.participant, permit).await?;
    }
    // The operator's own rights, asked of the API server.
    for verb in ["create", "update", "patch", "delete"] {
        ensure(!may(&scene, OPERATOR, verb, "launchpermits").await?, || {
            format!("the operator may {verb} launchpermits")
        })?;
    }
    ensure(may(&scene, KEEPER, "patch", "launchpermits").await?, || "the permit keeper cannot do its work".to_owned())?;
    ensure(!may(&scene, OPERATOR, "confirm", "releases").await?, || "the operator may confirm".to_owned())?;
    ensure(!may(&scene, KEEPER, "confirm", "releases").await?, || "the permit keeper may confirm".to_owned())
}

/// What a node is like on which a candidate was measured: of one that it can name, and nothing more.
#[tokio::test(flavor = "multi_thread")]
async fn the_lab_reads_a_node_by_its_name_and_changes_none() -> Result<(), Failure> {
    let scene = Scene::of("journey-team-a").await?;
    let nodes = |verb| json!({"resource": "nodes", "verb": verb});
    ensure(allowed(&scene, LAB, nodes("get")).await?, || "the lab cannot do its work".to_owned())?;
    for verb in ["list", "watch", "create", "update", "patch", "delete"] {
        ensure(!allowed(&scene, LAB, nodes(verb)).await?, || format!("the lab may {verb} nodes"))?;
    }
    Ok(())
}

/// What was measured is signed with a key that the lab alone has: who composes a dossier neither reads it, nor runs a
/// program beside it, nor says which key is the lab's.
#[tokio::test(flavor = "multi_thread")]
async fn the_labs_key_is_the_labs() -> Result<(), Failure> {
    let scene = Scene::of("journey-team-a").await?;
    let engineer = &scene.people.engineer;
    for (verb, resource, namespace, name) in [
        ("get", "secrets", "factory-lab", "factory-lab-key"),
        ("update", "configmaps", "factory-system", "factory-lab-keys"),
        ("patch", "configmaps", "factory-system", "factory-lab-keys"),
        ("create", "pods", "factory-lab", ""),
    ] {
        let asked = json!({"resource": resource, "verb": verb, "namespace": namespace, "name": name});
        ensure(!allowed(&scene, OPERATOR, asked).await?, || format!("the operator may {verb} {resource} {name}"))?;
    }
    let lab = lab_image(engineer).await?;
    let run = ["prove", "--run", "/etc/factory/run.json", "--keys", "/etc/factory-key"];
    let pod = |image: &str, arguments: &[&str], account: &str, change: fn(&mut Value)| {
        let mut pod = json!({"metadata": {"name": "made-up"}, "spec": {
            "serviceAccountName": account,
            "securityContext": {"runAsNonRoot": true, "runAsUser": 65532, "seccompProfile": {"type": "RuntimeDefault"}},
            "containers": [{
                "name": "one", "image": image, "args": arguments,
                "securityContext": {"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}},
                "volumeMounts": [
                    {"name": "run", "mountPath": "/etc/factory"}, {"name": "key", "mountPath": "/etc/factory-key"},
                ],
            }],
            "volumes": [
                {"name": "run", "configMap": {"name": "made-up"}},
                {"name": "key", "secret": {"secretName": "factory-lab-key"}},
            ],
        }});
        change(&mut pod["spec"]);
        pod
    };
    let as_it_is = |_: &mut Value| {};
    let pods: Api<Pod> = Api::namespaced(engineer.client.clone(), "factory-lab");
    // Not even the cluster's administrator; each of these would tell the key or run another program beside it.
    for (what, made_up) in [
        ("only the lab's own image runs", pod("busybox", &run, "factory-lab", as_it_is)),
        ("with the operator's arguments", pod(&lab, &["load"], "factory-lab", as_it_is)),
        ("with the operator's arguments", pod(&lab, &["prove", "--run", "$(KEY)"], "factory-lab", as_it_is)),
        ("with the operator's arguments", pod(&lab, &["key"], "factory-lab", as_it_is)),
        (
            "for who measures the lab's key",
            pod(&lab, &["key", "--count", "1", "--publish", "factory-system"], "factory-lab-key", as_it_is),
        ),
        (
            "without an environment",
            pod(&lab, &run, "factory-lab", |spec| {
                let key = json!({"secretKeyRef": {"name": "factory-lab-key", "key": "key.pem"}});
                spec["containers"][0]["env"] = json!([{"name": "KEY", "valueFrom": key}]);
            }),
        ),
        (
            "without an environment",
            pod(&lab, &run, "factory-lab", |spec| {
                spec["containers"][0]["env"] = json!([{"name": "LD_PRELOAD", "value": "/etc/factory/made-up.so"}]);
            }),
        ),
        (
            "nothing over the program",
            pod(&lab, &run, "factory-lab", |spec| {
                spec["containers"][0]["volumeMounts"][0] =
                    json!({"name": "run", "mountPath": "/usr/local/bin/factory-lab", "subPath": "factory-lab"});
            }),
        ),
        (
            "the run, the account's token",
            pod(&lab, &run, "factory-lab", |spec| {
                spec["volumes"][0] =
                    json!({"name": "run", "projected": {"sources": [{"secret": {"name": "factory-lab-key"}}]}});
            }),
        ),
    ] {
        refused_for(what, 403, pods.create(&dry_run(), &serde_json::from_value(made_up)?).await)?;
    }
    pods.create(&dry_run(), &serde_json::from_value(pod(&lab, &run, "factory-lab", as_it_is))?).await?;
    // What nodes report of a run is written with this role.
    let own = acting_as(&scene, OPERATOR).await?;
    let bindings: Api<RoleBinding> = Api::namespaced(own.client, &scene.participant);
    let bound = json!({"metadata": {"name": "made-up"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "factory-strike"},
        "subjects": [{"kind": "ServiceAccount", "name": "factory-operator", "namespace": "factory-system"}]});
    refused_for(
        "bound to the accounts of that name",
        403,
        bindings.create(&dry_run(), &serde_json::from_value(bound)?).await,
    )?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operator_reads_secrets_of_participants_by_name_and_writes_none_beside_them() -> Result<(), Failure> {
    let scene = Scene::of("journey-team-a").await?;
    let own = scene.participant.as_str();
    let secrets = |verb, namespace| json!({"resource": "secrets", "verb": verb, "namespace": namespace});
    ensure(allowed(&scene, OPERATOR, secrets("get", own)).await?, || "the operator cannot do its work".to_owned())?;
    let elsewhere = ["", "kube-system", "factory-lab", "regulator"].map(|namespace| ("get", namespace));
    for (verb, namespace) in elsewhere.into_iter().chain([("list", own), ("watch", own), ("list", "")]) {
        ensure(!allowed(&scene, OPERATOR, secrets(verb, namespace)).await?, || {
            format!("the operator may {verb} secrets in `{namespace}`")
        })?;
    }
    // In its own namespace it renews its certificates, and replaces nothing else.
    let renewed = ["factory-ca", "factory-register-tls"].map(|name| (name, true));
    let kept = ["factory-dossier-key", "factory-builder-key"].map(|name| (name, false));
    for (name, may) in renewed.into_iter().chain(kept) {
        let update = json!({"resource": "secrets", "verb": "update", "namespace": "factory-system", "name": name});
        ensure(allowed(&scene, OPERATOR, update).await? == may, || format!("update of the secret {name}: {}", !may))?;
    }
    let operator = acting_as(&scene, OPERATOR).await?;
    for namespace in [own, "kube-system", "factory-system", "factory-lab"] {
        no_create::<Secret>(&operator, namespace, json!({"metadata": {"name": "made-up"}})).await?;
    }
    // The cluster would fill these in, and whoever reads them would be the permit keeper.
    for name in ["value-salt-made-up", "contact-salt-made-up"] {
        let token = json!({
            "metadata": {"name": name, "annotations": {"kubernetes.io/service-account.name": "factory-permit-keeper"}},
            "type": "kubernetes.io/service-account-token",
        });
        no_create::<Secret>(&operator, "factory-system", token).await?;
    }
    let widened = json!({
        "metadata": {"name": "made-up"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "factory-secret-reader"},
        "subjects": [{"kind": "Group", "apiGroup": "rbac.authorization.k8s.io", "name": "system:authenticated"}],
    });
    no_create::<RoleBinding>(&operator, own, widened).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operator_takes_over_no_namespace_and_gives_a_teams_rights_to_no_program() -> Result<(), Failure> {
    let scene = Scene::of("journey-team-a").await?;
    let own = scene.participant.as_str();
    let operator = acting_as(&scene, OPERATOR).await?;
    // Each of these would make it a team, and so let it read Secrets and withdraw services.
    for (kind, name) in [
        ("ServiceAccount", "factory-operator"),
        ("User", OPERATOR),
        ("Group", "system:authenticated"),
        ("Group", "system:serviceaccounts:factory-system"),
    ] {
        let mut subject = json!({"kind": kind, "name": name});
        if kind == "ServiceAccount" {
            subject["namespace"] = json!("factory-system");
        } else {
            subject["apiGroup"] = json!("rbac.authorization.k8s.io");
        }
        no_create::<RoleBinding>(&operator, own, binding("factory-team", &subject)).await?;
    }
    let namespaces: Api<Namespace> = Api::all(operator.client);
    let labelled = |key: &str, value: &str| Patch::Merge(json!({"metadata": {"labels": {key: value}}}));
    let take = labelled("factory.gov.kg/participant", own);
    refused("a namespace of somebody else", namespaces.patch("regulator", &patch_dry_run(), &take).await)?;
    let others = Scene::of("journey-team-b").await?;
    let change = labelled("factory.gov.kg/participant", &others.participant);
    refused("another participant's name on a namespace", namespaces.patch(own, &patch_dry_run(), &change).await)?;
    let live = namespaces.list(&ListParams::default().labels("factory.gov.kg/service")).await?.items;
    for namespace in live.iter().take(1) {
        let change = labelled("factory.gov.kg/service", "another");
        let answer = namespaces.patch(&namespace.name_any(), &patch_dry_run(), &change).await;
        refused("another service's name on a namespace", answer)?;
    }
    Ok(())
}

fn binding(role: &str, subject: &Value) -> Value {
    json!({
        "metadata": {"name": "made-up"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
        "subjects": [subject],
    })
}
