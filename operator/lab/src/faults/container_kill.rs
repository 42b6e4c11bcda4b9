//! Container kill: the first process of the pod's first container gets SIGKILL, as when the kernel ran
//! out of memory. The pod stays, and the kubelet starts the container again.

use std::time::Duration;

use factory_assurance::evidence::{Class, Dose};
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

use super::gated::{counts, dose};
use crate::strike::{
    NodeFault, StrikeError,
    place::{Place, Process},
    tap::Tap,
};

/// A process is killed.
#[derive(Debug, Default)]
pub struct ContainerKill {
    victim: Option<Process>,
    killed: bool,
    before: [u64; 2],
    during: [u64; 2],
}

/// The process that is to be killed: the first one of the first container.
fn victim(place: &Place) -> Option<Process> {
    let victim = Process::of(place.first().ok()?)?;
    // Had the id been given to a stranger meanwhile, this start would be the stranger's.
    place.first().is_ok_and(|first| first == victim.pid).then_some(victim)
}

/// Kills `victim` and nothing else. Whom a descriptor means never changes, so it is opened first: if the
/// victim has its id then still, the descriptor is the victim's, whatever becomes of the id.
fn kill(victim: Process, place: &Place) -> Result<(), StrikeError> {
    let gone = || StrikeError::NoPlace(place.uid.clone(), "its first process went before it could be killed");
    let pid = Pid::from_raw(victim.pid).ok_or_else(gone)?;
    let process = pidfd_open(pid, PidfdFlags::empty()).map_err(StrikeError::kernel("find the container's process"))?;
    if !victim.lives() {
        return Err(gone());
    }
    pidfd_send_signal(&process, Signal::KILL).map_err(StrikeError::kernel("kill the container's process"))
}

impl NodeFault for ContainerKill {
    fn preflight(&mut self) -> Result<(), StrikeError> {
        Ok(())
    }

    fn lease(&mut self, place: &Place, _: Duration, _: &Tap) -> Result<(), StrikeError> {
        let missing = || StrikeError::NoPlace(place.uid.clone(), "no container of it runs here");
        kill(self.victim.ok_or_else(missing)?, place)?;
        self.killed = true;
        Ok(())
    }

    fn sample(&mut self, place: &Place) {
        if self.victim.is_none() {
            self.victim = victim(place);
        }
        let Some(victim) = self.victim else { return };
        let side = if self.killed { &mut self.during } else { &mut self.before };
        side[usize::from(!victim.lives())] += 1;
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

#[cfg(test)]
mod tests {
    use std::{os::unix::process::ExitStatusExt as _, process::Command};

    use super::*;

    #[test]
    fn a_process_that_has_the_victims_id_and_another_start_is_not_killed() {
        let mut child = Command::new("sleep").arg("60").spawn().unwrap();
        let pid = i32::try_from(child.id()).unwrap();
        let place = Place { uid: "u".to_owned(), containers: Vec::new() };
        let victim = Process::of(pid).unwrap();
        let earlier = Process { started: victim.started - 1, ..victim };
        assert!(victim.lives() && !earlier.lives());
        assert!(matches!(kill(earlier, &place), Err(StrikeError::NoPlace(..))));
        assert!(victim.lives());
        kill(victim, &place).unwrap();
        assert_eq!(child.wait().unwrap().signal(), Some(9));
        assert!(!victim.lives() && kill(victim, &place).is_err());
    }
}
