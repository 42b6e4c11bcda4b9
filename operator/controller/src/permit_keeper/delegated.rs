//! What was entered under a standing delegation of the regulator, without a person's confirmation: permitted where the
//! whole proof of it holds against the pinned keys. Pure.

use factory_assurance::{
    delegation::proof::Proof,
    dsse::{Envelope, PublicKey},
    term::{self, Term},
    wire::{Procedure, SubmissionState},
};
use factory_crds::launch_permit::PermittedBundle;
use k8s_openapi::jiff::Timestamp;

use super::{KeeperError, signed};

/// Holds the `entered` submission with its dossier against the `base` that the regulator confirmed: delegation and
/// confirmation against the `regulator`'s keys, the dossier against those of the `factory` that signed at that moment.
pub fn bundle(
    (state, dossier): (&SubmissionState, &Envelope),
    (base, confirmed): (&SubmissionState, &Envelope),
    regulator: &[PublicKey],
    factory: Vec<Term>,
) -> Result<PermittedBundle, KeeperError> {
    let contradicts = |field, said: &str| {
        let (said, signed) = (said.to_owned(), "none".to_owned());
        KeeperError::Contradiction { field, said, signed }
    };
    let delegated = state.delegated.as_ref().ok_or_else(|| contradicts("delegated", "nothing"))?;
    if !matches!(base.state, Procedure::Confirmed | Procedure::Registered | Procedure::Withdrawn) {
        return Err(contradicts("base", &format!("{:?}", base.state)));
    }
    let confirmation = base.confirmation.as_ref().ok_or_else(|| contradicts("base", "not confirmed"))?;
    let at: Timestamp = delegated.at.parse().map_err(|_| KeeperError::Time(delegated.at.clone()))?;
    let factory = term::in_force(factory, dossier, at)?;
    let proof = Proof { delegation: &delegated.delegation, base: confirmed, confirmation, dossier, at: &delegated.at };
    let proven = proof.verify(regulator, &factory)?;
    let digest = proven.result.bundle.digest().map_err(factory_assurance::dsse::DsseError::from)?;
    signed::permitted(state, proven.result, (digest, delegated.delegation.payload_digest()?, proven.at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::permit_keeper::signed::tests::confirmed;
    use factory_assurance::{
        delegation::statement,
        dossier::TestResult,
        dsse::{PrivateKey, sign},
        sample,
        wire::Delegated,
    };

    const TIME: &str = "2026-03-04T05:06:07Z";
    const AT: &str = "2026-04-01T00:00:00.000Z";

    /// A release that falls within, taken `at` that moment: its submission and dossier.
    fn entered(
        result: &TestResult,
        regulator: &PrivateKey,
        factory: &PrivateKey,
        at: &str,
    ) -> (SubmissionState, Envelope) {
        let (state, _) = confirmed(regulator, TIME);
        let dossier = sign(&result.clone().into_statement().unwrap(), factory).unwrap();
        let delegation = sign(&statement(&sample::terms(), "Regulator", TIME).unwrap(), regulator).unwrap();
        let (id, base) = (sample::terms().digest().unwrap(), state.id.clone());
        let state = SubmissionState {
            id: "submission-2".to_owned(),
            subject: result.subject.clone(),
            bundle: result.bundle.digest().unwrap(),
            dossier: dossier.payload_digest().unwrap(),
            confirmation: None,
            delegated: Some(Delegated { id, delegation, base, at: at.to_owned() }),
            ..state
        };
        (state, dossier)
    }

    fn pinned(key: &PrivateKey, until: Option<&str>) -> Vec<Term> {
        let until = until.map(|until| until.parse().unwrap());
        vec![Term { key: key.public(), from: None, until, seal: None }]
    }

    #[test]
    fn what_falls_within_a_delegation_is_permitted_by_it() {
        let (regulator, factory) = (PrivateKey::generate(), PrivateKey::generate());
        let (base, first) = confirmed(&regulator, TIME);
        let result = sample::rebuilt(sample::passing());
        let (state, dossier) = entered(&result, &regulator, &factory, AT);
        let permitted =
            bundle((&state, &dossier), (&base, &first), &[regulator.public()], pinned(&factory, None)).unwrap();
        assert_eq!((permitted.digest, permitted.confirmed_at.as_str()), (state.bundle, "2026-04-01T00:00:00Z"));
        let mut images: Vec<_> = result.bundle.images.into_values().collect();
        images.sort_unstable();
        assert_eq!(permitted.images, images);
        assert_eq!(permitted.confirmation, state.delegated.unwrap().delegation.payload_digest().unwrap());
    }

    #[test]
    fn whoever_takes_the_register_over_permits_nothing_with_it() {
        let (regulator, factory, stranger) = (PrivateKey::generate(), PrivateKey::generate(), PrivateKey::generate());
        let (base, first) = confirmed(&regulator, TIME);
        let result = sample::rebuilt(sample::passing());
        let (state, dossier) = entered(&result, &regulator, &factory, AT);
        let keys = [regulator.public()];
        let try_with = |state: &SubmissionState, dossier: &Envelope, base: &SubmissionState| {
            bundle((state, dossier), (base, &first), &keys, pinned(&factory, None)).unwrap_err()
        };
        // A delegation of its own, another dossier, one that the factory signed of another commit, a moment outside.
        let (own, _) = entered(&result, &stranger, &factory, AT);
        assert!(matches!(try_with(&own, &dossier, &base), KeeperError::Delegated(_)));
        let (_, forged) = entered(&result, &regulator, &stranger, AT);
        assert!(matches!(try_with(&state, &forged, &base), KeeperError::Delegated(_)));
        let mut other = result.clone();
        other.subject.commit = "0".repeat(40);
        let (changed, its) = entered(&other, &regulator, &factory, AT);
        assert!(matches!(try_with(&changed, &its, &base), KeeperError::Delegated(_)));
        let (late, _) = entered(&result, &regulator, &factory, "2026-07-01T00:00:00Z");
        assert!(matches!(try_with(&late, &dossier, &base), KeeperError::Delegated(_)));
        // A base that nobody confirmed, or whose confirmation was revoked.
        let unconfirmed = SubmissionState { confirmation: None, ..base.clone() };
        assert!(matches!(try_with(&state, &dossier, &unconfirmed), KeeperError::Contradiction { field: "base", .. }));
        let revoked = SubmissionState { state: Procedure::Revoked, ..base.clone() };
        assert!(matches!(try_with(&state, &dossier, &revoked), KeeperError::Contradiction { field: "base", .. }));
        let elsewhere = SubmissionState { bundle: base.bundle.clone(), ..state.clone() };
        assert!(matches!(try_with(&elsewhere, &dossier, &base), KeeperError::Contradiction { field: "bundle", .. }));
        // The key of the dossier signed for its time alone, and without any nothing holds.
        for keys_of_factory in [pinned(&factory, Some("2026-03-31T00:00:00Z")), Vec::new()] {
            assert!(bundle((&state, &dossier), (&base, &first), &keys, keys_of_factory).is_err());
        }
    }
}
