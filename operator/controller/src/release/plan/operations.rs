//! What the load asks: the steps of the manifest's checks that have a weight, and the descriptions from which more is drawn
//! when the service runs.

use std::collections::{BTreeMap, BTreeSet};

use factory_assurance::plan::{DrawnPlan, LoadOperation};
use factory_crds::{
    StateServiceSpec,
    state_service::{Interface, Request, Step},
};

/// Most operations that are drawn from one description.
const MOST_DRAWN: u32 = 8;

/// The descriptions from which operations are drawn when the service runs.
pub fn drawn(spec: &StateServiceSpec) -> Vec<DrawnPlan> {
    let drawn = spec.interfaces.iter().filter(|interface| interface.weight > 0);
    let plan = |interface: &Interface| DrawnPlan {
        component: interface.component.clone(),
        path: interface.openapi.clone(),
        weight: interface.weight,
        most: MOST_DRAWN,
    };
    drawn.map(plan).collect()
}

/// The first interface with a weight that has the description of one before it with a weight.
pub fn drawn_twice(spec: &StateServiceSpec) -> Option<usize> {
    let mut known = BTreeSet::new();
    spec.interfaces.iter().position(|one| one.weight > 0 && !known.insert((&one.component, &one.openapi)))
}

/// What users do: a check whose steps need values of each other is a visit, in order; of all others, each step is
/// asked on its own, once. Also the requests of the longest visit.
pub fn of_checks(spec: &StateServiceSpec) -> (Vec<LoadOperation>, u32) {
    let (mut operations, mut longest) = (Vec::<LoadOperation>::new(), 1);
    for check in spec.checks.iter().filter(|check| check.weight > 0) {
        if check.steps.iter().all(Step::stands_alone) {
            for step in &check.steps {
                if operations.iter().all(|known| known.after.is_some() || known.request != step.request) {
                    operations.push(operation(step, check.weight, None));
                }
            }
        } else if check.steps.first().is_some_and(Step::stands_alone) {
            longest = longest.max(u32::try_from(check.steps.len()).unwrap_or(u32::MAX));
            let mut before = None;
            for step in &check.steps {
                let mut asked = operation(step, if before.is_none() { check.weight } else { 0 }, before);
                asked.carry.clone_from(&step.carry);
                before = u32::try_from(operations.len()).ok();
                operations.push(asked);
            }
        }
    }
    (operations, longest)
}

fn operation(step: &Step, weight: u32, after: Option<u32>) -> LoadOperation {
    LoadOperation {
        name: name(&step.request),
        request: step.request.clone(),
        expect: step.expect.clone(),
        weight,
        after,
        carry: BTreeMap::new(),
    }
}

fn name(request: &Request) -> String {
    format!("{} {}", request.method, request.path)
}
