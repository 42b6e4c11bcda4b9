//! `kubectl-factory` as a person runs it: the built program, with that person's kubeconfig and
//! nothing else of this environment that could lend it rights.

use std::{io, path::PathBuf, process::Stdio};

use tokio::process::Command;

use crate::{Cluster, Person};

/// How a call of the tool ended.
#[derive(Clone, Debug)]
pub struct Said {
    /// Exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub out: String,
    /// Error output.
    pub err: String,
}

/// Why the tool did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum ToolError {
    /// It could not be started.
    #[error("{program}: {source}; build it with `make programs`", program = program.display())]
    Start {
        /// Its path.
        program: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It ended with an error.
    #[error("kubectl-factory {arguments}: exit code {code:?}: {said}")]
    Failed {
        /// What it was asked.
        arguments: String,
        /// Its exit code.
        code: Option<i32>,
        /// Both outputs.
        said: String,
    },
}

/// Runs `kubectl-factory` with `arguments` as `person` and returns how it ended, whatever that was.
pub async fn ask(cluster: &Cluster, person: &Person, arguments: &[&str]) -> Result<Said, ToolError> {
    run(cluster, "kubectl-factory", Some(person), arguments).await
}

/// Runs a built program as somebody who has no account, as `person` where one is given.
pub async fn run(
    cluster: &Cluster,
    program: &str,
    person: Option<&Person>,
    arguments: &[&str],
) -> Result<Said, ToolError> {
    let program = cluster.programs().join(program);
    let nothing = PathBuf::from("/dev/null");
    let output = Command::new(&program)
        .args(arguments)
        .env("KUBECONFIG", person.map_or(&nothing, |person| &person.kubeconfig))
        .env("NO_COLOR", "1")
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .map_err(|source| ToolError::Start { program, source })?;
    Ok(Said {
        code: output.status.code(),
        out: String::from_utf8_lossy(&output.stdout).trim().to_owned(),
        err: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
    })
}

/// The same for a call that must succeed; returns its standard output.
pub async fn succeed(cluster: &Cluster, person: &Person, arguments: &[&str]) -> Result<String, ToolError> {
    let said = ask(cluster, person, arguments).await?;
    if said.code == Some(0) {
        return Ok(said.out);
    }
    let said_all = [said.err, said.out].join("\n").trim().to_owned();
    Err(ToolError::Failed { arguments: arguments.join(" "), code: said.code, said: said_all })
}
