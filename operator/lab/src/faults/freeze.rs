//! Freeze: no thread of the pod's processes runs, while its connections stay open and its port still
//! accepts: what a garbage collection without end or a disk that hangs looks like from outside.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use factory_assurance::evidence::{Class, Dose};

use super::gated::{counts, dose};
use crate::strike::{
    NodeFault, StrikeError,
    hold::Holder,
    place::{self, Place},
    residue,
    tap::Tap,
};

/// The pod stands still.
#[derive(Debug, Default)]
pub struct Freeze {
    holders: Vec<Holder>,
    held: BTreeSet<i32>,
    until: Option<Instant>,
    before: [u64; 2],
    during: [u64; 2],
}

impl Freeze {
    /// Holds the pod's processes that are not held yet: a container that came back stands still too.
    fn hold(&mut self, place: &Place, lease: Duration) -> Result<(), StrikeError> {
        let fresh: Vec<_> = place.processes().into_iter().filter(|pid| !self.held.contains(pid)).collect();
        if fresh.is_empty() {
            return Ok(());
        }
        self.holders.push(Holder::start(&fresh, lease)?);
        self.held.extend(fresh);
        Ok(())
    }
}

impl NodeFault for Freeze {
    fn preflight(&mut self) -> Result<(), StrikeError> {
        // On a process of our own: whether the kernel lets us hold one.
        let failed = StrikeError::kernel::<std::io::Error>;
        let mut idle = std::process::Command::new("sleep").arg("60").spawn().map_err(failed("start a process"))?;
        let tried =
            i32::try_from(idle.id()).map_or(Ok(()), |pid| Holder::start(&[pid], Duration::from_secs(1)).map(drop));
        drop(idle.kill());
        drop(idle.wait());
        tried
    }

    fn lease(&mut self, place: &Place, lease: Duration, _: &Tap) -> Result<(), StrikeError> {
        self.until = Some(Instant::now() + lease);
        if place.processes().is_empty() {
            return Err(StrikeError::NoPlace(place.uid.clone(), "no process of it runs here"));
        }
        self.hold(place, lease)
    }

    fn sample(&mut self, place: &Place) {
        let threads: Vec<_> = place.processes().into_iter().flat_map(place::threads).collect();
        let states: Vec<_> = threads.iter().filter_map(|thread| place::state(*thread)).collect();
        // `t`: held by another process. A pod without a process does not stand still, it is gone.
        let still = !states.is_empty() && states.iter().all(|(state, _)| *state == 't');
        let side = if self.until.is_some() { &mut self.during } else { &mut self.before };
        side[usize::from(still)] += 1;
        if let Some(left) = self.until.map(|until| until.saturating_duration_since(Instant::now()))
            && !left.is_zero()
        {
            // One that went meanwhile cannot be held; the looks tell how still the pod was.
            drop(self.hold(place, left));
        }
    }

    fn over(&mut self, place: &Place) -> Result<bool, StrikeError> {
        // Holders end by their timers, in whole seconds; the lease may have ended a little earlier.
        self.holders.clear();
        Ok(residue::held(place).is_empty())
    }

    fn dose(&mut self, _: &Tap, _: &Tap) -> Result<Vec<Dose>, StrikeError> {
        let [ran, still] = self.before;
        let [ran_during, still_during] = self.during;
        Ok(vec![dose("ptrace", Class::All, counts(ran, still), counts(ran_during, still_during))])
    }

    fn undo(&mut self) -> Vec<StrikeError> {
        self.holders.clear();
        Vec::new()
    }
}
