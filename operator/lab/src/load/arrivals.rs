//! Which request is due next: of a schedule that waits for nobody (open model), or of users who each
//! wait for their answer, think, and ask again (closed model). Knows no clock.
//!
//! While a service stalls, users who wait ask nothing, and the stall shows in few of their requests. So where a closed
//! model is judged, the verdict adds what they left out (`assurance/src/verdict/closed.rs`); here nothing is made up.

use std::{cmp::Reverse, collections::BinaryHeap, time::Duration};

use super::{
    schedule::{Due, Mix, Schedule, Shard},
    shape::Shape,
};
use crate::random::Random;

/// Who asks.
#[derive(Clone, Debug, PartialEq)]
pub enum Model {
    /// Requests at moments that were drawn before the run.
    Open {
        /// Rate of those that begin a visit.
        shape: Shape,
    },
    /// Users who wait for their answers.
    Closed {
        /// How many at the same time.
        users: u32,
        /// Mean time from an answer to the next request of the same user; drawn from the
        /// exponential distribution, so that users do not march in step.
        think: Duration,
    },
}

/// How long a user stays away who found nobody there: without a pause, a service that is gone would
/// be asked as fast as this machine can.
const AWAY_US: u64 = 100_000;

/// Requests in the order in which they are due.
#[derive(Debug)]
pub enum Arrivals {
    /// Of a schedule.
    Open {
        /// All of them.
        schedule: Schedule,
        /// The first that was not taken.
        next: Option<Due>,
    },
    /// Of users.
    Closed {
        /// When those who think will ask, in microseconds from the start.
        thinking: BinaryHeap<Reverse<u64>>,
        /// Mean time to think.
        think_us: f64,
        /// When the load ends.
        end_us: u64,
        /// Which operation each asks for.
        mix: Mix,
        /// Seeded by the nonce.
        random: Random,
    },
}

impl Arrivals {
    /// The arrivals of `model` over `length_ms` that `shard` takes; every draw follows from `nonce`. Users who are shared
    /// out think by draws of their own.
    #[must_use]
    pub fn new(model: &Model, nonce: &str, length_ms: u64, weights: Vec<u32>, shard: Shard) -> Self {
        match model {
            Model::Open { shape } => {
                let mut schedule = Schedule::new(nonce, shape.clone(), weights, shard);
                let next = schedule.next();
                Self::Open { schedule, next }
            }
            Model::Closed { users, think } => {
                let purpose = if shard.index == 0 { "users".to_owned() } else { format!("users-{}", shard.index) };
                let mut random = Random::seeded(&purpose, nonce);
                let think_us = think.as_secs_f64() * 1e6;
                let thinking = (0..shard.users(*users)).map(|_| Reverse(thought(&mut random, think_us))).collect();
                let end_us = length_ms.saturating_mul(1000);
                Self::Closed { thinking, think_us, end_us, mix: Mix::new(weights), random }
            }
        }
    }

    /// When the next request is due, in microseconds from the start; `None` while, or when, there is
    /// none.
    #[must_use]
    pub fn next_us(&self) -> Option<u64> {
        match self {
            Self::Open { next, .. } => next.map(|due| due.at_us),
            Self::Closed { thinking, end_us, .. } => {
                thinking.peek().map(|Reverse(at_us)| *at_us).filter(|at_us| at_us < end_us)
            }
        }
    }

    /// Takes the next request if it is due at `now_us`.
    pub fn take(&mut self, now_us: u64) -> Option<Due> {
        if self.next_us()? > now_us {
            return None;
        }
        match self {
            Self::Open { schedule, next } => std::mem::replace(next, schedule.next()),
            Self::Closed { thinking, mix, random, .. } => {
                let Reverse(at_us) = thinking.pop()?;
                Some(Due { at_us, operation: mix.draw(random), step: None })
            }
        }
    }

    /// A request ended at `now_us` that nothing follows: in the closed model, its user thinks.
    pub fn ended(&mut self, now_us: u64, found_nobody: bool) {
        if let Self::Closed { thinking, think_us, random, .. } = self {
            let pause = thought(random, *think_us).max(if found_nobody { AWAY_US } else { 0 });
            thinking.push(Reverse(now_us.saturating_add(pause)));
        }
    }
}

/// A time drawn from the exponential distribution with this mean, in microseconds.
pub fn thought(random: &mut Random, mean_us: f64) -> u64 {
    if mean_us <= 0.0 {
        return 0;
    }
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // never negative; years fit
    let us = (-mean_us * random.unit().ln()) as u64;
    us
}

#[cfg(test)]
mod tests {
    use super::*;

    fn closed(users: u32, think_ms: u64) -> Arrivals {
        Arrivals::new(
            &Model::Closed { users, think: Duration::from_millis(think_ms) },
            "n",
            1_000,
            vec![1],
            Shard::ALONE,
        )
    }

    #[test]
    fn a_user_asks_again_only_after_an_answer_and_never_after_the_end() {
        let mut arrivals = closed(2, 0);
        assert_eq!([arrivals.take(0).map(|due| due.at_us), arrivals.take(0).map(|due| due.at_us)], [Some(0), Some(0)]);
        assert_eq!((arrivals.next_us(), arrivals.take(500_000)), (None, None));
        arrivals.ended(999_999, false);
        arrivals.ended(1_000_000, false);
        assert_eq!(arrivals.take(1_000_000).map(|due| due.at_us), Some(999_999));
        assert_eq!((arrivals.next_us(), arrivals.take(2_000_000)), (None, None));
    }

    #[test]
    fn who_finds_nobody_stays_away_for_a_while() {
        let mut arrivals = closed(1, 0);
        assert!(arrivals.take(0).is_some());
        arrivals.ended(10, true);
        assert_eq!(arrivals.next_us(), Some(100_010));
    }

    #[test]
    fn users_think_for_the_asked_time_on_average_and_not_in_step() {
        let hundred = Model::Closed { users: 100, think: Duration::from_millis(100) };
        let mut arrivals = Arrivals::new(&hundred, "n", 100_000, vec![1], Shard::ALONE);
        let (mut asked, mut last) = (0, 0);
        // Answers take no time here: each user asks ten times a second.
        while let Some(at_us) = arrivals.next_us() {
            assert!(at_us >= last);
            last = at_us;
            assert!(arrivals.take(at_us).is_some());
            arrivals.ended(at_us, false);
            asked += 1;
        }
        // 100,000 are expected with a deviation of 316: four of them.
        assert!((98_735..=101_265).contains(&asked), "{asked}");
    }
}
