//! Looks at every permit again and again, and takes away what the register no longer lets stand: the
//! bundles of a withdrawn entry (21) and of a revoked confirmation. It starts from the permit, so it
//! also finds those whose release is gone.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use factory_assurance::wire::Procedure;
use factory_crds::LaunchPermit;
use kube::{ResourceExt as _, runtime::controller::Action};

use super::{Keeper, KeeperError, kept::Kept, permit};
use crate::error;

/// How often each permit is looked at.
const EVERY: Duration = Duration::from_mins(1);

/// Whether a submission that stands there permits nothing any more.
pub const fn ends(state: Procedure) -> bool {
    matches!(state, Procedure::Withdrawn | Procedure::Revoked)
}

/// One look at a permit.
pub async fn reconcile(permit: Arc<LaunchPermit>, keeper: Arc<Keeper>) -> Result<Action, KeeperError> {
    let mut over = BTreeSet::new();
    for bundle in &permit.spec.bundles {
        match keeper.register.submission(&bundle.submission).await {
            Ok(state) if ends(state.state) => {
                over.insert(state.id);
            }
            Ok(_) => {}
            // A register that does not know it says nothing against it.
            Err(refusal) if !refusal.passes() => {
                tracing::warn!(submission = bundle.submission, error = %refusal, "not looked at again");
            }
            Err(error) => return Err(error.into()),
        }
    }
    keeper.take_away(&permit.namespace().unwrap_or_default(), &over).await?;
    Ok(Action::requeue(EVERY))
}

/// How long to wait after an error.
pub fn on_error(permit: Arc<LaunchPermit>, failure: &KeeperError, _: Arc<Keeper>) -> Action {
    let namespace = permit.namespace().unwrap_or_default();
    tracing::warn!(namespace, error = %error::chain(failure), "permit not looked at again");
    Action::requeue(Duration::from_secs(15))
}

impl Keeper {
    /// Takes the bundles of `submissions` from the permit of `namespace`, if they are in it.
    pub async fn take_away(&self, namespace: &str, submissions: &BTreeSet<String>) -> Result<(), kube::Error> {
        if submissions.is_empty() {
            return Ok(());
        }
        let kept = Kept::read(&self.client, namespace).await?;
        let Some(spec) = permit::without(&kept.spec, submissions) else { return Ok(()) };
        kept.write(spec).await?;
        tracing::info!(namespace, ?submissions, "no longer permitted");
        Ok(())
    }
}
