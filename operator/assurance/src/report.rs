//! The report of one run: a dossier in, text out. HTML for people, JSON for programs, JUnit for
//! pipelines, and the comparison of two dossiers.
//!
//! *Architecture invariant:* pure, and it concludes nothing. The verdict that it shows is computed
//! again by [`crate::verdict::judge`]; where the dossier says another, the report says so before
//! anything else. All text of a dossier is hostile: it is made harmless in `text.rs` and escaped by
//! the templates, and no template writes a text in any other way.

mod answered;
mod budget;
mod capacity;
pub mod comparison;
mod confirmed;
mod dose;
mod findings;
mod history;
mod html;
mod json;
mod junit;
mod language;
mod noticed;
mod numbers;
mod phases;
mod plot;
mod requests;
mod scale;
mod soak;
mod struck;
mod text;
mod tries;
mod twin;
mod words;

pub use answered::AnsweredReport;
pub use capacity::{CapacityReport, StepReport};
pub use confirmed::{BlockReport, ConfirmedReport};
pub use history::{EarlierReport, HistoryReport};
pub use json::{DoseSummary, FaultReport, FindingReport, Noticed, PhaseReport, PodReport, RunReport, SecondReport};
pub use language::Language;
pub use soak::{PodSoakReport, SoakReport, TrendReport};
pub use tries::TriesReport;
pub use twin::TwinReport;
pub use words::Terms;

use factory_crds::Outcome;

use crate::{
    dossier::{Dossier, DossierError, TestResult},
    verdict::{self, Conclusion, Verdict, capacity::Ladder, comparison::Compared, soak::Soaked},
};

/// What the reader's program knows of the signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signature {
    /// It fits a key that the reader pinned.
    Holds,
    /// Nobody looked.
    NotChecked,
}

/// What in a dossier contradicts itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Contradiction {
    /// Its verdict is another than the one that follows from its evidence.
    Verdict {
        /// Outcome as it stands there.
        stated: Outcome,
        /// Outcome as it follows.
        computed: Outcome,
    },
    /// Its type, subject or rules, in the words of [`DossierError`].
    Other(String),
}

/// A report could not be written.
#[derive(Debug, thiserror::Error)]
#[error("the report cannot be written")]
pub struct NotWritten(#[from] askama::Error);

/// A dossier with what follows from it: what every form of the report is written from.
pub struct Report<'a> {
    result: &'a TestResult,
    digest: &'a str,
    signature: Signature,
    verdict: Verdict,
    ladder: Ladder,
    soaked: Option<Soaked>,
    compared: Option<Compared>,
    contradiction: Option<Contradiction>,
}

impl<'a> Report<'a> {
    /// Of `dossier`, whose payload has the `digest`.
    #[must_use]
    pub fn of(dossier: &'a Dossier, digest: &'a str, signature: Signature) -> Self {
        let result = &dossier.predicate;
        let Conclusion { verdict, ladder, soaked, compared } = verdict::conclude(result);
        let contradiction = dossier.holds(&verdict).err().map(|error| match error {
            DossierError::Verdict { .. } => {
                Contradiction::Verdict { stated: result.verdict.outcome, computed: verdict.outcome }
            }
            other => Contradiction::Other(other.to_string()),
        });
        Self { result, digest, signature, verdict, ladder, soaked, compared, contradiction }
    }

    /// The verdict that follows from the evidence, whatever the dossier says.
    #[must_use]
    pub const fn verdict(&self) -> &Verdict {
        &self.verdict
    }

    /// What in the dossier contradicts itself, if anything.
    #[must_use]
    pub const fn contradiction(&self) -> Option<&Contradiction> {
        self.contradiction.as_ref()
    }

    /// One self-contained page: no script, nothing from outside, for screen and paper.
    pub fn html(&self, language: Language) -> Result<String, NotWritten> {
        html::write(self, language)
    }

    /// The report as data.
    #[must_use]
    pub fn json(&self) -> RunReport {
        json::of(self)
    }

    /// The report as JUnit XML: a test case for the dossier, the run, and each check, description,
    /// steady phase, soak, fault, step of the ladder that must hold, and
    /// the comparison with the last confirmed release.
    pub fn junit(&self) -> Result<String, NotWritten> {
        junit::write(self)
    }
}
