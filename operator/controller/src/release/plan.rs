//! Composes the plan of a run from the manifest and the standard. Pure: the same two give the same
//! plan, and the standard decides what is in it (invariant 1).

use factory_assurance::plan::{
    Description, LoadOperation, LoadPlan, Phase, PhaseRole, Plan, ProvePlan, Strike, VerifyPlan,
};
use factory_crds::{
    ResilienceStandardSpec, StateServiceSpec,
    resilience_standard::{Direction, FaultKind, FaultLimits, Share},
    state_service::{Component, Request, Step},
};

/// The manifest gives nothing to load the service with.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "spec.checks: no step can be asked on its own, without a value of an earlier one: there is nothing to load the service with"
)]
pub struct NothingToAsk;

/// Most requests in flight, for each request a second of the planned rate.
const IN_FLIGHT_PER_RATE: u32 = 4;

/// The plan for `spec` by `standard`.
pub fn compose(spec: &StateServiceSpec, standard: &ResilienceStandardSpec) -> Result<Plan, NothingToAsk> {
    let operations = operations(spec);
    if operations.is_empty() {
        return Err(NothingToAsk);
    }
    let think = standard.load.think_time.millis().max(1);
    let users = u64::from(spec.register.availability.simultaneous_users);
    let requests_per_minute = u32::try_from(users * 60_000 / think).unwrap_or(u32::MAX).max(1);
    let has_peers = standard.faults.iter().any(|fault| fault.peer.is_some());
    let mut plan = Plan {
        entry: spec.ingress.component.clone(),
        verify: VerifyPlan {
            checks: spec.checks.clone(),
            descriptions: spec
                .interfaces
                .iter()
                .map(|interface| Description {
                    component: interface.component.clone(),
                    path: interface.openapi.clone(),
                })
                .collect(),
        },
        prove: ProvePlan {
            load: LoadPlan {
                requests_per_minute,
                timeout_ms: u32::try_from(standard.load.timeout.millis()).unwrap_or(u32::MAX),
                max_in_flight: (requests_per_minute / 60 * IN_FLIGHT_PER_RATE).max(64),
                operations,
            },
            phases: Vec::new(),
            calls: spec
                .components
                .iter()
                .filter(|component| has_peers && !component.calls.is_empty())
                .map(|component| (component.name.clone(), component.calls.iter().cloned().collect()))
                .collect(),
        },
    };
    plan.prove.phases = phases(spec, standard, &plan.prove);
    Ok(plan)
}

/// Every step that needs nothing from another, once.
fn operations(spec: &StateServiceSpec) -> Vec<LoadOperation> {
    let mut operations: Vec<LoadOperation> = Vec::new();
    for step in spec.checks.iter().flat_map(|check| &check.steps).filter(|step| stands_alone(step)) {
        if operations.iter().all(|known| known.request != step.request) {
            operations.push(LoadOperation {
                name: name(&step.request),
                request: step.request.clone(),
                expect: step.expect.clone(),
                weight: 1,
            });
        }
    }
    operations
}

fn stands_alone(step: &Step) -> bool {
    // Variables are named in text only, so the whole step's text can be searched.
    serde_json::to_string(&(&step.request, &step.expect)).is_ok_and(|text| !text.contains("{{"))
}

fn name(request: &Request) -> String {
    format!("{} {}", request.method, request.path)
}

fn phases(spec: &StateServiceSpec, standard: &ResilienceStandardSpec, plan: &ProvePlan) -> Vec<Phase> {
    let steady =
        |name: &str| Phase { name: name.to_owned(), seconds: standard.load.steady_seconds, role: PhaseRole::Steady {} };
    let mut phases = vec![
        Phase { name: "warm-up".to_owned(), seconds: standard.load.warm_up_seconds, role: PhaseRole::WarmUp {} },
        steady("before"),
    ];
    for component in &spec.components {
        for fault in &standard.faults {
            phases.extend(plan.peers(&component.name, fault).into_iter().map(|peer| phase(fault, component, peer)));
        }
    }
    phases.push(steady("after"));
    phases
}

fn phase(fault: &FaultLimits, component: &Component, peer: Option<&str>) -> Phase {
    let component = component.name.clone();
    let to = peer.map_or_else(String::new, |peer| format!("-to-{peer}"));
    let strike = Strike::of(fault).map(|strike| strike.toward(peer));
    Phase {
        name: format!("{}-{component}{to}", slug(fault)),
        seconds: fault.window_seconds,
        role: PhaseRole::Fault { kind: fault.kind, component, strike },
    }
}

/// A fault as phases name it: two of one kind differ in strength, status, path, share, names or direction.
fn slug(fault: &FaultLimits) -> String {
    let mut slug = fault.kind.slug().to_owned();
    if fault.strength() > 0 {
        slug = format!("{slug}-{}", fault.strength());
    }
    if fault.share == Some(Share::All) {
        slug.push_str("-all");
    }
    if fault.kind == FaultKind::HttpDelay {
        slug = format!("{slug}-{}ms", fault.delay_ms.unwrap_or(0));
    }
    if let Some(status) = fault.status {
        slug = format!("{slug}-{status}");
    }
    if let Some(path) = &fault.path {
        let words: Vec<_> = path.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
        slug = format!("{slug}-{}", words.join("-"));
    }
    for name in &fault.names {
        slug = format!("{slug}-{name}");
    }
    slug.push_str(match fault.direction {
        None => "",
        Some(Direction::In) => "-in",
        Some(Direction::Out) => "-out",
        Some(Direction::Both) => "-both",
    });
    slug
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state_service::examples;

    #[test]
    fn the_plan_holds_every_fault_for_every_component_between_two_steady_states() {
        let plan = compose(&examples::service().spec, &examples::standard().spec).unwrap();
        let names: Vec<_> = plan.prove.phases.iter().map(|phase| phase.name.as_str()).collect();
        assert_eq!(
            names,
            [
                "warm-up",
                "before",
                "pod-kill-web",
                "rolling-restart-web",
                "pod-kill-registry",
                "rolling-restart-registry",
                "after"
            ]
        );
    }

    #[test]
    fn a_fault_with_a_peer_strikes_those_that_call_it_once_for_each_and_never_the_peer() {
        let (mut service, mut standard) = (examples::service(), examples::standard());
        let mut third = service.spec.components[1].clone();
        third.name = "archive".to_owned();
        service.spec.components.push(third);
        service.spec.components[0].calls = vec!["registry".to_owned(), "archive".to_owned()];
        service.spec.components[1].calls = vec!["archive".to_owned()];
        service.spec.components[2].calls = Vec::new();
        let partition = |peer: &str| FaultLimits {
            lease_seconds: Some(3),
            peer: Some(peer.to_owned()),
            direction: Some(Direction::Out),
            ..FaultLimits::once(FaultKind::Partition, 0, 9)
        };
        let planned = |peer: &str, standard: &mut factory_crds::ResilienceStandard| {
            standard.spec.faults = vec![partition(peer)];
            let plan = compose(&service.spec, &standard.spec).unwrap().prove;
            plan.phases
                .into_iter()
                .map(|phase| phase.name)
                .filter(|name| name.contains("partition"))
                .collect::<Vec<_>>()
        };
        assert_eq!(
            planned("*", &mut standard),
            ["partition-out-web-to-archive", "partition-out-web-to-registry", "partition-out-registry-to-archive"]
        );
        assert_eq!(planned("registry", &mut standard), ["partition-out-web-to-registry"]);
        assert!(planned("ledger", &mut standard).is_empty(), "the verdict names what the plan lacks");
    }

    #[test]
    fn the_rate_follows_from_users_and_think_time() {
        let mut service = examples::service();
        let mut standard = examples::standard();
        service.spec.register.availability.simultaneous_users = 300;
        standard.spec.load.think_time = "5s".parse().unwrap();
        let plan = compose(&service.spec, &standard.spec).unwrap();
        assert_eq!(plan.prove.load.requests_per_minute, 3600);
    }

    #[test]
    fn steps_that_need_a_value_of_another_are_no_load() {
        let plan = compose(&examples::service().spec, &examples::standard().spec).unwrap();
        assert!(plan.prove.load.operations.iter().all(|operation| !operation.request.path.contains("{{")));
        assert!(!plan.prove.load.operations.is_empty());
    }

    #[test]
    fn a_manifest_that_gives_nothing_to_ask_is_refused() {
        let mut service = examples::service();
        for step in service.spec.checks.iter_mut().flat_map(|check| &mut check.steps) {
            step.request.path = "/{{id}}".to_owned();
        }
        assert_eq!(compose(&service.spec, &examples::standard().spec), Err(NothingToAsk));
    }
}
