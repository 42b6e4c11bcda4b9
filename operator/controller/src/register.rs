//! Client of the register: announce, submit, look. The operator has no call that confirms or withdraws.

use std::{path::PathBuf, time::Duration};

use factory_assurance::wire::{Announced, Announcement, NewestEntry, Problem, Submission, SubmissionState};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde::{Serialize, de::DeserializeOwned};

use crate::cli::RegisterSettings;

/// A call ends by then.
const DEADLINE: Duration = Duration::from_secs(20);

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
        !matches!(self, Self::Refused(_))
    }
}

/// Client of the register.
#[derive(Clone)]
pub struct Register {
    http: reqwest::Client,
    settings: RegisterSettings,
}

impl Register {
    /// A client with `settings`.
    pub fn new(settings: RegisterSettings) -> Result<Self, reqwest::Error> {
        let http = reqwest::Client::builder()
            .timeout(DEADLINE)
            .connect_timeout(Duration::from_secs(5))
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        Ok(Self { http, settings })
    }

    /// Announces a run. The same `key` gives the same answer, however often it is sent.
    pub async fn announce(&self, key: &str, announcement: &Announcement) -> Result<Announced, RegisterError> {
        self.post("/api/v1/announcements", key, announcement).await
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
        Ok(self.http.request(method, format!("{}{path}", self.settings.url)).bearer_auth(token.trim()))
    }

    async fn send<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, RegisterError> {
        let answer = request.send().await.map_err(RegisterError::Unavailable)?;
        let status = answer.status();
        if status.is_success() {
            return answer.json().await.map_err(RegisterError::Unavailable);
        }
        Err(refusal(status, answer.json::<Problem>().await.ok()))
    }
}

/// What an answer other than success means. Only the register itself can refuse: what stands before it
/// (a proxy, an ingress) has no problem document to give, and goes by.
fn refusal(status: StatusCode, problem: Option<Problem>) -> RegisterError {
    let Some(problem) = problem.filter(|problem| problem.status == status.as_u16()) else {
        return RegisterError::NotReady(status.to_string());
    };
    match status {
        StatusCode::PRECONDITION_FAILED => RegisterError::Deposed(problem.detail),
        // 401 passes too: a register that starts before the API server answers cannot know anybody.
        StatusCode::TOO_MANY_REQUESTS | StatusCode::UNAUTHORIZED | StatusCode::REQUEST_TIMEOUT => {
            RegisterError::NotReady(problem.detail)
        }
        _ if status.is_client_error() => RegisterError::Refused(problem.detail),
        _ => RegisterError::NotReady(problem.detail),
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
    fn a_leader_that_was_followed_by_another_loses_nothing_of_its_releases() {
        let status = StatusCode::PRECONDITION_FAILED;
        let refused = refusal(status, problem(status));
        assert!(matches!(refused, RegisterError::Deposed(_)) && refused.passes());
    }
}
