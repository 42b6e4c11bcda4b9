//! The faults of a run, each begun in its phase: on the nodes, or on objects of the API. Phases keep to the clock: a slow
//! fault never moves the next one.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use factory_assurance::{
    evidence::{FaultEvidence, PhaseSpan},
    plan::{Phase, PhaseRole, ProvePlan, Strike},
};
use factory_crds::resilience_standard::FaultKind;
use kube::Client;
use tokio::task::JoinSet;

use super::ProveError;
use crate::{
    faults::{
        self, Target,
        control_plane_outage::doors::DoorsError,
        leased::{self, Ordered},
        nodes::{Nodes, NodesError},
        peer::Peer,
    },
    measure::{Clock, follow::Follower},
    target::Targets,
};

/// What faults are begun with.
pub struct Means<'a> {
    pub plan: &'a ProvePlan,
    pub targets: &'a Targets,
    /// Cluster and namespace of the candidate.
    pub place: (&'a Client, &'a str),
    pub nonce: &'a str,
    pub followers: &'a BTreeMap<String, Follower>,
    pub nodes: Option<&'a Result<Arc<Nodes>, NodesError>>,
    pub doors: &'a Result<BTreeSet<SocketAddr>, DoorsError>,
    pub clock: Clock,
    /// When the run is over.
    pub end: Instant,
}

/// Those that were begun.
#[derive(Default)]
pub struct Begun {
    running: JoinSet<(usize, FaultEvidence)>,
    refused: Vec<(usize, FaultEvidence)>,
}

impl Begun {
    /// Waits for the moment of the fault of `phase`, the plan's `index`th, and begins it; nothing where it is no fault.
    pub async fn begin(&mut self, means: &Means<'_>, index: usize, phase: &Phase, span: &PhaseSpan) {
        let Means { plan, targets, place: (client, namespace), nonce, followers, nodes, doors, clock, end } = *means;
        let PhaseRole::Fault { kind, component, strike } = &phase.role else { return };
        let Some(follower) = followers.get(component) else { return };
        // Nodes are told at the start, wait themselves, and get ready meanwhile: orders and reports take time.
        let respite = respite(span, plan.load.timeout_ms);
        let wait = if strike.is_some() { Duration::ZERO } else { respite };
        let moment = clock.start() + Duration::from_millis(span.from_ms) + wait;
        tokio::time::sleep_until(moment.into()).await;
        let (name, view) = (phase.name.clone(), follower.view());
        // What a fault on the node leaves to see of itself is over with its phase; others are followed on.
        let of_phase = clock.start() + Duration::from_millis(span.to_ms);
        if let Some(why) = refusal(nodes, strike.is_some()) {
            self.refused.push((index, leased::refused(&name, &why.to_string(), &view.borrow())));
            return;
        }
        let rotation = plan.rotations.get(component).cloned().unwrap_or_default();
        match (strike, nodes, faults::of_objects(*kind, nonce, &phase.name, &rotation)) {
            (Some(strike), Some(Ok(nodes)), _) => {
                let (peer, doors) = match toward(*kind, strike, targets, followers, doors).await {
                    Ok(toward) => toward,
                    Err(why) => {
                        self.refused.push((index, leased::refused(&name, &why, &view.borrow())));
                        return;
                    }
                };
                let (component, strike) = (component.clone(), strike.clone());
                let ordered = Ordered { phase: name, kind: *kind, component, strike, peer, doors, respite };
                let nodes = Arc::clone(nodes);
                self.running.spawn(async move { (index, leased::run(&ordered, &nodes, view, clock, of_phase).await) });
            }
            (_, _, Some(fault)) => {
                let target = Target::new(client, namespace, component);
                self.running
                    .spawn(async move { (index, faults::run::run(fault, &name, &target, view, clock, end).await) });
            }
            // A plan that names a fault on the node and not how: the verdict says so.
            _ => {}
        }
    }

    /// Waits until all have ended; what they came to, in the order of the plan.
    pub async fn ended(mut self) -> Result<Vec<FaultEvidence>, ProveError> {
        let mut faults = self.refused;
        while let Some(ended) = self.running.join_next().await {
            faults.push(ended.map_err(|_| ProveError::Died("task of a fault"))?);
        }
        faults.sort_by_key(|(index, _)| *index);
        Ok(faults.into_iter().map(|(_, evidence)| evidence).collect())
    }
}

/// Why a fault is not injected, by what became of the nodes. Where nobody stands by on them the rest of the run is
/// measured all the same; where they lack what the standard takes nothing at all is injected, and only the load is
/// measured: no conclusion could be drawn from a part of it.
fn refusal(nodes: Option<&Result<Arc<Nodes>, NodesError>>, on_node: bool) -> Option<&NodesError> {
    let why = nodes?.as_ref().err()?;
    (on_node || matches!(why, NodesError::Lacking(_))).then_some(why)
}

/// Where the peer of `strike` is, if it has one, and the `doors` of the API server if they are what it shuts; or why it
/// cannot be told.
async fn toward(
    kind: FaultKind,
    strike: &Strike,
    targets: &Targets,
    followers: &BTreeMap<String, Follower>,
    doors: &Result<BTreeSet<SocketAddr>, DoorsError>,
) -> Result<(Option<Peer>, BTreeSet<SocketAddr>), String> {
    let peer = match &strike.peer {
        Some(peer) => {
            let pods = followers.get(peer).map(Follower::view);
            Some(Peer::find(peer, targets, pods).await.map_err(|why| why.to_string())?)
        }
        None => None,
    };
    let doors = match doors {
        _ if kind != FaultKind::ControlPlaneOutage => BTreeSet::new(),
        Ok(doors) => doors.clone(),
        Err(why) => return Err(why.to_string()),
    };
    Ok((peer, doors))
}

/// How long a fault waits after the start of its phase: requests that were due before are answered
/// by then, so that the fault's cost falls into its own phase and not into the one before. At most a
/// tenth of the phase: the verdict wants the fault within the first fifth, and the API server may take
/// its time.
fn respite(span: &PhaseSpan, timeout_ms: u32) -> Duration {
    Duration::from_millis(u64::from(timeout_ms).min((span.to_ms - span.from_ms) / 10))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_waits_for_the_answers_of_the_phase_before_and_never_long() {
        let span = |seconds: u64| PhaseSpan { name: "p".to_owned(), from_ms: 7_000, to_ms: 7_000 + seconds * 1_000 };
        assert_eq!(respite(&span(9), 3_000), Duration::from_millis(900));
        assert_eq!(respite(&span(60), 3_000), Duration::from_millis(3_000));
    }

    #[test]
    fn where_the_nodes_lack_something_nothing_is_injected_and_where_nobody_is_there_faults_on_them_are_not() {
        let lacking = Err(NodesError::Lacking("n1: Bandwidth: no `tc`".to_owned()));
        let unwatched = Err(NodesError::Unwatched { count: 1, all: 2 });
        for (nodes, on_node, refused) in [
            (None, false, false),
            (Some(&lacking), true, true),
            (Some(&lacking), false, true),
            (Some(&unwatched), true, true),
            (Some(&unwatched), false, false),
        ] {
            assert_eq!(refusal(nodes, on_node).is_some(), refused, "{nodes:?} {on_node}");
        }
    }
}
