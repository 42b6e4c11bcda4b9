//! Follows the orders of `prove` and the candidate's pods on this node, until the run is over. One task
//! decides; threads strike. One that was killed in the middle of a fault takes away, when `guard` or the kubelet
//! has started it again, what that left.

pub mod pods;
mod soaking;

use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
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
    hands::Hands,
    order::{self, Planned, Report, Struck, Task},
    pod::Span,
};
use crate::faults;
use pods::{Pods, Watched};
use soaking::Soaking;

/// Longest wait for threads to undo what they did, when the node is told to stop.
const UNDO: Duration = Duration::from_secs(10);

/// How soon a pod that could not be watched is tried again.
const AGAIN: Duration = Duration::from_millis(500);

/// What becomes known within this time is told together: a node with a hundred pods writes no hundred times.
const TOGETHER: Duration = Duration::from_millis(40);

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
    Maps(Event<ConfigMap>),
    Pods(Event<Pod>),
}

/// A strike in force.
struct InForce {
    kind: FaultKind,
    component: String,
    strike: Strike,
    peer: Option<Peer>,
    doors: BTreeSet<SocketAddr>,
    pods: Vec<String>,
    /// Whether one of the pods that were chosen was seen here: this is the node, where one node is meant.
    here: bool,
    from: Instant,
    until: Instant,
}

struct Node<'a, H: Hands> {
    hands: H,
    api: Api<ConfigMap>,
    name: &'a str,
    report: Report,
    /// What an earlier life of this node told; until the first order is followed.
    earlier: Option<Report>,
    /// The order that was listed, while the list is being read.
    listed: Option<Task>,
    /// Whether it was read once. Nothing is told before: that would be written over what an earlier life told.
    knows: bool,
    pods: Pods<H>,
    in_force: Option<InForce>,
    /// The soak that goes on, or the last one, which is not begun again.
    soaking: Option<Soaking>,
    stop: Arc<AtomicBool>,
    striking: usize,
    outcomes: mpsc::UnboundedSender<Outcome>,
}

/// Phase, UID of the pod, and what became of it.
type Outcome = (String, String, Struck);

/// Serves the run with `nonce` on the candidate in `namespace`, as `node`, with its `hands`.
pub async fn serve<H: Hands>(
    client: &Client,
    namespace: &str,
    nonce: &str,
    node: &str,
    hands: H,
) -> Result<(), ServeError> {
    let api: Api<ConfigMap> = Api::namespaced(client.clone(), namespace);
    let pods: Api<Pod> = Api::namespaced(client.clone(), namespace);
    // The order, and what this node itself has told: both come with the first list.
    let maps = watcher(api.clone(), watcher::Config::default().labels(&order::of_node(node)))
        .default_backoff()
        .filter_map(async |event| event.ok().map(Seen::Maps));
    let pods = watcher(pods, watcher::Config::default().fields(&format!("spec.nodeName={node}")))
        .default_backoff()
        .filter_map(async |event| event.ok().map(Seen::Pods));
    let mut seen = stream::select(maps.boxed(), pods.boxed());
    let mut terminated = signal(SignalKind::terminate())?;
    let (sender, mut outcomes) = mpsc::unbounded_channel();
    let mut node = Node {
        pods: Pods::new(hands.clone()),
        hands,
        api,
        name: node,
        report: Report { nonce: nonce.to_owned(), ..Report::default() },
        earlier: None,
        listed: None,
        knows: false,
        in_force: None,
        soaking: None,
        stop: Arc::new(AtomicBool::new(false)),
        striking: 0,
        outcomes: sender,
    };
    tracing::info!(node = node.name, "serves");
    let mut again = tokio::time::interval(AGAIN);
    loop {
        let task = tokio::select! {
            event = seen.next() => match event {
                Some(Seen::Maps(event)) => node.heard(event).await?,
                Some(Seen::Pods(event)) => {
                    node.saw(event).await?;
                    None
                }
                None => return Ok(()),
            },
            Some(outcome) = outcomes.recv() => {
                node.note_all(outcome, &mut outcomes).await?;
                None
            }
            _ = again.tick() => {
                if node.pods.again().await {
                    node.watching().await?;
                }
                node.soak().await?;
                None
            }
            _ = terminated.recv() => Some(Task::End {}),
        };
        match task {
            Some(Task::End {}) => return node.end(&mut outcomes).await,
            Some(task) => node.follow(task).await?,
            None => {}
        }
    }
}

impl<H: Hands> Node<'_, H> {
    /// Takes in what was seen of the order and of this node's own report; the order that is to be followed now. Of
    /// what was listed nothing is followed before all of it was read.
    async fn heard(&mut self, event: Event<ConfigMap>) -> Result<Option<Task>, ServeError> {
        let nonce = self.report.nonce.clone();
        match event {
            Event::Init => self.listed = None,
            Event::InitApply(map) => {
                self.listed = self.listed.take().or_else(|| order::order(&map, &nonce));
                // Later lists tell of this life.
                if !self.knows {
                    let of_this = |(node, report): (String, Report)| (node == self.name).then_some(report);
                    self.earlier = self.earlier.take().or_else(|| order::report(&map, &nonce).and_then(of_this));
                }
            }
            Event::InitDone => {
                let listed = self.listed.take();
                let first = !std::mem::replace(&mut self.knows, true);
                let Some(earlier) = self.earlier.take() else {
                    if first {
                        self.tell().await?;
                    }
                    return Ok(listed);
                };
                // Whoever served here before had tried what it can do.
                let restarted = earlier.lacks.is_some();
                self.resume(earlier).await?;
                return if restarted { self.missed(listed).await } else { Ok(listed) };
            }
            Event::Apply(map) => return Ok(order::order(&map, &nonce)),
            Event::Delete(_) => {}
        }
        Ok(None)
    }

    /// After a restart: what an earlier life left goes, and its strike is told to have broken off.
    async fn resume(&mut self, mut earlier: Report) -> Result<(), ServeError> {
        for (uid, struck) in earlier.pods.iter_mut().filter(|(_, struck)| !struck.ended) {
            let place = super::place::Place { uid: uid.clone(), containers: Vec::new() };
            let hands = self.hands.clone();
            let cleared = tokio::task::spawn_blocking(move || hands.clear(&place)).await;
            struck.errors.push("the lab pod of its node was killed while this fault lasted".to_owned());
            struck.errors.extend(cleared.unwrap_or_default().iter().map(ToString::to_string));
            struck.ended = true;
        }
        // What is watched is known to this life.
        let watches = std::mem::take(&mut self.report.watches);
        self.report = Report { watches, ..earlier };
        self.tell().await
    }

    /// Of an order that was given while nobody was here: how long ago cannot be told, so a fault would last into what
    /// is measured after it. It is not struck, and `prove` hears of no pod that was.
    async fn missed(&mut self, listed: Option<Task>) -> Result<Option<Task>, ServeError> {
        match listed {
            Some(Task::Strike { phase, .. }) if phase != self.report.phase => {
                tracing::warn!(phase, "ordered while nobody served here: not struck");
                self.report.phase = phase;
                self.report.pods = BTreeMap::new();
                self.tell().await?;
                Ok(None)
            }
            Some(Task::Soak { phase, .. }) => {
                tracing::warn!(phase, "ordered to look while nobody served here: not known since when");
                Ok(None)
            }
            other => Ok(other),
        }
    }

    /// Says what this node lacks for `planned`.
    async fn try_all(&mut self, planned: Vec<Planned>) -> Result<(), ServeError> {
        if self.report.lacks.is_some() {
            return Ok(());
        }
        let hands = self.hands.clone();
        let died = |_| vec!["the preflight died".to_owned()];
        let lacks = tokio::task::spawn_blocking(move || hands.lacking(&planned)).await.unwrap_or_else(died);
        self.report.lacks = Some(lacks);
        self.tell().await
    }

    async fn follow(&mut self, task: Task) -> Result<(), ServeError> {
        let (phase, kind, component, pods, strike, addresses, doors, after_ms) = match task {
            Task::Strike { phase, kind, component, pods, strike, addresses, doors, after_ms } => {
                (phase, kind, component, pods, strike, addresses, doors, after_ms)
            }
            Task::Watch { faults } => return self.try_all(faults).await,
            Task::Soak { phase, components, every_seconds, seconds } => {
                if self.soaking.as_ref().is_none_or(|soaking| soaking.phase() != phase) {
                    tracing::info!(phase, seconds, "ordered to look at what pods use");
                    self.soaking = Some(Soaking::begin(phase, components, every_seconds, seconds));
                }
                return Ok(());
            }
            Task::End {} => return Ok(()),
        };
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
        self.in_force = Some(InForce { kind, component, strike, peer, doors, pods, here: false, from, until });
        self.strike_all();
        self.tell().await
    }

    /// Strikes every pod here that the order in force means and that is not struck yet.
    fn strike_all(&mut self) {
        let Some(in_force) = &mut self.in_force else { return };
        in_force.here |= self.pods.iter().any(|watched| in_force.pods.contains(&watched.place.uid));
        let in_force = &*in_force;
        let everyone = match in_force.strike.share {
            Share::One => false,
            Share::All => true,
            Share::Node => in_force.here,
        };
        let meant = |watched: &&Watched<H>| {
            in_force.pods.contains(&watched.place.uid) || everyone && watched.component == in_force.component
        };
        let ordered = in_force.from;
        let from = ordered.max(Instant::now());
        let left = in_force.until.saturating_duration_since(from);
        let fresh: Vec<_> = self.pods.iter().filter(meant).cloned().collect();
        let (kind, strike) = (in_force.kind, in_force.strike.clone());
        let aim = Aim { doors: in_force.doors.clone(), ..Aim::of(&strike, in_force.peer.clone()) };
        for watched in fresh {
            let uid = watched.place.uid.clone();
            // One that comes later is struck for what is left of the lease, and not for a fault that is over.
            if self.report.pods.contains_key(&uid) || (strike.lease_seconds > 0 && left.is_zero()) {
                continue;
            }
            self.report.pods.insert(uid, Struck::default());
            let fault = faults::on_node(kind, strike.strength, &aim);
            self.start(fault, watched, Span { ordered, from, lease: left });
        }
    }

    fn start(&mut self, fault: Option<Box<dyn NodeFault>>, watched: Watched<H>, span: Span) {
        let Some(fault) = fault else { return };
        let (stop, outcomes, hands) = (Arc::clone(&self.stop), self.outcomes.clone(), self.hands.clone());
        let phase = self.report.phase.clone();
        let uid = watched.place.uid.clone();
        let of_pod = uid.clone();
        let work = move || {
            // Nobody hears it any more when the node has ended.
            let mut tell = |struck: &Struck| drop(outcomes.send((phase.clone(), of_pod.clone(), struck.clone())));
            hands.strike(fault, (&watched.place, watched.look.as_ref()), span, &stop, &mut tell);
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

    /// Takes in an outcome, and those that come soon after it, and tells all of them at once.
    async fn note_all(
        &mut self,
        first: Outcome,
        outcomes: &mut mpsc::UnboundedReceiver<Outcome>,
    ) -> Result<(), ServeError> {
        self.note(first);
        tokio::time::sleep(TOGETHER).await;
        while let Ok(outcome) = outcomes.try_recv() {
            self.note(outcome);
        }
        self.tell().await
    }

    fn note(&mut self, (phase, uid, struck): Outcome) {
        if struck.ended {
            self.striking = self.striking.saturating_sub(1);
        }
        if phase == self.report.phase {
            self.report.pods.insert(uid, struck);
        }
    }

    /// Looks at what pods use, where that is due, and tells it when the soak is over.
    async fn soak(&mut self) -> Result<(), ServeError> {
        let Some(soaking) = &mut self.soaking else { return Ok(()) };
        if let Some(components) = soaking.due() {
            let of_these = self.pods.iter().filter(|watched| components.contains(&watched.component));
            let there: Vec<_> = of_these.map(|watched| (watched.component.clone(), watched.place.clone())).collect();
            let hands = self.hands.clone();
            let looked = tokio::task::spawn_blocking(move || soaking::look(&hands, there)).await;
            soaking.saw(looked.unwrap_or_default());
        }
        if let Some(soaked) = soaking.over(&self.report.nonce) {
            order::tell_soak(&self.api, self.name, &soaked).await?;
        }
        Ok(())
    }

    async fn tell(&self) -> Result<(), ServeError> {
        if !self.knows {
            return Ok(());
        }
        Ok(order::tell(&self.api, self.name, &self.report).await?)
    }

    /// Lets every strike undo what it did, and ends.
    async fn end(&mut self, outcomes: &mut mpsc::UnboundedReceiver<Outcome>) -> Result<(), ServeError> {
        self.stop.store(true, Ordering::Relaxed);
        let undone = async {
            while self.striking > 0 {
                let Some(outcome) = outcomes.recv().await else { return Ok(()) };
                self.note_all(outcome, outcomes).await?;
            }
            Ok(())
        };
        tokio::time::timeout(UNDO, undone).await.unwrap_or(Ok(()))
    }
}
