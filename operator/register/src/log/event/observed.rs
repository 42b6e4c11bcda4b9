//! What was observed of launched services on one day.

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
