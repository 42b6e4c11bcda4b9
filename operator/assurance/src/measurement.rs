//! What the lab signs of what it measured: an in-toto statement about the evidence of one run, which stands in the
//! dossier beside that evidence. The lab's key is where the lab alone can read it, so whoever composes a dossier can
//! neither make up a measurement nor change one.
//!
//! *Architecture invariant:* pure. Whose keys these are, and when they sign, the caller knows.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    dossier::{ResourceDescriptor, STATEMENT, Statement, Verified, descriptor},
    dsse::{DsseError, Envelope},
    evidence::{PROVE_MEDIA_TYPE, VERIFY_MEDIA_TYPE},
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
    /// It does not open with a key of the lab's.
    #[error(transparent)]
    Envelope(#[from] DsseError),
    /// It is of other evidence, or of another run.
    #[error("{field}: `{found}`, expected `{expected}`")]
    Other {
        /// Which part.
        field: &'static str,
        /// As it was signed.
        found: String,
        /// As the dossier has it.
        expected: String,
    },
}

/// The statement that evidence of this `media_type`, whose canonical bytes have this `digest`, was measured in the run
/// that was announced under this id and nonce.
#[must_use]
pub fn statement(announcement: &str, nonce: &str, media_type: &str, digest: &str) -> Measurement {
    Statement {
        type_: STATEMENT.to_owned(),
        subject: vec![descriptor(media_type, digest)],
        predicate_type: PREDICATE.to_owned(),
        predicate: Measured { announcement: announcement.to_owned(), nonce: nonce.to_owned() },
    }
}

/// Checks that all evidence of a `dossier` is what the lab measured in its run, signed with one of the lab's `pinned`
/// keys that sign at this moment; names the first part that is not.
pub fn verify(dossier: &Verified, pinned: &[Term], at: Timestamp) -> Result<(), MeasurementError> {
    let result = &dossier.dossier.predicate;
    let none = Measurements::default();
    let signed = result.measurements.as_ref().unwrap_or(&none);
    let parts = [
        ("verify", VERIFY_MEDIA_TYPE, &dossier.evidence.verify, &signed.verify),
        ("prove", PROVE_MEDIA_TYPE, &dossier.evidence.prove, &signed.prove),
    ];
    for (part, media_type, digest, envelope) in parts {
        let checked = match (digest, envelope) {
            (None, None) => Ok(()),
            (Some(_), None) => Err(NotMeasured::Unsigned),
            (None, Some(_)) => Err(NotMeasured::OfNothing),
            (Some(digest), Some(envelope)) => {
                let run = &result.announcement;
                opens_as(envelope, &statement(&run.id, &run.nonce, media_type, digest), pinned, at)
            }
        };
        checked.map_err(|why| MeasurementError { part, why })?;
    }
    Ok(())
}

/// Checks that `envelope` is `expected`, signed with one of the `pinned` keys.
fn opens_as(envelope: &Envelope, expected: &Measurement, pinned: &[Term], at: Timestamp) -> Result<(), NotMeasured> {
    let keys = term::in_force(pinned.to_vec(), envelope, at)?;
    let found: Measurement = envelope.open(&keys)?;
    let subject = |subject: &[ResourceDescriptor]| serde_json::to_string(subject).unwrap_or_default();
    let parts = [
        ("_type", found.type_, expected.type_.clone()),
        ("predicateType", found.predicate_type, expected.predicate_type.clone()),
        ("subject", subject(&found.subject), subject(&expected.subject)),
        ("predicate.announcement", found.predicate.announcement, expected.predicate.announcement.clone()),
        ("predicate.nonce", found.predicate.nonce, expected.predicate.nonce.clone()),
    ];
    match parts.into_iter().find(|(_, found, expected)| found != expected) {
        Some((field, found, expected)) => Err(NotMeasured::Other { field, found, expected }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        dossier::TestResult,
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
        let cases: [(fn(&mut TestResult), &str); 7] = [
            (|_| {}, ""),
            (|result| result.measurements = None, "predicate.measurements.verify: lacks"),
            (|result| of(result).prove = None, "predicate.measurements.prove: lacks"),
            (|result| result.evidence.prove = None, "predicate.measurements.prove: there is no such evidence"),
            (|result| of(result).prove = of(result).verify.clone(), "predicate.measurements.prove: subject: "),
            (
                |result| sample::fail(result, 1, 100..101, crate::evidence::Failure::Broken),
                "predicate.measurements.prove: subject: ",
            ),
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
