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

use crate::{
    schema::line,
    strike::order::{self, Order, Planned, Report, Soaked, Struck, Task},
};

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
    /// Nodes cannot do what the plan asks of them.
    #[error("nothing was injected, because nodes of the lab lack what the standard takes: {0}")]
    Lacking(String),
}

/// The nodes of one run; no longer heard when this is dropped.
#[derive(Debug)]
pub struct Nodes {
    api: Api<ConfigMap>,
    nonce: String,
    reports: watch::Receiver<BTreeMap<String, Report>>,
    soaked: watch::Receiver<BTreeMap<String, Soaked>>,
    task: AbortHandle,
}

impl Drop for Nodes {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Nodes {
    /// Asks the nodes to watch the candidate in `namespace`, for the run with `nonce`, and to try whether they can
    /// do `faults`; returns when every one of `pods` is watched by a node that can.
    pub async fn watching(
        client: &Client,
        namespace: &str,
        nonce: &str,
        pods: &BTreeSet<String>,
        faults: Vec<Planned>,
    ) -> Result<Self, NodesError> {
        let api: Api<ConfigMap> = Api::namespaced(client.clone(), namespace);
        let (sender, reports) = watch::channel(BTreeMap::new());
        let (of_soak, soaked) = watch::channel(BTreeMap::new());
        let task = tokio::spawn(follow(api.clone(), nonce.to_owned(), sender, of_soak)).abort_handle();
        let nodes = Self { api, nonce: nonce.to_owned(), reports, soaked, task };
        nodes.give(Task::Watch { faults }).await?;
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

    /// What each node saw of a soak, and a notice when another one tells.
    #[must_use]
    pub fn soaked(&self) -> watch::Receiver<BTreeMap<String, Soaked>> {
        self.soaked.clone()
    }

    async fn ready(&self, pods: &BTreeSet<String>) -> Result<(), NodesError> {
        let mut reports = self.reports.clone();
        let all = reports.wait_for(|reports| unwatched(reports, pods) == 0);
        if tokio::time::timeout(READY, all).await.is_ok_and(|ready| ready.is_ok()) {
            return lacking(&self.reports.borrow()).map_or(Ok(()), |lacking| Err(NodesError::Lacking(lacking)));
        }
        Err(NodesError::Unwatched { count: unwatched(&self.reports.borrow(), pods), all: pods.len() })
    }
}

/// How many of `pods` are watched by no node that knows what it can do.
fn unwatched(reports: &BTreeMap<String, Report>, pods: &BTreeSet<String>) -> usize {
    let known = reports.values().filter(|report| report.lacks.is_some());
    let watched: BTreeSet<_> = known.flat_map(|report| &report.watches).collect();
    pods.iter().filter(|pod| !watched.contains(pod)).count()
}

/// What nodes say that they lack, in one line.
fn lacking(reports: &BTreeMap<String, Report>) -> Option<String> {
    let of = |(node, report): (&String, &Report)| {
        let lacks = report.lacks.iter().flatten().cloned().collect::<Vec<_>>().join("; ");
        (!lacks.is_empty()).then(|| format!("{node}: {lacks}"))
    };
    let all: Vec<_> = reports.iter().filter_map(of).collect();
    (!all.is_empty()).then(|| line(&all.join("; ")))
}

/// What became of each pod in `phase`, over all nodes.
#[must_use]
pub fn outcomes(reports: &BTreeMap<String, Report>, phase: &str) -> BTreeMap<String, Struck> {
    struck(reports, phase).map(|(pod, struck)| (pod.clone(), struck.clone())).collect()
}

/// The same without a copy.
pub fn struck<'a>(
    reports: &'a BTreeMap<String, Report>,
    phase: &'a str,
) -> impl Iterator<Item = (&'a String, &'a Struck)> {
    reports.values().filter(move |report| report.phase == phase).flat_map(|report| &report.pods)
}

async fn follow(
    api: Api<ConfigMap>,
    nonce: String,
    sender: watch::Sender<BTreeMap<String, Report>>,
    of_soak: watch::Sender<BTreeMap<String, Soaked>>,
) {
    let config = watcher::Config::default().labels(&order::all_reports());
    let mut events = watcher(api, config).default_backoff().applied_objects().boxed();
    while let Some(event) = events.next().await {
        match event {
            Ok(map) => {
                if let Some((node, report)) = order::report(&map, &nonce) {
                    sender.send_modify(|reports| drop(reports.insert(node, report)));
                } else if let Some((node, soaked)) = order::soaked(&map, &nonce) {
                    of_soak.send_modify(|nodes| drop(nodes.insert(node, soaked)));
                }
            }
            Err(error) => tracing::warn!(%error, "the watch of the nodes' reports broke and starts again"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_counts_when_it_has_tried_what_it_can_do_and_one_that_cannot_is_named() {
        let report = |watches: &str, lacks: Option<&[&str]>| Report {
            watches: vec![watches.to_owned()],
            lacks: lacks.map(|lacks| lacks.iter().map(ToString::to_string).collect()),
            ..Report::default()
        };
        let mut reports =
            BTreeMap::from([("n1".to_owned(), report("a", Some(&[]))), ("n2".to_owned(), report("b", None))]);
        let pods = BTreeSet::from(["a".to_owned(), "b".to_owned()]);
        assert_eq!(unwatched(&reports, &pods), 1);
        assert_eq!(lacking(&reports), None);
        reports.insert("n2".to_owned(), report("b", Some(&["Freeze: no ptrace", "Delay: no queue"])));
        assert_eq!(unwatched(&reports, &pods), 0);
        assert_eq!(lacking(&reports).as_deref(), Some("n2: Freeze: no ptrace; Delay: no queue"));
    }
}
