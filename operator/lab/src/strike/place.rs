//! Where a pod is on this node: its processes, found by their control group, and its network
//! namespace, which a thread enters for good. Reads /proc of the node; ends nothing.

use std::{fs, path::Path};

use nix::sched::{CloneFlags, setns};

use super::StrikeError;

/// A pod on this node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// UID of the pod.
    pub uid: String,
    /// Ids of its running containers, without the runtime's prefix, in the order of the pod's status.
    pub containers: Vec<String>,
}

impl Place {
    /// Ids of the pod's processes, those of its sandbox too: what a process calls itself is no reason
    /// to leave it out. Containers that came after the pod was listed are among them.
    #[must_use]
    pub fn processes(&self) -> Vec<i32> {
        // The systemd driver writes a UID with underscores.
        let (dashed, underscored) = (format!("pod{}", self.uid), format!("pod{}", self.uid.replace('-', "_")));
        processes(|groups| groups.contains(&dashed) || groups.contains(&underscored))
    }

    /// First processes of its containers and of its sandbox, as they are now.
    #[must_use]
    pub fn firsts(&self) -> Vec<i32> {
        self.processes().into_iter().filter(|pid| is_first(*pid)).collect()
    }

    /// The first process of the first container.
    pub fn first(&self) -> Result<i32, StrikeError> {
        let missing = || StrikeError::NoPlace(self.uid.clone(), "no container of it runs here");
        let container = self.containers.first().ok_or_else(missing)?;
        processes(|groups| groups.contains(container.as_str()))
            .into_iter()
            .find(|pid| is_first(*pid))
            .ok_or_else(missing)
    }

    /// Takes the calling thread into the pod's network namespace, for good.
    pub fn enter_network(&self) -> Result<(), StrikeError> {
        // The sandbox keeps the namespace while containers come and go. A process that is only on its way
        // into a container may still be in another network; the first one of a container is not.
        let missing = || StrikeError::NoPlace(self.uid.clone(), "no process of it runs here");
        let pid = self.firsts().into_iter().next().ok_or_else(missing)?;
        let namespace = fs::File::open(format!("/proc/{pid}/ns/net"))
            .map_err(StrikeError::kernel("open the pod's network namespace"))?;
        setns(namespace, CloneFlags::CLONE_NEWNET).map_err(StrikeError::kernel("enter the pod's network namespace"))
    }
}

/// One process of the node. Its id alone would not be enough: an id is given again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Process {
    /// Its id.
    pub pid: i32,
    /// When it was started, as /proc has it.
    pub started: u64,
}

impl Process {
    /// The one that has the id `pid` now; `None` when it is gone.
    #[must_use]
    pub fn of(pid: i32) -> Option<Self> {
        state(pid).map(|(_, started)| Self { pid, started })
    }

    /// Whether it is still there and not dead; one that is dead stays in /proc until its parent has looked.
    #[must_use]
    pub fn lives(self) -> bool {
        state(self.pid).is_some_and(|(state, started)| started == self.started && state != 'Z')
    }
}

/// Ids of all threads of process `pid`; none when it is gone.
#[must_use]
pub fn threads(pid: i32) -> Vec<i32> {
    numbers(Path::new(&format!("/proc/{pid}/task")))
}

/// State and start of process or thread `id`, as /proc has them; `None` when it is gone.
#[must_use]
pub fn state(id: i32) -> Option<(char, u64)> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // The name may hold anything, so fields are counted from its closing parenthesis on.
    let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace();
    let state = fields.next()?.chars().next()?;
    Some((state, fields.nth(18)?.parse().ok()?))
}

/// Whether `pid` is the first process of its process namespace.
fn is_first(pid: i32) -> bool {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let ids = status.lines().find_map(|line| line.strip_prefix("NSpid:"));
    ids.and_then(|ids| ids.split_ascii_whitespace().next_back()).is_some_and(|innermost| innermost == "1")
}

/// Processes of the node whose control groups `wanted` accepts.
fn processes(wanted: impl Fn(&str) -> bool) -> Vec<i32> {
    numbers(Path::new("/proc"))
        .into_iter()
        .filter(|pid| fs::read_to_string(format!("/proc/{pid}/cgroup")).is_ok_and(|groups| wanted(&groups)))
        .collect()
}

/// Entries of `folder` whose names are numbers, rising.
pub(super) fn numbers(folder: &Path) -> Vec<i32> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut numbers: Vec<i32> = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
    numbers.sort_unstable();
    numbers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_and_its_threads_are_seen_and_one_that_is_gone_is_not() {
        let own = i32::try_from(std::process::id()).unwrap();
        assert!(threads(own).contains(&own));
        let (_, started) = state(own).unwrap();
        assert!(started > 0 && state(own).unwrap().1 == started);
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let gone = i32::try_from(child.id()).unwrap();
        child.wait().unwrap();
        assert!(threads(gone).is_empty());
        assert_eq!(state(gone), None);
    }

    #[test]
    fn a_pod_that_is_not_on_this_node_has_no_place() {
        let place = Place { uid: "00000000-1111-2222-3333-444444444444".to_owned(), containers: vec!["f".repeat(64)] };
        assert!(place.processes().is_empty());
        assert!(matches!(place.first(), Err(StrikeError::NoPlace(..))));
        assert!(matches!(place.enter_network(), Err(StrikeError::NoPlace(..))));
    }
}
