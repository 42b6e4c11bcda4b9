//! What an entry's event says, as far as it is held against documents.

use serde::{Deserialize, de::DeserializeOwned};

use super::{GroundsError, same};
use crate::{
    dossier::{DossierError, Record, Subject, TestResult},
    dsse::Envelope,
    log::served::PublicEvent,
    verdict::Verdict,
};

/// An entry. Fields that are not here are for readers alone.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Said {
    /// Id of the submission.
    pub submission: String,
    /// What the register computed from the dossier.
    pub summary: Summary,
    record: Record,
    /// Who confirmed or delegated.
    pub confirmed_by: String,
    /// When; the moment of the entry itself where it was made under a delegation.
    pub confirmed_at: String,
    /// The delegation in place of a confirmation.
    pub under: Option<Named>,
    /// The organisation whose seal signed that, where no person did.
    pub sealed_by: Option<String>,
}

/// What the register computed from a dossier.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Summary {
    subject: Subject,
    bundle: String,
    standard: String,
    /// `sha256:…` of the dossier's payload.
    pub dossier: String,
    attempt: u32,
    verdict: Verdict,
}

/// The delegation that an entry names.
#[derive(Debug, Deserialize)]
pub(super) struct Named {
    /// Its id.
    pub delegation: String,
    /// Id of the submission that the regulator confirmed.
    pub base: String,
}

impl Said {
    /// Name of the release that was entered.
    pub fn release(&self) -> &str {
        &self.summary.subject.release
    }

    /// Holds what the entry shows against the `dossier`, whose contents are `result`.
    pub fn hold(&self, result: &TestResult, dossier: &Envelope) -> Result<(), GroundsError> {
        let Summary { subject, bundle, standard, dossier: digest, attempt, verdict } = &self.summary;
        same("entry", "summary.dossier", digest, &dossier.payload_digest().map_err(DossierError::from)?)?;
        same("entry", "summary.bundle", bundle, &result.bundle.digest().map_err(DossierError::from)?)?;
        same("entry", "summary.standard", standard, &result.standard.named())?;
        let shown = [
            ("summary.subject", *subject == result.subject),
            ("summary.attempt", *attempt == result.announcement.attempt),
            ("summary.verdict", *verdict == result.verdict),
            ("record", self.record == result.record),
        ];
        match shown.into_iter().find(|(_, same)| !same) {
            Some((field, _)) => Err(GroundsError::Entry(field)),
            None => Ok(()),
        }
    }
}

/// The contents of the event that is the part `what`.
pub(super) fn read<T: DeserializeOwned>(what: &'static str, public: &PublicEvent) -> Result<T, GroundsError> {
    T::deserialize(&public.event).map_err(|source| GroundsError::Event { what, seq: public.place.seq, source })
}
