//! The log that the register is: events in order, each bound by its hash to all before it. Tables
//! and pages are views over it, and the tree of its proofs stands on the same hashes.
//!
//! *Architecture invariant:* pure. This module computes and checks; `store` reads and writes.

pub mod event;

use factory_assurance::canonical::{self, NotCanonical};

pub use factory_assurance::log::link::{Link, ORIGIN};

/// Where a log stops being one.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// An event is missing, doubled or out of order.
    #[error("event {found} stands where {expected} was expected")]
    Order {
        /// Its number.
        found: u64,
        /// The number that was due.
        expected: u64,
    },
    /// An event does not name the one before it.
    #[error("event {seq} names {found} as the one before it, which is {expected}")]
    Prev {
        /// Its number.
        seq: u64,
        /// As it stands there.
        found: String,
        /// As it should.
        expected: String,
    },
    /// A hash does not follow from what it stands for.
    #[error("event {seq}: {field} is {found}, but its contents give {expected}")]
    Hash {
        /// Its number.
        seq: u64,
        /// `sha256` or `this`.
        field: &'static str,
        /// As it stands there.
        found: String,
        /// As it follows.
        expected: String,
    },
    /// A hash could not be computed.
    #[error(transparent)]
    NotCanonical(#[from] NotCanonical),
}

/// Walks a log from its first event and stops at the first thing that does not hold.
#[derive(Debug)]
pub struct Walk {
    seq: u64,
    head: String,
}

impl Default for Walk {
    fn default() -> Self {
        Self { seq: 0, head: ORIGIN.to_owned() }
    }
}

impl Walk {
    /// Goes on after event `seq`, whose hash is `head`.
    #[must_use]
    pub const fn after(seq: u64, head: String) -> Self {
        Self { seq, head }
    }

    /// Number of events walked.
    #[must_use]
    pub const fn seq(&self) -> u64 {
        self.seq
    }

    /// Hash of the last one.
    #[must_use]
    pub fn head(&self) -> &str {
        &self.head
    }

    /// Holds the next event against those before it. `bytes` are its canonical bytes, or `None`
    /// where only the chain of hashes is walked.
    pub fn step(&mut self, link: &Link, this: &str, bytes: Option<&[u8]>) -> Result<(), LogError> {
        let seq = link.seq;
        if seq != self.seq + 1 {
            return Err(LogError::Order { found: seq, expected: self.seq + 1 });
        }
        if link.prev != self.head {
            return Err(LogError::Prev { seq, found: link.prev.clone(), expected: self.head.clone() });
        }
        if let Some(expected) = bytes.map(canonical::sha256).filter(|sha256| *sha256 != link.sha256) {
            return Err(LogError::Hash { seq, field: "sha256", found: link.sha256.clone(), expected });
        }
        let expected = link.this()?;
        if this != expected {
            return Err(LogError::Hash { seq, field: "this", found: this.to_owned(), expected });
        }
        self.seq = seq;
        self.head = expected;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(count: u64) -> Vec<(Link, String, Vec<u8>)> {
        let mut prev = ORIGIN.to_owned();
        (1..=count)
            .map(|seq| {
                let bytes = format!("{{\"epoch\":{seq}}}").into_bytes();
                let link = Link {
                    seq,
                    time: format!("2026-01-01T00:00:0{seq}Z"),
                    kind: "epoch".to_owned(),
                    actor: "factory".to_owned(),
                    sha256: canonical::sha256(&bytes),
                    prev: prev.clone(),
                };
                prev = link.this().unwrap();
                (link, prev.clone(), bytes)
            })
            .collect()
    }

    fn walk(log: &[(Link, String, Vec<u8>)]) -> Result<String, LogError> {
        let mut walk = Walk::default();
        for (link, this, bytes) in log {
            walk.step(link, this, Some(bytes))?;
        }
        Ok(walk.head().to_owned())
    }

    #[test]
    fn an_untouched_log_holds_and_ends_in_its_last_hash() {
        let log = log(4);
        assert_eq!(walk(&log).unwrap(), log[3].1);
        assert_eq!(walk(&[]).unwrap(), ORIGIN);
    }

    #[test]
    fn whatever_is_done_to_the_middle_of_a_log_is_named() {
        type Harm = fn(&mut Vec<(Link, String, Vec<u8>)>);
        let harms: [(&str, Harm); 8] = [
            ("removed", |log| drop(log.remove(1))),
            ("reordered", |log| log.swap(1, 2)),
            ("doubled", |log| log.insert(1, log[1].clone())),
            ("bytes", |log| log[1].2[0] ^= 1),
            ("bytes and their hash", |log| {
                log[1].2[0] ^= 1;
                log[1].0.sha256 = canonical::sha256(&log[1].2);
            }),
            ("actor", |log| log[1].0.actor.push('x')),
            ("time", |log| log[1].0.time.push('x')),
            ("rewritten with a new hash", |log| {
                log[1].0.kind.push('x');
                log[1].1 = log[1].0.this().unwrap();
            }),
        ];
        for (name, harm) in harms {
            let mut log = log(4);
            harm(&mut log);
            assert!(walk(&log).is_err(), "{name}");
        }
    }
}
