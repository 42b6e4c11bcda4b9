//! Definition of a key performance indicator (56.6): what people read of it, and which of the register's
//! computations gives its values.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::text::Text;

/// Definition of a key performance indicator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("!has(self.measure) || !has(self.query)").message("query: values come from `measure` or from `query`, not from both (item 56.6)"))]
#[x_kube(validation = Rule::new("!has(self.query) || self.query.contains('{namespace}')").message("query: must name `{namespace}`, so that it is about one service (item 56.6)"))]
#[x_kube(validation = Rule::new("!has(self.effectiveFrom) || !has(self.effectiveUntil) || self.effectiveFrom <= self.effectiveUntil").message("effectiveUntil: must not be before effectiveFrom (item 56.6)"))]
pub struct Indicator {
    /// Short name.
    #[schemars(length(min = 1, max = 63))]
    pub name: String,
    /// What it says.
    pub definition: Text,
    /// How it is computed.
    #[schemars(length(min = 1, max = 1000))]
    pub formula: String,
    /// Unit, for example `%` or `ms`.
    #[schemars(length(min = 1, max = 20))]
    pub unit: String,
    /// Where its values come from.
    #[schemars(length(min = 1, max = 200))]
    pub source: String,
    /// Period over which it is computed, for example `month`.
    #[schemars(length(min = 1, max = 40))]
    pub period: String,
    /// Target, as text with its comparison, for example `>= 99.9`.
    #[schemars(length(min = 1, max = 40))]
    pub target: String,
    /// Computation of the register that gives its values. Where there is none, they come from elsewhere, and
    /// the register shows them as missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measure: Option<Measure>,
    /// Expression (PromQL) whose one value is that of a launched service, in `unit`: the register asks its
    /// administrator's Prometheus server at the end of each month. `{namespace}`, `{participant}` and `{service}`
    /// stand for those of the service, `{period}` for the month as a duration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 1000))]
    pub query: Option<String>,
    /// First day for which it is computed, `YYYY-MM-DD`; from the standard's first day where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 10, max = 10), regex(pattern = r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"))]
    pub effective_from: Option<String>,
    /// Last day for which it is computed, `YYYY-MM-DD`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 10, max = 10), regex(pattern = r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"))]
    pub effective_until: Option<String>,
}

/// What the register computes of dossiers and of its own events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub enum Measure {
    /// Of a confirmed release: the longest time to recovery after any fault of its dossier.
    RecoveryTime,
    /// Of a confirmed release: the downtime of a year that its dossier models.
    PredictedDowntime,
    /// Of a confirmed release: the largest share of failed requests in a steady phase of its dossier.
    FailedRequests,
    /// Of a confirmed release: the largest 95th percentile of latency in a steady phase of its dossier.
    ResponseTime95,
    /// Of a confirmed release: which attempt at its bundle passed.
    Attempts,
    /// Of an entry: working days from the submission with complete data to the entry (item 21).
    DaysToEntry,
    /// Share of submissions with complete data that were entered within five working days (item 21).
    EnteredInTerm,
    /// Of a submission that passed with complete data: working days to the regulator's decision, which confirms or
    /// returns it (63.3).
    DaysToDecision,
    /// Share of submissions that passed with complete data and were decided within five working days.
    DecidedInTerm,
}
