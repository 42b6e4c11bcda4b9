//! The `Idempotency-Key` of a request that writes: by it a repeated request is the same request.

use std::sync::Arc;

use axum::{extract::FromRequestParts, http::request::Parts};
use utoipa::IntoParams;

use super::{Register, problem::Refusal};

/// Longest idempotency key.
const LONGEST_KEY: usize = 200;

/// The key.
pub struct Key(pub String);

/// The same for the description of the API.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[allow(dead_code, reason = "read by its derive alone")]
pub struct KeyHeader {
    /// One for each thing that is wished for: by it a repeated request is the same request.
    #[param(rename = "Idempotency-Key", min_length = 1, max_length = 200, pattern = "^[!-~]+$")]
    key: String,
}

impl FromRequestParts<Arc<Register>> for Key {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<Register>) -> Result<Self, Refusal> {
        let bad = |rule: &str| Refusal::bad_request(format!("Idempotency-Key: {rule}"));
        let header = parts
            .headers
            .get("idempotency-key")
            .ok_or_else(|| bad("needed, so that a repeated request is the same request"))?;
        let key = header.to_str().ok().filter(|key| key.bytes().all(|byte| byte.is_ascii_graphic()));
        let key = key.ok_or_else(|| bad("must be visible ASCII characters"))?;
        if key.is_empty() || key.len() > LONGEST_KEY {
            return Err(bad("must have 1 to 200 characters"));
        }
        Ok(Self(key.to_owned()))
    }
}
