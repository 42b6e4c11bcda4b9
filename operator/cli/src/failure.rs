//! Every way in which a command can end without having done what was asked, as one line: what, why,
//! and what to do next. It must not print: `main` does, once.

use std::{error::Error, fmt::Write as _};

use crate::{cluster::ClusterError, register::RegisterError, verbs};

/// Why a command could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// Kubernetes.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// The register.
    #[error(transparent)]
    Register(#[from] RegisterError),
    /// `lint`.
    #[error(transparent)]
    Lint(#[from] verbs::lint::LintError),
    /// `init`.
    #[error(transparent)]
    Init(#[from] verbs::init::InitError),
    /// `keygen`.
    #[error(transparent)]
    Keygen(#[from] verbs::keygen::KeygenError),
    /// `verify`.
    #[error(transparent)]
    Verify(#[from] verbs::verify::VerifyError),
    /// `confirm` and `return`.
    #[error(transparent)]
    Decide(#[from] verbs::decide::DecideError),
    /// `rollback`.
    #[error(transparent)]
    Rollback(#[from] verbs::rollback::RollbackError),
    /// `watch`.
    #[error(transparent)]
    Watch(#[from] verbs::watch::WatchError),
    /// The output went away.
    #[error("the result could not be written")]
    Output(#[from] std::io::Error),
    /// The output cannot be written as JSON.
    #[error("the result could not be written as JSON")]
    Json(#[from] serde_json::Error),
}

impl Failure {
    /// The whole chain of causes in one line, and then what to do.
    pub fn line(&self) -> String {
        let mut line = self.to_string();
        let mut cause = self.source();
        while let Some(error) = cause {
            let text = error.to_string();
            // Some libraries repeat their cause in their own text.
            if !line.contains(&text) {
                let _ = write!(line, ": {text}");
            }
            cause = error.source();
        }
        let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
        match self.next() {
            Some(next) => format!("{line}; {next}"),
            None => line,
        }
    }

    /// What to do next, where the message does not say it already.
    fn next(&self) -> Option<String> {
        match self {
            Self::Cluster(error) => error.next(),
            Self::Register(error) => error.next(),
            _ => None,
        }
    }

    /// Whether nobody reads the output any more, as in `… | head`: nothing to complain about.
    pub fn is_broken_pipe(&self) -> bool {
        matches!(self, Self::Output(error) if error.kind() == std::io::ErrorKind::BrokenPipe)
    }
}
