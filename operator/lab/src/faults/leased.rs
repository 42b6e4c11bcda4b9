//! Faults on the node, from the side of `prove`: chooses the pods, gives the order, hears what the nodes
//! report, and writes it down. Nothing is believed that a node did not report.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::{IpAddr, SocketAddr},
    time::{Duration, Instant},
};

use factory_assurance::{
    evidence::{FaultEvidence, PodSeen, Tries},
    plan::Strike,
};
use factory_crds::resilience_standard::{FaultKind, Share};
use tokio::sync::watch;

use super::{
    nodes::{self, Nodes, outcomes},
    nothing,
    peer::Peer,
};
use crate::{
    measure::{Clock, view::View},
    random::Random,
    schema::line,
    strike::order::{Report, Struck, Task},
};

/// How long nodes may take for an injection, from the moment that is meant.
const INJECTION: Duration = Duration::from_secs(10);
/// How long after the end of the lease they may take to look at everything and to say so.
const ACCOUNT: Duration = Duration::from_secs(8);

/// A fault on the node, as planned.
#[derive(Clone, Debug)]
pub struct Ordered {
    /// Name of its phase.
    pub phase: String,
    /// Which.
    pub kind: FaultKind,
    /// Component that it strikes.
    pub component: String,
    /// How.
    pub strike: Strike,
    /// With whom the traffic is exchanged that it strikes, where the strike says a peer.
    pub peer: Option<Peer>,
    /// Of an outage of the control plane: where the API server is reached.
    pub doors: BTreeSet<SocketAddr>,
    /// From the order to the injection, at least.
    pub respite: Duration,
}

/// Orders the fault now and follows it, at most until `end`.
pub async fn run(
    ordered: &Ordered,
    nodes: &Nodes,
    mut view: watch::Receiver<View>,
    clock: Clock,
    end: Instant,
) -> FaultEvidence {
    // Of one moment: a pod that is seen must not be gone when it is asked where it is.
    let mut evidence = {
        let view = view.borrow_and_update();
        let mut evidence = nothing(&ordered.phase, &view);
        if ordered.strike.share == Share::Node {
            number(&mut evidence.before, &view);
        }
        evidence
    };
    let pods = chosen(&evidence.before, ordered, nodes.nonce());
    if pods.is_empty() {
        evidence.errors.push(format!("{}: no pod is ready that could be struck", line(&ordered.component)));
        return evidence;
    }
    let mut peer = ordered.peer.clone();
    let addresses = peer.as_mut().map(Peer::addresses).unwrap_or_default();
    // Nodes wait for as long themselves: none strikes before.
    let respite = u64::try_from(ordered.respite.as_millis()).unwrap_or(u64::MAX);
    evidence.ordered_ms = Some(clock.now_ms().saturating_add(respite));
    match nodes.give(task(ordered, &pods, addresses.clone())).await {
        Ok(()) => tokio::select! {
            () = follow(ordered, &pods, nodes, &mut evidence, clock, end) => {}
            () = follow_peer(ordered, &pods, nodes, peer, addresses) => {}
        },
        Err(error) => evidence.errors.push(line(&format!("order a strike: {error}"))),
    }
    if evidence.injected_ms.is_some() {
        let whole = tokio::time::timeout_at(end.into(), view.wait_for(View::whole)).await;
        evidence.ready_again_ms = matches!(whole, Ok(Ok(_))).then(|| clock.now_ms());
    }
    evidence.gone = view.borrow().gone_of(&evidence.before, clock);
    evidence
}

fn task(ordered: &Ordered, pods: &[String], addresses: BTreeSet<IpAddr>) -> Task {
    Task::Strike {
        phase: ordered.phase.clone(),
        kind: ordered.kind,
        component: ordered.component.clone(),
        pods: pods.to_vec(),
        strike: ordered.strike.clone(),
        addresses,
        doors: ordered.doors.clone(),
        after_ms: u64::try_from(ordered.respite.as_millis()).unwrap_or(u64::MAX),
    }
}

/// Tells the nodes where the peer went, for as long as it is asked to.
async fn follow_peer(
    ordered: &Ordered,
    pods: &[String],
    nodes: &Nodes,
    peer: Option<Peer>,
    mut known: BTreeSet<IpAddr>,
) {
    let Some(mut peer) = peer else { return std::future::pending().await };
    loop {
        known = peer.moved(&known).await;
        // The next move is told again; what the nodes felt says whether one was missed.
        if let Err(error) = nodes.give(task(ordered, pods, known.clone())).await {
            tracing::warn!(phase = ordered.phase, %error, "the nodes were not told that the peer moved");
        }
    }
}

/// A fault that nobody was there to inject.
#[must_use]
pub fn refused(phase: &str, why: &str, view: &View) -> FaultEvidence {
    FaultEvidence { errors: vec![line(why)], ..nothing(phase, view) }
}

/// Waits for the injection and for the end, and takes over what the nodes say.
async fn follow(
    ordered: &Ordered,
    pods: &[String],
    nodes: &Nodes,
    evidence: &mut FaultEvidence,
    clock: Clock,
    end: Instant,
) {
    let lease = Duration::from_secs(ordered.strike.lease_seconds.into());
    let mut reports = nodes.reports();
    let phase = ordered.phase.as_str();
    let decided = |struck: &Struck| struck.injected || struck.ended;
    let latest = (Instant::now() + ordered.respite + INJECTION).min(end);
    let injected = heard(&mut reports, phase, pods, decided, latest).await;
    if !injected.is_empty() && injected.values().any(|struck| struck.injected) {
        evidence.injected_ms = Some(clock.now_ms());
        tracing::info!(phase, component = ordered.component, pods = pods.len(), "fault injected");
    }
    let latest = (Instant::now() + lease + ACCOUNT).min(end);
    let ended = heard(&mut reports, phase, pods, |struck| struck.ended, latest).await;
    // Also pods that were not ordered by name: they came while a strike at all lasted.
    let each = |reports: &BTreeMap<String, Report>| nodes::struck(reports, phase).all(|(_, struck)| struck.ended);
    drop(tokio::time::timeout_at(latest.into(), reports.wait_for(each)).await);
    let all = outcomes(&reports.borrow(), phase);
    if pods.iter().all(|pod| ended.contains_key(pod)) && evidence.injected_ms.is_some() {
        evidence.ended_ms = Some(clock.now_ms());
        tracing::info!(phase, component = ordered.component, "fault ended");
    }
    for pod in pods.iter().filter(|pod| !ended.contains_key(*pod)) {
        let state = if injected.contains_key(pod) { "its end" } else { "that it struck" };
        evidence.errors.push(line(&format!("pod {pod}: its node did not report {state} in time")));
    }
    for (pod, struck) in all {
        let of_pod = |text: &String| line(&format!("pod {pod}: {text}"));
        evidence.errors.extend(struck.errors.iter().map(of_pod));
        evidence.residue.extend(struck.residue.iter().map(of_pod));
        evidence.doses.extend(struck.doses.into_iter().map(|mut dose| {
            dose.pod.clone_from(&pod);
            dose
        }));
        // One that came later was not asked before.
        if pods.contains(&pod) {
            evidence.tries.extend(struck.tries.map(|tries| Tries { pod, ..tries }));
        }
    }
}

/// The pods of `pods` of which a report says what `enough` wants; waits for all, at most until `latest`.
async fn heard(
    reports: &mut watch::Receiver<BTreeMap<String, Report>>,
    phase: &str,
    pods: &[String],
    enough: impl Fn(&Struck) -> bool,
    latest: Instant,
) -> BTreeMap<String, Struck> {
    let pods: BTreeSet<&String> = pods.iter().collect();
    let known = |(pod, struck): &(&String, &Struck)| pods.contains(pod) && enough(struck);
    // Whether the wait ended well or not, what is known by then is what counts.
    let all = reports.wait_for(|reports| nodes::struck(reports, phase).filter(known).count() == pods.len());
    drop(tokio::time::timeout_at(latest.into(), all).await);
    let reports = reports.borrow();
    nodes::struck(&reports, phase).filter(known).map(|(pod, struck)| (pod.clone(), struck.clone())).collect()
}

/// Says of each pod on which node it is: by numbers, since names of nodes are nobody's business who reads a dossier.
fn number(before: &mut [PodSeen], view: &View) {
    let nodes: BTreeSet<&str> =
        view.pods.values().map(|pod| pod.node.as_str()).filter(|node| !node.is_empty()).collect();
    for seen in before {
        let node = view.pods.get(&seen.uid).map(|pod| pod.node.as_str());
        let number = node.and_then(|node| nodes.iter().position(|known| *known == node));
        seen.node = number.and_then(|number| u32::try_from(number).ok());
    }
}

/// Whom the fault strikes: one ready pod, drawn from the nonce, all ready ones, or all of a node that is drawn.
fn chosen(before: &[PodSeen], ordered: &Ordered, nonce: &str) -> Vec<String> {
    let ready = || before.iter().filter(|pod| pod.ready);
    let mut random = Random::seeded("strike", &format!("{nonce} {}", ordered.phase));
    let mut drawn = |of: usize| usize::try_from(random.below(of.max(1) as u64)).unwrap_or(0);
    let mut pods: Vec<_> = ready().map(|pod| pod.uid.clone()).collect();
    pods.sort();
    match ordered.strike.share {
        Share::All => pods,
        Share::One => pods.get(drawn(pods.len())).cloned().into_iter().collect(),
        Share::Node => {
            let nodes: BTreeSet<u32> = ready().filter_map(|pod| pod.node).collect();
            let node = nodes.iter().nth(drawn(nodes.len()));
            let mut of_node: Vec<_> = ready()
                .filter(|pod| pod.node.is_some() && pod.node.as_ref() == node)
                .map(|pod| pod.uid.clone())
                .collect();
            of_node.sort();
            of_node
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ordered(share: Share) -> Ordered {
        Ordered {
            phase: "freeze-web".to_owned(),
            kind: FaultKind::Freeze,
            component: "web".to_owned(),
            strike: Strike { share, lease_seconds: 3, strength: 0, ..Strike::default() },
            peer: None,
            doors: BTreeSet::new(),
            respite: Duration::ZERO,
        }
    }

    fn seen(uid: &str, ready: bool, node: Option<u32>) -> PodSeen {
        PodSeen { uid: uid.to_owned(), ready, node }
    }

    #[test]
    fn all_ready_pods_of_one_node_are_struck_and_the_node_follows_from_the_nonce() {
        let of = |uid, node| seen(uid, true, Some(node));
        let before = [of("a", 0), of("b", 1), of("c", 0), seen("d", false, Some(1)), seen("e", false, Some(2))];
        let drawn = |nonce: &str| chosen(&before, &ordered(Share::Node), nonce);
        let all: BTreeSet<_> = (0..40).map(|nonce| drawn(&nonce.to_string())).collect();
        let one = |pods: &[&str]| pods.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(all, [one(&["a", "c"]), one(&["b"])].into(), "a node without a ready pod is none to draw");
        assert_eq!(drawn("7"), drawn("7"));
        assert!(chosen(&[seen("a", true, None)], &ordered(Share::Node), "n").is_empty(), "a pod that is nowhere");
    }

    #[test]
    fn nodes_stand_in_the_evidence_as_numbers_and_never_by_name() {
        let mut view = View::default();
        for (uid, node) in [("a", "lab-2"), ("b", "lab-1"), ("c", "lab-2"), ("d", "")] {
            let pod = serde_json::json!({"metadata": {"uid": uid, "name": uid}, "spec": {"nodeName": node, "containers": []}});
            view.pod(&serde_json::from_value(pod).unwrap(), Instant::now());
        }
        let mut before = view.seen();
        number(&mut before, &view);
        let nodes: Vec<_> = before.iter().map(|pod| (pod.uid.as_str(), pod.node)).collect();
        assert_eq!(nodes, [("a", Some(1)), ("b", Some(0)), ("c", Some(1)), ("d", None)]);
    }

    #[test]
    fn one_or_all_ready_pods_are_struck_and_the_one_follows_from_the_nonce() {
        let before: Vec<_> = [("a", true), ("b", false), ("c", true)].map(|(uid, ready)| seen(uid, ready, None)).into();
        assert_eq!(chosen(&before, &ordered(Share::All), "n"), ["a", "c"]);
        let drawn: Vec<_> = (0..40).map(|nonce| chosen(&before, &ordered(Share::One), &nonce.to_string())).collect();
        assert!(drawn.iter().all(|pods| pods == &["a"] || pods == &["c"]), "{drawn:?}");
        assert!(drawn.contains(&vec!["a".to_owned()]) && drawn.contains(&vec!["c".to_owned()]));
        assert_eq!(chosen(&before, &ordered(Share::One), "7"), chosen(&before, &ordered(Share::One), "7"));
        assert!(chosen(&[], &ordered(Share::One), "n").is_empty());
    }

    #[tokio::test]
    async fn what_a_node_does_not_report_is_not_believed() {
        let report = |phase: &str, struck: Struck| {
            let pods = BTreeMap::from([("a".to_owned(), struck)]);
            BTreeMap::from([("n1".to_owned(), Report { phase: phase.to_owned(), pods, ..Report::default() })])
        };
        let injected = Struck { injected: true, ..Struck::default() };
        let soon = || Instant::now() + Duration::from_millis(20);
        for (expected, phase, struck) in
            [(1, "freeze-web", injected.clone()), (0, "freeze-web", Struck::default()), (0, "delay-web", injected)]
        {
            let (_sender, mut reports) = watch::channel(report(phase, struck));
            let pods = ["a".to_owned(), "b".to_owned()];
            let known = heard(&mut reports, "freeze-web", &pods, |struck| struck.injected, soon()).await;
            assert_eq!(known.len(), expected, "{phase}");
        }
    }
}
