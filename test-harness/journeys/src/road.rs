//! Where a release stands on the road, read from its conditions as a person reads them with kubectl.

use std::{collections::BTreeMap, time::Duration};

use factory_crds::{Outcome, Release, StateService, condition::STAGES};
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::{Api, Client, ResourceExt as _};
use tokio::time::Instant;

use crate::{
    Failure,
    waiting::{follow, until},
};

/// Where a release stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Something is under way.
    Underway,
    /// Passed and reported: it waits for the regulator.
    WithRegulator,
    /// The same bundle runs for users.
    Launched,
    /// It goes no further; the reasons say why, worst first.
    Stopped(Vec<String>),
}

/// Where `release` stands.
#[must_use]
pub fn standing(release: &Release) -> Standing {
    let Some(status) = &release.status else { return Standing::Underway };
    let is = |stage: &str, state: &str| {
        status.conditions.iter().any(|condition| condition.type_ == stage && condition.status == state)
    };
    match status.outcome {
        _ if is("Launched", "True") => Standing::Launched,
        Some(Outcome::Failed | Outcome::Inconclusive) => Standing::Stopped(reasons(release)),
        // Returned or revoked; or launched once, and withdrawn.
        Some(Outcome::Passed) if is("Confirmed", "False") || is("Launched", "False") => {
            Standing::Stopped(reasons(release))
        }
        Some(Outcome::Passed) if is("Reported", "True") && !is("Confirmed", "True") => Standing::WithRegulator,
        _ => Standing::Underway,
    }
}

/// The stage that has not gone well: the first one that is `False`. One that waits is `Unknown`.
#[must_use]
pub fn stop(conditions: &[Condition]) -> Option<&Condition> {
    STAGES
        .iter()
        .filter_map(|stage| conditions.iter().find(|condition| &condition.type_ == stage))
        .find(|condition| condition.status == "False")
}

/// What `release` waits for at the stage that it is at, as its condition says it.
#[must_use]
pub fn waits(release: &Release) -> Option<&str> {
    let conditions = &release.status.as_ref()?.conditions;
    let waiting = conditions.iter().find(|condition| condition.status == "Unknown")?;
    Some(&waiting.message)
}

/// What was found, or else what the stopped stage says, as sentences.
#[must_use]
pub fn reasons(release: &Release) -> Vec<String> {
    let Some(status) = &release.status else { return Vec::new() };
    if status.findings.is_empty() {
        stop(&status.conditions)
            .map(|condition| format!("{}: {}", condition.reason, condition.message))
            .into_iter()
            .collect()
    } else {
        status.findings.iter().map(|finding| finding.message.clone()).collect()
    }
}

/// Codes of the findings.
#[must_use]
pub fn codes(release: &Release) -> Vec<String> {
    let findings = release.status.iter().flat_map(|status| &status.findings);
    findings.map(|finding| finding.code.clone()).collect()
}

/// When `stage` of `release` became true.
#[must_use]
pub fn reached(release: &Release, stage: &str) -> Option<Timestamp> {
    let conditions = &release.status.as_ref()?.conditions;
    let found = conditions.iter().find(|condition| condition.type_ == stage && condition.status == "True")?;
    Some(found.last_transition_time.0)
}

/// Seconds of each stage that was reached, from the one before; the first from `start`.
#[must_use]
pub fn stage_seconds(release: &Release, start: Timestamp) -> BTreeMap<String, f64> {
    let mut before = start;
    let mut seconds = BTreeMap::new();
    for stage in STAGES {
        if let Some(at) = reached(release, stage) {
            seconds.insert(stage.to_owned(), at.duration_since(before).as_secs_f64().max(0.0));
            before = before.max(at);
        }
    }
    seconds
}

/// The release that the factory made of `service` as it now stands, at `commit`; at most `limit`
/// is waited for it.
pub async fn release_of(
    client: &Client,
    service: &StateService,
    commit: &str,
    limit: Duration,
) -> Result<Release, Failure> {
    let namespace = service.namespace().unwrap_or_default();
    let name = service.name_any();
    let services: Api<StateService> = Api::namespaced(client.clone(), &namespace);
    let releases: Api<Release> = Api::namespaced(client.clone(), &namespace);
    let deadline = Instant::now() + limit;
    let mut known = String::new();
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let found = until(&services, &name, &format!("a release at {commit}"), left, |service| {
            let current = service.metadata.generation;
            service.status.as_ref().is_some_and(|status| {
                status.observed_generation == current && !status.release.is_empty() && status.release != known
            })
        })
        .await?;
        known = found.status.unwrap_or_default().release;
        let release = releases.get(&known).await?;
        let is_current = release.spec.state_service().is_ok_and(|spec| spec == service.spec);
        if is_current && release.spec.commit == commit {
            return Ok(release);
        }
    }
}

/// Follows `release` until it stands where `arrived` says, or has ended otherwise, at most `limit`;
/// `see` is shown each of its states.
pub async fn travel(
    client: &Client,
    release: &Release,
    limit: Duration,
    arrived: impl Fn(&Standing) -> bool,
    see: impl Fn(&Release),
) -> Result<Release, Failure> {
    let api: Api<Release> = Api::namespaced(client.clone(), &release.namespace().unwrap_or_default());
    follow(&api, &release.name_any(), "the next stage", limit, |state| {
        let Some(state) = state else { return Some(Err(Failure::new(format!("{} is gone", release.name_any())))) };
        see(state);
        let standing = standing(state);
        let ended = matches!(standing, Standing::Launched | Standing::Stopped(_));
        (arrived(&standing) || ended).then(|| Ok(state.clone()))
    })
    .await?
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn release(status: &Value) -> Release {
        serde_json::from_value(json!({
            "apiVersion": "factory.gov.kg/v1alpha1", "kind": "Release",
            "metadata": {"name": "r"},
            "spec": {"service": "s", "commit": "c", "specHash": "h", "manifest": {}, "standard": "x",
                     "standardSpec": {}, "attempt": 1},
            "status": status,
        }))
        .unwrap()
    }

    fn condition(stage: &str, status: &str) -> Value {
        json!({"type": stage, "status": status, "reason": "R", "message": "m", "lastTransitionTime": "2026-01-01T00:00:10Z"})
    }

    #[test]
    fn a_release_stands_where_its_conditions_say() {
        let found = json!([{"code": "C", "message": "said so"}]);
        let cases = [
            (json!({}), Standing::Underway),
            (json!({"conditions": [condition("Resolved", "True"), condition("Built", "Unknown")]}), Standing::Underway),
            // Failed checks are reported before the release ends.
            (json!({"conditions": [condition("Verified", "False")]}), Standing::Underway),
            (
                json!({"outcome": "Failed", "conditions": [condition("Built", "False")], "findings": found}),
                Standing::Stopped(vec!["said so".to_owned()]),
            ),
            (
                json!({"outcome": "Failed", "conditions": [condition("Proven", "False"), condition("Reported", "True")]}),
                Standing::Stopped(vec!["R: m".to_owned()]),
            ),
            (json!({"outcome": "Passed", "conditions": [condition("Reported", "True")]}), Standing::WithRegulator),
            (
                json!({"outcome": "Passed", "conditions": [condition("Reported", "True"), condition("Confirmed", "False")]}),
                Standing::Stopped(vec!["R: m".to_owned()]),
            ),
            (
                json!({"outcome": "Passed", "conditions": [condition("Reported", "True"), condition("Confirmed", "True")]}),
                Standing::Underway,
            ),
            (json!({"outcome": "Passed", "conditions": [condition("Launched", "True")]}), Standing::Launched),
        ];
        for (status, expected) in cases {
            assert_eq!(standing(&release(&status)), expected, "{status}");
        }
    }

    #[test]
    fn each_stage_takes_the_time_since_the_one_before() {
        let mut built = condition("Built", "True");
        built["lastTransitionTime"] = json!("2026-01-01T00:00:25Z");
        let release =
            release(&json!({"conditions": [condition("Resolved", "True"), built, condition("Deployed", "Unknown")]}));
        let seconds = stage_seconds(&release, "2026-01-01T00:00:08Z".parse().unwrap());
        assert_eq!(seconds, [("Resolved".to_owned(), 2.0), ("Built".to_owned(), 15.0)].into());
    }
}
