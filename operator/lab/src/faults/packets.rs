//! What the faults share that strike some of a pod's packets one by one, in the queue: copies, wrong sums, a wrong
//! order. Whose turn it is says chance; whether it came to be is seen elsewhere, by the pod's kernel and by the tap,
//! and never more of it is believed than was done.

use std::{
    fmt::Debug,
    marker::PhantomData,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use factory_assurance::evidence::{Class, Dose};
use factory_crds::resilience_standard::Direction;

use super::{
    gated::{Gated, counts, dose},
    queued::{
        Queued,
        serve::{Treatment, Way},
    },
};
use crate::{
    random::Random,
    strike::{
        StrikeError,
        aim::{Aim, Peer},
        counters::Counters,
        gate::Gate,
        place::Place,
        tap::Tap,
    },
};

/// What is done to some packets, and how it is seen.
pub trait Struck: Debug + Send {
    /// What does it.
    type Treatment: Treatment;

    /// What does it to those packets that `chance` means, and says so to `counted`.
    fn treatment(chance: Chance, counted: Arc<Counted>) -> Result<Self::Treatment, StrikeError>;

    /// How many packets that go `way` could be struck, and how many of them were, as the tap and the pod's kernel saw
    /// it over the same time.
    fn seen(way: Way, tap: &Tap, kernel: Counters) -> [u64; 2];
}

/// So many of a million.
#[derive(Debug)]
pub struct Chance {
    ppm: u64,
    random: Random,
}

impl Chance {
    /// So many of a million, as `random` has it.
    #[must_use]
    pub const fn of(ppm: u64, random: Random) -> Self {
        Self { ppm, random }
    }

    /// Whether it means the next one.
    pub fn means(&mut self) -> bool {
        self.random.below(1_000_000) < self.ppm
    }

    /// A number for whatever else is left to chance.
    pub fn draw(&mut self) -> u64 {
        self.random.bits()
    }
}

/// What a treatment did: packets that could be struck, and those that were.
#[derive(Debug, Default)]
pub struct Counted {
    could: [AtomicU64; 2],
    were: [AtomicU64; 2],
}

impl Counted {
    /// One more that goes `way` could be struck, and `is_struck`.
    pub fn count(&self, way: Way, is_struck: bool) {
        self.add(way, 1, u64::from(is_struck));
    }

    /// So many more that go `way` could be struck, and so many were.
    pub fn add(&self, way: Way, could: u64, were: u64) {
        self.could[side(way)].fetch_add(could, Ordering::Relaxed);
        self.were[side(way)].fetch_add(were, Ordering::Relaxed);
    }

    /// How many that go `way` could be struck, and were.
    pub fn of(&self, way: Way) -> [u64; 2] {
        [&self.could, &self.were].map(|counters| counters[side(way)].load(Ordering::Relaxed))
    }
}

const fn side(way: Way) -> usize {
    match way {
        Way::Coming => 0,
        Way::Leaving => 1,
    }
}

/// Some packets are struck.
#[derive(Debug)]
pub struct Packets<S> {
    /// How many of a million.
    ppm: u64,
    aim: Aim,
    queued: Queued,
    counted: Arc<Counted>,
    /// The kernel's counters at the first look, and at the injection.
    first: Option<Counters>,
    injected: Option<Counters>,
    what: PhantomData<S>,
}

impl<S: Struck> Packets<S> {
    /// So many of a million packets, of those that `aim` means; to the pod where it says no direction.
    #[must_use]
    pub fn new(ppm: u64, aim: Aim) -> Self {
        let (queued, counted) = (Queued::of(&aim), Arc::default());
        Self { ppm, aim, queued, counted, first: None, injected: None, what: PhantomData }
    }

    /// Packets that were not struck, and that were: at least as many as the tap or the queue saw, and no more struck than
    /// both the eyes and the hands know of.
    fn sides(&self, tap: &Tap, kernel: Counters, hands: impl Fn(Way) -> [u64; 2]) -> Vec<[u64; 2]> {
        let meant = [(Way::Coming, self.aim.comes(Direction::In)), (Way::Leaving, self.aim.leaves(Direction::In))];
        let (mut passed, mut struck) = (0, 0);
        for (way, _) in meant.into_iter().filter(|(_, meant)| *meant) {
            let ([all, odd], [could, were]) = (S::seen(way, tap, kernel), hands(way));
            let (all, odd) = (all.max(could), odd.min(were));
            passed += all.saturating_sub(odd);
            struck += odd;
        }
        counts(passed, struck)
    }
}

impl<S: Struck> Gated for Packets<S> {
    fn gate(&self) -> Gate {
        self.queued.gate(&self.aim)
    }

    fn peer(&self) -> Option<&Peer> {
        self.aim.peer.as_ref()
    }

    fn preflight(&mut self) -> Result<(), StrikeError> {
        Counters::look()?;
        self.queued.preflight(|queued| queued.gate(&self.aim))
    }

    fn prepare(&mut self, _: &Tap) -> Result<(), StrikeError> {
        self.injected = Some(Counters::look()?);
        let chance = Chance::of(self.ppm, Random::fresh("packets"));
        self.queued.serve(S::treatment(chance, Arc::clone(&self.counted))?)
    }

    fn sample(&mut self, _: &Place) {
        if self.first.is_none() {
            self.first = Counters::look().ok();
        }
    }

    fn dose(&mut self, before: &Tap, during: &Tap) -> Result<Vec<Dose>, StrikeError> {
        let unread = || StrikeError::Incapable("its kernel's counters were not read before it".to_owned());
        let (first, injected) = (self.first.ok_or_else(unread)?, self.injected.ok_or_else(unread)?);
        // Before it nobody did anything: whatever is odd then counts.
        let before = self.sides(before, injected.since(first), |_| [0, u64::MAX]);
        let during = self.sides(during, Counters::look()?.since(injected), |way| self.counted.of(way));
        Ok(vec![dose(self.queued.said(), Class::All, before, during)])
    }

    fn undo(&mut self) -> Vec<StrikeError> {
        self.queued.undo()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::faults::{corrupt::Corrupt, reorder::Reorder};

    fn fault<S: Struck>(direction: Option<Direction>) -> Packets<S> {
        Packets::new(100_000, Aim { direction, ..Aim::default() })
    }

    #[test]
    fn no_more_is_felt_than_was_both_done_and_seen_and_the_larger_whole_counts() {
        let kernel = |wrong_sums| Counters { wrong_sums, out_of_order: 0 };
        let mut tap = Tap::empty();
        (tap.odd.came, tap.odd.left_wrong, tap.sent) = (100, 3, 50);
        let sides = |direction, wrong_sums, done: [u64; 2]| {
            fault::<Corrupt>(direction).sides(&tap, kernel(wrong_sums), |_| done)
        };
        assert_eq!(sides(None, 9, [90, 12]), [[0, 91], [1, 9]]);
        assert_eq!(sides(None, 9, [900, 12]), [[0, 891], [1, 9]]);
        assert_eq!(sides(None, 9, [90, 4]), [[0, 96], [1, 4]], "somebody else's");
        assert_eq!(sides(None, 0, [90, 12]), [[0, 100]], "an injector that only says so");
        assert_eq!(sides(Some(Direction::Out), 9, [50, 5]), [[0, 47], [1, 3]]);
        assert_eq!(sides(Some(Direction::Both), 9, [90, 12]), [[0, 91 + 87], [1, 12]]);
        let of_none = fault::<Reorder>(None).sides(&tap, kernel(9), |_| [0, 0]);
        assert_eq!(of_none, Vec::<[u64; 2]>::new());
    }

    #[test]
    fn chance_means_the_share_that_it_is_told() {
        let mut chance = Chance::of(200_000, Random::seeded("test", "chance"));
        let meant = (0..10_000).filter(|_| chance.means()).count();
        assert!((1_800..2_200).contains(&meant), "{meant}");
    }
}
