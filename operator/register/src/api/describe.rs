//! `/api/v1/openapi.json`: the API describes itself (OpenAPI 3.1). Operations are drawn from the handlers, whose
//! routes come from the same description ([`routes!`]); schemas from the types that pass.
//!
//! *Architecture invariant:* a route under `/api/` is made from its description and in no other way, so none can
//! be without one.

mod answers;
pub mod schemas;

use std::sync::{Arc, OnceLock};

use axum::{
    body::Bytes,
    http::{
        HeaderName,
        header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_TYPE},
    },
};
use serde_json::{Value, json};
use utoipa_axum::router::OpenApiRouter;

use super::{Register, problem::Refusal};

/// The description is the same until the register is another.
const HEADERS: [(HeaderName, &str); 3] =
    [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "public, max-age=300"), (ACCESS_CONTROL_ALLOW_ORIGIN, "*")];

const ABOUT: &str = "The public register of state services: what was tested, by which standard, with which result, \
and what the regulator confirmed of it. Everything public is read without a login; the factory, owners and the \
regulator show a token of the cluster for the audience `factory-register`. Each refusal is problem details \
(RFC 9457). Pages for people, at `/entries`, are not described here: each of them links to its data.";

/// Description of the API
///
/// This document.
#[utoipa::path(get, path = "/api/v1/openapi.json", operation_id = "getDescription", tag = "public",
    responses((status = 200, description = "An OpenAPI document.", body = ref("#/components/schemas/Document"), content_type = "application/json")))]
pub async fn openapi() -> Result<([(HeaderName, &'static str); 3], Bytes), Refusal> {
    static DOCUMENT: OnceLock<Bytes> = OnceLock::new();
    if let Some(document) = DOCUMENT.get() {
        return Ok((HEADERS, document.clone()));
    }
    let made = serde_json::to_vec(&document(super::described())?).map_err(|error| Refusal::internal(&error))?;
    Ok((HEADERS, DOCUMENT.get_or_init(|| Bytes::from(made)).clone()))
}

/// The description of what `router` serves.
pub(super) fn document(router: OpenApiRouter<Arc<Register>>) -> Result<Value, Refusal> {
    let mut document = serde_json::to_value(router.into_openapi()).map_err(|error| Refusal::internal(&error))?;
    document["info"] = json!({
        "title": "Register of state services",
        "version": env!("CARGO_PKG_VERSION"),
        "description": ABOUT,
        "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
    });
    document["servers"] = json!([{ "url": "/" }]);
    document["tags"] = json!([
        { "name": "public", "description": "For everyone, without a login." },
        { "name": "log", "description": "The log behind the register, for everyone to check." },
        { "name": "factory", "description": "What the factory's operator writes." },
        { "name": "procedure", "description": "Where a submission stands: for factory, owner and regulator." },
        { "name": "regulator", "description": "What the regulator decides." },
        { "name": "owner", "description": "What the owner of a service decides." },
        { "name": "operation", "description": "For those who run the register." },
    ]);
    answers::complete(&mut document);
    document["components"] = json!({
        "schemas": schemas::all(),
        "headers": answers::headers(),
        "responses": answers::problems(),
        "securitySchemes": { "bearer": {
            "type": "http",
            "scheme": "bearer",
            "description": "A token of the cluster's API server for the audience `factory-register`.",
        } },
    });
    Ok(document)
}
