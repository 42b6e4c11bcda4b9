//! Composes the plan of a run from the manifest and the standard. Pure: the same two give the same
//! plan, and the standard decides what is in it (invariant 1).

use factory_assurance::plan::{Description, LoadOperation, LoadPlan, Phase, PhaseRole, Plan, ProvePlan, VerifyPlan};
use factory_crds::{
    ResilienceStandardSpec, StateServiceSpec,
    state_service::{Request, Step},
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
    Ok(Plan {
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
            phases: phases(spec, standard),
        },
    })
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

fn phases(spec: &StateServiceSpec, standard: &ResilienceStandardSpec) -> Vec<Phase> {
    let steady =
        |name: &str| Phase { name: name.to_owned(), seconds: standard.load.steady_seconds, role: PhaseRole::Steady {} };
    let mut phases = vec![
        Phase { name: "warm-up".to_owned(), seconds: standard.load.warm_up_seconds, role: PhaseRole::WarmUp {} },
        steady("before"),
    ];
    for component in &spec.components {
        phases.extend(standard.faults.iter().map(|fault| Phase {
            name: format!("{}-{}", fault.kind.slug(), component.name),
            seconds: fault.window_seconds,
            role: PhaseRole::Fault { kind: fault.kind, component: component.name.clone() },
        }));
    }
    phases.push(steady("after"));
    phases
}
