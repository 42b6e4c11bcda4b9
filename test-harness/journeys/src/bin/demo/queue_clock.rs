//! How long a release queued for the lab's nodes behind others, read from its conditions while the
//! demo watches. A queue is other services' load and faults, and no time of the factory's own.

use factory_crds::Release;
use factory_journeys::overhead::Stretch;
use jiff::Timestamp;

/// Reason of a condition that waits for the lab.
const BUSY: &str = "LabBusy";

/// Stretches of waiting.
#[derive(Debug, Default)]
pub struct QueueClock {
    since: Option<Timestamp>,
    waited: Vec<Stretch>,
}

impl QueueClock {
    /// Notes that `release` was seen at `now`.
    pub fn see(&mut self, release: &Release, now: Timestamp) {
        let conditions = release.status.iter().flat_map(|status| &status.conditions);
        let waits = conditions.into_iter().any(|condition| condition.status == "Unknown" && condition.reason == BUSY);
        match (self.since, waits) {
            (None, true) => self.since = Some(now),
            (Some(from), false) => {
                self.waited.push(Stretch { from, to: now });
                self.since = None;
            }
            _ => {}
        }
    }

    /// Stretches that are over.
    pub fn waited(&self) -> impl Iterator<Item = Stretch> + '_ {
        self.waited.iter().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn release(status: &str, reason: &str) -> Release {
        serde_json::from_value(json!({
            "apiVersion": "factory.gov.kg/v1alpha1", "kind": "Release", "metadata": {"name": "r"},
            "spec": {"service": "s", "commit": "c", "specHash": "h", "manifest": {}, "standard": "x",
                     "standardSpec": {}, "attempt": 1},
            "status": {"conditions": [{"type": "Proven", "status": status, "reason": reason, "message": "",
                       "lastTransitionTime": "2026-01-01T00:00:00Z"}]},
        }))
        .unwrap()
    }

    #[test]
    fn only_the_wait_for_the_lab_is_noted() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let mut clock = QueueClock::default();
        for (second, status, reason) in
            [(0, "Unknown", "Running"), (5, "Unknown", BUSY), (9, "Unknown", BUSY), (20, "Unknown", "Running"), (50, "True", "Done")]
        {
            clock.see(&release(status, reason), at(second));
        }
        assert_eq!(clock.waited().collect::<Vec<_>>(), [Stretch { from: at(5), to: at(20) }]);
    }
}
