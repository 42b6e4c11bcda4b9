//! Sources in git, as a team pushes them: an example as it is (`examples/push`), or an example's
//! folder with some files changed, as a repository of the journey's own.
//!
//! It must not write into the checkout: changed sources are laid out under `target/journeys`.

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::Stdio,
};

use serde_json::{Value, json};
use tokio::{process::Command, sync::Mutex};

use crate::{Cluster, Failure};

/// Why sources could not be pushed.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// A file could not be laid out.
    #[error("{path}: {source}", path = path.display())]
    Layout {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A program could not be started.
    #[error("{program}: {source}")]
    Start {
        /// Its name.
        program: String,
        /// Why.
        source: io::Error,
    },
    /// A program failed.
    #[error("{program}: {said}")]
    Failed {
        /// Its name and arguments.
        program: String,
        /// What it wrote to its error output.
        said: String,
    },
}

/// Pushes `examples/<name>` as `demo/<name>.git` and returns the commit. One at a time: of two that push
/// the first commit of a repository, git refuses one.
pub async fn push_example(cluster: &Cluster, name: &str) -> Result<String, SourceError> {
    static PUSHING: Mutex<()> = Mutex::const_new(());
    let _turn = PUSHING.lock().await;
    let mut push = Command::new(cluster.root.join("examples/push"));
    push.arg(name).arg(&cluster.git_push);
    run(push).await
}

/// Pushes the folder `examples/<base>` with `changes` (path → whole content) as
/// `journeys/<repository>.git`, branch `main`; returns the address for manifests and the commit.
pub async fn push_changed(
    cluster: &Cluster,
    base: &str,
    repository: &str,
    changes: &[(&str, String)],
) -> Result<(String, String), SourceError> {
    push_tree(cluster, &cluster.root.join("examples").join(base), repository, changes).await
}

/// The same of any folder.
pub async fn push_tree(
    cluster: &Cluster,
    folder: &Path,
    repository: &str,
    changes: &[(&str, String)],
) -> Result<(String, String), SourceError> {
    let work = cluster.scratch().join(repository);
    lay_out(folder, &work, changes)?;
    let path = format!("journeys/{repository}.git");
    let commit = push_folder(&work, &format!("{}/{path}", cluster.git_push)).await?;
    Ok((format!("{}/{path}", cluster.git_url), commit))
}

/// Path and text of the description of `queue-number` with a promise that the service does not keep: that every window
/// has a number of free places.
pub fn lying_description(cluster: &Cluster) -> Result<(&'static str, String), Failure> {
    let path = "queue_number/openapi.json";
    let text = fs::read_to_string(cluster.root.join("examples/queue-number").join(path))?;
    let mut description: Value = serde_json::from_str(&text)?;
    let window = description
        .pointer_mut("/components/schemas/Windows/properties/windows/items")
        .ok_or_else(|| Failure::new(format!("{path} describes no windows")))?;
    window["properties"]["places"] = json!({"type": "integer"});
    window["required"] = json!(["from", "until", "places"]);
    Ok((path, description.to_string()))
}

/// Makes another branch of what `push_changed` pushed as `repository` last.
pub async fn push_branch(cluster: &Cluster, repository: &str, branch: &str) -> Result<(), SourceError> {
    let work = cluster.scratch().join(repository);
    let url = format!("{}/journeys/{repository}.git", cluster.git_push);
    git(&work, &["push", "--quiet", &url, &format!("HEAD:refs/heads/{branch}")]).await.map(drop)
}

/// A fresh copy of `from` at `to`, with `changes` (path → whole content).
pub fn lay_out(from: &Path, to: &Path, changes: &[(&str, String)]) -> Result<(), SourceError> {
    copy(from, to)?;
    for (path, content) in changes {
        let file = to.join(path);
        let at = |source| SourceError::Layout { path: file.clone(), source };
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder).map_err(at)?;
        }
        fs::write(&file, content).map_err(at)?;
    }
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Result<(), SourceError> {
    let at = |path: &Path| {
        let path = path.to_path_buf();
        move |source| SourceError::Layout { path, source }
    };
    if to.exists() {
        fs::remove_dir_all(to).map_err(at(to))?;
    }
    fs::create_dir_all(to).map_err(at(to))?;
    for entry in fs::read_dir(from).map_err(at(from))? {
        let entry = entry.map_err(at(from))?;
        let (source, copy) = (entry.path(), to.join(entry.file_name()));
        if source.is_dir() {
            self::copy(&source, &copy)?;
        } else {
            fs::copy(&source, &copy).map_err(at(&source))?;
        }
    }
    Ok(())
}

/// Commits everything in `folder` with a fixed author and date, so that the same content is the same
/// commit, and makes it the branch `main` at `url`.
async fn push_folder(folder: &Path, url: &str) -> Result<String, SourceError> {
    git(folder, &["init", "--quiet", "--template=", "--initial-branch=main"]).await?;
    git(folder, &["-c", "core.autocrlf=false", "-c", "core.excludesFile=/dev/null", "add", "--all"]).await?;
    git(folder, &["-c", "commit.gpgSign=false", "commit", "--quiet", "--no-verify", "--message", "journey"]).await?;
    git(folder, &["push", "--quiet", "--force", url, "HEAD:refs/heads/main"]).await?;
    git(folder, &["rev-parse", "HEAD"]).await
}

async fn git(folder: &Path, arguments: &[&str]) -> Result<String, SourceError> {
    let mut command = Command::new("git");
    command.arg("-C").arg(folder).args(arguments);
    for part in ["AUTHOR", "COMMITTER"] {
        command.env(format!("GIT_{part}_NAME"), "journey");
        command.env(format!("GIT_{part}_EMAIL"), "journey@factory.test");
        command.env(format!("GIT_{part}_DATE"), "2026-11-23T00:00:00Z");
    }
    run(command).await
}

/// Runs `command` and returns its output without the line end.
async fn run(mut command: Command) -> Result<String, SourceError> {
    let program = format!("{:?}", command.as_std());
    let output = command
        .stdin(Stdio::null())
        .output()
        .await
        .map_err(|source| SourceError::Start { program: program.clone(), source })?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
    }
    Err(SourceError::Failed { program, said: String::from_utf8_lossy(&output.stderr).trim().to_owned() })
}
