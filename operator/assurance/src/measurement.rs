//! What the lab signs of what it measured: an in-toto statement about the evidence of one run, which stands in the
//! dossier beside that evidence. The lab's key is where the lab alone can read it, so whoever composes a dossier can
//! neither make up a measurement nor change one.
//!
//! *Architecture invariant:* pure. Whose keys these are, and when they sign, the caller knows.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    canonical::{self, NotCanonical},
    dossier::{Statement, TestResult, Verified},
    dsse::Envelope,
    evidence::{PROVE_MEDIA_TYPE, VERIFY_MEDIA_TYPE},
    statement::{StatementError, as_expected, is_about, of_kind, opened},
    term::{self, Term, TermError},
};

/// Predicate type of a measurement.
pub const PREDICATE: &str = "https://factory.gov.kg/measurement/v1";

/// A measurement, as it is signed: its subject is the canonical evidence, named by its media type.
pub type Measurement = Statement<Measured>;

/// Of which run the evidence is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Measured {
    /// Id of the announcement.
    pub announcement: String,
    /// Its nonce.
    pub nonce: String,
    /// `sha256:…` of the plan that was carried out.
    pub plan: String,
}

impl Measured {
    /// The run of `result`, as it says itself.
    pub fn of(result: &TestResult) -> Result<Self, NotCanonical> {
        let run = &result.announcement;
        let plan = canonical::digest(&result.plan)?;
        Ok(Self { announcement: run.id.clone(), nonce: run.nonce.clone(), plan })
    }
}

/// The signed measurements of a run, beside its evidence.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Measurements {
    /// Of what `factory-lab verify` saw.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verify: Option<Envelope>,
    /// Of what `factory-lab prove` measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prove: Option<Envelope>,
}

impl Measurements {
    /// Whether nothing is signed.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.verify.is_none() && self.prove.is_none()
    }
}

/// Why evidence is not what the lab measured.
#[derive(Debug, thiserror::Error)]
#[error("predicate.measurements.{part}: {why}")]
pub struct MeasurementError {
    /// `verify` or `prove`.
    pub part: &'static str,
    /// What is wrong with it.
    #[source]
    pub why: NotMeasured,
}

/// What is wrong with a signed measurement.
#[derive(Debug, thiserror::Error)]
pub enum NotMeasured {
    /// There is evidence, and nobody signed it.
    #[error("lacks: the lab signs what it measured")]
    Unsigned,
    /// There is none that it could be of.
    #[error("there is no such evidence")]
    OfNothing,
    /// Its key does not sign at this time.
    #[error(transparent)]
    Term(#[from] TermError),
    /// It is no measurement of the lab's, or of other evidence, or of another run.
    #[error(transparent)]
    Statement(#[from] StatementError),
}

/// The statement that evidence of this `media_type`, whose canonical bytes have this `digest`, was measured in that run.
#[must_use]
pub fn statement(run: Measured, media_type: &str, digest: &str) -> Measurement {
    of_kind(PREDICATE, media_type, digest, run)
}

/// Checks that all evidence of a `dossier` is what the lab measured in its run, signed with one of the lab's `pinned`
/// keys that sign at this moment; names the first part that is not.
pub fn verify(dossier: &Verified, pinned: &[Term], at: Timestamp) -> Result<(), MeasurementError> {
    let result = &dossier.dossier.predicate;
    let none = Measurements::default();
    let signed = result.measurements.as_ref().unwrap_or(&none);
    let run = Measured::of(result);
    let run = run.map_err(|source| MeasurementError { part: "verify", why: StatementError::from(source).into() })?;
    let parts = [
        ("verify", VERIFY_MEDIA_TYPE, &dossier.evidence.verify, &signed.verify),
        ("prove", PROVE_MEDIA_TYPE, &dossier.evidence.prove, &signed.prove),
    ];
    for (part, media_type, digest, envelope) in parts {
        let checked = match (digest, envelope) {
            (None, None) => Ok(()),
            (Some(_), None) => Err(NotMeasured::Unsigned),
            (None, Some(_)) => Err(NotMeasured::OfNothing),
            (Some(digest), Some(envelope)) => says(envelope, (media_type, digest), &run, (pinned, at)),
        };
        checked.map_err(|why| MeasurementError { part, why })?;
    }
    Ok(())
}

/// Checks that `envelope` says, with one of the `pinned` keys, that this evidence was measured in that `run`.
fn says(
    envelope: &Envelope,
    (media_type, digest): (&str, &str),
    run: &Measured,
    (pinned, at): (&[Term], Timestamp),
) -> Result<(), NotMeasured> {
    let keys = term::in_force(pinned.to_vec(), envelope, at)?;
    let found: Measurement = opened(envelope, &keys)?;
    is_about(&found, (PREDICATE, media_type, digest))?;
    Ok(as_expected([
        ("predicate.announcement", found.predicate.announcement, run.announcement.clone()),
        ("predicate.nonce", found.predicate.nonce, run.nonce.clone()),
        ("predicate.plan", found.predicate.plan, run.plan.clone()),
    ])?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        dsse::{PrivateKey, sign},
        sample,
    };

    const NOW: &str = "2026-03-04T05:06:07Z";

    fn opened(result: TestResult) -> Verified {
        let key = PrivateKey::generate();
        Verified::open(&sign(&result.into_statement().unwrap(), &key).unwrap(), &[key.public()]).unwrap()
    }

    fn pinned(key: &PrivateKey) -> [Term; 1] {
        [Term { key: key.public(), from: None, until: None, seal: None }]
    }

    fn said(result: TestResult, pinned: &[Term]) -> String {
        verify(&opened(result), pinned, NOW.parse().unwrap()).map_or_else(|error| error.to_string(), |()| String::new())
    }

    fn of(result: &mut TestResult) -> &mut Measurements {
        result.measurements.get_or_insert_default()
    }

    #[test]
    fn what_the_lab_measured_is_believed_and_nothing_else() {
        let (lab, other) = (PrivateKey::generate(), PrivateKey::generate());
        let signed = |change: fn(&mut TestResult)| {
            let mut result = sample::measured_by(sample::passing(), &lab);
            change(&mut result);
            sample::judged(result)
        };
        let cases: [(fn(&mut TestResult), &str); 8] = [
            (|_| {}, ""),
            (|result| result.measurements = None, "predicate.measurements.verify: lacks"),
            (|result| of(result).prove = None, "predicate.measurements.prove: lacks"),
            (|result| result.evidence.prove = None, "predicate.measurements.prove: there is no such evidence"),
            (|result| of(result).prove = of(result).verify.clone(), "predicate.measurements.prove: subject: "),
            (
                |result| sample::fail(result, 1, 100..101, crate::evidence::Failure::Broken),
                "predicate.measurements.prove: subject: ",
            ),
            (|result| result.plan.prove.load.timeout_ms += 1, "predicate.measurements.verify: predicate.plan: "),
            (|result| result.announcement.nonce = "00".repeat(32), "predicate.measurements.verify: predicate.nonce: "),
        ];
        for (change, expected) in cases {
            let said = said(signed(change), &pinned(&lab));
            assert!(said.starts_with(expected) && said.is_empty() == expected.is_empty(), "{said}, not {expected}");
        }
        let by_another = said(signed(|_| {}), &pinned(&other));
        assert!(by_another.starts_with("predicate.measurements.verify: signatures: none of 1 fits"), "{by_another}");
    }

    #[test]
    fn a_key_of_the_lab_signs_in_its_time_alone() {
        let lab = PrivateKey::generate();
        let [term] = pinned(&lab);
        let over = Term { until: Some(NOW.parse().unwrap()), ..term };
        let said = said(sample::measured_by(sample::passing(), &lab), &[over]);
        assert!(
            said.contains("predicate.measurements.verify: signatures: the key") && said.contains("it is"),
            "{said}"
        );
    }
}
