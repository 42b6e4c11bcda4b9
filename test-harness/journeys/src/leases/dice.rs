//! Who is killed in which fault, and when: everything follows from one number, so that a run can be repeated as far
//! as its kills go.

use std::time::Duration;

use serde_json::{Value, json};

use crate::standard;

/// Length of each fault that lasts.
pub const LEASE: Duration = Duration::from_secs(2);
/// From an order to the injection, at most: a tenth of the window.
pub const RESPITE: Duration = Duration::from_millis(600);
/// Kills come up to so long after the end of the lease.
const AFTER: Duration = Duration::from_millis(300);
/// More than asked for are drawn: one may find nobody.
const SPARE: usize = 3;
/// The whole lab pod of a node is killed once a round: the kubelet's pauses grow.
const WHOLE: u32 = 4;

/// Who gets SIGKILL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Who {
    /// The process that carries faults out on this node.
    Server(usize),
    /// The first process of the lab's pod on this node, and with it all others of the pod.
    Guard(usize),
    /// The lab that leads the run.
    Prove,
    /// The operator's leader.
    Operator,
}

/// One fault, and who is killed so long after its order.
#[derive(Clone, Debug)]
pub struct Fate {
    /// As the standard has it.
    pub fault: Value,
    /// Who, and when.
    pub kills: Vec<(Who, Duration)>,
}

/// Draws.
pub struct Dice(fastrand::Rng);

impl Dice {
    /// From one number.
    #[must_use]
    pub fn of(seed: u64) -> Self {
        Self(fastrand::Rng::with_seed(seed))
    }

    /// A round over `nodes` nodes: every fault once, in some order, and enough kills where at least `wanted` fit.
    pub fn fates(&mut self, nodes: usize, wanted: usize) -> Vec<Fate> {
        let mut best = self.round(nodes);
        // Each draw is as good as another; of a few the first that is enough.
        for _ in 0..100 {
            if all(&best) >= wanted + SPARE {
                break;
            }
            let next = self.round(nodes);
            if all(&next) > all(&best) {
                best = next;
            }
        }
        best
    }

    fn round(&mut self, nodes: usize) -> Vec<Fate> {
        let mut faults = faults();
        self.0.shuffle(&mut faults);
        let mut whole = vec![false; nodes];
        let last = faults.len() - 1;
        let fate = |(index, fault)| Fate { fault, kills: self.kills(&mut whole, index == last) };
        faults.into_iter().enumerate().map(fate).collect()
    }

    fn kills(&mut self, whole: &mut [bool], last: bool) -> Vec<(Who, Duration)> {
        // The lab, the operator, or both; in the last fault everybody may be.
        let (lab, operator) = [(true, false), (false, true), (true, true), (true, true)][self.0.usize(0..4)];
        let mut kills = Vec::new();
        if lab || last {
            for (node, whole) in whole.iter_mut().enumerate() {
                let all = !*whole && self.0.u32(0..WHOLE) == 0;
                *whole |= all;
                kills.push((if all { Who::Guard(node) } else { Who::Server(node) }, self.moment()));
            }
        }
        if operator {
            kills.push((Who::Operator, self.moment()));
        }
        if last {
            kills.push((Who::Prove, self.moment()));
        }
        kills
    }

    fn moment(&mut self) -> Duration {
        let all = RESPITE + LEASE + AFTER;
        Duration::from_millis(self.0.u64(0..u64::try_from(all.as_millis()).unwrap_or(u64::MAX)))
    }
}

fn all(fates: &[Fate]) -> usize {
    fates.iter().map(|fate| fate.kills.len()).sum()
}

/// Every fault that leaves something where it strikes, in all pods of the component: the catalogue without those
/// that end one process or pod, and are over then.
fn faults() -> Vec<Value> {
    let lasting = [
        ("Freeze", json!({})),
        ("Partition", json!({})),
        ("Delay", json!({"delayMs": 200})),
        ("Jitter", json!({"jitterMs": 150})),
        ("Loss", json!({"lossPpm": 500_000})),
        ("Bandwidth", json!({"kilobytesPerSecond": 50})),
        ("DnsOutage", json!({})),
        ("Reset", json!({"resetPpm": 300_000})),
        ("MemoryPressure", json!({"memoryPercent": 80})),
    ];
    let lasting = lasting.map(|(kind, more)| {
        let mut fault =
            standard::fault(kind, &json!({"share": "All", "windowSeconds": 6, "leaseSeconds": LEASE.as_secs()}));
        if let (Some(fault), Some(more)) = (fault.as_object_mut(), more.as_object()) {
            fault.extend(more.clone());
        }
        fault
    });
    let once = standard::fault("RollingRestart", &json!({}));
    lasting.into_iter().chain([once]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_round_has_every_fault_once_the_kills_that_are_wanted_and_ends_with_the_lab_that_leads() {
        let kinds = |fates: &[Fate]| {
            let mut kinds: Vec<_> = fates.iter().map(|fate| fate.fault["kind"].to_string()).collect();
            kinds.sort();
            kinds
        };
        for seed in 0..50 {
            let fates = Dice::of(seed).fates(2, 20);
            assert_eq!(kinds(&fates), kinds(&Dice::of(0).round(1)));
            assert!(all(&fates) >= 20, "{seed}");
            let prove = |fate: &Fate| fate.kills.iter().any(|(who, _)| *who == Who::Prove);
            assert_eq!(fates.iter().map(prove).collect::<Vec<_>>(), [vec![false; 9], vec![true]].concat());
            let whole = fates.iter().flat_map(|fate| &fate.kills).filter(|(who, _)| matches!(who, Who::Guard(_)));
            assert!(whole.count() <= 2);
        }
    }

    #[test]
    fn the_same_number_draws_the_same_kills() {
        let kills = |seed| Dice::of(seed).fates(2, 20).into_iter().map(|fate| fate.kills).collect::<Vec<_>>();
        assert_eq!(kills(7), kills(7));
        assert_ne!(kills(7), kills(8));
    }
}
