//! What was measured of the twin: the same as of the service, by the same program.

use serde::{Deserialize, Serialize};

use super::Bucket;

/// Requests to the twin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TwinEvidence {
    /// How late its pod was told to be: percent of the limit on the 95th percentile of latency.
    pub percent: u32,
    /// One for each second in which a request to it was due.
    pub buckets: Vec<Bucket>,
}
