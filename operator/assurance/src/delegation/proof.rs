//! The proof that a release was entered under a delegation: what stands in the place of a confirmation, and is
//! believed by nobody who has not verified it against the pinned keys of regulator and factory.

use jiff::Timestamp;

use super::{
    DelegationError,
    change::{Compared, Outside},
    verify,
};
use crate::{
    confirmation::{self, Confirmation, ConfirmationError, Confirmed},
    dossier::{DossierError, TestResult, Verified},
    dsse::{DsseError, Envelope, PublicKey},
};

/// Documents from which it follows.
#[derive(Clone, Copy, Debug)]
pub struct Proof<'a> {
    /// The delegation, signed by the regulator.
    pub delegation: &'a Envelope,
    /// The dossier that the regulator confirmed.
    pub base: &'a Envelope,
    /// That confirmation, signed by the regulator.
    pub confirmation: &'a Envelope,
    /// The dossier that was entered, signed by the factory.
    pub dossier: &'a Envelope,
    /// When the register took it, RFC 3339.
    pub at: &'a str,
}

/// What holds.
#[derive(Clone, Debug)]
pub struct Proven {
    /// What was entered.
    pub result: TestResult,
    /// When.
    pub at: Timestamp,
}

/// Why it proves nothing.
#[derive(Debug, thiserror::Error)]
pub enum ProofError {
    /// The delegation is none.
    #[error("delegation: {0}")]
    Delegation(#[from] DelegationError),
    /// A dossier does not open, or contradicts itself.
    #[error("{which}: {source}")]
    Dossier {
        /// `dossier` or `base`.
        which: &'static str,
        /// Cause.
        #[source]
        source: DossierError,
    },
    /// The regulator did not confirm what it is compared with.
    #[error("base: {0}")]
    Confirmation(#[from] ConfirmationError),
    /// The moment is none.
    #[error("at: must be a moment such as 2026-03-04T05:06:07Z, not `{0}`")]
    Moment(String),
    /// The release is not of the class that was delegated.
    #[error("dossier: {0}")]
    Outside(#[from] Outside),
}

impl Proof<'_> {
    /// Holds everything against the keys of the `regulator` and those of the `factory` that signed at that moment,
    /// and against each other. That the delegation was not revoked then, the register's log alone says.
    pub fn verify(&self, regulator: &[PublicKey], factory: &[PublicKey]) -> Result<Proven, ProofError> {
        let at: Timestamp = self.at.parse().map_err(|_| ProofError::Moment(self.at.to_owned()))?;
        let terms = verify(self.delegation, regulator)?.predicate.terms;
        // The regulator signed the digest of these bytes: the factory's signature adds nothing.
        let base = held("base", Verified::unsigned(self.base))?;
        confirmed(&base, self.base, self.confirmation, regulator)?;
        // Nobody but the factory signed these.
        let result = held("dossier", Verified::open(self.dossier, factory))?;
        terms.cover(at, &Compared::of(&base), &Compared::of(&result))?;
        Ok(Proven { result, at })
    }
}

/// What a dossier says, if it holds.
fn held(which: &'static str, verified: Result<Verified, DossierError>) -> Result<TestResult, ProofError> {
    verified.map(|verified| verified.dossier.predicate).map_err(|source| ProofError::Dossier { which, source })
}

/// Checks that the `regulator` confirmed exactly this dossier, whose contents are `result`.
pub fn confirmed(
    result: &TestResult,
    dossier: &Envelope,
    confirmation: &Envelope,
    regulator: &[PublicKey],
) -> Result<Confirmation, ConfirmationError> {
    confirmation::verify(
        confirmation,
        regulator,
        &Confirmed {
            resource: &result.subject.resource(),
            bundle: &result.bundle.digest().map_err(DsseError::from)?,
            dossier: &dossier.payload_digest()?,
            standard: &result.standard.named(),
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        delegation::{revocation, statement},
        dsse::{PrivateKey, sign},
        sample,
    };

    const TIME: &str = "2026-03-04T05:06:07Z";
    const AT: &str = "2026-04-01T00:00:00.000Z";

    struct Documents {
        regulator: PrivateKey,
        factory: PrivateKey,
        delegation: Envelope,
        base: Envelope,
        confirmation: Envelope,
        dossier: Envelope,
    }

    fn documents() -> Documents {
        let (regulator, factory) = (PrivateKey::generate(), PrivateKey::generate());
        let base = sample::passing();
        let dossier = sign(&sample::rebuilt(base.clone()).into_statement().unwrap(), &factory).unwrap();
        let signed = sign(&base.clone().into_statement().unwrap(), &factory).unwrap();
        let confirmation = confirmation_of(&base, &signed, &regulator);
        let delegation = sign(&statement(&sample::terms(), "Regulator", TIME).unwrap(), &regulator).unwrap();
        Documents { regulator, factory, delegation, base: signed, confirmation, dossier }
    }

    fn confirmation_of(result: &TestResult, dossier: &Envelope, key: &PrivateKey) -> Envelope {
        let confirmed = Confirmed {
            resource: &result.subject.resource(),
            bundle: &result.bundle.digest().unwrap(),
            dossier: &dossier.payload_digest().unwrap(),
            standard: &result.standard.named(),
        };
        sign(&confirmation::statement(&confirmed, "Regulator", TIME), key).unwrap()
    }

    impl Documents {
        fn proof(&self) -> Proof<'_> {
            let Self { delegation, base, confirmation, dossier, .. } = self;
            Proof { delegation, base, confirmation, dossier, at: AT }
        }

        fn verify(&self, proof: &Proof<'_>) -> Result<Proven, String> {
            let held = proof.verify(&[self.regulator.public()], &[self.factory.public()]);
            held.map_err(|error| error.to_string())
        }
    }

    #[test]
    fn it_proves_what_was_entered_and_when() {
        let documents = documents();
        let proven = documents.verify(&documents.proof()).unwrap();
        assert_eq!((proven.result.bundle, proven.at), (sample::rebuilt(sample::passing()).bundle, AT.parse().unwrap()));
    }

    #[test]
    fn it_proves_nothing_with_one_document_in_another_ones_place() {
        let documents = documents();
        let Documents { regulator, factory, delegation, base, dossier, .. } = &documents;
        let digest = sample::terms().digest().unwrap();
        let stranger = PrivateKey::generate();
        let by_stranger = |result: TestResult| sign(&result.into_statement().unwrap(), &stranger).unwrap();
        let forged = by_stranger(sample::rebuilt(sample::passing()));
        let own = sign(&statement(&sample::terms(), "Regulator", TIME).unwrap(), factory).unwrap();
        let revoked = sign(&revocation(&digest, "Regulator", TIME, "Over."), regulator).unwrap();
        let of_another = confirmation_of(&sample::rebuilt(sample::passing()), dossier, regulator);
        let by_factory = confirmation_of(&sample::passing(), base, factory);
        let mut lies = sample::rebuilt(sample::failing());
        lies.verdict = sample::passing().verdict;
        let lies = sign(&lies.into_statement().unwrap(), factory).unwrap();
        let proof = documents.proof();
        for (begins, proof) in [
            ("delegation: ", Proof { delegation: &own, ..proof }),
            ("delegation: payload", Proof { delegation: &revoked, ..proof }),
            ("base: ", Proof { confirmation: &of_another, ..proof }),
            ("base: ", Proof { confirmation: &by_factory, ..proof }),
            ("base: ", Proof { confirmation: delegation, ..proof }),
            ("dossier: signatures", Proof { dossier: &forged, ..proof }),
            ("dossier: predicate.verdict", Proof { dossier: &lies, ..proof }),
            ("dossier: bundle.images: the same", Proof { dossier: base, ..proof }),
            ("dossier: the delegation ended", Proof { at: "2026-07-01T00:00:00Z", ..proof }),
            ("at: must be a moment", Proof { at: "today", ..proof }),
        ] {
            let error = documents.verify(&proof).unwrap_err();
            assert!(error.starts_with(begins), "{begins}: {error}");
        }
    }
}
