//! The contract of one interface: the description as the running service serves it, and every answer
//! that was seen for each of its operations. Operations that no check asked are asked here, with
//! requests made from the description; one for which no valid request can be made stays unasked,
//! and that is visible.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use factory_assurance::{
    canonical::sha256,
    evidence::{Answer as Held, ContractResult, OperationResult},
    plan::Description,
};
use factory_crds::state_service::Request;

use super::{
    against::contradictions,
    exchange::{MAX_BODY, ask},
    generate,
    openapi::{self, Described, OpenApi},
};
use crate::{connection::Answer, request::Prepared, target::Targets};

/// How long one answer may take to be held against its schema, which the service wrote.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long all operations that no check asked may take together; what is left then stays unasked.
const EXERCISE: Duration = Duration::from_secs(120);

/// A description and what was seen of it.
#[derive(Debug)]
pub struct Contract {
    description: Description,
    digest: String,
    api: Result<Arc<OpenApi>, String>,
    answers: Vec<Vec<Held>>,
}

impl Contract {
    /// Reads the description from the running service.
    pub async fn read(description: &Description, targets: &Targets) -> Self {
        let served = Self::served(description, targets).await;
        let (digest, api) = match served {
            Ok(body) => (sha256(&body), OpenApi::read(&body).map(Arc::new).map_err(|error| error.to_string())),
            Err(line) => (String::new(), Err(line)),
        };
        let count = api.as_ref().map_or(0, |api| api.operations.len());
        let digest = if api.is_ok() { digest } else { String::new() };
        Self { description: description.clone(), digest, api, answers: vec![Vec::new(); count] }
    }

    async fn served(description: &Description, targets: &Targets) -> Result<bytes::Bytes, String> {
        let request = Request {
            component: Some(description.component.clone()),
            method: "GET".to_owned(),
            path: description.path.clone(),
            headers: [("accept".to_owned(), "application/json".to_owned())].into(),
            body: None,
        };
        let request = Prepared::new(&request, targets).map_err(|error| error.to_string())?;
        let answer = ask(&request, targets, openapi::MAX_BYTES).await?;
        match answer.status {
            200 => Ok(answer.body),
            status => Err(format!("status {status} instead of 200")),
        }
    }

    /// Holds an answer against the operation that its request was for, if it is one of this contract.
    pub async fn observe(&mut self, request: &Prepared, answer: &Answer) {
        let Ok(api) = &self.api else { return };
        if request.component != self.description.component {
            return;
        }
        if let Some(index) = api.find(request.method.as_str(), request.uri.path()) {
            self.hold(index, answer.clone()).await;
        }
    }

    async fn hold(&mut self, index: usize, answer: Answer) {
        let Ok(api) = &self.api else { return };
        let (api, status) = (Arc::clone(api), answer.status);
        // Validation is work for a processor, and its length is in the service's hands.
        let judged = tokio::task::spawn_blocking(move || {
            api.operations.get(index).map(|described| contradictions(&api, described, &answer)).unwrap_or_default()
        });
        let contradictions = match tokio::time::timeout(PATIENCE, judged).await {
            Ok(Ok(contradictions)) => contradictions,
            _ => vec![format!("status {status}: could not be held against its schema within {} s", PATIENCE.as_secs())],
        };
        if let Some(answers) = self.answers.get_mut(index) {
            answers.push(Held { status, contradictions });
        }
    }

    /// Asks every operation that was not asked yet.
    pub async fn exercise(&mut self, targets: &Targets) {
        let Ok(api) = &self.api else { return };
        let api = Arc::clone(api);
        let end = Instant::now() + EXERCISE;
        for (index, described) in api.operations.iter().enumerate() {
            if Instant::now() >= end {
                tracing::warn!(
                    path = self.description.path,
                    "the service took too long: the other operations stay unasked"
                );
                return;
            }
            if self.answers.get(index).is_none_or(|answers| !answers.is_empty()) {
                continue;
            }
            match self.generated(&api, described, targets).await {
                Ok(answer) => self.hold(index, answer).await,
                Err(reason) => {
                    tracing::warn!(method = described.method, path = described.path, reason, "not exercised");
                }
            }
        }
    }

    async fn generated(&self, api: &OpenApi, described: &Described, targets: &Targets) -> Result<Answer, String> {
        let request = generate::request(api, described, &self.description.component)?;
        let request = Prepared::new(&request, targets).map_err(|error| error.to_string())?;
        ask(&request, targets, MAX_BODY).await
    }

    /// As it stands in the evidence.
    #[must_use]
    pub fn result(self) -> ContractResult {
        let operations = self.api.as_ref().map(|api| api.operations.as_slice()).unwrap_or_default();
        let operations = operations.iter().zip(self.answers).map(|(described, answers)| OperationResult {
            method: described.method.clone(),
            path: described.path.clone(),
            answers,
        });
        ContractResult {
            operations: operations.collect(),
            component: self.description.component,
            path: self.description.path,
            unreadable: self.api.err(),
            digest: self.digest,
        }
    }
}
