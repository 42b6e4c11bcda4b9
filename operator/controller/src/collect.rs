//! Clears away candidates that nobody needs: of releases that are gone, or that ended. By label, not
//! by finalizer: the deletion of a manifest never hangs, and a launched service is never touched
//! (invariant 14).

use std::{sync::Arc, time::Duration};

use factory_crds::Release;
use k8s_openapi::{
    api::{
        batch::v1::Job,
        core::v1::{ConfigMap, Namespace},
    },
    jiff::Timestamp,
};
use kube::{Api, ResourceExt as _, api::ListParams};

use crate::{
    apply,
    context::{BUILD_NAMESPACE, Context, LAB_NAMESPACE, STRIKE_NAMESPACE},
    manifests::{ENVIRONMENT, PARTICIPANT, RELEASE, RELEASE_UID},
    serve::again,
};

/// How often it is looked.
const EVERY: Duration = Duration::from_secs(10);
/// A candidate that ended badly stays this long, so that its team can look at it.
const GRACE_SECONDS: i64 = 60;

/// Looks again and again, until dropped.
pub async fn run(context: Arc<Context>) {
    again(EVERY, "candidates not cleared away", async || once(&context).await).await;
}

async fn once(context: &Context) -> Result<(), crate::error::Fatal> {
    let namespaces: Api<Namespace> = Api::all(context.client.clone());
    let candidates = ListParams::default().labels(&format!("{ENVIRONMENT}=lab,{RELEASE_UID}"));
    for namespace in namespaces.list(&candidates).await? {
        if namespace.metadata.deletion_timestamp.is_some() || !over(context, namespace.labels()).await? {
            continue;
        }
        tracing::info!(namespace = %namespace.name_any(), "candidate cleared away");
        apply::delete(&namespaces, &namespace.name_any()).await?;
    }
    for namespace in [BUILD_NAMESPACE, LAB_NAMESPACE, STRIKE_NAMESPACE] {
        let jobs: Api<Job> = Api::namespaced(context.client.clone(), namespace);
        for job in jobs.list(&ListParams::default().labels(RELEASE_UID)).await? {
            let release = release(context, job.labels()).await?;
            // Power over a node ends with what it was given for, whatever became of who should end it.
            let needless = namespace == STRIKE_NAMESPACE && release.as_ref().is_some_and(is_measured);
            if release.is_none() || needless {
                // First what is found by its Job alone: who is ended in between finds it again.
                let maps: Api<ConfigMap> = Api::namespaced(context.client.clone(), namespace);
                apply::delete(&maps, &job.name_any()).await?;
                apply::delete(&jobs, &job.name_any()).await?;
            }
        }
    }
    Ok(())
}

/// Whether the measurements of `release` are over.
fn is_measured(release: &Release) -> bool {
    let status = release.status.as_ref();
    status.is_some_and(|status| {
        !status.prove_results.is_empty() || !status.submission.is_empty() || status.outcome.is_some()
    })
}

type Labels = std::collections::BTreeMap<String, String>;

/// The release that `labels` name, if it is still the same one.
async fn release(context: &Context, labels: &Labels) -> Result<Option<Release>, kube::Error> {
    let (Some(participant), Some(name)) = (labels.get(PARTICIPANT), labels.get(RELEASE)) else { return Ok(None) };
    let releases: Api<Release> = Api::namespaced(context.client.clone(), participant);
    Ok(releases.get_opt(name).await?.filter(|release| release.uid().as_ref() == labels.get(RELEASE_UID)))
}

/// Whether nobody needs the candidate any more.
async fn over(context: &Context, labels: &Labels) -> Result<bool, kube::Error> {
    let Some(release) = release(context, labels).await? else { return Ok(true) };
    let status = release.status.unwrap_or_default();
    if !status.submission.is_empty() {
        return Ok(true);
    }
    let ended = status.conditions.iter().map(|condition| condition.last_transition_time.0.as_second()).max();
    let long_ago = ended.is_some_and(|moment| Timestamp::now().as_second() - moment > GRACE_SECONDS);
    Ok(status.outcome.is_some() && long_ago)
}
