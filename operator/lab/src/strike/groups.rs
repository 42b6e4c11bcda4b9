//! Control groups of a container: where the kernel keeps those of its first process, in either version of control
//! groups, seen through the node's first process. Reads, and lets the calling process join.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use nix::sched::{CloneFlags, setns};

use super::StrikeError;

/// Where control groups are: as the node's first process has them, since a pod sees its own and may change
/// none; or as this one has them, where it runs on the node itself.
const ROOTS: [&str; 2] = ["/proc/1/root/sys/fs/cgroup", "/sys/fs/cgroup"];

/// One control group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    folder: PathBuf,
    /// Version of control groups that it is of, from 0.
    pub version: usize,
}

impl Group {
    /// That of `controller` in which process `pid` is; nothing where there is none. Takes the calling thread into
    /// the node's namespace of control groups, for good: elsewhere paths are not what they say.
    pub fn of(pid: i32, controller: &str) -> Result<Option<Self>, StrikeError> {
        if let Ok(namespace) = fs::File::open("/proc/1/ns/cgroup") {
            setns(namespace, CloneFlags::CLONE_NEWCGROUP)
                .map_err(StrikeError::kernel("enter the node's control groups"))?;
        }
        let groups = fs::read_to_string(format!("/proc/{pid}/cgroup"))
            .map_err(StrikeError::kernel("read the container's control groups"))?;
        let found = ROOTS.iter().filter_map(|root| folder(Path::new(root), &groups, controller));
        let mut found = found.map(|(folder, version)| Self { folder, version });
        Ok(found.find(|group| group.file("cgroup.procs").exists()))
    }

    /// Whether it is the node's own, in which every process is that no other has.
    #[must_use]
    pub fn is_root(&self) -> bool {
        // Only the node's own says nothing of how it came to be: the first version has no such file below it, the
        // second has this one only there.
        match self.version {
            0 => self.file("release_agent").exists(),
            _ => !self.file("cgroup.type").exists(),
        }
    }

    /// One of its files.
    #[must_use]
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// The number in one of its files; nothing of one that says `max`.
    pub fn number(&self, name: &str) -> io::Result<Option<u64>> {
        fs::read_to_string(self.file(name)).map(|text| text.trim().parse().ok())
    }

    /// Ids of the threads in it; none when it is gone.
    #[must_use]
    pub fn threads(&self) -> Vec<i32> {
        let listed = fs::read_to_string(self.file(["tasks", "cgroup.threads"][self.version.min(1)]));
        listed.unwrap_or_default().lines().filter_map(|line| line.trim().parse().ok()).collect()
    }

    /// From now on what the calling process takes counts there.
    pub fn join(&self) -> Result<(), StrikeError> {
        fs::write(self.file("cgroup.procs"), std::process::id().to_string())
            .map_err(StrikeError::kernel("join the container's control group"))
    }
}

/// The folder under `root` of the group of `controller` among `groups`, as /proc has them, and its version, from 0.
fn folder(root: &Path, groups: &str, controller: &str) -> Option<(PathBuf, usize)> {
    let lines = groups.lines().filter_map(|line| {
        let (_, rest) = line.split_once(':')?;
        rest.split_once(':')
    });
    let of = |wanted: &dyn Fn(&str) -> bool| {
        lines.clone().find(|(controllers, _)| wanted(controllers)).map(|(_, path)| path.trim_start_matches('/'))
    };
    match of(&|controllers| controllers.split(',').any(|name| name == controller)) {
        Some(path) => Some((root.join(controller).join(path), 0)),
        None => of(&str::is_empty).map(|path| (root.join(path), 1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_group_of_a_controller_is_found_in_both_versions() {
        let root = Path::new("/groups");
        let first = "5:pids:/kube/pod1/c1\n4:cpu,memory:/kube/pod1/c1\n0::/other\n";
        let of = |groups: &str, controller: &str| folder(root, groups, controller);
        assert_eq!(of(first, "memory"), Some((PathBuf::from("/groups/memory/kube/pod1/c1"), 0)));
        assert_eq!(of(first, "cpu"), Some((PathBuf::from("/groups/cpu/kube/pod1/c1"), 0)));
        assert_eq!(of(first, "cpuset"), Some((PathBuf::from("/groups/other"), 1)));
        assert_eq!(of("0::/kube/pod1/c1\n", "memory"), Some((PathBuf::from("/groups/kube/pod1/c1"), 1)));
        assert_eq!(of("3:cpu:/kube\n", "memory"), None);
        assert_eq!(of("no groups\n", "memory"), None);
    }
}
