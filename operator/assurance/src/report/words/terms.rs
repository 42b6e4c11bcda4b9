//! The words that the report and the register's pages have in common: one thing is called alike on both.

use factory_crds::Outcome;

/// Words for a run and what came of it.
#[allow(missing_docs, reason = "a word's name and its English text say what it is")]
#[derive(Debug)]
pub struct Terms {
    /// Passed, inconclusive, failed.
    pub outcomes: [&'static str; 3],
    pub service: &'static str,
    pub release: &'static str,
    pub source: &'static str,
    pub commit: &'static str,
    pub standard: &'static str,
    pub attempt: &'static str,
    pub phase: &'static str,
    pub figure: &'static str,
    pub measured: &'static str,
    pub limit: &'static str,
    pub not_measured: &'static str,
    pub yes: &'static str,
    pub no: &'static str,
}

impl Terms {
    /// The word for an outcome.
    #[must_use]
    pub const fn outcome(&self, outcome: Outcome) -> &'static str {
        self.outcomes[rank(outcome)]
    }
}

/// Where an outcome stands in lists of words.
pub(super) const fn rank(outcome: Outcome) -> usize {
    match outcome {
        Outcome::Passed => 0,
        Outcome::Inconclusive => 1,
        Outcome::Failed => 2,
    }
}
