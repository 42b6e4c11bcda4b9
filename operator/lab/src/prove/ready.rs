//! What a run needs before its clock starts: names that resolve, pods that are watched, nodes that stand by, and where the
//! API server is. Neither may cost load time.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    sync::Arc,
};

use factory_assurance::plan::{Phase, PhaseRole, ProvePlan};
use factory_crds::resilience_standard::FaultKind;
use kube::Client;

use super::ProveError;
use crate::{
    faults::{
        control_plane_outage::doors::{self, DoorsError},
        nodes::{Nodes, NodesError},
    },
    load::LoadError,
    measure::follow::Follower,
    strike::order::Planned,
    target::Targets,
};

/// Looks up the names of all `targets`.
pub async fn resolved(targets: &Targets) -> Result<(), LoadError> {
    for (component, target) in targets.iter() {
        target.resolve().await.map_err(|error| LoadError::Address(component.to_owned(), error))?;
    }
    Ok(())
}

/// Whoever follows the pods of what is [`followed`], by its name.
pub async fn followers(
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
pub async fn nodes(
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
pub async fn doors(plan: &ProvePlan, client: &Client) -> Result<BTreeSet<SocketAddr>, DoorsError> {
    let asks = |phase: &Phase| matches!(phase.role, PhaseRole::Fault { kind: FaultKind::ControlPlaneOutage, .. });
    if plan.phases.iter().any(asks) { doors::of(client).await } else { Ok(BTreeSet::new()) }
}
