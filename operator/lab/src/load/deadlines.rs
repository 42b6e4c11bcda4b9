//! When requests in flight have failed. They leave in the order in which they are due and all have
//! the same time, so their deadlines come in that order too. Pure.

use std::{collections::VecDeque, time::Instant};

/// One request in flight: where it is, and which of those that were there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// When it has failed.
    pub deadline: Instant,
    /// Number of its connection.
    pub token: usize,
    /// Number of the request.
    pub serial: u64,
}

/// Deadlines in order.
#[derive(Debug, Default)]
pub struct Deadlines {
    entries: VecDeque<Entry>,
}

impl Deadlines {
    /// Below so many entries, those of requests that have ended are not worth a look.
    const FEW: usize = 64;

    /// Adds one. `alive` says of an entry whether its request is still in flight, of which there are
    /// `in_flight`: what is kept is bounded by their number, however long the deadline.
    pub fn push(&mut self, entry: Entry, in_flight: usize, alive: impl Fn(&Entry) -> bool) {
        if self.entries.len() >= 2 * in_flight + Self::FEW {
            self.entries.retain(alive);
        }
        self.entries.push_back(entry);
    }

    /// The first that is still in flight.
    pub fn first(&mut self, alive: impl Fn(&Entry) -> bool) -> Option<Entry> {
        while let Some(entry) = self.entries.front() {
            if alive(entry) {
                return Some(*entry);
            }
            self.entries.pop_front();
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn what_has_ended_is_forgotten_although_an_earlier_request_still_waits() {
        let (start, mut deadlines) = (Instant::now(), Deadlines::default());
        let alive = |entry: &Entry| entry.serial == 0 || entry.serial == 9_999;
        for serial in 0..10_000 {
            let entry = Entry { deadline: start + Duration::from_millis(serial), token: 1, serial };
            deadlines.push(entry, 2, alive);
            assert!(deadlines.entries.len() <= 2 * 2 + Deadlines::FEW + 1);
        }
        assert_eq!(deadlines.first(alive).map(|entry| entry.serial), Some(0));
        assert_eq!(deadlines.first(|entry| entry.serial == 9_999).map(|entry| entry.serial), Some(9_999));
        assert_eq!(deadlines.first(|_| false), None);
    }
}
