//! Every way in which a command can end without having done what was asked, as one line: what, why,
//! and what to do next. It must not print: `main` does, once.

use std::{error::Error, fmt::Write as _};

use kube::runtime::watcher;

use crate::{
    cluster::ClusterError,
    register::{RegisterError, submissions::FindError},
    verbs::{self, decide::DecideError},
};

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
    /// `verify-entry`.
    #[error(transparent)]
    VerifyEntry(#[from] verbs::verify_entry::VerifyEntryError),
    /// `report`.
    #[error(transparent)]
    Report(#[from] verbs::report::ReportError),
    /// `confirm` and `return`.
    #[error(transparent)]
    Decide(#[from] DecideError),
    /// `include`.
    #[error(transparent)]
    Include(#[from] verbs::include::IncludeError),
    /// `delegate` and `revoke`.
    #[error(transparent)]
    Delegate(#[from] verbs::delegate::DelegateError),
    /// `issue`.
    #[error(transparent)]
    Issue(#[from] verbs::issue::IssueError),
    /// `withdraw`.
    #[error(transparent)]
    Withdraw(#[from] verbs::withdraw::WithdrawError),
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
            let core = essence(error);
            let ends = core.is_some();
            let text = core.unwrap_or_else(|| error.to_string());
            // Some libraries repeat their cause in their own text.
            if !line.contains(&text) {
                let _ = write!(line, ": {text}");
            }
            cause = if ends { None } else { error.source() };
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
            Self::Decide(DecideError::Find(FindError::Register(error))) => error.next(),
            _ => None,
        }
    }

    /// Whether nobody reads the output any more, as in `… | head`: nothing to complain about.
    pub fn is_broken_pipe(&self) -> bool {
        matches!(self, Self::Output(error) if error.kind() == std::io::ErrorKind::BrokenPipe)
    }
}

/// What a person needs of the errors of clients, whose own texts repeat requests and whole objects:
/// the API server's message, or the last cause.
fn essence(error: &(dyn Error + 'static)) -> Option<String> {
    if let Some(error) = error
        .downcast_ref::<watcher::Error>()
        .or_else(|| error.downcast_ref::<Box<watcher::Error>>().map(|boxed| &**boxed))
    {
        return Some(match error {
            watcher::Error::WatchError(status) => status.message.clone(),
            other => other.source().and_then(essence).unwrap_or_else(|| last_cause(other)),
        });
    }
    if let Some(error) =
        error.downcast_ref::<kube::Error>().or_else(|| error.downcast_ref::<Box<kube::Error>>().map(|boxed| &**boxed))
    {
        return Some(match error {
            kube::Error::Api(status) => status.message.clone(),
            other => last_cause(other),
        });
    }
    error.downcast_ref::<reqwest::Error>().map(|error| last_cause(error))
}

fn last_cause(error: &(dyn Error + 'static)) -> String {
    let mut last = error;
    while let Some(cause) = last.source() {
        last = cause;
    }
    last.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_api_servers_words_stand_once_with_what_was_wanted_and_what_to_do() {
        let status =
            kube::core::Status { message: "pods is forbidden".to_owned(), code: 403, ..kube::core::Status::default() };
        let error = ClusterError::api("cannot list the pods")(kube::Error::Api(Box::new(status)));
        let line = Failure::from(error).line();
        assert_eq!(
            line,
            "cannot list the pods: pods is forbidden; use a kubeconfig that has this right, or name the right namespace with -n"
        );
    }
}
