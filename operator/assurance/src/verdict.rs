//! The verdict: a pure function from a test result to an outcome with findings. `docs/verdict.md`
//! specifies it for a second implementation.

use serde::{Deserialize, Serialize};

use factory_crds::release::{Finding, Outcome};

use crate::dossier::TestResult;

/// Version of these rules. Rules of an old version are kept for ever.
pub const RULES: &str = "factory.gov.kg/verdict/v1";

/// What follows from a test result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Verdict {
    /// Worst of the findings; `Passed` only when there is none.
    pub outcome: Outcome,
    /// What was found, failures first.
    pub findings: Vec<Finding>,
    /// What was measured, for people and dashboards.
    pub figures: Vec<Figure>,
}

/// A measured number with its limit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Figure {
    /// Phase of the plan.
    pub phase: String,
    /// What it is: `failedPpm`, `p95Us`, `p99Us`, `recoveryMs`, `lagP99Us`, `requests`.
    pub name: String,
    /// The value; `None` where it could not be measured.
    pub value: Option<u64>,
    /// Its limit; `None` where there is none.
    pub limit: Option<u64>,
}

/// Judges a test result.
#[must_use]
pub fn judge(_result: &TestResult) -> Verdict {
    Verdict { outcome: Outcome::Inconclusive, findings: Vec::new(), figures: Vec::new() }
}
