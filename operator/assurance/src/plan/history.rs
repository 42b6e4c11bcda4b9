//! What earlier runs add: repetitions of the same faults under the same [risk](crate::risk), as the register has them. They
//! stand in the announced plan, so that a dossier is judged by itself; the register announces no other list than the one
//! that follows from its log.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Most risks of one plan where earlier runs count. A plan is kept in objects of at most 1 MiB, and this is less than half.
pub const MOST_RISKS: usize = 256;
/// Most repetitions of one risk that count, whatever a standard says.
pub const MOST_REPETITIONS: u32 = 30;
/// Longest time for which a run waits before it begins where earlier runs count, in seconds: their repetitions are to meet
/// the timers of the service at any of their moments, and many timers last a minute.
pub const MOST_WAIT_SECONDS: u32 = 60;

/// Repetitions of earlier runs of the same service.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EarlierRuns {
    /// `sha256:…` of the payload of each dossier that they are from, in the order of the register's log.
    pub dossiers: Vec<String>,
    /// One for each risk of the plan's fault phases, in the order of the first phase of each.
    pub faults: Vec<EarlierFault>,
}

/// Earlier repetitions of one fault on one component.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EarlierFault {
    /// Digest of its risk.
    pub risk: String,
    /// In the order of the log; none where the register has none.
    pub repetitions: Vec<EarlierRepetition>,
}

/// What one of them came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EarlierRepetition {
    /// Index of its dossier.
    pub dossier: u32,
    /// Recovery in milliseconds; left out where requests did not come through again within the window.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recovery_ms: Option<u64>,
    /// Lost service in milliseconds.
    pub lost_ms: u64,
}

/// A repetition as the register keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Place of its dossier in the log.
    pub place: u64,
    /// `sha256:…` of the dossier's payload.
    pub dossier: String,
    /// As in [`EarlierRepetition`].
    pub recovery_ms: Option<u64>,
    /// The same.
    pub lost_ms: u64,
}

impl EarlierRuns {
    /// Of each risk with its repetitions, both in the order in which they stand in the plan.
    #[must_use]
    pub fn of(faults: Vec<(String, Vec<Kept>)>) -> Self {
        let kept = faults.iter().flat_map(|(_, kept)| kept);
        let dossiers: BTreeMap<u64, &str> = kept.map(|one| (one.place, one.dossier.as_str())).collect();
        let index: BTreeMap<u64, u32> = dossiers.keys().copied().zip(0..).collect();
        let earlier = |one: &Kept| EarlierRepetition {
            dossier: index.get(&one.place).copied().unwrap_or(u32::MAX),
            recovery_ms: one.recovery_ms,
            lost_ms: one.lost_ms,
        };
        let faults = faults
            .iter()
            .map(|(risk, kept)| EarlierFault { risk: risk.clone(), repetitions: kept.iter().map(earlier).collect() });
        Self { faults: faults.collect(), dossiers: dossiers.values().map(|dossier| (*dossier).to_owned()).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(place: u64, lost_ms: u64) -> Kept {
        Kept { place, dossier: format!("sha256:{place}"), recovery_ms: Some(lost_ms), lost_ms }
    }

    #[test]
    fn each_dossier_stands_once_in_the_order_of_the_log() {
        let history = EarlierRuns::of(vec![
            ("one".to_owned(), vec![kept(7, 1), kept(9, 2)]),
            ("two".to_owned(), vec![]),
            ("three".to_owned(), vec![kept(3, 3), kept(9, 4)]),
        ]);
        assert_eq!(history.dossiers, ["sha256:3", "sha256:7", "sha256:9"]);
        let indices: Vec<Vec<u32>> =
            history.faults.iter().map(|fault| fault.repetitions.iter().map(|one| one.dossier).collect()).collect();
        assert_eq!(indices, [vec![1, 2], vec![], vec![0, 2]]);
        assert_eq!(history.faults.iter().map(|fault| fault.risk.as_str()).collect::<Vec<_>>(), ["one", "two", "three"]);
    }

    /// As many of each risk as may count, each of which took an hour, from as many dossiers as a bundle may have attempts.
    #[test]
    fn the_longest_history_leaves_half_of_an_object_to_the_rest_of_the_plan() {
        let digest = |number: u64| format!("sha256:{number:064x}");
        let fault = |risk: u64| {
            let repetitions = (0..u64::from(MOST_REPETITIONS)).map(|run| Kept {
                place: (risk + run) % 100,
                dossier: digest((risk + run) % 100),
                recovery_ms: Some(3_600_000),
                lost_ms: 3_600_000,
            });
            (digest(risk), repetitions.collect())
        };
        let history = EarlierRuns::of((0..MOST_RISKS as u64).map(fault).collect());
        let size = crate::canonical::bytes(&history).unwrap().len();
        assert!((256 * 1_024..512 * 1_024).contains(&size), "{size}");
    }
}
