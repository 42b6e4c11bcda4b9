//! Follows the orders of `prove` and the candidate's pods on this node, until the run is over. One task
//! decides; threads strike. A node that was killed in the middle of a fault takes away, when it comes
//! back, what that left.

pub mod pods;

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use factory_assurance::plan::Strike;
use factory_crds::resilience_standard::{FaultKind, Share};
use futures::{StreamExt as _, stream};
use k8s_openapi::api::core::v1::{ConfigMap, Pod};
use kube::{
    Api, Client,
    runtime::{WatchStreamExt as _, watcher, watcher::Event},
};
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::mpsc,
};

use super::{
    NodeFault,
    aim::{Aim, Peer},
    order::{self, NAME, Report, Struck, Task},
    pod::{self, Span},
    residue,
};
use crate::faults;
use pods::{Pods, Watched};

/// Longest wait for threads to undo what they did, when the node is told to stop.
const UNDO: Duration = Duration::from_secs(10);

/// How soon a pod that could not be watched is tried again.
const AGAIN: Duration = Duration::from_millis(500);

/// A node cannot serve.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// A signal cannot be heard.
    #[error("hear signals: {0}")]
    Signal(#[from] std::io::Error),
    /// The API server did not take a report.
    #[error("report: {0}")]
    Report(#[from] kube::Error),
}

enum Seen {
    Orders(Option<ConfigMap>),
    Pods(Event<Pod>),
}

/// A strike in force.
struct InForce {
    kind: FaultKind,
    component: String,
    strike: Strike,
    peer: Option<Peer>,
    pods: Vec<String>,
    from: Instant,
    until: Instant,
}

struct Node<'a> {
    api: Api<ConfigMap>,
    name: &'a str,
    report: Report,
    pods: Pods,
    in_force: Option<InForce>,
    stop: Arc<AtomicBool>,
    striking: usize,
    outcomes: mpsc::UnboundedSender<(String, String, Struck)>,
}

/// Serves the run with `nonce` on the candidate in `namespace`, as `node`.
pub async fn serve(client: &Client, namespace: &str, nonce: &str, node: &str) -> Result<(), ServeError> {
    let api: Api<ConfigMap> = Api::namespaced(client.clone(), namespace);
    let pods: Api<Pod> = Api::namespaced(client.clone(), namespace);
    let orders = watcher(api.clone(), watcher::Config::default().fields(&format!("metadata.name={NAME}")))
        .default_backoff()
        .applied_objects()
        .map(|map| Seen::Orders(map.ok()));
    let pods = watcher(pods, watcher::Config::default().fields(&format!("spec.nodeName={node}")))
        .default_backoff()
        .filter_map(async |event| event.ok().map(Seen::Pods));
    let mut seen = stream::select(orders.boxed(), pods.boxed());
    let mut terminated = signal(SignalKind::terminate())?;
    let (sender, mut outcomes) = mpsc::unbounded_channel();
    let mut node = Node {
        api,
        name: node,
        report: Report { nonce: nonce.to_owned(), ..Report::default() },
        pods: Pods::default(),
        in_force: None,
        stop: Arc::new(AtomicBool::new(false)),
        striking: 0,
        outcomes: sender,
    };
    let mut first = true;
    let mut again = tokio::time::interval(AGAIN);
    loop {
        tokio::select! {
            event = seen.next() => match event {
                Some(Seen::Orders(Some(map))) => {
                    if std::mem::take(&mut first) {
                        node.resume(&map).await?;
                    }
                    match order::order(&map, nonce) {
                        Some(Task::End {}) => return node.end(&mut outcomes).await,
                        Some(task) => node.follow(task).await?,
                        None => {}
                    }
                }
                Some(Seen::Orders(None)) => {}
                Some(Seen::Pods(event)) => node.saw(event).await?,
                None => return Ok(()),
            },
            Some(outcome) = outcomes.recv() => node.note(outcome).await?,
            _ = again.tick() => if node.pods.again().await {
                node.watching().await?;
            },
            _ = terminated.recv() => return node.end(&mut outcomes).await,
        }
    }
}

impl Node<'_> {
    /// After a restart: what an earlier life left goes, and its strike is told to have broken off.
    async fn resume(&mut self, map: &ConfigMap) -> Result<(), ServeError> {
        let Some(mut earlier) = order::reports(map, &self.report.nonce).remove(self.name) else { return Ok(()) };
        for (uid, struck) in earlier.pods.iter_mut().filter(|(_, struck)| !struck.ended) {
            let place = super::place::Place { uid: uid.clone(), containers: Vec::new() };
            let cleared = tokio::task::spawn_blocking(move || residue::clear(&place)).await;
            struck.errors.push("the lab pod of its node was killed while this fault lasted".to_owned());
            struck.errors.extend(cleared.unwrap_or_default().iter().map(ToString::to_string));
            struck.ended = true;
        }
        // What is watched is known to this life: the report may be its own, told before the first order came.
        let watches = std::mem::take(&mut self.report.watches);
        self.report = Report { watches, ..earlier };
        self.tell().await
    }

    async fn follow(&mut self, task: Task) -> Result<(), ServeError> {
        let Task::Strike { phase, kind, component, pods, strike, addresses, after_ms } = task else { return Ok(()) };
        if phase == self.report.phase {
            if let Some(peer) = self.in_force.as_ref().and_then(|in_force| in_force.peer.as_ref()) {
                peer.moves(addresses);
            }
            return Ok(());
        }
        let peer = strike.peer.as_ref().map(|_| Peer::at(addresses));
        let from = Instant::now() + Duration::from_millis(after_ms);
        let until = from + Duration::from_secs(strike.lease_seconds.into());
        tracing::info!(phase, component, "ordered to strike");
        self.report.phase = phase;
        self.report.pods = BTreeMap::new();
        self.in_force = Some(InForce { kind, component, strike, peer, pods, from, until });
        self.strike_all();
        self.tell().await
    }

    /// Strikes every pod here that the order in force means and that is not struck yet.
    fn strike_all(&mut self) {
        let Some(in_force) = &self.in_force else { return };
        let meant = |watched: &&Watched| {
            in_force.pods.contains(&watched.place.uid)
                || in_force.strike.share == Share::All && watched.component == in_force.component
        };
        let from = in_force.from.max(Instant::now());
        let left = in_force.until.saturating_duration_since(from);
        let fresh: Vec<_> = self.pods.iter().filter(meant).cloned().collect();
        let (kind, strike) = (in_force.kind, in_force.strike.clone());
        let aim = Aim {
            direction: strike.direction,
            peer: in_force.peer.clone(),
            names: strike.names.clone(),
            path: strike.path.clone(),
            status: strike.status.and_then(|status| u16::try_from(status).ok()).unwrap_or(0),
            late: Duration::from_millis(strike.late_ms.unwrap_or(0).into()),
        };
        for watched in fresh {
            let uid = watched.place.uid.clone();
            // One that comes later is struck for what is left of the lease, and not for a fault that is over.
            if self.report.pods.contains_key(&uid) || (strike.lease_seconds > 0 && left.is_zero()) {
                continue;
            }
            self.report.pods.insert(uid, Struck::default());
            let fault = faults::on_node(kind, strike.strength, &aim);
            self.start(fault, watched, Span { from, lease: left });
        }
    }

    fn start(&mut self, fault: Option<Box<dyn NodeFault>>, watched: Watched, span: Span) {
        let Some(fault) = fault else { return };
        let (stop, outcomes) = (Arc::clone(&self.stop), self.outcomes.clone());
        let phase = self.report.phase.clone();
        let uid = watched.place.uid.clone();
        let of_pod = uid.clone();
        let work = move || {
            // Nobody hears it any more when the node has ended.
            let mut tell = |struck: &Struck| drop(outcomes.send((phase.clone(), of_pod.clone(), struck.clone())));
            pod::strike(fault, &watched.place, &watched.tapping, span, &stop, &mut tell);
        };
        match std::thread::Builder::new().name("strike".to_owned()).spawn(work) {
            Ok(_) => self.striking += 1,
            Err(error) => {
                let errors = vec![format!("start a thread: {error}")];
                self.report.pods.insert(uid, Struck { ended: true, errors, ..Struck::default() });
            }
        }
    }

    async fn saw(&mut self, event: Event<Pod>) -> Result<(), ServeError> {
        if self.pods.saw(event).await { self.watching().await } else { Ok(()) }
    }

    /// Other pods are watched than before.
    async fn watching(&mut self) -> Result<(), ServeError> {
        self.report.watches = self.pods.iter().map(|watched| watched.place.uid.clone()).collect();
        self.strike_all();
        self.tell().await
    }

    async fn note(&mut self, (phase, uid, struck): (String, String, Struck)) -> Result<(), ServeError> {
        if struck.ended {
            self.striking = self.striking.saturating_sub(1);
        }
        if phase == self.report.phase {
            self.report.pods.insert(uid, struck);
        }
        self.tell().await
    }

    async fn tell(&self) -> Result<(), ServeError> {
        Ok(order::tell(&self.api, self.name, &self.report).await?)
    }

    /// Lets every strike undo what it did, and ends.
    async fn end(
        &mut self,
        outcomes: &mut mpsc::UnboundedReceiver<(String, String, Struck)>,
    ) -> Result<(), ServeError> {
        self.stop.store(true, Ordering::Relaxed);
        let undone = async {
            while self.striking > 0 {
                let Some(outcome) = outcomes.recv().await else { return Ok(()) };
                self.note(outcome).await?;
            }
            Ok(())
        };
        tokio::time::timeout(UNDO, undone).await.unwrap_or(Ok(()))
    }
}
