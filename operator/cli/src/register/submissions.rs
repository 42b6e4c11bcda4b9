//! Which submission a person means: its id, or the service whose newest release was submitted. An
//! unclear name is an error, because a regulator must never sign the wrong one.

use factory_assurance::wire::{Procedure, SubmissionState};
use factory_crds::Outcome;

use super::{Register, RegisterError};
use crate::cluster::{Cluster, ClusterError};

/// Why it is not clear which submission is meant.
#[derive(Debug, thiserror::Error)]
pub enum FindError {
    /// The register did not answer.
    #[error(transparent)]
    Register(#[from] RegisterError),
    /// Neither an id nor a service with a submission.
    #[error(
        "`{0}` is neither the id of a submission nor a service that has one that you may see; name the participant too: PARTICIPANT/SERVICE"
    )]
    None(String),
    /// More than one.
    #[error("`{name}` has several submissions; name one by its id: {ids}")]
    Several {
        /// The service.
        name: String,
        /// Id and release of each.
        ids: String,
    },
}

/// The submission that `name` means: an id, `service`, or `participant/service`.
pub async fn find(register: &Register, cluster: &Cluster, name: &str) -> Result<SubmissionState, FindError> {
    let (participant, service) = match name.split_once('/') {
        Some((participant, service)) => (Some(participant), service),
        None => (cluster.named_namespace(), name),
    };
    // Names and ids are made of these; nothing else gets into an address.
    let plain = |text: &str| {
        text.starts_with(|first: char| first.is_ascii_alphanumeric())
            && text.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_.".contains(letter))
    };
    if !plain(service) || !participant.is_none_or(plain) {
        return Err(FindError::None(name.to_owned()));
    }
    if !name.contains('/')
        && let Some(submission) = register.submission(name).await?
    {
        return Ok(submission);
    }
    if let Some(id) = of_newest_release(cluster, participant, service).await
        && let Some(submission) = register.submission(&id).await?
    {
        return Ok(submission);
    }
    let waiting = match register.submitted(service).await {
        // Who may not list has no more places to look.
        Err(RegisterError::Refused { status, .. }) if status == reqwest::StatusCode::FORBIDDEN => Vec::new(),
        answer => answer?,
    };
    choose(waiting, participant, service).map_err(|ids| match ids {
        None => FindError::None(name.to_owned()),
        Some(ids) => FindError::Several { name: name.to_owned(), ids },
    })
}

/// The submission of the newest release, as far as this person may read it.
async fn of_newest_release(cluster: &Cluster, participant: Option<&str>, service: &str) -> Option<String> {
    let cluster = cluster.in_namespace(participant);
    let release: Result<_, ClusterError> =
        async { cluster.newest_release(&cluster.service(service).await?).await }.await;
    release.ok()?.status.map(|status| status.submission).filter(|id| !id.is_empty())
}

/// The only one of `waiting` that passed and belongs to the service; else the ids of those that do.
fn choose(
    waiting: Vec<SubmissionState>,
    participant: Option<&str>,
    service: &str,
) -> Result<SubmissionState, Option<String>> {
    let mut fitting: Vec<_> = waiting
        .into_iter()
        .filter(|submission| submission.state == Procedure::Submitted && submission.verdict.outcome == Outcome::Passed)
        .filter(|submission| {
            submission.subject.service == service
                && participant.is_none_or(|name| submission.subject.participant == name)
        })
        .collect();
    match fitting.len() {
        0 => Err(None),
        1 => Ok(fitting.remove(0)),
        _ => {
            let ids = fitting.iter().map(|submission| {
                format!("{} ({}/{})", submission.id, submission.subject.participant, submission.subject.release)
            });
            Err(Some(ids.collect::<Vec<_>>().join(", ")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use factory_assurance::{dossier::Subject, verdict::Verdict};

    fn submission(id: &str, participant: &str, outcome: Outcome) -> SubmissionState {
        SubmissionState {
            id: id.to_owned(),
            subject: Subject {
                participant: participant.to_owned(),
                service: "queue".to_owned(),
                release: format!("queue-{id}"),
                release_uid: String::new(),
                source: String::new(),
                commit: String::new(),
                spec_hash: String::new(),
            },
            bundle: String::new(),
            dossier: String::new(),
            verdict: Verdict { outcome, findings: Vec::new(), figures: Vec::new() },
            state: Procedure::Submitted,
            reason: String::new(),
            confirmation: None,
            delegated: None,
            entry: None,
            missing: Vec::new(),
        }
    }

    #[test]
    fn the_one_that_passed_is_meant() {
        let waiting = vec![submission("1", "a", Outcome::Failed), submission("2", "a", Outcome::Passed)];
        assert_eq!(choose(waiting, None, "queue").unwrap().id, "2");
    }

    #[test]
    fn two_of_them_are_unclear_until_the_participant_is_named() {
        let waiting = || vec![submission("1", "a", Outcome::Passed), submission("2", "b", Outcome::Passed)];
        assert_eq!(choose(waiting(), None, "queue").unwrap_err().unwrap(), "1 (a/queue-1), 2 (b/queue-2)");
        assert_eq!(choose(waiting(), Some("b"), "queue").unwrap().id, "2");
    }

    #[test]
    fn another_service_is_not_meant() {
        assert!(choose(vec![submission("1", "a", Outcome::Passed)], None, "other").unwrap_err().is_none());
    }
}
