//! Objects that the factory did not build, as the register answers them to the regulator.

use factory_assurance::{
    dsse::Envelope,
    object::{Basis, Evidence, Object, ObjectKind},
    wire::ConfirmationRequest,
};
use factory_crds::{Text, state_service::RegisterData};
use reqwest::{Method, StatusCode};
use serde::Deserialize;

use super::{Register, RegisterError};

/// A submitted object. More stands there for people, so other fields are passed over.
#[derive(Clone, Debug, Deserialize)]
#[serde(from = "Answer")]
pub struct HeldObject {
    /// Id of the submission.
    pub id: String,
    /// What was submitted.
    pub object: Object,
    /// Digest of it, as the register says.
    pub digest: String,
    /// Path of the public entry, once it exists.
    pub entry: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    id: String,
    participant: String,
    name: String,
    kind: ObjectKind,
    basis: Basis,
    explanation: String,
    titles: Text,
    host: String,
    register: RegisterData,
    evidence: Vec<Evidence>,
    digest: String,
    entry: Option<String>,
}

impl From<Answer> for HeldObject {
    fn from(answer: Answer) -> Self {
        let Answer { id, participant, name, kind, basis, explanation, titles, host, register, evidence, digest, entry } =
            answer;
        let object = Object { participant, name, kind, basis, explanation, titles, host, register, evidence };
        Self { id, object, digest, entry }
    }
}

impl Register {
    /// The object `id`; `None` where there is none. Ids are made of letters and digits: nothing else gets into an
    /// address.
    pub async fn object(&self, id: &str) -> Result<Option<HeldObject>, RegisterError> {
        if id.is_empty() || !id.chars().all(|letter| letter.is_ascii_alphanumeric()) {
            return Ok(None);
        }
        match self.call(Method::GET, &format!("/api/v1/objects/{id}"), None::<&()>).await {
            Ok(object) => Ok(Some(object)),
            Err(RegisterError::Refused { status: StatusCode::NOT_FOUND, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Includes an object with a signed statement.
    pub async fn include(&self, id: &str, confirmation: Envelope) -> Result<HeldObject, RegisterError> {
        let path = format!("/api/v1/objects/{id}/confirmation");
        self.call(Method::POST, &path, Some(&ConfirmationRequest { confirmation })).await
    }
}
