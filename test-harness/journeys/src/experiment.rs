//! Experiments as a team sees them: what was announced, what was measured, and where that is.

use std::time::Duration;

use factory_crds::{Experiment, Release};
use kube::{Api, ResourceExt as _};

use crate::{
    Failure, Person, ensure,
    waiting::{until, until_gone},
};

/// The operator writes it as soon as the release changes.
const SOON: Duration = Duration::from_secs(30);

fn experiments(team: &Person, release: &Release) -> Api<Experiment> {
    Api::namespaced(team.client.clone(), &release.namespace().unwrap_or_default())
}

/// The experiment of `release` once nothing of it is still to come, as `team` sees it.
pub async fn ended(team: &Person, release: &Release) -> Result<Experiment, Failure> {
    let decided = |experiment: &Experiment| {
        ["Announced", "Verified", "Measured"].iter().all(|type_| standing(experiment, type_).0 != "Unknown")
    };
    let made =
        until(&experiments(team, release), &release.name_any(), "an end of its conditions", SOON, decided).await?;
    let owned = made.owner_references().iter().any(|owner| Some(&owner.uid) == release.metadata.uid.as_ref());
    ensure(owned, || format!("the release does not own its experiment: {:#?}", made.metadata))?;
    ensure(made.spec.release == release.name_any() && !made.spec.rehearsal, || format!("{:#?}", made.spec))?;
    Ok(made)
}

/// Waits until the experiment of `release` is gone, as everything that a release made.
pub async fn gone(team: &Person, release: &Release) -> Result<(), Failure> {
    Ok(until_gone(&experiments(team, release), &release.name_any(), Duration::from_mins(2)).await?)
}

/// Status, reason and message of the condition `type_`; `Unknown` where there is none.
#[must_use]
pub fn standing<'a>(experiment: &'a Experiment, type_: &str) -> (&'a str, &'a str, &'a str) {
    let conditions = experiment.status.iter().flat_map(|status| &status.conditions);
    conditions
        .into_iter()
        .find(|known| known.type_ == type_)
        .map_or(("Unknown", "", ""), |known| (known.status.as_str(), known.reason.as_str(), known.message.as_str()))
}
