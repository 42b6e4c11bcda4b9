//! Mirrors the newest release to the `StateService`, so that a team has one object to look at.

use factory_crds::{Outcome, Release, StateService, StateServiceStatus, condition};
use k8s_openapi::{
    apimachinery::pkg::apis::meta::v1::{Condition, Time},
    jiff::Timestamp,
};
use kube::{
    Api, Resource as _, ResourceExt as _,
    runtime::events::{Event, EventType},
};

use super::StateServiceError;
use crate::{apply, context::Context, manifests, release::record::WITHDRAWN, stage::Why};

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
    apply::status(&api, service, &status).await?;
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
    let conditions = || known.iter().filter_map(|release| release.status.as_ref()).map(|status| &status.conditions);
    let withdrawn = |conditions: &Vec<Condition>| condition::has_reason(conditions, "Launched", WITHDRAWN);
    let stands = conditions().any(|release| condition::is_true(release, "Registered") && !withdrawn(release));
    let mut status = StateServiceStatus {
        observed_generation: service.metadata.generation,
        release: newest.map(kube::ResourceExt::name_any).unwrap_or_default(),
        stage: release.stage,
        verdict: release.outcome.map(verdict).unwrap_or_default().to_owned(),
        message: release.message,
        live_namespace: if stands {
            manifests::live_namespace(&service.namespace().unwrap_or_default(), &service.name_any())
        } else if conditions().any(withdrawn) {
            String::new()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state_service::{examples, releases};
    use factory_crds::ReleaseStatus;

    /// A registered release of the example whose stage `Launched` is so.
    fn release(status: &str, reason: &str) -> Release {
        let service = examples::service();
        let mut release = releases::due(&service, &"a".repeat(40), &examples::standard(), &[]).unwrap().unwrap();
        let at = || Time(Timestamp::UNIX_EPOCH);
        let registered = condition::condition("Registered", "True", "Done", "", None, at());
        let launched = condition::condition("Launched", status, reason, "", None, at());
        release.status = Some(ReleaseStatus { conditions: vec![registered, launched], ..ReleaseStatus::default() });
        release
    }

    #[test]
    fn a_withdrawn_service_says_so_and_names_no_live_namespace_until_it_is_entered_again() {
        let service = examples::service();
        let none = StateServiceStatus::default();
        let launched = compose(&service, &none, &[release("True", "Done")], None);
        assert!(launched.live_namespace.starts_with("svc-"));
        let gone = compose(&service, &launched, &[release("False", WITHDRAWN)], None);
        assert_eq!(gone.live_namespace, "");
        assert!(condition::has_reason(&gone.conditions, "Launched", WITHDRAWN));
        assert_eq!(compose(&service, &gone, &[release("False", WITHDRAWN)], None), gone);
        let again = compose(&service, &gone, &[release("False", WITHDRAWN), release("True", "Done")], None);
        assert_eq!(again.live_namespace, launched.live_namespace);
    }
}
