//! Rolling restart: every pod of the component is replaced, as an update would. The pod template
//! gets the annotation that `kubectl rollout restart` writes, which a service cannot see. The new
//! pods are the state that was wanted: there is nothing to undo, and the annotation is no residue.

use futures::{FutureExt as _, future::BoxFuture};
use k8s_openapi::api::apps::v1::Deployment;
use serde_json::json;

use super::{Fault, FaultError, Target};
use crate::measure::{deployment::RESTARTED_AT, view::View};

/// All pods are replaced.
#[derive(Debug, Default)]
pub struct RollingRestart {
    victims: Vec<String>,
    before: Option<Deployment>,
}

impl Fault for RollingRestart {
    fn preflight(&mut self, target: &Target, view: &View) -> Result<(), FaultError> {
        if view.deployment.is_none() {
            return Err(FaultError::NoTarget(target.component.clone(), "it has no Deployment that could be restarted"));
        }
        self.victims = view.seen().into_iter().map(|pod| pod.uid).collect();
        if self.victims.is_empty() {
            return Err(FaultError::NoTarget(target.component.clone(), "it has no pod that could be replaced"));
        }
        Ok(())
    }

    fn lease<'a>(&'a mut self, target: &'a Target) -> BoxFuture<'a, Result<(), FaultError>> {
        async move {
            // Kept before anything is touched: a call without an answer may have been carried out.
            self.before = Some(target.deployment().await?);
            let now = jiff::Timestamp::now().to_string();
            let patch = json!({"spec": {"template": {"metadata": {"annotations": {RESTARTED_AT: now}}}}});
            target.patch("mark the Deployment's pods for a restart", &patch).await?;
            Ok(())
        }
        .boxed()
    }

    fn dose(&self, view: &View) -> bool {
        self.victims.iter().all(|uid| view.gone.contains_key(uid))
    }

    fn undo<'a>(&'a mut self, _: &'a Target) -> BoxFuture<'a, Result<(), FaultError>> {
        async { Ok(()) }.boxed()
    }

    fn residue<'a>(&'a mut self, target: &'a Target) -> BoxFuture<'a, Result<Vec<String>, FaultError>> {
        target.residue(self.before.as_ref()).boxed()
    }
}
