//! Which commit the ref means now: asked of the git server, whose host the administrator lists.

use std::{
    collections::HashMap,
    sync::{LazyLock, Mutex},
    time::Instant,
};

use factory_crds::{EnvironmentSpec, Release, StateService};
use kube::ResourceExt as _;

use crate::{
    git,
    stage::{Progress, Why},
};

/// What was seen last, so that a burst of reconciles asks the server once for each `poll`.
static SEEN: LazyLock<Mutex<Seen>> = LazyLock::new(Mutex::default);

/// UID and generation of the service → when it was looked, and the commit.
type Seen = HashMap<(String, i64), (Instant, String)>;

/// A commit of a service.
pub struct Commit {
    /// The whole hash.
    pub hash: String,
    /// Why it is the newest release's and not what the server says now, if so.
    pub unread: Option<Why>,
}

/// The commit that the service's ref means.
pub async fn commit(service: &StateService, lab: &EnvironmentSpec, known: &[Release]) -> Progress<Commit> {
    let source = &service.spec.source;
    if let Err(error) = git::admit(&source.git, &lab.git_hosts) {
        return Progress::stopped(error.reason(), error.to_string());
    }
    let key = (service.uid().unwrap_or_default(), service.metadata.generation.unwrap_or_default());
    if let Some(hash) = recent(&key, source.poll.duration()) {
        return Progress::Done(Commit { hash, unread: None });
    }
    match git::resolve(&source.git, &source.reference).await {
        Ok(hash) => {
            if let Ok(mut seen) = SEEN.lock() {
                seen.insert(key, (Instant::now(), hash.clone()));
            }
            Progress::Done(Commit { hash, unread: None })
        }
        // A server that is away for a moment changes nothing for a service that is under way, and it is said.
        Err(error @ (git::GitError::Failed(_) | git::GitError::TimedOut { .. })) => match known.last() {
            Some(release) => {
                let hash = release.spec.commit.clone();
                let message = format!("{error}; commit {hash} stays until the server answers");
                Progress::Done(Commit { hash, unread: Some(Why::new(error.reason(), message)) })
            }
            None => Progress::waiting(error.reason(), error.to_string()),
        },
        Err(error) => Progress::waiting(error.reason(), error.to_string()),
    }
}

fn recent(key: &(String, i64), poll: std::time::Duration) -> Option<String> {
    let seen = SEEN.lock().ok()?;
    let (when, commit) = seen.get(key)?;
    (when.elapsed() < poll).then(|| commit.clone())
}
