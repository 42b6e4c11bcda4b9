//! Mirrors the newest release to the `StateService`, so that a team has one object to look at.

use factory_crds::{Outcome, Release, StateService, StateServiceStatus, condition};
use k8s_openapi::{apimachinery::pkg::apis::meta::v1::Time, jiff::Timestamp};
use kube::{
    Api, Resource as _, ResourceExt as _,
    runtime::events::{Event, EventType},
};

use super::StateServiceError;
use crate::{apply, context::Context, manifests, stage::Why};

/// Writes the status of `service` if it changed.
pub async fn write(
    context: &Context,
    service: &StateService,
    known: &[Release],
    problem: Option<Why>,
) -> Result<(), StateServiceError> {
    let before = service.status.clone().unwrap_or_default();
    let status = compose(service, &before, known, problem.as_ref());
    if status == before {
        return Ok(());
    }
    let api: Api<StateService> = Api::namespaced(context.client.clone(), &service.namespace().unwrap_or_default());
    apply::status(&api, &service.name_any(), &serde_json::to_value(&status)?).await?;
    if let Some(why) = problem
        && before.message != why.message
    {
        let event = Event {
            type_: EventType::Warning,
            reason: why.reason.to_owned(),
            note: Some(why.message),
            action: "Resolve".to_owned(),
            secondary: None,
        };
        // An Event that is lost costs nothing: the condition says the same.
        if let Err(error) = context.events.publish(&event, &service.object_ref(&())).await {
            tracing::debug!(%error, "event not published");
        }
    }
    Ok(())
}

fn compose(
    service: &StateService,
    before: &StateServiceStatus,
    known: &[Release],
    problem: Option<&Why>,
) -> StateServiceStatus {
    let newest = known.iter().rev().find(|release| !release.spec.rehearsal);
    let release = newest.and_then(|release| release.status.clone()).unwrap_or_default();
    let registered = known.iter().any(|release| {
        release.status.as_ref().is_some_and(|status| condition::is_true(&status.conditions, "Registered"))
    });
    let mut status = StateServiceStatus {
        observed_generation: service.metadata.generation,
        release: newest.map(kube::ResourceExt::name_any).unwrap_or_default(),
        stage: release.stage,
        verdict: release.outcome.map(verdict).unwrap_or_default().to_owned(),
        message: release.message,
        live_namespace: if registered {
            manifests::live_namespace(&service.namespace().unwrap_or_default(), &service.name_any())
        } else {
            before.live_namespace.clone()
        },
        conditions: release.conditions,
    };
    for condition in &mut status.conditions {
        condition.observed_generation = service.metadata.generation;
    }
    if let Some(why) = problem {
        "Resolved".clone_into(&mut status.stage);
        status.message.clone_from(&why.message);
        let known = before.conditions.iter().find(|known| known.type_ == "Resolved" && known.status == "False");
        let since = known.map_or_else(|| Time(Timestamp::now()), |known| known.last_transition_time.clone());
        let made =
            condition::condition("Resolved", "False", why.reason, &why.message, service.metadata.generation, since);
        condition::set(&mut status.conditions, made);
    }
    status
}

const fn verdict(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Passed => "Passed",
        Outcome::Failed => "Failed",
        Outcome::Inconclusive => "Inconclusive",
    }
}
