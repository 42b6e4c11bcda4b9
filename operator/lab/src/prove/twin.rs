//! The twin, asked while the service is and by the same engine: what would measure the service wrongly measures the
//! twin wrongly too. Nothing here depends on how late it is; that is read from its pod and written down.

use std::{collections::BTreeMap, net::IpAddr, sync::Arc, time::Instant};

use factory_assurance::{
    evidence::TwinEvidence,
    plan::{Arrivals, Gaps, LoadPlan, PhaseRole, ProvePlan, Stretch, TwinPlan, WHOLE_PPM},
};
use k8s_openapi::api::core::v1::Pod;
use kube::{Api, Client, api::ListParams};
use tokio::sync::oneshot;

use super::{ProveError, generate};
use crate::{
    load::{LoadError, Scenario, recorder::Measured, schedule::Shard},
    measure::COMPONENT,
    target::{Target, Targets},
};

/// Argument of its pod before the percentage.
const PERCENT: &str = "--percent";
/// Places in flight, at least.
const LEAST_PLACES: u32 = 64;

/// Where a twin is, and how late it was told to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// Address of its pod.
    pub address: IpAddr,
    /// Percent of the limit.
    pub percent: u32,
}

/// Where the twin of `plan` is; nowhere if it cannot be found, which the verdict says.
pub async fn find(plan: &ProvePlan, namespace: &str, client: &Client) -> Option<Found> {
    let twin = plan.twin.as_ref()?;
    let api: Api<Pod> = Api::namespaced(client.clone(), namespace);
    let labelled = ListParams::default().labels(&format!("{COMPONENT}={}", twin.name));
    match api.list(&labelled).await {
        Ok(pods) => pods.items.iter().find_map(found),
        Err(error) => {
            tracing::warn!(%error, "the twin was not found");
            None
        }
    }
}

fn found(pod: &Pod) -> Option<Found> {
    let address = pod.status.as_ref()?.pod_ip.as_ref()?.parse().ok()?;
    let containers = pod.spec.as_ref()?.containers.iter();
    let mut arguments = containers.flat_map(|container| container.args.iter().flatten());
    arguments.find(|argument| *argument == PERCENT)?;
    Some(Found { address, percent: arguments.next()?.parse().ok()? })
}

/// A twin that is being asked.
#[derive(Debug)]
pub struct Asked {
    percent: u32,
    operation: u32,
    counted: oneshot::Receiver<Result<Measured, LoadError>>,
}

/// Has the twin of `plan` at `found` asked in each steady phase, from `start` on.
pub fn ask(
    plan: &ProvePlan,
    targets: &Targets,
    found: Option<Found>,
    nonce: &str,
    start: Instant,
) -> Result<Option<Asked>, ProveError> {
    let (Some(twin), Some(Found { address, percent })) = (&plan.twin, found) else { return Ok(None) };
    let Some((scenario, instead)) = scenario(plan, twin, targets, address)? else { return Ok(None) };
    tracing::info!(%address, "the twin is asked");
    let counted = generate(scenario, instead, nonce.to_owned(), start)?;
    Ok(Some(Asked { percent, operation: twin.operation, counted }))
}

impl Asked {
    /// What was counted, when all answers are there.
    pub async fn counted(self) -> Result<TwinEvidence, ProveError> {
        let mut measured = self.counted.await.map_err(|_| ProveError::Died("load generator of the twin"))??;
        for bucket in &mut measured.buckets {
            bucket.operation = self.operation;
        }
        Ok(TwinEvidence { percent: self.percent, buckets: measured.buckets })
    }
}

/// A load of its one operation in the steady phases of `plan`, and the twin at `address` in place of the component
/// that is asked. Requests are those that the component gets, its name in them too. Nothing where there is no such
/// operation.
pub fn scenario(
    plan: &ProvePlan,
    twin: &TwinPlan,
    targets: &Targets,
    address: IpAddr,
) -> Result<Option<(Arc<Scenario>, Targets)>, LoadError> {
    let operation = usize::try_from(twin.operation).ok().and_then(|index| plan.load.operations.get(index));
    let Some(operation) = operation.filter(|operation| operation.after.is_none()) else { return Ok(None) };
    let Ok((component, real)) = targets.find(operation.request.component.as_deref()) else { return Ok(None) };
    let mut operation = operation.clone();
    (operation.weight, operation.carry) = (1, BTreeMap::new());
    let rate = |role: &PhaseRole| if *role == (PhaseRole::Steady {}) { WHOLE_PPM } else { 0 };
    let stretches = plan.phases.iter().map(|phase| Stretch::level(phase.seconds, rate(&phase.role))).collect();
    let load = LoadPlan {
        requests_per_minute: twin.requests_per_second.saturating_mul(60),
        // All that may be without an answer at once.
        max_in_flight: twin
            .requests_per_second
            .saturating_mul(plan.load.timeout_ms.div_ceil(1_000).saturating_add(1))
            .max(LEAST_PLACES),
        pause_ms: 0,
        arrivals: Some(Arrivals { gaps: Gaps::Even, stretches }),
        closed: None,
        drawn: Vec::new(),
        operations: vec![operation],
        ..plan.load.clone()
    };
    let (calls, rotations) = (BTreeMap::new(), BTreeMap::new());
    let beside = ProvePlan {
        load,
        phases: plan.phases.clone(),
        calls,
        rotations,
        control: None,
        twin: None,
        comparison: None,
        history: None,
    };
    let mut scenario = Scenario::new(&beside, targets, Shard::ALONE)?;
    if let Some(own) = Arc::get_mut(&mut scenario) {
        own.told = false;
    }
    let instead =
        Target { host: address.to_string(), port: twin.port, speech: real.speech.clone(), public: real.public.clone() };
    let instead = Targets::new(component.to_owned(), BTreeMap::from([(component.to_owned(), instead)]));
    Ok(Some((scenario, instead)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn pod(value: serde_json::Value) -> Pod {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn how_late_it_is_stands_in_its_pod_and_without_an_address_it_is_not_there() {
        let spec = json!({"containers": [{"name": "t", "args": ["twin", "--port", "8080", "--percent", "150"]}]});
        let there = found(&pod(json!({"spec": spec, "status": {"podIP": "192.0.2.7"}})));
        assert_eq!(there, Some(Found { address: "192.0.2.7".parse().unwrap(), percent: 150 }));
        assert_eq!(found(&pod(json!({"spec": spec, "status": {}}))), None);
        let mute =
            json!({"spec": {"containers": [{"name": "t", "args": ["--percent"]}]}, "status": {"podIP": "192.0.2.7"}});
        assert_eq!(found(&pod(mute)), None);
    }
}
