//! `factory-lab fill`: a process that fills a container's volumes for as long as it lives, by files without a name.
//! They are gone with this process, whatever that dies of, and the kernel ends it by a timer that was set first.

use std::{io::Write as _, os::fd::OwnedFd, thread, time::Duration};

use nix::unistd::alarm;
use rustix::fs::{FallocateFlags, fallocate};

use super::{StrikeError, hold::HELD, memory::Memory, volume::Volume};

/// From one look at the volumes to the next: what the service frees is taken as well.
const AGAIN: Duration = Duration::from_millis(20);
/// What is in memory counts where it was written: so much of its own this process leaves free.
const SPARE: u64 = 48 << 20;

/// Fills the volumes of the container whose first process is `pid`, of the pod `uid`, up to `percent`, for
/// `seconds` or until it is killed. Runs in a process of its own.
pub fn fill(seconds: u32, percent: u64, uid: &str, pid: i32) -> Result<(), StrikeError> {
    // First of all: from here on this process ends by itself, and with it what it does.
    alarm::set(seconds.max(1));
    let volumes = Volume::of(pid, uid)?;
    let missing: u64 = volumes.iter().map(|volume| volume.missing(percent)).sum();
    if let Some(room) = room().filter(|room| *room < missing) {
        return Err(StrikeError::Incapable(format!(
            "{} MiB are missing until its volumes are full; the lab's pod has {} MiB left of its own memory for that",
            missing >> 20,
            room >> 20
        )));
    }
    let mut held: Vec<(Volume, OwnedFd, u64)> = Vec::new();
    for volume in volumes {
        let file = volume.nameless()?;
        held.push((volume, file, 0));
    }
    held.iter_mut().try_for_each(|one| top_up(one, percent))?;
    println!("{HELD}");
    std::io::stdout().flush().map_err(StrikeError::kernel("say that it holds"))?;
    loop {
        thread::sleep(AGAIN);
        // The service was quicker: the next look takes what is left.
        for one in &mut held {
            drop(top_up(one, percent));
        }
    }
}

/// Makes the file larger by what is missing.
fn top_up((volume, file, length): &mut (Volume, OwnedFd, u64), percent: u64) -> Result<(), StrikeError> {
    let missing = volume.missing(percent);
    if missing > 0 {
        fallocate(&*file, FallocateFlags::empty(), *length, missing)
            .map_err(StrikeError::kernel("take space of a volume"))?;
        *length += missing;
    }
    Ok(())
}

/// Bytes of memory that this process may still take; nothing where it has no limit.
fn room() -> Option<u64> {
    let own = Memory::of(i32::try_from(std::process::id()).ok()?).ok()?;
    Some(own.limit().saturating_sub(own.used()?).saturating_sub(SPARE))
}
