//! The objects of the bench: nodes that no kubelet stands behind, and pods bound to them, with the status that a
//! kubelet would write. Their nodes have a taint of their own, so that nobody else's pods go there, and are kept
//! alive by their Leases while the bench lasts.

use std::{fmt::Debug, time::Duration};

use futures::{StreamExt as _, TryStreamExt as _, future::join_all, stream};
use k8s_openapi::{
    api::{
        coordination::v1::Lease,
        core::v1::{Namespace, Node, Pod},
    },
    apimachinery::pkg::apis::meta::v1::MicroTime,
    jiff::Timestamp,
};
use kube::{
    Api, Client, Resource,
    api::{DeleteParams, ListParams, Patch, PatchParams, PostParams},
    runtime::wait::{await_condition, conditions},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use tokio::task::AbortHandle;

use crate::Failure;

/// Where the pods are.
pub const NAMESPACE: &str = "bench-scale";
/// The component that they are of.
pub const COMPONENT: &str = "web";
/// Label and taint of the nodes.
const OURS: &str = "factory.gov.kg/bench-scale";
/// Pods of a node; a kubelet has 110 at most.
const EACH: usize = 100;
/// Requests under way at one time.
const AT_ONE_TIME: usize = 40;
/// From one sign of life of the nodes to the next; after 40 s without one they count as dead.
const ALIVE: Duration = Duration::from_secs(10);

/// Nodes and pods; the nodes no longer live when this is dropped.
pub struct Crowd {
    nodes: Vec<String>,
    living: AbortHandle,
}

impl Drop for Crowd {
    fn drop(&mut self) {
        self.living.abort();
    }
}

impl Crowd {
    /// `count` pods that run and are ready, on as many nodes as they need.
    pub async fn gather(client: &Client, count: usize) -> Result<Self, Failure> {
        let nodes: Vec<_> = (0..count.div_ceil(EACH)).map(|number| format!("bench-scale-{number:03}")).collect();
        let namespaces: Api<Namespace> = Api::all(client.clone());
        create(&namespaces, json!({"metadata": {"name": NAMESPACE}})).await?;
        all(nodes.iter(), async |node| live(client, node).await).await?;
        let living = tokio::spawn(keep_alive(client.clone(), nodes.clone())).abort_handle();
        let crowd = Self { nodes, living };
        let pods: Api<Pod> = Api::namespaced(client.clone(), NAMESPACE);
        // The account that every pod names is made by the cluster, a moment after the namespace.
        let accounts: Api<k8s_openapi::api::core::v1::ServiceAccount> = Api::namespaced(client.clone(), NAMESPACE);
        let there = |account: Option<&k8s_openapi::api::core::v1::ServiceAccount>| account.is_some();
        tokio::time::timeout(Duration::from_secs(30), await_condition(accounts, "default", there)).await??;
        all(0..count, async |number| run(&pods, number, &crowd.nodes[number / EACH]).await).await?;
        Ok(crowd)
    }

    /// Names of the nodes.
    pub fn nodes(&self) -> impl Iterator<Item = &str> {
        self.nodes.iter().map(String::as_str)
    }
}

/// Takes everything away.
pub async fn disperse(client: &Client) -> Result<(), Failure> {
    let (pods, namespaces) = (Api::<Pod>::namespaced(client.clone(), NAMESPACE), Api::<Namespace>::all(client.clone()));
    let at_once = DeleteParams { grace_period_seconds: Some(0), ..DeleteParams::default() };
    let left = pods.list_metadata(&ListParams::default()).await?.items;
    all(left.into_iter().filter_map(|pod| pod.metadata.name), async |name| {
        pods.delete(&name, &at_once).await.map(drop)
    })
    .await?;
    let nodes: Api<Node> = Api::all(client.clone());
    let ours = ListParams::default().labels(OURS);
    for node in nodes.list_metadata(&ours).await? {
        let name = node.metadata.name.unwrap_or_default();
        nodes.delete(&name, &DeleteParams::default()).await?;
        // It goes with its node as well; who is first does not matter.
        drop(leases(client).delete(&name, &DeleteParams::default()).await);
    }
    let Some(namespace) = namespaces.get_opt(NAMESPACE).await? else { return Ok(()) };
    namespaces.delete(NAMESPACE, &DeleteParams::default()).await?;
    let uid = namespace.metadata.uid.unwrap_or_default();
    let gone = await_condition(namespaces, NAMESPACE, conditions::is_deleted(&uid));
    tokio::time::timeout(Duration::from_secs(120), gone).await??;
    Ok(())
}

/// Does `work` with all of `items`, several at one time.
async fn all<T>(items: impl Iterator<Item = T>, work: impl AsyncFn(T) -> kube::Result<()>) -> kube::Result<()> {
    stream::iter(items.map(|item| work(item))).buffer_unordered(AT_ONE_TIME).try_collect::<Vec<()>>().await.map(drop)
}

async fn create<K>(api: &Api<K>, object: Value) -> kube::Result<K>
where
    K: Resource + Clone + Debug + Serialize + DeserializeOwned,
{
    let object = serde_json::from_value(object).map_err(kube::Error::SerdeError)?;
    api.create(&PostParams::default(), &object).await
}

fn leases(client: &Client) -> Api<Lease> {
    Api::namespaced(client.clone(), "kube-node-lease")
}

async fn live(client: &Client, node: &str) -> kube::Result<()> {
    let nodes: Api<Node> = Api::all(client.clone());
    let taint = json!({"key": OURS, "effect": "NoSchedule"});
    create(&nodes, json!({"metadata": {"name": node, "labels": {OURS: "true"}}, "spec": {"taints": [taint]}})).await?;
    let now = Timestamp::now().to_string();
    let ready = json!({
        "type": "Ready", "status": "True", "reason": "Simulated", "message": "",
        "lastHeartbeatTime": now, "lastTransitionTime": now,
    });
    let room = json!({"pods": "110", "cpu": "64", "memory": "256Gi"});
    let status = json!({"status": {"conditions": [ready], "capacity": room, "allocatable": room}});
    nodes.patch_status(node, &PatchParams::default(), &Patch::Merge(status)).await?;
    renew(client, node).await
}

async fn renew(client: &Client, node: &str) -> kube::Result<()> {
    let lease = json!({
        "apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": node},
        "spec": {"holderIdentity": node, "leaseDurationSeconds": 40, "renewTime": MicroTime(Timestamp::now())},
    });
    leases(client).patch(node, &PatchParams::apply("factory-bench").force(), &Patch::Apply(&lease)).await.map(drop)
}

/// Signs of life, until dropped.
async fn keep_alive(client: Client, nodes: Vec<String>) {
    let mut again = tokio::time::interval(ALIVE);
    loop {
        again.tick().await;
        // The next sign makes good for one that was missed.
        drop(join_all(nodes.iter().map(|node| renew(&client, node))).await);
    }
}

/// A pod as the scheduler binds it, then as its kubelet would report it.
async fn run(pods: &Api<Pod>, number: usize, node: &str) -> kube::Result<()> {
    let name = format!("{COMPONENT}-{number:05}");
    create(
        pods,
        json!({
            "metadata": {"name": name, "labels": {"app.kubernetes.io/name": COMPONENT}},
            "spec": {
                "nodeName": node, "tolerations": [{"operator": "Exists"}], "automountServiceAccountToken": false,
                "containers": [{"name": COMPONENT, "image": "simulated"}],
            },
        }),
    )
    .await?;
    let now = Timestamp::now().to_string();
    let condition = |kind: &str| json!({"type": kind, "status": "True", "lastTransitionTime": now});
    let conditions = ["Initialized", "Ready", "ContainersReady", "PodScheduled"].map(condition);
    let status = json!({"status": {
        "phase": "Running",
        "conditions": conditions,
        "containerStatuses": [{
            "name": COMPONENT, "image": "simulated", "imageID": "simulated", "ready": true, "restartCount": 0,
            "containerID": format!("simulated://{number:064x}"), "state": {"running": {"startedAt": now}},
        }],
    }});
    pods.patch_status(&name, &PatchParams::default(), &Patch::Merge(status)).await.map(drop)
}
