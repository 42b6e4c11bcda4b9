//! How long a packet waits: always the same, or now more and now less. Packets keep their order, so a wait
//! never shrinks faster than time passes. Pure but for where its chance comes from.

use std::time::{Duration, Instant};

use crate::{
    faults::queued::serve::{Fate, Treatment, Way},
    random::Random,
};

/// How long packets wait.
#[derive(Debug)]
pub enum Wait {
    /// Each for so long.
    Always(Duration),
    /// Not at all for a while, then ever longer up to the longest wait, so for a while, and back.
    Wandering(Wander),
}

/// A wait that stays at one end for up to twice the longest wait, by chance, and takes as long as that to get to
/// the other end: half of the time it is at an end, a quarter at each.
#[derive(Debug)]
pub struct Wander {
    longest: Duration,
    chance: Random,
    /// When it came to the end where it is, or left last.
    since: Option<Instant>,
    stays: Duration,
    is_long: bool,
}

impl Wait {
    /// One that wanders up to `longest`.
    #[must_use]
    pub fn wandering(longest: Duration) -> Self {
        Self::Wandering(Wander::by(longest, Random::fresh("jitter")))
    }

    /// Of a packet that comes at `now`; moments do not go back.
    pub fn of(&mut self, now: Instant) -> Duration {
        match self {
            Self::Always(wait) => *wait,
            Self::Wandering(wander) => wander.at(now),
        }
    }

    /// No packet waits longer.
    #[cfg(test)]
    const fn longest(&self) -> Duration {
        match self {
            Self::Always(longest) | Self::Wandering(Wander { longest, .. }) => *longest,
        }
    }
}

impl Treatment for Wait {
    fn reads(&self) -> u16 {
        1
    }

    fn treat(&mut self, _: &[u8], _: Way, now: Instant) -> Fate {
        Fate { wait: self.of(now), becomes: None }
    }
}

impl Wander {
    fn by(longest: Duration, chance: Random) -> Self {
        let longest = longest.max(Duration::from_millis(1));
        let mut wander = Self { longest, chance, since: None, stays: Duration::ZERO, is_long: false };
        wander.stays = wander.stay();
        wander
    }

    fn stay(&mut self) -> Duration {
        let most = u64::try_from(2 * self.longest.as_micros()).unwrap_or(u64::MAX).max(1);
        Duration::from_micros(self.chance.below(most))
    }

    fn at(&mut self, now: Instant) -> Duration {
        let mut since = self.since.unwrap_or(now);
        while now >= since + self.stays + self.longest {
            since += self.stays + self.longest;
            self.stays = self.stay();
            self.is_long = !self.is_long;
        }
        self.since = Some(since);
        let moved = now.saturating_duration_since(since + self.stays);
        if self.is_long { self.longest.saturating_sub(moved) } else { moved }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wandering_wait_is_at_each_end_for_a_quarter_of_the_time_and_overtakes_nobody() {
        let longest = Duration::from_millis(100);
        for seed in ["a", "b", "c"] {
            let mut wait = Wait::Wandering(Wander::by(longest, Random::seeded("jitter", seed)));
            let (start, mut before, mut waits) = (Instant::now(), Duration::ZERO, Vec::new());
            // A packet each millisecond, for a minute.
            for ms in 0..60_000 {
                let came = Duration::from_millis(ms);
                let waited = wait.of(start + came);
                assert!(came + waited >= before && waited <= wait.longest(), "{came:?} {waited:?}");
                before = came + waited;
                waits.push(waited);
            }
            waits.sort();
            let at = |percent: usize| waits[waits.len() * percent / 100];
            assert!(at(15) == Duration::ZERO && at(85) == longest, "{:?} {:?}", at(15), at(85));
            assert!((30..=70).contains(&at(50).as_millis()), "{:?}", at(50));
        }
    }
}
