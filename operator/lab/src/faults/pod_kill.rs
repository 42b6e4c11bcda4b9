//! Pod kill: one ready pod of the component is deleted without grace, as when its node dies. Which
//! one follows from the nonce. Its Deployment makes another by itself: there is nothing to undo.

use futures::{FutureExt as _, future::BoxFuture};
use k8s_openapi::api::apps::v1::Deployment;

use super::{Fault, FaultError, Target};
use crate::{measure::view::View, random::Random};

/// One pod is killed.
#[derive(Debug)]
pub struct PodKill {
    random: Random,
    victim: Option<Victim>,
    before: Option<Deployment>,
}

#[derive(Clone, Debug)]
struct Victim {
    name: String,
    uid: String,
}

impl PodKill {
    /// A kill whose victim follows from `nonce` and the name of its `phase`.
    #[must_use]
    pub fn new(nonce: &str, phase: &str) -> Self {
        Self { random: Random::seeded(&format!("pod-kill/{phase}"), nonce), victim: None, before: None }
    }
}

impl Fault for PodKill {
    fn preflight(&mut self, target: &Target, view: &View) -> Result<(), FaultError> {
        // In the order of names: UIDs are drawn by the API server, and no draw of ours shall depend on them.
        let mut ready: Vec<_> = view.pods.iter().filter(|(_, pod)| pod.ready).collect();
        ready.sort_by(|(_, one), (_, other)| one.name.cmp(&other.name));
        let drawn = usize::try_from(self.random.below(ready.len() as u64)).unwrap_or(0);
        let (uid, pod) = ready
            .get(drawn)
            .ok_or_else(|| FaultError::NoTarget(target.component.clone(), "no pod is ready that could be killed"))?;
        self.victim = Some(Victim { name: pod.name.clone(), uid: (*uid).clone() });
        Ok(())
    }

    fn lease<'a>(&'a mut self, target: &'a Target) -> BoxFuture<'a, Result<(), FaultError>> {
        async move {
            // Kept before anything is touched: a call without an answer may have been carried out.
            self.before = Some(target.deployment().await?);
            let missing = || FaultError::NoTarget(target.component.clone(), "no pod was chosen");
            let victim = self.victim.clone().ok_or_else(missing)?;
            target.kill(&victim.name, &victim.uid).await
        }
        .boxed()
    }

    fn dose(&self, view: &View) -> bool {
        self.victim.as_ref().is_some_and(|victim| view.gone.contains_key(&victim.uid))
    }

    fn undo<'a>(&'a mut self, _: &'a Target) -> BoxFuture<'a, Result<(), FaultError>> {
        async { Ok(()) }.boxed()
    }

    fn residue<'a>(&'a mut self, target: &'a Target) -> BoxFuture<'a, Result<Vec<String>, FaultError>> {
        target.residue(self.before.as_ref()).boxed()
    }
}
