//! What earlier runs of the same service add to a run: repetitions of the same fault under the same risk.

use kube::KubeSchema;
use serde::{Deserialize, Serialize};

/// Repetitions of earlier runs that count beside those of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct History {
    /// Of each fault on a component at most so many repetitions count, the newest that the register has of the same risk: the
    /// same bundle, fault, load and limits. 28 clean ones and the run's own bound the 90th percentile of recovery with 95 % confidence.
    /// All of them are of one bundle, so that a smaller `maxAttempts` lets the history never fill. A run begins up to a minute
    /// late, as its nonce says: faults of different runs meet the timers of the service at different moments.
    #[schemars(range(min = 1, max = 30))]
    pub most_repetitions: u32,
}
