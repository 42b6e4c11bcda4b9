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

/// Says that the source could not be looked at. It stands there only while that is so.
pub const SOURCE_READ: &str = "SourceRead";

/// What is to be told beside the newest release.
#[derive(Default)]
pub struct Told {
    /// Why there is no release of the present manifest.
    pub problem: Option<Why>,
    /// Why the newest commit is not known.
    pub unread: Option<Why>,
}

/// Writes the status of `service` if it changed.
pub async fn write(
    context: &Context,
    service: &StateService,
    known: &[Release],
    told: &Told,
) -> Result<(), StateServiceError> {
    let before = service.status.clone().unwrap_or_default();
    let status = compose(service, &before, known, told);
    if status == before {
        return Ok(());
    }
    let api: Api<StateService> = Api::namespaced(context.client.clone(), &service.namespace().unwrap_or_default());
    apply::status(&api, service, &status).await?;
    let anew = told.problem.as_ref().filter(|why| before.message != why.message);
    let unread = told.unread.as_ref().filter(|why| !condition::has_reason(&before.conditions, SOURCE_READ, why.reason));
    for why in anew.into_iter().chain(unread) {
        let event = Event {
            type_: EventType::Warning,
            reason: why.reason.to_owned(),
            note: Some(why.message.clone()),
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

fn compose(service: &StateService, before: &StateServiceStatus, known: &[Release], told: &Told) -> StateServiceStatus {
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
    let mut not = |type_: &str, why: &Why| {
        let known = before.conditions.iter().find(|known| known.type_ == type_ && known.status == "False");
        let since = known.map_or_else(|| Time(Timestamp::now()), |known| known.last_transition_time.clone());
        let made = condition::condition(type_, "False", why.reason, &why.message, service.metadata.generation, since);
        condition::set(&mut status.conditions, made);
    };
    if let Some(why) = &told.unread {
        not(SOURCE_READ, why);
    }
    if let Some(why) = &told.problem {
        not("Resolved", why);
        "Resolved".clone_into(&mut status.stage);
        status.message.clone_from(&why.message);
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
        let launched = compose(&service, &none, &[release("True", "Done")], &Told::default());
        assert!(launched.live_namespace.starts_with("svc-"));
        let gone = compose(&service, &launched, &[release("False", WITHDRAWN)], &Told::default());
        assert_eq!(gone.live_namespace, "");
        assert!(condition::has_reason(&gone.conditions, "Launched", WITHDRAWN));
        assert_eq!(compose(&service, &gone, &[release("False", WITHDRAWN)], &Told::default()), gone);
        let again = compose(&service, &gone, &[release("False", WITHDRAWN), release("True", "Done")], &Told::default());
        assert_eq!(again.live_namespace, launched.live_namespace);
    }

    #[test]
    fn a_source_that_cannot_be_looked_at_is_told_while_it_is_so_and_the_release_goes_on() {
        let (service, released) = (examples::service(), [release("True", "Done")]);
        let none = StateServiceStatus::default();
        let unread = Told { unread: Some(Why::new("GitTimedOut", "no answer")), ..Told::default() };
        let told = compose(&service, &none, &released, &unread);
        assert!(condition::has_reason(&told.conditions, SOURCE_READ, "GitTimedOut"));
        assert!(condition::is_true(&told.conditions, "Launched"));
        assert_eq!(compose(&service, &told, &released, &unread), told, "since the same moment");
        let again = compose(&service, &told, &released, &Told::default());
        assert!(again.conditions.iter().all(|condition| condition.type_ != SOURCE_READ));
    }
}
