//! What the regulator signed: the pinned keys, and a bundle taken from documents that hold against
//! them. Nothing that only the register says gets into a permit.

use std::path::Path;

use factory_assurance::{
    confirmation::{self, Confirmed},
    dossier::{TestResult, Verified},
    dsse::{DsseError, Envelope, PublicKey},
    term::Term,
    wire::SubmissionState,
};
use factory_crds::launch_permit::PermittedBundle;
use k8s_openapi::jiff::Timestamp;

use super::KeeperError;
use crate::error::Fatal;

/// Every `*.pub` in `folder`.
pub fn pinned(folder: &Path) -> Result<Vec<PublicKey>, Fatal> {
    let keys: Vec<_> = terms(folder)?.into_iter().map(|term| term.key).collect();
    if keys.is_empty() {
        return Err(
            format!("{}: no public key of the regulator; nothing could ever be launched", folder.display()).into()
        );
    }
    Ok(keys)
}

/// The same, each with the time in which it signs.
pub fn terms(folder: &Path) -> Result<Vec<Term>, Fatal> {
    let mut keys = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "pub") {
            let key = Term::read(&std::fs::read_to_string(&path)?);
            keys.push(key.map_err(|error| format!("{}: {error}", path.display()))?);
        }
    }
    Ok(keys)
}

/// Holds the confirmation in `state` and the `dossier` against the `regulator`'s keys and each other.
/// What is permitted comes from these signed documents only.
pub fn bundle(
    state: &SubmissionState,
    dossier: &Envelope,
    regulator: &[PublicKey],
) -> Result<PermittedBundle, KeeperError> {
    // The regulator signed the digest of these bytes; so the factory's signature adds nothing here.
    let Verified { dossier, digest, .. } = Verified::unsigned(dossier)?;
    let result = dossier.predicate;
    let bundle = result.bundle.digest().map_err(DsseError::from)?;
    let resource = result.subject.resource();
    let standard = result.standard.named();
    let expected = Confirmed { resource: &resource, bundle: &bundle, dossier: &digest, standard: &standard };
    let Some(confirmation) = &state.confirmation else {
        return Err(KeeperError::Contradiction { field: "confirmation", said: "none".to_owned(), signed: resource });
    };
    let confirmed = confirmation::verify(confirmation, regulator, &expected)?;
    let time = confirmed.predicate.time_verified;
    let moment: Timestamp = time.parse().map_err(|_| KeeperError::Time(time))?;
    permitted(state, result, (bundle, confirmation.payload_digest()?, moment))
}

/// The bundle of digest `bundle` that `result` is about, once the register was found to speak of the same: allowed by
/// the statement of this digest since that `moment`.
pub fn permitted(
    state: &SubmissionState,
    result: TestResult,
    (bundle, statement, moment): (String, String, Timestamp),
) -> Result<PermittedBundle, KeeperError> {
    let subject = &result.subject;
    for (field, said, signed) in [
        ("participant", &state.subject.participant, &subject.participant),
        ("service", &state.subject.service, &subject.service),
        ("bundle", &state.bundle, &bundle),
    ] {
        if said != signed {
            return Err(KeeperError::Contradiction { field, said: said.clone(), signed: signed.clone() });
        }
    }
    // The database's too: a live namespace admits no image that was not confirmed.
    let mut images: Vec<_> = result.bundle.all_images().map(|(_, image)| image.to_owned()).collect();
    images.sort_unstable();
    images.dedup();
    Ok(PermittedBundle {
        digest: bundle,
        release: subject.release.clone(),
        submission: state.id.clone(),
        confirmation: statement,
        confirmed_at: moment.to_string(),
        images,
    })
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use factory_assurance::{
        dsse::{PrivateKey, sign},
        object, sample,
        wire::Procedure,
    };

    /// A passing dossier, confirmed at `time` with `regulator`'s key.
    pub(in crate::permit_keeper) fn confirmed(regulator: &PrivateKey, time: &str) -> (SubmissionState, Envelope) {
        let result = sample::passing();
        let dossier = sign(&result.clone().into_statement().unwrap(), &PrivateKey::generate()).unwrap();
        let (bundle, digest) = (result.bundle.digest().unwrap(), dossier.payload_digest().unwrap());
        let subject = result.subject;
        let expected = Confirmed {
            resource: &subject.resource(),
            bundle: &bundle,
            dossier: &digest,
            standard: &result.standard.named(),
        };
        let confirmation = sign(&confirmation::statement(&expected, "regulator", time), regulator).unwrap();
        let state = SubmissionState {
            id: "submission-1".to_owned(),
            subject,
            bundle,
            dossier: digest,
            verdict: result.verdict,
            state: Procedure::Registered,
            reason: String::new(),
            confirmation: Some(confirmation),
            delegated: None,
            entry: None,
            missing: Vec::new(),
        };
        (state, dossier)
    }

    #[test]
    fn moment_and_images_come_from_what_was_signed() {
        let key = PrivateKey::generate();
        let (state, dossier) = confirmed(&key, "2026-03-04T11:06:07+06:00");
        let permitted = bundle(&state, &dossier, &[key.public()]).unwrap();
        assert_eq!(permitted.confirmed_at, "2026-03-04T05:06:07Z");
        let mut images: Vec<_> = sample::passing().bundle.images.into_values().collect();
        images.sort_unstable();
        assert_eq!(permitted.images, images);
    }

    #[test]
    fn an_object_that_was_included_permits_nothing() {
        let key = PrivateKey::generate();
        let (state, dossier) = confirmed(&key, "2026-03-04T05:06:07Z");
        let object = sample::object();
        let inclusion = sign(&object::statement(&object, "regulator", "2026-03-04T05:06:07Z").unwrap(), &key).unwrap();
        // Whatever a register says of it: an inclusion is no confirmation, and an object is no dossier.
        let said = SubmissionState { confirmation: Some(inclusion.clone()), ..state.clone() };
        assert!(matches!(bundle(&said, &dossier, &[key.public()]), Err(KeeperError::Confirmation(_))));
        for document in [sign(&object, &key).unwrap(), inclusion] {
            assert!(bundle(&state, &document, &[key.public()]).is_err());
        }
    }

    #[test]
    fn a_moment_that_is_none_and_a_key_that_is_not_pinned_permit_nothing() {
        let key = PrivateKey::generate();
        let (state, dossier) = confirmed(&key, "yesterday");
        assert!(matches!(bundle(&state, &dossier, &[key.public()]), Err(KeeperError::Time(_))));
        let (state, dossier) = confirmed(&key, "2026-03-04T05:06:07Z");
        let other = PrivateKey::generate().public();
        assert!(matches!(bundle(&state, &dossier, &[other]), Err(KeeperError::Confirmation(_))));
    }
}
