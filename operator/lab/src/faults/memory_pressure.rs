//! Memory pressure: most of the memory that a container may use is taken, as a leak would or a neighbour in
//! the same pod. A service that needs little more carries on; one that needs much is killed by the kernel,
//! comes back, and is pressed again.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use factory_assurance::evidence::{Class, Dose};

use super::gated::dose;
use crate::strike::{
    NodeFault, StrikeError,
    hold::Holder,
    memory::Memory,
    place::{Place, Process},
    tap::Tap,
};

/// The first container's memory is full.
#[derive(Debug)]
pub struct MemoryPressure {
    /// How full, in percent of the limit.
    percent: u64,
    pressed: Option<Pressed>,
    /// Who takes it; one at a time, or a container that came back would be pressed twice.
    holder: Option<Holder>,
    /// First processes that were there at the injection: a container that comes back has another.
    known: BTreeSet<i32>,
    until: Option<Instant>,
    before: Percents,
    during: Percents,
}

/// A container, by its first process, and its memory. One that came back has another first process.
#[derive(Debug)]
struct Pressed {
    process: Process,
    memory: Memory,
}

impl Pressed {
    fn of(place: &Place, pid: i32) -> Result<Self, StrikeError> {
        let gone = || StrikeError::NoPlace(place.uid.clone(), "its first process went");
        Ok(Self { process: Process::of(pid).ok_or_else(gone)?, memory: Memory::of(pid)? })
    }
}

/// How often which percentage was seen.
#[derive(Debug, Default)]
struct Percents(BTreeMap<u64, u64>);

impl Percents {
    fn count(&mut self, percent: u64) {
        *self.0.entry(percent).or_default() += 1;
    }

    fn cells(&self) -> Vec<[u64; 2]> {
        self.0.iter().map(|(value, count)| [*value, *count]).collect()
    }
}

impl MemoryPressure {
    /// Up to so many percent of the limit.
    #[must_use]
    pub fn new(percent: u64) -> Self {
        let (before, during) = (Percents::default(), Percents::default());
        Self { percent, pressed: None, holder: None, known: BTreeSet::new(), until: None, before, during }
    }

    /// Presses the container whose first process is `process`.
    fn press(&mut self, place: &Place, process: i32, lease: Duration) -> Result<(), StrikeError> {
        self.holder = None;
        let pressed = Pressed::of(place, process)?;
        self.holder = Some(Holder::pressing(process, self.percent, lease)?);
        self.known.insert(process);
        self.pressed = Some(pressed);
        Ok(())
    }

    /// The percentage in use now; nothing where it cannot be told.
    fn used(&self) -> Option<u64> {
        let memory = &self.pressed.as_ref().filter(|pressed| pressed.process.lives())?.memory;
        Some(memory.used()?.saturating_mul(100) / memory.limit())
    }
}

impl NodeFault for MemoryPressure {
    fn preflight(&mut self) -> Result<(), StrikeError> {
        Ok(())
    }

    fn lease(&mut self, place: &Place, lease: Duration, _: &Tap) -> Result<(), StrikeError> {
        self.until = Some(Instant::now() + lease);
        self.known = place.firsts().into_iter().collect();
        self.press(place, place.first()?, lease)
    }

    fn sample(&mut self, place: &Place) {
        let Some(until) = self.until else {
            if !self.pressed.as_ref().is_some_and(|pressed| pressed.process.lives()) {
                self.pressed = place.first().and_then(|process| Pressed::of(place, process)).ok();
            }
            if let Some(used) = self.used() {
                self.before.count(used);
            }
            return;
        };
        let left = until.saturating_duration_since(Instant::now());
        if !self.pressed.as_ref().is_some_and(|pressed| pressed.process.lives())
            && !left.is_zero()
            && let Some(fresh) = place.firsts().into_iter().find(|process| !self.known.contains(process))
        {
            // One that is not ready to be pressed yet is looked for again at the next look.
            drop(self.press(place, fresh, left));
        }
        // A moment without the container, or after whoever took its memory was ended, is one without the fault,
        // whatever the service itself uses then.
        let held = self.holder.as_mut().is_some_and(Holder::lives);
        self.during.count(self.used().filter(|_| held).unwrap_or(0));
    }

    fn over(&mut self, _: &Place) -> Result<bool, StrikeError> {
        // Who took it ends by a timer in whole seconds; the lease may have ended a little earlier.
        self.holder = None;
        Ok(true)
    }

    fn dose(&mut self, _: &Tap, _: &Tap) -> Result<Vec<Dose>, StrikeError> {
        Ok(vec![dose("cgroup", Class::All, self.before.cells(), self.during.cells())])
    }

    fn undo(&mut self) -> Vec<StrikeError> {
        self.holder = None;
        Vec::new()
    }
}
