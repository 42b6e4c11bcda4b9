//! The release of a team's rehearsal: the newest commit and spec of the service once more, under the
//! experiment's name. It walks the same road as far as the verdict, and is neither announced nor
//! reported nor launched.

use factory_crds::{Experiment, Release};
use kube::{Api, Resource as _, ResourceExt as _, api::ListParams};

use super::ExperimentError;
use crate::{apply, context::Context, stage::Progress};

/// The release that carries out `experiment`, made where it is not there yet.
pub async fn release(
    context: &Context,
    releases: &Api<Release>,
    experiment: &Experiment,
) -> Result<Progress<Release>, ExperimentError> {
    let (name, service) = (experiment.name_any(), &experiment.spec.service);
    let known = if let Some(known) = releases.get_opt(&name).await? {
        known
    } else if let Some(newest) = newest(releases.list(&ListParams::default()).await?.items, service) {
        apply::create_once(&context.client, &of(experiment, &newest)).await?
    } else {
        let message = format!("spec.service: no release of `{service}` whose commit could be rehearsed");
        return Ok(Progress::waiting("NothingToRehearse", message));
    };
    // By UID: a rehearsal of the same name may have left its release behind for a moment.
    let own = known.owner_references().iter().any(|owner| Some(&owner.uid) == experiment.metadata.uid.as_ref());
    if own {
        return Ok(Progress::Done(known));
    }
    Ok(Progress::waiting("ReleaseOfAnother", format!("metadata.name: Release `{name}` is there already, of another")))
}

/// The newest release of `service` that is no rehearsal itself.
fn newest(releases: Vec<Release>, service: &str) -> Option<Release> {
    releases
        .into_iter()
        .filter(|release| release.spec.service == service && !release.spec.rehearsal)
        .max_by_key(|release| (release.creation_timestamp(), release.spec.attempt))
}

/// The release of `experiment`: what `newest` was, under the experiment's name.
fn of(experiment: &Experiment, newest: &Release) -> Release {
    let mut spec = newest.spec.clone();
    spec.rehearsal = true;
    let mut release = Release::new(&experiment.name_any(), spec);
    release.metadata.namespace = experiment.namespace();
    release.metadata.owner_references = experiment.controller_owner_ref(&()).map(|owner| vec![owner]);
    release
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state_service::{examples, releases};
    use factory_crds::ExperimentSpec;

    fn release(attempt: u32, rehearsal: bool) -> Release {
        let service = examples::service();
        let mut release = releases::due(&service, &"a".repeat(40), &examples::standard(), &[]).unwrap().unwrap();
        release.spec.attempt = attempt;
        release.spec.rehearsal = rehearsal;
        release
    }

    #[test]
    fn a_rehearsal_repeats_the_newest_release_and_no_rehearsal() {
        let all = vec![release(1, false), release(3, true), release(2, false)];
        assert_eq!(newest(all.clone(), "registered-address").unwrap().spec.attempt, 2);
        assert!(newest(all, "another").is_none());
    }

    #[test]
    fn the_release_of_a_rehearsal_is_the_experiments_own_and_counts_for_nothing() {
        let spec = ExperimentSpec {
            service: "registered-address".to_owned(),
            release: String::new(),
            rehearsal: true,
            plan: None,
        };
        let mut experiment = Experiment::new("registered-address-rehearsal-x", spec);
        experiment.metadata.uid = Some("33333333".to_owned());
        let made = of(&experiment, &release(2, false));
        assert!(made.spec.rehearsal);
        assert_eq!(made.name_any(), experiment.name_any());
        assert!(made.owner_references().iter().any(|owner| owner.uid == "33333333"));
    }
}
