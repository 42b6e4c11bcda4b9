//! Whether a rotation of secrets came to the pods: those that were there had the values with which the service was
//! deployed, and as many others came with all of the values that follow. Pods that are merely replaced are no rotation.

use std::collections::{BTreeMap, BTreeSet};

use crate::evidence::{Dose, FaultEvidence};

use super::{
    found::{Found, inconclusive},
    say,
};

/// Whom a rotation reached.
#[derive(Debug)]
pub struct Rotated {
    /// Pods that came with all of the values that follow.
    count: usize,
    /// How many must.
    must: usize,
    /// The first pod of which something else is known, or nothing, by its words.
    missed: Option<Missed>,
}

/// A pod that was not given what it should have been.
#[derive(Debug)]
enum Missed {
    NotFelt(String),
    Unknown(String),
}

impl Rotated {
    /// Of what `evidence` has on a rotation of so many `variables`.
    pub fn of(variables: usize, evidence: &FaultEvidence) -> Self {
        let doses: BTreeMap<&str, &Dose> = evidence.doses.iter().map(|dose| (dose.pod.as_str(), dose)).collect();
        let ready: BTreeSet<&str> =
            evidence.before.iter().filter(|pod| pod.ready).map(|pod| pod.uid.as_str()).collect();
        let known: BTreeSet<&str> = evidence.before.iter().map(|pod| pod.uid.as_str()).collect();
        let mut rotated = Self { count: 0, must: ready.len().max(1), missed: None };
        for pod in &ready {
            let [former, next] = doses.get(pod).map_or([0; 2], |dose| sides(&dose.before));
            if next > 0 {
                rotated.not_felt(pod, &format!("{next} of its values were those that follow before it already"));
            } else if former == 0 || former != variables as u128 {
                rotated.unknown(pod, &format!("{former} of {variables} values were seen before it"));
            }
        }
        for (pod, dose) in doses.iter().filter(|(pod, _)| !known.contains(*pod)) {
            let [former, next] = sides(&dose.during);
            if former > 0 {
                rotated.not_felt(pod, &format!("it came with {former} of its values as before"));
            } else if next == 0 || next != variables as u128 {
                rotated.unknown(pod, &format!("{next} of {variables} values were seen when it had come"));
            } else {
                rotated.count += 1;
            }
        }
        rotated
    }

    /// Whether something of it came, and nothing else than was planned.
    pub const fn as_planned(&self) -> bool {
        self.count > 0 && self.missed.is_none()
    }

    /// What speaks against it.
    pub fn check(&self, component: &str, fault: &str) -> Option<Found> {
        let came = format!("of pods with the values that follow {} came, {} must", self.count, self.must);
        match &self.missed {
            Some(Missed::NotFelt(why)) => {
                Some(inconclusive("FaultNotFelt", format!("{component}: {fault} was not felt: {came}; {why}")))
            }
            Some(Missed::Unknown(why)) => {
                let message = format!("{component}: it is not known whether {fault} was felt: {came}; {why}");
                Some(inconclusive("FaultDoseUnknown", message))
            }
            None if self.count < self.must => {
                Some(inconclusive("FaultNotFelt", format!("{component}: {fault} was not felt: {came}")))
            }
            None => None,
        }
    }

    /// What was seen and is wrong says more than what was not seen; of either the first counts.
    fn not_felt(&mut self, pod: &str, why: &str) {
        if !matches!(self.missed, Some(Missed::NotFelt(_))) {
            self.missed = Some(Missed::NotFelt(format!("pod {}: {why}", say::quote(pod))));
        }
    }

    fn unknown(&mut self, pod: &str, why: &str) {
        if self.missed.is_none() {
            self.missed = Some(Missed::Unknown(format!("pod {}: {why}", say::quote(pod))));
        }
    }
}

/// Values as before, and values that follow.
fn sides(cells: &[[u64; 2]]) -> [u128; 2] {
    let of = |side| cells.iter().filter(|cell| cell[0] == side).map(|cell| u128::from(cell[1])).sum();
    [of(0), of(1)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::{Class, PodSeen};

    type Given = (&'static str, Vec<[u64; 2]>, Vec<[u64; 2]>);

    /// Of a rotation of two variables, with the pods `a` and `b` before it.
    fn of(doses: Vec<Given>) -> Rotated {
        let seen = |uid: &str| PodSeen { uid: uid.to_owned(), ready: true, node: None };
        let dose = |(pod, before, during): Given| {
            let (pod, way, class) = (pod.to_owned(), "Deployment".to_owned(), Class::All);
            Dose { pod, way, class, before, during }
        };
        let evidence = FaultEvidence {
            phase: "p".to_owned(),
            ordered_ms: None,
            injected_ms: Some(1),
            errors: Vec::new(),
            before: vec![seen("a"), seen("b")],
            gone: Vec::new(),
            ready_again_ms: None,
            residue: Vec::new(),
            ended_ms: None,
            doses: doses.into_iter().map(dose).collect(),
            tries: Vec::new(),
        };
        Rotated::of(2, &evidence)
    }

    fn found(doses: Vec<Given>) -> (bool, String) {
        let rotated = of(doses);
        (
            rotated.as_planned(),
            rotated.check("web", "secret-rotation").map(|found| found.finding.message).unwrap_or_default(),
        )
    }

    #[test]
    fn it_is_felt_where_as_many_pods_came_with_all_of_the_values_that_follow() {
        let all = || vec![("a", vec![[0, 2]], vec![]), ("b", vec![[0, 2]], vec![]), ("c", vec![], vec![[1, 2]])];
        let with = |more: Given| found([all(), vec![more]].concat());
        assert_eq!(with(("d", vec![], vec![[1, 2]])), (true, String::new()));
        let some = "web: secret-rotation was not felt: of pods with the values that follow 1 came, 2 must";
        assert_eq!(found(all()), (true, some.to_owned()));
        for (during, why) in [
            (vec![[0, 2]], "; pod `d`: it came with 2 of its values as before"),
            (vec![[0, 1], [1, 1]], "; pod `d`: it came with 1 of its values as before"),
        ] {
            assert_eq!(with(("d", vec![], during)), (false, format!("{some}{why}")));
        }
        let unknown = with(("d", vec![], vec![[1, 1]]));
        assert!(
            !unknown.0
                && unknown.1.contains("not known")
                && unknown.1.ends_with("1 of 2 values were seen when it had come"),
            "{unknown:?}"
        );
    }

    #[test]
    fn pods_that_had_the_values_before_or_that_nobody_looked_at_say_nothing() {
        let came = || vec![("c", vec![], vec![[1, 2]]), ("d", vec![], vec![[1, 2]])];
        let (as_planned, said) =
            found([vec![("a", vec![[0, 2]], vec![]), ("b", vec![[1, 2]], vec![])], came()].concat());
        assert!(
            !as_planned && said.ends_with("pod `b`: 2 of its values were those that follow before it already"),
            "{said}"
        );
        let (as_planned, said) = found([vec![("a", vec![[0, 2]], vec![])], came()].concat());
        assert!(!as_planned && said.ends_with("pod `b`: 0 of 2 values were seen before it"), "{said}");
        assert!(!found(Vec::new()).0);
    }
}
