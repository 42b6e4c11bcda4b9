//! The JSON document in the body of a request.

use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    http::{StatusCode, header::CONTENT_TYPE},
};
use jsonschema::Validator;
use serde::de::DeserializeOwned;

use super::{Register, problem::Refusal};

/// A body, whole and within its limit, that does not say that it is something else than JSON.
pub struct Body(Bytes);

impl Body {
    /// The document in it.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, Refusal> {
        serde_json::from_slice(&self.0).map_err(|error| Refusal::bad_request(format!("body: {error}")))
    }

    /// The same, held against the schema that the API's description shows for it.
    pub fn described<T: DeserializeOwned>(&self, schema: &Validator) -> Result<T, Refusal> {
        let document = self.read()?;
        let value = self.read()?;
        match schema.iter_errors(&value).next() {
            None => Ok(document),
            Some(error) => {
                let detail = format!("body: {}: {error}", error.instance_path());
                Err(Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, detail))
            }
        }
    }
}

impl FromRequest<Arc<Register>> for Body {
    type Rejection = Refusal;

    async fn from_request(request: Request, register: &Arc<Register>) -> Result<Self, Refusal> {
        if let Some(kind) = request.headers().get(CONTENT_TYPE) {
            let kind = kind.to_str().unwrap_or_default();
            let essence = kind.split(';').next().unwrap_or_default().trim();
            if !essence.eq_ignore_ascii_case("application/json") {
                let detail = format!("Content-Type: must be application/json, not `{kind}`");
                return Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail));
            }
        }
        let body = Bytes::from_request(request, register).await;
        body.map(Self).map_err(|error| Refusal::new(error.status(), format!("body: {}", error.body_text())))
    }
}
