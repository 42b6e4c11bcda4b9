//! Beside `prove`: the twin that must be refused. How late it is follows from the nonce, so that it stands up when
//! the run is announced, and not with the candidate; it is ready before the functional checks are over, and goes with
//! the namespace.

use factory_assurance::plan::twin::percent;

use super::{ReleaseError, attempt::Attempt, experiment::OpenExperiment, rollout};
use crate::{
    apply,
    context::Context,
    manifests::{
        network, service_account,
        twin::{self, Late},
    },
    stage::{Progress, Why},
};

/// Puts the twin of `run` in front of the candidate of `attempt`; what is waited for, if anything. That it cannot
/// start is never the service's fault.
pub async fn stand_up(context: &Context, attempt: &Attempt, run: &OpenExperiment) -> Result<Option<Why>, ReleaseError> {
    let announced = &run.announced;
    let plan = &announced.plan;
    let Some(twin) = &plan.prove.twin else { return Ok(None) };
    let operation = usize::try_from(twin.operation).ok().and_then(|index| plan.prove.load.operations.get(index));
    let asked = operation.map(|operation| operation.request.component.as_deref().unwrap_or(&plan.entry));
    // A component that the manifest does not have is one that nobody could ask: the plan was refused before.
    let asked = asked.and_then(|asked| attempt.spec.components.iter().find(|component| component.name == asked));
    let Some(asked) = asked else { return Ok(None) };
    let (client, place, component) = (&context.client, attempt.candidate(), twin::component());
    for policy in network::of_twin(&place, &component, asked) {
        apply::namespaced(client, &policy).await?;
    }
    apply::namespaced(client, &service_account::build(&place, &component)).await?;
    let late = Late { limit_ms: announced.standard.steady.p95_ms, percent: percent(&announced.run.nonce) };
    let made = apply::namespaced(client, &twin::build(&place, &context.settings.lab_image, asked, late)).await?;
    Ok(match rollout::of(client, &component, &made).await? {
        Progress::Done(()) => None,
        Progress::Waiting(why) | Progress::Stopped(why) => Some(why),
    })
}
