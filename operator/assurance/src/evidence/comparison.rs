//! What was measured of the candidate and of the last confirmed release by turns: by the same program, of each the same.

use serde::{Deserialize, Serialize};

use super::{Bucket, ControlSecond};

/// A comparison. Seconds count from its own start, which is before that of the load.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ComparisonEvidence {
    /// Requests to the candidate: one for each second and operation in which one was due.
    pub candidate: Vec<Bucket>,
    /// The same of the last confirmed release.
    pub reference: Vec<Bucket>,
    /// How late the requests of each part of each block left, in their order, as [`super::ProveEvidence::lag_us`].
    pub lag_us: Vec<Vec<[u64; 2]>>,
    /// The control meanwhile; `None` where it could not be found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub control: Option<Vec<ControlSecond>>,
}
