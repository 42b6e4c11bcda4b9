//! The memory of a container, as the kernel counts it: the control group of its first process, in either
//! version of control groups. Reads, and lets the calling process join.

use std::fs;

use super::{StrikeError, groups::Group};

/// Names of the first version's files and of the second's: limit, usage, and in `memory.stat` what of the
/// usage is a file's and can be given back.
const FILES: [[&str; 3]; 2] = [
    ["memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"],
    ["memory.max", "memory.current", "inactive_file"],
];
/// What of the usage a kernel takes back when memory runs short: all of files, and what it keeps of them beside. The
/// first version does not tell the latter.
const CACHED: [&[&str]; 2] =
    [&["total_inactive_file", "total_active_file"], &["inactive_file", "active_file", "slab_reclaimable"]];
/// A limit beyond this is none: the first version writes its largest number.
const UNLIMITED: u64 = 1 << 60;

/// The memory of one container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Memory {
    group: Group,
    limit: u64,
}

impl Memory {
    /// That of the container whose first process is `pid`. Takes the calling thread into the node's namespace
    /// of control groups, for good.
    pub fn of(pid: i32) -> Result<Self, StrikeError> {
        let uncounted = || StrikeError::Incapable("the container's memory is in no control group".to_owned());
        let group = Group::of(pid, "memory")?.ok_or_else(uncounted)?;
        let limit = group.number(FILES[group.version][0]).map_err(StrikeError::kernel("read the limit of memory"))?;
        let limit = limit.filter(|limit| *limit < UNLIMITED && *limit > 0).ok_or_else(|| {
            StrikeError::Incapable("the container has no limit of memory that could be filled".to_owned())
        })?;
        Ok(Self { group, limit })
    }

    /// Bytes that it may use.
    #[must_use]
    pub const fn limit(&self) -> u64 {
        self.limit
    }

    /// Bytes that it uses and cannot give back at once, as the kubelet counts them; nothing when it is gone.
    #[must_use]
    pub fn used(&self) -> Option<u64> {
        let [_, usage, given_back] = FILES[self.group.version];
        let usage = self.group.number(usage).ok()??;
        let stat = fs::read_to_string(self.group.file("memory.stat")).ok()?;
        Some(usage.saturating_sub(named(&stat, given_back)?))
    }

    /// Bytes that it uses and that cannot be given back at all: without any cache. Nothing when it is gone.
    #[must_use]
    pub fn held(&self) -> Option<u64> {
        let usage = self.group.number(FILES[self.group.version][1]).ok()??;
        let stat = fs::read_to_string(self.group.file("memory.stat")).ok()?;
        held(usage, &stat, CACHED[self.group.version])
    }

    /// From now on what the calling process takes counts there.
    pub fn join(&self) -> Result<(), StrikeError> {
        self.group.join()
    }
}

/// `usage` without all of `cached` that `stat` has; nothing where it lacks one.
fn held(usage: u64, stat: &str, cached: &[&str]) -> Option<u64> {
    cached.iter().try_fold(usage, |held, name| Some(held.saturating_sub(named(stat, name)?)))
}

/// The number behind `name` in lines of names and numbers.
fn named(stat: &str, name: &str) -> Option<u64> {
    stat.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_by_their_whole_name() {
        let stat = "cache 1\ninactive_file 2\ntotal_inactive_file 3\n";
        assert_eq!(named(stat, "inactive_file"), Some(2));
        assert_eq!(named(stat, "total_inactive_file"), Some(3));
        assert_eq!(named(stat, "inactive"), None);
    }

    #[test]
    fn what_a_kernel_can_take_back_is_not_held() {
        let second = "anon 70\nactive_file 10\ninactive_file 5\nslab_reclaimable 3\nslab_unreclaimable 2\n";
        assert_eq!(held(100, second, CACHED[1]), Some(82));
        assert_eq!(held(9, second, CACHED[1]), Some(0), "read a moment apart");
        assert_eq!(held(100, second, CACHED[0]), None);
        let first = "active_file 9\ntotal_inactive_file 5\ntotal_active_file 10\n";
        assert_eq!(held(100, first, CACHED[0]), Some(85));
    }
}
