//! What an `Experiment` says of itself, from what the release that carries it out says. Pure, and
//! without a clock: times are those of the release, so that a second look writes nothing
//! (invariant 9) and an experiment that is made again says the same.

use factory_crds::{Experiment, ExperimentStatus, Release, ReleaseStatus, condition};
use k8s_openapi::{
    apimachinery::pkg::apis::meta::v1::{Condition, Time},
    jiff::Timestamp,
};
use kube::ResourceExt as _;

/// The status of `experiment`, which `release` carries out.
#[must_use]
pub fn of(experiment: &Experiment, release: &Release) -> ExperimentStatus {
    let seen = release.status.clone().unwrap_or_default();
    let made = experiment.creation_timestamp().unwrap_or(Time(Timestamp::UNIX_EPOCH));
    let mut conditions = experiment.status.clone().unwrap_or_default().conditions;
    let all = [
        ("Announced", announced(release.spec.rehearsal, &seen)),
        ("Verified", verified(&seen)),
        ("Measured", measured(&seen)),
    ];
    conditions.retain(|known| all.iter().any(|(type_, _)| known.type_ == *type_));
    for (type_, said) in all {
        let since = said.since.unwrap_or_else(|| made.clone());
        let generation = experiment.metadata.generation;
        let said = condition::condition(type_, &said.status, &said.reason, &said.message, generation, since);
        condition::set(&mut conditions, said);
    }
    ExperimentStatus {
        conditions,
        release: release.name_any(),
        message: message(&seen),
        verify_results: seen.verify_results,
        prove_results: seen.prove_results,
    }
}

/// What a condition says.
struct Said {
    status: String,
    reason: String,
    message: String,
    /// Since when, as far as the release knows.
    since: Option<Time>,
}

impl Said {
    fn new(status: &str, reason: &str, message: &str) -> Self {
        Self { status: status.to_owned(), reason: reason.to_owned(), message: message.to_owned(), since: None }
    }

    fn since(self, known: Option<&Condition>) -> Self {
        Self { since: known.map(|known| known.last_transition_time.clone()), ..self }
    }

    fn same_as(known: &Condition) -> Self {
        Self::new(&known.status, &known.reason, &known.message).since(Some(known))
    }

    /// What was not looked at: still to come, or never where the release has ended.
    fn not_reached(seen: &ReleaseStatus) -> Self {
        match seen.outcome {
            None => Self::new("Unknown", "Pending", ""),
            Some(_) => Self::new("False", "NotReached", worst(seen)),
        }
    }
}

fn announced(rehearsal: bool, seen: &ReleaseStatus) -> Said {
    match &seen.announcement {
        _ if rehearsal => Said::new("False", "Rehearsal", "a rehearsal is not announced, and no evidence"),
        Some(known) => {
            Said::new("True", "Done", &format!("announcement {}, attempt {} at this bundle", known.id, known.attempt))
        }
        // The release writes it down at the end of the look that made the experiment.
        None => Said::new("Unknown", "Pending", ""),
    }
}

fn verified(seen: &ReleaseStatus) -> Said {
    match stage(seen, "Verified") {
        Some(known) if known.status != "Unknown" || seen.outcome.is_none() => Said::same_as(known),
        _ => Said::not_reached(seen),
    }
}

/// That there are measurements, whatever the verdict on them.
fn measured(seen: &ReleaseStatus) -> Said {
    let known = stage(seen, "Proven");
    match known {
        _ if !seen.prove_results.is_empty() => Said::new("True", "Done", "").since(known),
        Some(proven) if proven.status == "False" => Said::new("False", "NotMeasured", &proven.message).since(known),
        Some(proven) if proven.status == "Unknown" && seen.outcome.is_none() => Said::same_as(proven),
        _ => Said::not_reached(seen),
    }
}

fn stage<'a>(seen: &'a ReleaseStatus, name: &str) -> Option<&'a Condition> {
    seen.conditions.iter().find(|known| known.type_ == name)
}

fn worst(seen: &ReleaseStatus) -> &str {
    seen.findings.first().map_or("", |finding| finding.message.as_str())
}

/// Where it is and why; once there is an outcome it is over, wherever the release goes from there.
fn message(seen: &ReleaseStatus) -> String {
    let (what, why) = match seen.outcome {
        Some(outcome) => (format!("{outcome:?}"), worst(seen)),
        None => (seen.stage.clone(), seen.message.as_str()),
    };
    if why.is_empty() { what } else { format!("{what}: {why}") }
}

#[cfg(test)]
mod tests;
