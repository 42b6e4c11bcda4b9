//! Whether a new release is due, and what it is called. Pure: names follow from commit, spec and
//! attempt, so that a crash cannot make two.

use factory_assurance::canonical::{self, NotCanonical};
use factory_crds::{Json, Release, ReleaseSpec, ResilienceStandard, StateService};
use kube::{Resource as _, ResourceExt as _};

use super::RUN;

/// The release that is to be made now, if any.
pub fn due(
    service: &StateService,
    commit: &str,
    standard: &ResilienceStandard,
    known: &[Release],
) -> Result<Option<Release>, NotCanonical> {
    let spec_hash = canonical::digest(&service.spec)?;
    let same = |release: &&Release| {
        !release.spec.rehearsal && release.spec.commit == commit && release.spec.spec_hash == spec_hash
    };
    let tries: Vec<_> = known.iter().filter(same).collect();
    let asked = service.annotations().get(RUN);
    let wanted = match tries.iter().max_by_key(|release| release.spec.attempt) {
        None => Some((1, None)),
        Some(last) => {
            let outcome = last.status.as_ref().and_then(|status| status.outcome);
            let again = last.is_tried_again();
            let requested = asked.is_some()
                && known.iter().all(|release| release.annotations().get(RUN) != asked)
                && outcome.is_some();
            // What nobody asked for repeats the same test, whatever the regulator has issued since.
            let repeated = (again && !requested).then_some(*last);
            (again || requested).then_some((last.spec.attempt + 1, repeated))
        }
    };
    let Some((attempt, repeated)) = wanted else { return Ok(None) };
    let standard = match repeated {
        Some(last) => (last.spec.standard.clone(), last.spec.standard_spec.clone()),
        None => (standard.name_any(), Json(serde_json::to_value(&standard.spec)?)),
    };
    Ok(Some(release(service, commit, &spec_hash, standard, attempt)?))
}

fn release(
    service: &StateService,
    commit: &str,
    spec_hash: &str,
    (standard, standard_spec): (String, Json),
    attempt: u32,
) -> Result<Release, NotCanonical> {
    let id = canonical::sha256(format!("{commit} {spec_hash}").as_bytes());
    let name = format!("{}-{}-{attempt}", service.name_any(), &id["sha256:".len()..][..8]);
    let spec = ReleaseSpec {
        service: service.name_any(),
        commit: commit.to_owned(),
        spec_hash: spec_hash.to_owned(),
        manifest: Json(serde_json::to_value(&service.spec)?),
        standard,
        standard_spec,
        attempt,
        rehearsal: false,
    };
    let mut release = Release::new(&name, spec);
    release.metadata.namespace = service.namespace();
    release.metadata.owner_references = service.controller_owner_ref(&()).map(|owner| vec![owner]);
    if let Some(asked) = service.annotations().get(RUN) {
        release.annotations_mut().insert(RUN.to_owned(), asked.clone());
    }
    Ok(release)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state_service::examples;
    use factory_crds::{Outcome, ReleaseStatus, release::AnnouncementReference};

    const COMMIT: &str = "0123456789012345678901234567890123456789";

    fn ended(mut release: Release, outcome: Outcome) -> Release {
        let announcement = AnnouncementReference { id: "id".to_owned(), nonce: "nonce".to_owned(), attempt: 1 };
        release.status = Some(ReleaseStatus {
            outcome: Some(outcome),
            announcement: Some(announcement),
            ..ReleaseStatus::default()
        });
        release
    }

    fn first(service: &StateService) -> Release {
        due(service, COMMIT, &examples::standard(), &[]).unwrap().unwrap()
    }

    #[test]
    fn a_new_commit_or_spec_is_a_new_release_and_the_same_is_none() {
        let service = examples::service();
        let known = [first(&service)];
        assert!(due(&service, COMMIT, &examples::standard(), &known).unwrap().is_none());
        let other = COMMIT.replace('0', "f");
        assert!(due(&service, &other, &examples::standard(), &known).unwrap().is_some());
        let mut changed = service.clone();
        changed.spec.components[0].replicas = 3;
        assert!(due(&changed, COMMIT, &examples::standard(), &known).unwrap().is_some());
    }

    #[test]
    fn the_name_follows_from_what_it_is_so_that_a_crash_cannot_make_two() {
        let service = examples::service();
        assert_eq!(first(&service).metadata.name, first(&service).metadata.name);
    }

    #[test]
    fn an_inconclusive_attempt_is_tried_once_more_by_itself_and_a_failed_one_is_not() {
        let service = examples::service();
        let one = ended(first(&service), Outcome::Inconclusive);
        let two = due(&service, COMMIT, &examples::standard(), std::slice::from_ref(&one)).unwrap().unwrap();
        assert_eq!(two.spec.attempt, 2);
        let two = ended(two, Outcome::Inconclusive);
        assert!(due(&service, COMMIT, &examples::standard(), &[one, two]).unwrap().is_none());
        let failed = ended(first(&service), Outcome::Failed);
        assert!(due(&service, COMMIT, &examples::standard(), &[failed]).unwrap().is_none());
    }

    #[test]
    fn what_was_refused_before_it_was_announced_is_not_tried_again_by_itself() {
        let mut service = examples::service();
        let mut refused = ended(first(&service), Outcome::Inconclusive);
        refused.status.as_mut().unwrap().announcement = None;
        assert!(due(&service, COMMIT, &examples::standard(), std::slice::from_ref(&refused)).unwrap().is_none());
        service.annotations_mut().insert(RUN.to_owned(), "2026-11-29T00:00:00Z".to_owned());
        assert!(due(&service, COMMIT, &examples::standard(), &[refused]).unwrap().is_some());
    }

    #[test]
    fn a_repetition_is_judged_as_the_first_attempt_was_and_one_that_is_asked_for_by_what_holds_now() {
        let mut service = examples::service();
        let one = ended(first(&service), Outcome::Inconclusive);
        let mut newer = examples::standard();
        newer.metadata.name = Some("newer".to_owned());
        newer.spec.version = "newer".to_owned();
        let two = due(&service, COMMIT, &newer, std::slice::from_ref(&one)).unwrap().unwrap();
        assert_eq!((&two.spec.standard, &two.spec.standard_spec), (&one.spec.standard, &one.spec.standard_spec));
        service.annotations_mut().insert(RUN.to_owned(), "2026-11-23T00:00:00Z".to_owned());
        let asked = due(&service, COMMIT, &newer, &[one]).unwrap().unwrap();
        assert_eq!((asked.spec.standard.as_str(), &asked.spec.standard_spec.0["version"]), ("newer", &"newer".into()));
    }

    #[test]
    fn a_team_that_asks_gets_one_more_attempt_and_not_two() {
        let mut service = examples::service();
        let failed = ended(first(&service), Outcome::Failed);
        service.annotations_mut().insert(RUN.to_owned(), "2026-11-23T00:00:00Z".to_owned());
        let two = due(&service, COMMIT, &examples::standard(), std::slice::from_ref(&failed)).unwrap().unwrap();
        assert_eq!(two.spec.attempt, 2);
        let two = ended(two, Outcome::Failed);
        assert!(due(&service, COMMIT, &examples::standard(), &[failed, two]).unwrap().is_none());
    }
}
