//! Where a service is on its road, and whether that is an end: pure functions from what the cluster
//! says to what a person is told. They must not ask anything, and they decide nothing for the
//! operator.

use factory_crds::{Outcome, Release, StateService, condition::STAGES};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::ResourceExt as _;

use crate::exit::Exit;

/// How far one stage is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Nothing is said of it yet.
    Pending,
    /// It is under way, or waits.
    Running,
    /// It is done.
    Done,
    /// It has stopped.
    Stopped,
}

/// One stage as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stage {
    /// Its name, from [`STAGES`].
    pub name: &'static str,
    /// How far it is.
    pub state: State,
    /// Reason of the condition.
    pub reason: String,
    /// Its message, in one line.
    pub message: String,
}

/// Everything that is shown of a service at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// Name of the release; empty before there is one.
    pub release: String,
    /// Its stages in the order of the road.
    pub stages: Vec<Stage>,
    /// Why an experiment has no release yet, in one line; from then on the release says more.
    pub experiment: String,
}

/// The end of a release, as far as a watch is concerned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending {
    /// The exit code.
    pub exit: Exit,
    /// What happened, in one line.
    pub text: String,
}

/// The stages that `conditions` speak of.
pub fn stages(conditions: &[Condition]) -> Vec<Stage> {
    let stage = |name: &'static str| match conditions.iter().find(|condition| condition.type_ == name) {
        None => Stage { name, state: State::Pending, reason: String::new(), message: String::new() },
        Some(condition) => Stage {
            name,
            state: match condition.status.as_str() {
                "True" => State::Done,
                "False" => State::Stopped,
                _ => State::Running,
            },
            reason: condition.reason.clone(),
            message: condition.message.split_whitespace().collect::<Vec<_>>().join(" "),
        },
    };
    STAGES.map(stage).into()
}

/// What is shown of `release`.
pub fn of_release(release: &Release) -> View {
    let conditions = release.status.as_ref().map(|status| status.conditions.as_slice()).unwrap_or_default();
    View { release: release.name_any(), stages: stages(conditions), experiment: String::new() }
}

/// What is shown of a service that has no release of its present spec.
pub fn of_service(service: &StateService) -> View {
    let conditions = service.status.as_ref().map(|status| status.conditions.as_slice()).unwrap_or_default();
    // All other conditions mirror the release of an earlier spec.
    let own = |condition: &&Condition| {
        condition.type_ == STAGES[0] && condition.observed_generation == service.metadata.generation
    };
    let current: Vec<_> = conditions.iter().filter(own).cloned().collect();
    View { release: String::new(), stages: stages(&current), experiment: String::new() }
}

/// Whether `release` was made from the present spec of `service`.
pub fn is_current(service: &StateService, release: &Release) -> bool {
    release.spec.service == service.name_any() && release.spec.state_service().is_ok_and(|spec| spec == service.spec)
}

/// Whether `release` has ended, or has reached the stage `until`. Only its outcome ends a release: a
/// stage may have found a deviation while the rest of the road, up to the report, is still ahead.
pub fn ending(release: &Release, until: Option<&str>) -> Option<Ending> {
    let status = release.status.as_ref()?;
    let name = release.name_any();
    let stages = stages(&status.conditions);
    let done = |wanted: &str| stages.iter().any(|stage| stage.name == wanted && stage.state == State::Done);
    let end = |exit, text: String| Some(Ending { exit, text });
    let why = if status.message.is_empty() { String::new() } else { format!(": {}", status.message) };
    match status.outcome {
        Some(Outcome::Failed) => return end(Exit::Failed, format!("{name} failed{why}")),
        Some(Outcome::Inconclusive) if !release.is_tried_again() => {
            return end(Exit::Inconclusive, format!("{name} is inconclusive{why}"));
        }
        Some(Outcome::Passed) if release.spec.rehearsal => {
            return end(Exit::Good, format!("{name} passed; a rehearsal is not reported"));
        }
        _ => {}
    }
    let returned = stages.iter().find(|stage| stage.state == State::Stopped && stage.reason == "Returned");
    if let Some(stage) = returned {
        return end(Exit::Failed, format!("{name} was sent back: {}", stage.message));
    }
    let withdrawn = stages.iter().find(|stage| stage.state == State::Stopped && stage.reason == "Withdrawn");
    if let Some(stage) = withdrawn {
        return end(Exit::Failed, format!("{name} was {}", stage.message));
    }
    if done("Launched") {
        return end(Exit::Good, format!("{name} is launched"));
    }
    let reached = until.filter(|stage| done(stage))?;
    end(Exit::Good, format!("{name} has reached {reached}"))
}

/// Whether a service without a release of its present spec has stopped before there could be one.
pub fn stopped_before_release(service: &StateService) -> Option<Ending> {
    let view = of_service(service);
    let stopped = view.stages.into_iter().find(|stage| stage.state == State::Stopped)?;
    let name = service.name_any();
    let text =
        format!("{name} stopped at {}: {}; it goes on by itself when the cause is gone", stopped.name, stopped.message);
    Some(Ending { exit: Exit::Error, text })
}

#[cfg(test)]
mod tests {
    use super::*;
    use factory_crds::{Json, ReleaseSpec, ReleaseStatus, release::AnnouncementReference};
    use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

    fn release(outcome: Option<Outcome>, rehearsal: bool, conditions: &[(&str, &str, &str)]) -> Release {
        attempt(2, outcome, rehearsal, conditions)
    }

    fn attempt(attempt: u32, outcome: Option<Outcome>, rehearsal: bool, conditions: &[(&str, &str, &str)]) -> Release {
        let spec = ReleaseSpec {
            service: "queue".to_owned(),
            commit: "0".repeat(40),
            spec_hash: format!("sha256:{}", "0".repeat(64)),
            manifest: Json(serde_json::Value::Null),
            standard: "basic@1".to_owned(),
            standard_spec: Json(serde_json::Value::Null),
            attempt,
            rehearsal,
        };
        let mut release = Release::new("queue-1", spec);
        let now = Time(k8s_openapi::jiff::Timestamp::UNIX_EPOCH);
        let conditions = conditions
            .iter()
            .map(|(type_, status, reason)| {
                factory_crds::condition::condition(type_, status, reason, "because", Some(1), now.clone())
            })
            .collect();
        release.status = Some(ReleaseStatus { conditions, outcome, ..ReleaseStatus::default() });
        release
    }

    fn announced(mut release: Release) -> Release {
        let announcement = AnnouncementReference { id: "id".to_owned(), nonce: "nonce".to_owned(), attempt: 1 };
        release.status.as_mut().unwrap().announcement = Some(announcement);
        release
    }

    #[test]
    fn a_release_ends_with_the_code_of_what_happened() {
        let passed = Some(Outcome::Passed);
        for (release, until, expected) in [
            (release(None, false, &[("Built", "True", "Built")]), None, None),
            (release(None, false, &[("Built", "Unknown", "Building")]), None, None),
            (release(Some(Outcome::Failed), false, &[("Proven", "False", "Failed")]), None, Some(Exit::Failed)),
            (release(Some(Outcome::Inconclusive), false, &[]), None, Some(Exit::Inconclusive)),
            (release(passed, false, &[("Reported", "True", "Reported")]), None, None),
            (release(passed, false, &[("Reported", "True", "Reported")]), Some("Reported"), Some(Exit::Good)),
            (release(passed, true, &[]), None, Some(Exit::Good)),
            (release(passed, false, &[("Launched", "True", "Launched")]), None, Some(Exit::Good)),
            (release(passed, false, &[("Confirmed", "False", "Returned")]), None, Some(Exit::Failed)),
            (release(passed, false, &[("Launched", "False", "Withdrawn")]), None, Some(Exit::Failed)),
            // A deviation is no end while the report is still to come.
            (
                release(None, false, &[("Proven", "False", "Failed"), ("Reported", "Unknown", "RegisterAway")]),
                None,
                None,
            ),
            // The operator tries once more by itself, unless it was a rehearsal.
            (announced(attempt(1, Some(Outcome::Inconclusive), false, &[])), None, None),
            // What was refused before it was announced is not.
            (attempt(1, Some(Outcome::Inconclusive), false, &[]), None, Some(Exit::Inconclusive)),
            (announced(attempt(1, Some(Outcome::Inconclusive), true, &[])), None, Some(Exit::Inconclusive)),
            // What failed has failed, also where only an early stage was waited for.
            (release(Some(Outcome::Failed), false, &[("Built", "True", "Built")]), Some("Built"), Some(Exit::Failed)),
        ] {
            let found = ending(&release, until).map(|ending| ending.exit);
            assert_eq!(found, expected, "{:?}", release.status);
        }
    }

    #[test]
    fn stages_stand_in_the_order_of_the_road_whatever_the_order_of_conditions() {
        let release = release(None, false, &[("Built", "Unknown", "Building"), ("Resolved", "True", "Resolved")]);
        let view = of_release(&release);
        let states: Vec<_> = view.stages.iter().map(|stage| (stage.name, stage.state)).take(3).collect();
        assert_eq!(states, [("Resolved", State::Done), ("Built", State::Running), ("Deployed", State::Pending)]);
    }
}
