//! Client of the register: announce, submit, look. The operator has no call that confirms or withdraws.

mod connection;

use std::{path::PathBuf, sync::Arc};

use factory_assurance::plan::EarlierRuns;
use factory_assurance::wire::{
    Announced, Announcement, BindingInstruction, NOT_ISSUED, NewestEntry, OTHER_HISTORY, OTHER_REFERENCE, Problem,
    Submission, SubmissionState,
};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde::{Serialize, de::DeserializeOwned};

use crate::{cli::RegisterSettings, error::Fatal, serve};
use connection::Connection;

/// The register did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// No answer: the same call is made again later, and is the same call.
    #[error("the register does not answer")]
    Unavailable(#[source] reqwest::Error),
    /// It answered that it is not ready.
    #[error("the register is not ready: {0}")]
    NotReady(String),
    /// It refused; asking again would be refused again.
    #[error("the register refused: {0}")]
    Refused(String),
    /// The regulator has not issued the standard: the same announcement succeeds once it has.
    #[error("{0}")]
    NotIssued(String),
    /// Another release than the one that the plan compares with was confirmed last.
    #[error("{0}")]
    OtherReference(String),
    /// Another dossier was taken since it was asked what the plan builds on.
    #[error("{0}")]
    OtherHistory(String),
    /// It does not know the call: it is older than this program.
    #[error("the register is older than the operator, and does not know what it is asked: {0}")]
    TooOld(String),
    /// It shows a certificate of a CA that is not trusted, or one that does not hold.
    #[error("the register's certificate does not hold by {path}", path = ca.as_ref().map_or_else(|| "the system's CAs".into(), |ca| ca.to_string_lossy()))]
    Untrusted {
        /// File of those that are trusted.
        ca: Option<PathBuf>,
        /// Why not.
        #[source]
        source: reqwest::Error,
    },
    /// It is not known whom to trust.
    #[error("CA of the register: {path}")]
    Authority {
        /// File.
        path: PathBuf,
        /// Why not.
        #[source]
        source: Fatal,
    },
    /// It knows a newer leader than this one, which may ask the same.
    #[error("another operator leads: {0}")]
    Deposed(String),
    /// The token could not be read.
    #[error("token for the register: {path}")]
    Token {
        /// File.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
}

impl RegisterError {
    /// Whether the same call can succeed later without anybody doing anything.
    #[must_use]
    pub fn passes(&self) -> bool {
        !matches!(
            self,
            Self::Refused(_) | Self::NotIssued(_) | Self::OtherReference(_) | Self::OtherHistory(_) | Self::TooOld(_)
        )
    }
}

/// Client of the register.
#[derive(Clone)]
pub struct Register {
    connection: Arc<Connection>,
    settings: RegisterSettings,
}

/// Says whether the register is ready, asked the way operator and permit keeper ask it.
pub async fn ask(settings: RegisterSettings) -> Result<(), Fatal> {
    serve::install_crypto();
    let url = settings.url.clone();
    Register::new(settings).ready().await?;
    println!("{url}: ready");
    Ok(())
}

impl Register {
    /// A client with `settings`.
    #[must_use]
    pub fn new(settings: RegisterSettings) -> Self {
        let connection = Arc::new(Connection::new(&settings.url, settings.ca_file.clone()));
        Self { connection, settings }
    }

    /// Trusts `bundle`, which this program has published, for as long as the file is not there: after the
    /// first install the kubelet takes a minute to bring it.
    pub fn published(&self, bundle: &str) {
        self.connection.published(bundle);
    }

    /// Whether it is ready; no token is sent.
    pub async fn ready(&self) -> Result<(), RegisterError> {
        let request = self.connection.client().await?.get(format!("{}/readyz", self.settings.url));
        let answer = request.send().await.map_err(|error| self.connection.failed(error))?;
        if answer.status().is_success() { Ok(()) } else { Err(RegisterError::NotReady(answer.status().to_string())) }
    }

    /// Announces a run. The same `key` gives the same answer, however often it is sent.
    pub async fn announce(&self, key: &str, announcement: &Announcement) -> Result<Announced, RegisterError> {
        self.post("/api/v1/announcements", key, announcement).await
    }

    /// Which repetitions of earlier runs the plan of `announcement` must have. Nothing is written.
    pub async fn history(&self, announcement: &Announcement) -> Result<EarlierRuns, RegisterError> {
        let request = self.request(Method::POST, "/api/v1/history").await?.json(announcement);
        self.answered(request, of_newer_call).await
    }

    /// Submits a dossier. The same `key` is the same submission.
    pub async fn submit(&self, key: &str, submission: &Submission) -> Result<SubmissionState, RegisterError> {
        self.post("/api/v1/submissions", key, submission).await
    }

    /// Where a submission stands.
    pub async fn submission(&self, id: &str) -> Result<SubmissionState, RegisterError> {
        self.send(self.request(Method::GET, &format!("/api/v1/submissions/{id}")).await?).await
    }

    /// The newest entry of a service.
    pub async fn entry(&self, participant: &str, service: &str) -> Result<NewestEntry, RegisterError> {
        self.send(self.request(Method::GET, &format!("/api/v1/entries/{participant}/{service}")).await?).await
    }

    /// Every instruction that is open.
    pub async fn instructions(&self) -> Result<Vec<BindingInstruction>, RegisterError> {
        self.send(self.request(Method::GET, "/api/v1/instructions?state=Open").await?).await
    }

    /// The dossier of a submission.
    pub async fn dossier(&self, id: &str) -> Result<factory_assurance::dsse::Envelope, RegisterError> {
        self.send(self.request(Method::GET, &format!("/api/v1/submissions/{id}/dossier")).await?).await
    }

    async fn post<B: Serialize, T: DeserializeOwned>(
        &self,
        path: &str,
        key: &str,
        body: &B,
    ) -> Result<T, RegisterError> {
        let request = self.request(Method::POST, path).await?;
        self.send(request.header("Idempotency-Key", key).json(body)).await
    }

    async fn request(&self, method: Method, path: &str) -> Result<RequestBuilder, RegisterError> {
        // Read for every call: the kubelet replaces it before it runs out.
        let path_of_token = &self.settings.token_file;
        let token = tokio::fs::read_to_string(path_of_token)
            .await
            .map_err(|source| RegisterError::Token { path: path_of_token.clone(), source })?;
        let http = self.connection.client().await?;
        Ok(http.request(method, format!("{}{path}", self.settings.url)).bearer_auth(token.trim()))
    }

    async fn send<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, RegisterError> {
        self.answered(request, refusal).await
    }

    /// The answer to `request`, or what `refused` makes of one other than success.
    async fn answered<T: DeserializeOwned>(
        &self,
        request: RequestBuilder,
        refused: fn(StatusCode, Option<Problem>) -> RegisterError,
    ) -> Result<T, RegisterError> {
        let answer = request.send().await.map_err(|error| self.connection.failed(error))?;
        let status = answer.status();
        if status.is_success() {
            return answer.json().await.map_err(RegisterError::Unavailable);
        }
        Err(refused(status, answer.json::<Problem>().await.ok()))
    }
}

/// What an answer other than success means. Only the register itself can refuse: what stands before it
/// (a proxy, an ingress) has no problem document to give, and goes by.
fn refusal(status: StatusCode, problem: Option<Problem>) -> RegisterError {
    let Some(problem) = problem.filter(|problem| problem.status == status.as_u16()) else {
        return RegisterError::NotReady(status.to_string());
    };
    match status {
        _ if problem.kind == NOT_ISSUED => RegisterError::NotIssued(problem.detail),
        _ if problem.kind == OTHER_REFERENCE => RegisterError::OtherReference(problem.detail),
        _ if problem.kind == OTHER_HISTORY => RegisterError::OtherHistory(problem.detail),
        StatusCode::PRECONDITION_FAILED => RegisterError::Deposed(problem.detail),
        // 401 passes too: a register that starts before the API server answers cannot know anybody.
        StatusCode::TOO_MANY_REQUESTS | StatusCode::UNAUTHORIZED | StatusCode::REQUEST_TIMEOUT => {
            RegisterError::NotReady(problem.detail)
        }
        _ if status.is_client_error() => RegisterError::Refused(problem.detail),
        _ => RegisterError::NotReady(problem.detail),
    }
}

/// The same of a call that registers before this version do not know: that there is no such page is then no refusal.
fn of_newer_call(status: StatusCode, problem: Option<Problem>) -> RegisterError {
    match refusal(status, problem) {
        RegisterError::Refused(why) if matches!(status, StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED) => {
            RegisterError::TooOld(why)
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(status: StatusCode) -> Option<Problem> {
        serde_json::from_value(serde_json::json!({
            "type": "about:blank", "title": "t", "status": status.as_u16(), "detail": "why",
        }))
        .ok()
    }

    #[test]
    fn only_a_refusal_by_the_register_itself_is_final() {
        for status in [StatusCode::BAD_REQUEST, StatusCode::CONFLICT, StatusCode::UNPROCESSABLE_ENTITY] {
            assert!(!refusal(status, problem(status)).passes(), "{status}");
            assert!(refusal(status, None).passes(), "{status} of a proxy");
        }
        // A page of a proxy that happens to be a document of another answer.
        assert!(refusal(StatusCode::NOT_FOUND, problem(StatusCode::CONFLICT)).passes());
    }

    #[test]
    fn a_standard_that_nobody_issued_is_waited_for() {
        let status = StatusCode::CONFLICT;
        let problem = problem(status).map(|problem| Problem { kind: NOT_ISSUED.to_owned(), ..problem });
        let refused = refusal(status, problem);
        assert!(matches!(&refused, RegisterError::NotIssued(why) if why == "why"), "{refused}");
    }

    #[test]
    fn that_another_release_was_confirmed_last_is_no_end() {
        let status = StatusCode::CONFLICT;
        let problem = problem(status).map(|problem| Problem { kind: OTHER_REFERENCE.to_owned(), ..problem });
        let refused = refusal(status, problem);
        assert!(matches!(&refused, RegisterError::OtherReference(why) if why == "why"), "{refused}");
    }

    #[test]
    fn that_another_dossier_was_taken_meanwhile_is_no_end() {
        let status = StatusCode::CONFLICT;
        let problem = problem(status).map(|problem| Problem { kind: OTHER_HISTORY.to_owned(), ..problem });
        let refused = refusal(status, problem);
        assert!(matches!(&refused, RegisterError::OtherHistory(why) if why == "why"), "{refused}");
    }

    #[test]
    fn a_call_that_an_older_register_does_not_know_is_waited_with_and_a_refusal_of_it_is_one() {
        for status in [StatusCode::NOT_FOUND, StatusCode::METHOD_NOT_ALLOWED] {
            let refused = of_newer_call(status, problem(status));
            assert!(matches!(&refused, RegisterError::TooOld(why) if why == "why"), "{refused}");
            assert!(matches!(of_newer_call(status, None), RegisterError::NotReady(_)), "{status} of a proxy");
            assert!(matches!(refusal(status, problem(status)), RegisterError::Refused(_)), "{status} of another call");
        }
        for status in [StatusCode::BAD_REQUEST, StatusCode::FORBIDDEN, StatusCode::UNPROCESSABLE_ENTITY] {
            assert!(matches!(of_newer_call(status, problem(status)), RegisterError::Refused(_)), "{status}");
        }
    }

    #[test]
    fn a_leader_that_was_followed_by_another_loses_nothing_of_its_releases() {
        let status = StatusCode::PRECONDITION_FAILED;
        let refused = refusal(status, problem(status));
        assert!(matches!(refused, RegisterError::Deposed(_)) && refused.passes());
    }
}
