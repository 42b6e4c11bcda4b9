//! One thing that a rule found: what it means for the outcome, and how a person would say it.

use factory_crds::release::{Finding, Outcome};

/// A finding with what it means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// `Failed` or `Inconclusive`; a rule that is met finds nothing.
    pub outcome: Outcome,
    /// Code and message.
    pub finding: Finding,
}

/// A requirement was measured and not met.
pub fn failed(code: &str, message: String) -> Found {
    Found { outcome: Outcome::Failed, finding: Finding { code: code.to_owned(), message } }
}

/// The evidence is not enough to say.
pub fn inconclusive(code: &str, message: String) -> Found {
    Found { outcome: Outcome::Inconclusive, finding: Finding { code: code.to_owned(), message } }
}
