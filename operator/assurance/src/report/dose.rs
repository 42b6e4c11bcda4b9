//! What pods felt of a fault, in the unit of its kind: a share for what either happens or does not,
//! a median for what has a size. It does not say whether that was enough: the verdict does.

use factory_crds::resilience_standard::FaultKind;
use serde::Serialize;

use crate::plan::Strike;

use super::{
    numbers::{exact, milliseconds, percent, ppm},
    requests::percentile,
};

/// Samples of one pod, summed up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// How many.
    pub samples: u64,
    /// The middle one; of shares 0 or 1.
    pub median: Option<u64>,
    /// Of a kind that happens or does not: how often it did, in parts per million.
    pub share_ppm: Option<u64>,
}

/// How a kind of fault is measured.
enum Measure {
    /// 0 or 1.
    Share,
    /// Microseconds.
    Delay,
    /// Kilobytes a second.
    Rate,
    /// Percent of a limit.
    Percent,
}

const fn measure(kind: FaultKind) -> Measure {
    match kind {
        FaultKind::Delay | FaultKind::Jitter | FaultKind::DnsDelay => Measure::Delay,
        FaultKind::Bandwidth => Measure::Rate,
        _ if kind.takes_percent() => Measure::Percent,
        _ => Measure::Share,
    }
}

/// Sums up a sparse histogram of a dose, in whatever order its cells stand.
pub fn summary(kind: FaultKind, cells: &[[u64; 2]]) -> Summary {
    let mut rising: Vec<(u64, u128)> = cells.iter().map(|[value, count]| (*value, u128::from(*count))).collect();
    rising.sort_unstable();
    let sum = |least: u64| {
        let counted = rising.iter().filter(|(value, _)| *value >= least);
        counted.fold(0_u128, |sum, (_, count)| sum.saturating_add(*count))
    };
    let share_ppm = if matches!(measure(kind), Measure::Share) { ppm(sum(1), sum(0)) } else { None };
    Summary { samples: exact(sum(0)), median: percentile(rising.iter().copied(), sum(0), 50), share_ppm }
}

impl Summary {
    /// With its unit, and the number of samples; `None` without any.
    pub fn shown(&self, kind: FaultKind) -> Option<String> {
        let value = match measure(kind) {
            Measure::Share => self.share_ppm?,
            Measure::Delay | Measure::Rate | Measure::Percent => self.median?,
        };
        Some(format!("{} (n = {})", strength(kind, value), self.samples))
    }
}

/// A measured strength of `kind` with its unit.
pub fn strength(kind: FaultKind, value: u64) -> String {
    match measure(kind) {
        Measure::Share => percent(value),
        Measure::Delay => milliseconds(value),
        Measure::Rate => rate(value),
        Measure::Percent => of_limit(value),
    }
}

/// What was asked for, with its unit; `None` of a kind without a dose on the node.
pub fn asked(kind: FaultKind, strike: Option<&Strike>) -> Option<String> {
    let strength = strike?.strength;
    Some(match kind {
        FaultKind::PodKill | FaultKind::RollingRestart | FaultKind::Eviction => return None,
        FaultKind::SecretRotation => return None,
        FaultKind::Delay | FaultKind::Jitter | FaultKind::DnsDelay => milliseconds(strength.saturating_mul(1_000)),
        FaultKind::Bandwidth => rate(strength),
        FaultKind::MemoryPressure
        | FaultKind::CpuStarvation
        | FaultKind::DiskFull
        | FaultKind::DescriptorExhaustion => of_limit(strength),
        FaultKind::Loss
        | FaultKind::Reset
        | FaultKind::HttpReset
        | FaultKind::HttpDelay
        | FaultKind::HttpStatus
        | FaultKind::HttpCut
        | FaultKind::Duplicate
        | FaultKind::Corrupt
        | FaultKind::Reorder => percent(strength),
        FaultKind::ContainerKill
        | FaultKind::Freeze
        | FaultKind::Partition
        | FaultKind::DnsOutage
        | FaultKind::DnsFailure
        | FaultKind::DnsWrongAddress
        | FaultKind::ControlPlaneOutage => percent(1_000_000),
    })
}

fn of_limit(percent: u64) -> String {
    format!("{percent} %")
}

fn rate(kilobytes: u64) -> String {
    format!("{kilobytes} kB/s")
}

#[cfg(test)]
mod tests {
    use super::*;
    use factory_crds::resilience_standard::Share;

    #[test]
    fn each_kind_is_shown_in_its_unit() {
        let shown = |kind, cells: &[[u64; 2]]| summary(kind, cells).shown(kind);
        assert_eq!(shown(FaultKind::Loss, &[[0, 900], [1, 100]]).unwrap(), "10 % (n = 1000)");
        assert_eq!(shown(FaultKind::Delay, &[[51_000, 1], [50_100, 3]]).unwrap(), "50.1 ms (n = 4)");
        assert_eq!(shown(FaultKind::Bandwidth, &[[498, 5]]).unwrap(), "498 kB/s (n = 5)");
        assert_eq!(shown(FaultKind::MemoryPressure, &[[12, 1], [89, 3]]).unwrap(), "89 % (n = 4)");
        assert_eq!(shown(FaultKind::CpuStarvation, &[[4, 1], [91, 3]]).unwrap(), "91 % (n = 4)");
        assert_eq!(shown(FaultKind::Freeze, &[]), None);
        assert_eq!(shown(FaultKind::Freeze, &[[1, 0]]), None);
    }

    #[test]
    fn what_was_asked_for_has_the_same_unit() {
        let strike = |strength| Strike { share: Share::One, lease_seconds: 5, strength, ..Strike::default() };
        assert_eq!(asked(FaultKind::Delay, Some(&strike(50))).unwrap(), "50 ms");
        assert_eq!(asked(FaultKind::Loss, Some(&strike(100_000))).unwrap(), "10 %");
        assert_eq!(asked(FaultKind::Partition, Some(&strike(0))).unwrap(), "100 %");
        assert_eq!(asked(FaultKind::DescriptorExhaustion, Some(&strike(100))).unwrap(), "100 %");
        assert_eq!(asked(FaultKind::PodKill, Some(&strike(0))), None);
        assert_eq!(asked(FaultKind::Delay, None), None);
    }

    #[test]
    fn huge_counts_are_summed() {
        let huge = summary(FaultKind::Loss, &[[0, u64::MAX], [1, u64::MAX], [1, u64::MAX]]);
        assert_eq!((huge.samples, huge.share_ppm), (crate::verdict::MAX_EXACT, Some(666_667)));
    }
}
