//! Which commit the ref means now: asked of the git server, whose host the administrator lists.

use std::{
    collections::HashMap,
    sync::{LazyLock, Mutex},
    time::Instant,
};

use factory_crds::{EnvironmentSpec, Release, StateService};
use kube::ResourceExt as _;

use crate::{git, stage::Progress};

/// What was seen last, so that a burst of reconciles asks the server once for each `poll`.
static SEEN: LazyLock<Mutex<Seen>> = LazyLock::new(Mutex::default);

/// UID and generation of the service → when it was looked, and the commit.
type Seen = HashMap<(String, i64), (Instant, String)>;

/// The commit that the service's ref means.
pub async fn commit(service: &StateService, lab: &EnvironmentSpec, known: &[Release]) -> Progress<String> {
    let source = &service.spec.source;
    if let Err(error) = git::admit(&source.git, &lab.git_hosts) {
        return Progress::stopped(error.reason(), error.to_string());
    }
    let key = (service.uid().unwrap_or_default(), service.metadata.generation.unwrap_or_default());
    if let Some(commit) = recent(&key, source.poll.duration()) {
        return Progress::Done(commit);
    }
    match git::resolve(&source.git, &source.reference).await {
        Ok(commit) => {
            if let Ok(mut seen) = SEEN.lock() {
                seen.insert(key, (Instant::now(), commit.clone()));
            }
            Progress::Done(commit)
        }
        // A server that is away for a moment changes nothing for a service that is under way.
        Err(error @ (git::GitError::Failed(_) | git::GitError::TimedOut { .. })) if !known.is_empty() => {
            tracing::warn!(service = %service.name_any(), %error, "source not looked at");
            known.last().map_or_else(
                || Progress::waiting("GitFailed", error.to_string()),
                |release| Progress::Done(release.spec.commit.clone()),
            )
        }
        Err(error) => Progress::waiting(error.reason(), error.to_string()),
    }
}

fn recent(key: &(String, i64), poll: std::time::Duration) -> Option<String> {
    let seen = SEEN.lock().ok()?;
    let (when, commit) = seen.get(key)?;
    (when.elapsed() < poll).then(|| commit.clone())
}
