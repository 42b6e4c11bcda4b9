//! `factory-lab prove`: load from the first phase to the last, and each fault soon after the start of
//! its phase. The load runs on threads and a runtime of its own, so that no call to the API server can
//! delay a request. Phases keep to the clock: a slow fault never moves the next one.

mod beside;
pub mod comparison;
mod contribute;
pub mod drawn;
pub mod moment;
mod soak;
pub mod twin;

use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use factory_assurance::{
    evidence::{FaultEvidence, PhaseSpan, ProveEvidence},
    plan::{Phase, PhaseRole, ProvePlan, Strike},
};
use factory_crds::resilience_standard::FaultKind;
use kube::Client;

pub use contribute::contribute;
use tokio::{sync::oneshot, task::JoinSet};

use crate::{
    faults::{
        self, Target,
        control_plane_outage::doors::{self, DoorsError},
        leased::{self, Ordered},
        nodes::{Nodes, NodesError},
        peer::Peer,
    },
    load::{
        self, LoadError, Scenario,
        company::{Company, CompanyError},
        recorder::Measured,
        schedule::Shard,
    },
    measure::{
        Clock,
        follow::{CannotWatch, Follower},
    },
    strike::order::{Planned, Task},
    target::Targets,
};

/// From now to the first request: pools and threads are ready by then.
const LEAD: Duration = Duration::from_millis(500);
/// Threads that look names up; the one that sends and the one that judges come on top.
const WORKERS: usize = 1;

/// How long the other generators may take for their last answers and for what they counted.
const PATIENCE: Duration = Duration::from_secs(60);

/// The candidate could not be measured at all.
#[derive(Debug, thiserror::Error)]
pub enum ProveError {
    /// The load.
    #[error("{0}")]
    Load(#[from] LoadError),
    /// The other generators.
    #[error("{0}")]
    Company(#[from] CompanyError),
    /// A description from which operations are drawn.
    #[error("plan.prove.load.drawn: description `{0}`: {1}")]
    Description(String, String),
    /// A component.
    #[error("{0}")]
    Watch(#[from] CannotWatch),
    /// A task of the lab died: what it saw is lost.
    #[error("the {0} died")]
    Died(&'static str),
}

/// Carries out `plan` on the candidate in `namespace`, the load together with `company` where there is one, and before it
/// the comparison with the release at `reference`.
pub async fn prove(
    plan: &ProvePlan,
    targets: &Targets,
    reference: Option<&Targets>,
    namespace: &str,
    nonce: &str,
    client: &Client,
    mut company: Option<Company>,
) -> Result<ProveEvidence, ProveError> {
    let drawn::Drawn { plan, evidence: drawn } = drawn::draw(plan, targets, nonce).await?;
    let plan = &plan;
    let scenario = Scenario::new(plan, targets, company.as_ref().map_or(Shard::ALONE, Company::shard))?;
    // Names are looked up and pods watched before the clock starts: neither may cost load time.
    resolved(targets).await?;
    // By itself, before anything else is asked or watched: the run after it is as it would be without.
    let comparison = comparison::compare(plan, targets, reference, (namespace, client), nonce).await;
    let wait = moment::wait(plan.history.as_ref(), nonce);
    if !wait.is_zero() {
        tracing::info!(seconds = wait.as_secs_f64(), "begins at a moment that was drawn");
        tokio::time::sleep(wait).await;
    }
    let followers = followers(plan, targets, namespace, client).await?;
    let nodes = nodes(plan, namespace, nonce, client, &followers).await;
    let beside = beside::Found::of(plan, namespace, client).await;
    let doors = doors(plan, client).await;
    let clock = Clock::starting(Instant::now() + LEAD);
    if let Some(company) = &mut company {
        company.begin(clock.start()).await?;
    }
    let spans = spans(plan);
    let beside = beside.begin(plan, targets, nonce, (namespace, client), (clock, &spans))?;
    let load = generate(scenario, targets.clone(), nonce.to_owned(), clock.start())?;
    let end = clock.start() + Duration::from_millis(spans.last().map_or(0, |span| span.to_ms));
    let mut running = JoinSet::new();
    let mut soaking = None;
    let mut faults: Vec<(usize, FaultEvidence)> = Vec::new();
    for (index, (phase, span)) in plan.phases.iter().zip(&spans).enumerate() {
        if let (PhaseRole::Soak { every_seconds, components }, Some(Ok(nodes))) = (&phase.role, &nodes) {
            tokio::time::sleep_until((clock.start() + Duration::from_millis(span.from_ms)).into()).await;
            let views = components.iter().filter_map(|name| Some((name.clone(), followers.get(name)?.view())));
            let ordered = soak::Ordered { span: span.clone(), every_seconds: *every_seconds, views: views.collect() };
            let nodes = Arc::clone(nodes);
            soaking = Some(tokio::spawn(async move { soak::run(ordered, &nodes, clock).await }));
            continue;
        }
        let PhaseRole::Fault { kind, component, strike } = &phase.role else { continue };
        let Some(follower) = followers.get(component) else { continue };
        // Nodes are told at the start, wait themselves, and get ready meanwhile: orders and reports take time.
        let respite = respite(span, plan.load.timeout_ms);
        let wait = if strike.is_some() { Duration::ZERO } else { respite };
        let moment = clock.start() + Duration::from_millis(span.from_ms) + wait;
        tokio::time::sleep_until(moment.into()).await;
        let (name, view) = (phase.name.clone(), follower.view());
        // What a fault on the node leaves to see of itself is over with its phase; others are followed on.
        let of_phase = clock.start() + Duration::from_millis(span.to_ms);
        if let Some(why) = refusal(nodes.as_ref(), strike.is_some()) {
            faults.push((index, leased::refused(&name, &why.to_string(), &view.borrow())));
            continue;
        }
        let rotation = plan.rotations.get(component).cloned().unwrap_or_default();
        match (strike, &nodes, faults::of_objects(*kind, nonce, &phase.name, &rotation)) {
            (Some(strike), Some(Ok(nodes)), _) => {
                let (peer, doors) = match toward(*kind, strike, targets, &followers, &doors).await {
                    Ok(toward) => toward,
                    Err(why) => {
                        faults.push((index, leased::refused(&name, &why, &view.borrow())));
                        continue;
                    }
                };
                let (component, strike) = (component.clone(), strike.clone());
                let ordered = Ordered { phase: name, kind: *kind, component, strike, peer, doors, respite };
                let nodes = Arc::clone(nodes);
                running.spawn(async move { (index, leased::run(&ordered, &nodes, view, clock, of_phase).await) });
            }
            (_, _, Some(fault)) => {
                let target = Target::new(client, namespace, component);
                running.spawn(async move { (index, faults::run::run(fault, &name, &target, view, clock, end).await) });
            }
            // A plan that names a fault on the node and not how: the verdict says so.
            _ => {}
        }
    }
    while let Some(ended) = running.join_next().await {
        faults.push(ended.map_err(|_| ProveError::Died("task of a fault"))?);
    }
    faults.sort_by_key(|(index, _)| *index);
    let soak = match soaking {
        Some(soaking) => soaking.await.map_err(|_| ProveError::Died("task of the soak"))?,
        None => None,
    };
    if let Some(Ok(nodes)) = nodes
        && let Err(error) = nodes.give(Task::End {}).await
    {
        // They end by their own deadline as well.
        tracing::warn!(%error, "the nodes were not told that the run is over");
    }
    let own = load.await.map_err(|_| ProveError::Died("load generator"))??;
    let measured = match company {
        Some(company) => company.counted(own, PATIENCE).await?,
        None => own,
    };
    let seen = beside.seen().await?;
    Ok(ProveEvidence {
        nonce: nonce.to_owned(),
        started_unix_ms: clock.started_unix_ms(),
        phases: spans,
        buckets: measured.buckets,
        slots: measured.slots,
        lag_us: measured.lag_us,
        step_lag_us: measured.step_lag_us,
        faults: faults.into_iter().map(|(_, evidence)| evidence).collect(),
        control: seen.control,
        twin: seen.twin,
        profile: seen.profile,
        soak,
        drawn,
        comparison,
    })
}

/// Looks up the names of all `targets`.
async fn resolved(targets: &Targets) -> Result<(), LoadError> {
    for (component, target) in targets.iter() {
        target.resolve().await.map_err(|error| LoadError::Address(component.to_owned(), error))?;
    }
    Ok(())
}

/// Whoever follows the pods of what is [`followed`], by its name.
async fn followers(
    plan: &ProvePlan,
    targets: &Targets,
    namespace: &str,
    client: &Client,
) -> Result<BTreeMap<String, Follower>, ProveError> {
    let mut followers = BTreeMap::new();
    for component in followed(plan, targets) {
        followers.insert(component.to_owned(), Follower::new(client, namespace, component).await?);
    }
    Ok(followers)
}

/// Why a fault is not injected, by what became of the nodes. Where nobody stands by on them the rest of the run is
/// measured all the same; where they lack what the standard takes nothing at all is injected, and only the load is
/// measured: no conclusion could be drawn from a part of it.
fn refusal(nodes: Option<&Result<Arc<Nodes>, NodesError>>, on_node: bool) -> Option<&NodesError> {
    let why = nodes?.as_ref().err()?;
    (on_node || matches!(why, NodesError::Lacking(_))).then_some(why)
}

/// The components and databases whose pods are followed: those that are struck or soaked, and the peers of which there is
/// one.
fn followed<'a>(plan: &'a ProvePlan, targets: &Targets) -> BTreeSet<&'a str> {
    let mut followed = BTreeSet::new();
    for phase in &plan.phases {
        if let PhaseRole::Soak { components, .. } = &phase.role {
            followed.extend(components.iter().map(String::as_str));
        }
        let PhaseRole::Fault { component, strike, .. } = &phase.role else { continue };
        followed.insert(component.as_str());
        let peer = strike.as_ref().and_then(|strike| strike.peer.as_deref());
        followed.extend(peer.filter(|peer| targets.peer(peer).is_some()));
    }
    followed
}

/// The nodes, watching every pod of the components that `plan` strikes or looks at there, or why they do not;
/// nothing where there is none.
async fn nodes(
    plan: &ProvePlan,
    namespace: &str,
    nonce: &str,
    client: &Client,
    followers: &BTreeMap<String, Follower>,
) -> Option<Result<Arc<Nodes>, NodesError>> {
    let mut struck = BTreeSet::new();
    let mut planned: Vec<Planned> = Vec::new();
    for phase in &plan.phases {
        if let PhaseRole::Fault { kind, component, strike: Some(strike) } = &phase.role {
            struck.insert(component.as_str());
            planned.push(Planned { kind: *kind, strike: strike.clone() });
        }
        if let PhaseRole::Soak { components, .. } = &phase.role {
            struck.extend(components.iter().map(String::as_str));
        }
    }
    if struck.is_empty() {
        return None;
    }
    let followers = followers.iter().filter(|(component, _)| struck.contains(component.as_str()));
    let pods = followers.flat_map(|(_, follower)| follower.view().borrow().seen()).map(|pod| pod.uid).collect();
    Some(Nodes::watching(client, namespace, nonce, &pods, planned).await.map(Arc::new))
}

/// Where the API server is reached, if `plan` has a fault that asks for it; nowhere if not.
async fn doors(plan: &ProvePlan, client: &Client) -> Result<BTreeSet<SocketAddr>, DoorsError> {
    let asks = |phase: &Phase| matches!(phase.role, PhaseRole::Fault { kind: FaultKind::ControlPlaneOutage, .. });
    if plan.phases.iter().any(asks) { doors::of(client).await } else { Ok(BTreeSet::new()) }
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

/// Starts the load on threads of its own.
fn generate(
    scenario: Arc<Scenario>,
    targets: Targets,
    nonce: String,
    start: Instant,
) -> Result<oneshot::Receiver<Result<Measured, LoadError>>, LoadError> {
    let (sender, receiver) = oneshot::channel();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(WORKERS).thread_name("load").enable_all().build()?;
    std::thread::Builder::new().name("pacer".to_owned()).spawn(move || {
        let measured = load::engine::run(&scenario, &targets, &nonce, start, runtime.handle());
        // Nobody listens any more when the run was given up.
        drop(sender.send(measured));
    })?;
    Ok(receiver)
}

/// When each phase takes place: they follow each other without a gap.
fn spans(plan: &ProvePlan) -> Vec<PhaseSpan> {
    let mut from_ms = 0;
    load::ends(&plan.phases)
        .into_iter()
        .map(|(name, to_ms)| PhaseSpan { name, from_ms: std::mem::replace(&mut from_ms, to_ms), to_ms })
        .collect()
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
