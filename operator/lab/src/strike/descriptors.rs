//! The file descriptors of a container's processes: how many each has open, and how many it may. Reads /proc; pure
//! where it decides how low a limit must be.

use std::{fs, path::Path};

use nix::unistd::{Gid, Uid};

use super::place::{self, Process};

/// A process's descriptors at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Descriptors {
    /// The soft limit: every descriptor is a number below it.
    pub limit: u64,
    /// The hard limit, up to which the process may raise it itself.
    pub most: u64,
    /// Open ones below the limit.
    pub open: u64,
    /// A limit at which as much of it is in use as was asked for.
    pub lowered: u64,
}

impl Descriptors {
    /// Those of `process`, and how low its limit must be for `percent` of it to be in use; nothing when it is gone.
    #[must_use]
    pub fn of(process: Process, percent: u64) -> Option<Self> {
        let limits = fs::read_to_string(format!("/proc/{}/limits", process.pid)).ok()?;
        let [limit, most] = open_files(&limits)?;
        let numbers = place::numbers(Path::new(&format!("/proc/{}/fd", process.pid)));
        let open = numbers.iter().filter(|number| u64::try_from(**number).is_ok_and(|number| number < limit)).count();
        let lowered = lowered(&numbers, percent).min(limit);
        process.lives().then_some(Self { limit, most, open: open as u64, lowered })
    }

    /// Percentage of the limit that is in use.
    #[must_use]
    pub fn used(&self) -> u64 {
        self.open.saturating_mul(100).checked_div(self.limit).unwrap_or(100)
    }
}

/// The container's processes: those of the process namespace whose first is `first`. One that is in ours, which is
/// the node's, is no container's: it stands for itself alone.
#[must_use]
pub fn processes(first: i32) -> Vec<Process> {
    let namespace = |of: &str| fs::read_link(format!("/proc/{of}/ns/pid")).ok();
    let (Some(theirs), Some(ours)) = (namespace(&first.to_string()), namespace("self")) else { return Vec::new() };
    if theirs == ours {
        return Process::of(first).into_iter().collect();
    }
    let all = place::numbers(Path::new("/proc")).into_iter();
    all.filter(|pid| namespace(&pid.to_string()).as_ref() == Some(&theirs)).filter_map(Process::of).collect()
}

/// User and group of `process`, if all of its are the same.
#[must_use]
pub fn owner(process: Process) -> Option<(Uid, Gid)> {
    let status = fs::read_to_string(format!("/proc/{}/status", process.pid)).ok()?;
    let id = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        let mut ids = line.split_ascii_whitespace().take(3).map(str::parse::<u32>);
        let first = ids.next()?.ok()?;
        ids.all(|id| id == Ok(first)).then_some(first)
    };
    Some((Uid::from_raw(id("Uid:")?), Gid::from_raw(id("Gid:")?)))
}

/// Soft and hard limit of open files, of what /proc has of a process's limits.
fn open_files(limits: &str) -> Option<[u64; 2]> {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    let mut numbers = line.split_ascii_whitespace().map(|word| word.parse().ok());
    Some([numbers.next()??, numbers.next()??])
}

/// The largest limit of which `percent` are in use, where `open` are the numbers of open descriptors, rising; the
/// lowest free number where that would be lower: what is open stays so.
fn lowered(open: &[i32], percent: u64) -> u64 {
    let open: Vec<u64> = open.iter().filter_map(|number| u64::try_from(*number).ok()).collect();
    let free = open.iter().zip(0..).take_while(|(number, index)| **number == *index).count() as u64;
    let below = open.iter().enumerate().filter_map(|(index, number)| {
        let next = open.get(index + 1).copied().unwrap_or(u64::MAX);
        let limit = ((index as u64 + 1) * 100).checked_div(percent)?.min(next);
        (limit > *number).then_some(limit)
    });
    below.max().unwrap_or(0).max(free)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_as_low_as_was_asked_and_no_lower_than_what_is_open_at_its_start() {
        let dense: Vec<i32> = (0..20).collect();
        for (percent, limit) in [(100, 20), (90, 22), (50, 40), (30, 66)] {
            assert_eq!(lowered(&dense, percent), limit, "{percent} %");
        }
        // With holes: below 10 nothing is free; of a higher limit too little would be in use.
        let holes: Vec<i32> = (0..10).chain([900, 901]).collect();
        assert_eq!((lowered(&holes, 100), lowered(&holes, 80)), (10, 12));
        assert_eq!(lowered(&[0, 1, 3, 4, 5, 6, 7, 8, 9, 10], 90), 11, "a hole that is small enough");
        assert_eq!(lowered(&[3, 4], 100), 0, "the first one is free");
        assert_eq!(lowered(&[], 90), 0);
    }

    #[test]
    fn limits_are_read_as_the_kernel_writes_them() {
        let text = "Limit   Soft Limit  Hard Limit  Units\nMax open files            1024                 524288               files     \n";
        assert_eq!(open_files(text), Some([1_024, 524_288]));
        assert_eq!(open_files("Max open files  unlimited unlimited files"), None);
        assert_eq!(open_files(""), None);
    }

    #[test]
    fn ones_own_descriptors_are_counted() {
        let own = Process::of(i32::try_from(std::process::id()).unwrap()).unwrap();
        let before = Descriptors::of(own, 100).unwrap();
        let more: Vec<_> = (0..40).map(|_| fs::File::open("/proc/self/stat").unwrap()).collect();
        let after = Descriptors::of(own, 100).unwrap();
        // Other tests of this process open and close some meanwhile.
        assert!(after.open >= before.open + 20 && after.limit == before.limit, "{before:?} {after:?}");
        drop(more);
        assert!(owner(own).is_some());
        assert_eq!(processes(own.pid), [own], "a process of our own namespace is no container's");
    }
}
