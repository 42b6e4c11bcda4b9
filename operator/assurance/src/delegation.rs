//! The regulator's standing delegation for a class of changes, and its revocation: in-toto statements that are signed
//! on the regulator's side. What falls within a delegation is entered without a person's confirmation, and whoever
//! would believe a confirmation believes a [`proof::Proof`] in its place.
//!
//! A delegation is known by the digest of its [`Terms`], which both statements name. Each kind is of a type of its
//! own, so that none can pass for the other, and none for a [`crate::confirmation`].
//!
//! *Architecture invariant:* pure. What falls within is computed from documents that are signed, and from a moment
//! that the caller names.

pub mod change;
pub mod proof;
pub mod terms;

use serde::{Deserialize, Serialize};

use crate::{
    canonical::NotCanonical,
    confirmation::Verifier,
    dossier::Statement,
    dsse::{Envelope, PublicKey},
    statement::{StatementError, must_be, of_kind, opened, verifier},
};
pub use terms::{ChangeClass, LONGEST_DAYS, Terms, TermsError};

/// Predicate type of a delegation.
pub const PREDICATE: &str = "https://factory.gov.kg/delegation/v1";
/// Predicate type of a revocation.
pub const REVOCATION: &str = "https://factory.gov.kg/delegation-revocation/v1";

/// A delegation.
pub type Delegation = Statement<Delegated>;
/// A revocation.
pub type Revocation = Statement<Revoked>;

/// What the regulator delegates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Delegated {
    /// Who delegates.
    pub verifier: Verifier,
    /// When it was signed, RFC 3339.
    pub time_signed: String,
    /// What, to whom, and for how long.
    pub terms: Terms,
}

/// What the regulator revokes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Revoked {
    /// Who revokes.
    pub verifier: Verifier,
    /// When it was signed, RFC 3339.
    pub time_signed: String,
    /// Why: one line of plain text.
    pub reason: String,
}

/// Why a statement delegates or revokes nothing.
#[derive(Debug, thiserror::Error)]
pub enum DelegationError {
    /// It is no statement of that kind.
    #[error(transparent)]
    Statement(#[from] StatementError),
    /// Its terms are none.
    #[error("predicate.terms.{0}")]
    Terms(#[from] TermsError),
    /// Its reason is none.
    #[error("predicate.{0}")]
    Reason(#[source] TermsError),
    /// A digest could not be computed.
    #[error(transparent)]
    NotCanonical(#[from] NotCanonical),
}

/// The statement by which `office` delegates under `terms`, signed at `time` (RFC 3339).
pub fn statement(terms: &Terms, office: &str, time: &str) -> Result<Delegation, NotCanonical> {
    let predicate = Delegated { verifier: verifier(office), time_signed: time.to_owned(), terms: terms.clone() };
    Ok(of_kind(PREDICATE, "terms", &terms.digest()?, predicate))
}

/// The statement by which `office` revokes the delegation whose terms have this `digest`, signed at `time`.
#[must_use]
pub fn revocation(digest: &str, office: &str, time: &str, reason: &str) -> Revocation {
    let predicate = Revoked { verifier: verifier(office), time_signed: time.to_owned(), reason: reason.to_owned() };
    of_kind(REVOCATION, "delegation", digest, predicate)
}

/// Checks that `envelope` is a delegation in good order, signed with one of the regulator's `pinned` keys.
pub fn verify(envelope: &Envelope, pinned: &[PublicKey]) -> Result<Delegation, DelegationError> {
    let found: Delegation = opened(envelope, pinned)?;
    let terms = &found.predicate.terms;
    terms.hold()?;
    must_be(&found, (PREDICATE, "terms", &terms.digest()?), &found.predicate.verifier)?;
    Ok(found)
}

/// Checks that `envelope` revokes the delegation whose terms have this `digest`, signed with one of the regulator's
/// `pinned` keys.
pub fn verify_revocation(
    envelope: &Envelope,
    pinned: &[PublicKey],
    digest: &str,
) -> Result<Revocation, DelegationError> {
    let found: Revocation = opened(envelope, pinned)?;
    must_be(&found, (REVOCATION, "delegation", digest), &found.predicate.verifier)?;
    terms::reason(&found.predicate.reason).map_err(DelegationError::Reason)?;
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        confirmation::{self, Confirmed},
        dsse::{PrivateKey, sign},
        sample,
    };

    const TIME: &str = "2026-03-04T05:06:07Z";

    #[test]
    fn a_delegation_delegates_what_it_names_and_nothing_that_was_changed() {
        type Harm = fn(&mut Delegation);
        let (key, terms) = (PrivateKey::generate(), sample::terms());
        let made = statement(&terms, "Regulator", TIME).unwrap();
        let held = verify(&sign(&made, &key).unwrap(), &[key.public()]).unwrap();
        assert_eq!((held.predicate.terms, held.predicate.verifier.office.as_deref()), (terms, Some("Regulator")));
        assert!(verify(&sign(&made, &PrivateKey::generate()).unwrap(), &[key.public()]).is_err());
        let harms: [(&str, Harm); 5] = [
            ("predicateType", |made| made.predicate_type = REVOCATION.to_owned()),
            ("predicate.verifier.id", |made| made.predicate.verifier.id = "https://elsewhere.example".to_owned()),
            ("subject", |made| made.predicate.terms.service = None),
            ("subject", |made| made.subject.clear()),
            ("predicate.terms.until", |made| made.predicate.terms.until = "2036-01-01T00:00:00Z".to_owned()),
        ];
        for (field, harm) in harms {
            let mut made = made.clone();
            harm(&mut made);
            let error = verify(&sign(&made, &key).unwrap(), &[key.public()]).unwrap_err().to_string();
            assert!(error.starts_with(field), "{field}: {error}");
        }
    }

    #[test]
    fn a_revocation_revokes_the_delegation_that_it_names_and_no_other() {
        let (key, digest) = (PrivateKey::generate(), sample::terms().digest().unwrap());
        let signed = sign(&revocation(&digest, "Regulator", TIME, "The base image was replaced."), &key).unwrap();
        assert!(verify_revocation(&signed, &[key.public()], &digest).is_ok());
        let other = format!("sha256:{}", "0".repeat(64));
        let error = verify_revocation(&signed, &[key.public()], &other).unwrap_err().to_string();
        assert!(error.starts_with("subject: "), "{error}");
        assert!(verify_revocation(&signed, &[PrivateKey::generate().public()], &digest).is_err());
        let silent = sign(&revocation(&digest, "Regulator", TIME, " "), &key).unwrap();
        let error = verify_revocation(&silent, &[key.public()], &digest).unwrap_err().to_string();
        assert!(error.starts_with("predicate.reason: "), "{error}");
    }

    #[test]
    fn none_of_the_regulators_statements_passes_for_another() {
        let (key, terms) = (PrivateKey::generate(), sample::terms());
        let (pinned, digest) = ([key.public()], terms.digest().unwrap());
        let given = sign(&statement(&terms, "Regulator", TIME).unwrap(), &key).unwrap();
        let ended = sign(&revocation(&digest, "Regulator", TIME, "Over."), &key).unwrap();
        let expected = Confirmed { resource: "p/s/r", bundle: &digest, dossier: &digest, standard: "basic@1" };
        let confirmed = sign(&confirmation::statement(&expected, "Regulator", TIME), &key).unwrap();
        for envelope in [&ended, &confirmed] {
            assert!(verify(envelope, &pinned).is_err());
        }
        for envelope in [&given, &confirmed] {
            assert!(verify_revocation(envelope, &pinned, &digest).is_err());
        }
        for envelope in [&given, &ended] {
            assert!(confirmation::verify(envelope, &pinned, &expected).is_err());
        }
    }
}
