//! What was observed of launched services on one day, and measured of them over one month.

use serde::{Deserialize, Serialize};

use crate::observed::Minutes;

/// A finished day, as a source of the administrator's had it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DayObserved {
    /// `YYYY-MM-DD`, by the clock of Bishkek.
    pub day: String,
    /// Kind of the source: `prometheus`.
    pub source: String,
    /// What the source was asked, as the administrator wrote it.
    pub expression: String,
    /// The services of which it knew something.
    pub services: Vec<ServiceObserved>,
}

/// One service on that day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ServiceObserved {
    /// Participant.
    pub participant: String,
    /// Name of the service.
    pub service: String,
    /// What was measured.
    pub minutes: Minutes,
}

/// An indicator over a finished month, as the source had it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct IndicatorMeasured {
    /// `YYYY-MM`, by the clock of Bishkek.
    pub period: String,
    /// `<name>@<version>` of the standard that defines it.
    pub standard: String,
    /// Name of the indicator.
    pub indicator: String,
    /// Kind of the source: `prometheus`.
    pub source: String,
    /// What the source was asked, as the standard has it.
    pub expression: String,
    /// The services of which it knew something.
    pub services: Vec<ServiceMeasured>,
}

/// One service in that month.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ServiceMeasured {
    /// Participant.
    pub participant: String,
    /// Name of the service.
    pub service: String,
    /// Submission by which it was entered, and whose standard this is.
    pub submission: String,
    /// The value, in millionths of the indicator's unit.
    pub millionths: u64,
}
