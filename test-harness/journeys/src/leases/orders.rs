//! When faults began, as the lab's orders and reports in the candidate's namespace say it, and the Deployment where
//! it is restarted.

use std::{collections::BTreeMap, time::Duration};

use futures::{StreamExt as _, stream};
use k8s_openapi::api::{apps::v1::Deployment, core::v1::ConfigMap};
use kube::{
    Api, Client,
    runtime::{WatchStreamExt as _, watcher},
};
use serde_json::Value;
use tokio::{
    sync::watch,
    task::AbortHandle,
    time::{Instant, timeout},
};

use super::dice::{LEASE, RESPITE};
use crate::Failure;

/// Label of the orders to the nodes, and of their reports.
const STRIKES: &str = "factory.gov.kg/strikes";
const RESTARTED: &str = "kubectl.kubernetes.io/restartedAt";

/// A fault that was ordered.
#[derive(Clone, Debug)]
pub struct Ordered {
    /// Its phase, or `rolling-restart`.
    pub phase: String,
    /// When the order was seen.
    pub at: Instant,
    /// When each node was first seen to have injected it.
    injected: BTreeMap<String, Instant>,
    /// How long it lasts.
    lease: Duration,
}

impl Ordered {
    /// Whether a node was seen to have injected it.
    #[must_use]
    pub fn is_injected(&self) -> bool {
        !self.injected.is_empty()
    }

    /// End of the lease, at the latest: from the moment that was meant, or the last one that was reported.
    #[must_use]
    pub fn end(&self) -> Instant {
        let respite = if self.lease.is_zero() { Duration::ZERO } else { RESPITE };
        self.injected.values().copied().fold(self.at + respite, Instant::max) + self.lease
    }
}

/// The faults of one run, until this is dropped.
pub struct Orders {
    all: watch::Receiver<Vec<Ordered>>,
    task: AbortHandle,
}

impl Drop for Orders {
    fn drop(&mut self) {
        self.task.abort();
    }
}

enum Seen {
    Strikes(ConfigMap),
    Component(Deployment),
}

impl Orders {
    /// Those in `namespace`.
    #[must_use]
    pub fn follow(client: &Client, namespace: &str) -> Self {
        let (sender, all) = watch::channel(Vec::new());
        let task = tokio::spawn(follow(client.clone(), namespace.to_owned(), sender)).abort_handle();
        Self { all, task }
    }

    /// Waits until a node has injected a fault, at most `limit`.
    pub async fn injected(&self, limit: Duration) -> Result<(), Failure> {
        let mut all = self.all.clone();
        let injected = timeout(limit, all.wait_for(|all| all.iter().any(Ordered::is_injected))).await;
        injected.is_ok_and(|seen| seen.is_ok()).then_some(()).ok_or_else(|| Failure::new("no fault was injected"))
    }

    /// All that were seen so far, and a notice of each change.
    #[must_use]
    pub fn all(&self) -> watch::Receiver<Vec<Ordered>> {
        self.all.clone()
    }
}

async fn follow(client: Client, namespace: String, sender: watch::Sender<Vec<Ordered>>) {
    let maps: Api<ConfigMap> = Api::namespaced(client.clone(), &namespace);
    let strikes = watcher::Config::default().labels(STRIKES);
    let strikes = watcher(maps, strikes).default_backoff().applied_objects();
    let components: Api<Deployment> = Api::namespaced(client, &namespace);
    let components = watcher(components, watcher::Config::default()).default_backoff().applied_objects();
    let strikes = strikes.filter_map(async |map| map.ok().map(Seen::Strikes));
    let components = components.filter_map(async |component| component.ok().map(Seen::Component));
    let mut events = stream::select(strikes.boxed(), components.boxed());
    while let Some(event) = events.next().await {
        match event {
            Seen::Strikes(map) => {
                sender.send_if_modified(|all| ordered(all, &map) | injected(all, &map));
            }
            Seen::Component(component) => {
                sender.send_if_modified(|all| restarted(all, &component));
            }
        }
    }
}

fn ordered(all: &mut Vec<Ordered>, map: &ConfigMap) -> bool {
    let order: Value = text(map, "order").and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let Some(phase) = order["task"]["strike"]["phase"].as_str() else { return false };
    let fresh = all.iter().all(|known| known.phase != phase);
    if fresh {
        all.push(Ordered { phase: phase.to_owned(), at: Instant::now(), injected: BTreeMap::new(), lease: LEASE });
    }
    fresh
}

/// Takes over what the nodes newly report.
fn injected(all: &mut [Ordered], map: &ConfigMap) -> bool {
    let Some(newest) = all.last_mut() else { return false };
    let before = newest.injected.len();
    for (node, text) in map.data.iter().flatten().filter(|(key, _)| key.starts_with("node.")) {
        let report: Value = serde_json::from_str(text).unwrap_or_default();
        let pods = report["pods"].as_object();
        let injected = pods.is_some_and(|pods| pods.values().any(|pod| pod["injected"] == true));
        if injected && report["phase"] == newest.phase.as_str() {
            newest.injected.entry(node.clone()).or_insert_with(Instant::now);
        }
    }
    newest.injected.len() > before
}

fn restarted(all: &mut Vec<Ordered>, component: &Deployment) -> bool {
    let template = component.spec.as_ref().and_then(|spec| spec.template.metadata.as_ref());
    let marked = template.and_then(|meta| meta.annotations.as_ref()).and_then(|marks| marks.get(RESTARTED));
    let Some(at) = marked else { return false };
    let phase = format!("rolling-restart {at}");
    let fresh = all.iter().all(|known| known.phase != phase);
    if fresh {
        all.push(Ordered { phase, at: Instant::now(), injected: BTreeMap::new(), lease: Duration::ZERO });
    }
    fresh
}

fn text<'a>(map: &'a ConfigMap, key: &str) -> Option<&'a str> {
    map.data.as_ref()?.get(key).map(String::as_str)
}
