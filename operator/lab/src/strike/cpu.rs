//! The CPU of a container: the control group in which its threads compete, the CPUs on which they may run, and how
//! much of the time that they wanted to run they waited, as the scheduler itself counts it. Reads, and lets
//! the calling process join.

use std::{collections::BTreeMap, fs, path::Path};

use nix::{
    sched::{CpuSet, sched_getaffinity},
    unistd::Pid,
};

use super::{StrikeError, groups::Group};

/// The controller in whose group threads compete, and are listed.
const COMPETES: &str = "cpu";
/// Those that say where they may run and what they ran, where there are such.
const ALSO: [&str; 2] = ["cpuacct", "cpuset"];

/// The CPU of one container.
#[derive(Clone, Debug)]
pub struct Cpu {
    groups: Vec<Group>,
    cpus: Vec<usize>,
    last: BTreeMap<i32, Counted>,
    looked: bool,
}

/// Nanoseconds that a thread ran, and that it waited for a CPU.
type Counted = [u64; 2];

impl Cpu {
    /// That of the container whose first process is `pid`. Takes the calling thread into the node's namespace of
    /// control groups, for good.
    pub fn of(pid: i32) -> Result<Self, StrikeError> {
        let incapable = |why: &str| StrikeError::Incapable(why.to_owned());
        if counted(i32::try_from(std::process::id()).unwrap_or(0)).is_none() {
            return Err(incapable("its kernel does not count how long threads wait for a CPU"));
        }
        // In the node's own group a stressor would compete with everybody there is.
        let group = Group::of(pid, COMPETES)?
            .filter(|group| !group.is_root())
            .ok_or_else(|| incapable("the container has no control group of its own for the CPU"))?;
        let mut groups = vec![group];
        for controller in ALSO {
            groups.extend(Group::of(pid, controller)?.filter(|group| !group.is_root()));
        }
        groups.dedup();
        let allowed = sched_getaffinity(Pid::from_raw(pid))
            .map_err(StrikeError::kernel("ask on which CPUs the container may run"))?;
        let cpus = (0..CpuSet::count()).filter(|cpu| allowed.is_set(*cpu).unwrap_or(false)).collect();
        Ok(Self { groups, cpus, last: BTreeMap::new(), looked: false })
    }

    /// The CPUs on which it may run.
    #[must_use]
    pub fn cpus(&self) -> &[usize] {
        &self.cpus
    }

    /// From now on the calling process competes there.
    pub fn join(&self) -> Result<(), StrikeError> {
        self.groups.iter().try_for_each(Group::join)
    }

    /// Of the time that its threads wanted to run since the last look, the percentage that they waited; 0 where
    /// none wanted to. Nothing at the first look, and nothing new when it is gone.
    pub fn waited(&mut self) -> Option<u64> {
        let threads = self.groups.first()?.threads();
        let now: BTreeMap<_, _> = threads.into_iter().filter_map(|id| Some((id, counted(id)?))).collect();
        let last = std::mem::replace(&mut self.last, now);
        let looked = std::mem::replace(&mut self.looked, true);
        looked.then(|| percent(&last, &self.last))
    }
}

/// The percentage that was waited between two looks. A thread that was not there before has done all of it since.
fn percent(before: &BTreeMap<i32, Counted>, now: &BTreeMap<i32, Counted>) -> u64 {
    let since = |id: &i32, [ran, waited]: &Counted| {
        let [before_ran, before_waited] = before.get(id).copied().unwrap_or_default();
        [ran.saturating_sub(before_ran), waited.saturating_sub(before_waited)]
    };
    let all = now.iter().map(|(id, counted)| since(id, counted));
    let [ran, waited] = all.fold([0_u64; 2], |sum, one| [sum[0].saturating_add(one[0]), sum[1].saturating_add(one[1])]);
    waited.saturating_mul(100).checked_div(ran.saturating_add(waited)).unwrap_or(0)
}

/// What the scheduler counted of thread `id`; nothing when it is gone or is not counted.
fn counted(id: i32) -> Option<Counted> {
    let text = fs::read_to_string(Path::new("/proc").join(id.to_string()).join("schedstat")).ok()?;
    let mut numbers = text.split_ascii_whitespace().map(str::parse);
    Some([numbers.next()?.ok()?, numbers.next()?.ok()?])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_waited_is_a_part_of_what_was_wanted_since_the_last_look() {
        let look = |threads: &[(i32, Counted)]| threads.iter().copied().collect::<BTreeMap<_, _>>();
        let before = look(&[(1, [1_000, 1_000]), (2, [500, 0])]);
        assert_eq!(percent(&before, &before), 0, "nobody wanted to run");
        assert_eq!(percent(&before, &look(&[(1, [1_100, 1_300]), (2, [500, 0])])), 75);
        assert_eq!(percent(&before, &look(&[(1, [1_100, 1_000]), (7, [100, 800])])), 80, "one that came");
        assert_eq!(percent(&before, &look(&[(2, [400, 0])])), 0, "an id that was given again");
        assert_eq!(percent(&before, &look(&[])), 0, "all went");
    }

    #[test]
    fn a_thread_that_runs_is_counted_and_one_that_is_gone_is_not() {
        let own = i32::try_from(std::process::id()).unwrap();
        assert!(counted(own).is_some_and(|[ran, _]| ran > 0));
        assert_eq!(counted(i32::MAX), None);
    }
}
