//! The twin: a second way to the candidate, through a proxy that holds each answer back until it must be too late.
//! Whoever asks it and whoever judges it are not told that it is no service; that it is refused shows that the gate
//! is awake. How late it is, is drawn for each run: from the announced nonce, so that nobody knew it before, and
//! anybody can draw it again.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// How late a twin may be: percent of the standard's limit on the 95th percentile of latency.
pub const PERCENTS: [u32; 2] = [110, 150];

/// A service that must be refused, asked beside the one that may be passed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TwinPlan {
    /// Its label `app.kubernetes.io/name`, longer than a component's name can be.
    pub name: String,
    /// Port of its pod.
    pub port: u16,
    /// Index of the operation of the load that it is asked: one that begins a visit, of the component behind it.
    pub operation: u32,
    /// Requests a second, evenly spaced, while a steady phase lasts.
    pub requests_per_second: u32,
}

/// Which of [`PERCENTS`] the run with this nonce has: by the last bit of the first byte of its SHA-256.
#[must_use]
pub fn percent(nonce: &str) -> u32 {
    let [lesser, greater] = PERCENTS;
    let is_even = Sha256::digest(nonce.as_bytes()).first().is_none_or(|byte| byte % 2 == 0);
    if is_even { lesser } else { greater }
}

/// For how long a twin holds an answer back, in microseconds: `percent` of `limit_ms`.
#[must_use]
pub fn hold_us(percent: u32, limit_ms: u32) -> u64 {
    u64::from(percent).saturating_mul(u64::from(limit_ms)).saturating_mul(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_drawn_as_often_as_the_other_and_the_same_of_the_same_nonce() {
        let drawn: Vec<_> = (0..1_000).map(|number| percent(&format!("{number:064x}"))).collect();
        let lesser = drawn.iter().filter(|percent| **percent == PERCENTS[0]).count();
        // A thousand throws of a coin: four deviations of 16.
        assert!((437..=563).contains(&lesser), "{lesser}");
        assert!(drawn.iter().all(|percent| PERCENTS.contains(percent)));
        // As `printf %s 0 | sha256sum` says it: 5f, which is odd.
        assert_eq!(percent("0"), 150);
    }

    #[test]
    fn every_answer_is_beyond_the_limit() {
        assert_eq!((hold_us(110, 500), hold_us(150, 500)), (550_000, 750_000));
        assert_eq!(hold_us(110, 1), 1_100);
        assert!(PERCENTS.into_iter().all(|percent| hold_us(percent, u32::MAX) > u64::from(u32::MAX) * 1_000));
    }
}
