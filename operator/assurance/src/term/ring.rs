//! Keys of one kind, one after the other: which of them signs at a moment, and what is published of them all.
//! Pure.

use jiff::{SignedDuration, Timestamp};

use super::Term;
use crate::dsse::{DsseError, PrivateKey};

/// How long a key is published before it signs: the kubelet takes two minutes at most to bring it to the register.
pub const PUBLISHED_BEFORE: SignedDuration = SignedDuration::from_mins(10);

/// How long what a key has signed is taken after the next one began: a dossier that was signed in the last moment
/// reaches a register that was away.
const OVERLAP: SignedDuration = SignedDuration::from_hours(24);

/// Keys of one kind with their beginnings, the first first.
pub struct Ring(Vec<(PrivateKey, Timestamp)>);

impl Ring {
    /// The `first` key, which has begun at all times, and those `later` ones that follow it in this order, each with
    /// the moment of its beginning: none begins before the one that it follows, whatever is said.
    #[must_use]
    pub fn of(first: PrivateKey, later: Vec<(PrivateKey, Timestamp)>) -> Self {
        let mut keys = vec![(first, Timestamp::MIN)];
        let mut latest = Timestamp::MIN;
        for (key, from) in later {
            latest = latest.max(from);
            keys.push((key, latest));
        }
        Self(keys)
    }

    /// The key that signs at this moment: the newest that has begun.
    #[must_use]
    pub fn at(&self, now: Timestamp) -> &PrivateKey {
        let begun = self.0.iter().rev().find(|(_, from)| *from <= now);
        // The first has begun at all times, and there is one.
        &begun.unwrap_or(&self.0[0]).0
    }

    /// What is published at this moment: the key that signs as `<kind>.pub`, each of the others as
    /// `<kind>-<number>.pub`, with the times in which what they sign is taken.
    pub fn published(&self, kind: &str, now: Timestamp) -> Result<Vec<(String, String)>, DsseError> {
        let signs = self.at(now).public();
        let mut published = Vec::new();
        for (at, (key, from)) in self.0.iter().enumerate() {
            let key = key.public();
            let name = if key == signs { format!("{kind}.pub") } else { format!("{kind}-{}.pub", at + 1) };
            let from = (at > 0).then_some(*from);
            let until = self.0.get(at + 1).map(|(_, next)| next.saturating_add(OVERLAP).unwrap_or(Timestamp::MAX));
            published.push((name, Term { key, from, until, seal: None }.write()?));
        }
        Ok(published)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn ring(beginnings: &[&str]) -> (Vec<PrivateKey>, Ring) {
        let keys: Vec<_> = std::iter::repeat_with(PrivateKey::generate).take(beginnings.len() + 1).collect();
        let later = keys[1..].iter().cloned().zip(beginnings.iter().map(|text| moment(text)));
        let ring = Ring::of(keys[0].clone(), later.collect());
        (keys, ring)
    }

    #[test]
    fn the_newest_key_that_has_begun_signs() {
        let (keys, ring) = ring(&["2026-03-04T00:00:00Z", "2026-06-04T00:00:00Z"]);
        for (now, signs) in [
            ("2026-01-01T00:00:00Z", 0),
            ("2026-03-03T23:59:59Z", 0),
            ("2026-03-04T00:00:00Z", 1),
            ("2026-06-04T00:00:00Z", 2),
            ("2036-06-04T00:00:00Z", 2),
        ] {
            assert_eq!(ring.at(moment(now)).public(), keys[signs].public(), "{now}");
        }
    }

    #[test]
    fn the_next_key_is_published_before_it_signs_and_the_former_one_for_a_day_after() {
        let (keys, ring) = ring(&["2026-03-04T00:00:00Z"]);
        let read = |now: &str| -> Vec<(String, Term)> {
            let published = ring.published("dossier", moment(now)).unwrap();
            published.into_iter().map(|(name, text)| (name, Term::read(&text).unwrap())).collect()
        };
        let (first, second) = (
            Term { key: keys[0].public(), from: None, until: Some(moment("2026-03-05T00:00:00Z")), seal: None },
            Term { key: keys[1].public(), from: Some(moment("2026-03-04T00:00:00Z")), until: None, seal: None },
        );
        let named = |one: &str, two: &str| vec![(one.to_owned(), first.clone()), (two.to_owned(), second.clone())];
        assert_eq!(read("2026-03-03T00:00:00Z"), named("dossier.pub", "dossier-2.pub"));
        assert_eq!(read("2026-03-04T00:00:00Z"), named("dossier-1.pub", "dossier.pub"));
    }

    #[test]
    fn keys_that_come_out_of_a_backup_in_any_order_follow_one_another_all_the_same() {
        let (keys, ring) = ring(&["2026-03-04T00:00:00Z", "2026-03-03T00:00:00Z"]);
        assert_eq!(ring.at(moment("2026-03-03T12:00:00Z")).public(), keys[0].public());
        assert_eq!(ring.at(moment("2026-03-04T00:00:00Z")).public(), keys[2].public());
    }
}
