//! Memory pressure: most of the memory that a container may use is taken, as a leak would or a neighbour in
//! the same pod. A service that needs little more carries on; one that needs much is killed by the kernel,
//! comes back, and is pressed again.

use std::time::{Duration, Instant};

use factory_assurance::evidence::{Class, Dose};

use super::gated::dose;
use crate::strike::{
    NodeFault, StrikeError,
    hold::Holder,
    memory::Memory,
    place::{self, Place},
    tap::Tap,
};

/// The first container's memory is full.
#[derive(Debug)]
pub struct MemoryPressure {
    /// How full, in percent of the limit.
    percent: u64,
    pressed: Option<Pressed>,
    holders: Vec<Holder>,
    until: Option<Instant>,
    before: Percents,
    during: Percents,
}

/// A container, by its first process, and its memory.
#[derive(Debug)]
struct Pressed {
    process: i32,
    started: u64,
    memory: Memory,
}

impl Pressed {
    fn of(place: &Place) -> Result<Self, StrikeError> {
        let process = place.first()?;
        let gone = || StrikeError::NoPlace(place.uid.clone(), "its first process went");
        let (_, started) = place::state(process).ok_or_else(gone)?;
        Ok(Self { process, started, memory: Memory::of(process)? })
    }

    /// Whether it is still the same: a container that came back has another first process.
    fn lives(&self) -> bool {
        place::state(self.process).is_some_and(|(state, started)| started == self.started && state != 'Z')
    }
}

/// How often which percentage was seen.
#[derive(Debug, Default)]
struct Percents(std::collections::BTreeMap<u64, u64>);

impl Percents {
    fn cells(&self) -> Vec<[u64; 2]> {
        self.0.iter().map(|(value, count)| [*value, *count]).collect()
    }
}

impl MemoryPressure {
    /// Up to so many percent of the limit.
    #[must_use]
    pub fn new(percent: u64) -> Self {
        let (before, during) = (Percents::default(), Percents::default());
        Self { percent, pressed: None, holders: Vec::new(), until: None, before, during }
    }

    /// Presses the container that runs now.
    fn press(&mut self, place: &Place, lease: Duration) -> Result<(), StrikeError> {
        let pressed = Pressed::of(place)?;
        self.holders.push(Holder::pressing(pressed.process, self.percent, lease)?);
        self.pressed = Some(pressed);
        Ok(())
    }
}

impl NodeFault for MemoryPressure {
    fn preflight(&mut self) -> Result<(), StrikeError> {
        Ok(())
    }

    fn lease(&mut self, place: &Place, lease: Duration) -> Result<(), StrikeError> {
        self.until = Some(Instant::now() + lease);
        self.press(place, lease)
    }

    fn sample(&mut self, place: &Place) {
        if !self.pressed.as_ref().is_some_and(Pressed::lives) {
            let left = self.until.map(|until| until.saturating_duration_since(Instant::now()));
            // One that is gone is looked for again at the next look.
            match left {
                Some(left) if !left.is_zero() => drop(self.press(place, left)),
                Some(_) => {}
                None => self.pressed = Pressed::of(place).ok(),
            }
        }
        let memory = self.pressed.as_ref().map(|pressed| &pressed.memory);
        if let Some((memory, used)) = memory.and_then(|memory| Some((memory, memory.used()?))) {
            let side = if self.until.is_some() { &mut self.during } else { &mut self.before };
            *side.0.entry(used.saturating_mul(100) / memory.limit()).or_default() += 1;
        }
    }

    fn over(&mut self, _: &Place) -> Result<bool, StrikeError> {
        // Who took it ends by a timer in whole seconds; the lease may have ended a little earlier.
        self.holders.clear();
        Ok(true)
    }

    fn dose(&mut self, _: &Tap, _: &Tap) -> Result<Vec<Dose>, StrikeError> {
        Ok(vec![dose("cgroup", Class::All, self.before.cells(), self.during.cells())])
    }

    fn undo(&mut self) -> Vec<StrikeError> {
        self.holders.clear();
        Vec::new()
    }
}
