//! Source from git: which commit a ref means, and the commit's tree as a tar file.
//!
//! *Architecture invariant:* libgit2 runs in a child process only, without the operator's
//! environment, with a deadline that kills it. A server that hangs, lies or floods costs one child.

pub mod child;
mod remote;
mod tree;

use std::{path::Path, process::Stdio, time::Duration};

use tokio::process::Command;

/// Longest time to look at a ref.
const RESOLVE: Duration = Duration::from_secs(15);
/// Longest time to fetch a commit.
const ARCHIVE: Duration = Duration::from_secs(300);

/// Why no source came.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// The host is not one that the administrator lists.
    #[error("spec.source.git: host `{host}` is not one that the administrator lists ({listed})")]
    HostNotListed {
        /// Host with port, as in the manifest.
        host: String,
        /// Hosts of the Environment.
        listed: String,
    },
    /// The child could not be started.
    #[error("git child")]
    Child(#[source] std::io::Error),
    /// The server did not finish in time.
    #[error("spec.source.git: {url} did not answer within {} s", .after.as_secs())]
    TimedOut {
        /// Address.
        url: String,
        /// Deadline.
        after: Duration,
    },
    /// The repository has no such ref.
    #[error("spec.source.ref: {0}")]
    NoSuchRef(String),
    /// Something in the source is refused.
    #[error("spec.source: {0}")]
    Refused(String),
    /// The server answered with an error, or not at all.
    #[error("spec.source.git: {0}")]
    Failed(String),
}

impl GitError {
    /// Reason of the condition.
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::HostNotListed { .. } => "GitHostNotListed",
            Self::Child(_) => "GitChildFailed",
            Self::TimedOut { .. } => "GitTimedOut",
            Self::NoSuchRef(_) => "RefNotFound",
            Self::Refused(_) => "SourceRefused",
            Self::Failed(_) => "GitFailed",
        }
    }
}

/// Refuses `url` unless its host, with its port where it has one, is in `listed`.
pub fn admit(url: &str, listed: &[String]) -> Result<(), GitError> {
    let host = url
        .split_once("://")
        .filter(|(scheme, _)| matches!(*scheme, "http" | "https"))
        .and_then(|(_, rest)| rest.split('/').next())
        .unwrap_or_default();
    if !host.is_empty() && !host.contains('@') && listed.iter().any(|known| known == host) {
        return Ok(());
    }
    Err(GitError::HostNotListed { host: host.to_owned(), listed: listed.join(", ") })
}

/// The full commit that `reference` means now.
pub async fn resolve(url: &str, reference: &str) -> Result<String, GitError> {
    run(&["git-resolve", "--url", url, "--ref", reference], url, RESOLVE).await
}

/// Writes the tree of `commit`, reachable from `reference`, to the tar file `out`.
pub async fn archive(url: &str, reference: &str, commit: &str, out: &Path) -> Result<(), GitError> {
    let out = out.to_string_lossy();
    let arguments = ["git-archive", "--url", url, "--ref", reference, "--commit", commit, "--out", &out];
    run(&arguments, url, ARCHIVE).await.map(drop)
}

async fn run(arguments: &[&str], url: &str, deadline: Duration) -> Result<String, GitError> {
    let program = std::env::current_exe().map_err(GitError::Child)?;
    let child = Command::new(program)
        .args(arguments)
        .env_clear()
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(GitError::Child)?;
    let Ok(ended) = tokio::time::timeout(deadline, child.wait_with_output()).await else {
        return Err(GitError::TimedOut { url: url.to_owned(), after: deadline });
    };
    let output = ended.map_err(GitError::Child)?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
    }
    let line = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(match line.split_once(' ') {
        Some((child::NO_SUCH_REF, rest)) => GitError::NoSuchRef(rest.to_owned()),
        Some((child::REFUSED, rest)) => GitError::Refused(rest.to_owned()),
        _ => GitError::Failed(line),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_listed_hosts_are_asked() {
        let listed = ["git.example.kg".to_owned(), "git.example.kg:8443".to_owned()];
        for url in ["https://git.example.kg/a/b.git", "http://git.example.kg:8443/a"] {
            assert!(admit(url, &listed).is_ok(), "{url}");
        }
        for url in [
            "https://git.example.kg.evil.org/a",
            "https://user@git.example.kg/a",
            "https://git.example.kg:22/a",
            "file:///etc/passwd",
            "ext::sh -c id",
            "ssh://git.example.kg/a",
            "https:///a",
            "--upload-pack=id",
        ] {
            let error = admit(url, &listed).unwrap_err();
            assert_eq!(error.reason(), "GitHostNotListed", "{url}");
        }
    }
}
