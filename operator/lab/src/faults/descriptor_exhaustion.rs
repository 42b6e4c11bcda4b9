//! Descriptor exhaustion: each process of a container may open hardly any file or connection more, as after a leak
//! of descriptors. Their limits are lowered to what they have open, and given back; why no limit stays lowered
//! when the lab dies is told in `crate::strike::exhaust`. What is measured is what the kernel says of each process.

use std::{
    io::{self, Read as _, Write as _},
    process::{Child, Command, Stdio},
    time::Duration,
};

use super::taken::{Bounded, Taken};
use crate::{
    schema::line,
    strike::{
        StrikeError,
        descriptors::{self, Descriptors},
        hold::Holder,
        place::{Place, Process},
    },
};

/// The first container's processes can open hardly any descriptor.
pub type DescriptorExhaustion = Taken<Limits>;

/// The processes of one container, and the limits that they had.
#[derive(Debug)]
pub struct Limits {
    first: i32,
    had: Vec<(Process, u64)>,
}

impl Limits {
    fn each(first: i32) -> impl Iterator<Item = (Process, Descriptors)> {
        let processes = descriptors::processes(first).into_iter();
        processes.filter_map(|process| Some((process, Descriptors::of(process, 100)?)))
    }
}

impl Bounded for Limits {
    const WAY: &'static str = "rlimit";

    fn preflight() -> Result<(), StrikeError> {
        // On a process of our own: whether the kernel lets us lower a limit, give it back, and let go.
        let failed = StrikeError::kernel::<io::Error>;
        let mut command = Command::new("cat");
        let mut idle =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().map_err(failed("start a process"))?;
        // One that still loads its libraries would die of what is taken from it, and give nothing back.
        let tried = echo(&mut idle).map_err(failed("wait for a process to run"));
        let tried = tried.and_then(|()| rehearse(i32::try_from(idle.id()).unwrap_or_default()));
        drop(idle.kill());
        drop(idle.wait());
        tried
    }

    fn of(_: &Place, pid: i32) -> Result<Self, StrikeError> {
        Ok(Self { first: pid, had: Self::each(pid).map(|(process, now)| (process, now.limit)).collect() })
    }

    fn take(&self, _: &Place, pid: i32, percent: u64, lease: Duration) -> Result<Holder, StrikeError> {
        Holder::taking("exhaust", percent, &[pid.to_string()], lease)
    }

    fn used(&mut self) -> Option<Vec<u64>> {
        Some(Self::each(self.first).map(|(_, now)| now.used()).collect())
    }

    fn left(&self) -> Vec<String> {
        // One that was started meanwhile should have what its container gives each.
        let usual = self.had.iter().map(|(_, had)| *had).min();
        let had = |process: Process| {
            self.had.iter().find(|(known, _)| *known == process).map(|(_, had)| *had).or(usual).unwrap_or(0)
        };
        let lower = Self::each(self.first).filter(|(process, now)| now.limit < had(*process));
        lower
            .map(|(process, now)| {
                let (pid, had) = (process.pid, had(process));
                line(&format!("left: process {pid} may open {} descriptors, before it {had}", now.limit))
            })
            .collect()
    }
}

/// Waits until `cat` says again what it is told.
fn echo(cat: &mut Child) -> io::Result<()> {
    let gone = || io::Error::from(io::ErrorKind::BrokenPipe);
    cat.stdin.as_mut().ok_or_else(gone)?.write_all(b"\n")?;
    cat.stdout.as_mut().ok_or_else(gone)?.read_exact(&mut [0])
}

/// The whole of it on process `pid` alone.
fn rehearse(pid: i32) -> Result<(), StrikeError> {
    let incapable = |why: &str| StrikeError::Incapable(why.to_owned());
    let process = Process::of(pid).ok_or_else(|| incapable("a process to try it on went"))?;
    let limit = || Descriptors::of(process, 100).map(|now| now.limit);
    let had = limit();
    let holder = Holder::taking("exhaust", 100, &[pid.to_string()], Duration::from_secs(1))?;
    let lowered = limit();
    drop(holder);
    if lowered >= had {
        return Err(incapable("limits of descriptors are not lowered by its kernel"));
    }
    if limit() != had {
        return Err(incapable("limits of descriptors are not given back by its kernel"));
    }
    Ok(())
}
