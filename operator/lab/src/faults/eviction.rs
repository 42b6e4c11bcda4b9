//! Eviction: the component's pods on one node are evicted, as when that node is drained: each is asked to go, with its
//! grace, as soon as the component's disruption budget lets it. Which node follows from the nonce. Its Deployment makes
//! others by itself: there is nothing to undo. The node itself is not touched, so others may come up there again.

use std::{collections::BTreeMap, time::Duration};

use futures::{FutureExt as _, future::BoxFuture};
use k8s_openapi::api::apps::v1::Deployment;
use tokio::task::JoinHandle;

use super::{Fault, FaultError, Target};
use crate::{measure::view::View, random::Random};

/// From one request that the budget refused to the next: what the budget allows is the API server's to count, so it is
/// asked again, as `kubectl drain` does.
const AGAIN: Duration = Duration::from_millis(500);
/// How long the answer to the last request may be on its way when all is over.
const ANSWER: Duration = Duration::from_secs(1);

/// The pods of one node are evicted.
#[derive(Debug)]
pub struct Eviction {
    random: Random,
    /// UIDs and names.
    victims: BTreeMap<String, String>,
    before: Option<Deployment>,
    /// Evicts those that the budget did not let go at once.
    rest: Option<JoinHandle<Result<(), FaultError>>>,
}

impl Drop for Eviction {
    fn drop(&mut self) {
        if let Some(rest) = &self.rest {
            rest.abort();
        }
    }
}

impl Eviction {
    /// Evictions on a node that follows from `nonce` and the name of the `phase`.
    #[must_use]
    pub fn new(nonce: &str, phase: &str) -> Self {
        let random = Random::seeded(&format!("eviction/{phase}"), nonce);
        Self { random, victims: BTreeMap::new(), before: None, rest: None }
    }
}

impl Fault for Eviction {
    fn preflight(&mut self, target: &Target, view: &View) -> Result<(), FaultError> {
        let mut nodes: BTreeMap<&str, BTreeMap<String, String>> = BTreeMap::new();
        for (uid, pod) in view.pods.iter().filter(|(_, pod)| pod.ready && !pod.node.is_empty()) {
            nodes.entry(&pod.node).or_default().insert(uid.clone(), pod.name.clone());
        }
        let drawn = usize::try_from(self.random.below(nodes.len() as u64)).unwrap_or(0);
        let none = || FaultError::NoTarget(target.component.clone(), "no pod is ready that could be evicted");
        self.victims = nodes.into_values().nth(drawn).ok_or_else(none)?;
        Ok(())
    }

    fn lease<'a>(&'a mut self, target: &'a Target) -> BoxFuture<'a, Result<(), FaultError>> {
        async move {
            // Kept before anything is touched: a call without an answer may have been carried out.
            self.before = Some(target.deployment().await?);
            let mut victims = self.victims.clone().into_iter();
            if let Some((uid, name)) = victims.next()
                && !target.evict(&name, &uid).await?
            {
                let why = "its disruption budget let no pod go in time";
                return Err(FaultError::NoTarget(target.component.clone(), why));
            }
            let target = target.clone();
            self.rest = Some(tokio::spawn(async move {
                for (uid, name) in victims {
                    while !target.evict(&name, &uid).await? {
                        tokio::time::sleep(AGAIN).await;
                    }
                }
                Ok(())
            }));
            Ok(())
        }
        .boxed()
    }

    fn dose(&self, view: &View) -> bool {
        self.victims.keys().all(|uid| view.gone.contains_key(uid))
    }

    fn undo<'a>(&'a mut self, target: &'a Target) -> BoxFuture<'a, Result<(), FaultError>> {
        async move {
            let Some(mut rest) = self.rest.take() else { return Ok(()) };
            if let Ok(Ok(ended)) = tokio::time::timeout(ANSWER, &mut rest).await {
                return ended;
            }
            rest.abort();
            let why = "its disruption budget let not all of its pods on the node go in time";
            Err(FaultError::NoTarget(target.component.clone(), why))
        }
        .boxed()
    }

    fn residue<'a>(&'a mut self, target: &'a Target) -> BoxFuture<'a, Result<Vec<String>, FaultError>> {
        target.residue(self.before.as_ref()).boxed()
    }
}
