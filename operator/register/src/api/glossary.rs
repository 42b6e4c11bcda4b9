//! `/api/v1/glossary`: terms, and the indicators that standards in use define, for everyone.

use std::sync::Arc;

use axum::{Json, extract::State, http::HeaderName};

use super::{Register, entries::FOR_EVERYONE, problem::Refusal};
use crate::glossary::{self, Glossary};

/// Glossary
///
/// Terms of the register, and definitions of the regulator's indicators (56.6).
#[utoipa::path(get, path = "/api/v1/glossary", operation_id = "getGlossary", tag = "public",
    responses(
        (status = 200, description = "The glossary.", body = ref("#/components/schemas/Glossary"), content_type = "application/json"),
        (status = 304, description = "As it was."),
    ))]
pub async fn json(
    State(register): State<Arc<Register>>,
) -> Result<([(HeaderName, &'static str); 1], Json<Glossary>), Refusal> {
    Ok((FOR_EVERYONE, Json(glossary::of(&register.store).await?)))
}
