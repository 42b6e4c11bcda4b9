//! The memory of a container, as the kernel counts it: the control group of its first process, in either
//! version of control groups, seen through the node's first process. Reads, and lets the calling process
//! join.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use nix::sched::{CloneFlags, setns};

use super::StrikeError;

/// Where control groups are: as the node's first process has them, since a pod sees its own and may change
/// none; or as this one has them, where it runs on the node itself.
const ROOTS: [&str; 2] = ["/proc/1/root/sys/fs/cgroup", "/sys/fs/cgroup"];
/// Names of the first version's files and of the second's: limit, usage, and in `memory.stat` what of the
/// usage is a file's and can be given back.
const FILES: [[&str; 3]; 2] = [
    ["memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"],
    ["memory.max", "memory.current", "inactive_file"],
];
/// A limit beyond this is none: the first version writes its largest number.
const UNLIMITED: u64 = 1 << 60;

/// The memory of one container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Memory {
    folder: PathBuf,
    files: [&'static str; 3],
    limit: u64,
}

impl Memory {
    /// That of the container whose first process is `pid`. Takes the calling thread into the node's namespace
    /// of control groups, for good: elsewhere paths are not what they say.
    pub fn of(pid: i32) -> Result<Self, StrikeError> {
        if let Ok(namespace) = fs::File::open("/proc/1/ns/cgroup") {
            setns(namespace, CloneFlags::CLONE_NEWCGROUP)
                .map_err(StrikeError::kernel("enter the node's control groups"))?;
        }
        let groups = fs::read_to_string(format!("/proc/{pid}/cgroup"))
            .map_err(StrikeError::kernel("read the container's control groups"))?;
        let uncounted = || StrikeError::Incapable("the container's memory is in no control group".to_owned());
        let mut limit = Err(uncounted());
        for root in ROOTS {
            let (folder, version) = folder(Path::new(root), &groups).ok_or_else(uncounted)?;
            let files = FILES[version];
            limit = number(&folder.join(files[0]))
                .map(|limit| (limit, folder, files))
                .map_err(StrikeError::kernel("read the limit of memory"));
            if limit.is_ok() {
                break;
            }
        }
        let (limit, folder, files) = limit?;
        let limit = limit.filter(|limit| *limit < UNLIMITED && *limit > 0).ok_or_else(|| {
            StrikeError::Incapable("the container has no limit of memory that could be filled".to_owned())
        })?;
        Ok(Self { folder, files, limit })
    }

    /// Bytes that it may use.
    #[must_use]
    pub const fn limit(&self) -> u64 {
        self.limit
    }

    /// Bytes that it uses and cannot give back at once, as the kubelet counts them; nothing when it is gone.
    #[must_use]
    pub fn used(&self) -> Option<u64> {
        let [_, usage, given_back] = self.files;
        let usage = number(&self.folder.join(usage)).ok()??;
        let stat = fs::read_to_string(self.folder.join("memory.stat")).ok()?;
        Some(usage.saturating_sub(named(&stat, given_back)?))
    }

    /// From now on what the calling process takes counts there.
    pub fn join(&self) -> Result<(), StrikeError> {
        fs::write(self.folder.join("cgroup.procs"), std::process::id().to_string())
            .map_err(StrikeError::kernel("join the container's control group"))
    }
}

/// The folder under `root` of the group that counts memory among `groups`, as /proc has them, and which
/// version it is of, from 0.
fn folder(root: &Path, groups: &str) -> Option<(PathBuf, usize)> {
    let lines = groups.lines().filter_map(|line| {
        let (_, rest) = line.split_once(':')?;
        rest.split_once(':')
    });
    let of = |wanted: &dyn Fn(&str) -> bool| {
        lines.clone().find(|(controllers, _)| wanted(controllers)).map(|(_, path)| path.trim_start_matches('/'))
    };
    match of(&|controllers| controllers.split(',').any(|name| name == "memory")) {
        Some(path) => Some((root.join("memory").join(path), 0)),
        None => of(&str::is_empty).map(|path| (root.join(path), 1)),
    }
}

/// The number in a file; nothing of one that says `max`.
fn number(file: &Path) -> io::Result<Option<u64>> {
    fs::read_to_string(file).map(|text| text.trim().parse().ok())
}

/// The number behind `name` in lines of names and numbers.
fn named(stat: &str, name: &str) -> Option<u64> {
    stat.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_group_that_counts_memory_is_found_in_both_versions() {
        let root = Path::new("/groups");
        let first = "5:pids:/kube/pod1/c1\n4:cpu,memory:/kube/pod1/c1\n0::/other\n";
        assert_eq!(folder(root, first), Some((PathBuf::from("/groups/memory/kube/pod1/c1"), 0)));
        assert_eq!(folder(root, "0::/kube/pod1/c1\n"), Some((PathBuf::from("/groups/kube/pod1/c1"), 1)));
        assert_eq!(folder(root, "3:cpu:/kube\n"), None);
        assert_eq!(folder(root, "no groups\n"), None);
    }

    #[test]
    fn numbers_are_read_by_their_whole_name() {
        let stat = "cache 1\ninactive_file 2\ntotal_inactive_file 3\n";
        assert_eq!(named(stat, "inactive_file"), Some(2));
        assert_eq!(named(stat, "total_inactive_file"), Some(3));
        assert_eq!(named(stat, "inactive"), None);
    }
}
