//! Secret rotation: the component's pods are replaced by ones that are given the values which follow in its secrets, as
//! the operator does when a team changes a value: a variable never changes in a running pod. The team wrote the values
//! that follow, and the operator put them into the candidate's Secret beside the first ones; here only the keys change
//! by which the Deployment refers to them, so the lab reads and writes no value. A rotation has no way back: the new
//! references are the state that was wanted, nothing is left to undo, and the Deployment's controller ends it alone.

use std::collections::{BTreeMap, BTreeSet};

use factory_assurance::{
    evidence::{Class, Dose},
    plan::Rotation,
};
use futures::{FutureExt as _, future::BoxFuture};
use k8s_openapi::api::apps::v1::Deployment;
use serde_json::json;

use super::{Fault, FaultError, Target, gated::counts};
use crate::measure::view::{PodState, SecretKey, View};

/// By what it is done, in the evidence.
const WAY: &str = "Deployment";

/// Secrets are rotated.
#[derive(Debug)]
pub struct SecretRotation {
    planned: Rotation,
    /// By variable, what its value is before and what follows.
    values: BTreeMap<String, [SecretKey; 2]>,
    victims: BTreeSet<String>,
    /// What each of them was given.
    given: Vec<Dose>,
    before: Option<Deployment>,
}

impl SecretRotation {
    /// The rotation of the variables that `planned` names.
    #[must_use]
    pub const fn new(planned: Rotation) -> Self {
        Self { planned, values: BTreeMap::new(), victims: BTreeSet::new(), given: Vec::new(), before: None }
    }

    /// How many variables of `pod` have the value before, and how many the one that follows.
    fn sides(&self, pod: &PodState) -> [u64; 2] {
        [0, 1].map(|side| {
            let has = |(variable, values): &(&String, &[SecretKey; 2])| pod.given.get(*variable) == Some(&values[side]);
            self.values.iter().filter(has).count() as u64
        })
    }

    fn of_pod(&self, uid: &str, pod: &PodState) -> (String, Vec<[u64; 2]>) {
        let [former, next] = self.sides(pod);
        (uid.to_owned(), counts(former, next))
    }
}

/// Pods that stay.
fn staying(view: &View) -> impl Iterator<Item = (&String, &PodState)> {
    view.pods.iter().filter(|(_, pod)| !pod.terminating)
}

impl Fault for SecretRotation {
    fn preflight(&mut self, target: &Target, view: &View) -> Result<(), FaultError> {
        let refused = |why| FaultError::NoTarget(target.component.clone(), why);
        if self.planned.is_empty() {
            return Err(refused("no value of its secrets is followed by another"));
        }
        if view.deployment.is_none() {
            return Err(refused("it has no Deployment whose pods could be given other values"));
        }
        let (_, first) = staying(view).next().ok_or_else(|| refused("it has no pod that could be replaced"))?;
        for (variable, succession) in &self.planned {
            let now = first.given.get(variable).filter(|now| now.key == succession.key);
            let now =
                now.ok_or_else(|| refused("its pods are not given the values that the plan has followed by others"))?;
            let next = SecretKey { secret: now.secret.clone(), key: succession.next.clone() };
            self.values.insert(variable.clone(), [now.clone(), next]);
        }
        let all = self.values.len() as u64;
        if staying(view).any(|(_, pod)| self.sides(pod) != [all, 0]) {
            return Err(refused("its pods are not all given the same values"));
        }
        self.victims = staying(view).map(|(uid, _)| uid.clone()).collect();
        let given = staying(view).map(|(uid, pod)| self.of_pod(uid, pod));
        self.given = given.map(|(pod, before)| dose(pod, before, Vec::new())).collect();
        Ok(())
    }

    fn lease<'a>(&'a mut self, target: &'a Target) -> BoxFuture<'a, Result<(), FaultError>> {
        async move {
            // Kept before anything is touched: a call without an answer may have been carried out.
            let before = target.deployment().await?;
            let uid = before.metadata.uid.clone();
            self.before = Some(before);
            let refer = |(variable, values): (&String, &[SecretKey; 2])| {
                json!({"name": variable, "valueFrom": {"secretKeyRef": {"name": values[1].secret, "key": values[1].key}}})
            };
            let env: Vec<_> = self.values.iter().map(refer).collect();
            // Lists are merged by the names of what stands in them, and an object of another UID is refused.
            let containers = json!([{"name": target.component, "env": env}]);
            let patch = json!({"metadata": {"uid": uid}, "spec": {"template": {"spec": {"containers": containers}}}});
            // What it is from here on is what was wanted.
            self.before = Some(target.amend("refer to the values that follow", &patch).await?);
            Ok(())
        }
        .boxed()
    }

    fn dose(&self, view: &View) -> bool {
        let all = self.values.len() as u64;
        self.victims.iter().all(|uid| view.gone.contains_key(uid))
            && staying(view).all(|(_, pod)| self.sides(pod) == [0, all])
    }

    fn given(&self, view: &View) -> Vec<Dose> {
        // One that never became ready was given nothing that it could serve with.
        let came = staying(view).filter(|(uid, pod)| pod.ready && !self.victims.contains(*uid));
        let came = came.map(|(uid, pod)| self.of_pod(uid, pod)).map(|(pod, during)| dose(pod, Vec::new(), during));
        self.given.iter().cloned().chain(came).collect()
    }

    fn undo<'a>(&'a mut self, _: &'a Target) -> BoxFuture<'a, Result<(), FaultError>> {
        async { Ok(()) }.boxed()
    }

    fn residue<'a>(&'a mut self, target: &'a Target) -> BoxFuture<'a, Result<Vec<String>, FaultError>> {
        target.residue(self.before.as_ref()).boxed()
    }
}

fn dose(pod: String, before: Vec<[u64; 2]>, during: Vec<[u64; 2]>) -> Dose {
    Dose { pod, way: WAY.to_owned(), class: Class::All, before, during }
}
