//! A soak on this node: looks at the pods here, one after another, from the order on for as long as that says. What was
//! seen is told once, when it is over: a node that is killed meanwhile has seen nothing.

use std::{
    collections::BTreeMap,
    thread,
    time::{Duration, Instant},
};

use factory_assurance::evidence::SoakedRun;

use crate::{
    schema::line,
    strike::{
        StrikeError,
        hands::Hands,
        order::{PodSoaked, Soaked},
        place::Place,
        soak::Used,
    },
};

/// Most lines that are kept of why a pod could not be looked at.
const ERRORS: usize = 3;

/// What was seen of one pod at one moment.
pub struct Look {
    component: String,
    place: Place,
    used: Result<Used, StrikeError>,
}

/// A soak that goes on.
pub struct Soaking {
    phase: String,
    components: Vec<String>,
    every: Duration,
    /// Looks that are planned, and those that are over or were missed.
    looks: u32,
    passed: u32,
    since: Instant,
    pods: BTreeMap<String, PodSoaked>,
    /// The container of each pod whose life the last of its runs is.
    containers: BTreeMap<String, String>,
    told: bool,
}

impl Soaking {
    /// From now on.
    pub fn begin(phase: String, components: Vec<String>, every_seconds: u32, seconds: u32) -> Self {
        let every = every_seconds.max(1);
        Self {
            phase,
            components,
            every: Duration::from_secs(every.into()),
            looks: seconds / every,
            passed: 0,
            since: Instant::now(),
            pods: BTreeMap::new(),
            containers: BTreeMap::new(),
            told: false,
        }
    }

    /// Name of its phase.
    pub fn phase(&self) -> &str {
        &self.phase
    }

    /// Whose pods shall be looked at now, if a look is due. One that was missed is not made up for.
    pub fn due(&mut self) -> Option<&[String]> {
        let now = u32::try_from(self.since.elapsed().as_millis() / self.every.as_millis()).unwrap_or(u32::MAX);
        if now < self.passed || self.passed >= self.looks {
            return None;
        }
        self.passed = now.saturating_add(1);
        (now < self.looks).then_some(&self.components)
    }

    /// Takes in what was seen.
    pub fn saw(&mut self, looks: Vec<Look>) {
        let at_ms = u64::try_from(self.since.elapsed().as_millis()).unwrap_or(u64::MAX);
        for look in looks {
            let uid = look.place.uid.clone();
            let pod = self.pods.entry(uid.clone()).or_default();
            pod.component = look.component;
            match look.used {
                Ok(used) => {
                    let container = look.place.containers.first().cloned().unwrap_or_default();
                    let known = self.containers.insert(uid, container.clone());
                    if known != Some(container) {
                        let Used { memory_limit, descriptor_limit, .. } = used;
                        pod.runs.push(SoakedRun { memory_limit, descriptor_limit, samples: Vec::new() });
                    }
                    if let Some(run) = pod.runs.last_mut() {
                        run.samples.push([at_ms, used.memory, used.descriptors]);
                    }
                }
                Err(error) if pod.errors.len() < ERRORS => pod.errors.push(line(&error.to_string())),
                Err(_) => {}
            }
        }
    }

    /// All that was seen, once, when it is over.
    pub fn over(&mut self, nonce: &str) -> Option<Soaked> {
        if self.told || self.passed < self.looks {
            return None;
        }
        self.told = true;
        let pods = std::mem::take(&mut self.pods);
        Some(Soaked { nonce: nonce.to_owned(), phase: self.phase.clone(), pods })
    }
}

/// Looks at each pod of `there`, on a thread that ends with it: reading control groups leaves it in another namespace.
pub fn look<H: Hands>(hands: &H, there: Vec<(String, Place)>) -> Vec<Look> {
    let of_one = |(component, place): (String, Place)| {
        let used = hands.used(&place);
        Look { component, place, used }
    };
    thread::scope(|scope| scope.spawn(|| there.into_iter().map(of_one).collect()).join()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(uid: &str, container: &str, memory: Option<u64>) -> Look {
        let place = Place { uid: uid.to_owned(), containers: vec![container.to_owned()] };
        let used = memory.map(|memory| Used { memory, memory_limit: 100, descriptors: 7, descriptor_limit: 1_024 });
        let used = used.ok_or_else(|| StrikeError::NoPlace(uid.to_owned(), "no container of it runs here"));
        Look { component: "web".to_owned(), place, used }
    }

    #[test]
    fn a_container_that_was_started_again_begins_another_life() {
        let mut soaking = Soaking::begin("soak".to_owned(), vec!["web".to_owned()], 1, 60);
        soaking.saw(vec![seen("a", "c1", Some(10)), seen("b", "c9", Some(5))]);
        soaking.saw(vec![seen("a", "c1", None), seen("b", "c9", Some(6))]);
        soaking.saw(vec![seen("a", "c2", Some(11)), seen("b", "c9", Some(7))]);
        soaking.passed = soaking.looks;
        let soaked = soaking.over("ab").unwrap();
        let lives = |uid: &str| soaked.pods[uid].runs.iter().map(|run| run.samples.len()).collect::<Vec<_>>();
        assert_eq!((lives("a"), lives("b")), (vec![1, 1], vec![3]));
        assert_eq!((soaked.pods["a"].errors.len(), soaked.pods["b"].errors.len()), (1, 0));
        assert_eq!(soaked.pods["b"].runs[0].samples[2][1..], [7, 7]);
        assert_eq!(soaking.over("ab"), None, "told once");
    }

    #[test]
    fn looks_that_are_missed_are_not_made_up_for_and_the_soak_ends() {
        let mut soaking = Soaking::begin("soak".to_owned(), vec!["web".to_owned()], 1, 60);
        assert!(soaking.due().is_some() && soaking.due().is_none() && soaking.over("ab").is_none());
        soaking.since = Instant::now().checked_sub(Duration::from_millis(7_300)).unwrap();
        assert!(soaking.due().is_some());
        assert_eq!(soaking.passed, 8);
        soaking.since = Instant::now().checked_sub(Duration::from_secs(61)).unwrap();
        assert!(soaking.due().is_none(), "after its end nothing is looked at");
        assert!(soaking.over("ab").is_some());
    }
}
