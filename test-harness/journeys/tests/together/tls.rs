//! Journey: the factory's programs speak to the register by TLS, and nobody else reaches it but by
//! its ingress.

use std::time::Duration;

use factory_journeys::{
    Failure, ensure, people,
    programs::{KEEPER, NAMESPACE, OPERATOR},
    scene::Scene,
    waiting::until,
};
use k8s_openapi::api::{apps::v1::Deployment, core::v1::Pod};
use kube::{Api, api::DeleteParams};
use serde_json::{Value, json};

const REGISTER: &str = "factory-register.factory-system.svc";
const CA: &str = "/etc/factory/ca/ca.crt";

/// Says which of its arguments take a connection, and what the register answers to who trusts its CA
/// alone. It knows nothing of the factory's own code, and its TLS is OpenSSL's.
const PROGRAM: &str = "\
import os, socket, ssl, sys
ca, register, *places = sys.argv[1:]
found = []
for place in places:
    host, port = place.split(':')
    try:
        socket.create_connection((host, int(port)), 5).close()
        found.append(place)
    except OSError:
        pass
if os.path.exists(ca):
    trust = ssl.create_default_context(cafile=ca)
    with trust.wrap_socket(socket.create_connection((register, 8443), 5), server_hostname=register) as door:
        door.sendall(b'GET /readyz HTTP/1.1\\r\\nHost: register\\r\\nConnection: close\\r\\n\\r\\n')
        found.append(door.recv(15).decode())
open('/dev/termination-log', 'w').write(', '.join(found))
";

#[tokio::test(flavor = "multi_thread")]
async fn a_pod_elsewhere_reaches_neither_port_of_the_register() -> Result<(), Failure> {
    let scene = Scene::of("journey-team-a").await?;
    // Metrics of the operator are for everybody: the pod can reach what it may.
    let open = "factory-operator.factory-system.svc:8080";
    let found = found_by_a_pod(&scene, "regulator", "stranger", json!([]), open).await?;
    ensure(found == open, || format!("it reaches `{found}`"))
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_reach_the_register_by_tls_alone_and_it_shows_a_certificate_of_the_published_ca() -> Result<(), Failure>
{
    let scene = Scene::of("journey-team-a").await?;
    let published = json!([{"name": "ca", "configMap": {"name": "factory-ca"}}]);
    let found = found_by_a_pod(&scene, NAMESPACE, "factory-test", published, "").await?;
    ensure(found == format!("{REGISTER}:8443, HTTP/1.1 200 OK"), || format!("it finds `{found}`"))?;

    let deployments: Api<Deployment> = Api::namespaced(scene.people.engineer.client.clone(), NAMESPACE);
    for program in [OPERATOR, KEEPER] {
        let pod = deployments.get(program).await?.spec.and_then(|spec| spec.template.spec).unwrap_or_default();
        let variables = pod.containers.into_iter().flat_map(|container| container.env.unwrap_or_default());
        let url = variables.filter(|variable| variable.name == "REGISTER_URL").find_map(|variable| variable.value);
        ensure(url.as_deref() == Some(&format!("https://{REGISTER}:8443")), || {
            format!("{program} reaches the register at {url:?}")
        })?;
    }
    Ok(())
}

/// What a pod labelled `label` in `namespace` finds at the register's ports, and at `open` if that is given.
async fn found_by_a_pod(
    scene: &Scene,
    namespace: &str,
    label: &str,
    volumes: Value,
    open: &str,
) -> Result<String, Failure> {
    let name = Scene::fresh(&format!("journey-{label}"));
    let places = [format!("{REGISTER}:8080"), format!("{REGISTER}:8443"), open.to_owned()];
    let places = places.iter().map(String::as_str).filter(|place| !place.is_empty());
    let command: Vec<_> = ["python3", "-c", PROGRAM, CA, REGISTER].into_iter().chain(places).collect();
    let mounts =
        volumes.as_array().map(|volumes| volumes.iter().map(|_| json!({"name": "ca", "mountPath": "/etc/factory/ca"})));
    let body = json!({
        "metadata": {"labels": {"app.kubernetes.io/name": label}},
        "spec": {
            "automountServiceAccountToken": false,
            "restartPolicy": "Never",
            "volumes": volumes,
            "containers": [{
                "name": "look",
                "image": format!("{}/base/python:bookworm", scene.people.cluster.registry),
                "command": command,
                "volumeMounts": mounts.map(Iterator::collect::<Vec<_>>),
            }],
        },
    });
    let pods: Api<Pod> = Api::namespaced(scene.people.engineer.client.clone(), namespace);
    people::put(&pods, &name, body).await?;
    let ended = until(&pods, &name, "the end", Duration::from_mins(2), |pod| {
        let phase = pod.status.as_ref().and_then(|status| status.phase.as_deref());
        matches!(phase, Some("Succeeded" | "Failed"))
    })
    .await;
    pods.delete(&name, &DeleteParams::default()).await?;
    let containers = ended?.status.and_then(|status| status.container_statuses).unwrap_or_default();
    let state = containers.into_iter().find_map(|container| container.state?.terminated);
    let state = state.ok_or_else(|| Failure::new(format!("{namespace}/{name} ended without a container")))?;
    ensure(state.exit_code == 0, || format!("{namespace}/{name}: exit code {}", state.exit_code))?;
    Ok(state.message.unwrap_or_default())
}
