//! Whether a new release is due, and what it is called. Pure: names follow from commit, spec and
//! attempt, so that a crash cannot make two.

use factory_assurance::canonical::{self, NotCanonical};
use factory_crds::{Json, Outcome, Release, ReleaseSpec, ResilienceStandard, StateService};
use kube::{Resource as _, ResourceExt as _};

use super::RUN;

/// Attempts that are made without being asked for: an inconclusive one is tried once more.
const BY_ITSELF: u32 = 2;

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
        None => Some(1),
        Some(last) => {
            let outcome = last.status.as_ref().and_then(|status| status.outcome);
            let again = outcome == Some(Outcome::Inconclusive) && last.spec.attempt < BY_ITSELF;
            let requested = asked.is_some()
                && known.iter().all(|release| release.annotations().get(RUN) != asked)
                && outcome.is_some();
            (again || requested).then_some(last.spec.attempt + 1)
        }
    };
    wanted.map(|attempt| release(service, commit, &spec_hash, standard, attempt)).transpose()
}

fn release(
    service: &StateService,
    commit: &str,
    spec_hash: &str,
    standard: &ResilienceStandard,
    attempt: u32,
) -> Result<Release, NotCanonical> {
    let document = |value: serde_json::Result<serde_json::Value>| value.map(Json).map_err(NotCanonical::from);
    let id = canonical::sha256(format!("{commit} {spec_hash}").as_bytes());
    let name = format!("{}-{}-{attempt}", service.name_any(), &id["sha256:".len()..][..8]);
    let spec = ReleaseSpec {
        service: service.name_any(),
        commit: commit.to_owned(),
        spec_hash: spec_hash.to_owned(),
        manifest: document(serde_json::to_value(&service.spec))?,
        standard: standard.name_any(),
        standard_spec: document(serde_json::to_value(&standard.spec))?,
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
