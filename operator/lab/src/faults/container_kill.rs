//! Container kill: the first process of the pod's first container gets SIGKILL, as when the kernel ran
//! out of memory. The pod stays, and the kubelet starts the container again.

use std::time::Duration;

use factory_assurance::evidence::{Class, Dose};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use super::gated::{counts, dose};
use crate::strike::{
    NodeFault, StrikeError,
    place::{self, Place},
    tap::Tap,
};

/// A process is killed.
#[derive(Debug, Default)]
pub struct ContainerKill {
    /// Id and start of the process: an id is given again.
    victim: Option<(i32, u64)>,
    killed: bool,
    before: [u64; 2],
    during: [u64; 2],
}

impl NodeFault for ContainerKill {
    fn preflight(&mut self) -> Result<(), StrikeError> {
        Ok(())
    }

    fn lease(&mut self, place: &Place, _: Duration) -> Result<(), StrikeError> {
        let missing = || StrikeError::NoPlace(place.uid.clone(), "no container of it runs here");
        let (pid, _) = self.victim.ok_or_else(missing)?;
        kill(Pid::from_raw(pid), Signal::SIGKILL).map_err(StrikeError::kernel("kill the container's process"))?;
        self.killed = true;
        Ok(())
    }

    fn sample(&mut self, place: &Place) {
        if self.victim.is_none() {
            self.victim = place.first().ok().and_then(|pid| Some((pid, place::state(pid)?.1)));
        }
        let Some((pid, started)) = self.victim else { return };
        let lives = place::state(pid).is_some_and(|(state, since)| since == started && state != 'Z');
        let side = if self.killed { &mut self.during } else { &mut self.before };
        side[usize::from(!lives)] += 1;
    }

    fn over(&mut self, _: &Place) -> Result<bool, StrikeError> {
        Ok(true)
    }

    fn dose(&mut self, _: &Tap, _: &Tap) -> Result<Vec<Dose>, StrikeError> {
        let [lived, gone] = self.before;
        let [lived_during, gone_during] = self.during;
        Ok(vec![dose("signal", Class::All, counts(lived, gone), counts(lived_during, gone_during))])
    }

    fn undo(&mut self) -> Vec<StrikeError> {
        Vec::new()
    }
}
