//! What of a fault is still there when it is over: rules and queueing disciplines of the pod's network
//! namespace, compared with before, and processes that are still held. And the way to take away what a
//! killed predecessor left.

use std::{fs, thread};

use factory_crds::resilience_standard::FaultKind;

use super::{
    StrikeError,
    aim::Aim,
    gate,
    place::{self, Place},
    tap::INTERFACE,
};
use crate::{faults, schema::line};

/// Rules and queueing disciplines at one moment, one line each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules(Vec<String>);

impl Rules {
    /// Those of the calling thread's network namespace.
    pub fn look() -> Result<Self, StrikeError> {
        // Stateless: counters and the rest of a lease change by themselves.
        let rules = gate::run("nft", &["--stateless", "list", "ruleset"], "")?;
        let queues = gate::run("tc", &["qdisc", "show", "dev", INTERFACE], "")?;
        let lines = rules.lines().chain(queues.lines()).map(|line| line.trim().to_owned());
        Ok(Self(lines.filter(|line| line.len() > 1).collect()))
    }

    /// What of `after` was not there before, and what is missing, one line each.
    #[must_use]
    pub fn differences(&self, after: &Self) -> Vec<String> {
        let mut missing = self.0.clone();
        let mut lines = Vec::new();
        for rule in &after.0 {
            match missing.iter().position(|known| known == rule) {
                Some(at) => drop(missing.remove(at)),
                None => lines.push(line(&format!("left: {rule}"))),
            }
        }
        lines.extend(missing.iter().map(|rule| line(&format!("gone: {rule}"))));
        lines
    }
}

/// Threads of `place` that another process still holds.
#[must_use]
pub fn held(place: &Place) -> Vec<i32> {
    place.processes().into_iter().flat_map(place::threads).filter(|thread| is_held(*thread)).collect()
}

/// Whether a process holds `thread`.
fn is_held(thread: i32) -> bool {
    let status = fs::read_to_string(format!("/proc/{thread}/status")).unwrap_or_default();
    status.lines().any(|line| line.strip_prefix("TracerPid:").is_some_and(|tracer| tracer.trim() != "0"))
}

/// Takes away from the pod at `place` whatever a fault of the factory's could have left, by its names.
/// Holders end by their own timers.
#[must_use]
pub fn clear(place: &Place) -> Vec<StrikeError> {
    let clear = || match place.enter_network() {
        Ok(()) => {
            let faults = FaultKind::ALL.into_iter().filter_map(|kind| faults::on_node(kind, 1, &Aim::default()));
            faults.flat_map(|mut fault| fault.undo()).collect()
        }
        Err(error) => vec![error],
    };
    thread::scope(|scope| scope.spawn(clear).join())
        .unwrap_or_else(|_| vec![StrikeError::Incapable("the thread that clears died".to_owned())])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_that_came_or_went_is_named_also_when_it_stood_twice() {
        let rules = |lines: &[&str]| Rules(lines.iter().map(|line| (*line).to_owned()).collect());
        let before = rules(&["table inet a {", "drop", "drop", "qdisc noqueue 0: root"]);
        assert!(before.differences(&before).is_empty());
        assert_eq!(
            before.differences(&rules(&["table inet a {", "drop", "qdisc htb fa17: root"])),
            ["left: qdisc htb fa17: root", "gone: drop", "gone: qdisc noqueue 0: root"]
        );
    }
}
