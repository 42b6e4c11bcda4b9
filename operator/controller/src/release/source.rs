//! Stage `Resolved`: hands the pinned commit over to the builds, as an OCI artifact in the registry.

use super::{ReleaseError, attempt::Attempt};
use crate::{
    artifacts::{Artifacts, Stored},
    context::Context,
    git,
    stage::Progress,
};

/// Media type of a source.
const MEDIA_TYPE: &str = "application/vnd.gov.kg.factory.source.v1.tar";

/// A source in the registry.
pub struct ResolvedSource {
    /// Artifact and its layer.
    pub(super) stored: Stored,
}

/// Puts the tree of the pinned commit into the registry, once.
pub async fn hand_over(context: &Context, attempt: &Attempt) -> Result<Progress<ResolvedSource>, ReleaseError> {
    let source = &attempt.spec.source;
    if let Err(error) = git::admit(&source.git, &attempt.lab.git_hosts) {
        return Ok(Progress::stopped(error.reason(), error.to_string()));
    }
    let artifacts = Artifacts::new(&attempt.lab.registry);
    let repository = format!("sources/{}/{}", attempt.participant, attempt.pinned.service);
    if let Some(stored) = artifacts.find(&repository, &attempt.pinned.commit).await? {
        return Ok(Progress::Done(ResolvedSource { stored }));
    }
    let folder = tempfile::tempdir()?;
    let tar = folder.path().join("source.tar");
    match git::archive(&source.git, &source.reference, &attempt.pinned.commit, &tar).await {
        Ok(()) => {}
        Err(error @ (git::GitError::NoSuchRef(_) | git::GitError::Refused(_))) => {
            return Ok(Progress::stopped(error.reason(), error.to_string()));
        }
        // The server may come back.
        Err(error) => return Ok(Progress::waiting(error.reason(), error.to_string())),
    }
    let bytes = tokio::fs::read(&tar).await?;
    let stored = artifacts.push(&repository, &attempt.pinned.commit, MEDIA_TYPE, bytes).await?;
    tracing::info!(release = %attempt.name, source = %stored.name, epoch = context.epoch, "source handed over");
    Ok(Progress::Done(ResolvedSource { stored }))
}
