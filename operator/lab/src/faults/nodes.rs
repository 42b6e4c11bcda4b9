//! The lab's nodes, as `prove` sees them: whether one watches every pod that may be struck, the order
//! that is in force, and their reports by watch.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use futures::StreamExt as _;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::{
    Api, Client,
    runtime::{WatchStreamExt as _, watcher},
};
use tokio::{sync::watch, task::AbortHandle};

use crate::strike::order::{self, NAME, Order, Report, Struck, Task};

/// How long the nodes may take to watch every pod: their lab pods start meanwhile.
const READY: Duration = Duration::from_secs(90);
/// Longest wait for one answer of the API server.
const DEADLINE: Duration = Duration::from_secs(5);

/// Orders could not be given, or nobody is there to follow them.
#[derive(Debug, thiserror::Error)]
pub enum NodesError {
    /// The API server refused.
    #[error("{0}")]
    Api(#[from] kube::Error),
    /// It did not answer.
    #[error("no answer in time")]
    Slow,
    /// Pods that may be struck are on nodes where no lab pod watches.
    #[error("no lab pod watches {count} of {all} pods after {} s: it has not started on their nodes", READY.as_secs())]
    Unwatched {
        /// How many.
        count: usize,
        /// Of how many.
        all: usize,
    },
}

/// The nodes of one run; no longer heard when this is dropped.
#[derive(Debug)]
pub struct Nodes {
    api: Api<ConfigMap>,
    nonce: String,
    reports: watch::Receiver<BTreeMap<String, Report>>,
    task: AbortHandle,
}

impl Drop for Nodes {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Nodes {
    /// Asks the nodes to watch the candidate in `namespace`, for the run with `nonce`; returns when every
    /// one of `pods` is watched.
    pub async fn watching(
        client: &Client,
        namespace: &str,
        nonce: &str,
        pods: &BTreeSet<String>,
    ) -> Result<Self, NodesError> {
        let api: Api<ConfigMap> = Api::namespaced(client.clone(), namespace);
        let (sender, reports) = watch::channel(BTreeMap::new());
        let task = tokio::spawn(follow(api.clone(), nonce.to_owned(), sender)).abort_handle();
        let nodes = Self { api, nonce: nonce.to_owned(), reports, task };
        nodes.give(Task::Watch {}).await?;
        nodes.ready(pods).await?;
        Ok(nodes)
    }

    /// The run's nonce.
    #[must_use]
    pub fn nonce(&self) -> &str {
        &self.nonce
    }

    /// Puts `task` in force.
    pub async fn give(&self, task: Task) -> Result<(), NodesError> {
        let order = Order { nonce: self.nonce.clone(), task };
        match tokio::time::timeout(DEADLINE, order::give(&self.api, &order)).await {
            Ok(given) => Ok(given?),
            Err(_) => Err(NodesError::Slow),
        }
    }

    /// What the nodes report, and a notice of each change.
    #[must_use]
    pub fn reports(&self) -> watch::Receiver<BTreeMap<String, Report>> {
        self.reports.clone()
    }

    async fn ready(&self, pods: &BTreeSet<String>) -> Result<(), NodesError> {
        let unwatched = |reports: &BTreeMap<String, Report>| {
            let watched: BTreeSet<_> = reports.values().flat_map(|report| &report.watches).collect();
            pods.iter().filter(|pod| !watched.contains(pod)).count()
        };
        let mut reports = self.reports.clone();
        let all = reports.wait_for(|reports| unwatched(reports) == 0);
        if tokio::time::timeout(READY, all).await.is_ok_and(|ready| ready.is_ok()) {
            return Ok(());
        }
        Err(NodesError::Unwatched { count: unwatched(&self.reports.borrow()), all: pods.len() })
    }
}

/// What became of each pod in `phase`, over all nodes.
#[must_use]
pub fn outcomes(reports: &BTreeMap<String, Report>, phase: &str) -> BTreeMap<String, Struck> {
    let of_phase = reports.values().filter(|report| report.phase == phase);
    of_phase.flat_map(|report| report.pods.clone()).collect()
}

async fn follow(api: Api<ConfigMap>, nonce: String, sender: watch::Sender<BTreeMap<String, Report>>) {
    let config = watcher::Config::default().fields(&format!("metadata.name={NAME}"));
    let mut events = watcher(api, config).default_backoff().applied_objects().boxed();
    while let Some(event) = events.next().await {
        match event {
            Ok(map) => drop(sender.send_replace(order::reports(&map, &nonce))),
            Err(error) => tracing::warn!(%error, "the watch of the nodes' reports broke and starts again"),
        }
    }
}
