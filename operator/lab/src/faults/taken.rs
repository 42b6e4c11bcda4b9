//! What the faults share that take a percentage of something of which a container has so much and no more: its memory,
//! its time on a CPU, its volumes, its descriptors. A process of ours takes it and gives it back by dying; a
//! container that comes back is pressed again; what is measured is how much is in use, whoever uses it.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use factory_assurance::evidence::{Class, Dose};

use super::gated::dose;
use crate::strike::{
    NodeFault, StrikeError,
    hold::Holder,
    place::{Place, Process},
    tap::Tap,
};

/// Something of which one container has so much and no more.
pub trait Bounded: Send + Sized {
    /// By what it is taken, as a dose says it.
    const WAY: &'static str;

    /// Whether this node can take it at all; touches nothing of the pod.
    fn preflight() -> Result<(), StrikeError> {
        Ok(())
    }

    /// That of the container of `place` whose first process is `pid`; an error where it has no bound that could be
    /// reached. Touches nothing.
    fn of(place: &Place, pid: i32) -> Result<Self, StrikeError>;

    /// Takes it up to `percent` for `lease`; returns when it is taken.
    fn take(&self, place: &Place, pid: i32, percent: u64, lease: Duration) -> Result<Holder, StrikeError>;

    /// Percentages in use now, one for each part that has a bound of its own, none where there is nothing to compare
    /// with yet; nothing where they cannot be told, as when it is gone.
    fn used(&mut self) -> Option<Vec<u64>>;

    /// What is different from before now that it was given back, one line each.
    fn left(&self) -> Vec<String> {
        Vec::new()
    }
}

/// What the first container has of it is taken.
#[derive(Debug)]
pub struct Taken<B> {
    /// How much, in percent.
    percent: u64,
    pressed: Option<Pressed<B>>,
    /// Who takes it; one at a time, or a container that came back would be pressed twice.
    holder: Option<Holder>,
    /// First processes that were there at the injection: a container that comes back has another.
    known: BTreeSet<i32>,
    until: Option<Instant>,
    before: Percents,
    during: Percents,
}

/// A container, by its first process, and what it has. One that came back has another first process.
#[derive(Debug)]
struct Pressed<B> {
    process: Process,
    bounded: B,
}

impl<B: Bounded> Pressed<B> {
    fn of(place: &Place, pid: i32) -> Result<Self, StrikeError> {
        let gone = || StrikeError::NoPlace(place.uid.clone(), "its first process went");
        Ok(Self { process: Process::of(pid).ok_or_else(gone)?, bounded: B::of(place, pid)? })
    }
}

/// How often which percentage was seen.
#[derive(Debug, Default)]
struct Percents(BTreeMap<u64, u64>);

impl Percents {
    fn count(&mut self, percents: impl IntoIterator<Item = u64>) {
        for percent in percents {
            *self.0.entry(percent).or_default() += 1;
        }
    }

    fn cells(&self) -> Vec<[u64; 2]> {
        self.0.iter().map(|(value, count)| [*value, *count]).collect()
    }
}

impl<B: Bounded> Taken<B> {
    /// Up to so many percent.
    #[must_use]
    pub fn new(percent: u64) -> Self {
        let (before, during) = (Percents::default(), Percents::default());
        Self { percent, pressed: None, holder: None, known: BTreeSet::new(), until: None, before, during }
    }

    /// Presses the container whose first process is `process`.
    fn press(&mut self, place: &Place, process: i32, lease: Duration) -> Result<(), StrikeError> {
        self.holder = None;
        let pressed = Pressed::<B>::of(place, process)?;
        self.holder = Some(pressed.bounded.take(place, process, self.percent, lease)?);
        self.known.insert(process);
        self.pressed = Some(pressed);
        Ok(())
    }

    fn lives(&self) -> bool {
        self.pressed.as_ref().is_some_and(|pressed| pressed.process.lives())
    }

    /// What is in use now; nothing where it cannot be told.
    fn used(&mut self) -> Option<Vec<u64>> {
        self.pressed.as_mut().filter(|pressed| pressed.process.lives())?.bounded.used()
    }
}

impl<B: Bounded> NodeFault for Taken<B> {
    fn preflight(&mut self) -> Result<(), StrikeError> {
        B::preflight()
    }

    fn lease(&mut self, place: &Place, lease: Duration, _: &Tap) -> Result<(), StrikeError> {
        self.until = Some(Instant::now() + lease);
        self.known = place.firsts().into_iter().collect();
        self.press(place, place.first()?, lease)
    }

    fn sample(&mut self, place: &Place) {
        let Some(until) = self.until else {
            if !self.lives() {
                self.pressed = place.first().and_then(|process| Pressed::of(place, process)).ok();
            }
            let used = self.used().unwrap_or_default();
            self.before.count(used);
            return;
        };
        let left = until.saturating_duration_since(Instant::now());
        if !self.lives()
            && !left.is_zero()
            && let Some(fresh) = place.firsts().into_iter().find(|process| !self.known.contains(process))
        {
            // One that is not ready to be pressed yet is looked for again at the next look.
            drop(self.press(place, fresh, left));
        }
        // A moment without the container, or after whoever took it was ended, is one without the fault,
        // whatever the service itself uses then.
        let held = self.holder.as_mut().is_some_and(Holder::lives);
        let used = self.used().filter(|_| held);
        self.during.count(used.unwrap_or_else(|| vec![0]));
    }

    fn over(&mut self, _: &Place) -> Result<bool, StrikeError> {
        // Who took it ends by a timer in whole seconds; the lease may have ended a little earlier.
        self.holder = None;
        Ok(true)
    }

    fn dose(&mut self, _: &Tap, _: &Tap) -> Result<Vec<Dose>, StrikeError> {
        Ok(vec![dose(B::WAY, Class::All, self.before.cells(), self.during.cells())])
    }

    fn undo(&mut self) -> Vec<StrikeError> {
        self.holder = None;
        Vec::new()
    }

    fn left(&mut self) -> Vec<String> {
        self.pressed.as_ref().map(|pressed| pressed.bounded.left()).unwrap_or_default()
    }
}
