//! The comparison: before the load begins, the candidate and the last confirmed release are asked by turns, each by a load
//! of its own and by the same engine. Both loads go on for the whole of it, at the planned rate in their turns and at none
//! in the other's; whose turn it is follows from the nonce. Like all of the lab it concludes nothing.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use factory_assurance::{
    evidence::{Bucket, ComparisonEvidence, ControlSecond},
    plan::{
        Arrivals, ComparisonPlan, Gaps, LoadOperation, LoadPlan, Phase, PhaseRole, ProvePlan, Reference, Stretch,
        WHOLE_PPM, comparison::Side, places,
    },
};
use kube::Client;

use super::{LEAD, ProveError, generate};
use crate::{
    control,
    load::{LoadError, Scenario, recorder::Measured, schedule::Shard},
    measure::Clock,
    target::Targets,
};

/// Has both asked, the candidate at `candidate` and the release before it at `reference`, as `plan` says, beside the control
/// in `namespace`. Nothing where the plan has no such release, or it could not be asked, which the verdict says.
pub async fn compare(
    plan: &ProvePlan,
    candidate: &Targets,
    reference: Option<&Targets>,
    (namespace, client): (&str, &Client),
    nonce: &str,
) -> Option<ComparisonEvidence> {
    let beside = plan.comparison.as_ref().and_then(ComparisonPlan::reference)?;
    let Some(reference) = reference else {
        tracing::warn!("the last confirmed release is not there");
        return None;
    };
    for (component, target) in candidate.iter().chain(reference.iter()) {
        if let Err(error) = target.resolve().await {
            tracing::warn!(component, %error, "the two are not compared");
            return None;
        }
    }
    let control = match &plan.control {
        Some(control) => control::pods(client, namespace, control).await.unwrap_or_default(),
        None => Vec::new(),
    };
    // Schemas may be large: both loads are there before the clock begins.
    let scenario = |side, targets: &Targets| scenario(plan, beside, nonce, side, targets);
    let scenarios = match (scenario(Side::Candidate, candidate), scenario(Side::Reference, reference)) {
        (Ok(candidate), Ok(reference)) => [candidate, reference],
        (Err(error), _) | (_, Err(error)) => {
            tracing::warn!(%error, "the two are not compared");
            return None;
        }
    };
    let clock = Clock::starting(Instant::now() + LEAD);
    let per_second = plan.control.as_ref().map_or(0, |control| control.requests_per_second);
    let seconds = u32::try_from(beside.length()).unwrap_or(u32::MAX);
    let timeout = Duration::from_millis(plan.load.timeout_ms.into());
    let control = tokio::spawn(async move { control::ask(&control, per_second, seconds, timeout, clock).await });
    tracing::info!(
        release = beside.release,
        seconds,
        "the last confirmed release is asked by turns with the candidate"
    );
    let asked = both(scenarios, (candidate, reference), nonce, clock.start()).await;
    let control = control.await.ok().flatten().filter(|_| plan.control.is_some());
    match asked {
        Ok([candidate, reference]) => Some(evidence(beside, nonce, candidate, reference, control)),
        Err(error) => {
            tracing::warn!(%error, "the two are not compared");
            None
        }
    }
}

/// What was counted of each, the candidate first, when all answers are there.
async fn both(
    [of_candidate, of_reference]: [Arc<Scenario>; 2],
    (candidate, reference): (&Targets, &Targets),
    nonce: &str,
    start: Instant,
) -> Result<[Measured; 2], ProveError> {
    let candidate = generate(of_candidate, candidate.clone(), nonce.to_owned(), start)?;
    let reference = generate(of_reference, reference.clone(), nonce.to_owned(), start)?;
    let died = |_| ProveError::Died("load generator of the comparison");
    Ok([candidate.await.map_err(died)??, reference.await.map_err(died)??])
}

/// The load of one `side`, whose components are at `targets`: the operations that are compared, in its turns.
pub fn scenario(
    plan: &ProvePlan,
    beside: &Reference,
    nonce: &str,
    side: Side,
    targets: &Targets,
) -> Result<Arc<Scenario>, LoadError> {
    let seconds = |from: u64, to: u64| u32::try_from(to - from).unwrap_or(u32::MAX);
    let rate = |of| if of == side { WHOLE_PPM } else { 0 };
    let turns = beside.turns(nonce);
    let stretches = turns.iter().map(|turn| Stretch::level(seconds(turn.from, turn.to), rate(turn.side))).collect();
    // No user waits for the other's turn to end: the schedule alone says when a request is due.
    let load = LoadPlan {
        requests_per_minute: beside.requests_per_minute,
        timeout_ms: plan.load.timeout_ms,
        max_in_flight: places(beside.requests_per_minute, WHOLE_PPM),
        pause_ms: 0,
        arrivals: Some(Arrivals { gaps: Gaps::Drawn, stretches }),
        connections: plan.load.connections,
        closed: None,
        drawn: Vec::new(),
        operations: operations(plan, beside),
    };
    let phase =
        Phase { name: "comparison".to_owned(), seconds: seconds(0, beside.length()), role: PhaseRole::WarmUp {} };
    let own = ProvePlan {
        load,
        phases: vec![phase],
        calls: [].into(),
        rotations: [].into(),
        control: None,
        twin: None,
        comparison: None,
        history: None,
    };
    let mut scenario = Scenario::new(&own, targets, Shard::ALONE)?;
    if let Some(own) = Arc::get_mut(&mut scenario) {
        own.told = false;
        // Lag is counted apart for each part of each block.
        own.steps_ms = beside.blocks(nonce).iter().flatten().map(|turn| turn.from * 1_000).collect();
    }
    Ok(scenario)
}

/// Each begins a visit, and nothing follows it: what follows would be due in the other's turn.
fn operations(plan: &ProvePlan, beside: &Reference) -> Vec<LoadOperation> {
    let planned = |index: &u32| usize::try_from(*index).ok().and_then(|index| plan.load.operations.get(index));
    let alone = |operation: &LoadOperation| LoadOperation { carry: [].into(), ..operation.clone() };
    beside.operations.iter().filter_map(planned).map(alone).collect()
}

/// As the evidence has it: operations by their index in the load, and of each part the lag of the one whose turn it was.
#[must_use]
pub fn evidence(
    beside: &Reference,
    nonce: &str,
    candidate: Measured,
    reference: Measured,
    control: Option<Vec<ControlSecond>>,
) -> ComparisonEvidence {
    let turns = beside.blocks(nonce).into_iter().flatten().enumerate();
    let lag_us = turns.map(|(part, turn)| {
        let measured = if turn.side == Side::Candidate { &candidate } else { &reference };
        measured.step_lag_us.get(part).cloned().unwrap_or_default()
    });
    let lag_us = lag_us.collect();
    let of_load = |mut bucket: Bucket| {
        let index = usize::try_from(bucket.operation).ok().and_then(|index| beside.operations.get(index));
        bucket.operation = index.copied().unwrap_or(bucket.operation);
        bucket
    };
    let of_side = |measured: Measured| measured.buckets.into_iter().map(of_load).collect();
    ComparisonEvidence { candidate: of_side(candidate), reference: of_side(reference), lag_us, control }
}
