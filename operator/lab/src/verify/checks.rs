//! Functional checks (63.2): the steps in order, with values carried over; a step that deviates ends
//! its check. Every answer is also shown to the contracts, which saves asking for it again.

use factory_assurance::evidence::{CheckResult, StepResult};
use factory_crds::state_service::{Check, Step};

use super::{
    contract::Contract,
    exchange::{MAX_BODY, ask},
    mutate::mutants,
    variables::Variables,
};
use crate::{connection::Answer, expectation::Expectation, request::Prepared, schema::line, target::Targets};

/// Carries out one check.
pub async fn run(check: &Check, targets: &Targets, contracts: &mut [Contract]) -> CheckResult {
    let mut variables = Variables::default();
    let mut steps = Vec::with_capacity(check.steps.len());
    for step in &check.steps {
        let result = match carry_out(step, &variables, targets, contracts).await {
            Ok((expectation, answer)) => judge(step, &expectation, &answer, &mut variables),
            Err(deviation) => StepResult { status: None, deviations: vec![line(&deviation)], mutants: Vec::new() },
        };
        let ended = !result.deviations.is_empty();
        steps.push(result);
        if ended {
            break;
        }
    }
    CheckResult { name: check.name.clone(), steps }
}

async fn carry_out(
    step: &Step,
    variables: &Variables,
    targets: &Targets,
    contracts: &mut [Contract],
) -> Result<(Expectation, Answer), String> {
    let request = variables.request(&step.request).map_err(|error| error.to_string())?;
    let expect = variables.expect(&step.expect).map_err(|error| error.to_string())?;
    let expectation = Expectation::new(&expect).map_err(|error| format!("expect.schema: {error}"))?;
    let request = Prepared::new(&request, targets).map_err(|error| error.to_string())?;
    let answer = ask(&request, targets, MAX_BODY).await?;
    for contract in contracts {
        contract.observe(&request, &answer).await;
    }
    Ok((expectation, answer))
}

fn judge(step: &Step, expectation: &Expectation, answer: &Answer, variables: &mut Variables) -> StepResult {
    let mut deviations = expectation.deviations(answer);
    if deviations.is_empty() {
        let carried = step.carry.iter().map(|(name, pointer)| variables.carry(name, pointer, &answer.body));
        deviations.extend(carried.filter_map(Result::err).map(|error| line(&error.to_string())));
    }
    // An answer that is wrong already cannot show whether the expectation would notice.
    let mutants = if deviations.is_empty() { mutants(expectation, answer) } else { Vec::new() };
    StepResult { status: Some(answer.status), deviations, mutants }
}
